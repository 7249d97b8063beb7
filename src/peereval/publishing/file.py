"""`results.json`: a publication as a file, and its JSON Schema."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from inspect import cleandoc
from typing import Annotated, Any

import msgspec
import polars as pl

from peereval.columns import CLAIMS, RELEASED, Column
from peereval.errors import Fault, OutputError
from peereval.publishing.publication import Publication

#: Version of the format: it is raised when a reader of the one before would go wrong.
FORMAT = 1
_TYPES: Mapping[str, Any] = {"text": str, "integer": int, "number": float, "flag": bool}
_DTYPES: Mapping[str, type[pl.DataType]] = {
    "text": pl.String, "integer": pl.Int64, "number": pl.Float64, "flag": pl.Boolean,
}  # fmt: skip
_EMPTY: Mapping[str, Any] = {"text": "", "integer": 0, "flag": False}
_TABLES = {"results": RELEASED, "claims": CLAIMS}
_ABOUT = """
Everything that a report of peereval is made of. Rows of results and of claims are objects without
what is empty: a text that is not there is empty, a number that is not there is unknown or does
not apply.
"""
_ADDRESS = "https://json-schema.org/draft/2020-12/schema"


def to_json(publication: Publication) -> bytes:
    """A publication as UTF-8 JSON, its numbers exact."""
    fields = {name: getattr(publication, name) for name in publication.__struct_fields__}
    for name in _TABLES:
        fields[name] = _records(fields[name], _row_type(name))
    return msgspec.json.encode(_file_type()(format=FORMAT, **fields)) + b"\n"


def from_json(content: bytes, name: str = "results.json") -> Publication:
    """The publication that was written. Raises ``OutputError`` (``REP003``) for anything else."""
    try:
        file = msgspec.json.decode(content, type=_file_type())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(name, str(error)) from None
    fields = msgspec.structs.asdict(file)
    if (there := fields.pop("format")) != FORMAT:
        raise _unreadable(name, f"it has format {there}, and this version reads {FORMAT}")
    for table, columns in _TABLES.items():
        fields[table] = _frame(fields[table], columns)
    return Publication(**fields)


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `results.json`."""
    found: dict[str, Any] = _straight(msgspec.json.schema(_file_type()))
    about = {
        "$schema": _ADDRESS,
        "title": "Results of peereval",
        "description": " ".join(_ABOUT.split()),
    }
    return {**about, **found}


def _straight(part: Any, key: str = "") -> Any:
    """A schema whose descriptions have no indents, which docstrings keep before Python 3.13."""
    match part:
        case dict():
            return {name: _straight(value, name) for name, value in part.items()}
        case list():
            return [_straight(each) for each in part]
        case str() if key == "description":
            return cleandoc(part)
        case _:
            return part


def _unreadable(name: str, why: str) -> OutputError:
    fix = "Write it again with: peereval analyse"
    fault = Fault("REP003", f"not a file of results: {why}", fix, file=name)
    return OutputError(f"{name} cannot be read", [fault])


# --- rows ---------------------------------------------------------------------------------------


def _records(frame: pl.DataFrame, row_type: type[msgspec.Struct]) -> list[msgspec.Struct]:
    return [row_type(*row) for row in frame.select(row_type.__struct_fields__).iter_rows()]


def _frame(rows: Sequence[Any], columns: Sequence[Column]) -> pl.DataFrame:
    data = {column.name: [getattr(row, column.name) for row in rows] for column in columns}
    return pl.DataFrame(data, schema={column.name: _DTYPES[column.type] for column in columns})


@lru_cache
def _row_type(name: str) -> type[msgspec.Struct]:
    """One row of a table: every column with its meaning, left out where it is empty."""
    fields = [(column.name, _annotated(column), _default(column)) for column in _TABLES[name]]
    title = name.capitalize().removesuffix("s")
    return msgspec.defstruct(title, fields, frozen=True, omit_defaults=True)


def _annotated(column: Column) -> Any:
    kind = _TYPES[column.type]
    more: dict[str, Any] = {"enum": list(column.allowed)} if column.allowed else {}
    meaning = msgspec.Meta(description=column.meaning, extra_json_schema=more)
    return Annotated[kind | None if _default(column) is None else kind, meaning]


def _default(column: Column) -> Any:
    return None if column.nullable else _EMPTY.get(column.type)


@lru_cache
def _file_type() -> type[msgspec.Struct]:
    """A publication with rows for tables, and the version of the format before all."""
    fields: list[Any] = [("format", int)]
    for field in msgspec.structs.fields(Publication):
        table = field.name in _TABLES
        kind: Any = list[_row_type(field.name)] if table else field.type  # type: ignore[misc]
        required = field.default is msgspec.NODEFAULT
        fields.append((field.name, kind) if required else (field.name, kind, field.default))
    return msgspec.defstruct("Results", fields, frozen=True, forbid_unknown_fields=True)
