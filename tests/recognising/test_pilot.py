"""The pilot's exports without their study: the study that is drafted gives the same results."""

import csv
import re
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import peereval as pe
from peereval.bundled import bundled
from peereval.judging import adjust
from peereval.recognising import Draft, Given, draft_study
from peereval.studies import parse_study

PILOT = bundled("data/pilot")
SCORES = ("paired", "band_change", "did")
CODINGS = {"our_future": "agree_first"}


def exports(pattern: str = "wave_*.csv") -> list[Path]:
    return sorted(PILOT.glob(pattern))


def results(text: str) -> pd.DataFrame:
    return pe.analyse(parse_study(text, PILOT / "study.toml")).results.set_index("estimate_id")


@pytest.fixture(scope="module")
def draft() -> Draft:
    return draft_study(exports(), Given(codings=CODINGS))


@pytest.fixture(scope="module")
def ours(draft: Draft) -> pd.DataFrame:
    return results(draft.text)


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return pe.analyse(PILOT / "study.toml").results.set_index("estimate_id")


def test_every_estimate_of_scores_and_bands_is_there_with_the_same_numbers(
    ours: pd.DataFrame, committed: pd.DataFrame
) -> None:
    wanted = committed[committed["analysis"].isin(SCORES)]
    assert len(wanted) > 700
    # Nobody can see from exports that the committed study leaves secondary schools out of its
    # second comparison: the draft judges twice as many of their tests together. The next test
    # compares p_adjusted of both phases.
    single = wanted.drop(columns="p_adjusted")
    pd.testing.assert_frame_equal(ours.loc[wanted.index].drop(columns="p_adjusted"), single)
    primary = wanted.loc[wanted["phase"] == "primary", "p_adjusted"]
    assert primary.notna().sum() > 40
    pd.testing.assert_series_equal(ours.loc[primary.index, "p_adjusted"], primary)


def test_the_tests_of_the_committed_study_judged_together_have_its_adjusted_p_values(
    ours: pd.DataFrame, committed: pd.DataFrame, draft: Draft
) -> None:
    more = (ours["phase"] == "secondary") & (ours["comparison"] == "medium_term")
    assert more.any()
    asked = pl.from_pandas(ours[~more & ours["analysis"].isin(SCORES)].reset_index())
    adjusted, _ = adjust(asked, parse_study(draft.text, PILOT / "study.toml"))
    found = adjusted.to_pandas().set_index("estimate_id")["p_adjusted"]
    wanted = committed.loc[committed["analysis"].isin(SCORES), "p_adjusted"]
    assert wanted.notna().sum() > 70
    pd.testing.assert_series_equal(found.loc[wanted.index], wanted)


def test_every_count_of_responses_and_pairs_is_there_with_the_same_numbers(
    ours: pd.DataFrame, committed: pd.DataFrame, draft: Draft
) -> None:
    questions = set(committed[committed["analysis"] == "prevalence_change"]["outcome"])
    flow = committed[committed["analysis"] == "flow"]
    wanted = flow[~flow["outcome"].isin(questions | {"all_contacts"})]
    assert len(wanted) > 50
    pd.testing.assert_frame_equal(ours.loc[wanted.index], wanted)


#: What the drafted study calls the questions of the committed one.
NAMES = {
    "q3_1": "seen_teacher",
    "q3_2": "seen_school_nurse",
    "q3_3": "seen_doctor_hospital",
    "q3_4": "seen_doctor_other",
    "q3_5": "family_checkin",
    "q3_6": "seen_someone_else",
    "q4_1": "hospital_overnight",
    "q4_2": "daily_medicine",
    "q5_1": "help_family",
    "q5_2": "help_friends",
    "q5_3": "help_adult",
    "q5_4": "help_online_books",
}


def test_questions_paired_by_order_give_the_numbers_of_the_committed_study(
    ours: pd.DataFrame, committed: pd.DataFrame
) -> None:
    keys = ["analysis", "phase", "comparison", "group", "outcome", "level", "method", "estimand"]
    numbers = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "n", "status"]
    there = ours.reset_index()
    there["outcome"] = there["outcome"].replace(NAMES)
    wanted = committed.reset_index()
    wanted = wanted[wanted["outcome"].isin(NAMES.values())]
    # A question that has a unit cost has rows of costs besides, and costs are never guessed.
    wanted = wanted[wanted["analysis"] == "prevalence_change"]
    both = wanted.merge(there, on=keys, how="left", suffixes=("", "_drafted"))
    assert len(both) == len(wanted) > 500
    drafted = both[[f"{name}_drafted" for name in numbers]].set_axis(numbers, axis=1)
    pd.testing.assert_frame_equal(drafted, both[numbers], check_dtype=False)


