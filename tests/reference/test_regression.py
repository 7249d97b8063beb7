"""Cluster-robust tests and analysis of covariance against numbers computed by R."""

import numpy as np
import polars as pl
import pytest

from peereval.estimators.ancova import ancova
from peereval.estimators.clustered import FEWEST_ORGANISATIONS, contrast_robust
from peereval.estimators.estimate import Estimate
from peereval.estimators.regression import Fit, Products, estimate, least_squares
from peereval.moments import ClusterSums, value_sums
from support.reference import PAIRS, close, expected

LEVEL = 0.95
PARTS = {
    "se": "std_error", "statistic": "statistic", "df": "df", "p": "p_value", "ci_low": "ci_low",
    "ci_high": "ci_high",
}  # fmt: skip

#: The treated all had the same before as each other, and so had the controls.
FLAT_BEFORE = PAIRS.filter(dataset="balanced").with_columns(
    dataset=pl.lit("flat_before"),
    pre=pl.when(group="treated").then(20).otherwise(22).cast(pl.Int64),
)
R, ALL_PAIRS = expected("regression"), pl.concat([PAIRS, FLAT_BEFORE])


def rows_of(name: str, *groups: str) -> pl.DataFrame:
    """Rows of a data set; those of other groups count 0, so that every organisation is there."""
    rows = ALL_PAIRS.filter(dataset=name)
    mine = pl.col("group").is_in(list(groups)) if groups else pl.lit(True)
    return rows.with_columns(mine.cast(pl.Int64).alias("n"))


def sums_of(rows: pl.DataFrame, shift: int = 0) -> ClusterSums:
    before, after = (rows[name].to_numpy() + shift for name in ("pre", "post"))
    return value_sums(rows, before, after, 1, clustered=True)


def contrast_of(name: str, shift: int = 0) -> tuple[ClusterSums, ClusterSums]:
    return sums_of(rows_of(name, "treated"), shift), sums_of(rows_of(name, "control"), shift)


def same(ours: Estimate, name: str, value: str, test: str, trusted: bool = True) -> None:
    """All of a test agrees; or neither program has one, or we refuse what R dares."""
    theirs = R[name]
    if theirs[f"{test}_p"] is None or not trusted:
        assert ours.reason, f"{name} {test}"
        assert ours.value is None
        return
    pairs = [(ours.value, value)] + [
        (getattr(ours, field), f"{test}_{part}") for part, field in PARTS.items()
    ]
    for number, quantity in pairs:
        close(number, theirs[quantity], f"{name} {quantity}")


def enough(name: str) -> bool:
    return (R[name]["n_organisations"] or 0) >= FEWEST_ORGANISATIONS


@pytest.fixture(params=R)
def dataset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", ["cr1", "cr3"])
def test_change_of_all(dataset: str, kind: str) -> None:
    ours = contrast_robust((sums_of(rows_of(dataset)),), LEVEL, kind)
    same(ours, dataset, "paired_estimate", f"paired_{kind}", enough(dataset))


@pytest.mark.parametrize("kind", ["cr1", "cr3"])
def test_contrast(dataset: str, kind: str) -> None:
    ours = contrast_robust(contrast_of(dataset), LEVEL, kind)
    same(ours, dataset, "did_estimate", f"did_{kind}", enough(dataset))


