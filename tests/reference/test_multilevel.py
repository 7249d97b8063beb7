"""Multilevel estimates against lme4, pbkrtest and nlme (see README.md in this folder)."""

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimators import clustered, estimate, multilevel
from peereval.estimators.estimate import Estimate
from peereval.estimators.multilevel import (
    NOTHING_BETWEEN,
    did_multilevel,
    paired_multilevel,
)
from peereval.estimators.paired import paired_t
from peereval.moments import ClusterSums, value_sums
from reference.test_against_r import LEVEL, PAIRS, expected, sums_of
from support.reference import close

R = expected("multilevel")
#: lme4's own criterion, differentiated numerically, is 0 to about 1e-10 only (see README.md).
TIGHT, VARIANCES, NLME = 1e-8, 1e-7, 2e-5
MOVED = {
    "unequal_moved": (3, -2, 0, 4, -3),
    "balanced_moved": (5, -4, 1, 0),
    "some_singletons_moved": (2, 0, -3),
    "large_effect_moved": (1, -1, 6),
}


def rows_of(name: str) -> pl.DataFrame:
    """The shared pairs of a data set; in a moved one the treated of an organisation moved alike."""
    by = MOVED.get(name, (0,))
    number = pl.col("organisation").rank("dense").cast(pl.Int64) - 1
    shift = pl.lit(pl.Series(by)).gather(number % len(by))
    treated = pl.col("group") == "treated"
    return PAIRS.filter(dataset=name.removesuffix("_moved")).with_columns(
        post=pl.col("post") + pl.when(treated).then(shift).otherwise(0)
    )


def contrast_of(rows: pl.DataFrame) -> tuple[ClusterSums, ClusterSums]:
    """Sums of the treated and of the control group, over the same organisations."""
    everywhere = rows.select("organisation").unique().with_columns(n=0, pre=0, post=0)
    parts = []
    for group in ("treated", "control"):
        mine = rows.filter(group=group).select("organisation", pl.lit(1).alias("n"), "pre", "post")
        counts = pl.concat([mine, everywhere.select(mine.columns)], how="vertical_relaxed")
        before, after = counts["pre"].to_numpy(), counts["post"].to_numpy()
        parts.append(value_sums(counts, before, after, 1, clustered=True))
    return parts[0], parts[1]


