"""What a run leaves behind: its results, how they were made, and the restricted tables."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs
from msgspec.structs import asdict

from peereval.clock import Clock
from peereval.decisions import for_a_spreadsheet
from peereval.disclosure import (
    RULES,
    LastLook,
    released_counts,
    released_finding,
    unnamed,
)
from peereval.errors import Fault, split_accepted
from peereval.output.writing import (
    RESTRICTED,
    RUN_FILE,
    check_output,
    fingerprint,
    outputs_of,
    restricted_outputs_of,
    write_csv,
    write_folder,
    write_utf8,
)
from peereval.studies import Conversion, Study
from peereval.wording import words

if TYPE_CHECKING:
    from peereval.pipeline import Matching, Run
    from peereval.reading.export import Recognised

#: What is said wherever disclosure control is off.
NOT_FOR_PUBLICATION = "not applied: not for publication"
_PACKAGES = ("peereval", "narwhals", "numpy", "polars", "pyarrow", "rapidfuzz", "scipy")
_RESULTS = "results.parquet"
#: Restricted record of everything that was counted and found.
_RECORD = "record.json"
_WARNING = """\
Row-level data: respondents' ids and answers. Never publish or share this folder.

"""
#: Restricted tables: those that are large as Parquet, those that people read as CSV.
_RESTRICTED = {
    "results.parquet": "every result, with what disclosure control kept back",
    "suppressions.csv": "which results were kept back, and by which rule",
    "scores.parquet": "one row per export row: the scores of each response",
    "pairs.parquet": "one row per matched respondent and comparison",
    "ledger.csv": "where every export row went, and why",
    "faults.csv": "answers that were not understood, by column and value",
    "changes.csv": "cells that were changed before use, such as ids with spaces around them",
    "missing.csv": "answers that are missing for a declared reason, by column",
    "id_steps.csv": "what each step of making ids alike changed",
    "duplicates.csv": "respondents who answered more than once at one occasion",
    "conflicts.csv": "pairs whose two responses contradict each other",
    "organisations.parquet": "what each organisation may see of its own respondents",
    "near_misses.csv": "unmatched ids that are nearly alike, for a person to decide",
    "quotations_withheld.csv": "chosen quotations that may not be shown, and why",
}


#: Writes what people open into a folder, given the manifest of the run; within it, gives what
#: waits for the rest, which another process writes while what is there already is searched.
Report = Callable[[Path, Mapping[str, Any]], AbstractContextManager[Callable[[], None]]]


def write_run(
    run: "Run",
    folder: Path,
    drafted: str = "",
    report: Report | None = None,
) -> tuple[str, ...]:
    """Write what may be published, `run.json` and the restricted tables of a run into ``folder``.

    ``drafted``: the text of the study, where it is not a file yet; it is then written among the
    restricted tables. ``report`` writes what people open into the same folder. Gives the names of
    all other files, of the restricted ones that of their folder and of the study.
    """
    tables = _released(run)

    def fill(place: Path) -> None:
        record = manifest(run, drafted)
        with report(place, record) if report else nullcontext() as rest:
            write(place, record, rest)

    def write(place: Path, record: dict[str, Any], rest: Callable[[], None] | None) -> None:
        run.tables["released"].write_parquet(place / _RESULTS)
        for name, table in tables.items():
            write_csv(table, place / name)
        last = _last_look(run, place)
        if rest:
            _search(run, last.look)
            rest()
        _write_matching(run, place, drafted, record)
        _search(run, last.end)
        _write_record(record, place)

    write_folder(folder, fill)
    results, *others = tables
    study = [f"{RESTRICTED}/{run.study.path.name}"] if drafted else []
    return (results, _RESULTS, RUN_FILE, f"{RESTRICTED}/", *study, *others)


def _released(run: "Run") -> dict[str, pl.DataFrame]:
    """Tables of a run that may be published, by file; those that it has, the results first."""
    tables, planes = run.tables, run.tables["cost_effectiveness"].height
    there = {
        "results.csv": tables["released"],
        "claims.csv": tables["claims"] if run.study.claims else None,
        "quotations.csv": tables.get("quotations"),
        "cost_effectiveness.csv": tables["cost_effectiveness"] if planes else None,
    }
    return {name: table for name, table in there.items() if table is not None}


def write_matching(matching: "Matching", folder: Path) -> None:
    """Write `run.json` and the restricted tables of a matching into ``folder``."""

    def fill(place: Path) -> None:
        record = manifest(matching)
        _write_matching(matching, place, "", record)
        _search(matching, _last_look(matching, place).end)
        _write_record(record, place)

    write_folder(folder, fill)


def _last_look(matching: "Matching", place: Path) -> LastLook:
    """The search of what is written; who answers as a text of ours reads is not told by it."""
    return LastLook(place, matching.study, matching.tables, words().texts.values())


def _search(matching: "Matching", look: Callable[[], None]) -> None:
    """The last look at what is written, and how long it took."""
    clock = Clock(matching.seconds)
    look()
    clock.done("checked")


def _write_record(record: Mapping[str, Any], place: Path) -> None:
    """The record of a run: first to be searched itself, then with the seconds of that search."""
    _write_json(record, place / RUN_FILE)


def _write_matching(
    matching: "Matching", place: Path, drafted: str, record: dict[str, Any]
) -> None:
    """The restricted tables, and the record of all that is written, which is added to it."""
    clock = Clock(matching.seconds)
    _write_restricted(matching.tables, place / RESTRICTED)
    if drafted:  # it names the exports, and they may be named after a school
        write_utf8(drafted, place / RESTRICTED / matching.study.path.name)
    whole = _whole(matching) | {"outputs": restricted_outputs_of(place)}
    _write_json(whole, place / RESTRICTED / _RECORD)
    record["outputs"] = outputs_of(place)
    _write_record(record, place)
    clock.done("written")


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_utf8(text + "\n", path)


def _write_restricted(tables: Mapping[str, pl.DataFrame], place: Path) -> None:
    place.mkdir(mode=0o700)
    made = {name: what for name, what in _RESTRICTED.items() if Path(name).stem in tables}
    width = max(map(len, made))
    told = made | {_RECORD: "every finding, and what was counted at each stage"}
    lines = [f"{name:<{width}}  {what}\n" for name, what in told.items()]
    write_utf8(_WARNING + "".join(lines), place / "README.txt")
    for name in made:
        table, path = tables[Path(name).stem], place / name
        if name == "near_misses.csv":
            table = for_a_spreadsheet(table)
        write_csv(table, path) if path.suffix == ".csv" else table.write_parquet(path)


# --- what was run -------------------------------------------------------------------------


def manifest(matching: "Matching", drafted: str = "") -> dict[str, Any]:
    """What went in, with which versions and settings, and what was counted at each stage.

    Without counts of few respondents and files named after organisations, unless disclosure
    control is off.
    """
    study, whole = matching.study, _whole(matching)
    protection = study.protection
    if protection.on:
        whole["counts"] = released_counts(whole["counts"], protection)
        whole["findings"] = [released_finding(each, protection) for each in whole["findings"]]
    called = _called(matching) if protection.on else {}
    for finding in whole["findings"]:
        finding |= {key: called.get(finding[key], finding[key]) for key in ("file", "sheet")}
    return {
        "format": 1,
        "study": {"id": study.id, "title": study.title},
        "inputs": [
            _input(path, study, drafted) | _named(called.get(path.name)) for path in _inputs(study)
        ],
        "sources": [
            _hashed(study.folder / source.file) | _named(called.get(source.file))
            for source in study.sources
        ],
        "recognised": [
            {"file": called.get(f, f), **_told(_with_names(what, called))}
            for f, what in matching.recognised
        ],
        "scales": {part.scale.id: part.scale.version for part in study.scales},
        "unit_costs": _unit_costs(study),
        "programme": _programme(study),
        "settings": _settings(study) | {"engine": matching.engine},
        "packages": {name: version(name) for name in _PACKAGES},
        **whole,
        "seconds": matching.seconds,
        "disclosure": _disclosure(matching),
    }  # fmt: skip


def _called(matching: "Matching") -> dict[str, str]:
    """Files and sheets that are named after an organisation -> what they are called instead."""
    recognised = [what for _, what in matching.recognised]
    names = {
        "sheet": [name for each in recognised for name in (each.sheet, *each.other_sheets)],
        "input": [path.name for path in _inputs(matching.study)],
        "export": [source.file for source in matching.study.sources],
    }
    found: dict[str, str] = {}
    for kind, some in names.items():
        found |= unnamed(kind, some, matching.tables)
    return found


def _with_names(what: "Recognised", called: Mapping[str, str]) -> dict[str, Any]:
    """What an export was taken for, its sheets by other names where they name organisations."""
    others = tuple(called.get(name, name) for name in what.other_sheets)
    return asdict(what) | {"sheet": called.get(what.sheet, what.sheet), "other_sheets": others}


def _whole(matching: "Matching") -> dict[str, Any]:
    """Everything that was counted and found, small or not."""
    still_open, _ = split_accepted(matching.findings, matching.study.accepted)
    return {
        "counts": _counts(matching.tables),
        "findings": [
            _finding(fault) | {"accepted": fault not in still_open} for fault in matching.findings
        ],
    }


def _disclosure(matching: "Matching") -> dict[str, Any]:
    """How results are protected, and how many were kept back by each rule."""
    protection = matching.study.protection
    said = "applied" if protection.on else NOT_FOR_PUBLICATION
    log = matching.tables.get("suppressions")
    counted = dict(log["rule"].value_counts().iter_rows()) if log is not None else {}
    kept = {rule: counted[rule] for rule in RULES if rule in counted}
    return {"status": said, **asdict(protection), "kept_back": kept}


def check_place(folder: Path, study: Study, drafted: str = "") -> None:
    """Refuse a place for the output of a study that is taken, or from which it is read."""
    read = [study.folder / source.file for source in study.sources]
    declared = [path for path in _inputs(study) if not (drafted and path == study.path)]
    check_output(folder, inputs=[*declared, *read])


def _inputs(study: Study) -> list[Path]:
    """Every file besides the exports that decides a result.

    A coding sheet may not be there yet: only an analysis needs it.
    """
    decided = [study.decisions] if study.decisions else []
    waiting = [t.themes.sheet for t in study.tables if t.themes and not t.themes.sheet.is_file()]
    return [path for path in dict.fromkeys([*study.inputs, *decided]) if path not in waiting]


def _input(path: Path, study: Study, drafted: str) -> dict[str, str]:
    if drafted and path == study.path:
        return {"name": path.name, "sha256": sha256(drafted.encode()).hexdigest()}
    return _hashed(path)


def _hashed(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": fingerprint(path)}


def _named(name: str | None) -> dict[str, str]:
    return {"name": name} if name else {}


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that say something."""
    return {name: value for name, value in fields.items() if value not in ("", ())}


