"""The public calls that are more than one stage; `import peereval as pe` shows them all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peereval.errors import UsageError, nearest
from peereval.scales import Scale, load_scale
from peereval.studies import Study, load_study, pattern_columns, without_protection

if TYPE_CHECKING:
    from peereval.pipeline import Matching, Run


def analyse(
    study: Study | str | Path, engine: str = "polars", disclosure_control: bool = True
) -> "Run":
    """The whole evaluation of a study.

    ``study``: a loaded study, or the path of its file. ``engine``: ``polars``, ``pandas``
    or ``duckdb``; the results are the same. The run holds pandas tables: ``results`` (one
    row per estimate, all of them), ``released`` (the same as they may be published), ``pairs``,
    ``scores``, ``ledger``, ``faults``. Nothing is written.
    Without ``disclosure_control`` nothing is kept back, and the run says so.
    Raises ``PeerevalError`` for anything wrong with the study or its exports.
    """
    from peereval import pipeline

    loaded = _study(study)
    return pipeline.analyse(loaded if disclosure_control else without_protection(loaded), engine)


def match(study: Study | str | Path, engine: str = "polars") -> "Matching":
    """Scores, pairs and ledger of a study, without estimates; otherwise as `analyse`."""
    from peereval import pipeline

    return pipeline.match_study(_study(study), engine)


def score(
    frame: Any,
    scale: str | Scale,
    columns: str | Sequence[str] | Mapping[str, str] | None = None,
    coding: str = "",
) -> Any:
    """``frame`` with the scores of a scale added as columns ``{scale}_{score}``.

    ``frame``: pandas, polars, pyarrow or any eager frame that narwhals knows, one row per
    response; it comes back in kind, its rows in order. ``columns``: a pattern such as
    ``"Q5_{n}"`` (n counts the items from 1) or ``"{item}"``, a list in the order of the
    items, or a map item -> column; by default ``"{scale}_{n}"``. Cells hold codes or labels;
    a cell that is neither counts as missing, and a score is missing where its rule asks for
    answers that are not there.
    Raises ``PeerevalError`` if there is no such scale, coding or column.
    """
    import narwhals.stable.v2 as nw

    from peereval.scoring import score_frame

    scale = load_scale(scale) if isinstance(scale, str) else scale
    if coding and coding not in scale.codings:
        hint = nearest(coding, scale.codings) or f"It has {', '.join(scale.codings) or 'none'}."
        raise UsageError(f"The scale {scale.id} has no coding {coding!r}. {hint}")
    wanted = _columns(scale, columns if columns is not None else f"{scale.id}_{{n}}")
    try:
        there = nw.from_native(frame, eager_only=True).columns
    except TypeError:
        raise UsageError(
            "Give a data frame of pandas, polars or Arrow; collect() a lazy one first"
        ) from None
    absent = [column for column in wanted.values() if column not in there]
    if absent:
        hint = nearest(absent[0], there)
        raise UsageError(
            f"{len(absent)} of {len(wanted)} columns of {scale.id} are not in the frame, "
            f"the first is {absent[0]!r}. {hint}"
        )
    return score_frame(frame, scale, wanted, coding)


def _columns(scale: Scale, columns: str | Sequence[str] | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(columns, str):
        return pattern_columns(scale, columns)
    if not isinstance(columns, Mapping):
        if len(columns) != len(scale.items):
            raise UsageError(f"{scale.id} has {len(scale.items)} items, {len(columns)} are given")
        columns = {item.id: name for item, name in zip(scale.items, columns, strict=True)}
    missing = [item.id for item in scale.items if item.id not in columns]
    if missing:
        raise UsageError(f"No column is given for {', '.join(missing)} of {scale.id}")
    return {item.id: columns[item.id] for item in scale.items}


def _study(study: Study | str | Path) -> Study:
    if isinstance(study, Study):
        return study
    if not isinstance(study, str | Path):
        raise UsageError("Give a loaded study, or the path of its file")
    return load_study(study)
