"""Tables of themes: free text that people coded, and when a chosen quotation may be shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from peereval.declarations import Declaration
from peereval.studies.numbers import NUMBER_KEYS

#: Keys that tables of kind themes alone have.
THEME_KEYS = ("coding_sheet", "coder", "uncodeable", "quotations")
_FOREIGN = ("columns", "items", "values", "top", "exclusive", *NUMBER_KEYS)
#: What a quotation needs before it is shown; a study may ask for more, and for less down to these.
_FEWEST = {"respondents": 5, "organisations": 0, "longest": 1}


class ThemeRule(Struct, frozen=True):
    """Where the codes of a question are, and what a quotation needs before it is shown.

    ``lead``: whose codes count, where several people coded. ``uncodeable``: themes that mean that
    an answer says nothing that can be coded. ``respondents`` and ``organisations``: how many must
    stand behind a theme in the column of a quotation; ``longest``: characters that it may have.
    """

    sheet: Path
    lead: str = ""
    uncodeable: tuple[str, ...] = ()
    respondents: int = 10
    organisations: int = 3
    longest: int = 200


def read_theme_rule(file: Declaration, entry: Mapping[str, Any], place: str) -> ThemeRule | None:
    """The rule of one table of kind themes, or None with its faults noted (STU047, STU048)."""
    before = len(file.faults)
    for key in (key for key in _FOREIGN if key in entry):
        what = f"{key} is not for tables of kind themes"
        file.add("047", what, "Leave it out, or mend the kind", place)
    if not entry.get("coding_sheet", "").strip():
        what = "a table of themes has no coding sheet"
        fix = 'Write coding_sheet = "file", also before it is there: peereval tables code-sheet'
        file.add("047", what, fix, place)
    both = {one for those in entry.get("nets", {}).values() for one in those} & {
        *entry.get("uncodeable", ())
    }
    if both:
        what = f"{sorted(both)[0]!r} cannot be coded and is in a net"
        file.add("047", what, "Take it out of the net", place)
    asked = entry.get("quotations", {})
    file.refer(asked, _FEWEST, "rule for quotations", place)
    for key in (key for key, least in _FEWEST.items() if asked.get(key, least) < least):
        what = f"quotations are shown of {key} = {asked[key]}"
        file.add("047", what, f"At least {_FEWEST[key]}", place)
    columns = entry.get("column", [])
    allowed = file.raw["columns"].get("allowed", ())
    for column in [columns] if isinstance(columns, str) else columns:
        if column not in allowed:
            what = f"the column {column!r} holds free text and is not allowed"
            fix = "Name it in [columns] allowed, or leave column out: the sheet says who answered"
            file.add("048", what, fix, place)
    if len(file.faults) > before:
        return None
    return ThemeRule(
        sheet=file.path.parent / entry["coding_sheet"],
        lead=entry.get("coder", ""),
        uncodeable=tuple(entry.get("uncodeable", ())),
        **asked,
    )
