"""Who took part in the synthetic pilot: organisations, respondents, who answered when, roles."""

from collections.abc import Mapping
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
    shuffled,
    stream,
)

ROLES = ("mentor", "mentee", "both", "neither")
NO_ROLE = -1
NEITHER = ROLES.index("neither")


class Organisation(Struct, frozen=True):
    """One pilot organisation; ``phases`` are the questionnaire versions it uses."""

    name: str
    kind: str
    code: int
    phases: tuple[str, ...]
    size: float


class People(Struct, frozen=True):
    """The respondents of one questionnaire version, one position each in every array.

    ``answered`` says who has a row at an occasion; ``before`` and ``after`` name the
    occasions of a matched respondent's short-term pair; ``role`` holds positions in
    ``ROLES``, ``NO_ROLE`` where the question was left blank.
    """

    phase: str
    ids: tuple[str, ...]
    organisation: Integers
    answered: Mapping[str, Flags]
    role: Mapping[str, Integers]
    matched: Flags
    second_wave: Flags
    later: Flags
    participant: Flags
    mentor: Flags
    wellbeing: Floats
    carelessness: Floats
    year: Integers
    gender: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


def make_organisations(targets: Mapping[str, Any], seed: int) -> list[Organisation]:
    """The organisations in name order, of unequal sizes."""
    rng = stream(seed, "organisations")
    kinds = [entry for entry in targets["organisations"] for _ in range(entry["count"])]
    codes = np.sort(order(rng.random(1000))[: len(kinds)]) + 1
    # A product, so that a few organisations are several times as large as the smallest.
    sizes = 0.25 + 0.5 * rng.random(len(kinds))
    sizes = sizes + 1.75 * rng.random(len(kinds)) * rng.random(len(kinds)) * rng.random(len(kinds))
    return [
        Organisation(f"Organisation {n:02}", kind["type"], int(code), tuple(kind["phases"]), size)
        for n, (kind, code, size) in enumerate(zip(kinds, codes, sizes.tolist(), strict=True), 1)
    ]


# --- who answers when ---------------------------------------------------------------------

_PATTERNS: dict[str, tuple[str, ...]] = {
    "pairs_wave_1": ("w1_baseline", "w1_follow_up"),
    "pairs_and_later": ("w1_baseline", "w1_follow_up", "w2_follow_up"),
    "pairs_wave_2": ("w2_baseline", "w2_follow_up"),
    "baseline_wave_1": ("w1_baseline",),
    "baseline_wave_2": ("w2_baseline",),
    "follow_ups_only": ("w1_follow_up", "w2_follow_up"),
    "follow_up_wave_1": ("w1_follow_up",),
    "follow_up_wave_2": ("w2_follow_up",),
}


def pattern_counts(flow: Mapping[str, int]) -> dict[str, int]:
    """How many respondents answered at which occasions, from the report's totals.

    The report prints rows per occasion and matched pairs. The split of the pairs over
    the waves and the respondents with two follow-ups but no baseline are chosen in the
    targets; the rest is what is left.
    """
    later, both = flow["pairs_and_later"], flow["follow_ups_only"]
    first, second = flow["pairs_wave_1"], flow["matched"] - flow["pairs_wave_1"]
    return {
        "pairs_wave_1": first - later,
        "pairs_and_later": later,
        "pairs_wave_2": second,
        "baseline_wave_1": flow["w1_baseline"] - first,
        "baseline_wave_2": flow["w2_baseline"] - second,
        "follow_ups_only": both,
        "follow_up_wave_1": flow["w1_follow_up"] - first - both,
        "follow_up_wave_2": flow["w2_follow_up"] - second - later - both,
    }


def make_people(
    phase: str, targets: Mapping[str, Any], organisations: list[Organisation], seed: int
) -> People:
    """Respondents of one questionnaire version, with every count that the report prints."""
    counts = pattern_counts(targets["flow"][phase])
    pattern = np.array([name for name, count in counts.items() for _ in range(count)])
    answered = {
        occasion: np.isin(pattern, [name for name, at in _PATTERNS.items() if occasion in at])
        for occasion in ("w1_baseline", "w1_follow_up", "w2_baseline", "w2_follow_up")
    }
    matched = np.isin(pattern, ["pairs_wave_1", "pairs_and_later", "pairs_wave_2"])
    organisation = _place(phase, pattern, organisations, seed)
    rng = stream(seed, phase, "people")
    participant, mentor, role = _roles(phase, targets, pattern, answered, organisation, seed)
    return People(
        phase=phase,
        ids=_ids(organisation, organisations, stream(seed, phase, "ids"), phase),
        organisation=organisation,
        answered=answered,
        role=role,
        matched=matched,
        second_wave=pattern == "pairs_wave_2",
        later=pattern == "pairs_and_later",
        participant=participant,
        mentor=mentor,
        wellbeing=bell(rng, len(pattern)),
        carelessness=bell(rng, len(pattern)),
        year=_years(targets["years"][phase], pattern, organisation, organisations, rng),
        gender=_genders(rng, len(pattern)),
    )


