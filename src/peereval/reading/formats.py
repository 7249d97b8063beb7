"""Which reader opens which file."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from peereval.errors import Fault, SourceError
from peereval.reading.export import Export

_READERS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".sav": "spss",
    ".zsav": "spss",
}


def open_export(path: Path, sheet: str = "") -> Export:
    """The export at ``path``, its columns known and its cells not yet read.

    CSV and other delimited text, Excel (``sheet`` by name, default the first),
    Parquet and SPSS (.sav) by the ending of the name. Raises ``SourceError`` if the
    file is not there, cannot be read as its ending says, or has no usable header.
    """
    if not path.is_file():
        fault = Fault(
            "SRC001",
            f"there is no file {path.name!r} in {str(path.parent)!r}",
            "Put it there, or say where the exports are with --data",
            file=path.name,
        )
        raise SourceError("An export is not there", [fault])
    ending = path.suffix.lower()
    if ending not in _READERS:
        fault = Fault(
            "SRC002",
            f"the ending {ending!r} is not known",
            "Export as .csv, .xlsx, .parquet or .sav",
            file=path.name,
        )
        raise SourceError(f"{path.name} cannot be read", [fault])
    # A reader is imported when a file asks for it: most runs need one of the four.
    name = _READERS[ending]
    opener: Callable[[Path, str], Export] = getattr(
        import_module(f"peereval.reading.{name}"), f"open_{name}"
    )
    return opener(path, sheet)
