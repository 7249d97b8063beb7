"""Groups of respondents as sets of roles, and what can be had from them by adding and subtracting.

A set of respondents can be had from the sets that are shown if it is a sum of them, each taken
some times or subtracted: all less participants less non-participants are those without a role.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peereval.studies import ALL, Study

#: More parts than this that no group tells apart would make too many sets to look at.
_MOST_PARTS = 12
#: Column of a family for those who are in no other.
REST = ""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Populations:
    """Columns of respondents, each of one or more parts that no two columns tell apart.

    ``members``: column -> numbers of its parts; the first column holds them all.
    """

    members: Mapping[str, frozenset[int]]
    n_parts: int
    _known: dict[frozenset[str], Numbers] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in order."""
        return tuple(self.members)

    def derived(self, shown: frozenset[str]) -> Numbers:
        """Every set that can be had from columns ``shown``: a row of multiples of all columns."""
        if shown not in self._known:
            self._known[shown] = self._derive(shown)
        return self._known[shown]

    def _derive(self, shown: frozenset[str]) -> Numbers:
        here = [name for name in self.members if name in shown]
        matrix = np.zeros((len(here), self.n_parts))
        for row, name in enumerate(here):
            matrix[row, sorted(self.members[name])] = 1
        sets = self._sets()
        multiples = sets @ np.linalg.pinv(matrix) if here else np.zeros((len(sets), 0))
        there = np.abs(multiples @ matrix - sets).max(axis=1, initial=0) < 1e-9
        found = np.zeros((int(there.sum()), len(self.members)))
        found[:, [self.names.index(name) for name in here]] = np.round(multiples[there], 9)
        return found

    def _sets(self) -> Numbers:
        return np.array(list(product((0.0, 1.0), repeat=self.n_parts))[1:])

    def within(self, inner: str, combination: Numbers) -> bool | None:
        """Whether a column lies within a set (True), the set within it (False), or neither."""
        parts = np.zeros(self.n_parts)
        for name, times in zip(self.members, combination, strict=True):
            parts[sorted(self.members[name])] += times
        the_set = frozenset(np.flatnonzero(parts > 0.5).tolist())
        if self.members[inner] <= the_set:
            return True
        return False if the_set <= self.members[inner] else None


def of_groups(study: Study, names: Iterable[str], role: str = "role_{}") -> Populations:
    """All, groups and roles of a study, those of ``names``; ``role`` names a role's."""
    roles = {role.format(word): frozenset({word}) for word in study.roles.values()}
    whole = {group.id: frozenset(group.roles) for group in study.groups}
    wanted = {**whole, **roles}
    sets = {name: wanted[name] for name in names if name in wanted}
    words = sorted(set(study.roles.values()) | {w for s in sets.values() for w in s})
    return _of_sets(sets, [*words, None])


def _of_sets(sets: Mapping[str, frozenset[str]], words: list[Any]) -> Populations:
    """Words that no set tells apart become one part; a set of all parts comes first."""
    told = {word: tuple(word in members for members in sets.values()) for word in words}
    parts = {signature: number for number, signature in enumerate(dict.fromkeys(told.values()))}
    if len(parts) > _MOST_PARTS:
        return _of_sets(dict(list(sets.items())[:-1]), words)
    members = {
        name: frozenset(parts[told[word]] for word in words if word in of)
        for name, of in sets.items()
    }
    return Populations({ALL: frozenset(range(len(parts))), **members}, len(parts))


class Disjoint(Populations):
    """Columns of which no respondent is in two: all, those columns, and the rest of all."""

    def _derive(self, shown: frozenset[str]) -> Numbers:
        names = self.names
        whole, found = names[0], []
        for name in names:
            if name in shown:
                found.append([float(other == name) for other in names])
        parts = [name for name in names[1:] if name in shown]
        if whole in shown and parts:
            found.append([1.0 if n == whole else -1.0 if n in parts else 0.0 for n in names])
        return np.array(found).reshape(len(found), len(names))


def disjoint(whole: str, names: Iterable[str]) -> Disjoint:
    """A column ``whole``, and columns that divide it, with perhaps some respondents in none."""
    kept = list(names)
    members = {name: frozenset({number}) for number, name in enumerate(kept)}
    return Disjoint({whole: frozenset(range(len(kept) + 1)), **members}, len(kept) + 1)
