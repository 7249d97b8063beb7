"""The commands about unit costs and price indices."""

import re
import tomllib
from pathlib import Path

import pytest

from cli.command import done, run
from peereval.costs import all_bundled, load_cost_files
from peereval.prices import load_indices
from peereval.rendering.numbers import fixed

OWN = """
format = 1
id = "own"
currency = "{currency}"

[[unit_costs]]
id = "mentor_visit"
value = 10.5
high = 12
unit = "per visit"
price_year = "2017/18"
source = "our payroll"
licence = "our own"
status = "made up"
"""


@pytest.fixture(params=[80, 120])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def said(*words: str | Path) -> str:
    """What is printed, with one space where there is room."""
    return " ".join(done("costs", *words).stdout.split())


def own_file(folder: Path, currency: str = "GBP") -> Path:
    (folder / "own.toml").write_text(OWN.format(currency=currency), encoding="utf-8")
    return folder / "own.toml"


def test_the_list_has_every_cost_slot_and_index_with_licence_and_status(width: int) -> None:
    text = done("costs", "list").stdout
    assert all(len(line) <= min(width, 100) for line in text.splitlines())
    flat = " ".join(text.split())
    for name, file in all_bundled():
        assert f": {name} " in flat
        for cost in file.costs.values():
            assert f"{fixed(float(cost.value), 2)} {cost.id} " in flat
            assert cost.licence in flat
            assert cost.status in flat
            assert f"{cost.price_year} prices" in flat
        for slot in file.slots.values():
            assert f"slot {slot.id} " in flat
    assert "42.04 to 65.54" in flat
    assert "no value here: to be supplied by you" in flat
    for index in load_indices().values():
        assert f"{index.id} {index.span} {index.title}; vintage {index.vintage}" in flat
    assert "2024/25 provisional" in flat


def test_what_the_costs_of_a_file_share_is_said_once() -> None:
    text = said("list")
    start = text.index("nhs_reference_costs_2016_17")
    part = text[start : text.index("nhs_reference_costs_2017_18")]
    assert part.count("Open Government Licence") == 1
    assert part.count("2016/17 prices") == 1


def test_one_cost_with_its_source(width: int) -> None:
    text = done("costs", "show", "school_health_core_one_to_one_2016_17").stdout
    assert all(len(line) <= min(width, 100) for line in text.splitlines())
    flat = " ".join(text.split())
    assert "GBP 54.49 per contact, 2016/17 prices" in flat
    assert "range 42.04 to 65.54" in flat
    assert "source NHS National Schedule of Reference Costs 2016-17, sheet CHS" in flat
    assert "licence Open Government Licence v3.0" in flat
    assert "status verified in the published workbook" in flat
    assert "index NHS Cost Inflation Index, pay and prices (PSSRU 2025)" in flat


def test_a_variant_by_the_hour_can_be_followed_with_a_pencil() -> None:
    """101 an hour x 15 / 60 = 25.25; of 10 minutes 16.83, of 30 minutes 50.50."""
    text = " ".join(done("costs", "show", "hospital_outpatient:micro_costed").stdout.split())
    assert "worked out 101 an hour x 15 / 60 = 25.25" in text
    assert "range 16.83 to 50.50" in text
    assert "minutes assumption: nobody asked how long a contact took" in text
    whole = " ".join(done("costs", "show", "hospital_outpatient").stdout.split())
    assert "variants hospital_outpatient:micro_costed, hospital_outpatient:" in whole


def test_staff_time_can_be_followed_with_a_pencil() -> None:
    text = said("show", "classroom_teacher_15_minutes")
    assert "35,400 x (1 + 0.254) / 1,265 = 35.09 an hour; x 15 / 60 = 8.77" in text
    assert "salary 35,400: School Workforce Census" in text
    assert "on_cost 25.4% of the salary: Written answer in Parliament" in text
    assert "overhead 0% of both: none counted" in text
    assert "minutes 15 (5 to 30): assumption" in text