def same(ours: Estimate, theirs: dict[str, float | None], prefix: str) -> None:
    for quantity, value in {
        "estimate": ours.value, "se": ours.std_error, "statistic": ours.statistic,
        "df": ours.df, "p": ours.p_value, "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        close(value, theirs[f"{prefix}_{quantity}"], quantity, rel=TIGHT)


@pytest.fixture
def from_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arithmetic holds below the organisations and the degrees of freedom that we trust."""
    monkeypatch.setattr(clustered, "FEWEST_ORGANISATIONS", 2)
    monkeypatch.setattr(estimate, "FEWEST_DF", 0)


@pytest.mark.usefixtures("from_two")
@pytest.mark.parametrize("name", R)
def test_mean_change_is_that_of_lme4_and_pbkrtest(name: str) -> None:
    theirs, ours = R[name], paired_multilevel(sums_of(rows_of(name)), LEVEL)
    if theirs["paired_estimate"] is None:
        assert all(each.reason and each.value is None for each in ours.values())
        return
    same(ours["mean_change"], theirs, "paired")
    between = theirs["paired_variance_between"]
    close(ours["variance_between"].value, between, rel=VARIANCES)
    assert (between == 0) == (NOTHING_BETWEEN in ours["mean_change"].note)


@pytest.mark.usefixtures("from_two")
@pytest.mark.parametrize(
    ("name", "model"),
    [(name, model) for name in R for model in ("did", "mixed") if f"{model}_estimate" in R[name]],
)
def test_contrast_is_that_of_lme4_and_pbkrtest(
    name: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = R[name]
    if model == "did":  # the random intercept alone
        monkeypatch.setattr(multilevel, "FEWEST_MIXED", 1_000)
    ours = did_multilevel(*contrast_of(rows_of(name)), LEVEL)
    if theirs["did_estimate"] is None:
        assert all(each.reason and each.value is None for each in ours.values())
        return
    same(ours["did"], theirs, model)
    for variance in ("variance_between", "variance_of_effect"):
        if model == "mixed" or variance == "variance_between":
            wanted = theirs[f"{model}_{variance}"]
            close(ours[variance].value, wanted, variance, rel=VARIANCES)
    assert ours["variance_of_effect"].reason == "" or model == "did"


def test_the_data_have_every_kind_of_boundary() -> None:
    kinds = {
        (between > 0, effect > 0)
        for each in R.values()
        if (between := each.get("mixed_variance_between")) is not None
        and (effect := each["mixed_variance_of_effect"]) is not None
    }
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


@pytest.mark.usefixtures("from_two")
@pytest.mark.parametrize("name", [name for name in R if R[name].get("paired_nlme_estimate")])
def test_nlme_finds_nearly_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilevel, "FEWEST_MIXED", 1_000)
    theirs, rows = R[name], rows_of(name)
    for prefix, variance in (
        ("paired", paired_multilevel(sums_of(rows), LEVEL)["variance_between"]),
        ("did", did_multilevel(*contrast_of(rows), LEVEL)["variance_between"]),
    ):
        if not variance.value:
            continue  # nlme never reaches the boundary
        close(variance.value, theirs[f"{prefix}_nlme_variance_between"], rel=1e-3)
        estimate, error = theirs[f"{prefix}_estimate"], theirs[f"{prefix}_model_se"]
        assert theirs[f"{prefix}_nlme_estimate"] == pytest.approx(estimate, rel=NLME, abs=NLME)
        assert theirs[f"{prefix}_nlme_se"] == pytest.approx(error, rel=1e-4)


# --- the boundary and the guard -------------------------------------------------------------


def sums_with(n: list[int], change: list[int], squares: list[int]) -> ClusterSums:
    zero = np.zeros(len(n), dtype=np.int64)
    numbers = (np.array(each, dtype=np.int64) for each in (n, change, squares))
    size, total, square = numbers
    return ClusterSums(size, zero, total, zero, square, zero, 1)


def test_at_the_boundary_the_estimate_is_the_plain_mean() -> None:
    """Where the standard search of a known library returns nonsense and says it converged."""
    rng = np.random.default_rng(12)
    n = [15] * 12
    # Organisations that are more alike than chance would make them.
    sums = sums_with(n, [30 + int(x) for x in rng.integers(-1, 2, 12)], [400] * 12)
    ours, plain = paired_multilevel(sums, LEVEL), paired_t(sums, LEVEL)
    assert ours["mean_change"].value == plain.value
    assert ours["mean_change"].note == NOTHING_BETWEEN
    assert ours["variance_between"].value == 0
    assert ours["mean_change"].std_error == pytest.approx(plain.std_error, rel=0.01)


def test_balanced_organisations_have_one_less_than_their_number_of_degrees_of_freedom() -> None:
    ours = paired_multilevel(sums_of(PAIRS.filter(dataset="balanced")), LEVEL)["mean_change"]
    assert ours.df == pytest.approx(11, rel=1e-12)


def test_an_estimate_far_from_least_squares_is_flagged() -> None:
    # One large organisation rose, many small ones fell, and nothing much varies within.
    n = [400, *[4] * 9]
    change = [2000, *(-8 - k for k in range(9))]
    squares = [10_800, *(30 + 4 * k for k in range(9))]
    ours = paired_multilevel(sums_with(n, change, squares), LEVEL)["mean_change"]
    assert ours.value is not None
    assert ours.value < 0
    assert "more than one standard error from least squares (4.339)" in ours.note


# --- where there is no answer ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("sums", "reason"),
    [
        (sums_with([], [], []), "no matched pairs"),
        (sums_with([9, 8, 7, 9], [3, 1, 2, 5], [9, 9, 9, 9]), "4 organisations"),
        (sums_with([2, 3, 2, 4, 5], [4, 6, 4, 8, 10], [8, 12, 8, 16, 20]), "every pair changed"),
        (sums_with([2, 3, 2, 4, 5], [4, 9, 2, 8, 5], [8, 27, 2, 16, 5]), "hardly varies within"),
        (sums_with([1] * 8, [1, 2, 3, 4, 5, 6, 7, 9], [1, 4, 9, 16, 25, 36, 49, 81]), "two pairs"),
        (replace(sums_with([9], [3], [9]), clustered=False), "no organisation column"),
    ],
)
def test_no_estimate_has_its_reason(sums: ClusterSums, reason: str) -> None:
    for ours in paired_multilevel(sums, LEVEL).values():
        assert reason in ours.reason
        assert ours.value is ours.std_error is ours.p_value is None
    empty = sums_with([0] * len(sums.n), [0] * len(sums.n), [0] * len(sums.n))
    for ours in did_multilevel(sums, replace(empty, clustered=sums.clustered), LEVEL).values():
        assert "no matched pairs" in ours.reason


def test_pairs_without_an_organisation_stand_together_and_are_said() -> None:
    sums = sums_of(PAIRS.filter(dataset="unequal"))
    some = replace(sums, unknown=int(sums.n[0]))
    one, two = (paired_multilevel(each, LEVEL)["mean_change"] for each in (sums, some))
    assert one.value == two.value
    assert two.n_organisations == one.n_organisations - 1
    assert "without an organisation stood together as one" in two.note


def test_exchanging_the_groups_turns_the_sign_and_nothing_else() -> None:
    for name in ("unequal_moved", "few", "one_org_holds_group_mixed"):
        one, two = contrast_of(rows_of(name))
        here, there = did_multilevel(one, two, LEVEL), did_multilevel(two, one, LEVEL)
        assert here["did"].value == -(there["did"].value or 0)
        assert here["did"].ci_low == -(there["did"].ci_high or 0)
        for field in ("std_error", "df", "p_value", "n", "n_organisations"):
            assert getattr(here["did"], field) == getattr(there["did"], field)
        assert here["variance_between"] == there["variance_between"]
        assert here["variance_of_effect"] == there["variance_of_effect"]


def test_the_order_of_organisations_changes_no_bit() -> None:
    parts = contrast_of(rows_of("unequal_moved"))
    order = np.random.default_rng(5).permutation(len(parts[0].n))
    mixed = tuple(
        replace(
            part,
            **{name: getattr(part, name)[order] for name in part.__struct_fields__[:6]},
        )
        for part in parts
    )
    assert did_multilevel(*parts, LEVEL) == did_multilevel(*mixed, LEVEL)
    assert paired_multilevel(parts[0], LEVEL) == paired_multilevel(mixed[0], LEVEL)


def test_sums_of_a_million_respondents_are_no_trouble() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(50, 600, 3_000)
    total = np.round(n * rng.normal(100, 40, 3_000)).astype(np.int64)
    squares = (total**2 // n + n * 1_500).astype(np.int64)
    zero = np.zeros(3_000, dtype=np.int64)
    ours = paired_multilevel(ClusterSums(n, zero, total, zero, squares, zero, 100), LEVEL)
    assert ours["mean_change"].n > 900_000
    assert ours["mean_change"].value == pytest.approx(1.0, abs=0.05)
    assert ours["variance_between"].value == pytest.approx(0.16, rel=0.05)
