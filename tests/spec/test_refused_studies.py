"""Studies that mean two things, or refer to nothing, are refused before anything is read."""

from pathlib import Path
from typing import Any

import pytest

from peereval.errors import StudyError
from peereval.pipeline import analyse, score_study
from support.studies import FIVE, MOOD, make_scale, make_study

ANSWERS = """
    id  school  role    when  mood  help
    k1  north   mentee  b1    1     Yes
    k1  north   mentee  f1    2     No
"""
ROLES = {"mentor": "Mentor", "mentee": "Mentee", "both": "Both", "neither": "Neither"}


def refused(folder: Path, **sections: Any) -> list[tuple[str, str]]:
    with pytest.raises(StudyError) as caught:
        make_study(folder, ANSWERS, MOOD, **sections)
    return [(fault.code, fault.found) for fault in caught.value.faults]


def test_group_of_a_role_that_is_not_declared(tmp_path: Path) -> None:
    roles = {name: text for name, text in ROLES.items() if name != "both"}
    assert ("STU006", "there is no role 'both'") in refused(tmp_path, roles=roles)


def test_text_that_means_two_roles(tmp_path: Path) -> None:
    found = refused(tmp_path, roles=ROLES | {"mentee": ["Mentee", " MENTOR"]})
    assert found == [("STU016", "' MENTOR' means both 'mentor' and 'mentee'")]


def test_compared_occasion_that_no_source_answers(tmp_path: Path) -> None:
    source = {"file": "answers.csv", "occasion": "b1", "occasion_column": "", "occasions": {}}
    study = make_study(tmp_path, ANSWERS, MOOD, source=source)
    assert score_study(study).tables["scores"].height == 2  # scores need no other occasion
    with pytest.raises(StudyError, match="no source answers the occasion 'f1'"):
        analyse(study)


def test_column_that_is_used_twice(tmp_path: Path) -> None:
    columns = {"respondent": "school", "organisation": "school", "role": "role"}
    what = "the column 'school' is used for the respondent and for the organisation"
    assert refused(tmp_path, columns=columns) == [("STU018", what)]


def test_responses_that_are_compared_as_the_same(tmp_path: Path) -> None:
    question = {"id": "had_help", "kind": "yes_no", "columns": "help",
                "responses": {"Yes": 1, "yes ": 0}}  # fmt: skip
    assert {code for code, _ in refused(tmp_path, questions=[question])} == {"STU019"}


def test_frequencies_that_are_compared_as_the_same(tmp_path: Path) -> None:
    question = {"id": "nurse", "kind": "contact", "columns": "help", "frequencies": "term"}
    term = {"Never": 0, "Once a week": 4, "once a week.": 8}
    found = refused(tmp_path, questions=[question], frequencies={"term": term})
    assert {code for code, _ in found} == {"STU019"}


def test_text_declared_missing_is_missing_though_it_is_a_code(tmp_path: Path, engine: str) -> None:
    """Some platforms write 0 where nothing was answered."""
    scale = make_scale("trust", "a b", labels=FIVE)
    answers = "id when a b\nk1 b1 0 2\nk2 b1 1 2"
    study = make_study(
        tmp_path, answers, scale, columns={"respondent": "id"}, responses={"missing": ["0"]}
    )
    assert score_study(study, engine).tables["scores"]["trust_total"].to_list() == [None, 3]


def test_run_shows_no_row_of_anyone(tmp_path: Path) -> None:
    run = analyse(make_study(tmp_path, ANSWERS.replace("k1", "SECRET"), MOOD))
    assert "SECRET" not in repr(run)
    assert "pairs: 1" in repr(run)


# --- what a study says about its exports and ids


def test_step_of_normalising_that_is_not_known(tmp_path: Path) -> None:
    found = refused(tmp_path, matching={"normalise": ["trim", "casing"]})
    assert found == [("STU006", "there is no step of normalising 'casing'")]


def test_steps_are_taken_in_one_order_whatever_order_they_are_named_in(tmp_path: Path) -> None:
    study = make_study(tmp_path, ANSWERS, MOOD, matching={"normalise": ["zeros", "case", "trim"]})
    assert study.normalise == ("trim", "case", "zeros")


def test_kind_of_conflict_and_policy_that_are_not_known(tmp_path: Path) -> None:
    found = refused(tmp_path, conflicts={"school": "keep", "phase": "keep"})
    assert ("STU006", "there is no kind of conflict 'school'") in found
    assert ("STU007", "phase = 'keep' is not a choice") in found


def test_evidence_that_is_no_characteristic(tmp_path: Path) -> None:
    found = refused(tmp_path, matching={"evidence": ["gender"]})
    assert found == [("STU006", "there is no characteristic 'gender'")]


def test_invited_of_an_occasion_that_is_not_there_or_twice(tmp_path: Path) -> None:
    once = {"occasion": "b1", "n": 30}
    found = refused(tmp_path, invited=[once, once, {"occasion": "b9", "n": 3}])
    assert ("STU006", "there is no occasion 'b9'") in found
    assert [code for code, _ in found].count("STU005") == 1


def test_text_that_is_missing_for_two_reasons(tmp_path: Path) -> None:
    missing = {"refused": ["No answer"], "not_known": ["no answer."]}
    found = refused(tmp_path, responses={"missing": missing})
    assert found == [("STU019", "'no answer.' has two reasons: 'refused' and 'not_known'")]


def test_more_reasons_to_set_rows_aside_than_can_be_told_apart(tmp_path: Path) -> None:
    exclude = [{"column": "role", "values": [f"word {n}"]} for n in range(121)]
    found = refused(tmp_path, exclude=exclude)
    assert found == [("STU005", "121 reasons to set rows aside are too many")]


def test_coding_of_a_label_that_the_scale_does_not_have(tmp_path: Path) -> None:
    scale = make_scale("trust", "a b", labels=FIVE)
    with pytest.raises(StudyError) as caught:
        make_study(
            tmp_path,
            "id when a b\nk1 b1 0 2",
            scale,
            columns={"respondent": "id"},
            scale_settings={"trust": {"coding": {"1": "Never", "2": "Seldom", "1.0": "Often"}}},
        )
    assert {fault.code for fault in caught.value.faults} == {"STU006", "STU019"}


def test_answers_that_are_declared_missing_are_a_finding(tmp_path: Path) -> None:
    study = make_study(tmp_path, ANSWERS, MOOD, responses={"missing": ["1", "Prefer not to say"]})
    (found,) = [f for f in score_study(study).findings if f.code == "STU022"]
    assert (found.place, found.count) == ("scales.mood", 1)
    plain = make_study(tmp_path, ANSWERS, MOOD, responses={"missing": ["Prefer not to say"]})
    assert "STU022" not in [f.code for f in score_study(plain).findings]


def test_claim_that_does_not_say_which_of_two_comparisons(tmp_path: Path) -> None:
    pairs = {"pairs": [["b1", "f1"]]}
    found = refused(
        tmp_path,
        comparisons=[{"id": name, "title": name, **pairs} for name in ("short", "long")],
        claims=[{"id": "rose", "says": "change", "outcomes": ["mood_total"]}],
    )
    assert found == [("STU007", "it names no comparison, of which there are 2")]
