"""Text that a spreadsheet would run as a formula: made harmless in every CSV that is written."""

import re

import polars as pl

#: What a spreadsheet takes for a formula, spaces and quotes before it included; then what only
#: looks so: a plain number.
_RUNS = r"^[ '\"]*[=+\-@＝＋－＠\t\r\n]"
_NUMBER = r"^[+-]?\d+([.,]\d+)*(e[+-]?\d+)?$"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a text."""
    return bool(re.match(_RUNS, text)) and not re.match(_NUMBER, text)


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with an apostrophe before every text, headings too, that would be run.

    Numbers stay, as text and as numbers. Columns without such a text are not copied.
    """
    changed = [_marked(column.cast(pl.String)) for column in frame if _has_formulas(column)]
    headings = _marked(pl.Series(frame.columns, dtype=pl.String)).to_list()
    made = frame.with_columns(changed)
    return (
        made
        if headings == made.columns
        else made.rename(dict(zip(made.columns, headings, strict=True)))
    )


def as_meant(texts: pl.Series) -> pl.Series:
    """Text as it was before `harmless`: of a table that comes back from a spreadsheet."""
    bare = texts.str.slice(1)
    marked = texts.str.starts_with("'") & _is_formula(bare)
    return bare.zip_with(marked.fill_null(False), texts)


def _marked(texts: pl.Series) -> pl.Series:
    return ("'" + texts).zip_with(_is_formula(texts).fill_null(False), texts).alias(texts.name)


def _has_formulas(column: pl.Series) -> bool:
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.unique().cast(pl.String)
    return column.dtype == pl.String and bool(_is_formula(column).any())


def _is_formula(texts: pl.Series) -> pl.Series:
    found = texts.str.contains(_RUNS)  # quick, and nearly always the last look
    return found & ~texts.str.contains(_NUMBER) if found.any() else found
