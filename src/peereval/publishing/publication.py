"""The frozen record that every renderer reads: names, settings and released results.

It is written as `results.json` and read back by `peereval report`, so it holds plain values only.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from peereval.publishing.economics import Economics
from peereval.studies import Protection


class Named(msgspec.Struct, frozen=True):
    """Something with a name for machines and one for people."""

    id: str
    title: str


class Occasions(msgspec.Struct, frozen=True):
    """A comparison: its pairs of occasions by title, before and after, and its phases."""

    id: str
    title: str
    pairs: tuple[tuple[str, str], ...]
    phases: tuple[str, ...]


class Group(msgspec.Struct, frozen=True):
    """A group of respondents; ``only`` limits the analyses that show it."""

    id: str
    title: str
    only: tuple[str, ...] = ()


class PhaseOutcomes(msgspec.Struct, frozen=True):
    """A questionnaire version: the scores and band systems that are analysed for it, in order."""

    id: str
    title: str
    outcomes: tuple[str, ...]
    bands: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What is compared: ``kind`` is ``score``, ``bands``, ``contact`` or ``yes_no``.

    ``scale`` and ``citation`` are of its instrument; ``levels`` names the bands or frequency
    labels in order; ``low`` and ``high`` are the ends of a score's range; ``costed`` says whether
    its contacts have a unit cost; ``groups`` are those it is shown for (empty: all).
    """

    id: str
    title: str
    kind: str
    unit: str = ""
    better: str = ""
    scale: str = ""
    citation: str = ""
    levels: tuple[Named, ...] = ()
    low: float | None = None
    high: float | None = None
    costed: bool = False
    groups: tuple[str, ...] = ()
    score: str = ""
    doi: str = ""


class Question(msgspec.Struct, frozen=True):
    """A survey table: its answers in order, its nets, and the columns it is broken down by."""

    id: str
    title: str
    kind: str
    asked: tuple[Named, ...]
    options: tuple[Named, ...]
    nets: tuple[Named, ...]
    phases: tuple[str, ...]
    occasions: tuple[str, ...]
    comparisons: tuple[str, ...]
    breakdowns: Mapping[str, tuple[Named, ...]]

    @property
    def lines(self) -> tuple[Named, ...]:
        """Its answers, then its nets; a net under the name of an answer would say it twice."""
        answers = {each.title for each in self.options}
        return (*self.options, *(net for net in self.nets if net.title not in answers))

    @property
    def several(self) -> bool:
        """Whether a respondent may be in several rows, so that these do not add up to all."""
        return self.kind in ("multi", "themes")


class Suppressed(msgspec.Struct, frozen=True):
    """How many results one rule of disclosure control kept back."""

    rule: str
    meaning: str
    n: int


class Publication(msgspec.Struct, frozen=True, dict=True):
    """Everything a report is made of. ``results`` is `peereval.columns.RELEASED`, one row each.

    ``claims`` is `peereval.columns.CLAIMS`; ``run`` is what may be told of the record of the run
    (see `peereval.publishing.record`); ``headlines`` gives method and estimand of the headline of
    ``paired`` and ``did``; ``contrast`` is the treated and the control group, or empty;
    ``scenarios`` are of costs; ``characteristics`` are those of respondents; ``pooled`` are
    occasions taken together; ``spent_on`` are the lines of what the programme cost; ``sections``
    and ``formats`` are those that the study asks for, in order (empty: all sections, and the usual
    formats); ``economics`` is what a study with costs declares about them.
    """

    study: Named
    version: str
    language: str
    protection: Protection
    suppressed: tuple[Suppressed, ...]
    phases: tuple[PhaseOutcomes, ...]
    occasions: tuple[Named, ...]
    comparisons: tuple[Occasions, ...]
    groups: tuple[Group, ...]
    contrast: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    questions: tuple[Question, ...]
    headlines: Mapping[str, tuple[str, str]]
    ci_level: float
    smallest_effect: float
    currency: str
    cost_group: str
    results: pl.DataFrame
    claims: pl.DataFrame
    run: Mapping[str, Any]
    scenarios: tuple[Named, ...] = ()
    sections: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    economics: Economics | None = None
    pooled: tuple[Named, ...] = ()
    spent_on: tuple[Named, ...] = ()
    characteristics: tuple[Named, ...] = ()

    def rows(self) -> "dict[str, dict[str, Any]]":
        """Results by `estimate_id`; asking for one that is not there is a `KeyError`."""
        return self._rows

    def rows_at(
        self, phase: str, comparison: str, group: str, outcome: str
    ) -> list[dict[str, Any]]:
        """Every row of one outcome of one group, in the order of the results."""
        return self._places.get((phase, comparison, group, outcome), [])

    @cached_property
    def _places(self) -> "dict[tuple[str, str, str, str], list[dict[str, Any]]]":
        found: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
        for row in self._rows.values():
            place = (row["phase"], row["comparison"], row["group"], row["outcome"])
            found.setdefault(place, []).append(row)
        return found

    @cached_property
    def _rows(self) -> "dict[str, dict[str, Any]]":
        return {row["estimate_id"]: row for row in self.results.iter_rows(named=True)}

    def title_of(self, name: str) -> str:
        """Title of a phase, comparison, group, outcome or characteristic by its id, else the id."""
        if name in self.outcomes:
            return self.outcomes[name].title
        titles = {each.id: each.title for each in self.characteristics}
        titles |= {each.id: each.title for each in (*self.pooled, *self.occasions)}
        titles |= {each.id: each.title for each in self.groups}
        titles |= {each.id: each.title for each in self.comparisons}
        titles |= {each.id: each.title for each in self.phases}
        return titles.get(name, name)