def _settings(study: Study) -> dict[str, Any]:
    return {
        "duplicates": study.duplicates,
        "pooling": study.pooling,
        "id_scope": study.id_scope,
        "normalise": study.normalise,
        "near_misses": study.near_misses,
        "check_character": study.check_character,
        "tests": study.tests,
        "unfinished": study.unfinished,
        "exclusions": [rule.reason for rule in study.exclusions],
        "conflicts": dict(study.conflicts),
        "allowed": sorted(study.allowed),
        "statistics": asdict(study.statistics),
        "subgroups": asdict(study.subgroups),
        "families": [asdict(family) for family in study.families],
        "contrast": study.contrast,
        "cost_group": study.cost_group,
        "perspective": study.perspective,
    }


def _unit_costs(study: Study) -> list[dict[str, Any]]:
    """Every unit cost that is used, as it was used, and how it came to its price year.

    ``scenarios``: those that use it in the place of another.
    """
    used = {cost.id: cost for cost in study.scenario_costs}
    used |= {q.unit_cost.id: q.unit_cost for q in study.questions if q.unit_cost}
    lines = study.programme.costs if study.programme else ()
    used |= {line.unit_cost.id: line.unit_cost for line in lines}
    scenarios = study.cost_uncertainty.scenarios
    return [
        {
            "id": name,
            "title": cost.name,
            "value": float(cost.value),
            "low": None if cost.low is None else float(cost.low),
            "high": None if cost.high is None else float(cost.high),
            "currency": study.currency,
            "unit": cost.unit,
            "price_year": cost.price_year,
            "source": cost.source,
            "licence": cost.licence,
            "status": cost.status,
            "converted": _converted(study.conversions.get(name)),
            "scenarios": [
                each.id for each in scenarios if name in {cost.id for cost in each.costs.values()}
            ],
        }
        for name, cost in sorted(used.items())
    ]


