"""What the answers of one export say about how it is coded, without saying what anyone answered.

A wrong coding leaves marks in the answers as a whole: an item that goes against its scale, an
answer that nobody ever gave. None of it is proof, so all of it is findings, which stop nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import chain
from math import log, log1p, sqrt, tanh
from operator import and_
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from peereval.columns import STAYS, item_column
from peereval.errors import Fault
from peereval.item_moments import sum_items
from peereval.reading import Answers
from peereval.scales import Item, Scale, Score
from peereval.studies import ScaleColumns, Study

#: Nothing is said of fewer responses than these: it could be what one respondent answered.
FEWEST = 10
#: Responses before a correlation says more about the coding than about chance.
ENOUGH_TO_CORRELATE = 30
#: Responses before an answer that nobody gave is worth a word.
ENOUGH_FOR_AN_END = 50
#: Straight lines are worth a word from this share: half of what Meade and Craig (2012,
#: Psychological Methods 17:437-455) found careless among students who had to answer.
STRAIGHT_SHARE = 0.05
#: Items that make a straight line: of one scale that asks both ways round, and of several.
STRAIGHT_WITHIN, STRAIGHT_ACROSS = 4, 10

_LIMIT_95 = 1.959963984540054
_CHANCE = 0.01

#: Places on the answer scale, from 1 at its lowest code; 0 where there is no answer.
Places = NDArray[np.unsignedinteger[Any]]

#: Rows whose answers are held as decimals at once: a few megabytes.
_AT_ONCE = 1 << 15


def export_of(answers: Answers) -> tuple[str, str]:
    """File and sheet of the one export that was read, as findings name them."""
    name, recognised = answers.recognised[0]
    return name.removesuffix(f" [{recognised.sheet}]"), recognised.sheet


def diagnose_answers(answers: Answers, study: Study) -> list[Fault]:
    """As `diagnose`, of the answers of one export as they were read."""
    file, sheet = export_of(answers)
    return diagnose(answers.frame, file, study, sheet)


def diagnose(frame: pl.DataFrame, file: str, study: Study, sheet: str = "") -> list[Fault]:
    """Findings about the items of one export: one per item, score or scale concerned.

    ``frame``: answers of the export ``file``, item columns holding codes before reversal; rows
    set aside do not count. ``DIA001`` an item that goes against the rest of its score;
    ``DIA002`` straight lines; ``DIA003`` an end of the scale that nobody chose; ``DIA004`` no
    variance; ``DIA005`` an item that nobody answered. Of fewer than ten responses nothing is
    said.
    """
    stays = frame["exclusion"] == STAYS
    items = [(part.scale.id, item.id) for part in study.scales for item in part.scale.items]
    answers = frame[[item_column(*item) for item in items]]
    if not stays.all():
        answers = answers.filter(stays)
    asked = [_ask(part, answers, file, sheet) for part in study.scales]
    there = [each for each in asked if each.n_most >= FEWEST]
    found = chain.from_iterable(_of_scale(each) for each in there)
    return [*found, *_straight_across(there)]


# --- one scale as one export asked it -----------------------------------------------------


class _Spread(Struct, frozen=True):
    """How an item was answered: how often, from which code to which.

    ``near``: for the lowest and the highest code, how many gave the next one and the one
    after it.
    """

    n: int
    lowest: int | None
    highest: int | None
    near: tuple[tuple[int, ...], tuple[int, ...]]


class _Asked(Struct, frozen=True):
    """A scale in one export: ``answers`` has a column of codes per item, named by its id.

    ``places``: the same answers, a row per item.
    """

    part: ScaleColumns
    answers: pl.DataFrame
    places: Places
    spreads: Mapping[str, _Spread]
    file: str
    sheet: str

    @property
    def scale(self) -> Scale:
        return self.part.scale

    @property
    def n_most(self) -> int:
        """Answers of the item that most answered."""
        return max(spread.n for spread in self.spreads.values())

    def finding(self, code: str, found: str, fix: str, item: str = "", n: int = 1) -> Fault:
        column = " or ".join(self.part.columns.get(item, ()))
        return Fault(code, found, fix, self.file, None, column, n, sheet=self.sheet)


def _ask(part: ScaleColumns, every: pl.DataFrame, file: str, sheet: str) -> _Asked:
    scale, items = part.scale, [item.id for item in part.scale.items]
    answers = pl.DataFrame([every[item_column(scale.id, item)].alias(item) for item in items])
    places = _places(answers, scale)
    spreads = {item: _spread(row, scale) for item, row in zip(items, places, strict=True)}
    return _Asked(part, answers, places, spreads, file, sheet)


def _places(answers: pl.DataFrame, scale: Scale) -> Places:
    smallest = np.min_scalar_type(scale.high - scale.low + 1)
    places = np.zeros((answers.width, answers.height), dtype=smallest)
    for first in range(0, answers.height, _AT_ONCE):
        # Where some are missing, they come out of the table as decimals.
        codes = answers[first : first + _AT_ONCE].to_numpy().T.astype(np.float32)
        places[:, first : first + _AT_ONCE] = np.nan_to_num(codes - (scale.low - 1))
    return places


def _spread(places: Places, scale: Scale) -> _Spread:
    codes, low = _codes(scale), scale.low
    counts = np.bincount(places, minlength=scale.high - low + 2)[1:].tolist()
    given = [low + place for place, n in enumerate(counts) if n]
    lowest, highest = (
        tuple(counts[code - low] for code in near) if len(codes) > 2 else ()
        for near in (codes[1:3], codes[-2:-4:-1])
    )
    ends = min(given, default=None), max(given, default=None)
    return _Spread(sum(counts), *ends, (lowest, highest))


def _codes(scale: Scale) -> list[int]:
    return sorted(set(scale.labels.values()))


def _of_scale(asked: _Asked) -> Iterator[Fault]:
    yield from _unanswered(asked)
    yield from _without_variance(asked)
    yield from _ends(asked)
    yield from _against_the_rest(asked)
    yield from _straight(asked)


# --- items that nobody answered, or all alike ---------------------------------------------


def _unanswered(asked: _Asked) -> Iterator[Fault]:
    for item, spread in asked.spreads.items():
        if spread.n == 0:
            yield asked.finding(
                "DIA005",
                f"nobody has an answer to the item {item!r} of {asked.scale.id} that was "
                "understood, while others of the scale were answered",
                "Is this the right column, and was the item asked? Scores that need it are missing",
                item,
            )


def _without_variance(asked: _Asked) -> Iterator[Fault]:
    alike = {
        item
        for item, spread in asked.spreads.items()
        if spread.n >= FEWEST and spread.lowest == spread.highest
    }  # fmt: skip
    told: set[str] = set()
    for score in _of_items(asked.scale):
        if set(score.of) <= alike:
            told |= set(score.of)
            yield asked.finding(
                "DIA004",
                f"all responses have the same {score.id} of {asked.scale.id}: each of its "
                f"{len(score.of)} items has one answer only",
                "Were the columns filled in by a program, or by one person for all?",
            )
    for item in asked.spreads:
        if item in alike - told:
            yield asked.finding(
                "DIA004",
                f"all {asked.spreads[item].n:,} answers to the item {item!r} of "
                f"{asked.scale.id} are the same",
                "Is it the right column, and are all its answers known to the scale?",
                item,
            )


def _of_items(scale: Scale) -> Iterator[Score]:
    items = {item.id for item in scale.items}
    return (score for score in scale.scores if items.issuperset(score.of))


# --- ends of the scale that nobody chose --------------------------------------------------


def _ends(asked: _Asked) -> Iterator[Fault]:
    """Ends that nobody chose, though the other answers say that somebody should have.

    An unused end alone is often only a scale that most find easy to agree with.
    """
    codes = _codes(asked.scale)
    if len(codes) < 3 or asked.scale.numbers or asked.n_most < ENOUGH_FOR_AN_END:
        return
    labels = {code: label for label, code in asked.scale.labels.items()}
    varied = {item: s for item, s in asked.spreads.items() if s.lowest != s.highest}
    for at, word in enumerate(("lowest", "highest")):
        code = codes[-at]
        end = f"the {word} answer ({labels[code]!r} = {code})"
        unused = {item: s for item, s in varied.items() if code not in (s.lowest, s.highest)}
        n, beside = sum(s.n for s in unused.values()), sum(s.near[at][0] for s in unused.values())
        if unused.keys() == varied.keys() and len(varied) > 1:
            # Were it chosen a quarter as often as the one beside it, it would be there.
            if _is_strange(n, beside / n / 4):
                yield _shifted(asked, end, n, step=(1, -1)[at])
            continue
        for item, spread in unused.items():
            share = _share_at_end(spread.n, *spread.near[at])
            if spread.n >= ENOUGH_FOR_AN_END and _is_strange(spread.n, share):
                yield _unused(asked, end, item, spread.n, round(share * spread.n))


def _share_at_end(n: int, beside: int, next_: int) -> float:
    """Share to expect at an end, from the two answers next to it.

    As if answers were a normal variable cut at even steps (the threshold model of ordered
    answers, McKelvey & Zavoina 1975); 0 where two answers do not say how wide a step is.
    """
    first, second = beside / n, (beside + next_) / n
    if not 0 < first < second < 1:
        return 0.0
    normal = NormalDist()
    return normal.cdf(2 * normal.inv_cdf(first) - normal.inv_cdf(second))


def _is_strange(n: int, share: float) -> bool:
    """Whether nobody among n is more than chance, where such a share was to be expected."""
    return n * log1p(-share) < log(_CHANCE)


def _unused(asked: _Asked, end: str, item: str, n: int, expected: int) -> Fault:
    return asked.finding(
        "DIA003",
        f"none of {n:,} responses gives {end} to the item {item!r} of {asked.scale.id}, where the "
        f"other answers would lead one to expect about {expected:,}",
        "Is that answer written in another way in this column, or listed as missing?",
        item,
    )


def _shifted(asked: _Asked, end: str, n: int, step: int) -> Fault:
    """The mark of numbers that begin one too high or too low: no item uses one end at all."""
    scale = asked.scale
    low, high = scale.low + step, scale.high + step
    why = "that answer may be written in another way in the export, or be listed as missing"
    if low >= 0:
        why = (
            f"numbers in the export may be shifted by one ({low} to {high}, where the scale has "
            f"{scale.low} to {scale.high})"
        )
    return asked.finding(
        "DIA003",
        f"not one of {n:,} answers to the items of {scale.id} is {end}: {why}",
        f"Compare the export with the questionnaire. If its numbers are shifted, write the "
        f"coding in [scales.{scale.id}]",
    )


# --- items that go against their score ----------------------------------------------------


def _against_the_rest(asked: _Asked) -> Iterator[Fault]:
    """Items whose corrected item-rest correlation is below 0 by more than chance.

    Of the responses with every item of the score, with the item left out of the
    total (Nunnally & Bernstein 1994). Below chance: the upper limit of the 95% interval, by
    Fisher's transformation (1921), is below 0.
    """
    items = {item.id: item for item in asked.scale.items}
    told: set[str] = set()
    for score in _of_items(asked.scale):
        if len(score.of) < 2:
            continue
        n, correlations = item_rest_correlations(asked.answers, [items[i] for i in score.of])
        for item, r in correlations.items():
            if item not in told and r is not None and _is_below_chance(r, n):
                told.add(item)
                yield _against(asked, score, items[item], r, n)


def _is_below_chance(r: float, n: int) -> bool:
    # atanh(r) + z / sqrt(n - 3) < 0, written so that r = -1 is allowed.
    return n >= ENOUGH_TO_CORRELATE and r < -tanh(_LIMIT_95 / sqrt(n - 3))


def _against(asked: _Asked, score: Score, item: Item, r: float, n: int) -> Fault:
    reversed_ = ", which the scale reverses," if item.reverse else ""
    why = (
        "Does the export hold it reversed already, so that it is reversed twice?"
        if item.reverse
        else "Do its numbers run the other way in the export?"
    )
    return asked.finding(
        "DIA001",
        f"the item {item.id!r} of {asked.scale.id}{reversed_} goes against the rest of "
        f"{score.id}: correlation {r:.2f} in {n:,} responses",
        f"{why} Or is it the column of another item?",
        item.id,
    )


def item_rest_correlations(
    answers: pl.DataFrame, items: Iterable[Item]
) -> tuple[int, dict[str, float | None]]:
    """Correlation of each item with the sum of the others, all reversed as their scale says.

    ``answers``: one column of codes per item. Only rows with every item count: how many
    those are comes first. ``None`` where the item or the rest has no variance. The sums are of
    whole numbers, so exact.
    """
    # A constant does not move a correlation: to reverse is to change the sign.
    signs = {item.id: -1 if item.reverse else 1 for item in items}
    sums = sum_items(answers[list(signs)])
    turned = np.array(list(signs.values()))
    n, products = sums.n, sums.products * np.outer(turned, turned)
    x_all, with_total = (sums.sums * turned).tolist(), products.sum(axis=1).tolist()
    t, tt = sum(x_all), sum(with_total)
    found = {}
    for item, x, xx, xt in zip(signs, x_all, products.diagonal().tolist(), with_total, strict=True):
        rest, rest_rest, x_rest = t - x, tt - 2 * xt + xx, xt - xx
        spread, spread_rest = n * xx - x * x, n * rest_rest - rest * rest
        varies = spread and spread_rest
        found[item] = (n * x_rest - x * rest) / sqrt(spread * spread_rest) if varies else None
    return n, found


# --- straight lines -----------------------------------------------------------------------


def _straight(asked: _Asked) -> Iterator[Fault]:
    """Responses with one code throughout a scale that asks both ways round.

    The code in the middle contradicts nothing and does not count: a straight line may be an
    honest answer (Reuning & Plutzer 2020, Survey Research Methods 14:439-459).
    """
    scale = asked.scale
    if len({item.reverse for item in scale.items}) < 2 or len(scale.items) < STRAIGHT_WITHIN:
        return
    contradicts = asked.places[0] != (scale.high - scale.low) / 2 + 1
    n, n_straight = _count_lines([asked], contradicts)
    if _is_worth_a_word(n, n_straight):
        yield _lines(asked, n, n_straight, f"all {len(scale.items)} items of {scale.id}, some of "
                     "which ask the other way round")  # fmt: skip


def _straight_across(asked: list[_Asked]) -> Iterator[Fault]:
    """Responses with one place of the answer scale throughout scales that have as many."""
    alike: dict[tuple[int, ...], list[_Asked]] = {}
    for each in asked:
        codes = _codes(each.scale)
        alike.setdefault(tuple(code - codes[0] for code in codes), []).append(each)
    for some in alike.values():
        n_items = sum(len(each.scale.items) for each in some)
        if len(some) < 2 or n_items < STRAIGHT_ACROSS:
            continue
        n, n_straight = _count_lines(some)
        if _is_worth_a_word(n, n_straight):
            what = ", ".join(each.scale.id for each in some)
            yield _lines(some[0], n, n_straight, f"all {n_items} items of {what}")


def _count_lines(asked: list[_Asked], wanted: NDArray[np.bool_] | bool = True) -> tuple[int, int]:
    """Responses to every item of some scales, and of the wanted ones those with one place."""
    whole = reduce(and_, (each.places.all(axis=0) for each in asked))
    first = asked[0].places[0]
    same = reduce(and_, ((each.places == first).all(axis=0) for each in asked))
    return int(whole.sum()), int((whole & same & wanted).sum())


def _is_worth_a_word(n: int, n_straight: int) -> bool:
    return n_straight >= FEWEST and n_straight >= STRAIGHT_SHARE * n


def _lines(asked: _Asked, n: int, n_straight: int, what: str) -> Fault:
    return asked.finding(
        "DIA002",
        f"{n_straight:,} of {n:,} responses ({n_straight / n:.0%}) give the same answer to {what}",
        "How was the survey given? Compare the results with and without them before they are "
        "published",
        n=n_straight,
    )
