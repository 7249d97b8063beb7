"""What was found in a published table, and what was looked at to find it."""

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct, field

from peereval.errors import Fault
from peereval.published_tables.table import Column, PublishedTable, Row


class CheckedTable(Struct, frozen=True):
    """A table with its findings.

    ``looked_at``: what -> how often; ``left_out``: what could not be looked at, and why.
    """

    table: PublishedTable
    findings: tuple[Fault, ...]
    looked_at: Mapping[str, int]
    left_out: tuple[str, ...]


class Notebook(Struct):
    """Findings of one table as they are made."""

    table: PublishedTable
    findings: list[Fault] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)

    def find(
        self, code: str, found: str, fix: str, row: Row | None = None, column: Column | None = None
    ) -> None:
        """Note a finding, in a row and a column of the table if it is of one."""
        place = f"line {row.line}, row {row.name!r}" if row else ""
        name = column.title if column else ""
        file = self.table.path.name
        self.findings.append(Fault(code, found, fix, file, column=name, place=place))

    def look(self, what: str, times: int = 1) -> None:
        """Note that something was looked at."""
        self.looked_at[what] += times

    def leave(self, why: str) -> None:
        """Note, once, what is left out."""
        if why not in self.left_out:
            self.left_out.append(why)

    def close(self) -> CheckedTable:
        """What was found, in the order of codes and rows."""
        ordered = sorted(self.findings, key=lambda fault: fault.code)
        return CheckedTable(self.table, tuple(ordered), dict(self.looked_at), tuple(self.left_out))
