"""Marks that a wrong coding leaves in the answers of an export."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.columns import TEST
from peereval.diagnostics import FEWEST, diagnose, diagnose_answers, item_rest_correlations
from peereval.errors import Fault
from peereval.reading import read_answers, read_sources
from peereval.scales import Item
from peereval.studies import Study
from support.studies import FIVE, Table, make_plain_study, make_scale
from support.tables import read_table

Codes = Mapping[str, Sequence[int | None]]

#: Two items of four ask the other way round.
STRESS = make_scale("stress", "s1 s2- s3- s4", labels=FIVE)
HOPE = make_scale("hope", "h1 h2 h3", labels={"No": 1, "A bit": 2, "Some": 3, "Much": 4, "All": 5})
FRIENDS = make_scale("friends", "f1 f2 f3 f4 f5 f6", labels=FIVE)
YES_NO = make_scale("agree", "a1 a2", labels={"No": 0, "Yes": 1})


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Study]:
    made: dict[str, Study] = {}

    def get(*scales: Table) -> Study:
        names = "_".join(scale["id"] for scale in scales)
        if names not in made:
            items = [item["id"] for scale in scales for item in scale["items"]]
            row = dict.fromkeys(items, "") | {"id": "k1", "when": "b1"}
            made[names] = make_plain_study(tmp_path_factory.mktemp(names), [row], *scales)
        return made[names]

    return get


def found(study: Study, codes: Codes, exclusion: Sequence[int] = ()) -> list[Fault]:
    """Findings about answers given as item -> codes; items that are not given are blank."""
    height = len(next(iter(codes.values())))
    named = {column.split("_", 1)[1]: column for column in study.item_columns}
    cells = {
        named[item]: pl.Series(codes.get(item, [None] * height), dtype=pl.Int8) for item in named
    }
    set_aside = pl.Series(exclusion or [0] * height, dtype=pl.Int8)
    return diagnose(pl.DataFrame(cells | {"exclusion": set_aside}), "a.csv", study)


def told(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.code, fault.column) for fault in faults]


def honest(
    n: int, items: str, seed: int = 1, low: int = 0, high: int = 4, strength: float = 1.0
) -> dict[str, list[int | None]]:
    """Answers of respondents who mean one thing; an item with a ``-`` asks the other way."""
    rng = np.random.default_rng(seed)
    meant = rng.normal(size=n)
    made: dict[str, list[int | None]] = {}
    for word in items.split():
        sign = -1 if word.endswith("-") else 1
        value = (low + high) / 2 + sign * strength * meant + rng.normal(size=n)
        made[word.rstrip("-")] = np.clip(np.round(value), low, high).astype(int).tolist()
    return made


def turned(codes: Sequence[int | None], low: int = 0, high: int = 4) -> list[int | None]:
    return [None if code is None else low + high - code for code in codes]


# --- the correlation itself -----------------------------------------------------------------


def test_a_correlation_is_that_of_a_sum_worked_by_hand() -> None:
    # The rest of c is a + b: 2 5 5. Its products with c about the means add up to 1, the squares
    # to 2/3 and 6: r = 1 / sqrt(4).
    rows = read_table("""
        a  b  c
        1  1  0
        2  3  0
        3  2  1
    """)
    answers = pl.DataFrame({name: [int(row[name]) for row in rows] for name in "abc"})
    n, correlations = item_rest_correlations(answers, [Item(name, "") for name in "abc"])
    assert n == 3
    assert correlations["c"] == 0.5


def test_a_reversed_item_is_turned_before_it_is_correlated() -> None:
    answers = pl.DataFrame({"a": [0, 1, 2, 4], "b": [4, 3, 2, 0]})
    _, correlations = item_rest_correlations(answers, [Item("a", ""), Item("b", "", reverse=True)])
    assert correlations == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize("seed", range(5))
def test_correlations_agree_with_numpy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(-100, 101, size=(400, 7))
    codes[:, 3] = 60 - codes[:, 2] // 2
    blank = rng.random(codes.shape) < 0.03
    items = [Item(f"i{place}", "", reverse=place % 3 == 0) for place in range(7)]
    answers = pl.DataFrame(
        [
            pl.Series(
                item.id,
                [None if b else int(c) for c, b in zip(column, no, strict=True)],
                pl.Int8,
            )
            for item, column, no in zip(items, codes.T, blank.T, strict=True)
        ]
    )
    n, correlations = item_rest_correlations(answers, items)
    whole = codes[~blank.any(axis=1)].astype(float)
    keyed = whole * np.array([-1 if item.reverse else 1 for item in items])
    assert n == len(whole)
    for place, item in enumerate(items):
        rest = keyed.sum(axis=1) - keyed[:, place]
        assert correlations[item.id] == pytest.approx(
            np.corrcoef(keyed[:, place], rest)[0, 1], abs=1e-12
        )


def test_the_largest_codes_and_a_million_rows_do_not_overflow() -> None:
    answers = pl.DataFrame({f"i{place}": [100, -100] * 500_000 for place in range(30)}).cast(
        pl.Int8
    )
    n, correlations = item_rest_correlations(answers, [Item(name, "") for name in answers.columns])
    assert n == 1_000_000
    assert set(correlations.values()) == {1.0}


def test_where_nothing_varies_there_is_no_correlation() -> None:
    answers = pl.DataFrame({"a": [1, 2, 3], "b": [2, 2, 2]})
    assert item_rest_correlations(answers, [Item("a", ""), Item("b", "")]) == (
        3,
        {"a": None, "b": None},
    )


# --- DIA001: an item against its score ------------------------------------------------------


def test_answers_that_hang_together_are_not_spoken_of(study: Callable[..., Study]) -> None:
    assert found(study(STRESS), honest(300, "s1 s2- s3- s4")) == []


def test_an_item_that_is_reversed_twice_is_found_and_no_other(study: Callable[..., Study]) -> None:
    codes = honest(300, "s1 s2- s3- s4")
    codes["s2"] = turned(codes["s2"])
    (fault,) = found(study(STRESS), codes)
    assert (fault.code, fault.file, fault.column) == ("DIA001", "a.csv", "s2")
    assert "'s2' of stress, which the scale reverses, goes against the rest of total" in fault.found
    assert "in 300 responses" in fault.found
    assert "reversed already" in fault.fix


def test_an_item_whose_numbers_run_the_other_way_is_found(study: Callable[..., Study]) -> None:
    codes = honest(300, "h1 h2 h3", low=1, high=5)
    codes["h3"] = turned(codes["h3"], 1, 5)
    (fault,) = found(study(HOPE), codes)
    assert (fault.code, fault.column) == ("DIA001", "h3")
    assert "which the scale reverses" not in fault.found
    assert "the other way in the export" in fault.fix


@pytest.mark.parametrize(("n", "codes"), [(29, []), (30, [("DIA001", "h3")])])
def test_few_responses_do_not_speak_against_an_item(
    n: int, codes: list[tuple[str, str]], study: Callable[..., Study]
) -> None:
    answers = honest(n, "h1 h2 h3", low=1, high=5, strength=2.0)
    answers["h3"] = turned(answers["h3"], 1, 5)
    assert told(found(study(HOPE), answers)) == codes


def test_items_that_have_nothing_to_do_with_each_other_are_rarely_accused(
    study: Callable[..., Study],
) -> None:
    accused = 0
    for seed in range(200):
        answers = honest(100, "h1 h2 h3", seed, low=1, high=5, strength=0.0)
        accused += sum(fault.code == "DIA001" for fault in found(study(HOPE), answers))
    # 2.5% of 600, and what chance allows about it.
    assert 0 < accused < 30


def test_the_correlation_needs_every_item_of_the_score(study: Callable[..., Study]) -> None:
    codes = honest(60, "h1 h2 h3", low=1, high=5)
    codes["h3"] = [*turned(codes["h3"], 1, 5)[:29], *[None] * 31]
    assert told(found(study(HOPE), codes)) == []


def test_rows_that_are_set_aside_do_not_count(study: Callable[..., Study]) -> None:
    codes = honest(300, "h1 h2 h3", low=1, high=5)
    mixed = {item: values * 4 for item, values in codes.items()}
    mixed["h3"] = [*codes["h3"], *turned(codes["h3"], 1, 5) * 3]
    assert told(found(study(HOPE), mixed)) == [("DIA001", "h3")]
    assert found(study(HOPE), mixed, exclusion=[0] * 300 + [TEST] * 900) == []


def test_the_columns_are_those_of_the_export(tmp_path: Path) -> None:
    settings = {"hope": {"columns": {"h1": "Q1", "h2": ["Q2", "Frage 2"], "h3": "Q3"}}}
    rows = [{"id": "k1", "when": "b1", "Q1": "", "Q2": "", "Q3": ""}]
    made = make_plain_study(tmp_path, rows, HOPE, scale_settings=settings)
    codes = honest(300, "h1 h2 h3", low=1, high=5)
    codes["h2"] = turned(codes["h2"], 1, 5)
    assert told(found(made, codes)) == [("DIA001", "Q2 or Frage 2")]


# --- DIA002: straight lines -----------------------------------------------------------------


def with_lines(codes: Codes, n: int, code: int) -> dict[str, list[int | None]]:
    """The same with one code throughout in the first ``n`` rows."""
    return {item: [*[code] * n, *values[n:]] for item, values in codes.items()}


@pytest.mark.parametrize(
    ("n", "spoken_of"), [(0, False), (9, False), (10, True), (20, True)], ids=str
)
def test_straight_lines_through_reversed_items_are_counted(
    n: int, spoken_of: bool, study: Callable[..., Study]
) -> None:
    # Nobody who means it gives a straight line here: the first item and the second are opposite.
    codes = {"s1": [0, 1, 3, 4] * 25, "s2": [4, 3, 1, 0] * 25, "s3": [4, 3, 1, 0] * 25}
    codes["s4"] = codes["s1"]
    lines = [f for f in found(study(STRESS), with_lines(codes, n, 4)) if f.code == "DIA002"]
    assert [fault.count for fault in lines] == ([n] if spoken_of else [])
    for fault in lines:
        assert f"{n} of 100 responses ({n}%)" in fault.found
        assert "all 4 items of stress" in fault.found


def test_straight_lines_of_less_than_one_in_twenty_are_not_spoken_of(
    study: Callable[..., Study],
) -> None:
    codes = {"s1": [0, 1, 3, 4] * 100, "s2": [4, 3, 1, 0] * 100, "s3": [4, 3, 1, 0] * 100}
    codes["s4"] = codes["s1"]
    assert found(study(STRESS), with_lines(codes, 19, 3)) == []
    assert told(found(study(STRESS), with_lines(codes, 20, 3))) == [("DIA002", "")]


def test_the_answer_in_the_middle_contradicts_nothing(study: Callable[..., Study]) -> None:
    codes = {"s1": [0, 1, 3, 4] * 25, "s2": [4, 3, 1, 0] * 25, "s3": [4, 3, 1, 0] * 25}
    codes["s4"] = codes["s1"]
    assert found(study(STRESS), with_lines(codes, 30, 2)) == []


def test_a_straight_line_with_a_blank_in_it_is_none(study: Callable[..., Study]) -> None:
    codes = {"s1": [0, 1, 3, 4] * 25, "s2": [4, 3, 1, 0] * 25, "s3": [4, 3, 1, 0] * 25}
    codes["s4"] = codes["s1"]
    lines = with_lines(codes, 20, 4)
    lines["s4"] = [*[None] * 20, *lines["s4"][20:]]
    assert found(study(STRESS), lines) == []


def test_one_answer_to_a_scale_that_asks_one_way_only_may_be_meant(
    study: Callable[..., Study],
) -> None:
    codes = honest(200, "f1 f2 f3 f4 f5 f6")
    assert found(study(FRIENDS), with_lines(codes, 60, 4)) == []


def test_one_answer_throughout_several_scales_is_counted_by_its_place(
    study: Callable[..., Study],
) -> None:
    # The second answer is 1 of one scale and 2 of the other; together they have 13 items.
    both = study(FRIENDS, HOPE, STRESS)
    friends, stress = honest(200, "f1 f2 f3 f4 f5 f6", 2), honest(200, "s1 s2- s3- s4", 3)
    hope = honest(200, "h1 h2 h3", 4, low=1, high=5)
    lines = with_lines(friends, 30, 1) | with_lines(stress, 30, 1) | with_lines(hope, 30, 2)
    faults = [fault for fault in found(both, lines) if fault.code == "DIA002"]
    assert [fault.found for fault in faults if "13 items" in fault.found] == [
        "30 of 200 responses (15%) give the same answer to all 13 items of friends, hope, stress"
    ]
    shifted = with_lines(friends, 30, 1) | with_lines(stress, 30, 1) | with_lines(hope, 30, 1)
    assert not any("13 items" in fault.found for fault in found(both, shifted))


def test_few_items_of_several_scales_make_no_straight_line(study: Callable[..., Study]) -> None:
    friends, hope = honest(200, "f1 f2 f3 f4 f5 f6"), honest(200, "h1 h2 h3", low=1, high=5)
    lines = with_lines(friends, 100, 1) | with_lines(hope, 100, 2)
    assert not [f for f in found(study(FRIENDS, HOPE), lines) if f.code == "DIA002"]


# --- DIA003: ends that nobody chose ---------------------------------------------------------


def test_numbers_shifted_by_one_leave_the_lowest_answer_unused(
    study: Callable[..., Study],
) -> None:
    # Written as 1 to 5 and read as 0 to 4: what was 4 is out of range and missing.
    codes = honest(200, "s1 s2- s3- s4")
    shifted = {
        item: [None if v in (4, None) else v + 1 for v in values] for item, values in codes.items()
    }
    ends = [fault for fault in found(study(STRESS), shifted) if fault.code == "DIA003"]
    assert len(ends) == 1
    assert "the lowest answer ('Never' = 0)" in ends[0].found
    assert "shifted by one (1 to 5, where the scale has 0 to 4)" in ends[0].found
    assert "[scales.stress]" in ends[0].fix


def test_numbers_from_0_leave_the_highest_answer_of_a_scale_from_1_unused(
    study: Callable[..., Study],
) -> None:
    codes = honest(200, "h1 h2 h3", low=1, high=5)
    shifted = {
        item: [None if v in (1, None) else v - 1 for v in values] for item, values in codes.items()
    }
    ends = [fault for fault in found(study(HOPE), shifted) if fault.code == "DIA003"]
    assert len(ends) == 1
    assert "the highest answer ('All' = 5)" in ends[0].found
    assert "shifted by one (0 to 4, where the scale has 1 to 5)" in ends[0].found


def test_an_unused_end_above_0_is_not_said_to_be_shifted_below_it(
    study: Callable[..., Study],
) -> None:
    codes = {
        item: [None if value == 4 else value for value in values]
        for item, values in honest(200, "s1 s2- s3- s4").items()
    }
    ends = [fault for fault in found(study(STRESS), codes) if fault.code == "DIA003"]
    assert len(ends) == 1
    assert "-1" not in ends[0].found
    assert "written in another way" in ends[0].found


def test_one_item_without_an_end_is_named(study: Callable[..., Study]) -> None:
    codes = honest(300, "h1 h2 h3", low=1, high=5)
    codes["h2"] = [None if value == 5 else value for value in codes["h2"]]
    (fault,) = found(study(HOPE), codes)
    assert (fault.code, fault.column) == ("DIA003", "h2")
    n = sum(value is not None for value in codes["h2"])
    assert f"none of {n} responses gives the highest answer ('All' = 5)" in fault.found


def test_an_end_that_few_come_near_is_not_missed(study: Callable[..., Study]) -> None:
    # A scale that most find easy to agree with: nobody at the lowest answer, few beside it.
    easy = [5] * 40 + [4] * 30 + [3] * 8 + [2] * 2
    assert found(study(HOPE), {"h1": easy, "h2": easy, "h3": easy}) == []


def test_an_unused_end_of_forty_nine_answers_is_chance(study: Callable[..., Study]) -> None:
    few = [2] * 25 + [3] * 16 + [4] * 5 + [5] * 3
    assert found(study(HOPE), {"h1": few, "h2": few, "h3": few}) == []
    enough = [*few, 2]
    assert told(found(study(HOPE), {"h1": enough, "h2": enough, "h3": enough})) == [("DIA003", "")]


def test_a_scale_of_yes_and_no_has_no_unused_end(study: Callable[..., Study]) -> None:
    codes = {"a1": [1] * 100, "a2": [0, 1] * 50}
    assert told(found(study(YES_NO), codes)) == [("DIA004", "a1")]


# --- DIA004 and DIA005: nothing varies, nothing answered ------------------------------------


def test_an_item_that_all_answered_alike_is_named_without_the_answer(
    study: Callable[..., Study],
) -> None:
    codes = honest(40, "h1 h2 h3", low=1, high=5) | {"h2": [3] * 40}
    (fault,) = found(study(HOPE), codes)
    assert (fault.code, fault.column) == ("DIA004", "h2")
    assert "all 40 answers" in fault.found
    assert "3" not in fault.found.replace("h3", "")


def test_a_scale_with_everyone_at_the_same_value_is_one_finding(
    study: Callable[..., Study],
) -> None:
    codes = {item: [4] * 40 for item in ("h1", "h2", "h3")}
    (fault,) = found(study(HOPE), codes)
    assert (fault.code, fault.column) == ("DIA004", "")
    assert "the same total of hope" in fault.found


def test_an_item_that_nobody_answered_is_named(study: Callable[..., Study]) -> None:
    codes = honest(40, "h1 h2", low=1, high=5)
    (fault,) = found(study(HOPE), codes)
    assert (fault.code, fault.column) == ("DIA005", "h3")


def test_a_scale_that_was_not_asked_is_not_spoken_of(study: Callable[..., Study]) -> None:
    codes = honest(40, "h1 h2 h3", low=1, high=5)
    assert found(study(HOPE, STRESS), codes) == []


# --- few respondents ------------------------------------------------------------------------

TELLTALE: dict[str, Codes] = {
    "all alike": {"s1": [4], "s2": [4], "s3": [4], "s4": [4]},
    "an item without an answer": {"s1": [4], "s2": [1], "s3": [0]},
    "an item all alike": {"s1": [4], "s2": [0], "s3": [0], "s4": [3]},
}


@pytest.mark.parametrize("case", TELLTALE)
def test_nothing_is_said_of_nine_responses(case: str, study: Callable[..., Study]) -> None:
    one = TELLTALE[case]
    nine = {item: list(values) * (FEWEST - 1) for item, values in one.items()}
    ten = {item: list(values) * FEWEST for item, values in one.items()}
    assert found(study(STRESS), nine) == []
    assert found(study(STRESS), ten) != []


def test_an_export_without_rows_has_no_findings(study: Callable[..., Study]) -> None:
    assert found(study(STRESS, HOPE), {"s1": []}) == []


# --- on an export ---------------------------------------------------------------------------


def test_a_shifted_export_is_found_from_its_file(tmp_path: Path) -> None:
    # Nobody gave the last answer, so that no number is out of range.
    codes = honest(120, "s1 s2- s3- s4", high=3)
    rows = [
        {"id": f"k{n}", "when": "b1", **{item: str((codes[item][n] or 0) + 1) for item in codes}}
        for n in range(120)
    ]
    made = make_plain_study(tmp_path, rows, STRESS)
    faults = diagnose_answers(read_answers(made), made)
    assert [(f.code, f.file) for f in faults if f.code == "DIA003"] == [("DIA003", "answers.csv")]
    assert not any("k1" in str(fault) for fault in faults)


def test_a_sheet_of_a_workbook_is_named_beside_its_file(tmp_path: Path) -> None:
    from openpyxl import Workbook

    codes = honest(60, "h1 h2 h3", low=1, high=5) | {"h2": [3] * 60}
    book = Workbook()
    for name, when in (("Spring", "b1"), ("Summer", "f1")):
        sheet = book.create_sheet(name)
        sheet.append(["id", "when", *codes])
        for row in range(60):
            sheet.append([f"k{row}", when, *(codes[item][row] for item in codes)])
    book.remove(book.worksheets[0])
    made = make_plain_study(tmp_path, {"a.xlsx": [{"id": "k1"}]}, HOPE)
    book.save(tmp_path / "a.xlsx")
    sources = tuple(
        replace(made.sources[0], layout=replace(made.sources[0].layout, sheet=name))
        for name in book.sheetnames
    )
    parts = list(read_sources(replace(made, sources=sources)))
    places = [(f.file, f.sheet, f.column) for part in parts for f in diagnose_answers(part, made)]
    assert places == [("a.xlsx", "Spring", "h2"), ("a.xlsx", "Summer", "h2")]
