"""A published table looked at again: what is wrong is found, and what is right is left alone."""

import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from peereval.catalogue import EXPLANATIONS
from peereval.errors import Fault, ScaleError, TableError
from peereval.published_tables import CheckedTable, check_table, load_table
from peereval.published_tables.cells import read_cell
from peereval.published_tables.cut_offs import read_cut_off
from peereval.published_tables.file import _COLUMN, _EXCEPTION, _FILE, _TOTAL
from peereval.published_tables.rounding import shown
from peereval.published_tables.tests_of_shares import between, fisher, pooled_z, within

EXAMPLES = Path(__file__).parents[2] / "examples" / "published_tables"

TWO_GROUPS = """
format = 1
title = "Two groups"
kind = "share"
answers = "several"
columns = [
  { id = "all", title = "All", base = 73, total_of = ["one", "two"] },
  { id = "one", title = "One", base = 34 },
  { id = "two", title = "Two", base = 39 },
]
compared = [["one", "two"]]
"""


def check(folder: Path, text: str, rows: Sequence[str], adjust: str = "") -> CheckedTable:
    path = folder / "table.toml"
    path.write_text(text + 'rows = """\n' + "\n".join(rows) + '\n"""\n', encoding="utf-8")
    return check_table(path, adjust)


def table(kind: str, *columns: str, more: str = "") -> str:
    said = 'answers = "one"\n' if kind == "share" and "answers" not in more else ""
    listed = ", ".join(f"{{ {column} }}" for column in columns)
    head = f'format = 1\ntitle = "T"\nkind = "{kind}"\n{said}columns = [{listed}]\n'
    return head + more + "\n"


def codes(checked: CheckedTable) -> list[str]:
    return [finding.code for finding in checked.findings]


def only(checked: CheckedTable) -> Fault:
    (finding,) = checked.findings
    return finding


# --- the report's own tables -----------------------------------------------------------------

#: What is wrong in each: code, row and column. Everything else in them is right.
WRONG: Mapping[str, set[tuple[str, str, str]]] = {
    "table_2_1": set(),
    "table_2_2": {
        ("PUB011", "Peer support", "Secondary or other"),
        ("PUB017", "External agency, one to one", "Secondary or other"),
        ("PUB019", "Clinical psychology", "Secondary or other"),
    },
    "table_2_3": set(),
    "table_5_1": set(),
    "table_5_2": set(),
    "table_5_3": {("PUB014", "Total", "Secondary or other")},
    "table_a11": set(),
    "table_a12": {("PUB023", "", "")},
    "figure_2_1": set(),
    "figure_3_3": set(),
    "figure_3_4": set(),
    "figure_4_3": {("PUB019", "Worried what others would think", "Secondary")},
    "figure_4_7": set(),
    "figure_5_6": set(),
    "figure_a5": set(),
}


def test_every_example_has_an_answer_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == WRONG.keys()


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_the_report_is_found_and_nothing_else(name: str) -> None:
    checked = check_table(EXAMPLES / f"{name}.toml")
    found = set()
    for finding in checked.findings:
        row = finding.place.partition("row ")[2].strip("'")
        found.add((finding.code, row, finding.column))
        assert finding.file == f"{name}.toml"
    assert found == WRONG[name]
    assert len(checked.findings) == len(found)
    assert checked.looked_at


def finding_of(name: str, code: str, adjust: str = "") -> Fault:
    found = check_table(EXAMPLES / f"{name}.toml", adjust).findings
    (finding,) = [each for each in found if each.code == code]
    return finding


def test_the_impossible_share_says_what_it_must_be() -> None:
    finding = finding_of("table_2_2", "PUB011")
    assert "32% is printed, which no whole number of 39 respondents gives" in finding.found
    assert "12 of 39 is 31% and 13 of 39 is 33%" in finding.found
    assert "need 15 of 39, 38%" in finding.fix


def test_the_star_that_is_missing_says_by_which_tests() -> None:
    finding = finding_of("table_2_2", "PUB017", "holm")
    assert "26% of 'Primary' against 64% of 'Secondary or other' is not marked" in finding.found
    assert "pooled z p = 0.0013, Fisher's exact test p = 0.0021" in finding.found
    assert "Holm over 16 tests: pooled z p = 0.021" in finding.found