@pytest.mark.parametrize("kind", ["cr1", "cr3"])
def test_formulas_hold_for_two_organisations(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peereval.estimators.clustered.FEWEST_ORGANISATIONS", 2)
    parts = contrast_of("two_clusters")
    same(contrast_robust(parts, LEVEL, kind), "two_clusters", "did_estimate", f"did_{kind}")


@pytest.mark.parametrize("kind", ["ols", "cr2"])
def test_ancova(dataset: str, kind: str) -> None:
    ours = ancova(*contrast_of(dataset), LEVEL)[kind]
    trusted = kind == "ols" or enough(dataset)
    same(ours, dataset, "ancova_estimate", f"ancova_{kind}", trusted)


def test_ancova_is_exact_however_far_from_zero_the_scores_lie() -> None:
    near = ancova(*contrast_of("unequal"), LEVEL)
    far = ancova(*contrast_of("unequal", shift=2_000_000_000), LEVEL)
    assert near["cr2"].value is not None
    assert near == far


# --- any model ------------------------------------------------------------------------------


def products_of(name: str) -> Products:
    """Of after on 1, before and treated, summed the plain way."""
    rows = ALL_PAIRS.filter(dataset=name)
    treated = (rows["group"] == "treated").to_numpy()
    design = np.column_stack([np.ones(rows.height), rows["pre"].to_numpy(), treated])
    outcome = rows["post"].to_numpy().astype(float)
    parts = []
    for organisation in rows["organisation"].unique():
        mine = (rows["organisation"] == organisation).to_numpy()
        x, y = design[mine], outcome[mine]
        parts.append((x.T @ x, x.T @ y, y @ y, len(y)))
    xtx, xty, yty, n = (np.array(column) for column in zip(*parts, strict=True))
    return Products(xtx, xty, yty, n)


def fit_of(name: str) -> Fit:
    return least_squares(products_of(name))


@pytest.mark.parametrize("kind", ["ols", "cr1", "cr2", "cr3"])
@pytest.mark.parametrize(("model", "contrast"), [("slope", (0, 1, 0)), ("ancova", (0, 0, 1))])
def test_every_kind_of_standard_error(
    dataset: str, kind: str, model: str, contrast: tuple[float, ...]
) -> None:
    organisations = int(R[dataset]["n_organisations"] or 0)
    ours = estimate(fit_of(dataset), contrast, kind, LEVEL, organisations)
    trusted = kind == "ols" or enough(dataset)
    same(ours, dataset, f"{model}_estimate", f"{model}_{kind}", trusted)


@pytest.mark.parametrize("kind", ["cr1", "cr2", "cr3"])
def test_every_kind_holds_for_two_organisations(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peereval.estimators.clustered.FEWEST_ORGANISATIONS", 2)
    ours = estimate(fit_of("two_clusters"), (0, 1, 0), kind, LEVEL, 2)
    same(ours, "two_clusters", "slope_estimate", f"slope_{kind}")


def test_order_of_clusters_and_columns_changes_no_bit() -> None:
    given, rng = products_of("unequal"), np.random.default_rng(5)
    rows, columns = rng.permutation(len(given.n)), [2, 0, 1]
    turned = Products(
        given.xtx[rows][:, columns][:, :, columns],
        given.xty[rows][:, columns],
        given.yty[rows],
        given.n[rows],
    )
    contrast = np.array([0.5, -2.0, 1.0])
    for kind in ("ols", "cr1", "cr2", "cr3"):
        one = estimate(least_squares(given), contrast, kind, LEVEL, 18)
        two = estimate(least_squares(turned), contrast[columns], kind, LEVEL, 18)
        assert one.std_error is not None
        assert (one.std_error, one.df, one.p_value) == (two.std_error, two.df, two.p_value)


def test_cluster_without_rows_changes_nothing() -> None:
    given = products_of("few")
    more = Products(
        np.concatenate([given.xtx, np.zeros((2, 3, 3))]),
        np.concatenate([given.xty, np.zeros((2, 3))]),
        np.concatenate([given.yty, np.zeros(2)]),
        np.concatenate([given.n, np.zeros(2, dtype=np.int64)]),
    )
    for kind in ("cr1", "cr2"):
        one, two = (
            estimate(least_squares(part), (0, 0, 1), kind, LEVEL, 6) for part in (given, more)
        )
        assert one.p_value is not None
        assert one == two


def test_model_without_a_solution_says_so() -> None:
    given = products_of("few")
    twice = Products(given.xtx[:, [[0], [0]], [0, 0]], given.xty[:, [0, 0]], given.yty, given.n)
    ours = estimate(least_squares(twice), (1, 0), "cr2", LEVEL, 6)
    assert "cannot be told apart" in ours.reason
    none = Products(np.zeros((0, 2, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, dtype=np.int64))
    assert estimate(least_squares(none), (1, 0), "cr2", LEVEL, 0).reason == "no matched pairs"
