"""Questions on support and services in the synthetic pilot: who said yes, and how often.

The report prints how many participants saw somebody at least once, and what all contacts
cost. The first fixes who moves between none and some. The second is met by how often:
the number of pupils with daily contacts carries the cost (and its noise), the less
frequent answers the pennies.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from msgspec import Struct

from peereval.simulating.pilot_draws import (
    Flags,
    Floats,
    Integers,
    bell,
    deal,
    highest,
    mix,
    order,
    share_out,
    stream,
)
from peereval.simulating.pilot_items import need
from peereval.simulating.pilot_people import NEITHER, NO_ROLE, People

UNASKED = -2
BLANK = -1
OCCASIONS = ("w1_baseline", "w1_follow_up", "w2_baseline", "w2_follow_up")
BASELINES = ("w1_baseline", "w2_baseline")
SUBGROUPS = ("mentors", "mentees")


class Question(Struct, frozen=True):
    """A question: its answers, the most frequent first and "no" last, and their contacts.

    ``hundredths`` are contacts in the period times 100; ``shape`` is how users spread over
    the answers but for the first; ``saving`` what the report prints per pupil, if it does.
    """

    id: str
    block: str
    labels: tuple[str, ...]
    hundredths: tuple[int, ...]
    shape: tuple[float, ...]
    unit_cost: Fraction | None
    saving: Fraction | None
    largest_t: float

    @property
    def no(self) -> int:
        """Position of the answer that means no contact."""
        return len(self.labels) - 1


class Movers(Struct, frozen=True):
    """Of one group's respondents: yes at both occasions, only before, only after."""

    both: Integers
    lost: Integers
    gained: Integers

    @property
    def before(self) -> Integers:
        """Who said yes before."""
        return np.concatenate([self.both, self.lost])

    @property
    def after(self) -> Integers:
        """Who said yes after."""
        return np.concatenate([self.both, self.gained])


class Frequencies(Struct, frozen=True):
    """How many give which answer before and after; ``early`` and ``late`` leave out daily."""

    distance: int
    daily: tuple[int, int]
    early: tuple[int, ...]
    late: tuple[int, ...]


def choose_bases(
    people: People, targets: Mapping[str, Any], seed: int
) -> dict[str, dict[str, Integers]]:
    """Block -> mentors and mentees who answered its questions at both occasions.

    The blocks come at the end of the questionnaire: the careless break off there.
    """
    careless = mix(
        (0.4, people.carelessness), (0.6, bell(stream(seed, people.phase, "bases"), len(people)))
    )
    taking_part = people.matched & people.participant
    groups = {"mentors": taking_part & people.mentor, "mentees": taking_part & ~people.mentor}
    return {
        block: {
            name: np.sort(highest(-careless, np.flatnonzero(groups[name]), counts[name]))
            for name in SUBGROUPS
        }
        for block, counts in targets["bases"][people.phase].items()
    }


def draw_question(
    people: People,
    question: Question,
    counts: Mapping[str, Sequence[int]],
    bases: Mapping[str, Integers],
    seed: int,
) -> dict[str, Integers]:
    """Position of everybody's answer by occasion, ``BLANK`` or ``UNASKED``."""
    rng = stream(seed, people.phase, question.id)
    wish = need(people.wellbeing, bell(rng, len(people)))
    place = bell(rng, int(people.organisation.max()) + 1)[people.organisation]
    moves = [_move(bases[name], counts[name], wish, place, rng) for name in SUBGROUPS]
    movers = Movers(*(np.concatenate(part) for part in zip(*moves, strict=True)))
    base = np.concatenate([bases[name] for name in SUBGROUPS])
    before, after = _answer_base(people, question, movers, len(base), wish, rng)
    inside = np.zeros(len(people), dtype=bool)
    inside[base] = True
    answers = {}
    for occasion in OCCASIONS:
        like = (before if occasion in BASELINES else after)[base]
        members = np.flatnonzero(was_asked(people, occasion))
        answers[occasion] = np.full(len(people), UNASKED)
        answers[occasion][members] = _answer_like(like, question, wish[members], rng)
    _look_again(people, answers["w2_follow_up"], (before[base], after[base]), question, wish, rng)
    _skip(people, answers, inside, question.block, seed)
    first, second = inside & ~people.second_wave, inside & people.second_wave
    for occasion, who, value in (
        ("w1_baseline", first, before),
        ("w1_follow_up", first, after),
        ("w2_baseline", second, before),
        ("w2_follow_up", second, after),
    ):
        answers[occasion][who] = value[who]
    return answers


