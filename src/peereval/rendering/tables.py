"""Tables of numbers on a screen of any width."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

#: On a screen narrower than this the columns stand closer together.
_WIDE = 100


class _NumberTable(Table):
    """A table that folds titles and words between words, and numbers not at all.

    Where even that is too wide the column ``spare`` is left out. Where nothing helps, the widest
    cells are folded wherever they end.
    """

    between = 2
    spare = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self._settle(options.max_width)
        yield from super().__rich_console__(console, options)

    def _settle(self, width: int) -> None:
        # A length in characters is never too short, and quicker than to look at the marks.
        longest = [max(len(str(cell)) for cell in _cells(column)) for column in self.columns]
        if sum(longest) <= self._room(width):
            return
        widths = _settled(self.columns, self._room(width))
        if not widths and self.spare:
            self.columns = [each for each in self.columns if each.header != self.spare]
            widths = _settled(self.columns, self._room(width))
        for column, settled in zip(self.columns, widths, strict=False):
            column.width = settled

    def _room(self, width: int) -> int:
        """What is left for the cells of all columns."""
        return width - self.between * (len(self.columns) - 1)


def _cells(column: Column) -> list[str]:
    return [str(cell) for cell in (column.header, *column.cells)]


def _settled(columns: list[Column], room: int) -> list[int]:
    """The width of each column; none where even the longest words have no room.

    Each has the width of its longest word, numbers that of their longest cell. What is left goes
    to columns that then need not be folded, those that lack least first, and the rest to titles.
    """
    plain = [[Text.from_markup(cell).plain for cell in _cells(column)] for column in columns]
    whole = [max(map(len, cells)) for cells in plain]
    widths = [max(len(word) for cell in cells for word in cell.split() or [""]) for cells in plain]
    for number, column in enumerate(columns):
        if column.justify == "right":
            widths[number] = max(widths[number], *map(len, plain[number][1:] or [""]))
    left = room - sum(widths)
    if left < 0:
        return []
    for more, number in sorted((whole[n] - widths[n], n) for n in range(len(columns))):
        if more <= left:
            widths[number] += more
            left -= more
    widths[0] += min(left, whole[0] - widths[0])
    return widths


def number_table(
    screen: Console,
    title: str,
    first: str,
    numbers: Iterable[str],
    words: Iterable[str] = (),
    spare: str = "",
) -> Table:
    """An empty table: a column of titles, columns of numbers, columns of words.

    Where the screen is too narrow titles and words are folded, and the column ``spare`` is left
    out if that is not enough: nothing else is ever cut off.
    """
    table = _NumberTable(title=escape(title), title_justify="left", pad_edge=False, box=None)
    table.between = 2 if screen.width >= _WIDE else 1
    table.spare = spare
    table.padding = (0, table.between, 0, 0)
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", overflow="fold")
    for name in words:
        table.add_column(name, overflow="fold")
    return table
