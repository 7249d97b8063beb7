"""Our estimators against scipy, statsmodels and pingouin, where those are right."""

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from peereval.estimators.bands import stuart_maxwell
from peereval.estimators.did import did_ols
from peereval.estimators.paired import paired_t
from peereval.estimators.prevalence import mcnemar_exact
from peereval.moments import ClusterSums, value_sums

PAIRS = pl.read_csv(Path(__file__).parent / "data" / "pairs.csv")
DATASETS = ("balanced", "unequal", "few", "singletons", "group_by_org", "ties", "ceiling")


def sums_of(rows: pl.DataFrame) -> ClusterSums:
    counts = rows.with_columns(n=pl.lit(1))
    return value_sums(counts, rows["pre"].to_numpy(), rows["post"].to_numpy(), 1, clustered=False)


@pytest.mark.parametrize("name", DATASETS)
def test_paired_t_is_that_of_scipy_and_pingouin(name: str) -> None:
    rows = PAIRS.filter(dataset=name)
    before, after = (rows[end].to_numpy().astype(float) for end in ("pre", "post"))
    ours = paired_t(sums_of(rows), 0.95)
    theirs = stats.ttest_rel(after, before)
    interval = theirs.confidence_interval()
    assert (ours.statistic, ours.p_value) == pytest.approx(
        (theirs.statistic, theirs.pvalue), rel=1e-9
    )
    assert (ours.ci_low, ours.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pingouin imports, not of what it does here
        import pingouin as pg
    row = pg.ttest(after, before, paired=True).iloc[0]
    assert ours.statistic == pytest.approx(row["T"], rel=1e-9)
    assert ours.p_value == pytest.approx(row["p_val"], rel=1e-9)


@pytest.mark.parametrize("name", DATASETS)
def test_did_is_least_squares_of_statsmodels(name: str) -> None:
    import statsmodels.api as sm

    rows = PAIRS.filter(dataset=name)
    change = (rows["post"] - rows["pre"]).to_numpy().astype(float)
    treated = (rows["group"] == "treated").to_numpy().astype(float)
    theirs = sm.OLS(change, sm.add_constant(treated)).fit()
    groups = [sums_of(rows.filter(group=group)) for group in ("treated", "control")]
    ours = did_ols(groups[0], groups[1], 0.95)
    assert ours.value == pytest.approx(theirs.params[1], rel=1e-9, abs=1e-12)
    assert ours.std_error == pytest.approx(theirs.bse[1], rel=1e-9)
    assert ours.p_value == pytest.approx(theirs.pvalues[1], rel=1e-9)


def test_stuart_maxwell_is_that_of_statsmodels_on_full_tables() -> None:
    from statsmodels.stats.contingency_tables import SquareTable

    rng = np.random.default_rng(7)
    for levels in (2, 3, 4, 5):
        table = rng.integers(1, 40, size=(levels, levels))
        theirs = SquareTable(table, shift_zeros=False).homogeneity()
        ours = stuart_maxwell(table)
        assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-9)
        assert (ours.df, ours.p_value) == (levels - 1, pytest.approx(theirs.pvalue, rel=1e-9))


@pytest.mark.parametrize(("gained", "lost"), [(1, 0), (3, 9), (12, 25), (0, 7), (80, 120)])
def test_mcnemar_is_that_of_statsmodels(gained: int, lost: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    theirs = mcnemar([[50, gained], [lost, 50]], exact=True).pvalue
    assert mcnemar_exact(gained, lost) == pytest.approx(theirs, rel=1e-9)
