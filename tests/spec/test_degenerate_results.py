"""Results where there is too little to estimate from: a row that says so, never a wrong number."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.engines import ENGINES
from peereval.estimators.estimate import t_estimate
from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import MOOD, Table, band_levels, make_scale, make_study, write_toml
from support.tables import Row, assert_table, read_table

CONTRAST = {"treated": "helped", "control": "others"}
BANDED = make_scale(
    "mood",
    "mood",
    bands=[
        {"id": "bands", "score": "total", "levels": band_levels(low=0, middle=4, high=7)},
    ],
)
HELP = {"id": "help", "kind": "yes_no", "columns": "help"}


def people(drawn: str) -> list[Row]:
    """Export rows from drawn people: ``times`` alike, values before and after as ``1>3``."""
    rows = []
    for number, person in enumerate(read_table(drawn)):
        times = int(person.pop("times", "1"))
        fixed = {name: cell for name, cell in person.items() if ">" not in cell}
        moved = {name: cell.split(">") for name, cell in person.items() if ">" in cell}
        rows += [
            {"id": f"k{number}_{copy}", "when": occasion, "role": "mentee", "school": "north"}
            | fixed
            | {name: ends[end].replace("-", "") for name, ends in moved.items()}
            for copy in range(times)
            for end, occasion in enumerate(("b1", "f1"))
        ]
    return rows


def results_of(
    folder: Path, engine: str, drawn: str, scale: Table = MOOD, **settings: object
) -> pl.DataFrame:
    study = make_study(folder, people(drawn), scale, contrast=CONTRAST, **settings)
    results = analyse(study, engine).tables["results"]
    assert_sound(results)
    if engine == ENGINES[0]:  # what every other estimator makes of so little is sound as well
        full = replace(study, statistics=replace(study.statistics, depth="full"))
        assert_sound(analyse(full, engine).tables["results"])
    return results


def check(results: pl.DataFrame, expected: str, **where: object) -> None:
    assert_table(results.filter(**where), expected)


SAME = "every pair changed by the same amount, so there is nothing to test against"
SCHOOLS = tuple("abcdefgh")


def spread(times: int, schools: Sequence[str] = SCHOOLS, role: str = "mentee") -> str:
    """Lines of people whose changes differ within and between schools."""
    return "\n".join(
        f"{school} {role} {copy}>{(copy + number) % 7 + copy % 2}"
        for number, school in enumerate(schools)
        for copy in range(times)
    )


# --- change ---------------------------------------------------------------------------------


def test_same_change_of_everyone_cannot_be_tested(tmp_path: Path, engine: str) -> None:
    results = results_of(
        tmp_path,
        engine,
        """
        school  mood  times
        a       1>3   2
        b       2>4   1
        c       5>7   1
        d       6>8   1
        e       0>2   1
        f       3>5   1
        """,
    )
    expected = f"""
        method      | estimand    | estimate       | n | n_organisations | status        | note
        descriptive | mean_pre    | 2.57142857143  | 7 | 6               | ok            | -
        descriptive | sd_pre      | 2.22539456106  | 7 | 6               | ok            | -
        descriptive | mean_post   | 4.57142857143  | 7 | 6               | ok            | -
        descriptive | sd_post     | 2.22539456106  | 7 | 6               | ok            | -
        descriptive | correlation | 1              | 7 | 6               | ok            | -
        paired_t    | mean_change | -              | 7 | 6               | not_estimable | {SAME}; the mean change is 2
        paired_cr2  | mean_change | -              | 7 | 6               | not_estimable | {SAME}
        effect_size | d_z         | -              | 7 | 6               | not_estimable | {SAME}
        effect_size | g_av        | -              | 7 | 6               | not_estimable | {SAME}
    """  # noqa: E501
    check(results, expected, analysis="paired", group="all")


def test_no_change_of_anyone_cannot_be_tested(tmp_path: Path, engine: str) -> None:
    results = results_of(tmp_path, engine, "school mood times\na 4>4 6\nb 5>5 6")
    note = f"{SAME}; the mean change is 0"
    check(
        results,
        f"estimate | p_value | n | status | note\n- | - | 12 | not_estimable | {note}",
        method="paired_t",
        group="all",
    )


def test_same_value_of_everyone_at_one_occasion_has_no_correlation(
    tmp_path: Path, engine: str
) -> None:
    results = results_of(tmp_path, engine, "school mood\na 4>4\nb 4>5\nc 4>6")
    expected = """
        estimand    | estimate | status        | note
        mean_pre    | 4        | ok            | -
        sd_pre      | 0        | ok            | -
        mean_post   | 5        | ok            | -
        sd_post     | 1        | ok            | -
        correlation | -        | not_estimable | everyone has the same value at one of the occasions
    """
    check(results, expected, method="descriptive", group="all")
    check(results, "estimate n status\n1 3 ok", method="paired_t", group="all")


def test_one_pair_has_means_and_no_test(tmp_path: Path, engine: str) -> None:
    results = results_of(tmp_path, engine, "school mood\na 4>6")
    one = "one matched pair: a standard error needs two"
    few = "1 organisation: a cluster-robust test needs 5"
    expected = f"""
        method      | estimand    | estimate | n | n_organisations | status        | note
        descriptive | mean_pre    | 4        | 1 | 1               | ok            | -
        descriptive | sd_pre      | -        | 1 | 1               | not_estimable | {one}
        descriptive | mean_post   | 6        | 1 | 1               | ok            | -
        descriptive | sd_post     | -        | 1 | 1               | not_estimable | {one}
        descriptive | correlation | -        | 1 | 1               | not_estimable | {one}
        paired_t    | mean_change | -        | 1 | 1               | not_estimable | {one}; the mean change is 2
        paired_cr2  | mean_change | -        | 1 | 1               | not_estimable | {few}
        effect_size | d_z         | -        | 1 | 1               | not_estimable | {one}
        effect_size | g_av        | -        | 1 | 1               | not_estimable | {one}
    """  # noqa: E501
    check(results, expected, analysis="paired", group="all")


def test_two_pairs_have_a_test_and_no_corrected_effect_size(tmp_path: Path, engine: str) -> None:
    results = results_of(tmp_path, engine, "school mood\na 4>6\nb 4>7")
    note = "two matched pairs: the correction for bias is 0"
    expected = f"""
        method      | estimand    | estimate      | df | n | status        | note
        paired_t    | mean_change | 2.5           | 1  | 2 | ok            | -
        effect_size | d_z         | 3.53553390593 | -  | 2 | ok            | -
        effect_size | g_av        | -             | -  | 2 | not_estimable | {note}
    """
    tests = results.filter(analysis="paired", group="all").filter(
        pl.col("method").is_in(["paired_t", "effect_size"])
    )
    assert_table(tests, expected)


def test_without_any_pair_every_row_is_there_and_says_so(tmp_path: Path, engine: str) -> None:
    results = results_of(
        tmp_path,
        engine,
        "school mood help\na ->3 ->yes\nb 4>- no>-",
        BANDED,
        bands=["mood_bands"],
        questions=[HELP],
    )
    rest = results.filter(pl.col("analysis") != "flow")
    assert set(rest["status"]) == {"not_estimable"}
    assert set(rest["note"]) == {"no matched pairs"}
    assert set(rest["n"]) == {0}
    assert set(rest["n_organisations"]) == {0}
    assert set(rest["analysis"]) == {"paired", "did", "band_change", "prevalence_change"}
    expected = """
        estimand     comparison  group   level  estimate  n  n_organisations  status
        n_responses  -           -       b1     2         2  2                ok
        n_responses  -           -       f1     2         2  2                ok
        n_responses  -           -       b2     0         0  0                ok
        n_responses  -           -       f2     0         0  0                ok
        n_matched    change      all     -      2         2  2                ok
        n_matched    change      helped  -      2         2  2                ok
        n_matched    change      others  -      0         0  0                ok
    """
    flow = results.filter(~pl.col("estimand").is_in(["n_eligible", "n_analysed"]))
    check(flow, expected, analysis="flow")
    expected = """
        outcome     group   estimate  n  n_organisations  status
        mood_total  all     0         0  0                ok
        mood_total  helped  0         0  0                ok
        mood_total  others  0         0  0                ok
        help        all     0         0  0                ok
        help        helped  0         0  0                ok
        help        others  0         0  0                ok
    """
    check(results, expected, estimand="n_analysed")


# --- organisations --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_organisations_have_no_cluster_robust_test(
    tmp_path: Path, engine: str, count: int
) -> None:
    schools = SCHOOLS[:count]
    drawn = "school role mood\n" + spread(6, schools) + "\n" + spread(5, schools, "neither")
    results = results_of(tmp_path, engine, drawn)
    few = f"{count} organisation{'s' * (count > 1)}: a cluster-robust test needs 5"
    expected = f"""
        method     | group           | n          | n_organisations | status        | note
        paired_cr2 | all             | {11 * count} | {count}         | not_estimable | {few}
        paired_cr2 | helped          | {6 * count}  | {count}         | not_estimable | {few}
        paired_cr2 | others          | {5 * count}  | {count}         | not_estimable | {few}
        did_cr2    | helped_v_others | {11 * count} | {count}         | not_estimable | {few}
    """
    assert_table(results.filter(pl.col("method").is_in(["paired_cr2", "did_cr2"])), expected)
    expected = f"method n n_organisations status\ndid_ols {11 * count} {count} ok"
    check(results, expected, method="did_ols")


def test_five_organisations_have_a_cluster_robust_test(tmp_path: Path, engine: str) -> None:
    drawn = "school role mood\n" + spread(4, SCHOOLS[:5]) + "\n" + spread(3, SCHOOLS[:5], "neither")
    results = results_of(tmp_path, engine, drawn)
    expected = """
        method      n   n_organisations  status
        paired_cr2  35  5                ok
        paired_cr2  20  5                ok
        paired_cr2  15  5                ok
        did_cr2     35  5                ok
    """
    tests = results.filter(pl.col("method").is_in(["paired_cr2", "did_cr2"]))
    assert_table(tests, expected)
    assert (tests["df"] < 5).all()


def test_one_organisation_that_holds_a_whole_group_has_no_cluster_robust_contrast(
    tmp_path: Path, engine: str
) -> None:
    drawn = "school role mood\n" + spread(4) + "\n" + spread(6, SCHOOLS[:1], "neither")
    results = results_of(tmp_path, engine, drawn)
    note = "one organisation holds a whole group, so its variation is unknown"
    check(
        results,
        f"estimate | n | n_organisations | status | note\n- | 38 | 8 | not_estimable | {note}",
        method="did_cr2",
    )
    check(results, "n n_organisations status\n38 8 ok", method="did_ols")


def test_same_mean_change_in_every_organisation_leaves_no_variation_between_them(
    tmp_path: Path, engine: str
) -> None:
    drawn = "school mood\n" + "\n".join(f"{s} 3>{3 + c}" for s in SCHOOLS for c in (0, 1, 5))
    results = results_of(tmp_path, engine, drawn)
    note = "the mean change is the same in every organisation"
    check(
        results,
        f"estimate | n | n_organisations | status | note\n- | 24 | 8 | not_estimable | {note}",
        method="paired_cr2",
        group="all",
    )
    check(results, "estimate n status\n2 24 ok", method="paired_t", group="all")


@pytest.mark.parametrize("times", [1, 3, 5, 6, 7])
def test_same_difference_in_every_organisation_leaves_no_variation_between_them(
    tmp_path: Path, engine: str, times: int
) -> None:
    """Whatever the sizes of the groups: rounding must not pass for variation."""
    more = {
        1: [1],
        3: [0, 1, 2],
        5: [0, 0, 1, 2, 2],
        6: [0, 0, 1, 1, 2, 2],
        7: [0, 0, 0, 1, 2, 2, 2],
    }[times]
    own = dict(zip(SCHOOLS, (0, 1, 2, 0, 1, 1, 2, 3), strict=True))
    treated = [f"{s} mentee 1>{1 + change + d}" for s, change in own.items() for d in more]
    control = [f"{s} neither 1>{1 + change}" for s, change in own.items()]
    drawn = "\n".join(["school role mood", *treated, *control])
    results = results_of(tmp_path, engine, drawn)
    assert results.filter(method="did_ols")["estimate"].to_list() == [1]
    check(results, "estimate p_value status\n- - not_estimable", method="did_cr2")


def test_unknown_organisations_stand_together_as_one_and_the_row_says_so(
    tmp_path: Path, engine: str
) -> None:
    drawn = "school mood\n" + spread(3, SCHOOLS[:5]).replace(" mentee", "") + "\n- 1>4\n- 2>8"
    results = results_of(tmp_path, engine, drawn)
    expected = """
        n  | status | note
        17 | ok     | 2 pairs without an organisation stood together as one
    """
    check(results, expected, method="paired_cr2", group="all")


def test_study_without_organisations_has_no_cluster_robust_test(
    tmp_path: Path, engine: str
) -> None:
    drawn = "role mood\nmentee 1>2\nmentee 2>5\nneither 2>3\nneither 4>4"
    results = results_of(tmp_path, engine, drawn, columns={"respondent": "id", "role": "role"})
    note = "the study names no organisation column, so pairs cannot be clustered"
    tests = results.filter(pl.col("method").is_in(["paired_cr2", "did_cr2"]))
    expected = f"""
        group           | n | n_organisations | status        | note
        all             | 4 | 0               | not_estimable | {note}
        helped          | 2 | 0               | not_estimable | {note}
        others          | 2 | 0               | not_estimable | {note}
        helped_v_others | 4 | 0               | not_estimable | {note}
    """
    assert_table(tests, expected)
    assert set(results["n_organisations"]) == {0}


# --- contrast of two groups -----------------------------------------------------------------


def test_contrast_with_an_empty_group_cannot_be_made(tmp_path: Path, engine: str) -> None:
    results = results_of(tmp_path, engine, "school role mood\n" + spread(3))
    expected = """
        method  | estimate | n  | n_organisations | status        | note
        did_ols | -        | 24 | 8               | not_estimable | one group has no matched pairs
        did_cr2 | -        | 24 | 8               | not_estimable | one group has no matched pairs
    """
    check(results, expected, analysis="did")
    expected = """
        method      | estimate | n | n_organisations | status        | note
        paired_t    | -        | 0 | 0               | not_estimable | no matched pairs
        paired_cr2  | -        | 0 | 0               | not_estimable | no matched pairs
    """
    tests = results.filter(pl.col("method").is_in(["paired_t", "paired_cr2"]), group="others")
    assert_table(tests, expected)


def test_contrast_of_two_people_cannot_be_tested(tmp_path: Path, engine: str) -> None:
    results = results_of(tmp_path, engine, "school role mood\na mentee 1>2\nb neither 1>4")
    note = "one matched pair in each group: a standard error needs more"
    check(results, f"n | status | note\n2 | not_estimable | {note}", method="did_ols")


def test_contrast_without_variation_within_the_groups_cannot_be_tested(
    tmp_path: Path, engine: str
) -> None:
    drawn = "school role mood\n" + "\n".join(
        f"{s} {role} {n}>{n + step}"
        for n, s in enumerate(SCHOOLS)
        for role, step in (("mentee", 2), ("neither", 1))
    )
    results = results_of(tmp_path, engine, drawn)
    note = "change does not vary within either group, so there is nothing to test against"
    check(results, f"n | status | note\n16 | not_estimable | {note}", method="did_ols")
    check(results, "estimate n status\n- 16 not_estimable", method="did_cr2")


def test_contrast_with_variation_in_one_group_only_can_be_tested(
    tmp_path: Path, engine: str
) -> None:
    drawn = "school role mood\n" + spread(2) + "\n" + "\n".join(f"{s} neither 1>2" for s in SCHOOLS)
    results = results_of(tmp_path, engine, drawn)
    expected = "method n status\ndid_ols 24 ok\ndid_cr2 24 ok"
    check(results, expected, analysis="did")


# --- bands and shares -----------------------------------------------------------------------


def test_nobody_who_moved_between_bands_cannot_be_tested(tmp_path: Path, engine: str) -> None:
    drawn = "school mood times\na 1>3 3\nb 4>6 2"
    results = results_of(tmp_path, engine, drawn, BANDED, bands=["mood_bands"])
    expected = """
        level  | estimand             | estimate | n | n_organisations | status        | note
        low    | share_pre            | 0.6      | 5 | 2               | ok            | -
        low    | share_post           | 0.6      | 5 | 2               | ok            | -
        middle | share_pre            | 0.4      | 5 | 2               | ok            | -
        middle | share_post           | 0.4      | 5 | 2               | ok            | -
        high   | share_pre            | 0        | 5 | 2               | ok            | -
        high   | share_post           | 0        | 5 | 2               | ok            | -
        -      | marginal_homogeneity | -        | 5 | 2               | not_estimable | nobody moved from one band to another
    """  # noqa: E501
    check(results, expected, analysis="band_change", group="all")


def test_band_that_exchanged_nobody_takes_a_degree_of_freedom(tmp_path: Path, engine: str) -> None:
    drawn = "school mood times\na 1>4 3\nb 4>1 1\nc 8>8 4"
    results = results_of(tmp_path, engine, drawn, BANDED, bands=["mood_bands"])
    note = "1 degree of freedom: not every band exchanged anyone"
    expected = f"statistic | df | n | status | note\n1 | 1 | 8 | ok | {note}"
    check(results, expected, method="stuart_maxwell", group="all")


def test_band_begins_at_its_lower_bound(tmp_path: Path, engine: str) -> None:
    drawn = "school mood\na 3>4\nb 6>7\nc 0>10"
    results = results_of(tmp_path, engine, drawn, BANDED, bands=["mood_bands"])
    expected = """
        level   estimand    estimate
        low     share_pre   0.666666666667
        low     share_post  0
        middle  share_pre   0.333333333333
        middle  share_post  0.333333333333
        high    share_pre   0
        high    share_post  0.666666666667
    """
    check(results, expected, method="share", group="all")


def test_nobody_who_changed_an_answer_is_no_evidence_of_change(tmp_path: Path, engine: str) -> None:
    """McNemar's p is 1 by convention; the t-test has nothing to test against."""
    drawn = "school mood help times\na 1>1 yes>yes 3\nb 1>1 no>no 2"
    results = results_of(tmp_path, engine, drawn, questions=[HELP])
    few = "2 organisations: a cluster-robust test needs 5"
    expected = f"""
        method        | estimand     | estimate | p_value | n | status        | note
        share         | share_pre    | 0.6      | -       | 5 | ok            | -
        share         | share_post   | 0.6      | -       | 5 | ok            | -
        paired_t      | share_change | -        | -       | 5 | not_estimable | {SAME}; the mean change is 0
        paired_cr2    | share_change | -        | -       | 5 | not_estimable | {few}
        mcnemar_exact | share_change | 0        | 1       | 5 | ok            | -
        mcnemar_midp  | share_change | 0        | 1       | 5 | ok            | -
    """  # noqa: E501
    check(results, expected, analysis="prevalence_change", group="all")


