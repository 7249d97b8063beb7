"""What a study declares about its statistics: headlines, families, subgroups, published claims."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from peereval.declarations import Declaration, shape

#: How much is estimated: the headlines and the paired t-tests, or everything.
DEPTHS = ("full", "headline")
#: Estimators that may be the headline of a question; the first is the default.
CHANGE_HEADLINES = ("paired_cr2", "paired_t", "paired_wild", "paired_cr3")
DID_HEADLINES = ("did_cr2", "did_ols", "did_wild", "did_cr3", "ancova_cr2")
ADJUSTMENTS = ("holm", "benjamini_hochberg")
#: Which way a claimed effect goes; empty where the claim does not say.
DIRECTIONS = ("up", "down")
SAYINGS = ("change", "no_change", "difference", "no_difference")
#: Analyses whose headline tests a family may hold.
TESTED = ("paired", "did", "band_change", "prevalence_change", "subgroup")

#: Pairs that a level of a characteristic needs before anything is said about it.
FEWEST_IN_LEVEL = 10

STATISTICS = shape(
    {},
    {
        "ci_level": "number",
        "depth": "text",
        "headline_change": "text",
        "headline_did": "text",
        "smallest_effect": "number",
        "smallest_effects": "numbers by name",
        "reliabilities": "numbers by name",
        "primary": "texts",
        "draws": "count",
        "seed": "count",
    },
)
SUBGROUPS = shape({}, {"characteristics": "texts", "minimum": "count"})
FAMILY = shape(
    {"id": "text"},
    {
        "adjust": "text",
        "analyses": "texts",
        "outcomes": "texts",
        "phases": "texts",
        "comparisons": "texts",
        "groups": "texts",
    },
)
CLAIM = shape(
    {"id": "text", "says": "text", "outcomes": "some texts"},
    {
        "text": "text",
        "direction": "text",
        "phase": "text",
        "comparison": "text",
        "group": "text",
    },
)


class Statistics(Struct, frozen=True):
    """How the numbers of a study are made.

    ``smallest_effect`` is the smallest effect of interest in baseline standard deviations,
    ``smallest_effects`` (outcome -> points) where a study knows it in the unit of a score;
    ``reliabilities``: outcome -> reliability for reliable change. ``primary``: the outcomes that
    the study was about. ``draws`` and ``seed`` are of everything random.
    """

    ci_level: float = 0.95
    depth: str = DEPTHS[0]
    headline_change: str = CHANGE_HEADLINES[0]
    headline_did: str = DID_HEADLINES[0]
    smallest_effect: float = 0.2
    smallest_effects: Mapping[str, float] = field(default_factory=dict)
    reliabilities: Mapping[str, float] = field(default_factory=dict)
    primary: tuple[str, ...] = ()
    draws: int = 9999
    seed: int = 2020


class Subgroups(Struct, frozen=True):
    """Characteristics whose levels are compared, and the fewest pairs that a level needs."""

    characteristics: tuple[str, ...] = ()
    minimum: int = FEWEST_IN_LEVEL


class Family(Struct, frozen=True):
    """Tests that are judged together; an empty part means all."""

    id: str
    adjust: str
    analyses: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Claim(Struct, frozen=True):
    """Something that was published about an outcome, to be looked at again.

    ``says``: that it changed, that it did not, that the groups of the contrast changed
    differently, or that they did not.
    """

    id: str
    says: str
    outcome: str
    text: str
    phase: str
    comparison: str
    group: str
    direction: str = ""


class Known(Struct, frozen=True):
    """Names that the parts of this module may refer to."""

    outcomes: tuple[str, ...]
    phases: tuple[str, ...]
    comparisons: tuple[str, ...]
    groups: tuple[str, ...]
    characteristics: tuple[str, ...]
    contrast: bool


def read_statistics(file: Declaration, known: Known) -> Statistics:
    """``[statistics]``; what is wrong becomes faults of the file."""
    raw = dict(file.raw.get("statistics", {}))
    for key, allowed in (
        ("depth", DEPTHS),
        ("headline_change", CHANGE_HEADLINES),
        ("headline_did", DID_HEADLINES),
    ):
        _choose(file, raw.get(key, allowed[0]), allowed, key, "statistics")
    for key in ("smallest_effects", "reliabilities"):
        file.refer(raw.get(key, {}), known.outcomes, "outcome", f"statistics.{key}")
        raw[key] = {name: float(value) for name, value in raw.get(key, {}).items()}
    file.refer(raw.get("primary", ()), known.outcomes, "outcome", "statistics")
    raw["primary"] = tuple(raw.get("primary", ()))
    for key in ("ci_level", "smallest_effect"):
        if key in raw:
            raw[key] = float(raw[key])
    made = Statistics(**raw)
    _check_numbers(file, made)
    return made


def _check_numbers(file: Declaration, made: Statistics) -> None:
    def say(found: str, fix: str) -> None:
        file.add("007", found, fix, "statistics")

    if not 0.5 <= made.ci_level < 1:
        say(f"ci_level = {made.ci_level} is not a level", "Use 0.95")
    if not 0 < made.smallest_effect < 5:
        say(f"smallest_effect = {made.smallest_effect} is no effect in SD", "Use 0.2")
    if any(value <= 0 for value in made.smallest_effects.values()):
        say("smallest_effects must be more than 0 points", "Give the size without a sign")
    if any(not 0 < value < 1 for value in made.reliabilities.values()):
        say("reliabilities must lie between 0 and 1", "Give those published, such as 0.84")
    if made.draws < 99:
        say(f"draws = {made.draws} are too few", "Use 9999")


def read_subgroups(file: Declaration, known: Known) -> Subgroups:
    """``[subgroups]``: every characteristic, unless some are named."""
    raw = file.raw.get("subgroups", {})
    named = tuple(raw.get("characteristics", known.characteristics))
    file.refer(named, known.characteristics, "characteristic", "subgroups")
    minimum = raw.get("minimum", FEWEST_IN_LEVEL)
    if minimum < 2:
        file.add("007", f"minimum = {minimum} is too few", "Use 10", "subgroups")
    return Subgroups(named, minimum)


def read_families(file: Declaration, known: Known) -> tuple[Family, ...]:
    """``[[families]]``; none means those that peereval makes."""
    made = []
    for entry in file.raw.get("families", ()):
        place = f"families {entry['id']}"
        adjust = entry.get("adjust", ADJUSTMENTS[0])
        _choose(file, adjust, ADJUSTMENTS, "adjust", place)
        file.refer(entry.get("analyses", ()), TESTED, "analysis", place)
        file.refer(entry.get("outcomes", ()), known.outcomes, "outcome", place)
        file.refer(entry.get("phases", ()), known.phases, "phase", place)
        file.refer(entry.get("comparisons", ()), known.comparisons, "comparison", place)
        file.refer(entry.get("groups", ()), known.groups, "group", place)
        lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
        made.append(Family(entry["id"], adjust, **lists))
    return tuple(made)


def read_claims(file: Declaration, known: Known) -> tuple[Claim, ...]:
    """``[[claims]]``: published statements; phase, comparison and group default to the only one."""
    made = []
    for entry in file.raw.get("claims", ()):
        place = f"claims {entry['id']}"
        _choose(file, entry["says"], SAYINGS, "says", place)
        if "difference" in entry["says"] and not known.contrast:
            file.add("007", "a difference needs a [contrast]", "Name its two groups", place)
        parts = {
            "phase": entry.get("phase", _only(known.phases)),
            "comparison": entry.get("comparison", _only(known.comparisons)),
            "group": entry.get("group", "all"),
        }
        file.refer(entry["outcomes"], known.outcomes, "outcome", place)
        for key, names in (("phase", known.phases), ("comparison", known.comparisons)):
            if parts[key]:
                file.refer([parts[key]], names, key, place)
            else:
                found = f"it names no {key}, of which there are {len(names)}"
                file.add("007", found, f"Say {key} = one of {', '.join(names)}", place)
        file.refer([parts["group"]], known.groups, "group", place)
        direction = _direction(file, entry, place)
        text = entry.get("text", entry["id"])
        made += [
            Claim(entry["id"], entry["says"], outcome, text, **parts, direction=direction)
            for outcome in entry["outcomes"]
        ]
    return tuple(made)


def _direction(file: Declaration, entry: Mapping[str, Any], place: str) -> str:
    direction = str(entry.get("direction", ""))
    if direction:
        _choose(file, direction, DIRECTIONS, "direction", place)
        if entry["says"].startswith("no_"):
            file.add("007", "a claim of none has no direction", "Leave it out", place)
    return direction


def _only(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ""


def _choose(file: Declaration, value: Any, allowed: Iterable[str], key: str, place: str) -> None:
    if value not in allowed:
        file.add(
            "007", f"{key} = {value!r} is not a choice", f"Use one of {', '.join(allowed)}", place
        )
