"""The roads from answers to scores: the public call on a frame, and a study on every engine."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

import peereval as pe
from peereval.engines import ENGINES, open_engine
from peereval.reading import read_answers
from peereval.scales import Scale
from peereval.scoring import in_units, score_answers
from peereval.studies import load_study

Answers = Sequence[str | int | None]
Scores = list[dict[str, float | None]]
Route = Callable[[Path, Scale, str, Sequence[Answers]], Scores]

_STUDY = """\
format = 1
id = "examples"

[columns]
respondent = "id"

[[occasions]]
id = "before"

[[occasions]]
id = "after"

[[comparisons]]
id = "change"
pairs = [["before", "after"]]

[[phases]]
id = "everyone"
outcomes = {outcomes}

[scales.{scale}]
columns = "item_{{n}}"
{coding}

[[sources]]
file = "{file}"
occasion = "before"
"""


def _columns(scale: Scale, answers: Sequence[Answers]) -> dict[str, list[str | int | None]]:
    """One column an item, named as the study below looks for them."""
    return {f"item_{n}": [row[n - 1] for row in answers] for n in range(1, len(scale.items) + 1)}


def _scores(frame: pl.DataFrame, scale: Scale) -> Scores:
    renamed = {score.outcome: score.id for score in scale.scores}
    return frame.select(list(renamed)).rename(renamed).cast(pl.Float64).to_dicts()


def score_polars(_folder: Path, scale: Scale, coding: str, answers: Sequence[Answers]) -> Scores:
    """`peereval.score` on a polars frame."""
    frame = pl.DataFrame(_columns(scale, answers))
    return _scores(pe.score(frame, scale, "item_{n}", coding), scale)


def score_pandas(_folder: Path, scale: Scale, coding: str, answers: Sequence[Answers]) -> Scores:
    """`peereval.score` on a pandas frame, whose blanks are NaN and whose whole numbers floats."""
    frame = pd.DataFrame(_columns(scale, answers))
    made = pe.score(frame, scale, "item_{n}", coding)
    return _scores(pl.from_pandas(made[[score.outcome for score in scale.scores]]), scale)


def _study_on(engine: str, ending: str) -> Route:
    def route(folder: Path, scale: Scale, coding: str, answers: Sequence[Answers]) -> Scores:
        export = pl.DataFrame(_columns(scale, answers)).with_row_index("id")
        file = f"answers.{ending}"
        if ending == "csv":
            export.write_csv(folder / file)
        else:
            export.write_parquet(folder / file)
        text = _STUDY.format(
            scale=scale.id,
            file=file,
            outcomes=[score.outcome for score in scale.scores],
            coding=f'coding = "{coding}"' if coding else "",
        )
        (folder / "study.toml").write_text(text, encoding="utf-8")
        study = load_study(folder / "study.toml")
        machine = open_engine(engine)
        made = machine.fetch(score_answers(machine.send(read_answers(study).frame), study))
        return _scores(in_units(made.sort("row"), study.scores), scale)

    return route


ROUTES: dict[str, Route] = {
    "score polars": score_polars,
    "score pandas": score_pandas,
    **{
        f"study {e} {ending}": _study_on(e, ending)
        for e in ENGINES
        for ending in ("csv", "parquet")
    },
}


def in_bands(scale: Scale, scores: dict[str, float | None]) -> dict[str, Any]:
    """Level of each band system, by the same table that the results are made from."""
    from peereval.estimators.bands import band_table

    levels: dict[str, Any] = {}
    by_id = {score.id: score for score in scale.scores}
    for band in scale.bands:
        value = scores[band.score]
        if value is None:
            levels[band.id] = None
            continue
        whole = round(value * by_id[band.score].denominator)
        one = pl.DataFrame({"pre": [whole], "post": [whole], "n": [1]})
        table = band_table(one, band, by_id[band.score])
        (position,) = table.sum(axis=1).nonzero()[0]
        levels[band.id] = band.levels[position][0]
    return levels
