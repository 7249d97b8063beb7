"""Random surveys: small messy ones to be accounted for, larger ones to estimate from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from peereval.studies import DUPLICATES, ID_SCOPES, POOLING, Study
from support.by_hand import Rules
from support.studies import (
    FIVE,
    MEDIUM,
    OCCASIONS,
    SHORT,
    TEN,
    Table,
    band_levels,
    make_scale,
    make_study,
    write_toml,
)
from support.tables import Row

PHASES = ("young", "old")
ROLES = ("mentor", "mentee", "both", "neither")
CONTRAST = {"treated": "helped", "control": "others"}

_TERM = {"Every week": 12.67, "Once": 1, "Never": 0}
_YES_NO = {"Yes": 1, "No": 0}
_CONTACT = {"Every week": 2, "Once": 1, "Never": 0}

BANDS = [{"id": "bands", "score": "total", "levels": band_levels(low=0, middle=4, high=7)}]
MOOD = make_scale("mood", "mood", bands=BANDS)
CALM = make_scale("calm", "calm")
#: One answer may be missing, and one item is reversed.
TRUST = make_scale(
    "trust",
    "t1 t2- t3",
    {"id": "mean", "rule": "mean", "of": ["t1", "t2", "t3"], "range": [0, 4], "min_answered": 2},
    {"id": "sum", "rule": "sum", "of": ["t1", "t2", "t3"], "range": [0, 12]},
    labels=FIVE,
)


def make_survey(
    folder: Path,
    exports: Sequence[Row] | Mapping[str, Sequence[Row]],
    *scales: Table,
    gp_phases: Sequence[str] = PHASES,
    **settings: Any,
) -> Study:
    """A study with everything in it: phases, waves, contrast, bands, questions, costs."""
    words = dict.fromkeys(("unit", "source", "licence", "status"), "made up") | {
        "price_year": "2017"
    }
    costs = [
        {"id": name, "value": value, **words} for name, value in (("nurse", 54.49), ("gp", 38))
    ]
    write_toml(
        folder / "costs.toml", {"format": 1, "id": "prices", "currency": "GBP", "unit_costs": costs}
    )
    contact = {"kind": "contact", "frequencies": "term"}
    defaults = {
        "phases": PHASES,
        "comparisons": [SHORT, {**MEDIUM, "phases": ["young"]}],
        "contrast": CONTRAST,
        "bands": ["mood_bands"],
        "frequencies": {"term": _TERM},
        "questions": [
            {"id": "help", "kind": "yes_no", "columns": "help", "better": "higher"},
            {"id": "nurse", "columns": "nurse", "unit_cost": "nurse", **contact},
            {"id": "gp", "columns": "gp", "unit_cost": "gp", "phases": list(gp_phases), **contact},
        ],
        "costs": {"unit_costs": "costs.toml", "group": "helped"},
    }
    return make_study(folder, exports, *(scales or (MOOD, CALM)), **(defaults | settings))


# --- small and messy ------------------------------------------------------------------------

#: What the cells of the messy survey mean; anything else means nothing.
CODES = {"mood": TEN, "calm": TEN, "help": _YES_NO, "nurse": _CONTACT, "gp": _CONTACT}

#: Most cells mean something, and few respondents share many rows: else little would meet.
#: Text about contacts that is no label ends the run where it is there twice (ANS010).
_STRANGE = {"nurse": "99", "gp": "99"}
_ANSWERS = {
    name: [*(list(codes) * 3)[:9], "", "", "99", _STRANGE.get(name, "None")]
    for name, codes in CODES.items()
}
_CELLS = {
    "id": [*"aaaaabb", "A", " a", "Nona", "", "", " "],
    "school": ["north", "north", "north", "south", "NA", ""],
    "role": [*ROLES, "", "teacher"],
    "when": list(OCCASIONS),
    "version": ["young", "young", "young", "old"],
    "year": ["Year 5", "Year 5", "Year 6", "Year 8", ""],
    "day": ["2018-04-01", "2018-04-01", "2018-07-02", "2017-12-24", ""],
    "state": [*[""] * 7, "void"],
    **_ANSWERS,
}
_COLUMNS = {
    "respondent": "id",
    "organisation": "school",
    "role": "role",
    "date": "day",
    "characteristics": {"year_group": "year"},
}


@dataclass(frozen=True)
class Messy:
    """Rows with blank ids, second sheets, contradictions; and how they are to be matched."""

    rows: list[Row]
    comparisons: list[Table]
    calm_phases: tuple[str, ...]
    gp_phases: tuple[str, ...]
    matching: dict[str, str]
    conflicts: dict[str, str]

    @property
    def rules(self) -> Rules:
        """The same for matching by hand."""
        return Rules(
            {
                comparison["id"]: (
                    [(one, two) for one, two in comparison["pairs"]],
                    comparison.get("phases", PHASES),
                )
                for comparison in self.comparisons
            },
            dict.fromkeys(CODES, PHASES) | {"calm": self.calm_phases, "gp": self.gp_phases},
            **self.matching,
            dropped=frozenset(kind for kind, done in self.conflicts.items() if done == "drop"),
        )

    def study(self, folder: Path, **settings: Any) -> Study:
        """The survey as a study in ``folder``; ``settings`` as of `make_survey`."""
        outcomes = {
            phase: ["mood_total", "calm_total"] if phase in self.calm_phases else ["mood_total"]
            for phase in PHASES
        }
        return make_survey(
            folder,
            self.rows,
            outcomes=outcomes,
            gp_phases=self.gp_phases,
            comparisons=self.comparisons,
            matching=self.matching,
            conflicts=self.conflicts,
            columns=_COLUMNS,
            exclude=[{"column": "state", "values": ["void"], "reason": "not a pupil"}],
            **settings,
        )


_CHAIN = {"id": "chain", "pairs": [["b1", "f1"], ["f1", "b2"]]}


def _chosen_rows() -> st.SearchStrategy[list[Row]]:
    """Few rows, cell by cell: what is found in them is made small by hypothesis."""
    row = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in _CELLS.items()})
    return st.lists(row, min_size=1, max_size=8)


@st.composite
def _thrown_rows(draw: st.DrawFn) -> list[Row]:
    """More rows, all cells by chance: they meet in ways that nobody chooses."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    thrown = [
        {name: texts[rng.integers(len(texts))] for name, texts in _CELLS.items()} for _ in range(30)
    ]
    return thrown[: draw(st.integers(4, 30))]


