"""Matching and estimates once more, row by row and without the code of peereval.

Written to be read, not to be fast: plain loops over respondents, textbook formulas over
matrices. What both ways agree on is unlikely to be wrong in both.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from support.tables import Row

Numbers = NDArray[np.float64]


# --- matching -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rules:
    """What a study says about matching."""

    comparisons: Mapping[str, tuple[Sequence[tuple[str, str]], Sequence[str]]]
    phases_of: Mapping[str, Sequence[str]]
    duplicates: str = "most_complete"
    pooling: str = "first_complete"
    id_scope: str = "study"


@dataclass(frozen=True)
class Sheet:
    """One export row as it is understood."""

    number: int
    respondent: str
    occasion: str
    phase: str
    organisation: str
    role: str
    values: Mapping[str, int | None]

    @property
    def n_answered(self) -> int:
        return sum(value is not None for value in self.values.values())


@dataclass(frozen=True)
class Pair:
    """One respondent's two rows, and the outcomes for which they are used."""

    comparison: str
    before: Sheet
    after: Sheet
    complete: frozenset[str]
    used: frozenset[str]
    counted: bool


def understand(
    rows: Sequence[Row], codes: Mapping[str, Mapping[str, int]], roles: Sequence[str]
) -> list[Sheet]:
    """Rows in file order; ``codes`` are those of each column that holds an answer."""
    return [
        Sheet(
            number=number,
            respondent=row["id"].strip(),
            occasion=row["when"],
            phase=row["version"],
            organisation=row["school"].strip(),
            role=row["role"] if row["role"] in roles else "",
            values={name: known.get(row[name]) for name, known in codes.items()},
        )
        for number, row in enumerate(rows, 2)
    ]


def match_by_hand(
    sheets: Sequence[Sheet], rules: Rules
) -> tuple[list[Pair], Counter[tuple[int, str, str, int]]]:
    """Pairs, and the ledger as (row number, comparison, status, outcomes in use)."""
    kept, lost = _judge(sheets, rules)
    ledger = Counter((number, "", status, 0) for number, status in lost.items())
    found: list[Pair] = []
    comparable: set[int] = set()
    for name, (waves, phases) in rules.comparisons.items():
        occasions = {occasion for wave in waves for occasion in wave}
        here = [sheet for sheet in kept if sheet.phase in phases and sheet.occasion in occasions]
        comparable |= {sheet.number for sheet in here}
        pairs = _pairs(name, here, waves, rules)
        found += [pair for pair in pairs if pair.before.phase == pair.after.phase]
        for sheet in here:
            mine = [pair for pair in pairs if sheet in (pair.before, pair.after)]
            ledger[(sheet.number, name, *_fate(mine))] += 1
    for sheet in kept:
        if sheet.number not in comparable:
            ledger[(sheet.number, "", "not_compared", 0)] += 1
    return found, ledger


def _key(sheet: Sheet, rules: Rules) -> tuple[str, ...]:
    scoped = rules.id_scope == "organisation"
    return (sheet.respondent, sheet.organisation) if scoped else (sheet.respondent,)


def _judge(sheets: Sequence[Sheet], rules: Rules) -> tuple[list[Sheet], dict[int, str]]:
    lost = {sheet.number: "no_id" for sheet in sheets if not all(_key(sheet, rules))}
    rivals: dict[tuple[str, ...], list[Sheet]] = {}
    for sheet in sheets:
        if all(_key(sheet, rules)):
            rivals.setdefault((*_key(sheet, rules), sheet.occasion), []).append(sheet)
    for group in rivals.values():
        winner = {
            "most_complete": max(group, key=lambda sheet: (sheet.n_answered, sheet.number)),
            "first": group[0],
            "last": group[-1],
            "drop": group[0] if len(group) == 1 else None,
        }[rules.duplicates]
        lost |= {sheet.number: "duplicate" for sheet in group if sheet is not winner}
    return [sheet for sheet in sheets if sheet.number not in lost], lost


def _pairs(
    name: str, sheets: Sequence[Sheet], waves: Sequence[tuple[str, str]], rules: Rules
) -> list[Pair]:
    pairs = []
    for key in {_key(sheet, rules) for sheet in sheets}:
        mine = {sheet.occasion: sheet for sheet in sheets if _key(sheet, rules) == key}
        ends = [(mine[one], mine[two]) for one, two in waves if one in mine and two in mine]
        usable = [pair for pair in ends if pair[0].phase == pair[1].phase]
        if rules.pooling == "last_complete":
            usable = usable[::-1]
        taken = {
            outcome: next((pair for pair in usable if outcome in _complete(*pair, rules)), None)
            for outcome in sheets[0].values
        }
        pairs += [
            Pair(
                comparison=name,
                before=one,
                after=two,
                complete=_complete(one, two, rules),
                used=frozenset(name for name, pair in taken.items() if pair == (one, two)),
                counted=bool(usable) and usable[0] == (one, two),
            )
            for one, two in ends
        ]
    return pairs


def _complete(one: Sheet, two: Sheet, rules: Rules) -> frozenset[str]:
    """Outcomes that the phase analyses, with a value at both occasions."""
    return frozenset(
        name
        for name, value in one.values.items()
        if value is not None and two.values[name] is not None and one.phase in rules.phases_of[name]
    )


def _fate(pairs: Sequence[Pair]) -> tuple[str, int]:
    same = [pair for pair in pairs if pair.before.phase == pair.after.phase]
    used = max((len(pair.used) for pair in same), default=0)
    if not pairs:
        return "unmatched", 0
    if not same:
        return "phase_differs", 0
    if not any(pair.complete for pair in same):
        return "unscored", 0
    return ("used", used) if used else ("pooled", 0)


# --- estimates ------------------------------------------------------------------------------


def cr2_by_hand(
    change: Numbers, clusters: Sequence[str], treated: Sequence[bool] | None = None
) -> tuple[float, float, float]:
    """Estimate, CR2 standard error and Satterthwaite df of a mean, or of a difference.

    Bell & McCaffrey's adjustment with whole hat matrices, and the degrees of freedom from
    the whole G x G matrix, as Pustejovsky & Tipton write them.
    """
    n = len(change)
    design = np.ones((n, 1)) if treated is None else np.column_stack([np.ones(n), treated])
    wanted = np.eye(design.shape[1])[-1]
    bread = np.linalg.inv(design.T @ design)
    hat = design @ bread @ design.T
    rest = np.eye(n) - hat
    residual = rest @ change
    sums, spokes = [], []
    for cluster in sorted(set(clusters)):
        inside = np.array([one == cluster for one in clusters])
        values, vectors = np.linalg.eigh(rest[np.ix_(inside, inside)])
        weights = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0)
        adjust = vectors @ np.diag(weights) @ vectors.T
        direction = adjust @ design[inside] @ bread @ wanted
        sums.append(direction @ residual[inside])
        spokes.append(rest[:, inside] @ direction)
    products = np.array(spokes) @ np.array(spokes).T
    df = np.trace(products) ** 2 / np.sum(products**2)
    estimate = wanted @ bread @ design.T @ change
    return float(estimate), float(np.sqrt(np.sum(np.square(sums)))), float(df)
