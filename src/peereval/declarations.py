"""TOML files that a person writes: read, check their shape, collect every fault."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from peereval.errors import Fault, PeerevalError, nearest
from peereval.plurals import count_of


def _is_number(value: Any) -> bool:
    return type(value) is int or (isinstance(value, Decimal) and value.is_finite())


def _list_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(test(part) for part in value)


def _table_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(test(part) for part in value.values())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return _is_text(value) or _list_of(_is_text)(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_counts(value: Any) -> bool:
    return _is_count(value) or (bool(value) and _table_of(_is_count)(value))


def _is_coding(value: Any) -> bool:
    return _is_text(value) or (bool(value) and _table_of(_is_text)(value))


def _is_missing(value: Any) -> bool:
    return _list_of(_is_text)(value) or _table_of(_list_of(_is_text))(value)


#: Kinds of value: how a fault names them, and the test.
KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("text in quotes", _is_text),
    "name": ("text in quotes, not blank", lambda value: _is_text(value) and bool(value.strip())),
    "integer": ("a whole number", lambda value: type(value) is int),
    "number": ("a number", _is_number),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "texts": ("a list of texts", _list_of(_is_text)),
    "text or texts": ("text or a list of texts", _is_texts),
    "numbers": ("a list of numbers", _list_of(_is_number)),
    "pairs": ("a list of pairs of texts", _list_of(_list_of(_is_text))),
    "answers": ("a list of texts and numbers", _list_of(lambda v: _is_text(v) or _is_number(v))),
    "table": ("a table", lambda value: isinstance(value, dict)),
    "tables": ("a list of tables", _list_of(lambda value: isinstance(value, dict))),
    "some tables": ("one table or more", lambda value: bool(value) and is_kind("tables", value)),
    "some pairs": (
        "one pair of texts or more",
        lambda value: bool(value) and is_kind("pairs", value),
    ),
    "some texts": ("one text or more", lambda value: bool(value) and is_kind("texts", value)),
    "named tables": ("tables with names", _table_of(lambda value: isinstance(value, dict))),
    "texts by name": ("a table of texts", _table_of(_is_text)),
    "texts or lists by name": ("a table of texts or lists of texts", _table_of(_is_texts)),
    "numbers by name": ("a table of numbers", _table_of(_is_number)),
    "text or numbers by name": (
        "text or a table of numbers",
        lambda value: _is_text(value) or _table_of(_is_number)(value),
    ),
    "integers by name": ("a table of whole numbers", _table_of(lambda v: type(v) is int)),
    "count": ("a whole number of 0 or more", _is_count),
    "count or counts by name": ("a whole number of 0 or more, or a table of them", _is_counts),
    "text or table": ("text or a table", lambda value: _is_text(value) or isinstance(value, dict)),
    "coding": ("a name, or a table of number = label", _is_coding),
    "codings by name": ("a table of codings", _table_of(_is_coding)),
    "missing": ("a list of texts, or a table of lists by reason", _is_missing),
    "columns": (
        "text, a list of texts or a table of them",
        lambda value: _is_texts(value) or _table_of(_is_texts)(value),
    ),
}


#: Names that are all told, where none is near to what was written.
_FEW = 12


def is_kind(kind: str, value: Any) -> bool:
    """Whether a value is of a kind."""
    return KINDS[kind][1](value)


class Shape(Struct, frozen=True):
    """Keys that a table may have, each with its kind; ``required`` ones must be there."""

    keys: Mapping[str, str]
    required: frozenset[str] = frozenset()


def shape(required: Mapping[str, str], optional: Mapping[str, str] | None = None) -> Shape:
    """A shape from its required and its optional keys (key -> kind)."""
    return Shape({**required, **(optional or {})}, frozenset(required))


class Declaration:
    """One file as parsed, and the faults found in it so far.

    ``prefix`` begins the codes of its faults; ``error`` is what they end a run with;
    ``text`` is its content, where it is not read from ``path``.
    """

    def __init__(
        self,
        path: Path,
        prefix: str,
        error: type[PeerevalError],
        what: str,
        text: str | None = None,
    ) -> None:
        self.path, self.prefix, self.error, self.what = path, prefix, error, what
        self.faults: list[Fault] = []
        self.raw: Mapping[str, Any] = self._parse(text)

    def _parse(self, text: str | None) -> Mapping[str, Any]:
        try:
            if text is None:
                text = self.path.read_text(encoding="utf-8-sig")  # Notepad marks its files
            return tomllib.loads(text, parse_float=Decimal)
        except OSError:
            raise self.error(f"There is no {self.what} {self.path}") from None
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            self.add("001", f"not a TOML file: {error}", self._instead())
            raise self.error(f"{self.path.name} is not a {self.what}", self.faults) from None

    def _instead(self) -> str:
        """What to do about a file that is no TOML: a slip in it, or another file altogether."""
        if self.path.suffix.lower() == ".toml":
            return "Mend the syntax"
        drafted = "; peereval init drafts one from exports" if self.prefix == "STU" else ""
        return f"Give a {self.what}, whose name ends in .toml{drafted}"

    def add(self, number: str, found: str, fix: str = "", place: str = "") -> None:
        """Note a fault: its number within the prefix, what was found, what to do, where."""
        code = f"{self.prefix}{number}"
        self.faults.append(Fault(code, found, fix, file=self.path.name, place=place))

    def check(self, table: Mapping[str, Any], wanted: Shape, place: str = "") -> bool:
        """Whether a table has the shape: unknown and missing keys and wrong kinds are faults."""
        before = len(self.faults)
        for key in sorted(table.keys() - wanted.keys.keys()):
            self.add("002", f"unknown key {key!r}", nearest(key, wanted.keys), place)
        for key in sorted(wanted.required - table.keys()):
            self.add("003", f"{key!r} is missing", "Add it", place)
        for key in sorted(table.keys() & wanted.keys.keys()):
            kind = wanted.keys[key]
            if not is_kind(kind, table[key]):
                self.add("003", f"{key!r} is not {KINDS[kind][0]}", "Write it so", place)
        return len(self.faults) == before

    def check_each(self, section: str, wanted: Shape) -> None:
        """Check every table of a list of tables, named by its id or its position."""
        entries = self.raw.get(section, [])
        if not is_kind("tables", entries):
            return  # said by the check of the whole file
        for position, entry in enumerate(entries, 1):
            self.check(entry, wanted, f"{section} {entry.get('id', position)}")

    def refer(self, names: Iterable[str], known: Iterable[str], what: str, place: str) -> bool:
        """Whether all names are known; each that is not is a fault with the nearest known."""
        known = list(known)
        unknown = [name for name in names if name not in known]
        there = f"There are: {', '.join(known)}" if len(known) <= _FEW else ""
        there = there if known else "There is none: declare it, or leave this out"
        for name in unknown:
            self.add("006", f"there is no {what} {name!r}", nearest(name, known) or there, place)
        return not unknown

    def stop_if_wrong(self) -> None:
        """Raise the error with every fault noted so far, if there is one."""
        faults = list(dict.fromkeys(self.faults))  # a table that two questions use is read twice
        if faults:
            raise self.error(f"{self.path.name} has {count_of(len(faults), 'fault')}", faults)
