"""The dictionary of an SPSS file, walked through before a library trusts it.

The library for SPSS files ends the whole program where a damaged file names a variable that is
not there, or one that is both a number and text. What the records are is described in the
developers' guide of PSPP, under "System File Format".
"""

import io
import struct
from pathlib import Path
from typing import BinaryIO

from peereval.reading.unpacking import cut_short

_HEADER = 176
_LITTLE = (b"\2\0\0\0", b"\3\0\0\0")
_VARIABLE, _LABELS, _INDEXES, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999
#: A variable is a number, text of so many letters, or a further piece of the text before it.
_NUMBER, _LONGEST_TEXT, _PIECE = 0, 255, -1
#: Formats of text.
_FORMATS = (1, 2)
_LINE = 80
_LONGEST_LABEL = 1 << 20


def check_dictionary(path: Path) -> None:
    """Raise ``SourceError`` if the records of an SPSS file's dictionary do not hold together."""
    with path.open("rb") as file:
        try:
            _Walk(file, path.stat().st_size).to_end()
        except (struct.error, ValueError):
            raise cut_short(path) from None


class _Walk:
    """Goes through the records; ``ValueError`` or ``struct.error`` where one cannot be right."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        start = file.read(_HEADER)
        self.file, self.size = file, size
        self.order = "<" if start[64:68] in _LITTLE else ">"
        self.is_text: list[bool] = []
        self.pieces = 0

    def to_end(self) -> None:
        """Reads records up to the last one of the dictionary."""
        steps = {
            _VARIABLE: self.variable,
            _LABELS: self.labels,
            _INDEXES: self.indexes,
            _DOCUMENT: self.document,
            _EXTENSION: self.extension,
        }
        while (kind := self.number()) != _END:
            _require(kind in steps and (kind == _VARIABLE or not self.pieces))
            steps[kind]()

    def number(self) -> int:
        """The next number of four bytes."""
        (found,) = struct.unpack(f"{self.order}i", self.file.read(4))
        return int(found)

    def skip(self, n: int) -> None:
        """Passes over bytes, which must be there."""
        _require(0 <= n <= self.size)
        _require(self.file.seek(n, io.SEEK_CUR) <= self.size)

    def variable(self) -> None:
        """Width, whether there is a label, missing values, two formats and a name."""
        width, label, missing = self.number(), self.number(), self.number()
        formats = [(self.number() >> 16) & 0xFF for _ in range(2)]
        _require(label in (0, 1) and -3 <= missing <= 3)
        if self.pieces:
            _require(width == _PIECE)
            self.pieces -= 1
        else:
            _require(_NUMBER <= width <= _LONGEST_TEXT)
            _require(all(not each or (each in _FORMATS) == (width > 0) for each in formats))
            self.pieces = max(-(-width // 8) - 1, 0)
        self.is_text.append(width != _NUMBER)
        self.skip(8)
        if label:
            length = self.number()
            _require(length <= _LONGEST_LABEL)
            self.skip(length + -length % 4)
        self.skip(8 * abs(missing))

    def labels(self) -> None:
        """So many values of eight bytes, each with a label; both padded to eight."""
        for _ in range(self.number()):
            self.skip(8)
            (length,) = struct.unpack("B", self.file.read(1))
            self.skip(length + -(length + 1) % 8)

    def indexes(self) -> None:
        """Which variables have the labels before, all of them numbers or all text."""
        kinds = set()
        for _ in range(self.number()):
            at = self.number()
            _require(1 <= at <= len(self.is_text))
            kinds.add(self.is_text[at - 1])
        _require(len(kinds) < 2)

    def document(self) -> None:
        """So many lines of text."""
        self.skip(_LINE * self.number())

    def extension(self) -> None:
        """Anything else: what it is, the size of a piece, and how many there are."""
        self.number()
        size, count = self.number(), self.number()
        _require(size >= 0 and count >= 0)
        self.skip(size * count)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError
