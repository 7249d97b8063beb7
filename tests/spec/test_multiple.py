"""Questions with several answers: in one cell, or in a column for each option."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.errors import SourceError
from peereval.reading import Answers, read_answers
from peereval.studies import Study
from support.studies import FIVE, Table, make_plain_study, make_scale
from support.tables import assert_table

TRUST = make_scale("trust", "a", labels=FIVE)


def asked(name: str, columns: str, **settings: Any) -> Table:
    return {"id": name, "kind": "yes_no", "columns": columns, **settings}


def study_of(
    folder: Path, cells: Sequence[dict[str, str]], *questions: Table, **more: Any
) -> Study:
    rows = [{"id": f"K{n}", "when": "b1", "a": "1", **row} for n, row in enumerate(cells)]
    return make_plain_study(folder, rows, TRUST, questions=list(questions), **more)


def joined(folder: Path, cells: Sequence[str], *options: str, **more: Any) -> Answers:
    """One column of joined answers, each option a question o0, o1, ..."""
    questions = [asked(f"o{n}", "who", option=option) for n, option in enumerate(options)]
    return read_answers(study_of(folder, [{"who": cell} for cell in cells], *questions, **more))


def codes(read: Answers, *names: str) -> list[list[int | None]]:
    return [read.frame[name].to_list() for name in names]


# --- all options in one cell ----------------------------------------------------------------


@pytest.mark.parametrize("between", [";", "; ", ",", ", ", "|", " | ", "\n"])
def test_an_option_is_chosen_not_chosen_or_not_asked(tmp_path: Path, between: str) -> None:
    cells = [between.join(["Friends", "Teachers"]), "Teachers", "Friends", "", "  "]
    read = joined(tmp_path, cells, "Friends", "Teachers", "Nobody")
    assert codes(read, "o0", "o1", "o2") == [
        [1, 0, 1, None, None],
        [1, 1, 0, None, None],
        [0, 0, 0, None, None],
    ]
    assert read.findings == ()


@pytest.mark.parametrize("between", [";", ", "])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_option_is_found_whole_although_it_holds_the_delimiter(
    tmp_path: Path, between: str, place: int
) -> None:
    others = ["Friends", "Nobody"]
    cells = [between.join([*others[:place], "Family, or carers", *others[place:]]), "Friends"]
    read = joined(tmp_path, cells, "Friends", "Family, or carers", "Nobody", "Family")
    assert codes(read, "o0", "o1", "o2", "o3") == [[1, 1], [1, 0], [1, 0], [0, 0]]
    assert read.findings == ()


def test_a_semicolon_in_an_option_parts_nothing_where_commas_do(tmp_path: Path) -> None:
    cells = ["Mum; or dad, Friends", "Friends", "Mum; or dad"]
    read = joined(tmp_path, cells, "Mum; or dad", "Friends")
    assert codes(read, "o0", "o1") == [[1, 0, 1], [1, 1, 0]]
    assert read.findings == ()


def test_case_spaces_and_punctuation_do_not_count(tmp_path: Path) -> None:
    read = joined(tmp_path, ["  FRIENDS ;family, or  carers.;"], "Friends", "Family or carers")
    assert codes(read, "o0", "o1") == [[1], [1]]


def test_an_option_inside_another_word_is_not_chosen(tmp_path: Path) -> None:
    read = joined(tmp_path, ["Friends of the family;Nobody"], "Friends", "Family", "Nobody")
    assert codes(read, "o0", "o1", "o2") == [[0], [0], [1]]


def test_other_answers_are_counted_once_a_column(tmp_path: Path) -> None:
    cells = ["Friends;My SECRET dog", "My SECRET dog", "Friends", "My cat;My SECRET dog"]
    read = joined(tmp_path, cells, "Friends", "Nobody")
    assert codes(read, "o0", "o1") == [[1, 0, 1, 0], [0, 0, 0, 0]]
    (finding,) = read.findings
    assert (finding.code, finding.column) == ("ANS006", "who")
    assert (finding.count, finding.row, finding.others) == (3, 2, (3, 5))
    assert "SECRET" not in str(finding)
    assert_table(
        read.faults,
        """
        code    |  column  |  value          |  n  |  first_row
        ANS006  |  who     |  My SECRET dog  |  3  |  2
        ANS006  |  who     |  My cat         |  1  |  5
        """,
    )


def test_one_who_only_refuses_is_missing_for_that_reason(tmp_path: Path) -> None:
    responses = {"missing": {"refused": ["Prefer not to say, thanks"]}}
    cells = ["Prefer not to say, thanks", "Friends, Prefer not to say, thanks", "Nobody", ""]
    read = joined(tmp_path, cells, "Friends", "Nobody", responses=responses)
    assert codes(read, "o0", "o1") == [[None, 1, 0, None], [None, 0, 1, None]]
    assert_table(read.missing, "column reason n\nwho refused 1")
    assert read.findings == ()


def test_numbers_of_choices_are_parted_too(tmp_path: Path) -> None:
    read = joined(tmp_path, ["1,3", "1", "3", "2,13", "1,2,3"], "1", "3")
    assert codes(read, "o0", "o1") == [[1, 1, 0, 0, 1], [1, 0, 1, 0, 1]]


def test_a_column_of_one_option_may_be_ticked_in_words(tmp_path: Path) -> None:
    for n, (yes, no) in enumerate(
        [("Checked", "Unchecked"), ("1", "0"), ("TRUE", "FALSE"), ("Selected", "Not selected"),
         ("Friends", "0")]
    ):  # fmt: skip
        read = joined(tmp_path / str(n), [yes, no, ""], "Friends")
        assert codes(read, "o0") == [[1, 0, None]], (yes, no)
        assert read.findings == ()


def test_a_refusal_among_ticks_is_missing_for_its_reason(tmp_path: Path) -> None:
    responses = {"missing": {"not shown": ["-99"]}}
    cells = ["Checked", "Unchecked", "-99", ""]
    read = joined(tmp_path, cells, "Friends", responses=responses)
    assert codes(read, "o0") == [[1, 0, None, None]]
    assert_table(read.missing, "column|reason|n\nwho|not shown|1")
    assert read.findings == ()


# Its cells are numbers of choices: everybody chose the first, and nobody the third.
def test_a_number_of_a_choice_is_no_tick(tmp_path: Path) -> None:
    read = joined(tmp_path, ["1", "1", ""], "3")
    assert codes(read, "o0") == [[0, 0, None]]


def test_a_cell_of_very_many_parts_is_read_in_no_time(tmp_path: Path) -> None:
    read = joined(tmp_path, [";".join(["x"] * 20_000) + ";Friends"], "Friends", "Family or carers")
    assert codes(read, "o0", "o1") == [[1], [0]]


# --- a column for each option ---------------------------------------------------------------

_WHO = ("who_friends", "who_family", "who_nobody")


def ticked(folder: Path, rows: Sequence[Sequence[str]], **more: Any) -> Answers:
    cells = [dict(zip(_WHO, row, strict=True)) for row in rows]
    questions = [asked(name.removeprefix("who_"), name, among=list(_WHO)) for name in _WHO]
    return read_answers(study_of(folder, cells, *questions, **more))


@pytest.mark.parametrize(
    ("yes", "no"),
    [("Checked", "Unchecked"), ("1", "0"), ("TRUE", "FALSE"), ("Selected", "Not selected"),
     ("Yes", "No"), ("Friends, and so on", ""), ("x", "")],
)  # fmt: skip
def test_one_who_ticked_another_option_did_not_choose_this(
    tmp_path: Path, yes: str, no: str
) -> None:
    read = ticked(tmp_path, [(yes, no, no), (no, yes, yes), (yes, yes, no)])
    assert codes(read, "friends", "family", "nobody") == [[1, 0, 1], [0, 1, 1], [0, 1, 0]]
    assert read.findings == ()


@pytest.mark.parametrize("no", ["Unchecked", "0", "FALSE", "Not selected", "No", "", "  "])
def test_one_who_ticked_nothing_did_not_answer(tmp_path: Path, no: str) -> None:
    read = ticked(tmp_path, [(no, no, no), ("1", no, no)])
    assert codes(read, "friends", "family", "nobody") == [[None, 1], [None, 0], [None, 0]]


def test_a_refusal_is_no_tick(tmp_path: Path) -> None:
    responses = {"missing": {"not shown": ["-99"]}}
    read = ticked(tmp_path, [("-99", "-99", "-99"), ("-99", "1", "")], responses=responses)
    assert codes(read, "friends", "family") == [[None, 0], [None, 1]]
    assert_table(
        read.missing,
        "column|reason|n\nwho_friends|not shown|2\nwho_family|not shown|1\nwho_nobody|not shown|1",
    )


def test_the_text_of_the_option_is_a_tick_even_if_it_is_no(tmp_path: Path) -> None:
    cells = [{"q_1": "No", "q_2": ""}, {"q_1": "", "q_2": "Yes"}]
    questions = [asked("no", "q_1", option="No", among=["q_2"]), asked("yes", "q_2", among=["q_1"])]
    read = read_answers(study_of(tmp_path, cells, *questions))
    assert codes(read, "no") == [[1, 0]]


@pytest.mark.parametrize("dtype", [pl.Boolean, pl.Int8, pl.Float64])
def test_ticks_are_known_in_any_type(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    questions = [asked("friends", "q_1", among=["q_1", "q_2"])]
    study = study_of(
        tmp_path, [{"q_1": "1", "q_2": "1"}], *questions, source={"file": "answers.parquet"}
    )
    ticks = {"q_1": [1, 0, 0, None, None], "q_2": [1, 1, 0, 1, None]}
    frame = pl.DataFrame({"id": list("abcde"), "when": ["b1"] * 5, "a": [1] * 5, **ticks})
    frame.with_columns(pl.col("q_1", "q_2").cast(dtype)).write_parquet(tmp_path / "answers.parquet")
    assert codes(read_answers(study), "friends") == [[1, 0, None, 0, None]]


def test_without_the_other_options_the_run_stops(tmp_path: Path) -> None:
    study = study_of(tmp_path, [{"q_1": "1"}], asked("friends", "q_1", among=["q_1", "q_9"]))
    with pytest.raises(SourceError) as caught:
        read_answers(study)
    assert [(f.code, f.file, f.column) for f in caught.value.faults] == [
        ("MAP005", "answers.csv", "q_1")
    ]


def test_columns_may_be_called_otherwise_in_another_export(tmp_path: Path) -> None:
    exports = {
        "before.csv": [{"id": "K1", "when": "b1", "a": "1", "q3_1": "1", "q3_2": ""}],
        "after.csv": [{"id": "K1", "when": "f1", "a": "1", "q9_1": "", "q9_2": "1"}],
        "other.csv": [{"id": "K1", "when": "b2", "a": "1"}],
    }
    question = asked("friends", "q3_1", among=["q3_1", "q3_2", "q9_1", "q9_2"])
    question["columns"] = ["q3_1", "q9_1"]
    study = make_plain_study(tmp_path, exports, TRUST, questions=[question])
    assert codes(read_answers(study), "friends") == [[1, 0, None]]
