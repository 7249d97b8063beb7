"""Everything that a published table says that cannot be, or that its own numbers deny."""

from pathlib import Path

from peereval.published_tables.adding import check_adding
from peereval.published_tables.cut_offs import check_cut_offs
from peereval.published_tables.file import load_table
from peereval.published_tables.findings import CheckedTable, Notebook
from peereval.published_tables.possible import check_possible
from peereval.published_tables.stars import check_stars


def check_table(path: str | Path, adjust: str = "") -> CheckedTable:
    """The table at ``path`` looked at again; nothing outside it is needed but its scale.

    ``adjust``: ``holm`` or ``benjamini_hochberg``, to see which stars would survive. Raises
    ``TableError`` if the file is wrong and ``ScaleError`` if its scale is.
    """
    notebook = Notebook(load_table(path))
    check_possible(notebook)
    check_adding(notebook)
    check_stars(notebook, adjust)
    check_cut_offs(notebook)
    return notebook.close()