def test_the_words_of_the_drafted_study_are_those_of_the_committed_one(draft: Draft) -> None:
    ours = parse_study(draft.text, PILOT / "study.toml")
    theirs = pe.load_study(PILOT / "study.toml")
    assert ours.occasions == theirs.occasions
    assert [p.id for p in ours.phases] == [p.id for p in theirs.phases]
    assert [p.outcomes for p in ours.phases] == [p.outcomes for p in theirs.phases]
    assert [p.bands for p in ours.phases] == [p.bands for p in theirs.phases]
    assert [(c.id, c.pairs) for c in ours.comparisons] == [
        (c.id, c.pairs) for c in theirs.comparisons
    ]
    assert [(g.id, g.roles, g.only) for g in ours.groups] == [
        (g.id, g.roles, g.only) for g in theirs.groups
    ]
    assert (ours.contrast, ours.roles, ours.characteristics) == (
        theirs.contrast,
        theirs.roles,
        theirs.characteristics,
    )
    assert ours.missing.keys() == theirs.missing.keys()


def test_without_its_coding_our_future_is_asked_for_and_left_out() -> None:
    draft = draft_study(exports(), Given())
    asked = [fault for fault in draft.questions if fault.code == "REC012"]
    assert {fault.file for fault in asked} == {
        "wave_1_follow_up_secondary.csv",
        "wave_2_baseline_secondary.csv",
        "wave_2_follow_up_secondary.csv",
    }
    assert "--coding our_future=agree_first" in asked[0].fix
    assert draft.loadable
    study = parse_study(draft.text, PILOT / "study.toml")
    assert "our_future" not in [part.scale.id for part in study.scales]
    assert "# [scales.our_future]" in draft.text


@pytest.mark.parametrize("phase", ["primary", "secondary"])
def test_two_exports_of_a_wave_give_the_results_of_a_study_of_that_wave(phase: str) -> None:
    files = [PILOT / f"wave_1_{when}_{phase}.csv" for when in ("baseline", "follow_up")]
    given = Given(id="Unique ID", ordered=True, folder=PILOT, codings=CODINGS)
    drafted = results(draft_study(files, given).text)
    wanted = pe.analyse(parse_study(one_wave(phase), PILOT / "study.toml")).results
    wanted = wanted[wanted["analysis"].isin(SCORES)].set_index("estimate_id")
    assert len(wanted) > 100
    pd.testing.assert_frame_equal(drafted.loc[wanted.index], wanted)


def one_wave(phase: str) -> str:
    """The committed study, of nothing but the first wave in one phase."""
    text = (PILOT / "study.toml").read_text(encoding="utf-8")
    sections = re.split(r"\n(?=\[)", text)

    def stays(section: str) -> bool:
        if section.startswith("[[sources]]"):
            return "wave_1" in section and f'phase = "{phase}"' in section
        # Of phases, occasions and outcomes that are left out here.
        if section.startswith(("[[claims]]", "[[tables]]", "[pooled_occasions")):
            return False
        if section.startswith("[[phases]]"):
            return f'id = "{phase}"' in section
        elsewhere = {"primary": ("swemwbs", "pss4", "our_future"), "secondary": ("mmf",)}[phase]
        if section.startswith(tuple(f"[scales.{name}]" for name in elsewhere)):
            return False
        return not section.startswith('[[occasions]]\nid = "w2') and "medium_term" not in section

    kept = "\n".join(section for section in sections if stays(section))
    return kept.replace(', ["w2_baseline", "w2_follow_up"]', "").replace('"w1_', '"')


def test_a_draft_holds_no_id_and_no_free_text(draft: Draft) -> None:
    for path in exports():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows
        assert not [row["Unique ID"] for row in rows if row["Unique ID"] in draft.text]
        assert not {row["Organisation"] for row in rows} & set(draft.text.split('"'))


def test_the_same_exports_give_the_same_text(draft: Draft) -> None:
    assert draft_study(exports(), Given(codings=CODINGS)).text == draft.text
