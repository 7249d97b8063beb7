"""What a text export is written in; and the same text as UTF-8."""

import codecs
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec import Struct

from peereval.reading.contents import kind_of_bytes, looks_wide, refuse_kind
from peereval.reading.export import refused
from peereval.reading.unpacking import BLOCK, open_bytes

UTF8 = "utf-8"
#: What Windows programs write if nobody asks for Unicode.
WINDOWS = "cp1252"
_ASSUMED = "Read as Windows-1252, which is assumed: it is not UTF-8"
#: No line of an export is longer than so many blocks.
_LONGEST = 16
_IN_WORDS = {
    UTF8: "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    WINDOWS: "Windows-1252",
}
#: Those of UTF-32 begin like those of UTF-16.
_MARKS = (
    (BOM_UTF8, UTF8),
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)
#: A first line by which a file tells Excel its delimiter; Excel does not show it.
_SEPARATOR = re.compile(r'"?sep=(.)"?[ \t]*(\r\n|\r|\n|$)', re.IGNORECASE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ESCAPED = re.compile("[\udc80-\udcff]")


class Text(Struct, frozen=True):
    """How the text of a file is stored, once all of it has been looked at.

    ``codec`` as Python calls it, ``encoding`` as people do; ``mark`` is how many bytes of a
    byte order mark, and ``delimiter`` what a first line ``sep=;`` says, of ``skipped``
    characters. ``blocks`` of a megabyte hold its longest line; ``quotes`` and ``hashes``:
    whether it has any.
    """

    path: Path
    compressed: bool
    codec: str
    encoding: str
    mark: int = 0
    delimiter: str = ""
    skipped: int = 0
    blocks: int = 1
    quotes: bool = False
    hashes: bool = False
    notes: tuple[str, ...] = ()


class _Seen(Struct):
    """What reading all of a text shows: see `Text`; ``wrong`` if it is not in its codec."""

    blocks: int = 1
    quotes: bool = False
    hashes: bool = False
    wrong: bool = False


def recognise_text(path: Path, encoding: str = "") -> Text:
    """How the text of a file is stored: the whole file is read once, block by block.

    Without an ``encoding`` it is what the byte order mark says, UTF-16 where zeros between
    the letters show it, UTF-8 where all of it is, and otherwise Windows-1252, as assumed and
    noted. Raises ``SourceError`` if it is none of them, or no text.
    """
    with open_bytes(path, False) as file:
        compressed = file.read(2) == b"\x1f\x8b"
    with open_bytes(path, compressed) as file:
        start = file.read(BLOCK)
    refuse_kind(path, kind_of_bytes(start), ("text",))
    codec, mark = _codec(path, start, encoding)
    notes: tuple[str, ...] = ()
    seen = _scan(path, compressed, codec)
    if seen.wrong and codec == UTF8 and not mark and not encoding:
        refuse_mixture(path, compressed)
        codec, notes = WINDOWS, (_ASSUMED,)
        seen = _scan(path, compressed, codec)
    if seen.wrong:
        raise _not_in(path, codec)
    name = _IN_WORDS.get(codec, encoding) + (" with BOM" if mark and codec == UTF8 else "")
    first = _SEPARATOR.match(start[mark:].decode(codec, "replace")[:80])
    return Text(
        path,
        compressed,
        codec,
        name,
        mark,
        delimiter=first[1] if first else "",
        skipped=len(first[0]) if first else 0,
        blocks=seen.blocks,
        quotes=seen.quotes,
        hashes=seen.hashes,
        notes=notes,
    )


def _codec(path: Path, start: bytes, encoding: str) -> tuple[str, int]:
    """The codec to try, and how many bytes of byte order mark stand before the text."""
    marked, mark = next(
        ((codec, mark) for mark, codec in _MARKS if start.startswith(mark)), ("", b"")
    )
    if not encoding:
        return marked or looks_wide(start) or UTF8, len(mark)
    try:
        codec = codecs.lookup(encoding)
        "".encode(codec.name)
    except (LookupError, ValueError):
        what = f"the study says that its encoding is {encoding!r}, which is not known"
        raise refused(path, "017", what, 'Write "utf-8", "utf-16" or "cp1252"') from None
    name = codec.name.removesuffix("-sig")
    if name in ("utf-16", "utf-32"):
        name = marked if marked.startswith(name) else f"{name}-le"
    return name, len(mark) if name == marked else 0


def _scan(path: Path, compressed: bool, codec: str) -> _Seen:
    """All of a text, looked at. Zeros in it, and a line that never ends, are a ``SourceError``."""
    decoder, wide = codecs.getincrementaldecoder(codec)(), codec.startswith(("utf-16", "utf-32"))
    seen, run = _Seen(), 1
    with open_bytes(path, compressed) as file:
        try:
            while block := file.read(BLOCK):
                plain = codec == UTF8 and not decoder.getstate()[0] and block.isascii()
                text = "" if plain else decoder.decode(block)
                if "\0" in text if wide else 0 in block:
                    raise _zeros(path)
                seen.quotes = seen.quotes or b'"' in block
                seen.hashes = seen.hashes or b"#" in block
                run = 1 if b"\n" in block or b"\r" in block else run + 1
                seen.blocks = max(seen.blocks, run)
                if run > _LONGEST:
                    raise too_long(path)
            decoder.decode(b"", final=True)
        except UnicodeError:
            seen.wrong = True
    return seen


def refuse_mixture(path: Path, compressed: bool) -> None:
    """Raise ``SourceError`` if most letters beyond ASCII are UTF-8, and only some are not.

    Such a file is damaged, or put together from two: to read all of it as Windows-1252 would
    spoil every letter that is right.
    """
    decoder = codecs.getincrementaldecoder(UTF8)("surrogateescape")
    right = wrong = 0
    with open_bytes(path, compressed) as file:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            strange = len(_ESCAPED.findall(text))
            wrong += strange
            right += len(_NOT_ASCII.findall(text)) - strange
    if right * 10 > wrong:
        what = "some of its letters are UTF-8 and some are not"
        raise refused(path, "016", what, "Export it again as CSV UTF-8, or say encoding =")


@contextmanager
def as_utf8(text: Text) -> Iterator[Path | BinaryIO]:
    """The text from its first heading on, as UTF-8: the file itself where it already is."""
    if text.codec != UTF8 or text.skipped:
        with io.BufferedReader(_AsUtf8(text), BLOCK) as stream:
            yield cast(BinaryIO, stream)
    elif text.compressed or text.path.suffix.lower() == ".gz":
        # A reader that is given a name would go by its ending.
        with open_bytes(text.path, text.compressed) as file:
            yield file
    else:
        yield text.path


class _AsUtf8(io.RawIOBase):
    """Text turned into UTF-8 while it is read."""

    def __init__(self, text: Text) -> None:
        self.characters, self.left = open_text(text), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.left:
            self.left = self.characters.read(BLOCK // 4).encode(UTF8)
        taken, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        self.characters.close()
        super().close()


def open_text(text: Text) -> io.TextIOWrapper:
    """The characters of a text from its first heading on, line breaks as they are."""
    raw = open_bytes(text.path, text.compressed)
    raw.read(text.mark)
    characters = io.TextIOWrapper(raw, text.codec, newline="")
    characters.read(text.skipped)
    return characters


def lines(text: Text) -> Iterator[str]:
    """Lines of a text, for a reader of records; one that is far too long is a ``SourceError``."""
    limit = (text.blocks + 1) * BLOCK
    with closing(open_text(text)) as file:
        while line := file.readline(limit):
            if len(line) == limit and not line.endswith(("\n", "\r")):
                raise too_long(text.path)
            yield line


def too_long(path: Path, row: int | None = None) -> Exception:
    """The error for a cell that no questionnaire holds."""
    what = "a cell or a line is far too long for an export"
    return refused(path, "010", what, "Export it again; a quote or a line break may be lost", row)


def _zeros(path: Path) -> Exception:
    what = "there are zero bytes in it: it is damaged, or not text"
    return refused(path, "013", what, "Export it again")


def _not_in(path: Path, codec: str) -> Exception:
    if codec == WINDOWS:
        what = "it is neither UTF-8 nor Windows-1252 text throughout"
    else:
        what = f"it is not {_IN_WORDS.get(codec, codec)} text throughout"
    fix = "Export it as CSV UTF-8, or say encoding ="
    return refused(path, "016", what, fix)
