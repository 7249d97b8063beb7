"""The library does not take questions from one of its scales for another."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from peereval.recognising import Draft, Given, draft_study
from peereval.scales import load_scale, scale_files
from peereval.studies import parse_study
from recognising.exports import before_and_after, by_code, codes, items, spread


def scales_of(files: list[Path]) -> list[str]:
    """The scales of a draft, those that a person must decide about left out."""
    draft = draft_study(files, Given())
    return [part.scale.id for part in parse_study(draft.text, files[0].parent / "s.toml").scales]


def asked(files: list[Path]) -> Draft:
    return draft_study(files, Given())


def texts(scale: str, options: Sequence[str] = ()) -> Mapping[str, list[str]]:
    """Columns called by the glosses of a scale, as question texts."""
    loaded = load_scale(scale)
    return {
        f"Think of the last weeks: {item.gloss}?": spread(options or by_code(loaded), number)
        for number, item in enumerate(loaded.items, 1)
    }


#: Scales that an export can hold numbered, and what people call their columns.
CALLED = {
    "pss4": "pss_{n}",
    "pss10": "pss_{n}",
    "pss14": "pss_{n}",
    "swemwbs": "wemwbs_{n}",
    "wemwbs": "wemwbs_{n}",
    "phq8": "phq_{n}",
    "phq9": "PHQ{n}",
    "gad7": "gad7_{n}",
    "rcads25": "rcads_{n}",
    "rcads47": "rcads_{n:02}",
    "srs": "srs_{n}",
    "srs40": "srs_{n}",
    "sdq_self": "sdq_s{n}",
    "sdq_parent": "sdq_p_{n}",
    "sdq_teacher": "sdq_teacher_{n}",
    "scwbs": "scwbs_{n}",
    "who5": "who5_{n}",
    "smfq": "smfq{n}",
    "brs": "brs_{n}",
    "ucla3": "ucla_{n}",
    "kidscreen10": "kidscreen_{n}",
    "rosenberg": "rses_{n}",
}


@pytest.mark.parametrize("scale", CALLED)
def test_a_numbered_scale_is_taken_for_itself_and_for_no_other(scale: str, tmp_path: Path) -> None:
    files = before_and_after(tmp_path, items(scale, CALLED[scale]))
    assert scales_of(files) == [scale]
    assert not {"REC014", "REC015", "REC016", "REC017"} & set(codes(asked(files)))


@pytest.mark.parametrize(
    "scale", ["pss4", "pss10", "pss14", "swemwbs", "wemwbs", "phq8", "phq9", "gad7", "brs", "smfq"]
)
def test_question_texts_tell_long_forms_from_short_ones(scale: str, tmp_path: Path) -> None:
    files = before_and_after(tmp_path, texts(scale))
    assert scales_of(files) == [scale]


def test_short_forms_beside_each_other_borrow_no_question(tmp_path: Path) -> None:
    # Fifteen questions with the same labels: a long form would find a ninth among them.
    files = before_and_after(tmp_path, texts("phq8"), texts("gad7"))
    draft = draft_study(files, Given())
    study = parse_study(draft.text, tmp_path / "s.toml")
    found = {part.scale.id: list(part.columns.values()) for part in study.scales}
    assert set(found) == {"phq8", "gad7"}
    for scale, columns in found.items():
        assert [column for (column,) in columns] == list(texts(scale))


def test_both_forms_in_one_export_are_both_found(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, items("pss10", "pss10_{n}"), items("gad7", "gad_{n}"))
    assert sorted(scales_of(files)) == ["gad7", "pss10"]


@pytest.mark.parametrize("how", ["named", "by texts"])
def test_who_answered_an_sdq_is_asked_and_not_guessed(how: str, tmp_path: Path) -> None:
    columns = items("sdq_self", "difficult_{n}") if how == "named" else texts("sdq_self")
    draft = asked(before_and_after(tmp_path, columns))
    assert "REC016" in codes(draft)
    assert "[scales.sdq" not in draft.text


def test_self_parent_and_teacher_answers_of_one_export_are_each_their_own(tmp_path: Path) -> None:
    parts = [items(f"sdq_{who}", f"sdq_{who}_{{n}}") for who in ("self", "parent", "teacher")]
    assert scales_of(before_and_after(tmp_path, *parts)) == [
        "sdq_self",
        "sdq_parent",
        "sdq_teacher",
    ]


@pytest.mark.parametrize("scale", ["ors", "cors"])
def test_decimals_of_a_visual_analogue_scale_are_its_answers(scale: str, tmp_path: Path) -> None:
    marks = ["0.4", "2.5", "3.0", "4.4", "6", "7.3", "8.1", "9.9"]
    files = before_and_after(tmp_path, items(scale, f"{scale}_{{n}}", marks))
    assert scales_of(files) == [scale]
    assert "REC013" not in codes(asked(files))


def test_columns_of_numbers_are_no_scale_that_nobody_named(tmp_path: Path) -> None:
    ratings = {f"rating_{n}": spread([str(x) for x in range(11)], n) for n in (1, 2, 3, 4)}
    draft = asked(before_and_after(tmp_path, items("pss4", "pss4_{n}"), ratings))
    assert [line for line in draft.text.splitlines() if line.startswith("[scales.")] == [
        "[scales.pss4]"
    ]


def test_no_two_scales_are_called_by_the_same_name_and_number_of_items() -> None:
    loaded = [load_scale(name) for name in scale_files()]
    called = [(name, len(scale.items)) for scale in loaded for name in scale.names]
    assert len(called) == len(set(called))
