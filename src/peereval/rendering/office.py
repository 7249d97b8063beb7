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
    return _NOT_XML.sub("", text)


def rezipped(content: bytes, replace: Mapping[str, bytes], leave_out: str = "") -> bytes:
    """An office file with some parts replaced or left out, and no time of writing in it."""
    made = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != leave_out:
                part = ZipInfo(name, _OLDEST)
                # A picture is compressed already.
                part.compress_type = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
                part.create_system = 0  # as if from the same machine everywhere
                new.writestr(part, replace.get(name) or old.read(name), compresslevel=6)
    return made.getvalue()
