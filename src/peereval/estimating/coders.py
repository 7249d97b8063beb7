"""Free text that people coded: what is left without a theme, and how far coders agree."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace

from peereval.coding_sheets import NOT_CODEABLE, NOT_CODED, Coding, state_column
from peereval.estimating.table_parts import organisations
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.kappa import Flags, agreement, kappa
from peereval.plurals import count_of
from peereval.studies import Study, Table
from peereval.tabulating import Scope, at_occasion

Row = dict[str, Any]


def states(
    table: Table, scope: Scope, occasion: str, answers: pl.DataFrame, study: Study
) -> Iterator[Row]:
    """How many answers of each column have no theme; ``answers``: of `join_codes`."""
    here = at_occasion(
        answers.filter(pl.col(state_column(table.id)).is_not_null()), occasion, study
    )
    here = here.filter(scope.where)
    state = pl.col(state_column(table.id))
    for column in scope.columns:
        mine = here.filter(column.where, state.is_not_null())
        if not mine.height:
            continue
        key = Key("tabulation", scope.phase, occasion, column.group, table.id, "respondents")
        behind = organisations(mine, study)
        for estimand, wanted in (("n_not_coded", NOT_CODED), ("n_not_codeable", NOT_CODEABLE)):
            left = mine.filter(state == wanted).height
            found = Estimate(left, n=mine.height, n_organisations=behind)
            yield key.row("count", estimand, found)


def coder_rows(codings: Iterable[Coding], study: Study) -> Iterator[Row]:
    """Two rows for each theme of a sheet that two people or more coded.

    Of the responses that all of them coded, of all phases and occasions. Where three or more
    coded, whoever leads is left out: what counts in the end follows from the others' codes.
    """
    for coding in codings:
        coders = _coders(coding)
        if len(coders) < 2:
            continue
        both = _coded_by_all(coding.codes, coders)
        key = Key("tabulation", "", outcome=coding.table.id)
        note = f"of {len(coders)} coders; {count_of(both.height, 'response')} that all coded"
        for theme in coding.table.texts:
            flags = _flags(both, coders, theme)
            method, found = kappa(flags, study.ci_level)
            said = "; ".join(filter(None, (found.note, note)))
            yield key.row(method, "coder_kappa", replace(found, note=said), theme)
            shared = replace(agreement(flags), note=note)
            yield key.row("sample", "share_coders_agreeing", shared, theme, "share")


def _coders(coding: Coding) -> list[str]:
    every = sorted(coding.codes["coder"].unique().to_list())
    lead = coding.table.themes.lead if coding.table.themes else ""
    others = [coder for coder in every if coder != lead]
    return others if len(others) > 1 else every


def _coded_by_all(codes: pl.DataFrame, coders: list[str]) -> pl.DataFrame:
    """One row for each response, with the themes of each coder in a column of theirs."""
    coded = codes.filter(pl.col("themes").list.len() > 0)
    both = codes.select(pl.col("row").unique().sort())
    for number, coder in enumerate(coders):
        mine = coded.filter(coder=coder).select("row", pl.col("themes").alias(f"by {number}"))
        both = both.join(mine, on="row", how="inner", maintain_order="left")
    return both


def _flags(both: pl.DataFrame, coders: list[str], theme: str) -> Flags:
    columns = [both[f"by {number}"].list.contains(theme) for number in range(len(coders))]
    return np.column_stack([each.cast(pl.Int64).to_numpy() for each in columns])
