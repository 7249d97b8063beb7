"""Which reader opens which file."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from msgspec.structs import replace

from peereval.errors import Fault, SourceError
from peereval.reading.contents import READ, kind_of, refuse_kind
from peereval.reading.export import Cells, Export, refused
from peereval.studies import AS_FOUND, Layout

_READERS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".gz": "delimited",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".sav": "spss",
    ".zsav": "spss",
}
#: What a file of each reader may really be; an Office workbook goes by either name.
_KINDS = {
    "delimited": ("text", "gzip"),
    "excel": ("xlsx", "xls", "ods"),
    "parquet": ("parquet",),
    "spss": ("spss",),
}


def open_export(path: Path, layout: Layout = AS_FOUND) -> Export:
    """The export at ``path``, its columns known and its cells not yet read.

    CSV and other delimited text (also as gzip), Excel and OpenDocument, Parquet and SPSS by
    the ending of the name; sheet, platform, encoding, delimiter, decimal sign and header row
    are recognised unless ``layout`` says them. Raises ``SourceError`` if the file is not
    there, cannot be read, is not what its ending says, is far too large once unpacked, or has
    no usable header.
    """
    if not path.is_file():
        raise _not_there(path)
    ending = path.suffix.lower()
    if ending not in _READERS:
        known = f"the ending {ending!r} is not known" if ending else "its name has no ending"
        fix = "Take the export out of the zip first" if ending == ".zip" else READ
        raise refused(path, "002", known, fix)
    name = _READERS[ending]
    try:
        refuse_kind(path, kind_of(path), _KINDS[name])
        # A reader is imported when a file asks for it: most runs need one of the four.
        opener: Callable[[Path, Layout], Export] = getattr(
            import_module(f"peereval.reading.{name}"), f"open_{name}"
        )
        export = opener(path, layout)
    except OSError as error:
        raise _closed(path, error) from None

    def read(columns: list[str]) -> Cells:
        try:
            return export.read(columns)
        except OSError as error:
            raise _closed(path, error) from None

    return replace(export, read=read)


def _closed(path: Path, error: OSError) -> SourceError:
    what = "you may not read it" if isinstance(error, PermissionError) else "it does not open"
    return refused(path, "007", what, "Close it in other programs, and see who may read it")


def _not_there(path: Path) -> SourceError:
    folder = str(path.parent)
    what = f"there is no file {path.name!r} in {folder!r}"
    if path.is_dir():
        what = f"{path.name!r} in {folder!r} is a folder"
    fix = "Put it there, or say where the exports are with --data"
    return SourceError("An export is not there", [Fault("SRC001", what, fix, file=path.name)])
