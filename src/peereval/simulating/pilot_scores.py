"""Scores of the synthetic pilot: correlated draws, then nudged to the report's numbers.

Scores are drawn from a model (organisation, person, occasion), cut to whole points, and
moved one point at a time at random respondents until the sum over each group is the one
that prints as the report's mean. Then scores are exchanged between respondents of a group
until the spread of the changes, and how alike they are within organisations, is as wanted:
an exchange moves no mean, no distribution and no band, only who has which score, and so
the paired t-test and its cluster-robust twin.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct

from peereval.simulating.pilot_draws import (
    Flags,
    Floats,
    Integers,
    bell,
    highest,
    mix,
    order,
    shuffled,
    stream,
)
from peereval.simulating.pilot_people import People

# Worths are counted in hundredths, so that the SWEMWBS metric adds up exactly.
HUNDREDTHS = 100


class Score(Struct, frozen=True):
    """How a score counts: range in points, what each point is worth, which way is good."""

    low: int
    high: int
    worth: Integers
    better: int
    curved: bool


class Drawn(Struct, frozen=True):
    """Points by occasion and person (only where ``answered``), and whose items are all there."""

    points: Mapping[str, Integers]
    complete: Mapping[str, Flags]


class _Bounds(Struct):
    """Lowest and highest points each person may be nudged to."""

    low: Integers
    high: Integers


class _Spread(Struct, frozen=True):
    """Sum of squares of the values, and of the organisations' excesses (times n squared)."""

    squares: int
    between: int

    def distance(self, wanted: "_Spread") -> float:
        """How far from what is wanted, each as a share of it."""
        return (
            abs(self.squares - wanted.squares) / wanted.squares
            + 0.2 * abs(self.between - wanted.between) / wanted.between
        )

    def is_near(self, wanted: "_Spread", near: "_Spread") -> bool:
        """Whether both are within what is near enough."""
        return (
            abs(self.squares - wanted.squares) <= near.squares
            and abs(self.between - wanted.between) <= near.between
        )


def draw_score(
    people: People,
    outcome: str,
    score: Score,
    target: Mapping[str, Any],
    icc_change: float,
    seed: int,
) -> Drawn:
    """Points of one outcome for everybody, with the report's numbers in them.

    ``icc_change`` is how alike changes are within an organisation.
    """
    rng = stream(seed, people.phase, outcome)
    slots = _latent(people, outcome, score, target, seed)
    complete = _complete(people, target, rng)
    short = people.matched & complete["before"] & complete["after"]
    later = people.later & complete["before"] & complete["later"]
    cells = {
        name: np.flatnonzero(short & (people.participant == (name == "participants")))
        for name in ("participants", "non_participants")
    }
    before = _draw_before(people, slots["before"], score, target, cells, later, rng)
    after = _draw_after(people, slots["after"], score, target, cells, rng)
    last = _draw_later(people, slots["later"], score, target, later, before, rng)
    groups = list(cells.values())
    apart = [part for cell in groups for part in (cell[later[cell]], cell[~later[cell]])]
    place, worth = people.organisation, score.worth
    _exchange(before, None, apart, place, worth, None, target["icc"], rng)
    _exchange(after, before, groups, place, worth, target["change_sd"], icc_change, rng)
    if "later" in target:
        followed = [np.flatnonzero(later)]
        change_sd = target["later"]["change_sd"]
        _exchange(last, before, followed, place, worth, change_sd, icc_change, rng)
    points = _to_occasions(people, before, after, last, slots, score, target)
    return Drawn(points, _complete_by_occasion(people, complete))


# --- the model ----------------------------------------------------------------------------


