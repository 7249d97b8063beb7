"""Which version of the questionnaire each export holds, and what is compared in it."""

from pathlib import Path

from peereval.recognising import Given, draft_study
from recognising.exports import N, codes, drafted, ids, items, spread, write_export

STRESS = {"Pupil code": ids()} | items("pss4", "pss_{n}")
FEELINGS = {"Pupil code": ids()} | items("mmf", "mm{n}")
BOTH = STRESS | FEELINGS


def write(folder: Path, **exports: dict[str, list[str]]) -> list[Path]:
    return [write_export(folder / f"{name}.csv", columns) for name, columns in exports.items()]


def test_phases_are_named_by_files_and_hold_the_scales_of_their_exports(tmp_path: Path) -> None:
    files = write(
        tmp_path,
        before_secondary=STRESS,
        after_secondary=STRESS,
        before_primary=FEELINGS,
        after_primary=FEELINGS,
    )
    study = drafted(files)
    assert [(p.id, p.outcomes, p.bands) for p in study.phases] == [
        (
            "primary",
            ("mmf_emotional", "mmf_behavioural"),
            ("mmf_emotional_bands", "mmf_behavioural_bands"),
        ),
        ("secondary", ("pss4_total",), ()),
    ]


def test_one_questionnaire_is_one_phase(tmp_path: Path) -> None:
    study = drafted(write(tmp_path, before=STRESS, after=BOTH))
    assert [phase.id for phase in study.phases] == ["survey"]
    assert study.phases[0].outcomes == ("pss4_total", "mmf_emotional", "mmf_behavioural")


def test_a_column_with_words_for_phases_tells_them(tmp_path: Path) -> None:
    phase = {"Phase": spread(["Primary school", "Secondary school"])}
    study = drafted(write(tmp_path, before=BOTH | phase, after=BOTH | phase))
    assert [p.id for p in study.phases] == ["primary", "secondary"]
    assert study.sources[0].phase_column == "Phase"
    assert dict(study.sources[0].phases) == {
        "Primary school": "primary",
        "Secondary school": "secondary",
    }


def test_a_column_of_phases_with_a_blank_is_not_used(tmp_path: Path) -> None:
    phase = {"Phase": ["", *spread(["Primary", "Secondary"], n=N - 1)]}
    study = drafted(write(tmp_path, before=BOTH | phase, after=BOTH | phase))
    assert [p.id for p in study.phases] == ["survey"]


def test_exports_of_one_occasion_with_other_scales_are_versions_to_be_named(tmp_path: Path) -> None:
    exports = {"before_a": STRESS, "before_b": FEELINGS, "after_a": STRESS, "after_b": FEELINGS}
    files = write(tmp_path, **exports)
    draft = draft_study(files, Given())
    assert "REC011" in codes(draft)
    assert [phase.id for phase in drafted(files).phases] == ["version_1", "version_2"]
    told = {f"{name}.csv": ("older" if name.endswith("a") else "younger") for name in exports}
    study = drafted(files, phases=told)
    assert {source.file[-5]: source.phase for source in study.sources} == {
        "a": "older",
        "b": "younger",
    }


def test_an_export_whose_version_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    exports = {"before_a": STRESS, "before_b": FEELINGS, "after": BOTH}
    draft = draft_study(write(tmp_path, **exports), Given())
    assert [fault.file for fault in draft.questions if fault.code == "REC005"] == ["after.csv"]
    assert not draft.loadable
