"""What a scale file may hold."""

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from peereval.rendering.scale_document import document
from peereval.scales import FACTS, load_scale, load_scale_file, scale_files

FILES = scale_files()


#: Those that the first issues brought, and those of the library.
BUNDLED = """
ahi brs cesd cors gad7 gbo kidscreen10 mmf ons4 ors our_future phq8 phq9 pss10 pss14 pss4 rcads25
rcads47 rosenberg scwbs sdq_impact_parent sdq_impact_self sdq_impact_teacher sdq_parent sdq_self
sdq_teacher slss smfq srs srs40 swemwbs ucla3 wemwbs who5
"""


def test_the_bundled_scales_are_these() -> None:
    assert set(FILES) == set(BUNDLED.split())


@pytest.mark.parametrize("name", FILES)
def test_a_scale_is_named_as_its_file(name: str) -> None:
    assert load_scale_file(FILES[name]).id == name


# Wordings belong to their owners; a gloss says which item is meant and no more.
@pytest.mark.parametrize("name", FILES)
def test_no_item_holds_more_than_a_short_gloss(name: str) -> None:
    raw = tomllib.loads(FILES[name].read_text(encoding="utf-8"))
    long = {item["gloss"] for item in raw["items"] if len(item["gloss"]) > 60}
    assert not long
    assert all(item.keys() <= {"id", "gloss", "reverse", "sensitive"} for item in raw["items"])


@pytest.mark.parametrize("name", FILES)
def test_an_unverified_scale_says_what_was_not_verified(name: str) -> None:
    source = load_scale(name).source
    assert source["citation"]
    assert source["licence"]
    assert source["checked"]
    if not source["verified"]:
        assert source["notes"]


# --- what was verified, and what was not ----------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_bundled_scale_says_of_each_fact_how_it_was_checked(name: str) -> None:
    scale = load_scale(name)
    assert tuple(scale.facts) == FACTS
    assert all(len(fact.checked.split()) >= 2 for fact in scale.facts.values())
    checked = scale.facts["keys"].verified and scale.facts["coding"].verified
    assert scale.source["verified"] == checked
    assert all(band.checked for band in scale.bands)
    assert scale.ages
    assert scale.recall


@pytest.mark.parametrize("name", FILES)
def test_what_is_from_memory_or_seen_second_hand_is_not_called_verified(name: str) -> None:
    scale = load_scale(name)
    said = [(band.checked, band.verified) for band in scale.bands]
    said += [(fact.checked, fact.verified) for fact in scale.facts.values()]
    said += [(norm.source, norm.verified) for score in scale.scores for norm in score.norms]
    for score in scale.scores:
        for known in (score.reliable_change, score.reliability):
            said += [(known.source, known.verified)] if known else []
    weak = ("from memory", "secondary", "citing article", "could not be read", "deduced")
    assert not [text for text, verified in said if verified and any(w in text for w in weak)]


#: Reliable change as the published code of NHS Digital has it.
NHS = {
    "swemwbs_metric": "3", "wemwbs_total": "9", "gad7_total": "4", "phq9_total": "6",
    "cors_total": "10", "ors_total": "6.6", "gbo_goal_1": "3", "gbo_goal_2": "3",
    "gbo_goal_3": "3", "sdq_self_emotional": "4", "sdq_self_conduct": "4",
    "sdq_self_hyperactivity": "4", "sdq_self_peer": "5", "sdq_self_prosocial": "4",
    "sdq_impact_self_impact": "3", "sdq_parent_emotional": "4", "sdq_parent_conduct": "4",
    "sdq_parent_hyperactivity": "4", "sdq_parent_peer": "3", "sdq_parent_prosocial": "3",
    "sdq_impact_parent_impact": "3",
}  # fmt: skip


def test_reliable_change_is_that_of_the_nhs_and_of_no_other_score() -> None:
    scores = [score for name in FILES for score in load_scale(name).scores]
    found = {s.outcome: s.reliable_change.threshold for s in scores if s.reliable_change}
    assert found == {outcome: Fraction(value) for outcome, value in NHS.items()}
    assert all(s.reliable_change.verified for s in scores if s.reliable_change)


def test_answers_about_self_harm_and_death_are_never_shown_by_themselves() -> None:
    sensitive = {
        (name, item.id) for name in FILES for item in load_scale(name).items if item.sensitive
    }
    assert sensitive == {("phq9", "self_harm"), ("rcads25", "death"), ("rcads47", "death")}
    notes = load_scale("phq9").source["notes"]
    assert any(note.startswith("Safeguarding:") and "by itself" in note for note in notes)


@pytest.mark.parametrize("name", ["sdq_self", "sdq_parent", "sdq_teacher"])
def test_the_two_systems_of_sdq_bands_have_names_of_their_own(name: str) -> None:
    bands = load_scale(name).bands
    assert {band.system for band in bands} == {"bands3", "bands4"}
    for band in bands:
        assert band.id.endswith(f"_{band.system}")
        assert len(band.levels) == int(band.system[-1])


# A draft takes all the bands that are verified, and a study may not mix two systems.
@pytest.mark.parametrize("name", FILES)
def test_verified_bands_of_a_scale_are_of_one_system(name: str) -> None:
    assert len({band.system for band in load_scale(name).bands if band.verified}) <= 1


def test_the_bands_of_the_three_informants_differ() -> None:
    def edges(name: str, system: str) -> list[tuple[Fraction, ...]]:
        bands = load_scale(name).bands
        return [tuple(low for *_, low in band.levels) for band in bands if band.system == system]

    for system in ("bands3", "bands4"):
        found = [edges(f"sdq_{who}", system) for who in ("self", "parent", "teacher")]
        assert found[0] != found[1] != found[2] != found[0]


def test_ons4_is_never_added_up() -> None:
    assert all(len(score.of) == 1 for score in load_scale("ons4").scores)


def test_the_page_about_the_scales_is_made_from_their_files() -> None:
    page = Path(__file__).parents[2] / "docs" / "scales.md"
    made = document(load_scale(name) for name in sorted(scale_files()))
    assert page.read_text(encoding="utf-8") == made, "make it again: peereval scales document"


# --- finding them ---------------------------------------------------------------------------


def test_a_study_s_own_folder_of_scales_is_searched_first(tmp_path: Path) -> None:
    text = FILES["pss4"].read_text(encoding="utf-8")
    (tmp_path / "pss4.toml").write_text(text.replace('"1.0.0"', '"1.0.0-ours"'), encoding="utf-8")
    assert load_scale("pss4", tmp_path).version == "1.0.0-ours"
    assert load_scale("pss4").version == "1.0.0"
    assert load_scale("srs", tmp_path).id == "srs"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    import os

    text = FILES["pss4"].read_text(encoding="utf-8")
    place = tmp_path / "pss4.toml"
    place.write_text(text, encoding="utf-8")
    assert load_scale("pss4", tmp_path).version == "1.0.0"
    place.write_text(text.replace('"1.0.0"', '"2.0.0"'), encoding="utf-8")
    os.utime(place, ns=(1, 1))
    assert load_scale("pss4", tmp_path).version == "2.0.0"
