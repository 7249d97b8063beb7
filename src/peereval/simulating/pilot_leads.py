"""The survey of pilot leads made again: two synthetic exports with the report's tables in them.

Nobody answered these. So many respondents as ``pilot_leads_targets.toml`` says choose each answer,
and which of them is drawn at random. The layout is that of the study file.
"""

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from peereval.bundled import bundled
from peereval.simulating.pilot import write_export
from peereval.simulating.pilot_comments import simulate_young_people
from peereval.simulating.pilot_draws import Flags, highest, share_out, shuffled, stream

SEED = 2018
STUDY = "data/pilot_leads/study.toml"

_TARGETS = Path(__file__).with_name("pilot_leads_targets.toml")
_KINDS = {
    "primary": "Primary school",
    "secondary": "Secondary school",
    "college": "College",
    "youth": "Youth organisation",
}


def simulate_pilot_leads(folder: Path, seed: int = SEED) -> list[Path]:
    """Write the exports that the study of pilot leads names into ``folder``.

    Every seed gives other respondents and the same tables; the same seed the same bytes on every
    machine. A folder other than the study's own gets the study too. Returns the paths.
    """
    original = bundled(STUDY)
    study = tomllib.loads(original.read_text(encoding="utf-8"))
    targets = tomllib.loads(_TARGETS.read_text(encoding="utf-8"))
    people = _people(targets["people"], seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for source in study["sources"]:
        occasion = source["occasion"]
        ids, kinds = people[occasion]
        columns = {"Organisation ID": ids, "Organisation type": kinds}
        primary = np.array([kind == _KINDS["primary"] for kind in kinds])
        for table in study["tables"]:
            columns |= _columns(table, targets[occasion], primary, seed, occasion)
        paths.append(folder / source["file"])
        write_export(paths[-1], columns)
    paths += simulate_young_people(folder, seed)
    if folder.resolve() != original.parent.resolve():
        shutil.copyfile(original, folder / original.name)
        paths.append(folder / original.name)
    return paths


def _people(counts: Mapping[str, int], seed: int) -> dict[str, tuple[list[str], list[str]]]:
    """Ids and kinds of organisation of those who answered, by occasion, in random order."""
    rng = stream(seed, "leads")
    kinds = [title for kind, title in _KINDS.items() for _ in range(counts[kind])]
    first = [kinds[int(n)] for n in shuffled(rng, np.arange(len(kinds)))]
    primary = np.flatnonzero([kind == _KINDS["primary"] for kind in first])
    other = np.flatnonzero([kind != _KINDS["primary"] for kind in first])
    again = [
        *shuffled(rng, primary)[: counts["returning_primary"]],
        *shuffled(rng, other)[: counts["returning_other"]],
        *range(len(first), len(first) + counts["new"]),
    ]
    new = [list(_KINDS.values())[n % 2] for n in range(counts["new"])]
    everyone = [*first, *new]
    after = shuffled(rng, np.array(again))
    return {
        "baseline": ([_id(n) for n in range(len(first))], first),
        "follow_up": ([_id(int(n)) for n in after], [everyone[int(n)] for n in after]),
    }


def _id(number: int) -> str:
    return f"LEAD-{number + 1:03d}"


# --- answers ------------------------------------------------------------------------------


def _columns(
    table: Mapping[str, Any],
    targets: Mapping[str, Mapping[str, int | list[int]]],
    primary: Flags,
    seed: int,
    occasion: str,
) -> dict[str, list[str]]:
    """Columns of one table, if it was asked at the occasion."""
    if occasion not in table.get("occasions", (occasion,)):
        return {}
    named = [(table["id"], table.get("column"))]
    named = [(f"{table['id']}_{i}", c) for i, c in table.get("items", {}).items()] or named
    columns: dict[str, list[str]] = {}
    for outcome, column in named:
        rng = stream(seed, occasion, outcome)
        counts = targets[outcome]
        if table["kind"] == "number":
            columns[str(column)] = _numbers(counts, len(primary), rng)
            continue
        if table["kind"] == "multi":
            chosen = _several(counts, table.get("exclusive", ()), primary, rng)
        else:
            chosen = _one(counts, primary, rng)
        texts = {option: table["options"][option] for option in counts}
        if "columns" in table:
            for option, text in texts.items():
                ticked = [text if one else "" for one in chosen[option]]
                columns[table["columns"][option]] = ticked
        else:
            columns[str(column)] = [
                ";".join(text for option, text in texts.items() if chosen[option][n])
                for n in range(len(primary))
            ]
    return columns


def _numbers(counts: Mapping[str, int | list[int]], n: int, rng: np.random.Generator) -> list[str]:
    """Each number as often as its count says, in random order; blank cells for those left."""
    cells = [number for number, count in counts.items() for _ in range(int(str(count)))]
    cells += [""] * (n - len(cells))
    return [cells[int(place)] for place in shuffled(rng, np.arange(n))]


def _one(
    counts: Mapping[str, int | list[int]], primary: Flags, rng: np.random.Generator
) -> dict[str, Flags]:
    """One answer each; respondents left over have none."""
    order, chosen, at = shuffled(rng, np.arange(len(primary))), {}, 0
    for option, count in counts.items():
        chosen[option] = np.zeros(len(primary), dtype=bool)
        chosen[option][order[at : at + int(str(count))]] = True
        at += int(str(count))
    return chosen


def _several(
    counts: Mapping[str, int | list[int]],
    exclusive: list[str],
    primary: Flags,
    rng: np.random.Generator,
) -> dict[str, Flags]:
    """So many choose each option, everybody one at least, and exclusive options alone."""
    chosen = {option: np.zeros(len(primary), dtype=bool) for option in counts}
    split = {option: _split(count, primary) for option, count in counts.items()}
    for side, members in enumerate((np.flatnonzero(primary), np.flatnonzero(~primary))):
        free = shuffled(rng, members)
        for option in exclusive:
            alone, free = np.split(free, [split[option][side]])
            chosen[option][alone] = True
        bare = np.ones(len(primary), dtype=bool)
        left = sum(split[option][side] for option in counts if option not in exclusive)
        for option in counts:
            if option in exclusive:
                continue
            # While answers are left for all, anybody; then those without an answer first.
            count = split[option][side]
            left -= count
            needed = max(int(bare[free].sum()) - left, 0)
            first = highest(rng.random(len(primary)) + bare * 1.0, free, needed)
            rest = np.array([n for n in free if n not in set(first.tolist())], dtype=np.int64)
            others = highest(rng.random(len(primary)), rest, count - needed)
            for some in (first, others):
                chosen[option][some] = True
                bare[some] = False
    return chosen


def _split(count: int | list[int], primary: Flags) -> list[int]:
    """Of primary and other: as printed, else in proportion."""
    if isinstance(count, list):
        return count
    return share_out([float(primary.sum()), float((~primary).sum())], count)