@pytest.mark.parametrize("adjust", ["holm", "benjamini_hochberg"])
def test_the_one_star_of_the_report_does_not_survive_sixteen_tests(adjust: str) -> None:
    finding = finding_of("table_2_2", "PUB020", adjust)
    assert finding.place.endswith("row 'Counselling'")
    assert ("0.066" if adjust == "benjamini_hochberg" else "0.124") in finding.found


def test_the_penny_is_found() -> None:
    finding = finding_of("table_5_3", "PUB014")
    assert "£114.94 is printed; the rows printed come to 114.95, 0.01 apart" in finding.found


def test_the_wrong_cut_offs_say_whose_they_are() -> None:
    finding = finding_of("table_a12", "PUB023")
    assert "labelled 0-9, 10 and 11, 12-20" in finding.found
    assert "No clinical difficulties 0-5, Borderline difficulties 6" in finding.found
    assert "These are the cut-offs of Emotional difficulties, clinical cut-offs" in finding.fix


@pytest.mark.parametrize("name", WRONG)
def test_a_row_is_named_with_its_line(name: str) -> None:
    path = EXAMPLES / f"{name}.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    for row in load_table(path).rows:
        assert lines[row.line - 1].split("|")[0].strip() == row.name


# --- shares ----------------------------------------------------------------------------------


def test_a_share_of_more_than_all_is_impossible(tmp_path: Path) -> None:
    text = table("share", 'id = "a", base = 2000', more='answers = "several"')
    assert codes(check(tmp_path, text, ["x | 101%", "y | 100%", "z | 0%"])) == ["PUB011"]
    assert codes(check(tmp_path, text, ["x | -3%"])) == ["PUB011"]


def test_decimals_are_those_printed(tmp_path: Path) -> None:
    text = table("share", 'id = "a", base = 150', more='answers = "several"')
    assert codes(check(tmp_path, text, ["x | 67%", "y | 67.3", "z | 67.33"])) == []
    assert codes(check(tmp_path, text, ["y | 67.4"])) == ["PUB011"]


def test_of_a_large_base_it_is_said_that_nothing_could_fail(tmp_path: Path) -> None:
    text = table("share", 'id = "a", base = 100', 'id = "b", base = 99', more='answers = "several"')
    looked = check(tmp_path, text, ["x | 31% | 31%"]).looked_at
    assert looked["shares against their bases"] == 2
    assert looked["shares against their bases that could have failed"] == 1


def test_single_answers_come_to_100_within_rounding(tmp_path: Path) -> None:
    text = table("share", 'id = "a"')
    assert codes(check(tmp_path, text, ["x | 33%", "y | 33%", "z | 33%"])) == []
    finding = only(check(tmp_path, text, ["x | 33%", "y | 33%", "z | 30%"]))
    assert finding.code == "PUB012"
    assert "come to 96, and rounding explains 98.5 to 101.5" in finding.found


def test_the_counts_behind_single_answers_come_to_the_base(tmp_path: Path) -> None:
    # Of 7: 43% is 3, 29% is 2; 3 + 2 + 2 = 7. 43 + 43 + 14 = 100 too. 57 + 29 + 15 does not exist.
    text = table("share", 'id = "a", base = 7')
    assert codes(check(tmp_path, text, ["x | 43%", "y | 29%", "z | 29%"])) == []
    # Of 30: 3% is 1 and 33% is 10; 10 + 10 + 10 = 30, and 1 more is too many, though 102 is
    # within what rounding explains for four rows.
    text = table("share", 'id = "a", base = 30')
    rows = ["w | 33%", "x | 33%", "y | 33%"]
    assert codes(check(tmp_path, text, rows)) == []
    finding = only(check(tmp_path, text, [*rows, "z | 3%"]))
    assert "come to 31; the base is 30" in finding.found


def test_several_answers_need_not_come_to_anything(tmp_path: Path) -> None:
    text = table("share", 'id = "a"', more='answers = "several"')
    assert codes(check(tmp_path, text, ["x | 80%", "y | 70%"])) == []


