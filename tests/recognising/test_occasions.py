"""Which occasion each export answers, their order, and what is compared."""

from datetime import date
from pathlib import Path

import pytest

from peereval.recognising import Given, draft_study
from peereval.recognising.occasions import Moment, month_named, read_moment
from recognising.exports import N, codes, drafted, ids, items, spread, write_export

STRESS = {"Pupil code": ids()} | items("pss4", "pss_{n}")
BASELINE, FOLLOW_UP = Moment(0, 0, "baseline"), Moment(0, 1, "follow_up")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("wave_1_baseline_primary", Moment(1, 0, "baseline")),
        ("Wave 2 - Follow-up (secondary)", Moment(2, 1, "follow_up")),
        ("W1Baseline", Moment(1, 0, "baseline")),
        ("pre", BASELINE),
        ("Survey POST 2024", FOLLOW_UP),
        ("before", BASELINE),
        ("data_after_programme", FOLLOW_UP),
        ("followup", FOLLOW_UP),
        ("T0", BASELINE),
        ("export T2", Moment(0, 2, "time_2")),
        ("time1", Moment(0, 1, "time_1")),
        ("follow-up 2", Moment(0, 2, "follow_up_2")),
        ("endline", Moment(0, 90, "endline")),
        ("follow up after 6 months", Moment(0, 10 + 180 / 365, "month_6")),
        ("baseline_arm_1", BASELINE),
        ("wave 3", Moment(3, 0, "")),
        ("pre and post", Moment()),
        ("Postcode list", Moment()),
        ("export (3)", Moment()),
        ("six months later", Moment(0, 10 + 180 / 365, "month_6")),
        ("Survey 12 months", Moment(0, 10 + 360 / 365, "month_12")),
        ("Survey 16 Sept", Moment()),
        ("Survey 2 Marlow", Moment(0, 2, "time_2")),
    ],
)
def test_words_say_when_it_was(text: str, moment: Moment) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("survey April 2018", date(2018, 4, 15)),
        ("2018-09 export", date(2018, 9, 15)),
        ("autumn_2023", date(2023, 10, 15)),
        ("20240422 export", date(2024, 4, 15)),
        ("Sept 2019", date(2019, 9, 15)),
        ("group 2018 a", None),
        ("export 12345678", None),
    ],
)
def test_a_month_in_a_name_is_read(text: str, day: date | None) -> None:
    assert month_named(text) == day


def write(folder: Path, *names: str, **more: list[str]) -> list[Path]:
    return [write_export(folder / f"{name}.csv", STRESS | more) for name in names]


@pytest.mark.parametrize(
    ("names", "occasions"),
    [
        (["after", "before"], ("baseline", "follow_up")),
        (["post survey", "pre survey"], ("baseline", "follow_up")),
        (["T2", "T1"], ("time_1", "time_2")),
        (["July 2018", "April 2018"], ("baseline", "follow_up")),
        (["endline", "midline", "baseline"], ("baseline", "midpoint", "endline")),
        (
            ["wave_2_follow_up", "wave_1_follow_up", "wave_2_baseline", "wave_1_baseline"],
            ("w1_baseline", "w1_follow_up", "w2_baseline", "w2_follow_up"),
        ),
        (["wave 2", "wave 1"], ("wave_1", "wave_2")),
    ],
)
def test_occasions_are_named_and_put_in_order_by_the_names_of_files(
    tmp_path: Path, names: list[str], occasions: tuple[str, ...]
) -> None:
    assert drafted(write(tmp_path, *names)).occasions == occasions


def dated(folder: Path, name: str, month: int) -> Path:
    days = [f"{day:02}/{month:02}/2018" for day in range(2, 2 + N)]
    return write_export(folder / name, STRESS | {"Date": days})


def test_without_words_dates_put_exports_in_order(tmp_path: Path) -> None:
    files = [dated(tmp_path, "export.csv", 7), dated(tmp_path, "export (1).csv", 4)]
    study = drafted(files)
    assert {source.file: source.occasion for source in study.sources} == {
        "export.csv": "follow_up",
        "export (1).csv": "baseline",
    }
    assert study.occasion_titles["baseline"] == "Baseline, April 2018"