def _place(
    phase: str, pattern: np.ndarray[Any, Any], organisations: list[Organisation], seed: int
) -> Integers:
    """Organisation of each respondent: larger ones give more, and some never follow up."""
    rng = stream(seed, phase, "places")
    members = [n for n, one in enumerate(organisations) if phase in one.phases]
    size = np.array([organisations[n].size for n in members])
    effort = 0.3 + rng.random(len(members))
    # One in ten gave the baseline and no more.
    effort[order(rng.random(len(members)))[: len(members) // 10]] = 0.0
    wave_two = rng.random(len(members)) < 0.6
    placed = np.zeros(len(pattern), dtype=np.int64)
    for name in _PATTERNS:
        weight = size if name == "baseline_wave_1" else size * effort
        if "wave_2" in name or name in ("pairs_and_later", "follow_ups_only"):
            weight = np.where(wave_two, weight, 0.0)
        where = np.flatnonzero(pattern == name)
        dealt = deal(share_out(weight, len(where)), rng)
        placed[where] = np.array(members)[dealt]
    return placed


def _ids(
    organisation: Integers, organisations: list[Organisation], rng: np.random.Generator, phase: str
) -> tuple[str, ...]:
    """Ids as a platform hands them out: project, organisation code, number; text, not numbers."""
    # Odd numbers for one version and even for the other: an organisation may use both.
    parity = 1 if phase == "primary" else 0
    taken: dict[int, list[int]] = {}
    for place in sorted({int(p) for p in organisation}):
        size = int((organisation == place).sum())
        numbers = shuffled(rng, np.arange(1, 2 * size + 30))[:size]
        taken[place] = [int(2 * n - parity) for n in numbers]
    return tuple(
        f"PS-{organisations[int(p)].code:04}-{taken[int(p)].pop():04}" for p in organisation
    )


def _years(
    span: list[int],
    pattern: np.ndarray[Any, Any],
    organisation: Integers,
    organisations: list[Organisation],
    rng: np.random.Generator,
) -> Integers:
    """School year at the respondent's first occasion."""
    low = np.full(len(pattern), span[0])
    high = np.full(len(pattern), span[1])
    kinds = np.array([organisations[int(place)].kind for place in organisation])
    low[kinds == "College"] = 12
    high[(kinds == "Secondary school") & (rng.random(len(pattern)) < 0.9)] = 10
    # Who answered the same version again after the summer cannot have been in its last year.
    again = np.isin(pattern, ["pairs_and_later", "follow_ups_only"])
    high[again] = np.maximum(high[again] - 1, low[again])
    years: Integers = low + np.floor(rng.random(len(pattern)) * (high - low + 1)).astype(np.int64)
    return years


def _genders(rng: np.random.Generator, size: int) -> tuple[str, ...]:
    edges = np.array([0.53, 0.96, 0.98])
    labels = ("Female", "Male", "Other", "Prefer not to say")
    return tuple(labels[int(n)] for n in np.searchsorted(edges, rng.random(size), side="right"))


# --- roles --------------------------------------------------------------------------------


def _roles(
    phase: str,
    targets: Mapping[str, Any],
    pattern: np.ndarray[Any, Any],
    answered: Mapping[str, Flags],
    organisation: Integers,
    seed: int,
) -> tuple[Flags, Flags, dict[str, Integers]]:
    """Participants, mentors (mentor or both), and the role given at each follow-up."""
    rng = stream(seed, phase, "roles")
    wanted = targets["roles"][phase]
    matched = np.isin(pattern, ["pairs_wave_1", "pairs_and_later", "pairs_wave_2"])
    # Some organisations drew nearly all of the cohort in, others few.
    keen = mix(
        (0.25, bell(rng, int(organisation.max()) + 1)[organisation]),
        (0.75, bell(rng, len(pattern))),
    )
    first = np.full(len(pattern), NEITHER)
    everyone = np.flatnonzero(matched)
    for members, counts in (
        (everyone, wanted),
        (np.flatnonzero(~matched), _scaled(wanted, int((~matched).sum()))),
    ):
        n_taking_part = counts["mentor"] + counts["mentee"] + counts["both"]
        part = shuffled(rng, highest(keen, members, n_taking_part))
        first[part] = np.repeat(
            [ROLES.index(role) for role in ("mentor", "mentee", "both")],
            [counts["mentor"], counts["mentee"], counts["both"]],
        )
    role = {}
    for occasion in ("w1_follow_up", "w2_follow_up"):
        given = np.where(answered[occasion], first, NO_ROLE)
        given[~matched & (rng.random(len(pattern)) < 0.1)] = NO_ROLE
        role[occasion] = given
    _change_some_roles(role["w2_follow_up"], np.flatnonzero(pattern == "pairs_and_later"), rng)
    participant = np.isin(first, [0, 1, 2])
    return participant, np.isin(first, [0, 2]), role


def _scaled(counts: Mapping[str, int], total: int) -> dict[str, int]:
    return dict(zip(counts, share_out(list(counts.values()), total), strict=True))


def _change_some_roles(role: Integers, members: Integers, rng: np.random.Generator) -> None:
    """By the second follow-up some who had not taken part have joined, and some mentees mentor."""
    for old, new, share in ((NEITHER, 1, 0.15), (1, 2, 0.1), (0, 2, 0.08)):
        had = members[role[members] == old]
        role[had[rng.random(len(had)) < share]] = new
