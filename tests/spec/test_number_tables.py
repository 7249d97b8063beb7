"""Tables of numbers: what is understood, what is an outlier, and what is said of both."""

from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from peereval.pipeline import Run
from peereval.rendering.terminal import show_run
from spec.test_tables import AFTER, analysed, faults_of, found, people, write
from support.soundness import assert_sound

PUPILS = """
[[tables]]
id = "pupils"
title = "Pupils supported"
kind = "number"
column = "Q1"
unit = "pupils"
breakdowns = ["school"]
"""
WHERE = "pupils.before.all.pupils"


def values(run: Run, estimand: str, level: str = "", group: str = "all") -> list[float]:
    rows = run.tables["results"].filter(
        estimand=estimand, level=level, group=group, comparison="before"
    )
    return rows["estimate"].to_list()


def run_of(folder: Path, cells: list[str], more: str = "", engine: str = "polars") -> Run:
    write(folder, people(len(cells), Q1=cells))
    return analysed(folder, PUPILS + more, engine)


def test_numbers_are_read_as_people_write_them(tmp_path: Path, engine: str) -> None:
    run = run_of(tmp_path, ["3", " 4 ", "1,200", "2.5", "", "5.0"], engine=engine)
    (base,) = values(run, "n_answering")
    assert base == 5
    assert values(run, "median") == [4]
    assert values(run, "mean_number") == [pytest.approx(1214.5 / 5)]
    assert_sound(run.tables["results"])


@pytest.mark.parametrize(
    ("cell", "rule", "number"),
    [
        ("about 20", 'ignored_words = ["about"]', 20),
        ("20 pupils approx.", 'ignored_words = ["pupils", "approx."]', 20),
        ("~20", 'ignored_words = ["~"]', 20),
        ("10-15", 'ranges = "middle"', 12.5),
        ("10 to 15", 'ranges = "middle"', 12.5),
        ("about 10 – 15", 'ranges = "middle"\nignored_words = ["about"]', 12.5),
        ("None", "texts = { none = 0 }", 0),
        ("approx. 10-15", 'ranges = "middle"\nignored_words = ["approx.", ""]', 12.5),
    ],
)
def test_what_is_no_number_is_one_only_by_a_rule(
    tmp_path: Path, cell: str, rule: str, number: float
) -> None:
    without = run_of(tmp_path, [cell, "7", "8"])
    assert values(without, "n_answering") == [2]
    (fault,) = [f for f in without.findings if f.code == "TBL004"]
    assert fault.count == 1
    assert cell not in str(fault)
    assert without.tables["faults"]["value"].to_list() == [cell]
    by_rule = run_of(tmp_path, [cell], rule)
    assert values(by_rule, "median") == [number]
    changes = by_rule.tables["changes"].filter(column="Q1")
    assert changes["as_written"].to_list() == [cell]
    assert float(changes["used"][0]) == number


@pytest.mark.parametrize(("cell", "number"), [("2,5", 2.5), ("10,15", 10.15)])
def test_a_decimal_comma_is_understood_and_listed(tmp_path: Path, cell: str, number: float) -> None:
    run = run_of(tmp_path, [cell])
    assert values(run, "median") == [number]
    assert run.tables["changes"].filter(column="Q1")["as_written"].to_list() == [cell]


@pytest.mark.parametrize("cell", [".5", "0.5", " .50 "])
def test_a_number_may_lack_its_nought(tmp_path: Path, cell: str) -> None:
    assert values(run_of(tmp_path, [cell]), "median") == [0.5]


def test_without_a_range_no_number_is_below_nought(tmp_path: Path) -> None:
    run = run_of(tmp_path, ["-3", "4", "999999999999"])
    assert values(run, "median") == [4]
    (fault,) = [fault for fault in run.findings if fault.code == "TBL005"]
    assert fault.count == 2
    assert values(run_of(tmp_path, ["-3"], "possible = [-5, 5]"), "median") == [-3]


