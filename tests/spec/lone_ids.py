"""Ids of two or more occasions, drawn as a table, and which of them have no match."""

import json
from typing import Any

import polars as pl

from peereval.near_misses import NearMisses, find_near_misses
from peereval.studies import Study, parse_study
from support.tables import Row, read_table

ONE = {"id": "change", "pairs": [["b1", "f1"]]}
_STUDY = """
format = 1
id = "drawn"
occasions = [{ id = "b1" }, { id = "f1" }, { id = "b2" }, { id = "f2" }]
phases = [{ id = "young", outcomes = ["pss4_total"] }, { id = "old", outcomes = ["pss4_total"] }]
scales = { pss4 = { columns = "stress_{n}" } }

[[sources]]
file = "answers.csv"
phase = "young"
occasion_column = "when"
occasions = { b1 = "b1", f1 = "f1", b2 = "b2", f2 = "f2" }

[columns]
respondent = "id"
organisation = "school"
"""


def make_ids_study(
    *comparisons: dict[str, Any], characteristics: str = "", **matching: Any
) -> Study:
    """A study of four occasions that knows a respondent's school and some characteristics."""
    lines = [
        _STUDY,
        "[columns.characteristics]",
        *(f'{name} = "{name}"' for name in characteristics.split()),
        "[matching]",
        *(f"{key} = {json.dumps(value)}" for key, value in matching.items()),
    ]
    for comparison in comparisons or (ONE,):
        lines += ["[[comparisons]]", *(f"{k} = {json.dumps(v)}" for k, v in comparison.items())]
    return parse_study("\n".join(lines), "study.toml")


def draw_scores(rows: str | list[Row]) -> pl.DataFrame:
    """Scores of drawn rows (``id``, ``when`` and perhaps ``school``, ``version``, ``aside``)."""
    drawn = read_table(rows) if isinstance(rows, str) else rows

    def cells(name: str, otherwise: str = "") -> list[str | None]:
        return [row.get(name, otherwise) or None for row in drawn]

    fixed = pl.DataFrame(
        {
            "row": range(len(drawn)),
            "source": "answers.csv",
            "source_row": range(2, len(drawn) + 2),
            "respondent": cells("id"),
            "organisation": cells("school"),
            "occasion": cells("when"),
            "phase": cells("version", "young"),
            "exclusion": pl.Series([int(row.get("aside") or 0) for row in drawn], dtype=pl.Int8),
        },
        schema_overrides={
            **dict.fromkeys(("row", "source_row"), pl.Int64),
            **dict.fromkeys(("source", "respondent", "organisation", "occasion"), pl.String),
            "phase": pl.String,
        },
    )
    others = [name for name in (drawn[0] if drawn else ()) if name not in _FIXED]
    return fixed.with_columns(
        pl.Series(name, cells(name), dtype=pl.String).cast(pl.Categorical) for name in others
    )


_FIXED = {"id", "when", "school", "version", "aside"}


def write_lone_ledger(scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """The ledger of scores without duplicates: matched by id, version and perhaps school."""
    rows = scores.filter(pl.col("exclusion") == 0, pl.col("respondent").is_not_null())
    given = {_key(row, study) for row in rows.iter_rows(named=True)}
    fates = []
    for comparison in study.comparisons:
        for row in rows.iter_rows(named=True):
            others = [
                other
                for pair in comparison.pairs
                for one, other in (pair, pair[::-1])
                if one == row["occasion"]
            ]
            if others:
                met = any((other, *_key(row, study)[1:]) in given for other in others)
                fates.append((row["row"], comparison.id, "used" if met else "unmatched"))
    words = {"row": pl.Int64, "comparison": pl.Categorical, "status": pl.Categorical}
    return pl.DataFrame(fates, schema=words, orient="row")


def _key(row: dict[str, Any], study: Study) -> tuple[Any, ...]:
    place = row["organisation"] if study.id_scope == "organisation" else ""
    return row["occasion"], row["respondent"], place, row["phase"]


def find(rows: str | list[Row], study: Study, decisions: pl.DataFrame | None = None) -> NearMisses:
    """Near misses of drawn rows."""
    scores = draw_scores(rows)
    ledger = write_lone_ledger(scores, study)
    known = scores.select(list(study.characteristics))
    return find_near_misses(scores, ledger, known, study, decisions)