@pytest.mark.parametrize(
    ("names", "occasions"),
    [
        (["Baseline survey(1-60)", "Follow-up survey(1-58)"], ("baseline", "follow_up")),
        (["before - Copy", "after (2)"], ("baseline", "follow_up")),
        (["Year 7 pre", "Years 7 and 8 post"], ("baseline", "follow_up")),
        (["post-16 pre", "post 16 post"], ("baseline", "follow_up")),
    ],
)
def test_what_stands_behind_a_name_and_who_was_asked_say_nothing_about_when(
    tmp_path: Path, names: list[str], occasions: tuple[str, ...]
) -> None:
    study = drafted(write(tmp_path, *names))
    assert [source.occasion for source in study.sources] == list(occasions)


@pytest.mark.parametrize(
    "names",
    [
        ["Autumn survey(1-60)", "Summer survey(1-58)"],
        ["post 16 survey", "sixth form survey"],
        ["Year 7 survey", "Year 8 survey"],
        ["survey", "survey (1)"],
    ],
)
def test_names_without_a_time_are_asked_for(tmp_path: Path, names: list[str]) -> None:
    draft = draft_study(write(tmp_path, *names), Given())
    assert [fault.code for fault in draft.questions].count("REC003") == 2


@pytest.mark.parametrize("dates", [("02/03/2018", "05/01/2018"), ("01/02/2018", "01/09/2018")])
def test_dates_that_can_be_read_both_ways_put_nothing_in_order(
    tmp_path: Path, dates: tuple[str, str]
) -> None:
    files = [
        write_export(tmp_path / f"{name}.csv", STRESS | {"Date": [day] * N})
        for name, day in zip("ab", dates, strict=True)
    ]
    draft = draft_study(files, Given())
    assert [fault.file for fault in draft.questions if fault.code == "REC003"] == ["a.csv", "b.csv"]
    assert not draft.loadable
    told = drafted(files, occasions={"a.csv": "baseline", "b.csv": "follow_up"})
    assert told.occasions == ("baseline", "follow_up")
    assert dict(told.occasion_titles) == {"baseline": "Baseline", "follow_up": "Follow-up"}


def test_a_scale_is_at_one_occasion_only_once_occasions_are_known(tmp_path: Path) -> None:
    columns = {"Pupil code": ids(), "School": spread(["N", "S"])}
    both = columns | items("swemwbs", "wb_{n}")
    files = [
        write_export(tmp_path / "a.csv", both | items("pss4", "pss_{n}")),
        write_export(tmp_path / "b.csv", both),
    ]
    assert "REC022" not in codes(draft_study(files, Given()))
    told = draft_study(files, Given(occasions={"a.csv": "baseline", "b.csv": "follow_up"}))
    assert "REC022" in codes(told)


def test_exports_of_the_same_weeks_are_asked_for(tmp_path: Path) -> None:
    draft = draft_study([dated(tmp_path, "a.csv", 4), dated(tmp_path, "b.csv", 4)], Given())
    assert [fault.file for fault in draft.questions if fault.code == "REC003"] == ["a.csv", "b.csv"]
    assert not draft.loadable


def test_without_words_and_dates_the_order_is_asked_for_and_never_guessed(tmp_path: Path) -> None:
    files = write(tmp_path, "a", "b")
    draft = draft_study(files, Given())
    asked = [fault for fault in draft.questions if fault.code == "REC003"]
    assert [fault.file for fault in asked] == ["a.csv", "b.csv"]
    assert "--occasion 'a.csv'=baseline" in asked[0].fix
    assert 'occasion = ""' in draft.text
    assert not draft.loadable
    told = drafted(files, occasions={"b.csv": "baseline", "a.csv": "follow_up"})
    assert [source.occasion for source in told.sources] == ["follow_up", "baseline"]
    assert told.occasions == ("baseline", "follow_up")


def test_one_unknown_export_beside_known_ones_is_asked_for(tmp_path: Path) -> None:
    draft = draft_study(write(tmp_path, "baseline", "more"), Given())
    assert [fault.file for fault in draft.questions if fault.code == "REC003"] == ["more.csv"]


def test_names_of_one_s_own_keep_the_order_of_the_exports(tmp_path: Path) -> None:
    told = {"x.csv": "Year one", "y.csv": "A year on"}
    study = drafted(write(tmp_path, "x", "y"), occasions=told)
    assert study.occasions == ("year_one", "a_year_on")
    assert study.occasion_titles["year_one"] == "Year one"


def test_an_occasion_of_an_export_that_is_not_there_is_a_question(tmp_path: Path) -> None:
    draft = draft_study(write(tmp_path, "before", "after"), Given(occasions={"befor.csv": "t1"}))
    (fault,) = [fault for fault in draft.questions if fault.code == "REC006"]
    assert fault.fix == "Did you mean 'before.csv'?"
    assert not draft.loadable


