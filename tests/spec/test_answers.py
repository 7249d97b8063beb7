"""What a cell of an export means, and what happens to those that mean nothing."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from peereval.errors import Fault, SourceError
from peereval.pipeline import analyse, match_study, score_study
from peereval.studies import Study
from support.studies import FIVE, make_plain_study, make_scale, make_study
from support.tables import assert_table, read_table


def about_answers(findings: Iterable[Fault]) -> list[Fault]:
    return [fault for fault in findings if fault.code.startswith("ANS")]


# --- labels and codes -----------------------------------------------------------------------


def test_labels_and_codes_mean_the_same_and_may_be_mixed(tmp_path: Path, engine: str) -> None:
    answers = """
        id  |  when  |  a       |  b
        K1  |  b1    |  Always  |  Rarely
        K2  |  b1    |  4       |  1
        K3  |  b1    |  Always  |  1
        K4  |  b1    |  4       |  Rarely
    """
    study = make_plain_study(tmp_path, answers, make_scale("trust", "a b-", labels=FIVE))
    expected = """
        respondent  trust_total
        K1          7
        K2          7
        K3          7
        K4          7
    """
    assert_table(score_study(study, engine).tables["scores"], expected)
    assert match_study(study, engine).tables["faults"].is_empty()


@pytest.mark.parametrize("written", ["ALWAYS", "always", "·Always·", "Always.", "  ·always.·"])
def test_case_spaces_and_a_full_stop_make_no_other_answer(
    tmp_path: Path, engine: str, written: str
) -> None:
    study = make_plain_study(
        tmp_path, f"id when a\nK1 b1 {written.strip()}", make_scale("trust", "a", labels=FIVE)
    )
    assert_table(score_study(study, engine).tables["scores"], "respondent trust_total\nK1 4")


@pytest.mark.parametrize("written", ["Some of the time", "some-of-the-time", "Some, of the time!"])
def test_punctuation_makes_no_other_answer(tmp_path: Path, engine: str, written: str) -> None:
    labels = {"None of the time": 0, "Some of the time.": 1}
    rows = [{"id": "K1", "when": "b1", "a": written}]
    study = make_plain_study(tmp_path, rows, make_scale("trust", "a", labels=labels))
    assert_table(score_study(study, engine).tables["scores"], "respondent trust_total\nK1 1")


@pytest.mark.parametrize(
    "written",
    ["3 - Often", "3 = Often", "Often (3)", "(3) Often", "3. Often", "3 often", "4 - Often", "3,0"],
)
def test_a_number_beside_a_label_counts_for_nothing(
    tmp_path: Path, engine: str, written: str
) -> None:
    rows = [{"id": "K1", "when": "b1", "a": written}]
    study = make_plain_study(tmp_path, rows, make_scale("trust", "a", labels=FIVE))
    matching = match_study(study, engine)
    assert_table(matching.tables["scores"], "respondent trust_total\nK1 3")
    assert matching.tables["faults"].is_empty()


@pytest.mark.parametrize(
    "written", ["3 - Oftener", "3 - 4", "Often - Never", "3 or 4", "2 - 3 - Often"]
)
def test_a_number_beside_what_is_no_label_is_no_answer(
    tmp_path: Path, engine: str, written: str
) -> None:
    rows = [{"id": "K1", "when": "b1", "a": written}]
    study = make_plain_study(tmp_path, rows, make_scale("trust", "a", labels=FIVE))
    matching = match_study(study, engine)
    assert_table(matching.tables["scores"], "respondent trust_total\nK1 -")
    assert matching.tables["faults"]["code"].to_list() == ["ANS001"]


def test_a_number_beside_the_word_of_an_occasion_makes_it_another(
    tmp_path: Path, engine: str
) -> None:
    study = make_plain_study(
        tmp_path,
        "id|when|a\nK1|b1|1\nK2|b1 - 2|1",
        make_scale("trust", "a", labels=FIVE),
    )
    with pytest.raises(SourceError) as caught:
        match_study(study, engine)
    assert [(f.code, f.row) for f in caught.value.faults] == [("MAP004", 3)]


def test_curly_and_straight_quotes_make_no_other_answer(tmp_path: Path, engine: str) -> None:
    answers = """
        id  |  when  |  a
        K1  |  b1    |  Don’t mind
        K2  |  b1    |  Don't mind
    """
    labels = {"Don't mind": 0, "Mind": 1}
    study = make_plain_study(tmp_path, answers, make_scale("trust", "a", labels=labels))
    assert_table(score_study(study, engine).tables["scores"], "respondent trust_total\nK1 0\nK2 0")


def test_named_coding_says_which_number_means_which_label(tmp_path: Path, engine: str) -> None:
    answers = """
        id  |  when  |  a      |  b
        K1  |  b1    |  1      |  4
        K2  |  b1    |  Agree  |  4
        K3  |  b1    |  1      |  Disagree
    """
    scale = make_scale(
        "trust",
        "a b",
        labels={"Disagree": 0, "Unsure": 1, "Agree": 2},
        codings={"agree_first": {"1": "Agree", "2": "Unsure", "4": "Disagree"}},
    )
    study = make_plain_study(
        tmp_path, answers, scale, scale_settings={"trust": {"coding": "agree_first"}}
    )
    assert_table(
        score_study(study, engine).tables["scores"], "respondent trust_total\nK1 2\nK2 2\nK3 2"
    )


def test_both_codings_of_our_future_give_identical_scores(tmp_path: Path, engine: str) -> None:
    """The same answers, exported with 1 = Strongly agree, the other way round, and as labels."""
    labels = ["Strongly disagree", "Disagree", "Agree", "Strongly agree"]
    items = [f"attitude_{n}" for n in range(1, 9)]
    given = {
        f"K{k}": [labels[(k * n + n // 3) % 4] if (k + n) % 11 else "" for n in range(8)]
        for k in range(12)
    }

    def exported(name: str, texts: dict[str, str], **settings: object) -> Study:
        rows = [
            {"id": respondent, "when": "b1"}
            | {item: texts.get(label, "") for item, label in zip(items, answers, strict=True)}
            for respondent, answers in given.items()
        ]
        return make_plain_study(
            tmp_path / name,
            rows,
            "our_future",
            outcomes=["our_future_engagement"],
            scale_settings={"our_future": settings},
        )

    up = {label: str(n) for n, label in enumerate(labels, 1)}
    down = {label: str(5 - n) for n, label in enumerate(labels, 1)}
    scores = [
        score_study(study, engine).tables["scores"].drop("source")
        for study in (
            exported("labels", {label: label for label in labels}),
            exported("up", up, coding="disagree_first"),
            exported("down", down, coding="agree_first"),
        )
    ]
    assert scores[0].equals(scores[1])
    assert scores[0].equals(scores[2])
    assert 0 < scores[0]["our_future_engagement"].null_count() < len(given)


def test_coding_of_one_export_goes_before_that_of_the_study(tmp_path: Path, engine: str) -> None:
    scale = make_scale(
        "trust",
        "a",
        labels={"Disagree": 0, "Agree": 1},
        codings={
            "agree_first": {"1": "Agree", "2": "Disagree"},
            "disagree_first": {"1": "Disagree", "2": "Agree"},
        },
        coding_required=True,
    )
    study = make_plain_study(
        tmp_path,
        "id when a\nK1 b1 1\nK2 b1 2",
        scale,
        source={"codings": {"trust": "disagree_first"}},
        scale_settings={"trust": {"coding": "agree_first"}},
    )
    assert_table(score_study(study, engine).tables["scores"], "respondent trust_total\nK1 0\nK2 1")


def test_number_without_the_coding_that_it_needs_is_not_guessed(
    tmp_path: Path, engine: str
) -> None:
    scale = make_scale(
        "trust",
        "a",
        labels={"Disagree": 1, "Agree": 2},
        codings={"agree_first": {"1": "Agree", "2": "Disagree"}},
        coding_required=True,
    )
    study = make_plain_study(tmp_path, "id when a\nK1 b1 1\nK2 b1 Agree", scale)
    matching = match_study(study, engine)
    assert_table(matching.tables["scores"], "respondent trust_total\nK1 -\nK2 2")
    assert_table(matching.tables["faults"], "column value n\na 1 1")


# --- answers that mean nothing --------------------------------------------------------------


def test_answer_out_of_range_is_missing_before_anything_is_reversed(
    tmp_path: Path, engine: str
) -> None:
    """Reversed first, 9 of 0 to 4 would become -5, and 5 a plausible -1."""
    answers = """
        id  when  a  b
        K1  b1    1  9
        K2  b1    1  5
        K3  b1    9  1
        K4  b1    1  -1
        K5  b1    1  1
    """
    study = make_plain_study(tmp_path, answers, make_scale("trust", "a b-", labels=FIVE))
    expected = """
        respondent  trust_total  n_answered
        K1          -            1
        K2          -            1
        K3          -            1
        K4          -            1
        K5          4            2
    """
    assert_table(score_study(study, engine).tables["scores"], expected)


def test_answer_not_understood_lets_a_prorated_score_stand_on_the_others(
    tmp_path: Path, engine: str
) -> None:
    rule = {"id": "total", "rule": "sum", "of": ["a", "b", "c"], "range": [0, 12],
            "prorate": True, "min_answered": 2}  # fmt: skip
    answers = """
        id  when  a  b  c
        K1  b1    2  2  99
        K2  b1    2  ?  99
    """
    study = make_plain_study(tmp_path, answers, make_scale("trust", "a b c-", rule, labels=FIVE))
    assert_table(score_study(study, engine).tables["scores"], "respondent trust_total\nK1 6\nK2 -")


def test_what_was_not_understood_is_counted_by_column_and_value(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  |  when  |  role    |  a       |  b
        K1  |  b1    |  mentor  |  9       |  Now and then
        K2  |  b1    |  Head    |  9       |  1
        K3  |  b1    |  mentor  |  10      |  Now and then
        K4  |  b1    |  Head    |  Always  |  9
        K5  |  b1    |  -       |  -       |  now and then
    """
    study = make_study(
        tmp_path,
        answers,
        make_scale("trust", "a b-", labels=FIVE),
        columns={"respondent": "id", "role": "role"},
    )
    matching = match_study(study, engine)
    assert_table(
        matching.tables["faults"],
        """
        code    |  source       |  column  |  value         |  n  |  first_row
        ANS002  |  answers.csv  |  a       |  9             |  2  |  2
        ANS002  |  answers.csv  |  a       |  10            |  1  |  4
        ANS001  |  answers.csv  |  b       |  Now and then  |  2  |  2
        ANS002  |  answers.csv  |  b       |  9             |  1  |  5
        ANS001  |  answers.csv  |  b       |  now and then  |  1  |  6
        ANS003  |  answers.csv  |  role    |  Head          |  2  |  3
        """,
    )
    findings = about_answers(matching.findings)
    said = " ".join(str(fault) for fault in findings)
    assert sorted((f.code, f.column, f.row, f.count) for f in findings) == [
        ("ANS001", "b", 2, 3),
        ("ANS002", "a", 2, 3),
        ("ANS002", "b", 5, 1),
        ("ANS003", "role", 3, 2),
    ]
    assert "Now and then" not in said
    assert "Head" not in said


