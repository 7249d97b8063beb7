"""All engines give the same tables, to the bit and to the type."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from peereval.engines import ENGINES, open_engine
from peereval.moments import summarise
from peereval.pairing import pair_scores
from peereval.pipeline import analyse
from peereval.reading import read_answers
from peereval.scoring import score_answers
from peereval.studies import Study
from support.studies import FULL
from support.surveys import CALM, MOOD, TRUST, Messy, draw_survey, make_survey, messy_surveys

# Three runs an example: to look for a smaller one would take minutes.
_AS_FOUND = (Phase.explicit, Phase.generate)

_SORTED_BY = {"scores": ["row"], "pairs": ["comparison", "pre_row", "post_row"],
              "fates": ["row", "comparison"],
              "contradictions": ["comparison", "pre_row", "post_row"]}  # fmt: skip


def stage_tables(study: Study, engine: str) -> dict[str, pl.DataFrame]:
    """The table of every stage as the engine gives it, whole numbers and all."""
    machine = open_engine(engine)
    scores = machine.keep(score_answers(machine.send(read_answers(study).frame), study))
    paired = pair_scores(scores, study, machine)
    pairs = machine.keep(paired.pairs)
    moments = summarise(pairs, study, machine)
    carried = {
        "scores": scores,
        "pairs": pairs,
        "fates": paired.fates,
        "contradictions": paired.contradictions,
    }
    return {
        name: machine.fetch(frame).sort(_SORTED_BY[name]) for name, frame in carried.items()
    } | {
        "cells": moments.cells,
        "histograms": moments.histograms,
        "contacts": moments.contacts,
        "counted": moments.counted,
    }


def assert_same_everywhere(study: Study) -> None:
    first, *others = ENGINES
    expected = stage_tables(study, first)
    for engine in others:
        got = stage_tables(study, engine)
        for name, table in expected.items():
            assert got[name].schema == table.schema, f"{name} of {engine}"
            assert_frame_equal(got[name], table, check_exact=True)


@settings(max_examples=12, phases=_AS_FOUND)
@given(messy=messy_surveys())
def test_tables_of_a_messy_survey_are_the_same_on_every_engine(messy: Messy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_same_everywhere(messy.study(Path(folder)))


@settings(max_examples=4, phases=_AS_FOUND)
@given(seed=st.integers(0, 2**32 - 1))
def test_tables_of_a_large_survey_are_the_same_on_every_engine(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_same_everywhere(make_survey(Path(folder), draw_survey(seed), MOOD, CALM, TRUST))


#: What people are shown in the end.
_JUDGED = ("results", "claims")


@pytest.mark.parametrize("seed", [11, 12])
def test_every_estimate_is_the_same_to_the_bit_on_every_engine(seed: int, tmp_path: Path) -> None:
    rows = [row | {"year": f"Year {5 + len(row['id']) % 2}"} for row in draw_survey(seed, 56, 7)]
    study = make_survey(
        tmp_path, rows, MOOD, CALM, TRUST, statistics=FULL | {"primary": ["trust_mean"]},
        columns={"respondent": "id", "organisation": "school", "role": "role",
                 "characteristics": {"year_group": "year"}},
        claims=[{"id": "rose", "says": "change", "outcomes": ["mood_total"], "phase": "young",
                 "comparison": "short"}],
    )  # fmt: skip
    first, *others = (analyse(study, engine).tables for engine in ENGINES)
    found = first["results"]
    assert len(set(found.filter(status="ok")["analysis"])) > 15
    for tables in others:
        for name in _JUDGED:
            assert_frame_equal(tables[name], first[name], check_exact=True)
            # The same text as it is written, minus zeros and all.
            assert tables[name].write_csv() == first[name].write_csv()
