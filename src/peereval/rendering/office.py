"""Files of office programs: zips of XML that come out the same, byte for byte, every time."""

import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

#: When a file says it was made: always the same, since only its content is to make it differ.
MADE = datetime(2020, 1, 1)
_OLDEST = (1980, 1, 1, 0, 0, 0)
#: What XML cannot hold at all.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Text without the characters that no XML file may hold."""
    return text if text.isprintable() else _NOT_XML.sub("", text)


def parts_of(file: BytesIO) -> dict[str, bytes]:
    """The parts of an office file by name, in their order."""
    with ZipFile(file) as made:
        return {name: made.read(name) for name in made.namelist()}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """An office file of these parts, in their order, with no time of writing in it."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as file:
        for name, content in parts.items():
            part = ZipInfo(name, _OLDEST)
            # A picture is compressed already.
            part.compress_type = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
            part.create_system = 0  # as if from the same machine everywhere
            file.writestr(part, content, compresslevel=6)
    return made.getvalue()
