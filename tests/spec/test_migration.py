"""Movement between bands in the results of a study."""

from pathlib import Path

import polars as pl
import pytest

from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import FULL, Table, band_levels, make_scale, make_study
from support.tables import assert_table, read_table


def banded(better: str) -> Table:
    total = {"id": "total", "rule": "sum", "of": ["mood"], "range": [0, 10], "better": better}
    levels = band_levels(low=0, middle=4, high=7)
    return make_scale("mood", "mood", total, bands=[{"id": "bands", "score": "total",
                                                     "levels": levels}])  # fmt: skip


def results_of(folder: Path, drawn: str, better: str = "lower") -> pl.DataFrame:
    """Rows of this area; ``drawn``: the mood before>after and how many ``times``."""
    rows = [
        {"id": f"k{number}_{copy}", "when": when, "school": f"s{copy % 3}", "role": "mentee",
         "mood": value}
        for number, person in enumerate(read_table("mood times\n" + drawn))
        for copy in range(int(person["times"]))
        for when, value in zip(("b1", "f1"), person["mood"].replace("-", "").split(">"),
                               strict=True)
    ]  # fmt: skip
    study = make_study(folder, rows, banded(better), bands=["mood_bands"], statistics=FULL)
    results = analyse(study).tables["results"]
    assert_sound(results)
    return results.filter(analysis="band_migration", group="all")


#: 20 stay low, 4 rise to the middle, 1 to high; 3 stay; 2 leave high; 10 stay high.
MOVES = "1>2 20\n3>4 4\n0>9 1\n5>6 3\n8>5 2\n7>10 10"


def test_the_table_of_moves(tmp_path: Path) -> None:
    expected = """
        level          estimate  n   n_organisations  status
        low>low        0.5       40  3                ok
        low>middle     0.1       40  3                ok
        low>high       0.025     40  3                ok
        middle>low     0         40  3                ok
        middle>middle  0.075     40  3                ok
        middle>high    0         40  3                ok
        high>low       0         40  3                ok
        high>middle    0.05      40  3                ok
        high>high      0.25      40  3                ok
    """
    assert_table(results_of(tmp_path, MOVES).filter(estimand="share_moved"), expected)


def test_symmetry_leaves_out_bands_without_a_move_between_them(tmp_path: Path) -> None:
    stay = "1>2 20\n3>4 4\n5>6 3\n8>5 2\n7>10 10"
    (row,) = results_of(tmp_path, stay).filter(method="bowker").iter_rows(named=True)
    # (4 - 0)^2 / 4 + (0 - 2)^2 / 2
    assert (row["statistic"], row["df"], row["estimate"]) == (6, 2, None)
    assert row["p_value"] == pytest.approx(0.0497870683679)
    assert row["note"] == "1 pair of bands without a move between them left out"


@pytest.mark.parametrize(("better", "up", "down"), [("lower", "lower", "higher"),
                                                    ("higher", "higher", "lower")])  # fmt: skip
def test_up_and_down_are_good_or_bad_by_the_score(
    tmp_path: Path, better: str, up: str, down: str
) -> None:
    expected = f"""
        estimand    estimate  ci_low           ci_high         better
        share_up    0.125     0.0545950025095  0.261121198389  {up}
        share_down  0.05      0.0138206673861  0.165038773691  {down}
    """
    assert_table(results_of(tmp_path, MOVES, better).filter(method="wilson"), expected)


def test_the_worst_band_is_the_highest_where_less_is_better(tmp_path: Path) -> None:
    """11 of 40 after, 12 before: one came, two left."""
    results = results_of(tmp_path, MOVES).filter(estimand="share_change")
    assert set(results["level"]) == {"high"}
    assert set(results["better"]) == {"lower"}
    assert set(results["estimate"]) == {-0.025}
    by_method = {row["method"]: row for row in results.iter_rows(named=True)}
    assert by_method["mcnemar_exact"]["p_value"] == 1
    assert by_method["mcnemar_midp"]["p_value"] == 0.625
    newcombe = by_method["newcombe"]
    assert newcombe["ci_low"] < -0.025 < newcombe["ci_high"]
    assert newcombe["p_value"] is None


def test_the_worst_band_is_the_lowest_where_more_is_better(tmp_path: Path) -> None:
    """20 of 40 after, 25 before: nobody came, five left."""
    results = results_of(tmp_path, MOVES, "higher").filter(estimand="share_change")
    expected = """
        method         level  estimate  better  p_value
        mcnemar_exact  low    -0.125    lower   0.0625
        mcnemar_midp   low    -0.125    lower   0.03125
        newcombe       low    -0.125    lower   -
    """
    assert_table(results, expected)


def test_nobody_moved(tmp_path: Path) -> None:
    results = results_of(tmp_path, "1>1 6\n8>9 2")
    (row,) = results.filter(method="bowker").iter_rows(named=True)
    assert (row["status"], row["n"]) == ("not_estimable", 8)
    assert row["note"] == "nobody moved from one band to another"
    assert results.filter(estimand="share_up")["estimate"].to_list() == [0]
    (row,) = results.filter(method="newcombe").iter_rows(named=True)
    assert row["ci_low"] < 0 < row["ci_high"]


def test_nobody_followed_up(tmp_path: Path) -> None:
    results = results_of(tmp_path, "1>- 6\n8>- 2")
    assert results.height == 9 + 1 + 2 + 3
    assert set(results["note"]) == {"no matched pairs"}
    assert set(results["n"]) == {0}
