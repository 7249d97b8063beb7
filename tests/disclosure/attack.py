"""An attacker with every released number, the design of the study, and linear programming.

Respondents are in atomic cells: what role they have and what they answered before and after. Each
released base and share fixes a sum of cells; how wide is the range of those that are kept back?
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

Row = Mapping[str, Any]
Atom = tuple[str, int, int]  # role, category before, category after
Which = Callable[[Atom], bool]


@dataclass(frozen=True)
class Sum:
    """How many respondents are in the atoms ``which`` picks, as somebody knows it."""

    name: str
    which: Which
    count: float


@dataclass(frozen=True)
class Bounds:
    """What the attacker knows of a sum that is kept back: its truth is ``count``."""

    name: str
    count: float
    base: float
    low: float
    high: float

    def is_protected(self, width: float) -> bool:
        """Whether the range is ``width`` wide, or as wide as the base lets it be."""
        return self.high - self.low >= min(width, self.base) - 1e-6


def attack(
    roles: Iterable[str],
    n_categories: int,
    known: Iterable[Sum],
    hidden: Iterable[tuple[Sum, float]],
) -> list[Bounds]:
    """The range of each sum of ``hidden`` (with its base) that agrees with all that is known."""
    atoms = list(product(roles, range(n_categories), range(n_categories)))
    known = list(known)
    equal = np.array([[float(each.which(atom)) for atom in atoms] for each in known])
    counts = np.array([each.count for each in known])
    found = []
    for each, base in hidden:
        aim = np.array([float(each.which(atom)) for atom in atoms])
        low, high = (
            linprog(sign * aim, A_eq=equal if known else None, b_eq=counts if known else None,
                    bounds=(0, None), method="highs")
            for sign in (1, -1)
        )  # fmt: skip
        assert low.status == 0, low.message
        top = np.inf if high.status == 3 else -float(high.fun)
        found.append(Bounds(each.name, each.count, base, float(low.fun), min(top, base)))
    return found


def attack_one_occasion(
    columns: Iterable[str],
    n_options: int,
    known: Iterable[Sum],
    hidden: Iterable[tuple[Sum, float]],
) -> list[Bounds]:
    """The same of answers at one occasion, which nobody gave otherwise before or after."""
    moved_nowhere = Sum("one occasion", lambda atom: atom[1] != atom[2], 0)
    return attack(columns, n_options, [*known, moved_nowhere], hidden)


def in_group(roles: Iterable[str] | None) -> Which:
    """Atoms of a group; of all for None."""
    if roles is None:
        return lambda atom: True
    some = frozenset(roles)
    return lambda atom: atom[0] in some


def both(one: Which, two: Which) -> Which:
    """Atoms that both pick."""
    return lambda atom: one(atom) and two(atom)


def among(places: Iterable[int]) -> Which:
    """Atoms of some categories before."""
    some = frozenset(places)
    return lambda atom: atom[1] in some


def before(category: int) -> Which:
    """Atoms of a category before."""
    return lambda atom: atom[1] == category


def after(category: int) -> Which:
    """Atoms of a category after."""
    return lambda atom: atom[2] == category


def moved(one: int, two: int) -> Which:
    """Atoms of those who moved from one category to another (or stayed)."""
    return lambda atom: atom[1:] == (one, two)


def is_small(count: float, base: float, threshold: int = 10) -> bool:
    """Whether a count, or what is left of its base, is one that has to be protected."""
    return 0 < count < threshold or 0 < base - count < threshold


# --- what a released table says -----------------------------------------------------------------


def levels_of(rows: Iterable[Row]) -> list[str]:
    """Categories of the shares before and after, in order; of a question yes and no."""
    named = dict.fromkeys(row["level"] for row in rows if row["estimand"] == "share_pre")
    return list(named) if list(named) != [""] else ["", "not"]


def sums_of(
    rows: Iterable[Row], truth: Mapping[str, Row], groups: Mapping[str, tuple[str, ...] | None]
) -> Iterator[tuple[Sum, float, bool]]:
    """Each sum that rows of one question are about: it, its base, and whether it is released.

    ``truth``: every result by its id. Tests give how many moved.
    """
    rows = list(rows)
    levels = levels_of(truth[row["estimate_id"]] for row in rows)
    for row in rows:
        real, own = truth[row["estimate_id"]], in_group(groups[row["group"]])
        n, shown = float(real["n"]), row["estimate"] is not None
        count, name = round((real["estimate"] or 0) * n), row["estimate_id"]
        level = levels.index(row["level"]) if row["level"] in levels else -1
        if row["n"] is not None:
            yield Sum(f"{name} base", own, n), n, True
        if row["estimand"] == "share_pre":
            yield Sum(name, both(own, before(level)), count), n, shown
        elif row["estimand"] == "share_post":
            yield Sum(name, both(own, after(level)), count), n, shown
        elif row["estimand"] == "share_moved":
            one, two = (levels.index(word) for word in row["level"].split(">"))
            yield Sum(name, both(own, moved(one, two)), count), n, shown
        elif row["estimand"] == "share_change" and row["method"] == "paired_t":
            error = real["std_error"] or 0.0
            mean = real["estimate"] or 0.0
            moves = round(error**2 * n * (n - 1) + n * mean**2)
            if real["status"] == "ok":
                yield Sum(name, both(own, lambda atom: atom[1] != atom[2]), moves), n, shown