def test_weighted_shares_are_of_no_whole_number(tmp_path: Path) -> None:
    more = 'answers = "several"\nweighted = true'
    text = table("share", 'id = "a", base = 39', 'id = "b", base = 34', more=more)
    text += 'compared = [["a", "b"]]\n'
    checked = check(tmp_path, text, ["x | 32% | 90%"])
    assert codes(checked) == []
    assert any("weighted" in why for why in checked.left_out)


# --- nets and totals -------------------------------------------------------------------------


def net(answers: str, parts: Sequence[str], value: str, base: int | None) -> tuple[str, list[str]]:
    more = f'answers = "{answers}"\ntotals = [{{ row = "Net" }}]'
    column = 'id = "a"' + (f", base = {base}" if base else "")
    return table("share", column, more=more), [*parts, f"Net | {value}"]


def test_a_net_of_single_answers_is_their_sum(tmp_path: Path) -> None:
    parts = ["x | 11%", "y | 60%", "z | 29%"]
    more = 'totals = [{ row = "Net", of = ["x", "y"] }]'
    for base in ("", ", base = 73"):
        text = table("share", f'id = "a"{base}', more=more)
        assert codes(check(tmp_path, text, [*parts[:2], "z | 29%", "Net | 71%"])) == []
        assert codes(check(tmp_path, text, [*parts, "Net | 74%"])) == ["PUB013"]
    # 8 and 44 of 73 are 52, 71.2%: 72% is 53, though 11 + 60 = 71 +- 1.
    text = table("share", 'id = "a", base = 73', more=more)
    finding = only(check(tmp_path, text, [*parts, "Net | 73%"]))
    assert "73% is printed (53 respondents); its rows come to 52" in finding.found


def test_a_net_of_several_answers_lies_between_its_parts_and_their_sum(tmp_path: Path) -> None:
    for value, found in (("40%", []), ("55%", []), ("38%", ["PUB013"]), ("58%", ["PUB013"])):
        text, rows = net("several", ["x | 40%", "y | 15%"], value, None)
        assert codes(check(tmp_path, text, rows)) == found, value


def test_counts_add_up_exactly(tmp_path: Path) -> None:
    columns = ('id = "g"', 'id = "b"', 'id = "t", total_of = ["g", "b"]')
    text = table("count", *columns, more='totals = [{ row = "All" }]')
    assert codes(check(tmp_path, text, ["x | 1,000 | 2 | 1,002", "All | 1,000 | 2 | 1,002"])) == []
    found = check(
        tmp_path, text, ["x | 1,000 | 2 | 1,003", "y | 1 | 1 | 2", "All | 1,001 | 3 | 1,004"]
    )
    assert [(f.code, f.place.split("row ")[1], f.column) for f in found.findings] == [
        ("PUB013", "'All'", "t"),
        ("PUB013", "'x'", "t"),
    ]


def test_money_adds_up_as_printed(tmp_path: Path) -> None:
    text = table("money", 'id = "a"', more='totals = [{ row = "Total" }]')
    assert codes(check(tmp_path, text, ["x | £1.10", "y | -£3.05", "Total | -£1.95"])) == []
    assert codes(check(tmp_path, text, ["x | £1.10", "y | -£3.05", "Total | -£1.94"])) == ["PUB014"]
    assert codes(check(tmp_path, text, ["x | £1.10", "y | -£3.05", "Total | £1.95"])) == ["PUB013"]


def test_a_total_without_all_its_parts_is_left_out_and_said(tmp_path: Path) -> None:
    text = table("count", 'id = "a"', more='totals = [{ row = "All" }]')
    checked = check(tmp_path, text, ["x | 5", "y | [c]", "All | 9"])
    assert codes(checked) == []
    assert checked.left_out == ("the total in row 'All': not every number is printed",)


# --- bases and subgroups ---------------------------------------------------------------------


def test_bases_of_subgroups_add_to_the_total(tmp_path: Path) -> None:
    text = TWO_GROUPS.replace("base = 39", "base = 38")
    finding = only(check(tmp_path, text, ["x | 49% | 50% | 50%"]))
    assert (finding.code, finding.column) == ("PUB015", "All")
    assert "the base is 73; its parts come to 34 + 38 = 72" in finding.found