def _programme(study: Study) -> dict[str, Any] | None:
    """What the programme used, for how many; None where the study does not say."""
    programme = study.programme
    if programme is None:
        return None
    rate = programme.discount_rate
    return {
        "participants": dict(programme.participants),
        "organisations": dict(programme.organisations),
        "discount_rate": "Green Book" if rate is None else float(rate),
        "outcomes": programme.outcomes,
        "thresholds": [float(each) for each in programme.thresholds],
        "costs": [
            {
                "id": line.id, "what": line.what, "per": line.per, "unit": line.unit,
                "quantity": float(line.quantity), "unit_cost": line.unit_cost.id,
                "phases": line.phases, "useful_life": line.useful_life, "year": line.year,
                "source": line.source,
            }
            for line in programme.costs
        ],
    }  # fmt: skip


def _converted(conversion: Conversion | None) -> dict[str, Any] | None:
    if conversion is None:
        return None
    return {
        "value_before": float(conversion.cost.value),
        "price_year_before": conversion.cost.price_year,
        "index": conversion.index.id,
        "vintage": conversion.index.vintage,
        "factor": float(conversion.factor),
        "not_final": conversion.doubts,
    }


def _counts(tables: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    return {
        "rows": tables["scores"].height,
        "pairs": tables["pairs"].height,
        "cells_changed": tables["changes"].height,
        "answers_not_understood": int(tables["faults"]["n"].sum()),
        "ledger": _how_many(tables["ledger"], "comparison", "status"),
    } | {name: counted(tables[name]) for name, counted in _COUNTED.items() if name in tables}


def _how_many(table: pl.DataFrame, *keys: str) -> list[dict[str, Any]]:
    """How many rows of a table have each of the words, in alphabetical order."""
    counted = table.group_by(keys).len("n")
    return counted.with_columns(cs.categorical().cast(pl.String)).sort(keys).to_dicts()


_COUNTED: Mapping[str, Callable[[pl.DataFrame], Any]] = {
    "missing": lambda table: (
        table.group_by("reason").agg(pl.col("n").sum()).sort("reason").to_dicts()
    ),
    "id_steps": pl.DataFrame.to_dicts,
    "duplicates": lambda table: _how_many(table, "kind"),
    "conflicts": lambda table: _how_many(table, "kind", "done"),
    "near_misses": lambda table: _how_many(table, "kind", "suggested", "decision"),
}


def _finding(fault: Fault) -> dict[str, Any]:
    return {
        "code": fault.code, "file": fault.file, "sheet": fault.sheet, "row": fault.row,
        "others": fault.others, "column": fault.column, "place": fault.place,
        "count": fault.count, "found": fault.found, "fix": fault.fix,
    }  # fmt: skip
