"""Which sections and keys a scale file may have, and of what kind each is."""

from peereval.declarations import Declaration, shape
from peereval.scales.objects import FACTS

FORMAT = 1

_FILE = shape(
    {
        "format": "integer",
        "id": "text",
        "version": "text",
        "title": "text",
        "source": "table",
        "responses": "table",
        "items": "some tables",
        "scores": "some tables",
        "examples": "some tables",
    },
    {
        "ages": "text",
        "recall": "text",
        "parent": "text",
        "facts": "named tables",
        "bands": "tables",
        "recognition": "table",
    },
)
_SOURCE = shape(
    {"citation": "text", "licence": "text", "verified": "flag", "checked": "text"},
    {"doi": "text", "notes": "texts"},
)
_RESPONSES = shape(
    {},
    {
        "labels": "integers by name",
        "numbers": "table",
        "codings": "named tables",
        "coding_required": "flag",
    },
)
_NUMBERS = shape({"from": "number", "to": "number"}, {"step": "number"})
_FACTS = shape({}, dict.fromkeys(FACTS, "table"))
_FACT = shape({"verified": "flag", "checked": "text"})
#: ``names``: what exports call the scale, before the number of an item (``swemwbs`` in SWEMWBS_1).
_RECOGNITION = shape({"names": "texts"})
_ITEM = shape({"id": "text", "gloss": "text"}, {"reverse": "flag", "sensitive": "flag"})
_SCORE = shape(
    {
        "id": "text",
        "title": "text",
        "rule": "text",
        "of": "texts",
        "range": "numbers",
        "unit": "text",
        "better": "text",
    },
    {
        "min_answered": "integer",
        "prorate": "flag",
        "rounding": "text",
        "points": "integers by name",
        "zero_when": "integers by name",
        "primary": "flag",
        "factor": "number",
        "offset": "number",
        "table": "numbers by name",
        "reliable_change": "table",
        "reliability": "table",
        "norms": "tables",
    },
)
_RELIABLE_CHANGE = shape({"threshold": "number", "source": "text", "verified": "flag"})
_RELIABILITY = shape({"value": "number", "kind": "text", "source": "text", "verified": "flag"})
_NORM = shape(
    {"mean": "number", "population": "text", "source": "text", "verified": "flag"},
    {"sd": "number", "n": "integer"},
)
_BAND = shape(
    {
        "id": "text",
        "title": "text",
        "score": "text",
        "population": "text",
        "verified": "flag",
        "levels": "tables",
    },
    {"checked": "text", "system": "text"},
)
_LEVEL = shape({"id": "text", "title": "text", "from": "number"})
_EXAMPLE = shape(
    {"name": "text", "answers": "answers", "expected": "table"}, {"coding": "text"}
)  # fmt: skip


def check_shape(file: Declaration) -> None:
    """Note every unknown or missing key, and every value of the wrong kind."""
    raw = file.raw
    file.check(raw, _FILE)
    if raw.get("format", FORMAT) != FORMAT:
        file.add("004", f"format {raw['format']!r} is not known", f"Use format = {FORMAT}")
    for section, wanted in (
        ("source", _SOURCE), ("responses", _RESPONSES), ("recognition", _RECOGNITION),
        ("facts", _FACTS),
    ):  # fmt: skip
        if isinstance(raw.get(section), dict):
            file.check(raw[section], wanted, section)
    for section, wanted in (
        ("items", _ITEM), ("scores", _SCORE), ("bands", _BAND), ("examples", _EXAMPLE),
    ):  # fmt: skip
        file.check_each(section, wanted)
    if not file.faults:
        _check_inner(file)


def _check_inner(file: Declaration) -> None:
    """Tables within tables, once those around them are what they should be."""
    raw = file.raw
    responses = raw["responses"]
    if "numbers" in responses:
        file.check(responses["numbers"], _NUMBERS, "responses.numbers")
    if not {"labels", "numbers"} & responses.keys():
        file.add("003", "'labels' is missing", "Add [responses.labels], or numbers", "responses")
    for name, fact in raw.get("facts", {}).items():
        file.check(fact, _FACT, f"facts.{name}")
    for band in raw.get("bands", []):
        for level in band["levels"]:
            file.check(level, _LEVEL, f"bands {band['id']}")
    for score in raw["scores"]:
        place = f"scores {score['id']}"
        for name, wanted in (("reliable_change", _RELIABLE_CHANGE), ("reliability", _RELIABILITY)):
            if name in score:
                file.check(score[name], wanted, place)
        for norm in score.get("norms", []):
            file.check(norm, _NORM, place)
