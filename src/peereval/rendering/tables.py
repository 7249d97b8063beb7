"""Tables of numbers on a screen of any width."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

#: On a screen narrower than this the columns stand closer together.
_WIDE = 100


def number_table(
    screen: Console, title: str, first: str, numbers: Iterable[str], words: Iterable[str] = ()
) -> Table:
    """An empty table: a column of titles, columns of numbers, columns of words.

    Where the screen is too narrow the widest cells are folded, titles before numbers: nothing
    is ever cut off.
    """
    between = 2 if screen.width >= _WIDE else 1
    table = Table(
        title=escape(title),
        title_justify="left",
        pad_edge=False,
        box=None,
        padding=(0, between, 0, 0),
    )
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", overflow="fold")
    for name in words:
        table.add_column(name, overflow="fold")
    return table