def test_a_cost_in_the_prices_of_another_year() -> None:
    text = said("show", "school_health_core_one_to_one_2016_17", "--price-year", "2024/25")
    assert (
        "In 2024/25 prices GBP 68.85 = 54.49 x 1.2635 (nhscii; PSSRU 2025; 2024/25 provisional)"
        in text
    )
    words = ("show", "classroom_teacher_15_minutes", "--price-year", "2018/19")
    assert "GBP 8.97 = 8.7730 x 1.0228 (gdp_deflator; HM Treasury, March 2026)" in said(*words)
    assert "x 1.0160 (nhscii; PSSRU 2025)" in said(*words, "--index", "nhscii")


def test_what_fills_a_slot_can_be_copied(tmp_path: Path) -> None:
    printed = done("costs", "show", "gp_consultation_pssru_2017").stdout
    assert "no value here: to be supplied by you" in printed
    assert not re.search(r"value = \d", printed)
    text = printed[printed.index("format = 1") :].replace("value = # the value", "value = 7")
    assert tomllib.loads(text)
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    paths = [bundle_of("gp_consultation_pssru_2017"), tmp_path / "own.toml"]
    filled = load_cost_files(paths)
    assert filled.costs["gp_consultation_pssru_2017"].value == 7
    assert "gp_consultation_pssru_2017" not in filled.slots


def bundle_of(slot: str) -> Path:
    from peereval.costs import bundled_costs

    (name,) = [name for name, file in all_bundled() if slot in file.slots]
    return bundled_costs()[name]


def test_every_cost_and_slot_can_be_shown() -> None:
    for _, file in all_bundled():
        for name in (*file.costs, *file.slots):
            assert done("costs", "show", name).stdout.startswith(f"{name}: ")


def test_an_index_with_its_years(width: int) -> None:
    text = done("costs", "show", "nhscii").stdout
    assert all(len(line) <= min(width, 100) for line in text.splitlines())
    flat = " ".join(text.split())
    assert "vintage PSSRU 2025" in flat
    assert "2014/15 100.0000 2015/16 100.4000 0.40%" in flat
    assert flat.endswith("4.02% provisional")


def test_own_files_are_looked_at_too(tmp_path: Path) -> None:
    own = own_file(tmp_path)
    assert "10.50 mentor_visit per visit, up to 12.00" in said("list", "--costs", own)
    text = said("show", "mentor_visit", "--costs", own)
    assert "GBP 10.50 per visit, 2017/18 prices" in text
    assert "index none named" in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nhscii_p"], "Did you mean 'nhscii_pay'?"),
        (["xyzzy"], "There is no unit cost 'xyzzy'. See: peereval costs list"),
        (["mentor_visit", "--price-year", "2018/19"], "names no price index: say which"),
        (["mentor_visit", "--price-year", "2018/19", "--index", "gdp"], "no price index 'gdp'"),
        (["mentor_visit", "--price-year", "2018", "--index", "nhscii"], "'2018' is no year"),
        (["mentor_visit", "--index", "nhscii"], "--index needs --price-year"),
    ],
)
def test_what_cannot_be_shown_ends_with_code_2(words: list[str], why: str, tmp_path: Path) -> None:
    result = run("costs", "show", *words, "--costs", own_file(tmp_path))
    assert result.exit_code == 2
    assert why in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_prices_are_not_converted_across_currencies(tmp_path: Path) -> None:
    words = ("mentor_visit", "--price-year", "2018/19", "--index", "nhscii")
    result = run("costs", "show", *words, "--costs", own_file(tmp_path, "EUR"))
    assert result.exit_code == 2
    assert "mentor_visit is in EUR, nhscii in GBP" in result.stderr


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("format = 1\n", encoding="utf-8")
    result = run("costs", "list", "--costs", tmp_path / "own.toml")
    assert result.exit_code == 12
    assert "CST003" in result.stderr
