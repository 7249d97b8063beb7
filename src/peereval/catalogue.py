"""What every code of a fault or finding means, why it matters and how it is mended.

The texts are in `catalogue.toml`, beside this file.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from peereval.errors import UsageError, nearest

_TEXTS = Path(__file__).with_name("catalogue.toml")


class Explanation(Struct, frozen=True):
    """One code: ``stops`` says whether it ends a run, or is a finding that stops nothing.

    A ``note`` is a finding of what is only to be known: ``--strict`` passes it.
    ``example`` is made up: what is wrong, a line that says ``mended:``, and the same mended.
    """

    code: str
    title: str
    stops: bool
    meaning: str
    why: str
    fix: str
    example: str
    note: bool = False


def explain(code: str) -> Explanation:
    """The explanation of a code, however it is written; ``UsageError`` if there is none."""
    wanted = code.strip().upper()
    if wanted not in EXPLANATIONS:
        hint = nearest(wanted, EXPLANATIONS) or "A code looks like ANS001."
        raise UsageError(f"There is no code {code.strip()!r}. {hint}")
    return EXPLANATIONS[wanted]


def is_note(code: str) -> bool:
    """Whether findings of a code are only to be known."""
    return code in EXPLANATIONS and EXPLANATIONS[code].note


def _read() -> dict[str, Explanation]:
    raw = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
    return {
        code: Explanation(
            code,
            entry["title"],
            entry["stops"],
            _joined(entry["meaning"]),
            _joined(entry["why"]),
            _joined(entry["fix"]),
            entry["example"].strip("\n"),
            entry.get("note", False),
        )
        for code, entry in raw.items()
    }


def _joined(lines: str) -> str:
    return " ".join(lines.split())


#: Code -> explanation, of every fault and finding.
EXPLANATIONS: Mapping[str, Explanation] = _read()