def _move(
    members: Integers,
    counts: Sequence[int],
    wish: Floats,
    place: Floats,
    rng: np.random.Generator,
) -> tuple[Integers, Integers, Integers]:
    """Of the members: yes at both, only before, only after; the needier the likelier.

    Who moves which way is a little alike within an organisation.
    """
    both, lost, gained = counts
    ranked = members[order(wish[members])]
    rest = ranked[both:]
    unsure = mix((0.5, wish[rest]), (0.5, bell(rng, len(rest))))
    moving = rest[order(unsure)][: lost + gained]
    moving = moving[order(mix((0.05, place[moving]), (0.95, bell(rng, len(moving)))))]
    return ranked[:both], moving[:lost], moving[lost:]


# --- how often ----------------------------------------------------------------------------


def _answer_base(
    people: People,
    question: Question,
    movers: Movers,
    n: int,
    wish: Floats,
    rng: np.random.Generator,
) -> tuple[Integers, Integers]:
    before = np.full(len(people), question.no)
    after = np.full(len(people), question.no)
    if len(question.labels) == 2:
        before[movers.before] = 0
        after[movers.after] = 0
        return before, after
    users = (len(movers.before), len(movers.after))
    if question.saving is None:
        early, late = (tuple(share_out(question.shape, number - 1)) for number in users)
        often = Frequencies(0, (1, 1), early, late)
    else:
        often = _meet_cost(question, users, n)
    for value, daily, who, counts in zip(
        (before, after),
        _choose_daily(movers, often.daily, rng),
        (movers.before, movers.after),
        (often.early, often.late),
        strict=True,
    ):
        value[daily] = 0
        rest = np.setdiff1d(who, daily)
        keys = mix((0.5, wish[rest]), (0.5, bell(rng, len(rest))))
        value[rest[order(keys)]] = np.repeat(np.arange(1, question.no), counts)
    return before, after


