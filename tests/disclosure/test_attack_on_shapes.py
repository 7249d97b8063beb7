"""What ranks, variances of organisations, draws and bases say of few respondents."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

import peereval as pe
from disclosure.made import key, made, released, study_of
from disclosure.shape_attack import (
    LEVEL,
    agrees,
    between,
    changes_of,
    count_range,
    robust_error,
    sets_of,
    sizes_of,
    sums_near,
)
from peereval.bundled import bundled
from peereval.columns import CLAIMS
from peereval.disclosure import Release, release
from peereval.disclosure.releasing import KEPT_BACK
from peereval.estimating import result_table
from peereval.estimators.clustered import contrast_robust
from peereval.estimators.clustering import design_effect, icc
from peereval.estimators.cost_bootstrap import ContactCells, drawn_means
from peereval.estimators.estimate import generator
from peereval.estimators.paired import paired_rows
from peereval.estimators.trimmed import trimmed_mean
from peereval.estimators.wilcoxon import wilcoxon
from peereval.moments import ClusterSums
from peereval.pipeline import Run
from peereval.studies import without_protection

Row = dict[str, Any]
THRESHOLD = 10
#: A count that is known to be one of fewer than these is as good as known.
LEAST_WIDE = 3


@pytest.fixture(scope="module")
def run() -> Run:
    return pe.analyse(bundled("data/pilot") / "study.toml")


# --- ranks and trimmed means ----------------------------------------------------------------------

MOST = 8
IMPROVED = 3


def ranked_rows(values: Sequence[int]) -> list[Row]:
    """Mean change of a group, with its ranks and its trimmed mean."""
    n, changes, about = len(values), changes_of(values), key("paired")
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    change = made(mean, n, 20, std_error=sd / n**0.5)
    return [
        key("flow").row("count", "n_analysed", made(n, n)),
        about.row("paired_t", "mean_change", change),
        about.row("wilcoxon", "pseudo_median", wilcoxon(changes, LEVEL)),
        about.row("trimmed", "trimmed_mean_change", trimmed_mean(changes, LEVEL)),
    ]


def sets_left(table: pl.DataFrame, n: int) -> list[tuple[int, ...]]:
    """Sets of changes that agree with every number of a table of results."""
    rows = {row["method"]: row for row in table.iter_rows(named=True)
            if row["estimate"] is not None}  # fmt: skip
    change = rows["paired_t"]
    total = round(change["estimate"] * n)
    squares = round(change["std_error"] ** 2 * n * (n - 1) + n * change["estimate"] ** 2)
    return [
        values for values in sets_of(n, total, squares, MOST)
        if agrees(values, rows.get("wilcoxon"), rows.get("trimmed"))
    ]  # fmt: skip


def improved(values: Sequence[int]) -> int:
    return sum(value >= IMPROVED for value in values)


@pytest.mark.parametrize("seed", range(4))
def test_ranks_do_not_say_how_many_improved(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values = sorted(np.clip(np.round(draw.normal(0.5, 2.6, 13)), -6, 7).astype(int).tolist())
    rows = ranked_rows(values)
    exact = sets_left(result_table(rows), len(values))
    assert tuple(values) in exact
    # The attack is one that works: ranks leave one set, or few that are alike.
    assert len({improved(each) for each in exact}) == 1
    left = sets_left(released(rows).results, len(values))
    assert len(left) > 20 * len(exact)
    assert len({improved(each) for each in left}) >= LEAST_WIDE


@pytest.mark.parametrize(("n", "held"), [(40, True), (79, True), (80, False)])
def test_ranks_need_as_many_as_quartiles(n: int, held: bool) -> None:
    values = np.random.default_rng(n).integers(-4, 6, n).tolist()
    shown = released(ranked_rows(values)).results.filter(marker="")
    assert ("wilcoxon" in shown["method"].to_list()) is not held
    assert ("trimmed" in shown["method"].to_list()) is not held
    assert "paired_t" in shown["method"].to_list()


# --- mean and standard deviation ------------------------------------------------------------------


def moments_of(shown: pl.DataFrame, row: Row, outcome: str, end: str) -> tuple[float, float] | None:
    """Released mean and standard deviation of a score before or after."""
    here = shown.filter(
        analysis="paired", method="descriptive", phase=row["phase"], comparison=row["comparison"],
        group=row["group"], outcome=outcome,
    )  # fmt: skip
    found = [here.filter(estimand=f"{what}_{end}")["estimate"].to_list() for what in ("mean", "sd")]
    return (found[0][0], found[1][0]) if all(found) and None not in found[0] else None


def band_counts(run: Run) -> Iterator[tuple[int, int, int, int]]:
    """Each small count of a band that is kept back, its base, and its range."""
    shown = run.tables["released"]
    truth = {row["estimate_id"]: row for row in run.tables["results"].iter_rows(named=True)}
    for row in shown.filter(analysis="band_change", method="share").iter_rows(named=True):
        real = truth[row["estimate_id"]]
        n, count = real["n"], round((real["estimate"] or 0) * real["n"])
        band = run.study.bands[row["outcome"]]
        end = row["estimand"].removeprefix("share_")
        known = moments_of(shown, row, band.score_outcome, end)
        if row["estimate"] is not None or not 0 < min(count, n - count) < THRESHOLD or not known:
            continue
        score = run.study.scores[band.score_outcome]
        values = np.arange(int(score.low), int(score.high) + 1.0)
        starts = [*(float(start) for *_, start in band.levels), np.inf]
        place = [name for name, *_ in band.levels].index(row["level"])
        aim = (values >= starts[place]) & (values < starts[place + 1])
        # Of a band of nearly all, those who are not in it.
        aim = aim if count < THRESHOLD else ~aim
        yield min(count, n - count), n, *count_range(values, n, *known, aim.astype(float))


def test_mean_and_deviation_leave_a_band_open(run: Run) -> None:
    """Nobody to at least five, of thirty respondents and more."""
    tried = 0
    for count, n, low, high in band_counts(run):
        assert low <= count <= high
        assert low == 0, (count, n, low, high)
        assert high >= 5, (count, n, low, high)
        tried += 1
    assert tried > 25


@pytest.mark.parametrize(("lowest", "highest", "cut", "mean"), [
    (0, 10, 5, 7.0), (0, 16, 12, 7.0), (0, 25, 13, 15.0), (3, 9, 6, 4.8),
])  # fmt: skip
def test_a_count_above_a_cut_is_not_known_of_thirty(
    lowest: int, highest: int, cut: int, mean: float
) -> None:
    """Of ten respondents it may be: docs/disclosure.md says so."""
    draw, values = np.random.default_rng(cut), np.arange(lowest, highest + 1.0)
    spread, tried = (highest - lowest) / 5, 0
    for _ in range(25):
        scores = np.clip(np.round(draw.normal(mean, spread, 30)), lowest, highest)
        for aim in ((values >= cut).astype(float), (values < cut).astype(float)):
            count = int(aim[(scores - lowest).astype(int)].sum())
            if 0 < count < THRESHOLD:
                sd = float(scores.std(ddof=1))
                low, high = count_range(values, 30, float(scores.mean()), sd, aim)
                assert high - low >= LEAST_WIDE, (count, low, high)
                tried += 1
    assert tried > 5


# --- organisations --------------------------------------------------------------------------------


def drawn_sums(sizes: Sequence[int], seed: int) -> ClusterSums:
    """Scores from 0 to 16 of respondents of organisations that differ."""
    draw, parts = np.random.default_rng(seed), []
    for n in sizes:
        one = np.clip(np.round(draw.normal(7, 3, n)), 0, 16).astype(int)
        moved = np.round(draw.normal(draw.normal(-0.5, 0.7), 2.5, n))
        two = np.clip(one + moved, 0, 16).astype(int)
        parts.append([n, one.sum(), two.sum(), (one * one).sum(), (two * two).sum(),
                      (one * two).sum()])  # fmt: skip
    return ClusterSums(*np.array(parts, dtype=np.int64).T, 1)


def rows_of(sums: ClusterSums) -> list[Row]:
    """Everything that is said of one group by organisation, from sums."""
    about, change = key("clustering"), icc(sums, "change", LEVEL)
    rows = [
        key("flow").row("count", "n_analysed", made(sums.size, sums.size, len(sums.n))),
        about.row("anova", "icc_change", change),
        about.row("anova", "design_effect", design_effect(sums, change)),
        *paired_rows(key("paired"), sums, LEVEL),
    ]
    found = {row["method"] for row in rows if row["analysis"] == "paired"}
    for kind in ("cr1", "cr2", "cr3"):
        if f"paired_{kind}" not in found:
            one = contrast_robust((sums,), LEVEL, kind)
            rows.append(key("paired").row(f"paired_{kind}", "mean_change", one))
    return rows


class Known:
    """What a table of results says of organisations: a number and how near it is, by name."""

    def __init__(self, table: pl.DataFrame) -> None:
        shown = table.filter(pl.col("estimate").is_not_null(), status="ok").to_dicts()
        of = {(row["method"], row["estimand"]): row for row in shown}
        self.of = {
            name: of[("anova", name)]["estimate"]
            for name in ("icc_change", "design_effect") if ("anova", name) in of
        }  # fmt: skip
        self.of |= {
            kind: of[(f"paired_{kind}", "mean_change")]["std_error"]
            for kind in ("cr1", "cr2", "cr3") if (f"paired_{kind}", "mean_change") in of
        }  # fmt: skip

    def sizes(self, n: int, count: int) -> list[tuple[int, ...]]:
        """Sizes: the design effect and the correlation give their sum of squares."""
        if {"icc_change", "design_effect"} <= self.of.keys():
            mean = 1 + (self.of["design_effect"] - 1) / self.of["icc_change"]
            return sizes_of(n, count, round(mean * n))
        return sizes_of(n, count)

    def fit(self, sizes: Sequence[int], sums: Sequence[Any], squares: int) -> Any:
        """Which sums agree with every number."""
        n, count, total = sum(sizes), len(sizes), np.sum(sums, axis=0)
        apart = (between(sizes, sums) - total**2 / n) / (count - 1)
        inside = (squares - between(sizes, sums)) / (n - count)
        fits = inside > 0
        if "icc_change" in self.of:
            size = (n - sum(s * s for s in sizes) / n) / (count - 1)
            value = (apart - inside) / (apart + (size - 1) * inside)
            fits &= near(value, self.of["icc_change"])
        for kind in self.of.keys() & {"cr1", "cr2", "cr3"}:
            fits &= near(robust_error(sizes, sums, kind), self.of[kind])
        return fits


def near(values: Any, number: float) -> Any:
    """Values that are rounded to a number as it is: to three digits, or not at all."""
    short = number == float(f"{number:.3g}")
    half = 5 * 10.0 ** (np.floor(np.log10(abs(number))) - 3) if short else 1e-9
    return np.abs(values - number) <= half * (1 + 1e-6)


def organisations_left(table: pl.DataFrame, sums: ClusterSums, reach: int) -> set[Any]:
    """Sizes and sums of organisations that agree with a table of results."""
    known, found = Known(table), set()
    change = sums.sum_post - sums.sum_pre
    squares = int((sums.sum_pre_sq + sums.sum_post_sq - 2 * sums.sum_pre_post).sum())
    for sizes in known.sizes(sums.size, len(sums.n)):
        tried = sums_near(sizes, int(change.sum()), reach)
        for place in np.flatnonzero(known.fit(sizes, tried, squares)):
            mine = [(n, int(part[place])) for n, part in zip(sizes, tried, strict=True)]
            found.add(tuple(sorted(mine)))
        if len(found) > 1_000:
            break
    return found


@pytest.mark.parametrize(("sizes", "seed"), [
    ((10, 11, 14), 0), ((5, 7, 14), 2), ((6, 7, 9, 10), 3), ((5, 6, 6, 6, 13), 3),
    ((4, 9, 10, 13, 15), 1),
])  # fmt: skip
def test_no_organisation_is_told_apart(sizes: tuple[int, ...], seed: int) -> None:
    """Of three to five organisations: the size of each, and its mean change."""
    sums = drawn_sums(sizes, seed)
    rows = rows_of(sums)
    truth = tuple(sorted(zip(sizes, (sums.sum_post - sums.sum_pre).tolist(), strict=True)))
    exact = organisations_left(result_table(rows), sums, 20 if len(sizes) < 5 else 14)
    assert truth in exact
    # The attack is one that works: of five organisations one set is left, of three two.
    assert len(exact) <= (1 if len(sizes) == 5 else 20)
    assert len(organisations_left(released(rows).results, sums, 9)) > 500


@pytest.mark.parametrize(("count", "shown"), [(11, False), (12, True)])
def test_of_twelve_organisations_all_is_shown(count: int, shown: bool) -> None:
    rows = rows_of(drawn_sums([6 + n % 5 for n in range(count)], 4))
    found = released(rows).results
    told = set(found.filter(marker="")["method"])
    assert ({"anova", "paired_cr1", "paired_cr3"} <= told) is shown
    assert {"paired_t", "paired_cr2"} <= told
    errors = found.filter(method="paired_cr2")["std_error"]
    exact = result_table(rows).filter(method="paired_cr2")["std_error"]
    assert (errors[0] == exact[0]) is shown
    assert errors[0] == pytest.approx(exact[0], rel=5e-3)


def test_the_headline_is_the_one_that_stays() -> None:
    rows = rows_of(drawn_sums([9, 8, 9, 10, 7, 8], 4))
    study = study_of('[statistics]\nheadline_change = "paired_cr3"\n')
    told = set(released(rows, study).results.filter(marker="")["method"])
    assert told & {"paired_cr1", "paired_cr2", "paired_cr3"} == {"paired_cr3"}


@pytest.mark.parametrize(("respondents", "said"), [(8, "yes"), (1, KEPT_BACK)])
def test_a_claim_is_judged_by_the_tests_that_stay(respondents: int, said: str) -> None:
    """Ways of accounting for few organisations are kept back: no claim hangs on those."""
    rows = rows_of(drawn_sums([respondents + n % 2 for n in range(6)], 4))
    claim = {column.name: "" for column in CLAIMS} | {
        "phase": "pupils", "comparison": "term", "group": "all", "outcome": "pss4_total",
        "as_published": "yes",
    }  # fmt: skip
    found = released(rows)
    assert found.claims(pl.DataFrame([claim]))["as_published"].to_list() == [said]


# --- bases ----------------------------------------------------------------------------------------


def test_who_left_out_an_item_is_not_in_two_bases(run: Run) -> None:
    """Responses less those with every item are those who left out any: no item beside it."""
    rows = run.tables["released"].filter(analysis="reliability").with_columns(
        occasion=pl.col("level").str.split(":").list.first()
    )  # fmt: skip
    tried = 0
    for part in rows.partition_by("phase", "outcome", "occasion"):
        items = part.filter(estimand="share_missing")
        shown = items["estimate"].is_not_null().sum()
        assert shown in (0, items.height), part["outcome"][0]
        tried += items.height > 0
    assert tried > 20


def test_those_beside_a_permutation_are_not_counted(run: Run) -> None:
    """No row of pairs has a base that is fewer than ten short of that of its group."""
    keys = ["phase", "comparison", "group", "outcome"]
    rows = run.tables["released"].filter(
        pl.col("analysis").is_in(["paired", "did", "clustering", "equivalence"]), pl.col("n") > 0
    )
    short = rows.with_columns(apart=pl.col("n").max().over(keys) - pl.col("n"))
    assert rows.height > 1_000
    assert short.filter(pl.col("apart").is_between(1, THRESHOLD - 1))["estimate_id"].to_list() == []


# --- draws ----------------------------------------------------------------------------------------


SIZES = (4, 9, 13, 17, 22, 8, 11, 15, 12, 6, 10, 14)
SEED = 2020


def drawn_planes() -> tuple[pl.DataFrame, np.ndarray]:
    """Draws of the mean change of respondents of twelve organisations; and the mean of each."""
    draw, place = np.random.default_rng(3), np.repeat(np.arange(len(SIZES)), SIZES)
    apart = draw.normal(0, 1, len(SIZES))
    change = np.round(draw.normal(apart[place], 2.5))
    cells = ContactCells(np.ones(len(place), dtype=np.int64), place,
                         np.column_stack([np.ones(len(place)), change]))  # fmt: skip
    means = drawn_means(cells, 500, SEED)
    gain = means[:, 1] / means[:, 0]
    planes = pl.DataFrame({
        "phase": "p", "comparison": "c", "group": "g", "outcome": "o",
        "draw": np.arange(1, len(gain) + 1), "net_cost": gain * 7, "gain": gain,
    })  # fmt: skip
    return planes, np.array([change[place == g].mean() for g in range(len(SIZES))])


def released_draws(planes: pl.DataFrame) -> pl.DataFrame:
    return released([key("flow").row("count", "n_analysed", made(141, 141))]).planes(planes)


def test_draws_do_not_say_how_many_were_drawn() -> None:
    """A mean of whole numbers with all its digits is a fraction: its base is how many were drawn.

    How often each size comes says how many respondents each organisation has.
    """
    planes, _ = drawn_planes()
    assert max(abs(float(known(value)) - value) for value in planes["gain"]) < 1e-12
    truth = {known(value).denominator for value in planes["gain"]}
    told = {known(value).denominator for value in released_draws(planes)["gain"]}
    assert max(truth) > 150
    assert max(told) <= 100
    assert found_off().planes(planes).equals(planes)


def test_draws_do_not_give_the_mean_of_an_organisation() -> None:
    """The seed is in every note: how often each organisation was drawn is the same for everyone."""
    planes, truth = drawn_planes()
    times = generator(SEED, "cost_bootstrap").multinomial(
        len(SIZES), np.full(len(SIZES), 1 / len(SIZES)), 500
    )
    closeness = []
    for table in (planes, released_draws(planes)):
        gain, size = table["gain"].to_numpy(), times @ np.array(SIZES)
        sums = np.linalg.lstsq(times.astype(float), gain * size, rcond=None)[0]
        closeness.append(float(np.corrcoef(sums / np.array(SIZES), truth)[0, 1]))
    # The attack is one that works, given the sizes.
    assert closeness[0] > 0.9
    assert abs(closeness[1]) < 0.7


def known(value: float) -> Fraction:
    """The fraction with the smallest base that a draw may be."""
    return Fraction(value).limit_denominator(400)


def found_off() -> Release:
    """What is released where disclosure control is off."""
    return release(result_table([]), without_protection(study_of()))