def test_shares_count_contacts_of_any_frequency_as_yes(tmp_path: Path, engine: str) -> None:
    drawn = """
        school | mood | nurse
        a      | 1>1  | Not at all>Once
        b      | 1>1  | Weekly>Once
        c      | 1>1  | Weekly>Not at all
        d      | 1>1  | Not at all>Weekly
    """
    results = results_of(
        tmp_path,
        engine,
        drawn,
        frequencies={"term": {"Weekly": 12.67, "Once": 1, "Not at all": 0}},
        questions=[{"id": "nurse", "kind": "contact", "columns": "nurse", "frequencies": "term"}],
    )
    expected = """
        method         estimand      estimate  p_value  n
        share          share_pre     0.5       -        4
        share          share_post    0.75      -        4
        mcnemar_exact  share_change  0.25      1        4
        mcnemar_midp   share_change  0.25      0.625    4
    """
    shares = results.filter(
        pl.col("method").is_in(["share", "mcnemar_exact", "mcnemar_midp"]), group="all",
        analysis="prevalence_change",
    )  # fmt: skip
    assert_table(shares, expected)


def test_p_value_of_the_clearest_change_is_small_and_not_0(tmp_path: Path, engine: str) -> None:
    """Computers end at about 1e-308; what lies below is not nothing."""
    drawn = """
        school  mood   help     times
        a       0>9    no>yes   800
        b       0>10   no>yes   800
    """
    results = results_of(tmp_path, engine, drawn, BANDED, bands=["mood_bands"], questions=[HELP])
    tests = results.filter(
        pl.col("method").is_in(["paired_t", "stuart_maxwell", "mcnemar_exact", "mcnemar_midp"]),
        status="ok",
        group="all",
    )
    assert set(tests["method"]) == {"paired_t", "stuart_maxwell", "mcnemar_exact", "mcnemar_midp"}
    assert (tests["p_value"] > 0).all()
    assert (tests["p_value"] < 1e-200).all()