def test_bases_of_a_row_add_too(tmp_path: Path) -> None:
    own = 'exceptions = [{ rows = ["y"], bases = { all = 60, one = 34, two = 36 } }]\n'
    rows = ["x | 49% | 50% | 49%", "y | 50% | 50% | 50%"]
    finding = only(check(tmp_path, TWO_GROUPS + own, rows))
    assert finding.code == "PUB015"
    assert "34 + 36 = 70" in finding.found
    assert "row 'y'" in finding.place


def test_a_total_fits_its_subgroups(tmp_path: Path) -> None:
    assert codes(check(tmp_path, TWO_GROUPS, ["x | 58% | 41%* | 72%*"])) == []
    finding = only(check(tmp_path, TWO_GROUPS, ["x | 60% | 41%* | 72%*"]))
    assert finding.code == "PUB016"
    assert "60% is printed (44 of 73); its parts come to 42, 58%" in finding.found


def test_a_mean_fits_those_of_its_subgroups(tmp_path: Path) -> None:
    text = TWO_GROUPS.replace('"share"\nanswers = "several"', '"mean"').replace(
        'compared = [["one", "two"]]\n', ""
    )
    assert codes(check(tmp_path, text, ["x | 5.5 | 5.0 | 6.0"])) == []
    assert codes(check(tmp_path, text, ["x | 6.1 | 5.0 | 6.0"])) == ["PUB016"]


# --- stars -----------------------------------------------------------------------------------


def test_a_star_without_a_difference_is_found(tmp_path: Path) -> None:
    finding = only(check(tmp_path, TWO_GROUPS, ["x | 47% | 56%* | 38%"]))
    assert finding.code == "PUB018"
    assert "pooled z p = 0.137, Fisher's exact test p = 0.163" in finding.found


@pytest.mark.parametrize(("test", "found"), [("pooled_z", ["PUB017"]), ("fisher", [])])
def test_the_test_that_is_named_decides(test: str, found: list[str], tmp_path: Path) -> None:
    text = TWO_GROUPS + f'test = "{test}"\n'
    assert codes(check(tmp_path, text, ["x | 15% | 6% | 23%"])) == found
    starred = check(tmp_path, text, ["x | 15% | 6%* | 23%*"])
    assert codes(starred) == ([] if found else ["PUB018"])


def test_between_two_tests_that_differ_it_is_a_note(tmp_path: Path) -> None:
    finding = only(check(tmp_path, TWO_GROUPS, ["x | 15% | 6% | 23%"]))
    assert finding.code == "PUB019"
    assert EXPLANATIONS["PUB019"].note


def test_stars_of_a_table_that_adjusts_are_judged_as_adjusted(tmp_path: Path) -> None:
    rows = ["x | 58% | 41% | 72%"] + [f"y{k} | 49% | 50% | 49%" for k in range(15)]
    assert codes(check(tmp_path, TWO_GROUPS, rows)) == ["PUB017"]
    assert codes(check(tmp_path, TWO_GROUPS + 'adjusted = "holm"\n', rows)) == []


def test_the_level_is_that_of_the_table(tmp_path: Path) -> None:
    assert codes(check(tmp_path, TWO_GROUPS + "level = 0.99\n", ["x | 53% | 35% | 69%"])) == [
        "PUB017"
    ]
    assert codes(check(tmp_path, TWO_GROUPS + "level = 0.999\n", ["x | 53% | 35% | 69%"])) == []


LETTERS = """
format = 1
title = "Letters"
kind = "share"
answers = "several"
columns = [
  { id = "a", base = 80, letter = "A" },
  { id = "b", base = 80, letter = "B" },
  { id = "c", base = 80, letter = "C" },
]
compared = [["a", "b"], ["a", "c"], ["b", "c"]]
"""


def test_letters_say_which_columns_differ(tmp_path: Path) -> None:
    assert codes(check(tmp_path, LETTERS, ["x | 50% C | 50% C | 25%"])) == []
    missing = only(check(tmp_path, LETTERS, ["x | 50% C | 50% | 25%"]))
    assert (missing.code, missing.column) == ("PUB017", "c")
    assert "'b'" in missing.found
    assert codes(check(tmp_path, LETTERS, ["x | 50% BC | 50% C | 25%"])) == ["PUB018"]