def _choose_daily(
    movers: Movers, counts: tuple[int, int], rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Who has daily contacts before, and who after: never the same pupil.

    At random; if too few are then left for the second occasion, those who said yes
    only once are taken first.
    """
    luck = rng.random(len(movers.before)), rng.random(len(movers.after))
    for lean in (0.0, 1.0):
        early = luck[0] + lean * np.isin(movers.before, movers.lost)
        late = luck[1] + lean * np.isin(movers.after, movers.gained)
        before = movers.before[order(early)][: counts[0]]
        candidates = movers.after[order(late)]
        after = candidates[~np.isin(candidates, before)][: counts[1]]
        if len(after) == counts[1]:
            return before, after
    raise RuntimeError(f"{counts} daily pupils are more than there are users")


def _meet_cost(question: Question, users: tuple[int, int], n: int) -> Frequencies:
    """Daily pupils before and after, and the other answers, that cost what is printed.

    As few daily pupils as keep the row from being significant; then the numbers of the
    other answers nearest to their usual shape whose contacts add up to the hundredth.
    """
    assert question.saving is not None and question.unit_cost is not None
    per_hundredth = question.unit_cost / (100 * n)
    wanted = round(question.saving / per_hundredth)
    # An eighth of a penny away is still so near that four rows add up to the printed total.
    leeway = int(Fraction(1, 800) // per_hundredth)
    daily_worth = question.hundredths[0]
    usual = sum(s * w for s, w in zip(question.shape, question.hundredths[1:-1], strict=True))
    # A pupil who is not daily gives another answer, worth the usual.
    net = round((wanted - (users[0] - users[1]) * usual) / (daily_worth - usual))
    spread = wanted / question.largest_t / daily_worth
    found = []
    for more in range(net - 2, net + 3):
        persons = max(0, int(np.ceil((spread * spread - abs(more)) / 2)))
        daily = (persons + max(more, 0), persons + max(-more, 0))
        left = wanted - more * daily_worth
        goals = range(left - leeway, left + leeway + 1)
        found += _match_rest(question, (users[0] - daily[0], users[1] - daily[1]), goals, daily)
    if not found:
        raise RuntimeError(f"{question.id}: no answers cost {float(question.saving)} per pupil")
    return min(found, key=lambda one: one.distance)


def _match_rest(
    question: Question, users: tuple[int, int], goals: Iterable[int], daily: tuple[int, int]
) -> list[Frequencies]:
    """The other answers nearest to their shape whose contacts differ as wanted, if any do."""
    early: dict[int, tuple[int, tuple[int, ...]]] = {}
    for distance, total, counts in _near_shape(question, users[0]):
        if total not in early or distance < early[total][0]:
            early[total] = (distance, counts)
    found = [
        Frequencies(early[total + left][0] + distance, daily, early[total + left][1], counts)
        for distance, total, counts in _near_shape(question, users[1])
        for left in goals
        if total + left in early
    ]
    return [min(found, key=lambda one: one.distance)] if found else []


def _near_shape(question: Question, users: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Numbers of less-than-daily answers: distance from the shape, contacts, the numbers."""
    centre = share_out(question.shape, users)
    worth = question.hundredths[1:-1]
    for shifts in itertools.product(range(-10, 11), repeat=len(centre) - 1):
        last = -sum(shifts)
        counts = tuple(c + s for c, s in zip(centre, (*shifts, last), strict=True))
        if min(counts) >= 0:
            total = sum(c * w for c, w in zip(counts, worth, strict=True))
            yield sum(s * s for s in shifts) + last * last, total, counts


# --- everybody else -----------------------------------------------------------------------


def _answer_like(
    like: Integers, question: Question, wish: Floats, rng: np.random.Generator
) -> Integers:
    """Answers that no printed number depends on, as common as those of ``like``."""
    values = np.full(len(wish), question.no)
    counts = np.bincount(like, minlength=len(question.labels))
    keys = mix((0.6, wish), (0.4, bell(rng, len(wish))))
    yes = order(keys)[: round((len(like) - int(counts[question.no])) / len(like) * len(wish))]
    values[yes] = deal(share_out(counts[: question.no].tolist(), len(yes)), rng)
    values[rng.random(len(wish)) < 0.015] = BLANK
    return values


def _look_again(
    people: People,
    values: Integers,
    like: tuple[Integers, Integers],
    question: Question,
    wish: Floats,
    rng: np.random.Generator,
) -> None:
    """Second follow-up of wave 1: half of its participants as before, half as after."""
    members = np.flatnonzero(people.later & was_asked(people, "w2_follow_up"))
    values[members] = _answer_like(np.concatenate(like), question, wish[members], rng)


def was_asked(people: People, occasion: str) -> Flags:
    """Everybody at a baseline; at a follow-up only those who took part."""
    if occasion in BASELINES:
        return people.answered[occasion]
    role = people.role[occasion]
    asked: Flags = people.answered[occasion] & (role != NEITHER) & (role != NO_ROLE)
    return asked


def _skip(
    people: People, answers: dict[str, Integers], inside: Flags, block: str, seed: int
) -> None:
    """Blank the whole block where somebody broke off before it.

    A matched participant outside the base broke off at one of the two occasions.
    """
    rng = stream(seed, people.phase, "breaking off")
    early = rng.random(len(people)) < 0.3
    other = rng.random(len(people)) < 0.04
    outside = people.matched & people.participant & ~inside
    for occasion in OCCASIONS:
        broke = early if occasion in BASELINES else ~early
        first = people.later & (occasion == "w2_follow_up")
        blank = np.where(outside & ~first, broke, other & ~inside)
        asked = answers[occasion] != UNASKED
        answers[occasion][blank & asked] = BLANK