def _latent(
    people: People, outcome: str, score: Score, target: Mapping[str, Any], seed: int
) -> dict[str, Floats]:
    """Standard scores before, after and later: organisation, person, occasion."""
    size = len(people)
    rng = stream(seed, people.phase, outcome, "latent")
    moods = stream(seed, people.phase, "moods")
    n_organisations = int(people.organisation.max()) + 1
    shared = bell(stream(seed, people.phase, "organisation effects"), n_organisations)
    own = bell(rng, n_organisations)
    person = mix((0.45, score.better * people.wellbeing), (0.55, bell(rng, size)))
    slots = {}
    for slot in ("before", "after", "later"):
        place = mix((0.4, score.better * shared), (0.45, own), (0.15, bell(rng, n_organisations)))
        moment = mix((0.25, score.better * bell(moods, size)), (0.75, bell(rng, size)))
        icc, stable = target["icc"], target["stable"]
        slots[slot] = mix(
            (icc, place[people.organisation]), (stable, person), (1 - icc - stable, moment)
        )
    return slots


def _complete(
    people: People, target: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, Flags]:
    """Who answered every item of the score, before, after and later.

    The report's bases fix how many matched respondents of each group did so at both.
    """
    size = len(people)
    careless = mix((0.5, people.carelessness), (0.5, bell(rng, size)))
    incomplete = np.zeros(size, dtype=bool)
    for name in ("participants", "non_participants"):
        members = _group(people, name)
        lost = highest(careless, members, len(members) - target[name]["n"])
        incomplete[lost] = True
    when = rng.random(size)
    rest = ~people.matched & (careless > 1.65)
    return {
        "before": ~((incomplete & (when < 0.55)) | (rest & (when < 0.7))),
        "after": ~((incomplete & (when >= 0.45)) | (rest & (when >= 0.3))),
        "later": ~((careless > 1.75) & (rng.random(size) < 0.8)),
    }


def _group(people: People, name: str) -> Integers:
    """Matched respondents who took part, or who did not."""
    taking_part = people.participant == (name == "participants")
    return np.flatnonzero(people.matched & taking_part)


# --- the report's numbers -----------------------------------------------------------------


def _draw_before(
    people: People,
    latent: Floats,
    score: Score,
    target: Mapping[str, Any],
    cells: Mapping[str, Integers],
    later: Flags,
    rng: np.random.Generator,
) -> Integers:
    points = np.zeros(len(people), dtype=np.int64)
    bounds = _Bounds(np.full(len(people), score.low), np.full(len(people), score.high))
    done = np.zeros(len(people), dtype=bool)
    if "pre" in target.get("later", {}):
        # These baselines serve two comparisons: they are fixed first and then left alone.
        for taking_part in (True, False):
            followed = np.flatnonzero(later & (people.participant == taking_part))
            goal = target["later"]["pre"]
            _draw_cell(points, bounds, latent, followed, score, target, goal, rng)
            bounds.low[followed] = bounds.high[followed] = points[followed]
            done[followed] = True
    for name, members in cells.items():
        goal = target[name]["pre"]
        bands = target[name].get("bands_pre")
        _draw_cell(points, bounds, latent, members, score, target, goal, rng, bands)
        rest = np.setdiff1d(_group(people, name), members)
        rest = rest[~done[rest]]
        points[rest] = _cut(latent[rest], goal, score, target)
    return points


def _draw_after(
    people: People,
    latent: Floats,
    score: Score,
    target: Mapping[str, Any],
    cells: Mapping[str, Integers],
    rng: np.random.Generator,
) -> Integers:
    points = np.zeros(len(people), dtype=np.int64)
    bounds = _Bounds(np.full(len(people), score.low), np.full(len(people), score.high))
    for name, members in cells.items():
        goal = target[name]["post"]
        bands = target[name].get("bands_post")
        _draw_cell(points, bounds, latent, members, score, target, goal, rng, bands)
        rest = np.setdiff1d(_group(people, name), members)
        points[rest] = _cut(latent[rest], goal, score, target)
    return points


def _draw_later(
    people: People,
    latent: Floats,
    score: Score,
    target: Mapping[str, Any],
    later: Flags,
    before: Integers,
    rng: np.random.Generator,
) -> Integers:
    """Second follow-up of wave 1: the printed mean, or the baseline mean and a small change."""
    points = np.zeros(len(people), dtype=np.int64)
    followed = np.flatnonzero(later)
    bounds = _Bounds(np.full(len(people), score.low), np.full(len(people), score.high))
    start = float(score.worth[before[followed]].sum()) / HUNDREDTHS / len(followed)
    wanted = target.get("later", {})
    goal = wanted.get("post", start + wanted.get("change", 0.0))
    _draw_cell(points, bounds, latent, followed, score, target, goal, rng)
    rest = np.setdiff1d(np.flatnonzero(people.later), followed)
    points[rest] = _cut(latent[rest], goal, score, target)
    return points


