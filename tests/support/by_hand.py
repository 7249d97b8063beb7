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
    dropped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sheet:
    """One export row as it is understood."""

    number: int
    respondent: str
    occasion: str
    phase: str
    organisation: str
    role: str
    year: int | None
    day: str
    void: bool
    values: Mapping[str, int | None]

    @property
    def n_answered(self) -> int:
        return sum(value is not None for value in self.values.values())


@dataclass(frozen=True)
class Pair:
    """One respondent's two rows, the outcomes for which they are used, and why they are not."""

    comparison: str
    before: Sheet
    after: Sheet
    complete: frozenset[str]
    used: frozenset[str]
    counted: bool
    bar: str


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
            year=int(row["year"].removeprefix("Year ")) if row["year"] else None,
            day=row["day"],
            void=row["state"] == "void",
            values={name: known.get(row[name]) for name, known in codes.items()},
        )
        for number, row in enumerate(rows, 2)
    ]


def match_by_hand(
    sheets: Sequence[Sheet], rules: Rules
) -> tuple[list[Pair], Counter[tuple[int, str, str, int]]]:
    """Pairs, usable or not; the ledger as (row number, comparison, status, outcomes in use)."""
    kept, lost = _judge(sheets, rules)
    ledger = Counter((number, "", status, 0) for number, status in lost.items())
    found: list[Pair] = []
    comparable: set[int] = set()
    for name, (waves, phases) in rules.comparisons.items():
        occasions = {occasion for wave in waves for occasion in wave}
        there = [sheet for sheet in kept if sheet.occasion in occasions]
        here = [sheet for sheet in there if sheet.phase in phases]
        comparable |= {sheet.number for sheet in here}
        pairs = _pairs(name, there, rules)
        found += pairs
        for sheet in here:
            mine = [pair for pair in pairs if sheet in (pair.before, pair.after)]
            ledger[(sheet.number, name, *_fate(mine))] += 1
    for sheet in kept:
        if sheet.number not in comparable:
            ledger[(sheet.number, "", "not_compared", 0)] += 1
    return found, ledger


def contradictions(one: Sheet, two: Sheet, rules: Rules) -> list[str]:
    """Kinds in which two sheets of a respondent contradict each other."""
    found = []
    if rules.id_scope == "study" and one.organisation and two.organisation:
        found += ["organisation"] if one.organisation != two.organisation else []
    if one.phase != two.phase:
        found.append("phase")
    if one.year is not None and two.year is not None and two.year - one.year not in (0, 1):
        found.append("year_group")
    if one.day and two.day and two.day < one.day:
        found.append("dates")
    return found


def duplicates_by_hand(sheets: Sequence[Sheet], rules: Rules) -> Counter[tuple[str, str, int]]:
    """Occasion, kind and number of rows of every respondent who answered more than once."""
    found: Counter[tuple[str, str, int]] = Counter()
    for group in _rivals(sheets, rules).values():
        if len(group) > 1:
            answers = [tuple(sheet.values.values()) for sheet in group]
            said = [
                {code for code in codes if code is not None} for codes in zip(*answers, strict=True)
            ]
            kind = "identical" if len(set(answers)) == 1 else "more_complete"
            if any(len(codes) > 1 for codes in said):
                kind = "contradictory"
            found[(group[0].occasion, kind, len(group))] += 1
    return found


def _key(sheet: Sheet, rules: Rules) -> tuple[str, ...]:
    scoped = rules.id_scope == "organisation"
    return (sheet.respondent, sheet.organisation) if scoped else (sheet.respondent,)


def _rivals(sheets: Sequence[Sheet], rules: Rules) -> dict[tuple[str, ...], list[Sheet]]:
    """Sheets that may count, by respondent and occasion."""
    rivals: dict[tuple[str, ...], list[Sheet]] = {}
    for sheet in sheets:
        if all(_key(sheet, rules)) and not sheet.void:
            rivals.setdefault((*_key(sheet, rules), sheet.occasion), []).append(sheet)
    return rivals


def _judge(sheets: Sequence[Sheet], rules: Rules) -> tuple[list[Sheet], dict[int, str]]:
    lost = {sheet.number: "no_id" for sheet in sheets if not all(_key(sheet, rules))}
    lost |= {sheet.number: "excluded" for sheet in sheets if sheet.void}
    for group in _rivals(sheets, rules).values():
        winner = {
            "most_complete": max(group, key=lambda sheet: (sheet.n_answered, sheet.number)),
            "first": group[0],
            "last": group[-1],
            "drop": group[0] if len(group) == 1 else None,
        }[rules.duplicates]
        lost |= {sheet.number: "duplicate" for sheet in group if sheet is not winner}
    return [sheet for sheet in sheets if sheet.number not in lost], lost


def _pairs(name: str, sheets: Sequence[Sheet], rules: Rules) -> list[Pair]:
    waves, phases = rules.comparisons[name]
    pairs = []
    for key in {_key(sheet, rules) for sheet in sheets}:
        mine = {sheet.occasion: sheet for sheet in sheets if _key(sheet, rules) == key}
        both = [(mine[one], mine[two]) for one, two in waves if one in mine and two in mine]
        ends = [(one, two) for one, two in both if one.phase in phases or two.phase in phases]
        usable = [pair for pair in ends if not _bar(*pair, rules)]
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
                bar=_bar(one, two, rules),
            )
            for one, two in ends
        ]
    return pairs


def _bar(one: Sheet, two: Sheet, rules: Rules) -> str:
    """Why two sheets may not be compared."""
    found = contradictions(one, two, rules)
    if "phase" in found:
        return "phase_differs"
    return "conflict" if rules.dropped & set(found) else ""


def _complete(one: Sheet, two: Sheet, rules: Rules) -> frozenset[str]:
    """Outcomes that the phase analyses, with a value at both occasions."""
    return frozenset(
        name
        for name, value in one.values.items()
        if value is not None and two.values[name] is not None and one.phase in rules.phases_of[name]
    )


def _fate(pairs: Sequence[Pair]) -> tuple[str, int]:
    open_to_use = [pair for pair in pairs if not pair.bar]
    used = max((len(pair.used) for pair in open_to_use), default=0)
    if not pairs:
        return "unmatched", 0
    if not open_to_use:
        conflict = any(pair.bar == "conflict" for pair in pairs)
        return ("conflict" if conflict else "phase_differs"), 0
    if not any(pair.complete for pair in open_to_use):
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
