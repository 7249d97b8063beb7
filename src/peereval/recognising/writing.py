"""TOML as a person would write it: values, and comments that fit a screen."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

WIDTH = 100
Value = str | Sequence[str] | Mapping[str, str | Sequence[str] | Mapping[str, str]]
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def quoted(text: str) -> str:
    """A text in quotes, with everything escaped that TOML does not allow in them."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(text: str) -> str:
    """A key, in quotes where it must be."""
    return text if _BARE.fullmatch(text) else quoted(text)


def listed(texts: Iterable[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(quoted(text) for text in texts)}]"


def value(found: Value) -> str:
    """A text, a list of texts, or a table of either in one line."""
    if isinstance(found, str):
        return quoted(found)
    if isinstance(found, Mapping):
        return f"{{ {', '.join(f'{key(name)} = {value(part)}' for name, part in found.items())} }}"
    return listed(found)


def comment(text: str, first: str = "# ", others: str = "# ") -> list[str]:
    """A comment as lines that fit; headings of exports may hold anything, so it is made plain."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return wrap(
        " ".join(plain.split()),
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def commented_out(lines: Iterable[str]) -> list[str]:
    """Lines that are there to be read and do not count."""
    return [line if line.startswith("#") else f"# {line}".rstrip() for line in lines]
