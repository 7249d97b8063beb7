"""Prices of one year in those of another: exactly, by one vintage, and saying what is not final."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from peereval.errors import StudyError, UsageError
from peereval.prices import (
    convert,
    doubts,
    factor,
    load_indices,
    load_price_file,
    present_value,
    price_files,
)

DOCS = Path(__file__).parents[2] / "docs" / "costs.md"
HEAD = """
format = 1
id = "{id}"
vintage = "{vintage}"
currency = "GBP"
source = "made up"
licence = "none"
status = "made up"
"""
#: The NHS index as the manual of 2024 had it: another rate for its own last year.
OF_2024 = {
    "2015/16": "0.40", "2016/17": "2.09", "2017/18": "1.24", "2018/19": "1.60", "2019/20": "2.14",
    "2020/21": "2.49", "2021/22": "2.58", "2022/23": "7.32", "2023/24": "4.31",
}  # fmt: skip


def write(
    folder: Path,
    body: str,
    name: str = "own.toml",
    head: str = "",
    series: str = "own",
    vintage: str = "2024",
) -> Path:
    folder.mkdir(exist_ok=True)
    text = HEAD.format(id=series, vintage=vintage) + head + body
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def rates(years: dict[str, str], index: str = "nhscii") -> str:
    lines = "\n".join(f'"{year}" = {rate}' for year, rate in years.items())
    return f'[indices.{index}]\ntitle = "made up"\n[indices.{index}.annual_rates]\n{lines}\n'


# --- factors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "to_year", "published"),
    [
        ("nhscii", "2017/18", 1.0124),
        ("nhscii", "2018/19", 1.0286),
        ("nhscii", "2023/24", 1.2147),
        ("nhscii", "2024/25", 1.2635),
        ("nhscii_pay", "2024/25", 1.2970),
        ("gdp_deflator", "2018/19", 1.0357),
        ("gdp_deflator", "2024/25", 1.3145),
    ],
)
def test_factor_from_2016_17_is_the_published_one(
    index: str, to_year: str, published: float
) -> None:
    found = factor(load_indices()[index], "2016/17", to_year)
    assert float(found) == pytest.approx(published, abs=0.00005)


def test_annual_rates_are_multiplied_exactly() -> None:
    index = load_indices()["nhscii"]
    chained = Fraction(10124, 10000) * Fraction(10160, 10000) * Fraction(10214, 10000)
    assert factor(index, "2016/17", "2019/20") == chained
    # The year before the first rate is a year of the index too.
    assert factor(index, "2014/15", "2015/16") == Fraction("1.004")


def test_levels_are_divided_exactly() -> None:
    index = load_indices()["gdp_deflator"]
    assert factor(index, "2016/17", "2018/19") == Fraction("78.7948") / Fraction("76.0754")


def test_value_is_converted_there_and_back() -> None:
    """54.49 in 2016/17: x 1.0124 = 55.165676; x 1.0160 = 56.048326816."""
    index = load_indices()["nhscii"]
    there = convert(Fraction("54.49"), "2016/17", "2018/19", index)
    assert there == Fraction("56.048326816")
    assert convert(there, "2018/19", "2016/17", index) == Fraction("54.49")


def test_within_one_year_nothing_is_converted() -> None:
    index = load_indices()["nhscii"]
    assert convert(Fraction(38), "1999/00", "1999/00", index) == 38
    assert doubts(index, "2024/25", "2024/25") == {}


@pytest.mark.parametrize(
    ("from_year", "to_year", "said"),
    [
        ("2013/14", "2016/17", "'2013/14' is no year of the index nhscii (PSSRU 2025), which has "
         "2014/15 to 2024/25"),
        ("2016/17", "2025/26", "'2025/26' is no year"),
        ("2017", "2018/19", 'a financial year is written "2016/17"'),
        ("2016/18", "2018/19", "a financial year is written"),
    ],
)  # fmt: skip
def test_year_that_an_index_does_not_have_is_refused(
    from_year: str, to_year: str, said: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        factor(load_indices()["nhscii"], from_year, to_year)


@pytest.mark.parametrize(
    ("index", "from_year", "to_year", "doubtful"),
    [
        ("nhscii", "2016/17", "2024/25", {"2024/25": "provisional"}),
        ("nhscii", "2024/25", "2016/17", {"2024/25": "provisional"}),
        ("nhscii", "2016/17", "2023/24", {}),
        ("gdp_deflator", "2016/17", "2024/25", {}),
        ("gdp_deflator", "2016/17", "2026/27", {"2026/27": "forecast"}),
        ("gdp_deflator", "2025/26", "2026/27", {"2025/26": "forecast", "2026/27": "forecast"}),
    ],
)
def test_years_that_are_not_final_are_known(
    index: str, from_year: str, to_year: str, doubtful: dict[str, str]
) -> None:
    assert doubts(load_indices()[index], from_year, to_year) == doubtful


def test_a_chain_rests_on_every_year_but_the_first_and_levels_on_two(tmp_path: Path) -> None:
    years = '"2015/16" = {}\n"2016/17" = {}\n"2017/18" = {}\n'
    body = (
        f'[indices.chain]\ntitle = "a"\n[indices.chain.annual_rates]\n{years.format(1, 2, 3)}'
        f'[indices.levels]\ntitle = "b"\n[indices.levels.levels]\n{years.format(1, 2, 3)}'
    )
    chain, levels = load_price_file(write(tmp_path, body, head='provisional = ["2016/17"]\n'))
    assert doubts(chain, "2015/16", "2017/18") == {"2016/17": "provisional"}
    assert doubts(levels, "2015/16", "2017/18") == {}
    assert doubts(chain, "2016/17", "2017/18") == {}
    assert doubts(levels, "2016/17", "2017/18") == {"2016/17": "provisional"}


# --- vintages -----------------------------------------------------------------------------


def test_own_vintage_takes_the_place_of_the_bundled_one_as_a_whole(tmp_path: Path) -> None:
    own = write(tmp_path, rates(OF_2024), series="nhscii", vintage="PSSRU 2024")
    indices = load_indices([own])
    assert indices["nhscii"].vintage == "PSSRU 2024"
    old = factor(indices["nhscii"], "2016/17", "2023/24")
    assert float(old) == pytest.approx(1.2365, abs=0.00005)  # 1.2147 in the vintage of 2025
    # Pay and prices alone would be of the other vintage.
    assert {"nhscii_pay", "nhscii_prices"} & indices.keys() == set()
    assert "gdp_deflator" in indices


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("nhscii", "2024", "nhscii"), ("nhscii", "2023", "nhscii_pay")],
         "vintages of nhscii are mixed: 2023 and 2024"),
        ([("nhscii", "2024", "nhscii"), ("other", "2024", "nhscii")],
         "the index 'nhscii' is in nhscii (2024) and in other (2024)"),
        ([("other", "2024", "nhscii_pay")],
         "the index 'nhscii_pay' is in other (2024) and in nhscii (PSSRU 2025)"),
    ],
)  # fmt: skip
def test_vintages_are_never_mixed(
    files: list[tuple[str, str, str]], said: str, tmp_path: Path
) -> None:
    own = [
        write(tmp_path, rates(OF_2024, index), f"{n}.toml", series=series, vintage=vintage)
        for n, (series, vintage, index) in enumerate(files)
    ]
    with pytest.raises(StudyError) as caught:
        load_indices(own)
    assert [(fault.code, fault.found) for fault in caught.value.faults] == [("PRI007", said)]


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[indices", "PRI001"),
        ("[indices]\n", "PRI003"),
        ('[indices.a]\ntitle = "a"\n', "PRI003"),
        ('[indices.a]\ntitle = "a"\nrate = 2\n', "PRI002"),
        ('[indices.a]\ntitle = "a"\nannual_rates = { "2015/16" = 1 }\nlevels = { "2015/16" = 1 }',
         "PRI003"),
        (rates({"2015/16": "1", "2017/18": "2"}), "PRI004"),
        (rates({"2016/17": "1", "2015/16": "2"}), "PRI004"),
        (rates({"2016": "1"}), "PRI004"),
        (rates({"2016/17": "-100"}), "PRI005"),
        (rates({"2016/17": "1e400"}), "PRI005"),
        ('[indices.a]\ntitle = "a"\nlevels = { "2015/16" = 0 }', "PRI005"),
        ('provisional = ["2019/20"]\n' + rates({"2016/17": "1"}), "PRI006"),
    ],
)  # fmt: skip
def test_wrong_file_of_indices_is_refused(body: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        load_price_file(write(tmp_path, body))
    assert code in {fault.code for fault in caught.value.faults}


def test_bundled_indices_say_where_they_are_from() -> None:
    assert {path.stem for path in price_files()} == {"nhscii", "gdp_deflator"}
    for index in load_indices().values():
        assert index.vintage
        assert index.currency == "GBP"
        assert all((index.source, index.licence, index.status))


def test_index_in_the_documentation_is_right(tmp_path: Path) -> None:
    (text,) = [t for t in re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
               if "annual_rates" in t]  # fmt: skip
    (tmp_path / "docs.toml").write_text(text, encoding="utf-8")
    indices = load_indices([tmp_path / "docs.toml"])
    assert factor(indices["nhscii"], "2014/15", "2016/17") == Fraction("1.004") * Fraction("1.0209")


# --- discounting --------------------------------------------------------------------------


def test_nothing_is_discounted_within_a_year() -> None:
    assert present_value(Fraction(100), 0) == 100


@pytest.mark.parametrize(
    ("years", "published"),
    # 1.035^-1, 1.035^-30, then 1.03 a year, then 1.025.
    [
        (1, 1 / 1.035),
        (30, 1.035**-30),
        (31, 1.035**-30 / 1.03),
        (75, 1.035**-30 * 1.03**-45),
        (76, 1.035**-30 * 1.03**-45 / 1.025),
        (125, 1.035**-30 * 1.03**-45 * 1.025**-50),
    ],
)
def test_later_costs_are_discounted_by_the_green_book(years: int, published: float) -> None:
    assert float(present_value(Fraction(1), years)) == pytest.approx(published, rel=1e-12)


def test_one_rate_for_all_years() -> None:
    assert present_value(Fraction(121), 2, Fraction(1, 10)) == 100
    assert present_value(Fraction(5), 200, Fraction(0)) == 5


@pytest.mark.parametrize(("years", "rate"), [(-1, None), (126, None), (2, Fraction(-1))])
def test_years_and_rates_that_cannot_be_are_refused(years: int, rate: Fraction | None) -> None:
    with pytest.raises(UsageError):
        present_value(Fraction(1), years, rate)
