"""Compressed files, read so that a small one cannot become a very large one."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from peereval.reading.export import refused

#: Bytes read at a time.
BLOCK = 1 << 20
#: No export unpacks to more than this, ...
_LARGEST = 2 << 30
#: ... nor, beyond this, to this many times its own size.
_SUSPECT = 100 << 20
_RATIO = 100
#: What the libraries raise for an archive that is damaged; some of it undocumented.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    ValueError,
    RuntimeError,
    OverflowError,
    KeyError,
    IndexError,
    OSError,
)
_LOCAL_HEADER = 30


def refuse_large(path: Path, unpacked: int) -> None:
    """Raise ``SourceError`` if so many bytes cannot honestly come out of the file."""
    if unpacked > _LARGEST or unpacked > max(_SUSPECT, _RATIO * path.stat().st_size):
        what = f"it unpacks to {unpacked >> 20} MB or more, which no export needs"
        raise refused(path, "008", what, "Export again, as .csv or .parquet if it is so large")


def cut_short(path: Path) -> Exception:
    """The error for an archive that is not whole."""
    what = "the file is damaged, or was cut short"
    return refused(path, "012", what, "Download or copy it again")


class _Gunzipped(io.RawIOBase):
    """The content of a gzip file, and no more of it than a file of its size may have."""

    def __init__(self, path: Path) -> None:
        self.path, self.file, self.unpacked = path, gzip.GzipFile(path, "rb"), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self.file.read(len(buffer))
        except DAMAGE:
            raise cut_short(self.path) from None
        self.unpacked += len(block)
        refuse_large(self.path, self.unpacked)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self.file.close()
        super().close()


def open_bytes(path: Path, compressed: bool) -> BinaryIO:
    """The bytes of a file, unpacked if it is a gzip file.

    Reading raises ``SourceError`` if the gzip file is damaged or unpacks to far too much.
    """
    if not compressed:
        return path.open("rb")
    return cast(BinaryIO, io.BufferedReader(_Gunzipped(path), BLOCK))


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip archive; ``SourceError`` if it is damaged, or says that it is far too large."""
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE:
        raise cut_short(path) from None
    with archive:
        refuse_large(path, sum(part.file_size for part in archive.infolist()))
        yield archive


def part_blocks(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part of an archive really holds, block by block, whatever size it says it has.

    Another reader may go on where this library stops, at the size that the archive claims.
    """
    raw = archive.fp
    assert raw is not None
    try:
        raw.seek(part.header_offset)
        header = raw.read(_LOCAL_HEADER)
        name, extra = struct.unpack("<HH", header[26:30])
        raw.seek(name + extra, io.SEEK_CUR)
        if part.compress_type == zipfile.ZIP_STORED:
            yield from _taken(raw, part.compress_size)
        elif part.compress_type == zipfile.ZIP_DEFLATED:
            yield from _inflated(raw, part.compress_size)
        else:
            raise cut_short(path)
    except DAMAGE:
        raise cut_short(path) from None


def _taken(raw: Any, size: int) -> Iterator[bytes]:
    while size and (block := raw.read(min(BLOCK, size))):
        size -= len(block)
        yield block
    if size:
        raise EOFError


def _inflated(raw: Any, size: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _taken(raw, size):
        block = inflate.decompress(packed, BLOCK)
        while block:
            yield block
            block = inflate.decompress(inflate.unconsumed_tail, BLOCK)
    if not inflate.eof:
        raise EOFError