@pytest.mark.parametrize(
    "cell",
    [
        "15-10",
        "12,345,67",
        "1,0000",
        "1,2,3",
        "3 4",
        "£20",
        "1.2.3",
        "lots",
        "20%",
        "10/15",
        "1e3",
        "11 a",
    ],
)
def test_what_nobody_can_be_sure_of_is_no_number(tmp_path: Path, cell: str) -> None:
    rules = 'ranges = "middle"\nignored_words = ["about", "pupils"]\ntexts = { none = 0 }'
    run = run_of(tmp_path, [cell, "7"], rules)
    assert values(run, "n_answering") == [1]
    assert "TBL004" in {fault.code for fault in run.findings}


def test_decimals_are_rounded(tmp_path: Path) -> None:
    assert values(run_of(tmp_path, ["33.33333333333334"]), "median") == [33.333]


def test_numbers_that_are_not_possible_are_faults(tmp_path: Path) -> None:
    run = run_of(tmp_path, ["-1", "0", "30", "31", "2018"], "possible = [0, 30]")
    assert values(run, "n_answering") == [2]
    (fault,) = [fault for fault in run.findings if fault.code == "TBL005"]
    assert fault.count == 3


# --- outliers -----------------------------------------------------------------------------

CELLS = ["1", "2", "2", "3", "3", "3", "4", "4", "5", "9", "40"]


@pytest.mark.parametrize(
    ("rule", "n_out", "mean"),
    [
        ('outliers = "tukey"', 2, 27 / 9),  # quartiles 2.5 and 4.5: fences at -0.5 and 7.5
        ('outliers = "tukey_far"', 1, 36 / 10),  # fences at -3.5 and 10.5
        ("outliers = { high = 9 }", 1, 36 / 10),
        ("outliers = { low = 2, high = 100 }", 1, 75 / 10),
    ],
)
def test_outliers_are_counted_and_left_out(
    tmp_path: Path, rule: str, n_out: int, mean: float
) -> None:
    run = run_of(tmp_path, CELLS, rule)
    assert values(run, "n_outliers") == [n_out]
    assert values(run, "mean_number") == [pytest.approx(mean)]
    assert values(run, "mean_number", "with_outliers") == [pytest.approx(76 / 11)]
    row = found(run)[f"tabulation.order_statistics.{WHERE}.median"]
    assert f"{n_out} outlier{'s' * (n_out > 1)} left out" in row["note"]
    assert row["n"] == 11 - n_out
    with_all = found(run)[f"tabulation.order_statistics.{WHERE}.with_outliers.median"]
    assert with_all["n"] == 11


def test_without_a_rule_nothing_is_left_out(tmp_path: Path) -> None:
    run = run_of(tmp_path, CELLS)
    assert values(run, "mean_number") == [pytest.approx(76 / 11)]
    assert not values(run, "n_outliers")
    assert not run.tables["results"].filter(level="with_outliers").height


def test_a_number_is_an_outlier_in_every_column_or_in_none(tmp_path: Path) -> None:
    rows = people(40, Q1=["1", "2", "3", "20"])  # the kind "Primary" has 1 and 20
    write(tmp_path, rows)
    run = analysed(tmp_path, PUPILS + 'outliers = "tukey"')
    everyone, primary, other = (
        values(run, "n_outliers", group=group)[0]
        for group in ("all", "school_primary", "school_other")
    )
    assert everyone == primary + other


def test_neither_the_smallest_nor_the_largest_number_is_a_row(tmp_path: Path) -> None:
    run = run_of(tmp_path, CELLS, 'outliers = "tukey"')
    estimands = set(run.tables["results"].filter(analysis="tabulation")["estimand"])
    assert not {name for name in estimands if "min" in name or "max" in name or "est" in name}


# --- before and after, and what is tested -------------------------------------------------


