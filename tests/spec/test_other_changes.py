"""Ranks, Bayes factors, trimmed means and effect sizes in the results of a study."""

from pathlib import Path

import polars as pl

from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import FULL, MOOD, make_study
from support.tables import assert_table, read_table

CONTRAST = {"treated": "helped", "control": "others"}
OWN = ["wilcoxon", "bayes_factor", "trimmed"]
SIZES = ["d_av", "d_rm", "glass_delta", "g_z", "g_rm", "g_glass"]


def results_of(folder: Path, drawn: str) -> pl.DataFrame:
    """Rows of this area; ``drawn``: school, role and the mood before>after, ``times`` alike."""
    rows = [
        {"id": f"k{number}_{copy}", "when": when, "school": school, "role": role, "mood": value}
        for number, person in enumerate(read_table(drawn))
        for school, role, mood, times in [person.values()]
        for copy in range(int(times))
        for when, value in zip(("b1", "f1"), mood.replace("-", "").split(">"), strict=True)
    ]
    results = analyse(make_study(folder, rows, MOOD, contrast=CONTRAST, statistics=FULL)).tables[
        "results"
    ]
    assert_sound(results)
    estimand = pl.col("estimand")
    mine = pl.col("method").is_in(OWN) | estimand.is_in([*SIZES, "g_baseline"])
    return results.filter(mine)


HEAD = "school role mood times\n"
SAME = "every pair changed by the same amount, so there is nothing to test against"


def test_every_group_has_every_estimate(tmp_path: Path) -> None:
    helped = "a mentee 1>3 4\nb mentee 2>3 3\nc mentee 5>7 1\n"
    results = results_of(
        tmp_path, HEAD + helped + "b neither 4>1 3\nc neither 5>6 2\nb neither 3>3 1"
    )
    groups = ("all 14 3", "helped 8 3", "others 6 2")
    expected = "group n n_organisations status\n" + "\n".join(f"{group} ok" for group in groups)
    for method, estimand in zip(OWN, ("pseudo_median", "bf10", "trimmed_mean_change"), strict=True):
        assert_table(results.filter(method=method, estimand=estimand), expected)
    for size in SIZES:
        assert_table(results.filter(estimand=size), expected)
    (contrast,) = results.filter(estimand="g_baseline").iter_rows(named=True)
    assert contrast["analysis"] == "did"
    assert contrast["group"] == "helped_v_others"
    assert contrast["unit"] == "standard deviations"
    assert contrast["note"] == "interval from least squares, pairs taken as independent"


def test_a_bayes_factor_has_no_good_direction(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 1>3 4\nb mentee 2>3 3")
    expected = "estimand better unit\nbf10 - times\nbf10 - times\nbf10 - times"
    assert_table(results.filter(method="bayes_factor"), expected)
    assert set(results.filter(method="wilcoxon")["better"]) == {"higher"}


def test_nobody_changed(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 4>4 6\nb mentee 5>5 6")
    reasons = {
        "wilcoxon": "nobody changed",
        "trimmed": "the middle three fifths all changed by the same amount, 0",
        "bayes_factor": SAME,
        "effect_size": SAME,
    }
    for row in results.filter(group="all").iter_rows(named=True):
        assert (row["note"], row["n"]) == (reasons[row["method"]], 12)


def test_everyone_changed_alike(tmp_path: Path) -> None:
    """Ranks still say that it was no chance: nobody fell."""
    results = results_of(tmp_path, HEAD + "a mentee 1>3 4\nb mentee 2>4 6").filter(group="all")
    (ranks,) = results.filter(method="wilcoxon").iter_rows(named=True)
    assert (ranks["estimate"], ranks["statistic"], ranks["ci_low"]) == (2, 55, None)
    assert ranks["p_value"] < 0.01
    assert set(results.filter(pl.col("method") != "wilcoxon")["status"]) == {"not_estimable"}


def test_one_pair(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 1>3 1").filter(group="all")
    one = "one matched pair: a standard error needs two"
    assert set(results.filter(pl.col("method") != "wilcoxon")["note"]) == {one}
    (ranks,) = results.filter(method="wilcoxon").iter_rows(named=True)
    assert (ranks["estimate"], ranks["p_value"], ranks["ci_low"]) == (2, 1, None)


def test_everyone_the_same_before(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 4>4 3\nb mentee 4>6 3\nb neither 4>5 4")
    flat = "everyone has the same value before"
    expected = f"""
        estimand    | status        | note
        d_rm        | not_estimable | everyone has the same value at one of the occasions
        g_rm        | not_estimable | everyone has the same value at one of the occasions
        glass_delta | not_estimable | {flat}
        g_glass     | not_estimable | {flat}
        d_av        | ok            | -
        g_z         | ok            | -
    """
    assert_table(results.filter(method="effect_size", group="all"), expected)
    assert_table(results.filter(estimand="g_baseline"), f"status | note\nnot_estimable | {flat}")


def test_perfect_correlation_leaves_d_rm_without_a_meaning(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 1>2 3\nb mentee 2>4 3\nb mentee 3>6 3")
    (row,) = results.filter(estimand="d_rm", group="all").iter_rows(named=True)
    assert row["note"] == "before and after are perfectly correlated"


def test_nobody_followed_up(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 1>- 3\nb neither 2>- 3")
    assert results.height == 3 * 9 + 1
    assert set(results["note"]) == {"no matched pairs"}
    assert set(results["n"]) == {0}


def test_three_pairs_have_no_corrected_contrast(tmp_path: Path) -> None:
    results = results_of(tmp_path, HEAD + "a mentee 1>3 1\na mentee 2>3 1\nb neither 2>3 1")
    (row,) = results.filter(estimand="g_baseline").iter_rows(named=True)
    assert row["note"] == "three matched pairs: the correction for bias is 0"