# --- costs ----------------------------------------------------------------------------------


def _costed(folder: Path, value: float) -> dict[str, object]:
    words = dict.fromkeys(("unit", "source", "licence", "status"), "made up") | {
        "price_year": "2017"
    }
    entry = {"id": "gp", "value": value, **words}
    write_toml(
        folder / "costs.toml",
        {"format": 1, "id": "prices", "currency": "GBP", "unit_costs": [entry]},
    )
    question = {"id": "gp", "kind": "contact", "columns": "gp", "unit_cost": "gp"}
    return {
        "frequencies": {"term": {"Daily": 63.33, "Weekly": 12.67, "Never": 0}},
        "questions": [{**question, "frequencies": "term"}],
        "costs": {"unit_costs": "costs.toml", "group": "helped"},
    }


def test_contacts_that_nobody_answered_twice_have_no_cost(tmp_path: Path, engine: str) -> None:
    results = results_of(
        tmp_path, engine, "school mood gp\na 1>2 Daily>-\nb 2>4 ->Never", **_costed(tmp_path, 38)
    )
    costs = results.filter(analysis="cost")
    assert set(costs["status"]) == {"not_estimable"}
    assert set(costs["note"]) == {"no matched pairs"}
    assert costs.height == 2 * 5


def test_same_saving_of_everyone_is_shown_and_not_tested(tmp_path: Path, engine: str) -> None:
    drawn = "school mood gp times\na 1>2 Weekly>Never 2\nb 2>4 Weekly>Never 1"
    results = results_of(tmp_path, engine, drawn, **_costed(tmp_path, 38))
    expected = """
        method       estimand               estimate  n  status
        descriptive  cost_pre               481.46    3  ok
        descriptive  cost_post              0         3  ok
        descriptive  saving_per_respondent  481.46    3  ok
        paired_t     saving_per_respondent  -         3  not_estimable
        paired_cr2   saving_per_respondent  -         3  not_estimable
    """
    check(results, expected, analysis="cost", outcome="gp")


