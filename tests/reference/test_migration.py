"""Movement between bands against R (migration.R, bands.R) and published examples."""

import numpy as np
import pytest

from peereval.estimators.bands import bowker
from peereval.estimators.shares import newcombe, share, wilson
from reference.test_against_r import BANDS, LEVEL, TABLES, TWO_BY_TWO, close, expected

EXPECTED = expected("migration")


def table(name: str) -> np.ndarray:
    rows, levels = TABLES.filter(dataset=name), int(BANDS[name]["n_bands"] or 0)
    made = np.zeros((levels, levels), dtype=np.int64)
    made[rows["pre"].to_numpy() - 1, rows["post"].to_numpy() - 1] = rows["n"].to_numpy()
    return made


@pytest.mark.parametrize("name", BANDS)
def test_bowker(name: str) -> None:
    ours, theirs = bowker(table(name)), BANDS[name]
    if theirs["bowker_moved_pairs_p"] is None:
        assert "nobody moved" in ours.reason
        return
    for quantity, value in {"statistic": ours.statistic, "df": ours.df, "p": ours.p_value}.items():
        close(value, theirs[f"bowker_moved_pairs_{quantity}"], quantity)
    # mcnemar.test has an answer only where every two bands have a move between them.
    assert (theirs["bowker_p"] is None) == ("left out" in ours.note)
    if theirs["bowker_p"] is not None:
        close(ours.p_value, theirs["bowker_p"])


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_bowker_is_that_of_statsmodels_on_full_tables(levels: int) -> None:
    from statsmodels.stats.contingency_tables import SquareTable

    made = np.random.default_rng(11).integers(1, 40, size=(levels, levels))
    theirs, ours = SquareTable(made, shift_zeros=False).symmetry(), bowker(made)
    assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))


@pytest.mark.parametrize("name", BANDS)
def test_shares_who_moved_have_wilsons_interval(name: str) -> None:
    made, theirs = table(name), EXPECTED[name]
    for estimand, part in (("share_up", np.triu(made, 1)), ("share_down", np.tril(made, -1))):
        ours = share(int(part.sum()), int(made.sum()), LEVEL, 0)
        close(ours.value, theirs[estimand])
        close(ours.ci_low, theirs[f"{estimand}_ci_low"])
        close(ours.ci_high, theirs[f"{estimand}_ci_high"])


@pytest.mark.parametrize(("count", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (3, 17), (199, 700)])
def test_wilson_is_that_of_statsmodels(count: int, n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    theirs = proportion_confint(count, n, alpha=0.05, method="wilson")
    assert wilson(count, n, LEVEL) == pytest.approx(theirs, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", TWO_BY_TWO["dataset"].to_list())
def test_newcombe(name: str) -> None:
    row, theirs = TWO_BY_TWO.filter(dataset=name).row(0, named=True), EXPECTED[f"two_{name}"]
    low, high = newcombe(row["d"], row["b"], row["c"], row["a"], LEVEL)
    close(low, theirs["difference_ci_low"])
    close(high, theirs["difference_ci_high"])


def test_newcombe_is_that_of_two_published_examples() -> None:
    """Altman et al. (2000), table 6.2; and Cavo et al. (2012) in Fagerland et al. (2017)."""
    # Positive with both tests 14, with the first only 5, the second only 0, with neither 22.
    assert newcombe(14, 5, 0, 22, LEVEL) == pytest.approx((0.011, 0.226), abs=5e-4)
    # Responded before and after 59, before only 6, after only 16, never 80: before less after.
    low, high = newcombe(59, 16, 6, 80, LEVEL)
    assert (-high, -low) == pytest.approx((-0.1186, -0.0046), abs=5e-5)


@pytest.mark.parametrize("counts", [(0, 0, 0, 9), (9, 0, 0, 0), (0, 9, 0, 0), (1, 0, 0, 0)])
def test_newcombe_holds_the_difference_at_every_edge(counts: tuple[int, int, int, int]) -> None:
    both, gained, lost, neither = counts
    low, high = newcombe(both, gained, lost, neither, LEVEL)
    assert -1 <= low <= (gained - lost) / sum(counts) <= high <= 1
    assert low < high


def test_a_share_of_nobody_says_so() -> None:
    assert share(0, 0, LEVEL, 0).reason == "no matched pairs"
    assert bowker(np.zeros((3, 3), dtype=np.int64)).reason == "no matched pairs"
