"""Whether stars are where the test that the table names puts them."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from peereval.published_tables.findings import Notebook
from peereval.published_tables.possible import fitting
from peereval.published_tables.rounding import neighbours
from peereval.published_tables.table import (
    BETWEEN,
    TESTS,
    WITHIN,
    Column,
    PublishedTable,
    Row,
)
from peereval.published_tables.tests_of_shares import PValue, adjusted, between, within
from peereval.significance import alpha_of

_ADJUSTED = {"holm": "Holm", "benjamini_hochberg": "Benjamini-Hochberg"}
_YES, _NO, _OPEN = "yes", "no", "open"


class _Test(Struct, frozen=True):
    """Two cells of a row, compared: ``p`` by test."""

    row: Row
    one: Column
    two: Column
    p: Mapping[str, PValue]

    def starred(self) -> bool:
        """Whether either cell is marked; by letters where the columns have them."""
        one, two = self.row.cells[self.one.id], self.row.cells[self.two.id]
        if self.one.letter and self.two.letter:
            return self.two.letter in one.letters or self.one.letter in two.letters
        return one.starred or two.starred

    def shares_a_star_with(self, other: "_Test") -> bool:
        """Whether a star can be that of another comparison of the same row."""
        if other is self or other.row.name != self.row.name or self.one.letter:
            return False
        marked = {c.id for c in (self.one, self.two) if self.row.cells[c.id].starred}
        return bool(marked & {other.one.id, other.two.id})


def check_stars(notebook: Notebook, adjust: str = "") -> None:
    """``PUB017`` to ``PUB020``: stars that are missing, not borne out, or depend on the test.

    By each test that the table names; where it names none, by all, and only what all of them
    say is a finding. ``adjust``: which stars would survive, asked besides.
    """
    table = notebook.table
    if not (table.compared or table.paired):
        if any(cell.starred or cell.letters for row in table.rows for cell in row.cells.values()):
            notebook.leave("stars: the file does not say which columns are compared")
        return
    tests = list(_tests(notebook))
    judged = _adjusted(tests, table.adjusted) if table.adjusted else tests
    verdicts = [_verdict(test, table) for test in judged]
    asked = _adjusted(tests, adjust) if adjust else []
    for place, (test, verdict) in enumerate(zip(tests, verdicts, strict=True)):
        others = [v for other, v in zip(tests, verdicts, strict=True)
                  if test.shares_a_star_with(other)]  # fmt: skip
        said = [_p_values(test.p)]
        if table.adjusted:
            said.append(f"{_ADJUSTED[table.adjusted]}: {_p_values(judged[place].p)}")
        if adjust and adjust != table.adjusted:
            said.append(f"{_ADJUSTED[adjust]} over {len(tests)} tests: {_p_values(asked[place].p)}")
        _judge(notebook, test, verdict, others, "; ".join(said))
    if adjust and adjust != table.adjusted:
        _judge_adjusted(notebook, tests, verdicts, asked, adjust)


# --- the tests of a table --------------------------------------------------------------------


def _tests(notebook: Notebook) -> Iterator[_Test]:
    table = notebook.table
    for row in table.rows:
        if row.kind != "share":
            notebook.leave(f"stars of rows of kind {row.kind!r}: it takes standard deviations")
            continue
        if table.weighted:
            notebook.leave("stars: shares are weighted, and effective bases are not printed")
            continue
        pairs = [(pair, BETWEEN) for pair in table.compared]
        pairs += [(pair, WITHIN) for pair in table.paired]
        for (one, two), kind in pairs:
            if test := _test(table, row, one, two, kind):
                notebook.look(f"stars by {' and '.join(TESTS[name] for name in test.p)}")
                yield test
            else:
                notebook.leave("stars where a number or a base is missing")


def _test(
    table: PublishedTable, row: Row, one: str, two: str, kind: Mapping[str, str]
) -> _Test | None:
    first, second = _counts(table, row, one), _counts(table, row, two)
    n_one, n_two = row.bases[one], row.bases[two]
    if first is None or second is None or not n_one or not n_two:
        return None
    names = [name for name in table.tests if name in kind] or list(kind)
    if kind is BETWEEN:
        found = {name: between(name, first, n_one, second, n_two) for name in names}
    else:
        found = {name: within(name, first, second, n_one) for name in names}
    return _Test(row, table.column(one), table.column(two), found)


def _counts(table: PublishedTable, row: Row, column: str) -> range | None:
    """Counts that fit a cell; of an impossible one, those next to it."""
    found, units, base = fitting(table, row, column), table.units(row, column), row.bases[column]
    if found is None or units is None or base is None:
        return None
    if found:
        return found
    below, above = neighbours(row.cells[column], units)
    return range(min(max(below, 0), base), min(max(above, 0), base) + 1)


def _adjusted(tests: Sequence[_Test], method: str) -> list[_Test]:
    """The same tests with p values adjusted over the table, test by test."""
    found: list[dict[str, PValue]] = [{} for _ in tests]
    for name in TESTS:
        having = [place for place, test in enumerate(tests) if name in test.p]
        new = adjusted([tests[place].p[name] for place in having], method)
        for place, p in zip(having, new, strict=True):
            found[place][name] = p
    return [_Test(t.row, t.one, t.two, p) for t, p in zip(tests, found, strict=True)]


# --- what they come to -----------------------------------------------------------------------


def _verdict(test: _Test, table: PublishedTable) -> str:
    """``yes`` or ``no`` if every test says so of all counts that fit, else ``open``."""
    alpha = alpha_of(table.level)
    if all(p.high < alpha for p in test.p.values()):
        return _YES
    return _NO if all(p.low >= alpha for p in test.p.values()) else _OPEN


def _depends_on_the_test(test: _Test, table: PublishedTable) -> bool:
    """Whether one test says yes and another no, whatever counts fit."""
    alpha = alpha_of(table.level)
    yes = any(p.high < alpha for p in test.p.values())
    return yes and any(p.low >= alpha for p in test.p.values())


def _judge(notebook: Notebook, test: _Test, verdict: str, others: Sequence[str], said: str) -> None:
    table, what = notebook.table, _compared(test)
    if verdict == _YES and not test.starred():
        found = f"{what} is not marked as significant; {said}"
        fix = "Mark it, or name the test that was used; and look at what the text says of it"
        notebook.find("PUB017", found, fix, test.row, test.two)
    elif verdict == _NO and test.starred() and all(other == _NO for other in others):
        found = f"{what} is marked as significant; {said}"
        fix = "Take the mark away, or name the test that was used"
        notebook.find("PUB018", found, fix, test.row, test.two)
    elif verdict == _OPEN and _depends_on_the_test(test, table):
        marked = "is" if test.starred() else "is not"
        found = f"{what} {marked} marked; it depends on the test: {said}"
        notebook.find("PUB019", found, "Name the test in the table", test.row, test.two)
    elif verdict == _OPEN:
        notebook.look("stars that rounded shares cannot decide")


def _judge_adjusted(
    notebook: Notebook,
    tests: Sequence[_Test],
    verdicts: Sequence[str],
    asked: Sequence[_Test],
    adjust: str,
) -> None:
    """``PUB020``: stars that are borne out one by one and not among all tests of the table."""
    notebook.look(f"stars among all tests of the table by {_ADJUSTED[adjust]}", len(tests))
    for test, verdict, new in zip(tests, verdicts, asked, strict=True):
        if test.starred() and verdict == _YES and _verdict(new, notebook.table) == _NO:
            found = (
                f"{_compared(test)} is marked as significant; among {len(tests)} tests by "
                f"{_ADJUSTED[adjust]} it is not: {_p_values(new.p)}"
            )
            fix = "Say how many tests were made, and which of them were planned"
            notebook.find("PUB020", found, fix, test.row, test.two)


def _compared(test: _Test) -> str:
    one, two = (test.row.cells[column.id].text for column in (test.one, test.two))
    return f"{one} of {test.one.title!r} against {two} of {test.two.title!r}"


def _p_values(found: Mapping[str, PValue]) -> str:
    return ", ".join(f"{TESTS[name]} p = {_p_text(p)}" for name, p in found.items())


def _p_text(p: PValue) -> str:
    low, high = _three_digits(p.low), _three_digits(p.high)
    return low if low == high else f"{low} to {high}"


def _three_digits(p: float) -> str:
    return "below 0.0001" if p < 0.0001 else f"{p:.2g}" if p < 0.01 else f"{p:.3f}"
