"""The blank sheet in which people code the free text of a table."""

from collections.abc import Iterator

import polars as pl

from peereval.coding_sheets import mark_of
from peereval.errors import UsageError, nearest
from peereval.labels import fold
from peereval.pairing import UNPAIRED
from peereval.pipeline import look_through
from peereval.reading.coding import as_texts
from peereval.reading.formats import open_export
from peereval.reading.sources import source_name
from peereval.studies import Study, Table

_COLUMNS = ("source", "row", "export", "answer", "coder", "themes", "quote", "quotation")


def blank_coding_sheet(study: Study, name: str) -> pl.DataFrame:
    """One row for each response that counts and gave an answer, with columns to be filled in.

    Who answered, where and when is left out, so that nobody codes by it. ``export`` tells later
    that an export has changed. Raises ``UsageError`` if there is no such table of themes, or none
    that names its column.
    """
    table = _table(study, name)
    matching = look_through(study)
    lost = matching.tables["ledger"].filter(pl.col("status").is_in(UNPAIRED))["row"]
    scores = matching.tables["scores"]
    counted = scores.filter(~pl.col("row").is_in(lost.implode()))
    answers = pl.concat([pl.DataFrame(schema=_SCHEMA), *_by_source(study, table)])
    there = counted.select("source", pl.col("source_row").cast(pl.Int64).alias("row"))
    joined = there.join(answers, on=["source", "row"], how="inner", maintain_order="left")
    blank = (pl.lit("").alias(c) for c in ("coder", "themes", "quote", "quotation"))
    return joined.with_columns(*blank).select(_COLUMNS)


_SCHEMA = {"source": pl.String, "row": pl.Int64, "export": pl.String, "answer": pl.String}


def _table(study: Study, name: str) -> Table:
    known = {table.id: table for table in study.tables if table.themes}
    if name not in known:
        hint = nearest(name, known) or f"There are {', '.join(known) or 'none'}."
        raise UsageError(f"{study.path.name} has no table of themes {name!r}. {hint}")
    if not known[name].reads:
        raise UsageError(
            f"The table {name!r} names no column: write column = ..., and allow it in [columns]"
        )
    return known[name]


def _by_source(study: Study, table: Table) -> Iterator[pl.DataFrame]:
    """Answers of each export that has the column, without those that are blank or no answer."""
    (read,) = table.reads
    for source in study.sources:
        path = study.folder / source.file
        export = open_export(path, source.layout)
        column = next((name for name in read.columns if name in export.columns), "")
        if not column:
            continue
        cells = export.read([column])
        texts = as_texts(cells.frame[column]).str.strip_chars().fill_null("")
        given = pl.Series([bool(text) and fold(text) not in study.missing for text in texts])
        yield pl.DataFrame({
            "source": [source_name(study, source, export)] * texts.len(),
            "row": cells.rows.cast(pl.Int64),
            "export": [mark_of(path)] * texts.len(),
            "answer": texts,
        }, schema=_SCHEMA).filter(given)  # fmt: skip
