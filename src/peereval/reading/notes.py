"""What is noted while one export is read: for the screen, and for the restricted tables."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from msgspec import Struct, field

from peereval.columns import names
from peereval.errors import Fault
from peereval.plurals import count_of
from peereval.reading.coding import Unread, examples

#: What the values of a fault are, by its code.
_WHAT = {
    "ANS001": "text that is no label of this question",
    "ANS002": "a number out of range for this question",
    "ANS003": "a role that the study does not name",
    "ANS005": "text that is no date",
    "ANS006": "answers that are no option of the study",
    "TBL004": "text that is no number",
    "TBL005": "a number that is not possible",
}


class Notes(Struct):
    """Everything noted about one source.

    ``source`` is its name in the tables, ``file`` and ``sheet`` where a person finds it.
    ``problems`` end the run, ``findings`` do not.
    """

    source: str
    file: str
    sheet: str = ""
    problems: list[Fault] = field(default_factory=list)
    findings: list[Fault] = field(default_factory=list)
    faults: list[dict[str, object]] = field(default_factory=list)
    changes: list[pl.DataFrame] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def stop(
        self,
        code: str,
        found: str,
        fix: str = "",
        column: str = "",
        rows: Sequence[int] = (),
        count: int = 1,
    ) -> None:
        """Note what ends the run."""
        self.problems.append(self._fault(code, found, fix, column, rows, count))

    def find(
        self,
        code: str,
        found: str,
        fix: str = "",
        column: str = "",
        rows: Sequence[int] = (),
        count: int = 1,
    ) -> None:
        """Note what is doubtful; ``rows`` are examples of ``count`` rows or cells."""
        self.findings.append(self._fault(code, found, fix, column, rows, count))

    def _fault(
        self, code: str, found: str, fix: str, column: str, rows: Sequence[int], count: int
    ) -> Fault:
        first, others = (rows[0], tuple(rows[1:])) if rows else (None, ())
        return Fault(
            code,
            found,
            fix,
            self.file,
            first,
            column,
            count,
            sheet=self.sheet,
            others=others,
        )

    def unread(self, code: str, column: str, values: Sequence[Unread]) -> None:
        """Note values that were not understood: each for the table, their number for the screen."""
        if not values:
            return
        self.list_values(code, column, values)
        total = sum(value.n for value in values)
        self.find(
            code,
            f"{count_of(total, 'cell holds|cells hold')} {_WHAT[code]} ({len(values)} different): "
            "counted as missing",
            "The values are in restricted/faults.csv",
            column,
            examples(values),
            total,
        )

    def list_values(self, code: str, column: str, values: Iterable[Unread]) -> None:
        """Put values that were not understood into the table of faults."""
        self.faults += [
            {
                "code": code,
                "source": self.source,
                "column": column,
                "value": value.value,
                "n": value.n,
                "first_row": value.first_row,
                "found": _WHAT[code],
            }
            for value in values
        ]

    def missing(self, column: str, reasons: Mapping[str, int]) -> None:
        """Count cells of a column that are missing for a declared reason."""
        for reason, n in reasons.items():
            self.counts[column, reason] = self.counts.get((column, reason), 0) + n

    def change(self, rows: pl.DataFrame, column: str) -> None:
        """Note cells that were changed: ``source_row``, ``as_written``, ``used``, ``reason``."""
        places = pl.lit(self.source).alias("source"), pl.lit(column).alias("column")
        self.changes.append(rows.with_columns(places).select(names("changes")))

    def fault_table(self) -> pl.DataFrame:
        """`faults` of this source."""
        return pl.DataFrame(self.faults, schema=_schema("faults", "n", "first_row"))

    def missing_table(self) -> pl.DataFrame:
        """`missing` of this source."""
        rows = [(self.source, column, reason, n) for (column, reason), n in self.counts.items()]
        return pl.DataFrame(rows, schema=_schema("missing", "n"), orient="row")

    def change_table(self) -> pl.DataFrame:
        """`changes` of this source."""
        nothing = pl.DataFrame(schema=_schema("changes", "source_row"))
        return pl.concat([nothing, *self.changes])


def _schema(table: str, *numbers: str) -> dict[str, type[pl.DataType]]:
    return {name: pl.Int64 if name in numbers else pl.String for name in names(table)}