def _draw_cell(
    points: Integers,
    bounds: _Bounds,
    latent: Floats,
    members: Integers,
    score: Score,
    target: Mapping[str, Any],
    goal: float,
    rng: np.random.Generator,
    bands: Mapping[str, int] | None = None,
) -> None:
    """Points of one group at one occasion: mean ``goal``, and so many in each band."""
    free = members[bounds.low[members] < bounds.high[members]]
    wanted = _total(goal, len(members), score)
    fixed = int(score.worth[points[np.setdiff1d(members, free)]].sum())
    points[free] = _cut(latent[free], (wanted - fixed) / HUNDREDTHS / len(free), score, target)
    if bands:
        _put_in_bands(bounds, latent, free, bands)
        points[free] = np.clip(points[free], bounds.low[free], bounds.high[free])
    _nudge(points, free, wanted - fixed, score, bounds, rng)


def _total(mean: float, n: int, score: Score) -> int:
    """Sum in hundredths that gives the mean, in whole points unless the score is curved."""
    if score.curved:
        return round(mean * n * HUNDREDTHS)
    return round(mean * n) * HUNDREDTHS


def _cut(latent: Floats, goal: float, score: Score, target: Mapping[str, Any]) -> Integers:
    """Whole points within the range whose mean worth is near ``goal``.

    The draws are spread out, moved and cut off at the ends of the range, which gives
    the ceilings that these scales have. Where to move them is found by halving.
    """
    low, high = score.low - 3.0 * target["spread"], score.high + 3.0 * target["spread"]
    points = np.full(len(latent), score.low, dtype=np.int64)
    for _ in range(40):
        middle = (low + high) / 2
        points = np.clip(np.rint(middle + target["spread"] * latent), score.low, score.high).astype(
            np.int64
        )
        if int(score.worth[points].sum()) < goal * HUNDREDTHS * len(latent):
            low = middle
        else:
            high = middle
    return points


def _put_in_bands(
    bounds: _Bounds, latent: Floats, members: Integers, bands: Mapping[str, int]
) -> None:
    """Bounds that hold so many members in each band: keys are a band's lowest points."""
    ranked = members[order(-latent[members])]
    edges = [int(edge) for edge in bands]
    start = 0
    for n, edge in enumerate(edges):
        inside = ranked[start : start + bands[str(edge)]]
        start += len(inside)
        bounds.low[inside] = np.maximum(bounds.low[inside], edge)
        if n + 1 < len(edges):
            bounds.high[inside] = np.minimum(bounds.high[inside], edges[n + 1] - 1)


def _nudge(
    points: Integers,
    members: Integers,
    wanted: int,
    score: Score,
    bounds: _Bounds,
    rng: np.random.Generator,
) -> None:
    """Move random members by one point until their worths add up to ``wanted``.

    A curved score cannot hit every sum: half a step is near enough, and is far inside
    the digit that the report prints.
    """
    near_enough = int(np.diff(score.worth[score.low :]).max()) // 2 if score.curved else 0
    gap = wanted - int(score.worth[points[members]].sum())
    for _ in range(200):
        for person in shuffled(rng, members):
            if abs(gap) <= near_enough:
                return
            step = 1 if gap > 0 else -1
            moved = points[person] + step
            if bounds.low[person] <= moved <= bounds.high[person]:
                gap -= int(score.worth[moved] - score.worth[points[person]])
                points[person] = moved
    raise RuntimeError(f"the sum {wanted} is out of reach: the targets contradict one another")


