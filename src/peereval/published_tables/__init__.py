"""A published table, typed from its page, looked at again: do its numbers agree with each other?"""

from peereval.published_tables.checking import check_table
from peereval.published_tables.file import load_table
from peereval.published_tables.findings import CheckedTable
from peereval.published_tables.table import PublishedTable

__all__ = ["CheckedTable", "PublishedTable", "check_table", "load_table"]
