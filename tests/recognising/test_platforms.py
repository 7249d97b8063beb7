"""Exports in the shape of platforms: what they add is no question, and what they mark is said."""

from pathlib import Path

import pytest

from peereval.pipeline import score_study
from peereval.recognising import Given, draft_study
from peereval.scales import load_scale
from peereval.studies import Study, parse_study
from recognising.exports import N, by_code, codes, ids, items, spread, write_export

FEELINGS = load_scale("mmf")


def qualtrics(path: Path, first: int, status: str = "IP Address", consent: bool = True) -> Path:
    """Names, texts and import ids above the answers, and a column of somebody's own words."""
    columns = {
        "StartDate": [f"2024-{first:02}-{day:02} 10:00:00" for day in range(1, N + 1)],
        "Status": [status] * N,
        "Finished": ["True"] * (N - 2) + ["False"] * 2,
        "ResponseId": [f"R_{first}{n}" for n in range(N)],
        "UserLanguage": ["EN"] * N,
        "Q1": spread(["Yes, I want to take part", "No, I do not want to take part"], 1)
        if consent
        else ["Yes, I want to take part"] * N,
        "Q2": ids(),
        "Q3": spread(["Ash School", "Beech School"]),
        "Q4": spread(["Year 5", "Year 6"]),
        **items("mmf", "Q5_{n}"),
        "Q6_TEXT": [f"Something that pupil {n} wrote" for n in range(N)],
    }
    texts = [
        "Start Date", "Response Type", "Finished", "Response ID", "User Language",
        "Do you want to take part in this survey?", "What is your unique code?",
        "Which school do you go to?", "Which year are you in?",
        *(f"How are you? - {item.gloss}" for item in FEELINGS.items), "Anything else? - Text",
    ]  # fmt: skip
    imports = [f'{{"ImportId":"QID{n}"}}' for n in range(len(columns))]
    return write_export(path, columns, texts, imports)


def study_of(files: list[Path], **given: str) -> Study:
    draft = draft_study(files, Given(**given))  # type: ignore[arg-type]
    assert draft.loadable, draft.questions
    return parse_study(draft.text, files[0].parent / "study.toml")


def test_an_export_of_qualtrics_is_recognised_by_the_texts_of_its_questions(
    tmp_path: Path,
) -> None:
    files = [qualtrics(tmp_path / "a.csv", 4), qualtrics(tmp_path / "b.csv", 9)]
    study = study_of(files)
    assert (study.respondent, study.organisation, study.date) == ("Q2", "Q3", "StartDate")
    assert study.characteristics == {"year_group": "Q4"}
    assert [e.column for e in study.exclusions] == ["Q1"]
    assert [source.occasion for source in study.sources] == ["baseline", "follow_up"]
    assert study.scales[0].columns["lonely"] == ("Q5_1",)
    text = draft_study(files, Given()).text
    assert "# Qualtrics: 24 responses" in text
    assert "# 4 of 48 responses were not finished: kept" in text
    assert "# Never read: Q6_TEXT (free text)." in text
    assert "Something" not in text


def test_responses_that_are_all_tests_are_kept_and_that_is_said_loudly(tmp_path: Path) -> None:
    draft = draft_study([qualtrics(tmp_path / "a.csv", 4, "Survey Test")], Given())
    assert "REC021" in codes(draft)
    assert "# LOOK HERE: every response" in draft.text
    study = parse_study(draft.text, tmp_path / "study.toml")
    assert study.tests == "keep"
    assert score_study(study).tables["scores"]["mmf_emotional"].null_count() < N


def test_some_tests_are_left_out(tmp_path: Path) -> None:
    files = [
        qualtrics(tmp_path / "a.csv", 4, "Survey Test"),
        qualtrics(tmp_path / "b.csv", 9, consent=False),
    ]
    draft = draft_study(files, Given())
    assert "# 24 of 48 responses are previews or tests: left out" in draft.text
    assert "REC021" not in codes(draft)


@pytest.mark.parametrize("code", ["What is your unique code?", "Your survey ID"])
def test_an_export_of_microsoft_forms_has_an_id_of_its_own(tmp_path: Path, code: str) -> None:
    # Its column ID counts responses, and comes again in every export.
    labels = by_code(FEELINGS)
    columns = {
        "ID": [str(n) for n in range(1, N + 1)],
        "Start time": [f"{day:02}/04/2024 10:00:00" for day in range(1, N + 1)],
        "Completion time": [f"{day:02}/04/2024 10:09:00" for day in range(1, N + 1)],
        "Email": ["anonymous"] * N,
        "Name": [""] * N,
        code: ids(),
        **{
            f"Thinking of this week: {item.gloss}": spread(labels, n)
            for n, item in enumerate(FEELINGS.items)
        },
    }
    files = [write_export(tmp_path / f"{name}.csv", columns) for name in ("before", "after")]
    study = study_of(files)
    assert study.respondent == code
    assert study.date == "Start time"
    assert len(study.scales) == 1


def test_an_export_of_redcap_holds_its_occasions_in_a_column(tmp_path: Path) -> None:
    each = N // 2
    columns = {
        "record_id": ids(each) * 2,
        "redcap_event_name": ["baseline_arm_1"] * each + ["followup_arm_1"] * each,
        **items("mmf", "mmf_{n}"),
        "survey_complete": ["2"] * N,
    }
    study = study_of([write_export(tmp_path / "export.csv", columns)])
    assert study.respondent == "record_id"
    assert dict(study.sources[0].occasions) == {
        "baseline_arm_1": "baseline",
        "followup_arm_1": "follow_up",
    }
