"""Which columns and categories of a table of counts may be shown together.

A column (a group of respondents) is shown, after those before it, only if every set of
respondents that can then be had by adding and subtracting may itself be shown. Categories that
are kept back in one column are so in all columns of its family: what is known of them is their
sum, which is nobody or at least the threshold in every set that can be had. So each count that is
kept back may be anything in a range at least as wide as the threshold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from peereval.disclosure.populations import Numbers, Populations
from peereval.studies import Protection

Counts = NDArray[np.float64]
#: Sets of categories that are tried, at most; after that a family is not shown.
_MOST_TRIED = 400


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of columns: ``sizes`` by column; ``cells``, an array (times, categories) by column.

    At each time the categories divide the column. ``unfit``: columns that may not be shown
    whatever their counts are; ``known``: columns that were published before.
    """

    sizes: Mapping[str, float]
    cells: Mapping[str, Counts]
    unfit: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settled:
    """Columns that are shown, each with the numbers of its categories that are not."""

    shown: Mapping[str, frozenset[int]]
    why: Mapping[str, str]

    def shows(self, column: str, category: int | None = None) -> bool:
        """Whether a column is shown, and of it a category."""
        return column in self.shown and category not in self.shown[column]


def why_unsafe(size: float, cells: Counts, protection: Protection) -> str:
    """Rule against showing counts of a set of respondents; empty where there is none.

    ``cells``: (times, categories), which divide the set.
    """
    least = protection.threshold
    if 0 < size < protection.base:
        return "small_base"
    flat = cells.reshape(-1)
    if ((flat > 0) & (flat < least)).any() or ((size - flat > 0) & (size - flat < least)).any():
        return "small_count"
    if 0 < size < protection.low_base and ((flat == 0) | (flat == size)).any() and flat.size:
        return "nobody_or_all"
    return ""


def merged(cells: Counts, hidden: frozenset[int]) -> Counts:
    """Cells with the categories of ``hidden`` as one, at the end."""
    if not hidden:
        return cells
    kept = [number for number in range(cells.shape[-1]) if number not in hidden]
    apart = cells[..., sorted(hidden)].sum(axis=-1, keepdims=True)
    return np.concatenate([cells[..., kept], apart], axis=-1)


def settle(
    table: Table,
    populations: Populations,
    protection: Protection,
    order: Sequence[str],
    given: Mapping[str, frozenset[int]] | None = None,
) -> Settled:
    """What may be shown of a table: first column for itself, then the others as one family.

    ``order``: columns, the most important first; ``given``: columns that are settled already.
    """
    there = [name for name in order if name in table.sizes and name in populations.members]
    shown = dict(given or {})
    why: dict[str, str] = {}
    for first in there[:1]:
        if first not in shown:
            hidden, reason = _first(first, table, protection)
            if hidden is None:
                why[first] = reason
            elif _accept([first], table, populations, protection, {}, hidden)[0]:
                shown[first] = hidden
            else:
                why[first] = "differencing"
    rest = [name for name in there if name not in shown and name not in why]
    if rest:
        best, why_rest = _family(rest, table, populations, protection, shown)
        shown |= best
        why |= why_rest
    return Settled(shown, why)


def _first(name: str, table: Table, protection: Protection) -> tuple[frozenset[int] | None, str]:
    """The fewest categories without which one column may be shown; None if it may not be."""
    if name in table.unfit:
        return None, "few_organisations"
    cells, size = table.cells[name], table.sizes[name]
    for hidden in _candidates([cells], frozenset()):
        if not why_unsafe(size, merged(cells, hidden), protection):
            return hidden, ""
    return None, why_unsafe(size, cells, protection)


def _family(
    names: Sequence[str],
    table: Table,
    populations: Populations,
    protection: Protection,
    shown: Mapping[str, frozenset[int]],
) -> tuple[dict[str, frozenset[int]], dict[str, str]]:
    """The columns that most categories can be shown of, with the fewest of these kept back."""
    least = frozenset().union(*shown.values()) if shown else frozenset[int]()
    best: dict[str, frozenset[int]] = {}
    plain: dict[str, str] = {}
    for hidden in _candidates([table.cells[name] for name in names], least):
        accepted, why = _accept(names, table, populations, protection, shown, hidden)
        plain = plain or why
        if len(accepted) > len(best):
            best = dict.fromkeys(accepted, hidden)
        if len(best) == len(names):
            break
    return best, {name: plain.get(name, "differencing") for name in names if name not in best}


