"""Our estimators against numbers computed by R (see README.md in this folder)."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.costing import cost_sums
from peereval.costs import UnitCost
from peereval.estimators.bands import stuart_maxwell
from peereval.estimators.clustered import FEWEST_ORGANISATIONS, contrast_cr2
from peereval.estimators.did import did_ols
from peereval.estimators.effect_sizes import effect_sizes, hedges_correction
from peereval.estimators.estimate import Estimate, negated
from peereval.estimators.paired import describe, paired_t
from peereval.estimators.prevalence import mcnemar_exact, mcnemar_midp
from peereval.labels import fold
from peereval.moments import ClusterSums, value_sums
from peereval.studies import Question
from support.reference import PAIRS, close, expected

HERE = Path(__file__).parent
LEVEL = 0.95


PAIRED, DID, EFFECTS = expected("paired"), expected("did"), expected("effect_sizes")
BANDS, MCNEMAR, COSTS = expected("bands"), expected("mcnemar"), expected("costs")
TABLES = pl.read_csv(HERE / "data" / "band_tables.csv")
TWO_BY_TWO = pl.read_csv(HERE / "data" / "mcnemar.csv")


def sums_of(rows: pl.DataFrame) -> ClusterSums:
    counts = rows.with_columns(n=pl.lit(1))
    return value_sums(counts, rows["pre"].to_numpy(), rows["post"].to_numpy(), 1, clustered=True)


def same_test(ours: Estimate, theirs: dict[str, float | None], prefix: str) -> None:
    """The test agrees, or neither program has one."""
    if theirs[f"{prefix}_p"] is None:
        assert ours.reason
        assert ours.p_value is None
        return
    for quantity, value in {
        "se": ours.std_error, "statistic": ours.statistic, "df": ours.df, "p": ours.p_value,
        "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        close(value, theirs[f"{prefix}_{quantity}"], quantity)


@pytest.fixture(params=PAIRED)
def dataset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_descriptives(dataset: str) -> None:
    theirs = PAIRED[dataset]
    for name, ours in describe(sums_of(PAIRS.filter(dataset=dataset))).items():
        if theirs[name] is None:
            assert ours.reason, name
        else:
            close(ours.value, theirs[name], name)


def test_paired_t(dataset: str) -> None:
    ours = paired_t(sums_of(PAIRS.filter(dataset=dataset)), LEVEL)
    same_test(ours, PAIRED[dataset], "t")
    if not ours.reason:
        close(ours.value, PAIRED[dataset]["mean_change"])


def test_paired_cr2(dataset: str) -> None:
    theirs = PAIRED[dataset]
    ours = contrast_cr2((sums_of(PAIRS.filter(dataset=dataset)),), LEVEL)
    if (theirs["n_organisations"] or 0) < FEWEST_ORGANISATIONS:
        assert "cluster-robust test needs" in ours.reason or "pair" in ours.reason
    else:
        same_test(ours, theirs, "cr2")


def test_cr2_formula_holds_below_the_organisations_that_we_trust(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("peereval.estimators.clustered.FEWEST_ORGANISATIONS", 2)
    ours = contrast_cr2((sums_of(PAIRS.filter(dataset="two_clusters")),), LEVEL)
    same_test(ours, PAIRED["two_clusters"], "cr2")


def contrast_of(name: str) -> tuple[ClusterSums, ClusterSums]:
    rows = PAIRS.filter(dataset=name)
    everywhere = rows.select("organisation").unique()
    zero = everywhere.with_columns(n=pl.lit(0), pre=pl.lit(0), post=pl.lit(0))
    parts = []
    for group in ("treated", "control"):
        mine = rows.filter(group=group).with_columns(n=pl.lit(1))
        counts = pl.concat(
            [mine.select("organisation", "n", "pre", "post"), zero], how="vertical_relaxed"
        )
        before, after = counts["pre"].to_numpy(), counts["post"].to_numpy()
        parts.append(value_sums(counts, before, after, 1, clustered=True))
    return parts[0], parts[1]


def test_did_ols(dataset: str) -> None:
    ours = did_ols(*contrast_of(dataset), LEVEL)
    theirs = DID[dataset]
    same_test(ours, theirs, "ols")
    if not ours.reason:
        close(ours.value, theirs["did"])


def test_did_cr2(dataset: str) -> None:
    theirs = DID[dataset]
    ours = contrast_cr2(contrast_of(dataset), LEVEL)
    if theirs.get("singular_organisations"):
        # R answers without the variance of that organisation; we refuse.
        assert "one organisation holds a whole group" in ours.reason
    elif (theirs["n_organisations"] or 0) < FEWEST_ORGANISATIONS:
        assert ours.reason
    else:
        same_test(ours, theirs, "cr2")


def test_effect_sizes(dataset: str) -> None:
    theirs = EFFECTS[dataset]
    for name, ours in effect_sizes(sums_of(PAIRS.filter(dataset=dataset)), LEVEL).items():
        if theirs[name] is None:
            assert ours.reason, name
            continue
        close(ours.value, theirs[name], name)
        close(ours.ci_low, theirs[f"{name}_ci_low"], name)
        close(ours.ci_high, theirs[f"{name}_ci_high"], name)


def test_effect_sizes_agree_with_the_effectsize_package(dataset: str) -> None:
    theirs = EFFECTS[dataset].get("effectsize_d_z")
    ours = effect_sizes(sums_of(PAIRS.filter(dataset=dataset)), LEVEL)["d_z"]
    if theirs is None:
        assert ours.reason
    else:
        close(ours.value, theirs)
        close(ours.ci_low, EFFECTS[dataset]["effectsize_d_z_ci_low"], rel=0, abs=1e-6)
        close(ours.ci_high, EFFECTS[dataset]["effectsize_d_z_ci_high"], rel=0, abs=1e-6)


def test_hedges_correction_is_near_its_approximation() -> None:
    for df in (5, 20, 392):
        assert hedges_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=2e-3)


@pytest.mark.parametrize("name", BANDS)
def test_stuart_maxwell(name: str) -> None:
    rows = TABLES.filter(dataset=name)
    levels = int(BANDS[name]["n_bands"] or 0)
    table = np.zeros((levels, levels), dtype=np.int64)
    table[rows["pre"].to_numpy() - 1, rows["post"].to_numpy() - 1] = rows["n"].to_numpy()
    ours = stuart_maxwell(table)
    theirs = {q: BANDS[name][f"stuart_maxwell_ginv_{q}"] for q in ("statistic", "df", "p")}
    if theirs["p"] is None:
        assert "nobody moved" in ours.reason
        return
    for quantity, value in {"statistic": ours.statistic, "df": ours.df, "p": ours.p_value}.items():
        close(value, theirs[quantity], quantity)
        coin = BANDS[name][f"stuart_maxwell_coin_{quantity}"]
        if coin is not None:
            close(value, coin, f"coin {quantity}")


@pytest.mark.parametrize("name", MCNEMAR)
def test_mcnemar(name: str) -> None:
    row = TWO_BY_TWO.filter(dataset=name).row(0, named=True)
    close(mcnemar_exact(row["b"], row["c"]), MCNEMAR[name]["exact_p"])
    if row["b"] + row["c"]:
        close(mcnemar_midp(row["b"], row["c"]), MCNEMAR[name]["mid_p_fagerland"])
    else:
        assert mcnemar_midp(0, 0) == 1


def questions() -> tuple[dict[str, int], list[Question]]:
    weights = pl.read_csv(HERE / "data" / "contact_weights.csv", infer_schema=False)
    contacts = sorted(Fraction(value) for value in weights["contacts"])
    codes = {fold(label): contacts.index(Fraction(value)) for label, value in weights.iter_rows()}
    prices = pl.read_csv(HERE / "data" / "contact_unit_costs.csv", infer_schema=False)
    return codes, [
        Question(
            id=name, title=name, kind="contact", columns=(name,), codes=codes,
            contacts=tuple(contacts), phases=(), groups=(), better="",
            unit_cost=UnitCost(name, Fraction(price), "per contact", "2016/17", "", "", ""),
        )
        for name, price in prices.iter_rows()
    ]  # fmt: skip


@pytest.mark.parametrize("name", COSTS)
def test_costs(name: str) -> None:
    codes, costed = questions()
    answers = pl.read_csv(HERE / "data" / "contacts.csv", infer_schema=False)
    counts = answers.select(
        "organisation",
        pl.lit(1).alias("n"),
        *(
            pl.col(f"{q.id}_{end}")
            .map_elements(lambda text: codes[fold(text)], return_dtype=pl.Int64)
            .fill_null(-1)
            .alias(f"{end}_{q.id}")
            for q in costed
            for end in ("pre", "post")
        ),
    )
    chosen = costed if name == "all_contacts" else [q for q in costed if q.id == name]
    sums = cost_sums(counts, chosen, clustered=True)
    theirs = COSTS[name]
    means = describe(sums)
    assert sums.size == theirs["n"]
    close(means["mean_pre"].value, theirs["cost_pre"])
    close(means["mean_post"].value, theirs["cost_post"])
    saving = negated(paired_t(sums, LEVEL))
    close(saving.value, theirs["saving_per_respondent"])
    same_test(saving, theirs, "t")
    same_test(negated(contrast_cr2((sums,), LEVEL)), theirs, "cr2")
