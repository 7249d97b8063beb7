"""A published table as it was typed: frozen objects."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from msgspec import Struct

from peereval.published_tables.cells import Cell
from peereval.scales import Band, Scale, Score

#: What a number of a table is.
KINDS = {
    "share": "per cent of respondents",
    "count": "how many there are",
    "mean": "mean of a score",
    "money": "an amount, added up over rows",
}
#: How many answers a respondent could give to the question of a table of shares.
ANSWERS = ("one", "several")
#: Tests of two columns, by whether they are different respondents or the same ones twice.
BETWEEN = {"pooled_z": "pooled z", "fisher": "Fisher's exact test"}
WITHIN = {"mcnemar": "McNemar's test", "mcnemar_exact": "McNemar's exact test"}
TESTS = BETWEEN | WITHIN


class Column(Struct, frozen=True):
    """One column; ``total_of`` names the columns whose respondents it holds together."""

    id: str
    title: str
    base: int | None = None
    total_of: tuple[str, ...] = ()
    letter: str = ""


class Row(Struct, frozen=True):
    """One row: ``cells`` and ``bases`` by column. ``denominator``: see the glossary; of means."""

    name: str
    line: int
    kind: str
    cells: Mapping[str, Cell]
    bases: Mapping[str, int | None]
    score: Score | None = None
    denominator: int | None = None


class Total(Struct, frozen=True):
    """A row that is printed as the sum of others."""

    row: str
    of: tuple[str, ...]


class PublishedTable(Struct, frozen=True):
    """A table with all that it says about itself.

    ``compared``: pairs of columns of different respondents; ``paired``: of the same ones at two
    occasions. ``tests``: those that the table names, if any; ``adjusted``: how its p values
    were. ``weighted``: shares are of weights, not of respondents. ``bands``: whose cut-offs the
    rows are labelled with.
    """

    path: Path
    title: str
    kind: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Total, ...] = ()
    answers: str = ""
    compared: tuple[tuple[str, str], ...] = ()
    paired: tuple[tuple[str, str], ...] = ()
    tests: tuple[str, ...] = ()
    level: float = 0.95
    adjusted: str = ""
    weighted: bool = False
    scale: Scale | None = None
    bands: Band | None = None

    def column(self, name: str) -> Column:
        """The column of an id."""
        return next(column for column in self.columns if column.id == name)

    def row(self, name: str) -> Row:
        """The row of a name."""
        return next(row for row in self.rows if row.name == name)

    def parts(self) -> tuple[Row, ...]:
        """The rows that are no totals and of the table's own kind."""
        totals = {total.row for total in self.totals}
        return tuple(r for r in self.rows if r.name not in totals and r.kind == self.kind)

    def units(self, row: Row, column: str) -> Fraction | None:
        """What a printed value is multiplied by to be a whole number; None if it need not be."""
        base = row.bases[column]
        if base is None or self.weighted:
            return None
        if row.kind == "share":
            return Fraction(base, 100)
        if row.kind == "mean" and row.denominator:
            return Fraction(base * row.denominator)
        return None