def test_squares_of_large_costs_do_not_wrap(tmp_path: Path, engine: str) -> None:
    """3,000 respondents with daily contacts pass what 64 bits hold, in hundredths of a penny."""
    drawn = "school mood gp times\n" + "\n".join(
        f"{school} 1>2 Daily>{after} {times}"
        for n, school in enumerate(SCHOOLS)
        for after, times in (("Weekly", 200 + n), ("Daily", 175 - n))
    )
    results = results_of(tmp_path, engine, drawn, **_costed(tmp_path, 119.84))
    saved = np.repeat([(63.33 - 12.67) * 119.84, 0.0], [1628, 1372])
    row = results.filter(analysis="cost", method="paired_t", outcome="gp").row(0, named=True)
    assert row["n"] == len(saved)
    assert row["estimate"] == pytest.approx(saved.mean(), rel=1e-12)
    assert row["std_error"] == pytest.approx(saved.std(ddof=1) / len(saved) ** 0.5, rel=1e-9)


@pytest.mark.parametrize("df", [0.02, 0.5, 0.999])
def test_less_than_one_degree_of_freedom_is_no_basis_for_an_interval(df: float) -> None:
    """Approximate ones can be any fraction, and t has hardly an end then: 10^24 points wide."""
    found = t_estimate(1.6, 3.4, df, 0.95, 6, 5)
    assert found.reason.endswith("degrees of freedom: too few for a test or an interval")
    assert (found.value, found.std_error, found.df, found.p_value, found.ci_low) == (None,) * 5
    assert (found.n, found.n_organisations) == (6, 5)
    assert t_estimate(1.6, 3.4, 1.0, 0.95, 6, 5).df == 1