def test_a_star_in_one_of_three_columns_is_of_whichever_differs(tmp_path: Path) -> None:
    text = LETTERS.replace(', letter = "A"', "").replace(', letter = "B"', "")
    text = text.replace(', letter = "C"', "")
    assert codes(check(tmp_path, text, ["x | 50% | 50% | 25% [s]"])) == []
    assert codes(check(tmp_path, text, ["x | 50% | 50% | 48%*"])) == ["PUB018", "PUB018"]


PAIRED = """
format = 1
title = "Twice"
kind = "share"
answers = "several"
columns = [{ id = "before", base = 40 }, { id = "after", base = 40 }]
paired = [["before", "after"]]
"""


def test_of_the_same_respondents_only_what_cannot_be_is_found(tmp_path: Path) -> None:
    # 20 to 22 of 40: at least 2 changed, and p is 0.157 at its least. 5 to 35: at least 30 changed.
    assert codes(check(tmp_path, PAIRED, ["x | 50% | 55%*"])) == ["PUB018"]
    assert codes(check(tmp_path, PAIRED, ["x | 50% | 55%"])) == []
    assert codes(check(tmp_path, PAIRED, ["x | 13% | 88%"])) == ["PUB017"]
    open_ = check(tmp_path, PAIRED, ["x | 50% | 70%*", "y | 50% | 70%"])
    assert codes(open_) == []
    assert open_.looked_at["stars that rounded shares cannot decide"] == 2


def test_stars_without_a_comparison_are_said_not_to_be_looked_at(tmp_path: Path) -> None:
    text = TWO_GROUPS.replace('compared = [["one", "two"]]\n', "")
    checked = check(tmp_path, text, ["x | 58% | 41%* | 72%*"])
    assert codes(checked) == []
    assert checked.left_out == ("stars: the file does not say which columns are compared",)


@pytest.mark.parametrize("test", [pooled_z, fisher], ids=["pooled_z", "fisher"])
def test_the_ends_of_rounded_shares_hold_the_least_and_the_most(
    test: Callable[[int, int, int, int], float],
) -> None:
    one, two = range(138, 144), range(156, 162)
    everything = [test(a, 450, b, 440) for a in one for b in two]
    found = between(test.__name__, one, 450, two, 440)
    assert (found.low, found.high) == (min(everything), max(everything))
    assert found.low < 0.1 < found.high


@pytest.mark.parametrize("share", ["between", "within"])
def test_of_very_large_bases_shares_that_overlap_may_be_equal(share: str) -> None:
    one, two = range(49_500, 50_501), range(50_000, 51_001)
    found = (
        between("pooled_z", one, 100_000, two, 100_000)
        if share == "between"
        else within("mcnemar", one, two, 100_000)
    )
    assert found.low < 1e-6
    assert found.high == 1


# --- means -----------------------------------------------------------------------------------


def test_means_have_the_grain_of_their_base(tmp_path: Path) -> None:
    text = table("mean", 'id = "a", base = 28', more="denominator = 1")
    finding = only(check(tmp_path, text, ["x | 5.18", "y | 5.19"]))
    assert (finding.code, finding.place.split("row ")[1]) == ("PUB021", "'y'")
    assert "give 5.179 or 5.214" in finding.found


def test_a_mean_of_several_items_has_a_finer_grain(tmp_path: Path) -> None:
    text = table("mean", 'id = "a", base = 28', more="denominator = 4")
    assert codes(check(tmp_path, text, ["x | 5.19"])) == []


def test_a_mean_without_a_grain_is_said_not_to_be_looked_at(tmp_path: Path) -> None:
    checked = check(tmp_path, table("mean", 'id = "a", base = 28'), ["x | 5.19"])
    assert codes(checked) == []
    assert "without a score or a denominator" in checked.left_out[0]


