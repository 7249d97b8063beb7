"""Bootstrap of mean contacts: organisations, then respondents within each.

Davison & Hinkley (1997, Bootstrap Methods and their Application, section 3.8): organisations are
drawn with replacement, and from each draw of one as many of its respondents, with replacement;
before and after stay together. The arithmetic mean is what is estimated: a budget pays for means.
Such draws count variation within organisations twice (once in how organisations differ, once
within), so they err on the wide side; `drawn_organisations` keeps each organisation as it is.
Costs are linear in contacts, so it is mean contacts by label that are drawn: every price and every
weight can then be put on the same draws.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.estimators.clustered import too_few, without_organisation
from peereval.estimators.estimate import Estimate, generator
from peereval.estimators.sums import NO_PAIRS, ONE_PAIR

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Above this many draws intervals change in no digit that anybody prints.
MOST_DRAWS = 5_000
#: Above this many different respondents their sum within organisations is drawn as normal.
MOST_CELLS = 5_000
# Draws that are worked out at once.
_AT_ONCE = 500
# Sums of money that differ by less than this part of their size differ by rounding.
_ROUNDING = 1e-12


class ContactCells(Struct, frozen=True):
    """Respondents of one kind each: of one organisation, with one set of answers.

    ``n``: how many; ``organisation``: its number, in ascending order from 0; ``net``: contacts
    before less after by parameter (a label of a question), one row per kind. Without known
    organisations (``clustered`` false) all are of number 0.
    """

    n: Integers
    organisation: Integers
    net: Numbers
    clustered: bool = True
    unknown: int = 0

    @property
    def size(self) -> int:
        """Respondents in all."""
        return int(self.n.sum())

    @property
    def count(self) -> int:
        """Organisations, those unknown together as one."""
        return int(self.organisation[-1]) + 1 if len(self.n) else 0

    @property
    def n_organisations(self) -> int:
        """Known organisations; 0 where the study names none."""
        return self.count - (self.unknown > 0) if self.clustered else 0

    @property
    def mean(self) -> Numbers:
        """Mean net contacts by parameter."""
        mean: Numbers = self.n @ self.net / self.size
        return mean


def why_no_bootstrap(cells: ContactCells) -> str:
    """Why there is nothing to be drawn from, or an empty text."""
    if cells.size < 2:
        return ONE_PAIR if cells.size else NO_PAIRS
    return too_few(cells.count, "a cluster bootstrap") if cells.clustered else ""


def how_drawn(cells: ContactCells, draws: int, seed: int) -> str:
    """The draws in words, for the note of a row."""
    units = "organisations, then of respondents within them" if cells.clustered else "respondents"
    note = f"{draws:,} draws of {units}, seed {seed}"
    if not cells.clustered:
        note += "; the study names no organisation column"
    if len(cells.n) > MOST_CELLS:
        note += "; sums within organisations drawn as normal"
    if cells.unknown:
        note += f"; {without_organisation(cells.unknown, 'pair')}"
    return note


def drawn_means(cells: ContactCells, draws: int, seed: int) -> Numbers:
    """Mean net contacts by parameter in each draw, of shape (draws, parameters)."""
    rng = generator(seed, "cost_bootstrap")
    within = _normal_sums if len(cells.n) > MOST_CELLS else _multinomial_sums
    sizes = np.bincount(cells.organisation, cells.n, cells.count)
    parts = []
    for first in range(0, draws, _AT_ONCE):
        chances = np.full(cells.count, 1 / cells.count)
        times = rng.multinomial(cells.count, chances, min(_AT_ONCE, draws - first))
        parts.append(within(cells, times, rng) / (times @ sizes)[:, None])
    return np.vstack(parts)


def drawn_organisations(cells: ContactCells, draws: int, seed: int) -> Numbers:
    """As `drawn_means`, of organisations with the respondents that they have."""
    rng = generator(seed, "cost_bootstrap_organisations")
    bounds = np.searchsorted(cells.organisation, np.arange(cells.count))
    sums = np.add.reduceat(cells.n[:, None] * cells.net, bounds)
    sizes = np.bincount(cells.organisation, cells.n, cells.count)
    chances = np.full(cells.count, 1 / cells.count)
    parts = []
    for first in range(0, draws, _AT_ONCE):
        times = rng.multinomial(cells.count, chances, min(_AT_ONCE, draws - first))
        parts.append(times @ sums / (times @ sizes)[:, None])
    return np.vstack(parts)


def _multinomial_sums(cells: ContactCells, times: Integers, rng: np.random.Generator) -> Numbers:
    """An organisation drawn m times gives m n respondents: how many of each kind is multinomial."""
    sums = np.zeros((len(times), cells.net.shape[1]))
    bounds = np.searchsorted(cells.organisation, np.arange(cells.count + 1))
    for g in range(cells.count):
        kinds = slice(bounds[g], bounds[g + 1])
        size = cells.n[kinds].sum()
        drawn = rng.multinomial(times[:, g] * size, cells.n[kinds] / size)
        sums += drawn @ cells.net[kinds]
    return sums


def _normal_sums(cells: ContactCells, times: Integers, rng: np.random.Generator) -> Numbers:
    """The same sums by their exact means and covariances given how often each was drawn."""
    count, width = cells.count, cells.net.shape[1]
    bounds = np.searchsorted(cells.organisation, np.arange(count))
    sums = np.add.reduceat(cells.n[:, None] * cells.net, bounds)
    sizes = np.add.reduceat(cells.n, bounds)
    scatter = np.empty((count, width, width))
    for g, first in enumerate(bounds):
        last = bounds[g + 1] if g + 1 < count else len(cells.n)
        net = cells.net[first:last]
        scatter[g] = (cells.n[first:last, None] * net).T @ net
    scatter -= sums[:, :, None] * sums[:, None, :] / sizes[:, None, None]
    covariance = (times @ scatter.reshape(count, -1)).reshape(-1, width, width)
    values, vectors = np.linalg.eigh(covariance)
    scale = np.sqrt(np.maximum(values, 0))
    noise = rng.standard_normal((len(times), width))
    drawn: Numbers = times @ sums + np.einsum("bij,bj->bi", vectors, scale * noise)
    return drawn


# --- what the draws come to -----------------------------------------------------------------


def percentile_interval(
    value: float, drawn: Numbers, level: float, cells: ContactCells, note: str
) -> Estimate:
    """An estimate with the percentile interval of its draws, and their standard deviation.

    Not estimable where the draws do not vary; without an interval where it does not hold the
    estimate, which happens with few and very unlike organisations.
    """
    n, organisations = cells.size, cells.n_organisations
    size = max(abs(value), float(np.abs(drawn).max()))
    error = float(drawn.std(ddof=1))
    if error <= _ROUNDING * size:
        reason = f"every draw is the same; the mean is {value:g}"
        return Estimate(n=n, n_organisations=organisations, reason=reason)
    low, high = (float(end) for end in np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]))
    known = low <= value <= high
    if not known:
        note += "; no interval: that of the draws does not hold the estimate"
    return Estimate(
        value=value, std_error=error, ci_low=low if known else None,
        ci_high=high if known else None, ci_level=level, n=n, n_organisations=organisations,
        note=note,
    )  # fmt: skip


def share_above_zero(drawn: Numbers, cells: ContactCells, note: str) -> Estimate:
    """The share of draws above 0; one that is 0 but for rounding is not above it.

    Not estimable where every draw is 0: nobody had a cost that changed.
    """
    size, n, organisations = float(np.abs(drawn).max()), cells.size, cells.n_organisations
    if size == 0:
        return Estimate(n=n, n_organisations=organisations, reason="every draw is 0")
    above = float((drawn > _ROUNDING * size).mean())
    return Estimate(above, n=n, n_organisations=organisations, note=note)