def test_declared_missing_answers_and_blanks_are_missing_and_no_fault(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  |  when  |  role               |  a
        K1  |  b1    |  Prefer not to say  |  PREFER NOT TO SAY.
        K2  |  b1    |  -                  |  -
        K3  |  b1    |  mentor             |  ·
        K4  |  b1    |  both               |  2
    """
    study = make_study(
        tmp_path,
        answers,
        make_scale("trust", "a", labels=FIVE),
        columns={"respondent": "id", "role": "role"},
        responses={"missing": ["Prefer not to say"]},
    )
    matching = match_study(study, engine)
    expected = """
        respondent  role    trust_total
        K1          -       -
        K2          -       -
        K3          mentor  -
        K4          both    2
    """
    assert_table(matching.tables["scores"], expected)
    assert matching.tables["faults"].is_empty()
    assert about_answers(matching.findings) == []


@pytest.mark.parametrize("text", ["None", "NA", "N/A", "null", "nan", "NaN", "NULL", "-inf"])
def test_answer_that_libraries_take_for_missing_is_the_answer_it_is(
    tmp_path: Path, engine: str, text: str
) -> None:
    study = make_plain_study(
        tmp_path,
        f"id when a\nK1 b1 {text}\nK2 b1 Some",
        make_scale("trust", "a", labels={text: 0, "Some": 1}),
    )
    matching = match_study(study, engine)
    assert_table(matching.tables["scores"], "respondent trust_total\nK1 0\nK2 1")
    assert matching.tables["faults"].is_empty()


@pytest.mark.parametrize("text", ["None", "NA", "null"])
def test_unknown_answer_that_libraries_take_for_missing_is_counted(
    tmp_path: Path, engine: str, text: str
) -> None:
    study = make_plain_study(
        tmp_path, f"id when a\nK1 b1 {text}\nK2 b1 1", make_scale("trust", "a", labels=FIVE)
    )
    matching = match_study(study, engine)
    assert_table(matching.tables["scores"], "respondent trust_total\nK1 -\nK2 1")
    assert_table(matching.tables["faults"], f"code column value n\nANS001 a {text} 1")


# --- what a row belongs to ------------------------------------------------------------------


def test_role_is_its_own_name_or_any_declared_text(tmp_path: Path, engine: str) -> None:
    answers = """
        id  |  when  |  role              |  a
        K1  |  b1    |  mentor            |  1
        K2  |  b1    |  Peer mentor       |  1
        K3  |  b1    |  I was helped      |  1
        K4  |  b1    |  received support  |  1
    """
    study = make_study(
        tmp_path,
        answers,
        make_scale("trust", "a", labels=FIVE),
        columns={"respondent": "id", "role": "role"},
        roles={
            "mentor": "Peer mentor",
            "mentee": ["I was helped", "Received support"],
            "both": "Both",
            "neither": "Neither",
        },
    )
    expected = """
        respondent  role
        K1          mentor
        K2          mentor
        K3          mentee
        K4          mentee
    """
    assert_table(score_study(study, engine).tables["scores"], expected)


def test_study_without_roles_and_organisations_is_analysed(tmp_path: Path, engine: str) -> None:
    """Only an id is needed; everyone is then in the group of all."""
    answers = """
        id  when  a
        K1  b1    1
        K1  f1    3
        K2  b1    1
        K2  f1    2
    """
    study = make_plain_study(tmp_path, answers, make_scale("trust", "a", labels=FIVE))
    run = analyse(study, engine)
    assert_table(run.tables["pairs"], "respondent role organisation\nK1 - -\nK2 - -")
    results = run.tables["results"].filter(analysis="paired", method="paired_t")
    assert_table(
        results, "group estimate n n_organisations\nall 1.5 2 0\nhelped - 0 0\nothers - 0 0"
    )


def test_role_column_may_be_missing_from_one_of_the_exports(tmp_path: Path, engine: str) -> None:
    exports = {
        "before.csv": read_table("id when a\nK1 b1 1"),
        "after.csv": read_table("id when a role\nK1 f1 2 mentor"),
    }
    study = make_study(
        tmp_path,
        exports,
        make_scale("trust", "a", labels=FIVE),
        columns={"respondent": "id", "role": "role"},
    )
    assert_table(match_study(study, engine).tables["pairs"], "respondent role\nK1 mentor")


def test_scale_missing_from_one_export_is_missing_there(tmp_path: Path, engine: str) -> None:
    exports = {
        "before.csv": read_table("id when a b\nK1 b1 1 2"),
        "after.csv": read_table("id when a\nK1 f1 3"),
    }
    scales = [make_scale("one", "a", labels=FIVE), make_scale("two", "b", labels=FIVE)]
    study = make_plain_study(tmp_path, exports, *scales)
    matching = match_study(study, engine)
    assert_table(matching.tables["scores"], "occasion one_total two_total\nb1 1 2\nf1 3 -")
    assert_table(
        matching.tables["pairs"],
        "pre_one_total post_one_total pre_two_total post_two_total n_outcomes\n1 3 - - 1",
    )


def test_row_of_an_unknown_occasion_stops_the_run(tmp_path: Path, engine: str) -> None:
    study = make_plain_study(
        tmp_path, "id when a\nK1 b1 1\nK2 spring 2\nK3 - 2", make_scale("trust", "a", labels=FIVE)
    )
    with pytest.raises(SourceError) as caught:
        match_study(study, engine)
    (fault,) = caught.value.faults
    assert (fault.code, fault.column) == ("MAP004", "when")
    assert "2 rows have no known occasion (1 blank)" in fault.found
    assert "spring" not in str(caught.value)
