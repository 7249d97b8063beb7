"""Near misses planted in a large survey of strangers are found, and nothing else."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from peereval.near_misses import NearMisses, find_near_misses
from peereval.pipeline import match_study
from peereval.studies import Study
from support.studies import MOOD, make_study
from support.tables import Row

SCHOOLS = [f"school {n}" for n in range(60)]
LETTERS = "ACDEFHJKMNPRTUVWXY"  # none that looks like a digit
EACH = 8


def plain_id(rng: random.Random) -> str:
    """Two letters and seven digits, all neighbours different: no edit makes another kind."""
    digits = [rng.choice("3479")]
    while len(digits) < 7:
        digits.append(rng.choice([d for d in "0123456789" if d != digits[-1]]))
    return "".join(rng.sample(LETTERS, 2) + digits)


def at_a_digit(name: str, rng: random.Random) -> int:
    return rng.randrange(3, 8)


def swap(name: str, rng: random.Random) -> str:
    place = at_a_digit(name, rng)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def replace(name: str, rng: random.Random) -> str:
    place = at_a_digit(name, rng)
    return name[:place] + rng.choice([d for d in "3479" if d != name[place]]) + name[place + 1 :]


def look_alike(name: str, rng: random.Random) -> str:
    alike = {"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z", "6": "G"}
    places = [n for n, character in enumerate(name) if character in alike]
    some = rng.sample(places, rng.randint(1, len(places))) if places else []
    return "".join(alike[c] if n in some else c for n, c in enumerate(name))


def double(name: str, rng: random.Random) -> str:
    place = at_a_digit(name, rng)
    return name[:place] + name[place] + name[place:]


def drop(name: str, rng: random.Random) -> str:
    place = at_a_digit(name, rng)
    return name[:place] + name[place + 1 :]


def add(name: str, rng: random.Random) -> str:
    place = at_a_digit(name, rng)
    other = [d for d in "3479" if d not in name[place - 1 : place + 1]]
    return name[:place] + rng.choice(other) + name[place:]


def begin_otherwise(name: str, rng: random.Random) -> str:
    return "".join(rng.sample([c for c in LETTERS if c not in name], 2)) + name[2:]


def begin_with_zeros(name: str, rng: random.Random) -> str:
    return name[:2] + "0" * rng.randint(1, 3) + name[2:]


def separate(name: str, _: random.Random) -> str:
    return f"{name[:2]}-{name[2:]}"


def widen(name: str, _: random.Random) -> str:
    return name[:-1] + chr(ord(name[-1]) + 0xFEE0)


#: Kind -> what makes it of an id.
ERRORS: dict[str, Callable[[str, random.Random], str]] = {
    "swapped_neighbours": swap,
    "one_character": replace,
    "lookalike": look_alike,
    "repeated_character": double,
    "dropped_character": drop,
    "added_character": add,
    "wrong_prefix": begin_otherwise,
    "dropped_zero": begin_with_zeros,
    "spacing": separate,
    "unusual_characters": widen,
    "case": lambda name, _: name.lower(),
}


@dataclass
class Planted:
    """Rows of a survey, and the near misses that it holds: earlier id, later id, kind."""

    rows: list[Row] = field(default_factory=list)
    pairs: set[tuple[str, str, str]] = field(default_factory=set)
    n_duplicates: int = 0

    def add(self, name: str, when: str, school: str) -> None:
        self.rows.append({"id": name, "when": when, "school": school, "mood": "5"})


def plant(seed: int) -> Planted:
    rng = random.Random(seed)
    made: set[str] = set()

    def fresh() -> str:
        while (name := plain_id(rng)) in made:
            pass
        made.add(name)
        return name

    survey = Planted()
    for school in SCHOOLS:
        for _ in range(25):  # found at both occasions
            name = fresh()
            survey.add(name, "b1", school)
            survey.add(name, "f1", school)
        for when in ("b1", "f1"):
            for _ in range(15):  # strangers
                survey.add(fresh(), when, school)
    for kind, spoil in ERRORS.items():
        for _ in range(EACH):
            name, school = fresh(), rng.choice(SCHOOLS)
            wrong = name
            while wrong == name:
                name = name if kind != "lookalike" else fresh()
                wrong = spoil(name, rng)
            survey.add(name, "b1", school)
            survey.add(wrong, "f1", school)
            survey.pairs.add((name, wrong, kind))
    for _ in range(EACH):  # alike, but in another school
        name = fresh()
        one, other = rng.sample(SCHOOLS, 2)
        survey.add(name, "b1", one)
        survey.add(replace(name, rng), "f1", other)
    for row in rng.sample(survey.rows, 200):  # second sheets
        survey.rows.append(dict(row))
        survey.n_duplicates += 1
    rng.shuffle(survey.rows)
    return survey


def search(folder: Path, survey: Planted) -> tuple[NearMisses, Study, int]:
    study = make_study(
        folder,
        survey.rows,
        MOOD,
        columns={"respondent": "id", "organisation": "school"},
        groups=[],
        matching={"normalise": ["trim"]},
    )
    tables = match_study(study).tables
    scores, ledger = tables["scores"], tables["ledger"]
    n_duplicates = int((ledger["status"] == "duplicate").sum())
    return find_near_misses(scores, ledger, scores.select([]), study), study, n_duplicates


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_planted_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    survey = plant(seed)
    found, _, n_duplicates = search(tmp_path, survey)
    got = found.table.select("before_id", "after_id", "kind").rows()
    assert len(survey.pairs) == EACH * len(ERRORS)
    assert set(got) == survey.pairs
    assert len(got) == len(survey.pairs)
    assert found.table["suggested"].all()
    assert found.n_unlisted == 0
    assert n_duplicates == survey.n_duplicates == 200
