"""How numbers stand for labels: as the export says, as a person says, and never by guessing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from peereval.pipeline import score_study
from peereval.recognising import Given, draft_study
from peereval.scales import load_scale
from peereval.studies import parse_study
from recognising.exports import (
    N,
    before_and_after,
    by_code,
    codes,
    drafted,
    ids,
    items,
    spread,
    write_export,
)

STRESS = by_code(load_scale("pss4"))
CALM = items("mmf", "mm{n}")


def numbered(scale: str, pattern: str, first: int, backwards: bool = False) -> dict[str, list[str]]:
    """The columns of `items` with the labels counted from ``first``."""
    labels = by_code(load_scale(scale))
    number = {text: str(n) for n, text in enumerate(labels[::-1] if backwards else labels, first)}
    return {name: [number[cell] for cell in cells] for name, cells in items(scale, pattern).items()}


def scored(files: list[Path], outcome: str, **given: object) -> list[float | None]:
    study = drafted(files, **given)
    return score_study(study).tables["scores"][outcome].to_list()


@pytest.fixture
def wanted(tmp_path: Path) -> list[float | None]:
    """The scores of stress of the answers in words."""
    return scored(before_and_after(tmp_path / "words", items("pss4", "pss_{n}")), "pss4_total")


def test_numbers_from_the_lowest_code_are_the_codes(
    tmp_path: Path, wanted: list[float | None]
) -> None:
    files = before_and_after(tmp_path, numbered("pss4", "pss_{n}", 0))
    assert scored(files, "pss4_total") == wanted
    assert len(set(wanted)) > 3
    said = "# numbers: likely: it holds the numbers 0 to 4, and the codes of the scale are 0 to 4"
    assert said in draft_study(files, Given()).text


def test_numbers_that_count_from_one_are_asked_for(
    tmp_path: Path, wanted: list[float | None]
) -> None:
    files = before_and_after(tmp_path, numbered("pss4", "pss_{n}", 1), CALM)
    draft = draft_study(files, Given())
    asked = [fault for fault in draft.questions if fault.code == "REC013"]
    assert [fault.file for fault in asked] == ["baseline.csv", "follow_up.csv"]
    assert "--coding pss4=from_1" in asked[0].fix
    assert "# [scales.pss4]" in draft.text
    assert '# coding = { 1 = "Never", 2 = "Almost never"' in draft.text
    assert "pss4" not in [part.scale.id for part in drafted(files).scales]
    assert scored(files, "pss4_total", codings={"pss4": "from_1"}) == wanted


def test_numbers_that_never_use_the_lowest_code_are_asked_for_and_can_be_the_codes(
    tmp_path: Path,
) -> None:
    files = before_and_after(tmp_path, items("mmf", "mm{n}", ["1", "2"]), items("pss4", "pss{n}"))
    assert codes(draft_study(files, Given())).count("REC013") == 2
    as_codes = scored(files, "mmf_emotional", codings={"mmf": "as_scale"})
    counted = scored(files, "mmf_emotional", codings={"mmf": "from_1"})
    # Ten items, each one code lower.
    assert as_codes == [None if score is None else score + 10 for score in counted]
    assert None not in as_codes


def test_numbers_that_count_from_nought_where_the_scale_begins_with_one(tmp_path: Path) -> None:
    words = scored(before_and_after(tmp_path / "words", items("srs", "srs_{n}")), "srs_family")
    files = before_and_after(tmp_path, numbered("srs", "srs_{n}", 0), CALM)
    assert "REC013" in codes(draft_study(files, Given()))
    assert scored(files, "srs_family", codings={"srs": "from_0"}) == words


def test_numbers_from_the_other_end_are_what_a_person_says(
    tmp_path: Path, wanted: list[float | None]
) -> None:
    files = before_and_after(tmp_path, numbered("pss4", "pss_{n}", 1, backwards=True))
    assert scored(files, "pss4_total", codings={"pss4": "from_1_reversed"}) == wanted


def test_one_export_may_number_otherwise(tmp_path: Path, wanted: list[float | None]) -> None:
    after = {"Pupil code": ids()} | numbered("pss4", "pss_{n}", 1)
    files = before_and_after(tmp_path, numbered("pss4", "pss_{n}", 0), after=after)
    (asked,) = [f for f in draft_study(files, Given()).questions if f.code == "REC013"]
    assert asked.file == "follow_up.csv"
    assert "--coding 'follow_up.csv':pss4=from_1" in asked.fix
    assert "--coding pss4" not in asked.fix
    assert scored(files, "pss4_total", codings={"follow_up.csv:pss4": "from_1"}) == wanted


def test_numbers_of_a_scale_that_runs_both_ways_are_asked_for(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, numbered("our_future", "of_{n}", 1), CALM)
    draft = draft_study(files, Given())
    asked = [fault for fault in draft.questions if fault.code == "REC012"]
    assert len(asked) == 2
    assert "--coding our_future=agree_first or --coding our_future=disagree_first" in asked[0].fix
    named = draft_study(files, Given(codings={"our_future": "disagree_first"}))
    assert "REC012" not in codes(named)
    assert 'coding = "disagree_first"' in named.text


def test_labels_need_no_coding_and_numbers_beside_them_still_do(tmp_path: Path) -> None:
    labels = items("our_future", "of_{n}")
    assert "REC012" not in codes(draft_study(before_and_after(tmp_path, labels), Given()))
    after = {"Pupil code": ids()} | numbered("our_future", "of_{n}", 1)
    files = before_and_after(tmp_path, labels, CALM, after=after | CALM)
    asked = [f.file for f in draft_study(files, Given()).questions if f.code == "REC012"]
    assert asked == ["follow_up.csv"]


def test_numbers_that_are_no_scale_s_are_asked_for_and_left_out(tmp_path: Path) -> None:
    seven = items("pss4", "pss_{n}", ["0", "1", "2", "3", "4", "5", "6", "7"])
    draft = draft_study(before_and_after(tmp_path, seven, CALM), Given())
    assert "REC014" in codes(draft)
    assert "\n[scales.pss4]" not in draft.text


def test_a_slip_of_the_hand_does_not_make_another_coding(tmp_path: Path) -> None:
    columns = numbered("pss4", "pss_{n}", 0)
    columns["pss_1"][3] = "44"
    draft = draft_study(before_and_after(tmp_path, columns), Given())
    assert "\n[scales.pss4]" in draft.text
    assert "# numbers: unsure: nearly all of its numbers are the codes 0 to 4" in draft.text


def test_a_coding_that_is_not_there_is_a_question(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, CALM)
    draft = draft_study(files, Given(codings={"mmf": "wrong", "mfm": "from_1"}))
    asked = [fault for fault in draft.questions if fault.code == "REC006"]
    assert asked[0].found == "--coding: mmf has no coding 'wrong'"
    assert asked[1].fix == "Did you mean 'mmf'?"
    assert not draft.loadable


# --- no answer ------------------------------------------------------------------------------


def test_ways_of_giving_no_answer_are_missing_by_their_reasons(tmp_path: Path) -> None:
    columns = numbered("pss4", "pss_{n}", 0) | CALM
    for row, text in enumerate(("-99", "99", "999", "Prefer not to say", "Don't know", "N/A")):
        columns["pss_2"] = [*columns["pss_2"][:row], text, *columns["pss_2"][row + 1 :]]
    columns["mm3"] = ["Not sure", *columns["mm3"][1:]]
    text = draft_study(before_and_after(tmp_path, columns), Given()).text
    assert "[responses.missing]" in text
    assert 'refused = ["Prefer not to say"]' in text
    assert 'not_known = ["Don\'t know", "Not sure"]' in text
    assert 'not_asked = ["N/A"]' in text
    assert 'declared = ["-99", "99", "999"]' in text


def test_numbers_that_mean_no_answer_count_in_items_only(tmp_path: Path) -> None:
    weight = {"Weight": spread(["55", "99"])}
    text = draft_study(before_and_after(tmp_path, weight, CALM), Given()).text
    assert "[responses.missing]" not in text


# --- what the export itself declares --------------------------------------------------------


def spss(path: Path, columns: Mapping[str, Sequence[str]], labels: Mapping[str, int]) -> Path:
    """An SPSS export whose numbers have value labels (label -> number)."""
    import pandas as pd
    import pyreadstat

    held = {
        name: [labels.get(cell, cell) for cell in cells] if set(cells) <= set(labels) else cells
        for name, cells in columns.items()
    }
    frame = pd.DataFrame(held)
    named = [name for name in columns if set(columns[name]) <= set(labels)]
    value_labels = {number: label for label, number in labels.items()}
    pyreadstat.write_sav(frame, str(path), variable_value_labels=dict.fromkeys(named, value_labels))
    return path


@pytest.mark.parametrize(
    "labels",
    [
        {label: code for code, label in enumerate(STRESS)},
        {label: code for code, label in enumerate(STRESS, 1)},
        {label: code for code, label in enumerate(STRESS[::-1], 1)},
    ],
    ids=["as the scale", "from one", "reversed"],
)
def test_the_labels_of_an_export_say_what_its_numbers_mean(
    tmp_path: Path, labels: dict[str, int], wanted: list[float | None]
) -> None:
    columns = {"pupil_code": ids()} | items("pss4", "pss_{n}")
    files = [spss(tmp_path / f"{name}.sav", columns, labels) for name in ("before", "after")]
    draft = draft_study(files, Given())
    assert not [fault for fault in draft.questions if fault.code in ("REC012", "REC013")]
    assert scored(files, "pss4_total") == wanted
    assert "[scales.pss4]" in draft.text


def test_a_number_beside_its_label_says_what_it_means(
    tmp_path: Path, wanted: list[float | None]
) -> None:
    number = {label: str(n) for n, label in enumerate(STRESS, 1)}
    columns = {
        name: [
            f"{number[cell]} - {cell}" if row % 2 else number[cell] for row, cell in enumerate(c)
        ]
        for name, c in items("pss4", "pss_{n}").items()
    }
    files = before_and_after(tmp_path, columns)
    draft = draft_study(files, Given())
    assert 'coding = { 1 = "Never", 2 = "Almost never"' in draft.text
    assert "numbers: sure" in draft.text
    study = parse_study(draft.text, tmp_path / "study.toml")
    assert score_study(study).tables["scores"]["pss4_total"].to_list() == wanted
    assert len(wanted) == 2 * N


def test_labels_that_are_another_scale_s_do_not_say_what_numbers_mean(tmp_path: Path) -> None:
    foreign = {"Rot": 1, "Gelb": 2, "Blau": 3, "Weiss": 4, "Schwarz": 5}
    columns = {"pupil_code": ids()} | items("pss4", "pss_{n}", list(foreign))
    files = [spss(tmp_path / f"{n}.sav", columns | CALM, foreign) for n in ("before", "after")]
    assert "\n[scales.pss4]" not in draft_study(files, Given()).text


def test_the_same_columns_of_all_exports_are_read_by_one_coding(tmp_path: Path) -> None:
    columns = {"Pupil code": ids()} | numbered("cesd", "cesd{n:02}", 1)
    files = [write_export(tmp_path / f"{name}.csv", columns) for name in ("before", "after")]
    text = draft_study(files, Given(codings={"cesd": "from_1"})).text
    assert text.count('coding = "from_1"') == 1
    assert "codings =" not in text
