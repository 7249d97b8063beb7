"""Which columns and categories of a table of counts may be shown together.

A column (a group of respondents) is shown, after those before it, only if every set of
respondents that can then be had by adding and subtracting may itself be shown. Categories that
are kept back in one column are so in all columns of its family: what is known of them is their
sum, which is nobody or at least the threshold in every set that can be had. So each count that is
kept back may be anything in a range at least as wide as the threshold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, compress

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.disclosure.populations import Numbers, Populations
from peereval.studies import Protection

Counts = NDArray[np.float64]
#: Rules against counts: the first that a set of respondents breaks is the one that is said.
_RULES = ("small_base", "small_count", "nobody_or_all")
#: Sets of categories that are tried, at most; after that a family is not shown.
_MOST_TRIED = 400


class Table(Struct, frozen=True):
    """Counts of columns: ``sizes`` by column; ``cells``, an array (times, categories) by column.

    At each time the categories divide the column. ``unfit``: columns that may not be shown
    whatever their counts are; ``known``: columns that were published before.
    """

    sizes: Mapping[str, float]
    cells: Mapping[str, Counts]
    unfit: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


class Settled(Struct, frozen=True):
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
    return _why_unsafe(np.array([size]), cells.reshape(1, -1), protection)[0]


def _why_unsafe(sizes: Numbers, counts: Counts, protection: Protection) -> list[str]:
    """The same of several sets, with the counts of each in a row."""
    least, n = protection.threshold, sizes[:, np.newaxis]
    rest = n - counts
    few = ((counts > 0) & (counts < least)) | ((rest > 0) & (rest < least))
    whole = ((counts == 0) | (rest == 0)) & (n < protection.low_base)
    bases = (sizes > 0) & (sizes < protection.base)
    broken = np.column_stack([bases, few.any(axis=1), (whole & (n > 0)).any(axis=1)])
    return [next(compress(_RULES, rules), "") for rules in broken.tolist()]


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
    there = list(names)
    sizes = np.array([table.sizes[name] for name in there])
    counts = np.array([cells[name].ravel() for name in there]).reshape(len(there), -1)
    reasons = zip(there, _why_unsafe(sizes, counts, protection), strict=True)
    found = {
        name: "few_organisations" if name in table.unfit else reason for name, reason in reasons
    }
    return {name: reason for name, reason in found.items() if reason}


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
    shape = (len(names), next(iter(cells.values())).size if cells else 0)
    counts, size = np.zeros(shape), np.zeros(len(names))
    for number, name in enumerate(names):
        if name in cells:
            counts[number], size[number] = cells[name].ravel(), sizes[name]
    combined = populations.derived(trial)
    had = combined @ size
    why = _why_unsafe(np.round(had), np.round(combined @ counts), protection)
    return sum(
        bool(rule)
        or any(_nearly(name, row, n, sizes[name], populations, protection) for name in protected)
        for rule, row, n in zip(why, combined, had, strict=True)
    )


def _nearly(
    name: str, row: Numbers, n: float, size: float, populations: Populations, p: Protection
) -> bool:
    if size < p.threshold or abs(n - size) >= p.threshold:
        return False
    return populations.within(name, row) is not None