def test_a_mean_lies_in_the_range_of_its_score(tmp_path: Path) -> None:
    text = table("mean", 'id = "a", base = 30', more='scale = "mmf"\nscore = "behavioural"')
    assert codes(check(tmp_path, text, ["x | 11.9"])) == []
    finding = only(check(tmp_path, text, ["x | 12.1"]))
    assert finding.code == "PUB022"
    assert "Behavioural difficulties goes from 0 to 12" in finding.found


def test_a_row_can_be_of_another_kind(tmp_path: Path) -> None:
    own = 'exceptions = [{ rows = ["Mean"], kind = "mean", denominator = 1 }]'
    text = table("share", 'id = "a", base = 28', more='answers = "one"\n' + own)
    assert codes(check(tmp_path, text, ["x | 50%", "y | 50%", "Mean | 5.19"])) == ["PUB021"]


# --- cut-offs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "inside", "outside"),
    [
        ("None (scores 0-9)", [0, 9], [10]),
        ("Year 7, borderline (scores 10 and 11)", [10, 11], [7, 9, 12]),
        ("Clinical: 12 to 20", [12, 20], [11, 21]),
        ("Score 6", [6], [5, 7]),
        ("7 and above", [7, 99], [6]),
        ("27.5 or more", [27.5], [27.4]),
        ("12+", [12], [11]),
        ("up to 5", [0, 5], [6]),
        ("5 or less", [5], [6]),
        ("under 6", [5.9], [6]),
        ("over 6", [6.1], [6]),
    ],
)
def test_labels_with_scores_are_read(label: str, inside: list[float], outside: list[float]) -> None:
    cut = read_cut_off(label)
    assert cut is not None
    assert all(cut.holds(Fraction(str(value))) for value in inside)
    assert not any(cut.holds(Fraction(str(value))) for value in outside)


def test_a_label_without_a_number_has_no_cut_off() -> None:
    assert read_cut_off("Borderline") is None


BANDS = table("share", 'id = "a"', more='scale = "mmf"\nbands = "behavioural_bands"')


@pytest.mark.parametrize(
    "labels",
    [
        ("None (0-5)", "Borderline (6)", "Clinical (7-12)"),
        ("Clinical (7 and above)", "Borderline (score 6)", "None (up to 5)"),
        ("None (under 6)", "Borderline (6 to 6)", "Clinical (over 6)"),
        ("None", "Borderline", "Clinical (7+)"),
    ],
)
def test_right_cut_offs_are_right_however_written(labels: tuple[str, ...], tmp_path: Path) -> None:
    shares = (80, 12, 8)
    rows = [f"{label} | {share}%" for label, share in zip(labels, shares, strict=True)]
    assert codes(check(tmp_path, BANDS, rows)) == []


@pytest.mark.parametrize(
    "labels",
    [
        ("None (0-6)", "Borderline (7)", "Clinical (8-12)"),
        ("None (0-5)", "Borderline (6)", "Clinical (7-14)"),
        ("No clinical difficulties (6)", "Borderline difficulties (0-5)", "Clinical (7-12)"),
    ],
)
def test_wrong_cut_offs_are_found(labels: tuple[str, ...], tmp_path: Path) -> None:
    shares = (80, 12, 8)
    rows = [f"{label} | {share}%" for label, share in zip(labels, shares, strict=True)]
    finding = only(check(tmp_path, BANDS, rows))
    assert finding.code == "PUB023"
    assert "These are" not in finding.fix


def test_cut_offs_of_scores_with_decimals(tmp_path: Path) -> None:
    text = table("share", 'id = "a"', more='scale = "swemwbs"\nbands = "bands"')
    rows = ["Low (7 to 19.3) | 20%", "Medium (19.98 to 27.03) | 60%", "High (28.13 to 35) | 20%"]
    assert codes(check(tmp_path, text, rows)) == []
    rows[1:] = ["Medium (19.98 to 28.13) | 60%", "High (29.31 to 35) | 20%"]
    finding = only(check(tmp_path, text, rows))
    assert "in a source that is not verified" in finding.found


def test_labels_without_scores_are_said_not_to_be_looked_at(tmp_path: Path) -> None:
    checked = check(tmp_path, BANDS, ["None | 80%", "Some | 20%"])
    assert checked.left_out[-1] == "cut-offs: no row is labelled with scores"