def before_and_after(folder: Path, more: str = "") -> Run:
    write(folder, people(40, Q1=["1", "2", "3", "5", ""]))
    write(folder, people(40, Q1=["2", "4", "3", "90"]), "after.csv")
    return analysed(folder, AFTER + PUPILS + 'comparisons = ["year"]\n' + more)


def test_changes_are_of_those_with_both_numbers(tmp_path: Path) -> None:
    run = before_and_after(tmp_path, "outliers = { high = 50 }")
    rows = run.tables["results"].filter(analysis="tabulation", comparison="year", group="all")
    assert set(rows.filter(level="with_outliers")["n"]) == {32}
    left = rows.filter(level="")
    assert set(left["n"]) == {24}
    assert all("8 pairs with an outlier left out" in n for n in left.filter(status="ok")["note"])
    methods = {"sign_test", "wilcoxon", "order_statistics", "descriptive", "paired_t", "paired_cr2"}
    assert set(rows["method"]) == methods
    assert_sound(run.tables["results"])


def test_tests_of_ranks_without_outliers_are_adjusted_together(tmp_path: Path) -> None:
    run = before_and_after(tmp_path, 'outliers = { high = 50 }\nadjust = "holm"')
    adjusted = run.tables["results"].filter(pl.col("p_adjusted").is_not_null())
    tables = adjusted.filter(analysis="tabulation")
    assert set(tables["method"]) == {"mann_whitney", "wilcoxon"}
    assert set(tables["level"]) == {""}


@pytest.mark.parametrize("cells", [[""] * 12, ["3"] * 12, ["", "4"] + [""] * 10])
def test_nobody_and_no_variance_are_rows_with_a_reason(tmp_path: Path, cells: list[str]) -> None:
    write(tmp_path, people(12, Q1=cells))
    write(tmp_path, people(12, Q1=cells), "after.csv")
    more = 'comparisons = ["year"]\noutliers = "tukey"'
    run = analysed(tmp_path, AFTER + PUPILS + more)
    assert_sound(run.tables["results"])


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rows = people(30, Q1=["1", "2", "7", "100"])
    runs = []
    for order in (rows, rows[::-1]):
        write(tmp_path, order)
        runs.append(analysed(tmp_path, PUPILS + 'outliers = "tukey"').tables["results"])
    assert runs[0].equals(runs[1])


# --- what is refused, and what is shown ---------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        'outliers = "3 sd"',
        "outliers = { low = 5, high = 5 }",
        "outliers = { most = 5 }",
        "outliers = {}",
        "possible = [3]",
        'ignored_words = ["1"]',
        "possible = [5, 2]",
        'ranges = "lowest"',
        'options = { a = "A" }',
        "values = { a = 1 }",
    ],
)
def test_a_table_of_numbers_that_does_not_fit_is_refused(tmp_path: Path, wrong: str) -> None:
    assert faults_of(tmp_path, PUPILS + wrong) & {"STU046", "STU006"}


def test_keys_of_numbers_are_refused_elsewhere(tmp_path: Path) -> None:
    single = PUPILS.replace('"number"', '"single"') + 'options = { a = "A" }'
    assert "STU030" in faults_of(tmp_path, single)


def test_the_screen_shows_medians_and_hides_few(tmp_path: Path) -> None:
    cells: list[Any] = [*[str(n) for n in range(1, 30)], "500"]
    write(tmp_path, people(30, Q1=cells))
    run = analysed(tmp_path, PUPILS + 'outliers = "tukey"')
    screen = StringIO()
    show_run(run, Console(file=screen, width=100))
    lines = [line.strip() for line in screen.getvalue().splitlines()]
    (outliers,) = [line.split() for line in lines if line.startswith("Outliers")]
    assert outliers[1] == "-"
    medians = [line.split() for line in lines if line.startswith("Median ")]
    assert [cells[1] for cells in medians] == ["15.0", "with"]
    assert not any("500" in line for line in lines)
