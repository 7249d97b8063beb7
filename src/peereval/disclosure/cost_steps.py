"""The cost of one question, released so coarsely that it does not say how many gave each label.

Costs are rounded to 1, 2 or 5 times a power of ten, as tables of magnitudes are: every amount of
which the exact cost could be had is rounded as well, and a change is that of the rounded costs.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from math import ceil, floor, log10
from typing import Literal

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.columns import post, pre
from peereval.costing import ALL_ANSWERED, TOTAL, costed_questions
from peereval.disclosure.cost_spread import AFTER, BEFORE, Answered, spread_is_open
from peereval.disclosure.counts import by
from peereval.disclosure.label_ranges import Labels, are_safe, is_small, label_ranges
from peereval.disclosure.sheet import Row, Sheet, Step
from peereval.studies import Question, Study

#: What the cost of all contacts together is rounded to where those of single questions are.
_TOGETHER = 0.01
#: The most that a cost is rounded to: a twentieth of it, so it is off by a fortieth at most.
_MOST = 0.05
#: How many steps are tried.
_TRIED = 4
_SHARES = 0.01
#: Questions of which the total keeps hundredths: of two it says too much of each.
_ENOUGH = 3
_COSTS = ("cost", "cost_sensitivity", "cost_concentration", "cost_effectiveness")
_ENDS = {"cost_pre": BEFORE, "cost_post": AFTER}
_SAVING = "saving_per_respondent"
_MONEY = ("net_cost_per_participant", "net_cost_per_respondent", "net_monetary_benefit",
          "cost_per_unit_gained", "swing", _SAVING, *_ENDS)  # fmt: skip

#: (phase, comparison, question, level, before or after) -> code -> respondents.
Answers = Mapping[tuple[str, ...], Mapping[int, int]]


class _Cost(Struct, frozen=True):
    """One released mean cost of a question: of whom, and how many of them gave each label."""

    mean: float
    n: int
    price: float
    labels: Labels

    @property
    def is_of_them(self) -> bool:
        """Whether the answers make the cost: those that do not are not those that it is of."""
        made = self.labels.total * self.price / self.n
        return abs(made - self.mean) <= 1e-6 * max(self.mean, 1.0)

    def is_safe(self, size: float, threshold: int) -> bool:
        """Whether no small count is known too narrowly if the cost is rounded to a step."""
        if not self.is_of_them or size > _MOST * self.mean > 0:
            return False
        middle = nearest(self.mean, size)
        low, high = ((middle + side * size / 2) * self.n / self.price for side in (-1, 1))
        return are_safe(self.labels, self.n, label_ranges(self.labels, low, high), threshold)


class _Coarse(Struct, frozen=True):
    """What the costs of single questions are rounded to; ``hidden``: shown as changes alone.

    ``questions``: those of which few gave some label. All have one step: with the total, the
    others of a finer one would give the coarsest. ``near``: the total, less what is exact, is of
    one or two questions, and treated as one. ``total``: what is shown of it then, its costs, its
    change or nothing. ``spread``: whether standard errors of the total say more of a label than
    its cost does.
    """

    size: float
    questions: frozenset[str]
    hidden: frozenset[str]
    near: bool
    total: Literal["costs", "change", "nothing"]
    spread: bool = False


def protect_labels(sheet: Sheet) -> None:
    """Round the costs of questions of which few gave a label; keep back what is too near.

    Results stay as they are: `peereval.disclosure.rounding.stepped` rounds by ``sheet.steps``.
    """
    answers = _answers(sheet)
    for key, places in sheet.places("phase", "comparison", analysis=_COSTS).items():
        of = by(sheet, places, "outcome")
        costs, lost = ({q.id: _costs(sheet, q, key, of.get(q.id, ()), answers, rule)
                        for q in costed_questions(sheet.study, key[0])}
                       for rule in ("", "linked"))  # fmt: skip
        coarse = _coarse(sheet, costs, {name: mine for name, mine in lost.items() if mine})
        if coarse is None:
            continue
        coarse = replace(coarse, spread=_spread_says_labels(sheet, key, of.get(TOTAL, ()), answers))
        for place in places:
            outcome = sheet.rows[place]["outcome"]
            if outcome in coarse.questions:
                _of_question(sheet, place, coarse, outcome in coarse.hidden)
            elif outcome == TOTAL or outcome in sheet.study.scores:
                _together(sheet, place, coarse)


# --- what a cost is rounded to ------------------------------------------------------------


def _coarse(
    sheet: Sheet, costs: Mapping[str, Sequence[_Cost]], lost: Mapping[str, Sequence[_Cost]]
) -> _Coarse | None:
    """The least step at which most questions can be shown; None where none needs one.

    ``lost``: questions that few had contacts for. Their costs are kept back already, and are the
    total less the others.
    """
    threshold = sheet.protection.threshold
    few = {name: mine for name, mine in costs.items() if _has_few(mine, threshold)}
    if not few and not lost:
        return None
    least = max(cost.price * cost.labels.gap / cost.n
                for mine in (*few.values(), *lost.values()) for cost in mine)  # fmt: skip
    hidden: dict[float, set[str]] = {}
    for size in islice(_steps(least), _TRIED):
        hidden[size] = {
            name for name, mine in few.items()
            if not all(cost.is_safe(size, threshold) for cost in mine)
        }  # fmt: skip
        if not hidden[size]:
            break
    size = min(hidden, key=lambda each: (len(hidden[each]), each))
    kept = hidden[size] | _second(costs, few, hidden[size]) | lost.keys()
    near = bool(lost) or len(few) < _ENOUGH
    whole = sum(max((cost.mean for cost in mine), default=0.0)
                for mine in (*costs.values(), *lost.values()))  # fmt: skip
    if lost and size > _MOST * whole:
        return _Coarse(size, frozenset(few), frozenset(kept), near, "nothing")
    told = not near or (len(costs) == 1 and not kept)
    return _Coarse(size, frozenset(few), frozenset(kept), near, total="costs" if told else "change")


def _has_few(costs: Sequence[_Cost], threshold: int) -> bool:
    """Whether few gave a label of a question; of one label alone the share with any says it."""
    return any(
        len(cost.labels.contacts) > 1
        and (not cost.is_of_them or any(is_small(c, cost.n, threshold) for c in cost.labels.counts))
        for cost in costs
    )


def _second(
    costs: Mapping[str, Sequence[_Cost]], few: Mapping[str, Sequence[_Cost]], hidden: set[str]
) -> set[str]:
    """A second question to keep back: all contacts less the others would be the one that is.

    That with the lowest cost, as elsewhere; one that is kept back already will do.
    """
    gone = [name for name, mine in costs.items() if not mine]
    others = sorted((few[name][0].mean, name) for name in few if name not in hidden)
    return {others[0][1]} if len(hidden) == 1 and not gone and others else set()


def _costs(
    sheet: Sheet,
    question: Question,
    key: tuple[str, ...],
    places: Sequence[int],
    answers: Answers,
    rule: str,
) -> list[_Cost]:
    """Costs of a question before and after that a rule keeps back; that are shown for none."""
    assert question.unit_cost is not None
    price, found = float(question.unit_cost.value), []
    for place in places:
        row = sheet.rows[place]
        mine = sheet.withheld.get(place, ("", ""))[0] == rule
        if row["estimand"] in _ENDS and row["estimate"] is not None and mine:
            at = (*key, question.id, row["level"], _ENDS[row["estimand"]])
            labels = _labels(question, answers.get(at, {}))
            found.append(_Cost(row["estimate"], row["n"], price, labels))
    return found


def _labels(question: Question, counts: Mapping[int, int]) -> Labels:
    """Contacts of the labels of a question that mean some, and how many gave each."""
    codes = range(1, len(question.contacts))
    contacts = tuple(float(question.contacts[code]) for code in codes)
    return Labels(contacts, tuple(counts.get(code, 0) for code in codes))


def _steps(least: float) -> Iterator[float]:
    """1, 2 and 5 times powers of ten, from the first that is not below ``least`` on."""
    for power in count(floor(log10(least))):
        for digit in (1, 2, 5):
            size = float(f"{digit}e{power}")
            if size >= least * (1 - 1e-9):
                yield size


def nearest(amount: float, size: float) -> float:
    """The nearest multiple of a step, halves up."""
    return floor(amount / size + 0.5) * size


def _answers(sheet: Sheet) -> Answers:
    """How many gave each code of each costed question, of those whose costs are counted."""
    study, moments = sheet.study, sheet.moments
    found: dict[tuple[str, ...], dict[int, int]] = {}
    if moments is None:
        return found
    roles = {group.id: group.roles for group in study.groups}.get(study.cost_group)
    mine = pl.lit(True) if roles is None else pl.col("role").is_in(list(roles))
    keys = ["phase", "comparison", "outcome"]
    costed = [q.id for q in study.questions if q.unit_cost]
    own = moments.histograms.filter(mine, pl.col("outcome").is_in(costed))
    for end in ("pre", "post"):
        for *key, code, n in own.group_by(*keys, end).agg(pl.col("n").sum()).iter_rows():
            found.setdefault((*key, "", end), {})[int(code)] = n
    for phase, comparison in moments.contacts.select("phase", "comparison").unique().iter_rows():
        asked = [q.id for q in costed_questions(study, phase)]
        here = moments.contacts.filter(
            mine, *(pl.col(column(name)) >= 0 for name in asked for column in (pre, post)),
            phase=phase, comparison=comparison,
        )  # fmt: skip
        columns = {column(name): (name, end) for name in asked
                   for end, column in (("pre", pre), ("post", post))}  # fmt: skip
        given = here.unpivot([*columns], index="n", variable_name="asked", value_name="code")
        for asked_as, code, n in given.group_by("asked", "code").agg(pl.col("n").sum()).iter_rows():
            name, end = columns[asked_as]
            found.setdefault((phase, comparison, name, ALL_ANSWERED, end), {})[int(code)] = n
    return found


def _spread_says_labels(
    sheet: Sheet, key: tuple[str, ...], places: Sequence[int], answers: Answers
) -> bool:
    """Whether standard errors of the total say if anybody gave the label with the highest cost."""
    row = next((sheet.rows[p] for p in places if sheet.rows[p]["analysis"] == "cost"
                and sheet.rows[p]["method"] == "paired_t"), None)  # fmt: skip
    if row is None or not row["std_error"]:
        return False
    n = int(row["n"])
    asked = {
        (q.id, end): Answered(
            float(q.unit_cost.value),
            _labels(q, answers.get((*key, q.id, ALL_ANSWERED, end), {})),
        )
        for q in costed_questions(sheet.study, key[0]) if q.unit_cost for end in _ENDS.values()
    }  # fmt: skip
    spread = row["std_error"] ** 2 * n * (n - 1)
    return not spread_is_open(asked, n, spread, sheet.protection.threshold)


# --- what is rounded and what is kept back ------------------------------------------------


def _of_question(sheet: Sheet, place: int, coarse: _Coarse, hidden: bool) -> None:
    """Before, after, the change and one interval of it.

    Standard errors of two kinds give the sum of squared contacts between them, and one alone does
    where there are no organisations.
    """
    row = sheet.rows[place]
    told = row["method"] == "descriptive" or (
        row["method"] == "cost_bootstrap" and bool(sheet.study.organisation)
    )
    if not told or row["analysis"] != "cost" or (row["estimand"] in _ENDS and hidden):
        sheet.withhold(place, "labels")
    else:
        sheet.steps[place] = Step(coarse.size if row["estimand"] in _MONEY else _SHARES)


def _together(sheet: Sheet, place: int, coarse: _Coarse) -> None:
    """All contacts: of few questions as a question; else less another row it is one."""
    row = sheet.rows[place]
    ends = row["analysis"] == "cost" and row["estimand"] in _ENDS
    if coarse.total == "nothing" and (row["analysis"] == "cost" or row["estimand"] in _MONEY):
        sheet.withhold(place, "linked")
    elif coarse.near and (row["analysis"] == "cost" or row["method"] == "cost_psa"):
        _of_question(sheet, place, coarse, coarse.total != "costs")
    elif _says_labels(sheet, row, coarse) or (ends and len(coarse.hidden) == 1):
        sheet.withhold(place, "labels")
    elif row["estimand"] in _MONEY:
        whole = not row["level"] and not coarse.near
        size = _TOGETHER if whole else coarse.size * _times(sheet.study, row["level"], coarse)
        sheet.steps[place] = Step(size, tested=whole)


def _says_labels(sheet: Sheet, row: Row, coarse: _Coarse) -> bool:
    """Whether a row is of one label, or says how unequal costs are: with a cost both count it."""
    cut = (coarse.near or coarse.spread) and row["level"].startswith("winsorised:")
    alone = row["level"].startswith(("label:", "contacts:"))
    tested = coarse.spread and _tells_spread(sheet, row)
    return bool(alone or cut or tested or row["analysis"] == "cost_concentration")


def _tells_spread(sheet: Sheet, row: Row) -> bool:
    """Whether a row has a standard error of respondents, or one that gives it beside another.

    As of a single question, the interval stays that draws organisations first.
    """
    drawn = row["method"] == "cost_bootstrap" and bool(sheet.study.organisation)
    return row["outcome"] == TOTAL and not drawn and row["method"] not in ("descriptive", "one_way")


def _times(study: Study, level: str, coarse: _Coarse) -> float:
    """How many times coarser a row is than its questions' costs: as many as it counts them.

    With a unit cost twice as high the total is more by the cost of the question itself; thrice as
    high, by twice that.
    """
    kind, _, name = level.partition(":")
    more = [1.0]
    for question in study.questions:
        cost = question.unit_cost
        if question.id not in coarse.questions or cost is None:
            continue
        scenarios = [
            s for s in study.cost_uncertainty.scenarios if kind == "scenario" and s.id == name
        ]
        others = [s.unit_costs[question.id] for s in scenarios if question.id in s.unit_costs]
        if kind == "unit_cost" and name.removesuffix(":low").removesuffix(":high") == cost.id:
            others += [end for end in (cost.low, cost.high) if end is not None]
        more += [abs(float(other / cost.value) - 1) for other in others]
    return float(ceil(max(more)))