# --- nothing is found in what is right -------------------------------------------------------


def per_cent(count: int, base: int, decimals: int) -> str:
    return f"{shown(Fraction(100 * count, base), decimals)}%"


@pytest.mark.parametrize("seed", range(40))
def test_a_table_made_from_counts_is_right(seed: int, tmp_path: Path) -> None:
    """Counts of two groups, rounded as any program does, with stars where pooled z puts them."""
    draw = random.Random(seed)
    one, two, decimals = draw.randint(5, 400), draw.randint(5, 400), draw.choice([0, 0, 1])
    text = TWO_GROUPS + 'test = "pooled_z"\n'
    for old, new in (("base = 73,", one + two), ("base = 34 ", one), ("base = 39 ", two)):
        text = text.replace(old, f"base = {new}{old[-1]}")
    rows = []
    for k in range(12):
        a, b = draw.randint(0, one), draw.randint(0, two)
        star = "*" if pooled_z(a, one, b, two) < 0.05 else ""
        values = [per_cent(a + b, one + two, decimals), per_cent(a, one, decimals) + star,
                  per_cent(b, two, decimals) + star]  # fmt: skip
        rows.append(" | ".join([f"row {k}", *values]))
    assert codes(check(tmp_path, text, rows)) == []


@pytest.mark.parametrize("seed", range(20))
def test_single_answers_of_counts_are_right(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    base = draw.randint(3, 500)
    answers = [draw.randint(0, 4) for _ in range(base)]
    counts = [answers.count(k) for k in range(5)]
    rows = [f"answer {k} | {per_cent(count, base, 0)}" for k, count in enumerate(counts)]
    rows.append(f"Net | {per_cent(counts[0] + counts[1], base, 0)}")
    more = 'totals = [{ row = "Net", of = ["answer 0", "answer 1"] }]'
    text = table("share", f'id = "a", base = {base}', more=more)
    assert codes(check(tmp_path, text, rows)) == []


@pytest.mark.parametrize("seed", range(20))
def test_means_of_whole_scores_are_right(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    scores = [[draw.randint(0, 12) for _ in range(draw.randint(3, 60))] for _ in range(2)]
    both = [*scores[0], *scores[1]]
    columns = [f'id = "c{k}", base = {len(part)}' for k, part in enumerate(scores)]
    columns.append(f'id = "all", base = {len(both)}, total_of = ["c0", "c1"]')
    means = [shown(Fraction(sum(part), len(part)), 2) for part in (*scores, both)]
    text = table("mean", *columns, more='scale = "mmf"\nscore = "behavioural"')
    assert codes(check(tmp_path, text, [" | ".join(["x", *means])])) == []


# --- files that are wrong --------------------------------------------------------------------


def faults(folder: Path, text: str, rows: Sequence[str] = ("x | 50% | 50% | 50%",)) -> list[str]:
    with pytest.raises(TableError) as caught:
        check(folder, text, rows)
    return [fault.code for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("format = 1", "format = 2", "PUB003"),
        ('"share"', '"percent"', "PUB003"),
        ('answers = "several"', "", "PUB003"),
        ('"several"', '"many"', "PUB003"),
        ('title = "Two groups"', 'title = "Two groups"\ncolour = "red"', "PUB002"),
        ('["one", "two"] }', '["one", "tow"] }', "PUB006"),
        ('[["one", "two"]]', '[["one", "three"]]', "PUB006"),
        ('[["one", "two"]]', '[["one"]]', "PUB003"),
        ('[["one", "two"]]', '[["all", "two"]]', "PUB007"),
        ("compared", "paired", "PUB007"),
        ('id = "two"', 'id = "one"', "PUB007"),
        ("base = 34", "base = 0", "PUB003"),
        ("base = 34", "base = 1000000000000000000000", "PUB003"),
        ("base = 34", 'letter = "ab"', "PUB003"),
        ("compared", 'totals = [{ row = "Net" }]\ncompared', "PUB006"),
        ("compared", 'totals = [{ row = "x" }]\ncompared', "PUB007"),
        ("compared", 'test = "t"\ncompared', "PUB003"),
        ("compared", 'adjusted = "bonferroni"\ncompared', "PUB003"),
        ("compared", "level = 95\ncompared", "PUB003"),
        ("compared", "denominator = 0\ncompared", "PUB003"),
        ("compared", 'score = "total"\ncompared', "PUB003"),
        ("compared", 'scale = "mmf"\nbands = "emotional"\ncompared', "PUB006"),
        ("compared", 'exceptions = [{ rows = ["y"] }]\ncompared', "PUB006"),
        ("compared", 'exceptions = [{ rows = ["x"], bases = { all = 0 } }]\ncompared', "PUB003"),
        ("compared", 'exceptions = [{ rows = ["x"], kind = "men" }]\ncompared', "PUB003"),
        ("columns = [", "columns = ", "PUB001"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(old: str, new: str, code: str, tmp_path: Path) -> None:
    assert old in TWO_GROUPS
    assert code in faults(tmp_path, TWO_GROUPS.replace(old, new, 1))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("x | 50% | 50%", "PUB004"),
        ("x | 50% | 50% | 50% | 50%", "PUB004"),
        ("x | 50% | about 50% | 50%", "PUB005"),
        ("x | 50% | 5,0% | 50%", "PUB005"),
        ("x | 50% | 50.00000000000000000% | 50%", "PUB005"),
        ("x | 50% | 50% B | 50%", "PUB006"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_line(
    row: str, code: str, tmp_path: Path
) -> None:
    with pytest.raises(TableError) as caught:
        check(tmp_path, TWO_GROUPS, ["y | 50% | 50% | 50%", row])
    (fault,) = caught.value.faults
    assert fault.code == code
    line = TWO_GROUPS.count("\n") + 3
    assert fault.place.startswith(f"line {line}, row 'x'")


def test_two_rows_have_two_names(tmp_path: Path) -> None:
    assert faults(tmp_path, TWO_GROUPS, ["x | 1% | 1% | 1%"] * 2) == ["PUB007"]


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    text = TWO_GROUPS.replace('"share"', '"percent"').replace('["one", "two"] }', '["tow"] }')
    assert {"PUB003", "PUB004", "PUB006"} <= set(faults(tmp_path, text, ["x | 5%"]))


def test_a_scale_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScaleError, match="Did you mean 'mmf'"):
        check(tmp_path, TWO_GROUPS + 'scale = "mff"\n', ["x | 50% | 50% | 50%"])


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="There is no table file"):
        check_table(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "value", "decimals", "starred"),
    [
        ("41%*", "41", 0, True),
        ("-£54.93", "-54.93", 2, False),
        ("£-54.93", "-54.93", 2, False),
        ("−0.20", "-0.2", 2, False),
        ("1,362", "1362", 0, False),
        ("72 [s]", "72", 0, True),
        ("72.0**", "72", 1, True),
        ("+3", "3", 0, False),
    ],
)
def test_numbers_are_read_as_printed(text: str, value: str, decimals: int, starred: bool) -> None:
    cell = read_cell(text)
    assert (cell.value, cell.decimals, cell.starred) == (Fraction(value), decimals, starred)


@pytest.mark.parametrize("text", ["", "-", "–", "n/a", "[c]", "<1%", "*", "..", ":"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_cell(text).value is None


@pytest.mark.parametrize("text", ["x", "(366)", "1 2", "12,34", "1.2.3", "--3", "-£-3", "50%%"])
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        read_cell(text)


# --- the page --------------------------------------------------------------------------------

PAGE = (EXAMPLES.parents[1] / "docs" / "check_table.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_finds_what_the_page_says(tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    path.write_text(PAGE.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    finding = only(check_table(path))
    assert finding.code == "PUB011"
    assert "need 15 of 39, 38%" in finding.fix


def test_the_page_explains_every_key_and_code() -> None:
    known = {key for each in (_FILE, _COLUMN, _TOTAL, _EXCEPTION) for key in each.keys}
    assert {key for key in known if f"`{key}`" not in PAGE and f"{key} = " not in PAGE} == set()
    codes = {code for code in EXPLANATIONS if code.startswith("PUB") and code > "PUB007"}
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