def test_exports_given_in_order_are_baseline_and_follow_up_whatever_their_names(
    tmp_path: Path,
) -> None:
    files = [
        write_export(tmp_path / "one" / "export.csv", STRESS),
        write_export(tmp_path / "two" / "export.csv", STRESS),
    ]
    draft = draft_study(files, Given(id="Pupil code", ordered=True, folder=tmp_path))
    draft.refuse_unanswered()
    assert 'file = "one/export.csv"\noccasion = "baseline"' in draft.text
    assert 'file = "two/export.csv"\noccasion = "follow_up"' in draft.text


def test_one_export_is_a_baseline_whose_follow_up_is_still_to_come(tmp_path: Path) -> None:
    files = write(tmp_path, "export")
    study = drafted(files)
    assert study.occasions == ("baseline", "follow_up")
    assert [source.occasion for source in study.sources] == ["baseline"]
    assert "# No export answers this occasion yet" in draft_study(files, Given()).text


def test_a_follow_up_alone_has_its_baseline_still_to_come(tmp_path: Path) -> None:
    study = drafted(write(tmp_path, "follow_up"))
    assert study.occasions == ("baseline", "follow_up")
    assert [source.occasion for source in study.sources] == ["follow_up"]


def test_several_exports_of_one_occasion_are_pooled(tmp_path: Path) -> None:
    names = ("baseline north", "baseline south", "follow-up north", "follow-up south")
    study = drafted(write(tmp_path, *names))
    assert [source.occasion for source in study.sources] == [
        "baseline", "baseline", "follow_up", "follow_up",
    ]  # fmt: skip


# --- comparisons ----------------------------------------------------------------------------


def pairs(study_files: list[Path]) -> dict[str, tuple[tuple[str, str], ...]]:
    return {each.id: each.pairs for each in drafted(study_files).comparisons}


def test_waves_are_pooled_and_compared_over_the_whole_time(tmp_path: Path) -> None:
    names = [f"w{wave}_{time}" for wave in (1, 2) for time in ("baseline", "followup")]
    assert pairs(write(tmp_path, *names)) == {
        "short_term": (("w1_baseline", "w1_follow_up"), ("w2_baseline", "w2_follow_up")),
        "medium_term": (("w1_baseline", "w2_follow_up"),),
    }


def test_three_times_are_compared_with_the_first(tmp_path: Path) -> None:
    assert pairs(write(tmp_path, "T1", "T2", "T3", "T4")) == {
        "short_term": (("time_1", "time_2"),),
        "to_time_3": (("time_1", "time_3"),),
        "medium_term": (("time_1", "time_4"),),
    }


# --- several occasions in one export --------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "values", "occasions"),
    [
        ("redcap_event_name", ["baseline_arm_1", "follow_up_arm_1"], ("baseline", "follow_up")),
        ("Time", ["Pre", "Post"], ("baseline", "follow_up")),
        ("wave", ["1", "2"], ("wave_1", "wave_2")),
        ("occasion", ["0", "1", "2"], ("baseline", "time_1", "time_2")),
        ("Timepoint", ["T1", "T2"], ("time_1", "time_2")),
    ],
)
def test_an_export_with_several_occasions_tells_them_by_a_column(
    tmp_path: Path, column: str, values: list[str], occasions: tuple[str, ...]
) -> None:
    each = N // len(values)
    columns = {column: [value for value in values for _ in range(each)]}
    rows = {"Pupil code": ids(each) * len(values)} | items("pss4", "pss_{n}", n=each * len(values))
    study = drafted([write_export(tmp_path / "all.csv", rows | columns)])
    (source,) = study.sources
    assert source.occasion_column == column
    assert tuple(source.occasions.values()) == occasions == study.occasions


def test_waves_in_a_column_and_times_in_the_names_go_together(tmp_path: Path) -> None:
    wave = {"Wave": spread(["1", "2"])}
    study = drafted(write(tmp_path, "baseline", "follow_up", **wave))
    assert study.occasions == ("w1_baseline", "w1_follow_up", "w2_baseline", "w2_follow_up")
    assert dict(study.sources[0].occasions) == {"1": "w1_baseline", "2": "w2_baseline"}


def test_a_column_of_times_of_day_is_no_occasion(tmp_path: Path) -> None:
    study = drafted(write(tmp_path, "before", "after", Time=spread(["09:30", "10:15"])))
    assert {source.occasion_column for source in study.sources} == {""}