def _candidates(cells: Iterable[Counts], least: frozenset[int]) -> Iterator[frozenset[int]]:
    """Sets of categories to keep back: few first, and of as many those with the smallest counts.

    One category alone is never kept back of those that divide a column: the others give it.
    """
    stacked = np.stack(list(cells))
    n = stacked.shape[-1]
    sums = stacked.sum(axis=tuple(range(stacked.ndim - 1))) if stacked.size else np.zeros(n)
    others = sorted((number for number in range(n) if number not in least), key=lambda c: sums[c])
    tried = 0
    for more in range(max(len(others), 1)):
        if len(least) + more == 1:
            continue
        for added in combinations(others, more):
            if len(least) + more > n - 1 and n:
                return
            yield least | frozenset(added)
            tried += 1
            if tried > _MOST_TRIED:
                return


def _accept(
    names: Sequence[str],
    table: Table,
    populations: Populations,
    protection: Protection,
    shown: Mapping[str, frozenset[int]],
    hidden: frozenset[int],
) -> tuple[list[str], dict[str, str]]:
    """Columns taken one after the other, as long as all that can be had may be shown."""
    accepted, why = list[str](), dict[str, str]()
    there = frozenset(populations.members)
    known = frozenset(table.known & table.cells.keys() & there)
    cells = {name: merged(table.cells[name], hidden) for name in (*shown, *names, *known)
             if name in table.cells}  # fmt: skip
    barred = _barred([name for name in cells if name not in shown], table, cells, protection)
    protected = [name for name in populations.names if name in barred and name not in known]
    # What is known already cannot be taken back: nothing may be added to it.
    lost = _unsafe(known, table.sizes, cells, populations, protection, protected) if known else 0
    for name in names:
        if name in barred:
            why[name] = barred[name]
            continue
        trial = (frozenset({*shown, *accepted, name}) & there) | known
        if _unsafe(trial, table.sizes, cells, populations, protection, protected) == lost:
            accepted.append(name)
        else:
            why[name] = "differencing"
    return accepted, why


def _barred(
    names: Iterable[str], table: Table, cells: Mapping[str, Counts], protection: Protection
) -> dict[str, str]:
    """Columns that may not be shown whatever else is, and the rule against each."""
    found = {}
    for name in names:
        reason = "few_organisations" if name in table.unfit else ""
        reason = reason or why_unsafe(table.sizes[name], cells[name], protection)
        if reason:
            found[name] = reason
    return found


def _unsafe(
    trial: frozenset[str],
    sizes: Mapping[str, float],
    cells: Mapping[str, Counts],
    populations: Populations,
    protection: Protection,
    protected: Iterable[str],
) -> int:
    """How many sets that can be had from columns ``trial`` may not be shown.

    Nor may one be nearly a column that is kept back: more or less by fewer than the threshold.
    """
    names = populations.names
    known = [name for name in names if name in cells]
    stacked = np.zeros((len(names), *next(iter(cells.values())).shape)) if known else np.zeros(0)
    size = np.zeros(len(names))
    for number, name in enumerate(names):
        if name in cells:
            stacked[number], size[number] = cells[name], sizes[name]
    combined = populations.derived(trial)
    sets = zip(combined, combined @ size, np.tensordot(combined, stacked, axes=1), strict=True)
    return sum(
        bool(why_unsafe(float(round(n)), np.round(counts), protection))
        or any(_nearly(name, row, n, sizes[name], populations, protection) for name in protected)
        for row, n, counts in sets
    )


def _nearly(
    name: str, row: Numbers, n: float, size: float, populations: Populations, p: Protection
) -> bool:
    if size < p.threshold or abs(n - size) >= p.threshold:
        return False
    return populations.within(name, row) is not None
