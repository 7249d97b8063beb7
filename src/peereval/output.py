"""The output folder: written beside its place and renamed, so it is complete or absent."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from peereval.errors import Fault, OutputError
from peereval.pipeline import Matching, Run
from peereval.studies import Study

RUN_FILE = "run.json"
_PACKAGES = ("peereval", "narwhals", "numpy", "polars", "scipy")
_WARNING = """\
Row-level data: respondents' ids and answers. Never publish or share this folder.

scores.parquet  one row per export row: the scores of each response
pairs.parquet   one row per matched respondent and comparison
ledger.csv      where every export row went, and why
faults.csv      answers that were not understood, by column and value
changes.csv     cells that were changed before use, such as ids with spaces around them
"""


def write_run(run: Run, folder: Path) -> None:
    """Write results, `run.json` and the restricted tables of a run into ``folder``."""

    def fill(place: Path) -> None:
        results = run.tables["results"]
        results.write_csv(place / "results.csv")
        results.write_parquet(place / "results.parquet")
        _write_json(place / RUN_FILE, manifest(run))
        _write_restricted(run, place / "restricted")

    write_folder(folder, fill)


def write_matching(matching: Matching, folder: Path) -> None:
    """Write `run.json` and the restricted tables of a matching into ``folder``."""

    def fill(place: Path) -> None:
        _write_json(place / RUN_FILE, manifest(matching))
        _write_restricted(matching, place / "restricted")

    write_folder(folder, fill)


def write_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write into a new folder, then put it in place of ``folder``.

    An earlier output of peereval is replaced; any other folder that holds something is
    refused. Raises ``OutputError``; whatever happens, no half-written folder is left.
    """
    check_output(folder)
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _cannot_write(folder, error) from None
    try:
        place.chmod(0o755)
        fill(place)
        _swap(place, folder)
    except OSError as error:
        raise _cannot_write(folder, error) from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def check_output(folder: Path) -> None:
    """Refuse a place that is a file, or a folder that holds something other than a run."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file: choose another place with --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RUN_FILE).is_file():
        raise OutputError(
            f"{folder} holds something that peereval did not write: choose another place with --out"
        )


def _swap(place: Path, folder: Path) -> None:
    old = place.with_name(place.name + "-old")
    if folder.exists():
        folder.rename(old)
    place.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _cannot_write(folder: Path, error: OSError) -> OutputError:
    why = error.strerror or "the system refuses"
    return OutputError(f"{folder} cannot be written ({why}): choose another place with --out")


def _write_restricted(matching: Matching, place: Path) -> None:
    place.mkdir(mode=0o700)
    (place / "README.txt").write_text(_WARNING, encoding="utf-8")
    for name in ("scores", "pairs"):
        matching.tables[name].write_parquet(place / f"{name}.parquet")
    for name in ("ledger", "faults", "changes"):
        matching.tables[name].write_csv(place / f"{name}.csv")


# --- what was run -------------------------------------------------------------------------


def manifest(matching: Matching) -> dict[str, Any]:
    """What went in, with which versions and settings, and what was counted at each stage."""
    study = matching.study
    return {
        "format": 1,
        "study": {"id": study.id, "title": study.title},
        "inputs": [_hashed(path) for path in study.inputs],
        "sources": [_hashed(study.folder / source.file) for source in study.sources],
        "scales": {part.scale.id: part.scale.version for part in study.scales},
        "unit_costs": sorted(
            {(q.unit_cost.id, float(q.unit_cost.value), q.unit_cost.price_year, q.unit_cost.status)
             for q in study.questions if q.unit_cost}
        ),
        "settings": _settings(study) | {"engine": matching.engine},
        "packages": {name: version(name) for name in _PACKAGES},
        "counts": _counts(matching),
        "findings": [_finding(fault) for fault in matching.findings],
        "seconds": matching.seconds,
        "disclosure": "not applied: results.csv may hold small counts and is not for publication",
    }  # fmt: skip


def _hashed(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return {"name": path.name, "sha256": digest.hexdigest()}


def _settings(study: Study) -> dict[str, Any]:
    return {
        "duplicates": study.duplicates,
        "pooling": study.pooling,
        "id_scope": study.id_scope,
        "ci_level": study.ci_level,
        "contrast": study.contrast,
        "cost_group": study.cost_group,
    }


def _counts(matching: Matching) -> dict[str, Any]:
    ledger = matching.tables["ledger"]
    by_status = ledger.group_by("comparison", "status").len("n").sort("comparison", "status")
    return {
        "rows": matching.tables["scores"].height,
        "pairs": matching.tables["pairs"].height,
        "cells_changed": matching.tables["changes"].height,
        "answers_not_understood": int(matching.tables["faults"]["n"].sum()),
        "ledger": by_status.to_dicts(),
    }


def _finding(fault: Fault) -> dict[str, Any]:
    return {
        "code": fault.code, "file": fault.file, "row": fault.row, "column": fault.column,
        "count": fault.count, "found": fault.found,
    }  # fmt: skip


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_table(
    frame: pl.DataFrame,
    path: Path,
    overwrite: bool = False,
    known: Iterable[str] = (".csv", ".parquet"),
) -> None:
    """Write one table as its ending says, complete or not at all; never over another file."""
    if path.suffix not in known:
        raise OutputError(f"{path} has no ending that is known: use one of {', '.join(known)}")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} is there already: choose another place, or say --overwrite")
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_csv(part) if path.suffix == ".csv" else frame.write_parquet(part)
        part.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
