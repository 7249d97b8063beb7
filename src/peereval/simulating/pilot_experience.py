"""What the pupils of the synthetic pilot say of it: the survey tables of its study file.

The targets say how many of a group give each answer; who does is drawn, more or less alike
within an organisation. A pupil is asked at the first follow-up at which the question concerns
them, or at each, as the study counts them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from msgspec import Struct

from peereval.simulating.pilot_draws import Floats, Integers, bell, highest, mix, shuffled, stream
from peereval.simulating.pilot_people import ROLES, People

FOLLOW_UPS = ("w1_follow_up", "w2_follow_up")

#: Occasion -> column -> cell of each person.
Sheets = dict[str, dict[str, list[str]]]


class _Asked(Struct, frozen=True):
    """One question of a table, in one questionnaire version: its column and answers."""

    id: str
    column: str
    options: Mapping[str, str]
    exclusive: frozenset[str]
    each_time: bool


class _Members(Struct, frozen=True):
    """Who may answer a question: a person, and at which follow-up."""

    person: Integers
    follow_up: Integers


def draw_experience(
    people: People, study: Mapping[str, Any], targets: Mapping[str, Any], seed: int
) -> Sheets:
    """Cells of all tables of one questionnaire version, blank where nothing was answered.

    ``targets``: question -> group -> how many give each answer.
    """
    sheets: Sheets = {occasion: {} for occasion in FOLLOW_UPS}
    place = [phase["id"] for phase in study["phases"]].index(people.phase)
    roles = {group["id"]: group["roles"] for group in study["groups"]}
    for asked in _questions(study, place):
        if asked.id not in targets:
            continue
        cells = [[""] * len(people) for _ in FOLLOW_UPS]
        wanted = {name: counts for name, counts in targets[asked.id].items() if name in roles}
        groups = {name: [ROLES.index(role) for role in roles[name]] for name in wanted}
        for name, members in _members(people, groups, asked.each_time).items():
            for person, follow_up, cell in _answers(
                people, asked, members, targets[asked.id], wanted[name], (seed, name)
            ):
                cells[follow_up][person] = cell
        for occasion, column in zip(FOLLOW_UPS, cells, strict=True):
            sheets[occasion][asked.column] = column
    return sheets


def _questions(study: Mapping[str, Any], place: int) -> Iterator[_Asked]:
    """Questions of all tables; of a column that is called differently, the name at ``place``."""
    for table in study["tables"]:
        pools = study["pooled_occasions"]
        each_time = any(
            pools[name].get("respondents") == "each_time" for name in table["occasions"]
        )
        named = {table["id"]: table.get("column")}
        named = {f"{table['id']}_{i}": c for i, c in table.get("items", {}).items()} or named
        exclusive = frozenset(table.get("exclusive", ()))
        for name, columns in named.items():
            column = columns[place] if isinstance(columns, list) else columns
            yield _Asked(name, column, table["options"], exclusive, each_time)


def _members(
    people: People, groups: Mapping[str, list[int]], each_time: bool
) -> dict[str, _Members]:
    """Of each group those who are asked: at their first follow-up in any of them, or at each."""
    concerned = [role for roles in groups.values() for role in roles]
    at = np.stack([np.isin(people.role[occasion], concerned) for occasion in FOLLOW_UPS])
    if not each_time:
        at[1] &= ~at[0]
    follow_up, person = np.nonzero(at)
    role = np.stack([people.role[occasion] for occasion in FOLLOW_UPS])[follow_up, person]
    return {
        name: _Members(person[np.isin(role, roles)], follow_up[np.isin(role, roles)])
        for name, roles in groups.items()
    }


def _answers(
    people: People,
    asked: _Asked,
    members: _Members,
    target: Mapping[str, Any],
    counts: list[int] | Mapping[str, int],
    draw: tuple[int, str],
) -> Iterator[tuple[int, int, str]]:
    """Who answers, when, and the cell: the careful answer, the contented the first options.

    ``draw``: the seed and the group.
    """
    (seed, group), size = draw, len(members.person)
    rng = stream(seed, people.phase, "experience", asked.id, group)
    careful = mix((0.6, -people.carelessness[members.person]), (0.4, bell(rng, size)))
    content = bell(stream(seed, people.phase, "experience"), len(people))[members.person]
    shared = bell(rng, int(people.organisation.max()) + 1)[people.organisation[members.person]]
    alike = target["alike"]
    lean = mix(
        (alike, shared),
        (0.15 * (1 - alike), people.wellbeing[members.person]),
        (0.4 * (1 - alike), content),
        (0.45 * (1 - alike), bell(rng, size)),
    )
    base = counts["base"] if isinstance(counts, Mapping) else sum(counts)
    who = np.sort(highest(careful, np.arange(size), base))
    if len(who) < base:
        raise RuntimeError(f"{asked.id}: {base} answers of {size} pupils")
    if isinstance(counts, Mapping):
        texts = _several(asked, counts, target.get("most", 0), shared[who], rng)
    else:
        texts = _one(asked, counts, lean[who])
    for position, cell in zip(who, texts, strict=True):
        yield int(members.person[position]), int(members.follow_up[position]), cell


def _one(asked: _Asked, counts: list[int], lean: Floats) -> list[str]:
    """One answer each, the first options to those who lean to them."""
    ranked = highest(lean, np.arange(len(lean)), len(lean))
    texts = np.repeat(np.array(list(asked.options.values()), dtype=object), counts)
    cells = [""] * len(lean)
    for position, text in zip(ranked, texts, strict=True):
        cells[int(position)] = str(text)
    return cells


def _several(
    asked: _Asked, counts: Mapping[str, int], most: int, shared: Floats, rng: np.random.Generator
) -> list[str]:
    """So many choose each option, everybody one at least, and exclusive options alone.

    With ``most`` nobody chooses more than that: who has chosen least is next.
    """
    n = len(shared)
    chosen = {option: np.zeros(n, dtype=bool) for option in asked.options}
    free = shuffled(rng, np.arange(n))
    for option in sorted(asked.exclusive):
        alone, free = np.split(free, [counts[option]])
        chosen[option][alone] = True
    load = np.zeros(n)
    left = sum(counts[option] for option in chosen if option not in asked.exclusive)
    for option in (name for name in chosen if name not in asked.exclusive):
        left -= counts[option]
        bare = shuffled(rng, free[load[free] == 0])
        keys = rng.random(n) + 0.1 * shared - (load if most else 0.0)
        # While answers are left for all, anybody; then those without an answer first.
        keys[bare[: max(len(bare) - left, 0)]] += 10.0
        takers = highest(keys, free, counts[option])
        chosen[option][takers] = True
        load[takers] += 1
    if most and load.max() > most:
        raise RuntimeError(f"{asked.id}: somebody chose more than {most}")
    return [
        ";".join(text for option, text in asked.options.items() if chosen[option][position])
        for position in range(n)
    ]