def _exchange(
    points: Integers,
    start: Integers | None,
    cells: list[Integers],
    place: Integers,
    worth: Integers,
    change_sd: float | None,
    icc: float,
    rng: np.random.Generator,
) -> None:
    """Exchange points within cells until their values spread as wanted.

    A value is the points' worth, less that of ``start`` if given (a change). Two things are
    steered: the standard deviation of the values, if ``change_sd`` is given (without
    ``start`` no exchange moves it), and ``icc``, how alike values are in an organisation.
    """
    members = np.concatenate(cells)
    fixed = np.zeros(len(points), dtype=np.int64) if start is None else worth[start]
    values = worth[points[members]] - fixed[members]
    n, total, squares = len(members), int(values.sum()), int((values * values).sum())
    around = (
        change_sd * change_sd * HUNDREDTHS**2 * (n - 1) if change_sd else squares - total**2 / n
    )
    size = np.bincount(place[members])
    # The cluster variance of a mean is this many times that of independent values.
    design = 1 + ((size.astype(np.float64) ** 2).sum() / n - 1) * icc
    sums = np.bincount(place[members], weights=values, minlength=len(size)).astype(np.int64)
    excess = [int(n * s - k * total) for s, k in zip(sums, size, strict=True)]
    state = _Spread(squares, sum(e * e for e in excess))
    wanted = _Spread(round(around + total**2 / n), round(around * design * n * n))
    # An exchange moves the sum of squares by two points at the least.
    near = _Spread(max(wanted.squares // 500, HUNDREDTHS**2), wanted.between // 20)
    for _ in range(400):
        for one, other in _partners(cells, rng):
            if state.is_near(wanted, near):
                return
            step = int(worth[points[other]] - worth[points[one]])
            here, there = int(place[one]), int(place[other])
            apart = 2 * n * step * (excess[here] - excess[there] + n * step)
            moved = _Spread(
                state.squares + 2 * step * int(fixed[other] - fixed[one]),
                state.between + (0 if here == there else apart),
            )
            if moved.distance(wanted) < state.distance(wanted):
                points[one], points[other] = points[other], points[one]
                excess[here] += n * step
                excess[there] -= n * step
                state = moved
    raise RuntimeError(f"a spread of {change_sd} with an icc of {icc} is out of reach")


def _partners(cells: list[Integers], rng: np.random.Generator) -> Integers:
    """Everybody with a random partner from the same cell, in random order."""
    pairs = np.concatenate(
        [np.stack([shuffled(rng, cell), shuffled(rng, cell)], axis=1) for cell in cells]
    )
    return pairs[order(rng.random(len(pairs)))]


# --- by occasion --------------------------------------------------------------------------


def _to_occasions(
    people: People,
    before: Integers,
    after: Integers,
    last: Integers,
    slots: Mapping[str, Floats],
    score: Score,
    target: Mapping[str, Any],
) -> dict[str, Integers]:
    """Points by occasion; respondents without a pair get their own, baselines a little worse."""
    groups = (target["participants"], target["non_participants"])
    n = sum(group["n"] for group in groups)
    pre = sum(group["n"] * group["pre"] for group in groups) / n
    post = sum(group["n"] * group["post"] for group in groups) / n
    worse = pre - score.better * 0.15 * target["change_sd"]
    points = {
        occasion: np.zeros(len(people), dtype=np.int64)
        for occasion in ("w1_baseline", "w1_follow_up", "w2_baseline", "w2_follow_up")
    }
    first, second = people.matched & ~people.second_wave, people.second_wave
    for occasion, who, value in (
        ("w1_baseline", first, before),
        ("w1_follow_up", first, after),
        ("w2_baseline", second, before),
        ("w2_follow_up", second, after),
        ("w2_follow_up", people.later, last),
    ):
        points[occasion][who] = value[who]
    for occasion, goal, slot in (
        ("w1_baseline", worse, "before"),
        ("w2_baseline", worse, "before"),
        ("w1_follow_up", post, "after"),
        ("w2_follow_up", post, "later"),
    ):
        others = people.answered[occasion] & ~people.matched
        points[occasion][others] = _cut(slots[slot][others], goal, score, target)
    return points


def _complete_by_occasion(people: People, complete: Mapping[str, Flags]) -> dict[str, Flags]:
    return {
        "w1_baseline": complete["before"],
        "w2_baseline": complete["before"],
        "w1_follow_up": complete["after"],
        "w2_follow_up": np.where(people.second_wave, complete["after"], complete["later"]),
    }
