"""What sections are made of: released results by their id, under names that people know."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.composing.model import Cell, Run
from peereval.disclosure import rounded_to
from peereval.judging import HEADLINES
from peereval.numbers import SYMBOLS, digits_of, text_of
from peereval.publishing import Group, Occasions, Outcome, PhaseOutcomes, Publication
from peereval.significance import alpha_of
from peereval.studies import ALL
from peereval.wording import Words

Row = Mapping[str, Any]


class Place(Struct, frozen=True):
    """What a number is of: the words that its rows have in common."""

    phase: str = ""
    comparison: str = ""
    group: str = ""
    outcome: str = ""
    level: str = ""

    def at(self, **words: str) -> "Place":
        """The same place but for some words."""
        return replace(self, **words)


class Content(Struct, frozen=True, dict=True):
    """A publication and the words for it. A row that is asked for and not there is an error."""

    publication: Publication
    words: Words

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """Released results by `estimate_id`."""
        return self.publication.rows()

    def find(self, analysis: str, method: str, estimand: str, place: Place) -> Row | None:
        """A row that need not be there: not every study has every analysis."""
        words = (analysis, method, place.phase, place.comparison, place.group, place.outcome,
                 place.level, estimand)  # fmt: skip
        # As `estimate_id` names a row: a page asks for thousands, so without a mapping each.
        return self.rows.get(".".join(filter(None, words)))

    def row(self, analysis: str, method: str, estimand: str, place: Place) -> Row:
        """A row that must be there. Raises ``KeyError`` with what was asked for."""
        found = self.find(analysis, method, estimand, place)
        if found is None:
            raise KeyError(f"no row of results: {analysis}, {method}, {estimand}, {place}")
        return found

    def of(self, **words: str) -> Iterator[Row]:
        """Every row with these words, in the order of the results."""
        yield from self.publication.results.filter(**words).iter_rows(named=True)

    def headline(self, analysis: str, place: Place) -> Row | None:
        """The declared row, or the plain one where only that has a number.

        None where the study does not compute either.
        """
        ways = (self.publication.headlines[analysis], HEADLINES[analysis])
        wanted, plain = (self.find(analysis, *way, place) for way in ways)
        if wanted is None:
            return plain
        stands_in = wanted["status"] == "not_estimable" and plain and plain["status"] == "ok"
        return plain if stands_in else wanted

    @cached_property
    def organisations(self) -> int:
        """Of how many organisations respondents are; 0 where the study does not tell them apart."""
        most = self.publication.results["n_organisations"].max()
        return most if isinstance(most, int) else 0

    def ran(self, analysis: str) -> Iterator[str]:
        """Methods of an analysis that gave anything, shown or kept back."""
        rows = self.publication.results.filter(
            pl.col("status") != "not_estimable", analysis=analysis
        )
        yield from rows["method"].unique(maintain_order=True)

    # --- numbers --------------------------------------------------------------------------

    def cell(self, row: Row | None, style: str, field: str = "estimate", reading: str = "") -> Cell:
        """A number of a row as a cell; without one, the shorthand that says why."""
        if row is None:
            return Cell("[z]", marker="z")
        value, name, style = row[field], row["estimate_id"], as_rounded(row, style)
        if value is None:
            marker = why_blank(row)
            return Cell(f"[{marker}]", None, name, field, marker)
        text = text_of(value, style, self.publication.currency)
        marker = "u" if row["marker"] == "u" and field == "estimate" else ""
        shown = f"{text} [u]" if marker else text
        return Cell(shown, float(value), name, field, marker, reading, digits_of(style))

    def number(self, row: Row, style: str, field: str = "estimate") -> Run:
        """A number of a row in running text."""
        cell = self.cell(row, style, field)
        return Run(cell.text.removesuffix(" [u]"), row["estimate_id"], field)

    @property
    def symbol(self) -> str:
        """What stands before an amount of money."""
        currency = self.publication.currency
        return SYMBOLS.get(currency, currency)

    # --- names ----------------------------------------------------------------------------

    @property
    def alpha(self) -> float:
        """Below this a p value counts."""
        return alpha_of(self.publication.ci_level)

    @property
    def level(self) -> str:
        """Level of the intervals, such as 95%."""
        return f"{100 * self.publication.ci_level:.0f}%"

    @property
    def contrast(self) -> str:
        """The group of rows of the contrast; empty where the study has none."""
        return "_v_".join(self.publication.contrast)

    def title(self, name: str) -> str:
        """Title of a phase, comparison, group, occasion or outcome by its id."""
        return self.publication.title_of(name)

    def outcome(self, name: str) -> Outcome:
        """An outcome by its id."""
        return self.publication.outcomes[name]

    def compared(self) -> Iterator[tuple[PhaseOutcomes, Occasions, Place]]:
        """Every phase with each comparison that has it."""
        for phase in self.publication.phases:
            for comparison in self.publication.comparisons:
                if phase.id in comparison.phases:
                    yield phase, comparison, Place(phase.id, comparison.id, ALL)

    def groups(self, analysis: str) -> Iterator[Group]:
        """Groups that an analysis shows: everybody, then those declared for it."""
        for group in self.publication.groups:
            if not group.only or analysis in group.only:
                yield group


def why_blank(row: Row) -> str:
    """The shorthand that stands for a number that is not there."""
    if row["status"] == "suppressed" or row["marker"] == "c":
        return "c"
    return "x" if row["status"] == "not_estimable" else "z"


def as_rounded(row: Row, style: str) -> str:
    """The style of a number: an amount that is rounded to whole units has no hundredths."""
    whole = style == "money" and (rounded_to(row["note"]) or 0) >= 1
    return "whole_money" if whole else style


def means_digits(outcome: Outcome) -> str:
    """Decimals of a mean: two where the whole range of the score is short."""
    short = outcome.low is not None and outcome.high is not None and outcome.high - outcome.low <= 6
    return "2" if short else "1"
