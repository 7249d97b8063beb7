"""Which pieces of response text mean the same, and which do not."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peereval.errors import StudyError
from peereval.labels import alike, fold, number_beside
from peereval.scales import load_scale, load_scale_file, scale_files
from peereval.scoring import score_frame
from support.studies import FIVE, MOOD, make_plain_study, make_scale, write_toml


@pytest.mark.parametrize(
    "written",
    ["Some of the time", "SOME OF THE TIME", " Some  of\tthe time ", "Some of the time.",
     "some-of-the-time", "Some_of_the_time", "“Some of the time”", "Some of the time!",
     "Ｓome of the time", "Some of the time\u200b", "Some\u00a0of the time", "Some, of the time…"],
)  # fmt: skip
def test_case_spaces_and_punctuation_make_no_other_text(written: str) -> None:
    assert fold(written) == "some of the time"


@pytest.mark.parametrize(
    "written", ["Don’t know", "Don't know", "dont know", "DON`T KNOW", "Don´t know."]
)
def test_an_apostrophe_parts_no_word(written: str) -> None:
    assert fold(written) == "dont know"


@pytest.mark.parametrize(
    ("written", "folded"),
    {
        "4": "4", "4.0": "4", "4,0": "4", "4.00": "4", " 4 ": "4", "4.": "4", "(4)": "4",
        "-99": "-99", "–99": "-99", "−99": "-99", "-99.0": "-99", "99.0": "99",
        "12.67": "12.67", "12,67": "12.67", "2.50": "2.5", "-0.0": "0", "1,000": "1000",
        ".5": "0.5", "-.50": "-0.5", "about .5": "about 0.5",
        "４": "4", "007": "007", "(-4)": "-4", "- 99": "-99", "4.0)": "4",
    }.items(),
)  # fmt: skip
def test_numbers_keep_their_meaning(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    "apart",
    [("99", "-99"), ("1.5 times", "15 times"), ("1.5 times", "1-5 times"), ("4", "4 %"),
     ("<5", ">5"), ("5", "5+"), ("1/2", "12"), ("10:30", "1030"), ("4.5", "45"), ("1,3", "13"),
     ("Agree", "Strongly agree"), ("Agree", "Disagree"), ("Never", "Almost never"), ("?", "!"),
     ("-", "--"), ("007", "7"), ("4 times -5", "4 times 5")],
    ids=" and ".join,
)  # fmt: skip
def test_texts_that_mean_different_things_stay_apart(apart: tuple[str, str]) -> None:
    assert fold(apart[0]) != fold(apart[1])


@pytest.mark.parametrize("mark", ["-", "?", "...", "*", ":)", "'", "( )"])
def test_text_of_punctuation_alone_is_kept(mark: str) -> None:
    assert fold(mark) == mark


@pytest.mark.parametrize("nothing", ["", " ", "\t\n", "\u200b", "\ufeff "])
def test_text_of_nothing_is_nothing(nothing: str) -> None:
    assert fold(nothing) == ""


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=30), st.text(alphabet="0189.,-/: ()'=–aB%", max_size=12)))
def test_what_is_folded_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_texts_that_fold_to_the_same_are_named_together() -> None:
    assert alike(["Never", "Often", "never.", "Some-times"]) == [("Never", "never.")]
    assert alike(["Never", "Often"]) == []


@pytest.mark.parametrize("name", scale_files())
def test_no_two_labels_of_a_bundled_scale_fold_to_the_same(name: str) -> None:
    scale = load_scale(name)
    assert alike(scale.labels) == []
    for coding in scale.codings.values():
        assert alike(coding) == []


# --- a number beside the label --------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    ["4 - Often", "4 – Often", "4-Often", "4 = Often", "4=often", "4. Often", "4) Often",
     "4: Often", "4 Often", "(4) Often", "[4] Often", "Often (4)", "Often [4]", "Often(4)",
     "Often - 4", "Often = 4", "Often: 4", "４ － Often", "4 - often."],
)  # fmt: skip
def test_a_number_may_stand_beside_the_label(written: str) -> None:
    assert number_beside(written) == (4, "often")


@pytest.mark.parametrize(
    "written",
    ["4", "(4)", "4 - 5", "1-2 times", "4.5 times", "4,5 times", "1/2 day", "Less than 2 - 3",
     "Often 4", "Often", "", "-", "4 -", "12345 - Often"],
)  # fmt: skip
def test_a_number_that_is_part_of_the_text_stands_beside_nothing(written: str) -> None:
    assert number_beside(written) is None


def test_a_number_beside_a_label_may_be_negative() -> None:
    assert number_beside("-1 - Never") == (-1, "never")
    assert number_beside("−1 = Never") == (-1, "never")


def test_text_too_long_for_a_label_takes_no_time_and_is_left_alone() -> None:
    text = "1 - " * 5_000_000
    assert fold(text) == text
    assert number_beside(text) is None


# --- labels that would be taken for each other ----------------------------------------------


def test_a_scale_may_not_have_labels_that_fold_to_the_same(tmp_path: Path) -> None:
    labels = {"Never": 0, "Not at all": 1, "not-at-all.": 2, "Often": 3}
    with pytest.raises(StudyError) as caught:
        make_plain_study(tmp_path, "id when a\nK1 b1 Never", make_scale("mix", "a", labels=labels))
    faults = [fault for fault in caught.value.faults if fault.code == "SCL005"]
    assert [fault.place for fault in faults] == ["responses"]
    assert "'Not at all' and 'not-at-all.' are read as the same" in faults[0].found


@pytest.mark.parametrize(
    "sections",
    [
        {
            "frequencies": {"term": {"Never": 0, "Once": 1, "once.": 2}},
            "questions": [{"id": "q", "kind": "contact", "columns": "q", "frequencies": "term"}],
        },
        {
            "questions": [
                {"id": "q", "kind": "yes_no", "columns": "q", "responses": {"I did": 1, "I-did": 0}}
            ]
        },
        {"roles": {"mentor": "Peer mentor", "neither": "peer-mentor"}},
        {"responses": {"missing": {"refused": ["Don't know"], "unknown": ["dont know"]}}},
    ],
    ids=["frequencies", "responses", "roles", "missing"],
)
def test_a_study_may_not_have_texts_that_fold_to_the_same(
    tmp_path: Path, sections: dict[str, Any]
) -> None:
    with pytest.raises(StudyError) as caught:
        make_plain_study(tmp_path, "id when a\nK1 b1 Never", MOOD, **sections)
    assert {fault.code for fault in caught.value.faults} & {"STU016", "STU019"}


def test_a_frame_in_memory_is_read_by_the_same_rules(tmp_path: Path) -> None:
    scale = load_scale_file(write_toml(tmp_path / "s.toml", make_scale("s", "a", labels=FIVE)))
    written = ["3 - Often", "often.", "Often (9)", "3,0", 3.0, "-3", "Oftener", None]
    frame = pl.DataFrame({"a": written}, strict=False, schema={"a": pl.Object})
    assert score_frame(frame, scale, {"a": "a"})["s_total"].to_list() == [3.0] * 5 + [None] * 3