@st.composite
def messy_surveys(draw: st.DrawFn) -> Messy:
    """Surveys of a few rows in which everything goes wrong that can."""
    rows = draw(st.one_of(_thrown_rows(), _thrown_rows(), _chosen_rows()))
    known = [SHORT, {**SHORT, "phases": ["young"]}, MEDIUM, {**MEDIUM, "phases": ["old"]}, _CHAIN]
    chosen = draw(
        st.lists(st.sampled_from(known), min_size=1, max_size=3, unique_by=lambda c: c["id"])
    )
    choices = {
        "duplicates": [policy for policy in DUPLICATES if policy != "error"],
        "pooling": POOLING,
        "id_scope": ID_SCOPES,
    }
    matching = {name: draw(st.sampled_from(words)) for name, words in choices.items()}
    asked = st.sampled_from([PHASES, PHASES, ("young",), ("old",)])
    kinds = ("organisation", "year_group", "dates")
    conflicts = {kind: draw(st.sampled_from(["keep", "keep", "drop"])) for kind in kinds}
    return Messy(rows, chosen, draw(asked), draw(asked), matching, conflicts)


# --- large enough to estimate from ----------------------------------------------------------


@dataclass(frozen=True)
class Chances:
    """How often something happens to an answer sheet or an answer."""

    absent: float = 0.15
    blank: float = 0.08
    twice: float = 0.1
    highest: int = 10


def draw_survey(
    seed: int, respondents: int = 48, organisations: int = 7, chances: Chances | None = None
) -> list[Row]:
    """Answer sheets of both phases and waves, with unmatched, incomplete and second ones.

    A second sheet is always the less complete one, so that no choice hangs on position.
    """
    rng = np.random.default_rng(seed)
    chances = chances or Chances()
    rows: list[Row] = []
    for number in range(respondents):
        school = int(rng.integers(organisations))
        person = {
            "id": f"k{number}",
            "school": f"s{school}",
            "role": str(rng.choice(ROLES, p=[0.2, 0.3, 0.1, 0.4])),
            "version": str(rng.choice(PHASES, p=[0.7, 0.3])),
        }
        level = rng.normal(5 + 0.3 * school, 2)
        for turn, occasion in enumerate(OCCASIONS):
            if rng.random() < chances.absent:
                continue
            row = person | {"when": occasion} | _answers(rng, level + 0.4 * turn, chances)
            rows.append(row)
            if rng.random() < chances.twice:
                rows.append(row | dict.fromkeys(("mood", "help", "nurse", "gp", "t1"), ""))
    return rows


def _answers(rng: np.random.Generator, level: float, chances: Chances) -> Row:
    def number(highest: int) -> str:
        return str(int(np.clip(rng.normal(level * highest / 10, 0.25 * highest), 0, highest)))

    cells = {name: number(min(10, chances.highest)) for name in ("mood", "calm")}
    cells |= {name: number(min(4, chances.highest)) for name in ("t1", "t2", "t3")}
    cells |= {"help": str(rng.choice(["Yes", "No"]))}
    cells |= {name: str(rng.choice(list(_TERM), p=[0.2, 0.4, 0.4])) for name in ("nurse", "gp")}
    # The first always has an answer: a second sheet, which has not, is then less complete.
    return {
        name: cell if name == "mood" or rng.random() > chances.blank else ""
        for name, cell in cells.items()
    }
