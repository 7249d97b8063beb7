"""The line of a scale file that a fault is in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from msgspec import Struct

from peereval.errors import Fault

_HEADER = re.compile(r"\s*\[\[?\s*([\w.]+)\s*\]\]?\s*(?:#.*)?")
_NAMED = re.compile(r"""\s*(?:id|name)\s*=\s*["'](.*)["']\s*(?:#.*)?""")

#: Keys that faults speak of without quotes.
_KEYS = frozenset({
    "rule", "better", "range", "min_answered", "rounding", "points", "zero_when", "norms",
    "reliability", "reliable_change", "levels", "labels", "answers", "table",
})  # fmt: skip


class _Part(Struct):
    """One table of the file: its section, its id or name, and its lines from the header on."""

    section: str
    name: str
    lines: list[tuple[int, str]]

    @property
    def first(self) -> int:
        return self.lines[0][0]


def add_lines(faults: Iterable[Fault], text: str) -> tuple[Fault, ...]:
    """The faults in the order of the file, their lines put into their places where they are known.

    A fault is in the line of the key that it names, else where its table begins.
    """
    parts = list(_parts(text))
    found = sorted(((_find(fault, parts), fault) for fault in faults), key=lambda pair: pair[0])
    return tuple(
        replace(fault, place=", ".join(filter(None, (f"line {line}", fault.place))))
        if line
        else fault
        for line, fault in found
    )


def _parts(text: str) -> Iterator[_Part]:
    part = _Part("", "", [])
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            if part.lines:
                yield part
            part = _Part(header[1], "", [])
        elif not part.name and (named := _NAMED.fullmatch(line)):
            part.name = named[1]
        part.lines.append((number, line))
    if part.lines:
        yield part


def _find(fault: Fault, parts: list[_Part]) -> int:
    """The line of a fault; 0 where it is not known."""
    section, _, name = fault.place.partition(" ")
    name = name.strip("'\"")
    if section == "coding":
        section, name = f"responses.codings.{name}", ""
    if not section:
        return _line_of_word(fault, parts)
    there = [part for part in parts if part.section == section or _within(part, section)]
    return _line(fault, _called(there, name))


def _within(part: _Part, section: str) -> bool:
    return part.section.startswith(f"{section}.")


def _called(parts: list[_Part], name: str) -> list[_Part]:
    """The tables of a name, the last first (of an id that is used twice, the second is wrong)."""
    if not name:
        return parts
    called = [part for part in reversed(parts) if part.name == name]
    return called or (parts[int(name) - 1 : int(name)] if name.isdigit() else [])


def _line(fault: Fault, parts: list[_Part]) -> int:
    named = re.findall(r"'([^']+)'", fault.found)
    for word in [*named, *(w for w in re.findall(r"\b[a-z_]+\b", fault.found) if w in _KEYS)]:
        key = re.compile(rf"""\s*["']?{re.escape(word)}["']?\s*=""")
        for part in parts:
            for number, line in part.lines:
                if key.match(line) and not _NAMED.fullmatch(line):
                    return number
    return parts[0].first if parts else 0


def _line_of_word(fault: Fault, parts: list[_Part]) -> int:
    """Where the table stands, or the id, that a fault of the whole file names first."""
    words = re.findall(r"'([^']+)'", fault.found)
    for part in parts:
        if words and words[0] in (part.section, part.name):
            return part.first
        for number, line in part.lines:
            if words and not part.section and re.match(rf"\s*{re.escape(words[0])}\s*=", line):
                return number
    return 0
