"""What is written: folders and tables, each complete or not there at all."""

from peereval.output.run import check_place, write_matching, write_run
from peereval.output.writing import (
    check_as_written,
    check_output,
    replace_files,
    write_csv,
    write_folder,
    write_table,
    write_text,
    write_utf8,
)

__all__ = [
    "check_as_written",
    "check_output",
    "check_place",
    "replace_files",
    "write_csv",
    "write_folder",
    "write_matching",
    "write_run",
    "write_table",
    "write_text",
    "write_utf8",
]
