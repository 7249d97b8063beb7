"""Tiny studies: a scale file, a study file and exports, written from drawn tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from peereval.studies import Study, load_study
from support.tables import Row, read_table, write_csv

Table = dict[str, Any]

#: Ten steps: a one-item scale of these shows its score in the cell.
TEN = {str(code): code for code in range(11)}
#: Headlines, and few draws of what is random.
QUICK = {"depth": "headline", "draws": 199}
#: Every estimator.
FULL = {"depth": "full"}
#: Five labels with codes 0 to 4.
FIVE = {"Never": 0, "Rarely": 1, "Sometimes": 2, "Often": 3, "Always": 4}


# --- TOML -----------------------------------------------------------------------------------


def write_toml(path: Path, content: Mapping[str, Any]) -> Path:
    """``content`` as a TOML file; tables are written inline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {_toml(value)}\n" for key, value in content.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # nan and inf, which JSON writes otherwise
    return json.dumps(value, ensure_ascii=False)


# --- scales ---------------------------------------------------------------------------------


def make_scale(
    name: str,
    items: str,
    *scores: Table,
    labels: Mapping[str, int] = TEN,
    bands: Sequence[Table] = (),
    **responses: Any,
) -> Table:
    """A scale file. ``items`` are ids, a closing ``-`` marking those that are reversed.

    Without ``scores`` there is one, ``total``, the sum of all items.
    """
    names = [word.rstrip("-") for word in items.split()]
    low, high = (end(labels.values()) * len(names) for end in (min, max))
    total = {"id": "total", "rule": "sum", "of": names, "range": [low, high]}
    return {
        "format": 1,
        "id": name,
        "version": "1",
        "title": name,
        "source": {"citation": "-", "licence": "-", "verified": True, "checked": "-"},
        "responses": {"labels": labels, **responses},
        "items": [
            {"id": word.rstrip("-"), "gloss": word, "reverse": word.endswith("-")}
            for word in items.split()
        ],
        "scores": [
            {"title": score["id"], "unit": "points", "better": "higher", **score}
            for score in scores or (total,)
        ],
        "bands": [{"title": "-", "population": "-", "verified": True, **band} for band in bands],
        "examples": [{"name": "no answer", "answers": [""] * len(names), "expected": {}}],
    }


def band_levels(**bounds: float) -> list[Table]:
    """Levels of a band system by their lower bounds."""
    return [{"id": name, "title": name, "from": low} for name, low in bounds.items()]


#: Two outcomes whose cells are their scores.
MOOD, CALM = make_scale("mood", "mood"), make_scale("calm", "calm")


# --- studies --------------------------------------------------------------------------------

#: Two waves of baseline and follow-up.
OCCASIONS = ("b1", "f1", "b2", "f2")
ONE_WAVE = {"id": "change", "pairs": [["b1", "f1"]]}
SHORT = {"id": "short", "pairs": [["b1", "f1"], ["b2", "f2"]]}
MEDIUM = {"id": "medium", "pairs": [["b1", "f2"]]}
GROUPS = (
    {"id": "helped", "roles": ["mentor", "mentee", "both"]},
    {"id": "others", "roles": ["neither"]},
)


def make_study(
    folder: Path,
    exports: str | Iterable[Row] | Mapping[str, Iterable[Row]],
    *scales: Table | str,
    phases: Sequence[str] = ("young",),
    comparisons: Sequence[Table] = (ONE_WAVE,),
    columns: Mapping[str, Any] | None = None,
    matching: Mapping[str, Any] | None = None,
    outcomes: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    bands: Sequence[str] = (),
    scale_settings: Mapping[str, Table] | None = None,
    source: Mapping[str, Any] | None = None,
    **sections: Any,
) -> Study:
    """A study in ``folder``, loaded.

    ``exports``: one drawn table or its rows, or rows by file name. Their column ``when`` names
    the occasion, and ``version`` the phase if there are several. ``scales``: scale files, or
    ids of bundled ones; items are in the column of their id. Every score is an outcome of
    every phase unless ``outcomes`` says which, of all or by phase. Ids are compared as drawn,
    spaces around them aside, unless ``matching`` says otherwise. ``sections`` are those of a
    study file.
    """
    rows = read_table(exports) if isinstance(exports, str) else exports
    files = dict(rows) if isinstance(rows, Mapping) else {"answers.csv": rows}
    for name, table in files.items():
        write_csv(table, folder / name)
    for scale in scales:
        if not isinstance(scale, str):
            write_toml(folder / "scales" / f"{scale['id']}.toml", scale)
    used = [scale if isinstance(scale, str) else scale["id"] for scale in scales]
    every = [
        f"{scale['id']}_{score['id']}"
        for scale in scales
        if not isinstance(scale, str)
        for score in scale["scores"]
    ]
    wanted = every if outcomes is None else outcomes
    by_phase = wanted if isinstance(wanted, Mapping) else dict.fromkeys(phases, wanted)
    (folder / "scales").mkdir(parents=True, exist_ok=True)
    content = {
        "format": 1,
        "id": "drawn",
        "scale_folder": "scales",
        "columns": columns or {"respondent": "id", "organisation": "school", "role": "role"},
        "occasions": [{"id": name} for name in OCCASIONS],
        "comparisons": list(comparisons),
        "groups": list(GROUPS),
        "matching": {"normalise": ["trim"], **(matching or {})},
        "phases": [
            {"id": name, "outcomes": list(by_phase[name]), "bands": list(bands)} for name in phases
        ],
        "scales": {
            name: {"columns": "{item}", **(scale_settings or {}).get(name, {})} for name in used
        },
        "sources": [
            {
                "file": name,
                "occasion_column": "when",
                "occasions": {occasion: occasion for occasion in OCCASIONS},
                **_phase_of(phases),
                **(source or {}),
            }
            for name in files
        ],
        **sections,
        # Quick, unless a test asks for more: headlines, and few draws of what is random.
        "statistics": {**QUICK, **(sections.get("statistics") or {})},
    }
    return load_study(write_toml(folder / "study.toml", content))


def make_plain_study(folder: Path, exports: Any, *scales: Table | str, **settings: Any) -> Study:
    """A study that knows nothing of a respondent but the id; otherwise as `make_study`."""
    return make_study(folder, exports, *scales, columns={"respondent": "id"}, **settings)


def _phase_of(phases: Sequence[str]) -> Table:
    if len(phases) == 1:
        return {"phase": phases[0]}
    return {"phase_column": "version", "phases": {name: name for name in phases}}
