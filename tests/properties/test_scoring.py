"""Scores of any answers, on every engine."""

import tempfile
from fractions import Fraction
from math import lcm
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peereval.pipeline import score_study
from peereval.scales import Scale, load_scale, load_scale_file, scale_files, score_by_hand
from support.studies import Table, make_plain_study, make_scale, write_toml
from support.tables import Row

BUNDLED = sorted(scale_files())


def scores_on(
    engine: str, scale: Scale, answers: list[list[str]], coding: str = "", own: Table | None = None
) -> list[dict[str, float | None]]:
    """Score id -> value of each row of answers, through files and the stages of the engine."""
    rows: list[Row] = [
        {"id": f"k{number}", "when": "b1"}
        | {item.id: text for item, text in zip(scale.items, row, strict=True)}
        for number, row in enumerate(answers)
    ]
    with tempfile.TemporaryDirectory() as folder:
        study = make_plain_study(
            Path(folder),
            rows,
            own or scale.id,
            outcomes=[score.outcome for score in scale.scores],
            scale_settings={scale.id: {"coding": coding} if coding else {}},
        )
        table = score_study(study, engine).tables["scores"]
    assert table["respondent"].to_list() == [row["id"] for row in rows]
    return [
        {score.id: row[score.outcome] for score in scale.scores}
        for row in table.iter_rows(named=True)
    ]


def by_hand(scale: Scale, answers: list[list[str]], coding: str = "") -> list[dict[str, object]]:
    expected = []
    for row in answers:
        values = score_by_hand(scale, row, coding)
        exact = {score.id: values[score.id] for score in scale.scores}
        expected.append({k: v if v is None else float(v) for k, v in exact.items()})
    return expected


@pytest.mark.parametrize("name", BUNDLED)
@settings(max_examples=6)
@given(data=st.data())
def test_engine_scores_a_bundled_scale_as_a_person_would(
    engine: str, name: str, data: st.DataObject
) -> None:
    scale = load_scale(name)
    coding = data.draw(st.sampled_from(["", *scale.codings]), label="coding")
    texts = sorted({*scale.labels, *scale.codes(coding)})
    answers = data.draw(_answers(len(scale.items), texts), label="answers")
    assert scores_on(engine, scale, answers, coding) == by_hand(scale, answers, coding)


def _answers(items: int, texts: list[str]) -> st.SearchStrategy[list[list[str]]]:
    """Rows with all, some or none of the answers given."""
    given_one = st.sampled_from(texts)
    perhaps = st.one_of(given_one, given_one, st.just(""))
    row = st.one_of(
        st.lists(given_one, min_size=items, max_size=items),
        st.lists(perhaps, min_size=items, max_size=items),
    )
    return st.lists(row, min_size=1, max_size=6)


@st.composite
def scale_tables(draw: st.DrawFn) -> Table:
    """Any small scale: items reversed or not, any rule, a rescaling and a score of scores."""
    low = draw(st.integers(-3, 2))
    high = draw(st.integers(low + 1, low + 10))
    items = [f"i{n}" for n in range(draw(st.integers(1, 6)))]
    marked = " ".join(item + draw(st.sampled_from(["", "-"])) for item in items)
    rule = draw(st.sampled_from(["sum", "mean", "prorated"]))
    least = len(items) if rule == "sum" else draw(st.integers(1, len(items)))
    size = 1 if rule == "mean" else len(items)
    first = {
        "id": "first",
        "rule": "mean" if rule == "mean" else "sum",
        "of": items,
        "min_answered": least,
        "prorate": rule == "prorated",
        "range": [low * size, high * size],
    }
    factor, offset = draw(st.sampled_from([2, -1, 0.5, 12.5, -0.25])), draw(st.integers(-4, 4))
    ends = sorted(end * size * factor + offset for end in (low, high))
    scaled = {"id": "scaled", "rule": "rescale", "of": ["first"], "factor": factor,
              "offset": offset, "range": ends}  # fmt: skip
    both = [low * size + ends[0], high * size + ends[1]]
    total = {"id": "total", "rule": "sum", "of": ["first", "scaled"], "range": both}
    average = {"id": "average", "rule": "mean", "of": ["first", "scaled"],
               "range": [end / 2 for end in both]}  # fmt: skip
    labels = {str(code): code for code in range(low, high + 1)}
    return make_scale("own", marked, first, scaled, total, average, labels=labels)


@settings(max_examples=40)
@given(own=scale_tables(), data=st.data())
def test_engine_scores_any_scale_as_a_person_would(
    engine: str, own: Table, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scale = load_scale_file(write_toml(Path(folder) / "own.toml", own))
    answers = data.draw(_answers(len(scale.items), list(scale.labels)), label="answers")
    assert scores_on(engine, scale, answers, own=own) == by_hand(scale, answers)


@settings(max_examples=20)
@given(low=st.integers(-5, 90), steps=st.integers(1, 10), data=st.data())
def test_reversing_twice_is_the_answer_itself(
    engine: str, low: int, steps: int, data: st.DataObject
) -> None:
    high = low + steps
    labels = {str(code): code for code in range(low, high + 1)}
    rule = {"id": "total", "rule": "sum", "of": ["i"], "range": [low, high]}
    own = make_scale("own", "i-", rule, labels=labels)
    with tempfile.TemporaryDirectory() as folder:
        scale = load_scale_file(write_toml(Path(folder) / "own.toml", own))
    answers = data.draw(st.lists(st.sampled_from(["", *labels]), min_size=1, max_size=6))
    once = [row["total"] for row in scores_on(engine, scale, [[a] for a in answers], own=own)]
    again = [["" if value is None else str(int(value))] for value in once]
    twice = [row["total"] for row in scores_on(engine, scale, again, own=own)]
    assert twice == [None if answer == "" else int(answer) for answer in answers]
    assert all(v is None or int(a) + v == low + high for a, v in zip(answers, once, strict=True))


@given(items=st.integers(1, 12), least=st.integers(1, 12), data=st.data())
def test_denominator_makes_every_score_whole(items: int, least: int, data: st.DataObject) -> None:
    """So that sums of scores are exact: value times denominator has no fraction."""
    least = min(least, items)
    rule = data.draw(st.sampled_from(["mean", "sum"]))
    names = [f"i{n}" for n in range(items)]
    size = 1 if rule == "mean" else items
    score = {"id": "first", "rule": rule, "of": names, "min_answered": least,
             "prorate": rule == "sum", "range": [0, 4 * size]}  # fmt: skip
    own = make_scale("own", " ".join(names), score, labels={str(c): c for c in range(5)})
    with tempfile.TemporaryDirectory() as folder:
        scale = load_scale_file(write_toml(Path(folder) / "own.toml", own))
    row = data.draw(st.lists(st.sampled_from(["", *"01234"]), min_size=items, max_size=items))
    value = score_by_hand(scale, row)["first"]
    whole = scale.scores[0].denominator
    assert value is None or (Fraction(value) * whole).denominator == 1
    assert lcm(*range(1, items + 1)) % whole == 0
