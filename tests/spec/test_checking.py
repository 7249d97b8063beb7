"""`check`: everything that is wrong or doubtful, each thing once, and nothing given away."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

import peereval.pipeline
from peereval.catalogue import EXPLANATIONS
from peereval.checking import Checked, check_study
from peereval.contracts import broken_rules
from peereval.errors import Fault, StudyError
from peereval.reading import Answers, read_answers, read_sources
from peereval.studies import Study, load_study
from reading.small_survey import Row, tidy_rows, untidy_rows, write_small_survey

PLANTED = "Wombat"


def codes(faults: tuple[Fault, ...]) -> list[str]:
    return [fault.code for fault in faults]


def of_file(faults: tuple[Fault, ...], file: str) -> list[str]:
    return [fault.code for fault in faults if fault.file == file]


def quiet_rows() -> dict[str, list[Row]]:
    """Both exports with nothing wrong in them, and no id that a step would change."""
    rows = tidy_rows()
    for row in (row for sheets in rows.values() for row in sheets):
        row["Pupil code"] = row["Pupil code"].replace("1e5", "0005")
    return rows


def accepting(*entries: str) -> dict[str, str]:
    """A change of the study: it accepts these findings."""
    text = "".join(f'[[accepted]]\nreason = "known"\n{entry}\n\n' for entry in entries)
    return {"[contrast]": f"{text}[contrast]"}


# --- the study file -------------------------------------------------------------------------


def test_a_tidy_survey_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    checked = check_study(write_small_survey(tmp_path, quiet_rows()))
    # A note counts those who are both mentor and mentee: that is nothing wrong.
    assert (checked.faults, codes(checked.findings), checked.accepted) == ((), ["CON009"], ())
    assert (checked.exit_code, checked.left_out) == (0, "")
    assert checked.study is not None
    assert [file for file, _ in checked.recognised] == ["before.csv", "after.csv"]
    assert {each.format for _, each in checked.recognised} == {"CSV"}


def test_all_faults_of_a_study_file_are_there_and_no_export_is_opened(tmp_path: Path) -> None:
    study = write_small_survey(
        tmp_path,
        changes={'"pss4_total", ': '"pss5_total", ', 'kind = "yes_no"': 'kind = "maybe"'},
    )
    (tmp_path / "before.csv").unlink()
    checked = check_study(study)
    assert codes(checked.faults) == ["STU006", "STU007"]
    assert checked.study is None
    assert "exports were not looked at" in checked.left_out
    assert checked.exit_code == StudyError.exit_code


def test_faults_of_a_scale_file_are_in_too(tmp_path: Path) -> None:
    study = write_small_survey(
        tmp_path, changes={'id = "small"': 'id = "small"\nscale_folder = "."'}
    )
    (tmp_path / "pss4.toml").write_text('format = 1\nid = "pss4"\n', encoding="utf-8")
    checked = check_study(study)
    assert {"STU009", "SCL003"} <= set(codes(checked.faults))
    assert of_file(checked.faults, "pss4.toml")


def test_a_study_that_is_not_there_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="There is no study file"):
        check_study(tmp_path / "study.toml")


def test_an_occasion_without_an_export_is_a_finding_beside_the_others(tmp_path: Path) -> None:
    more = (
        '[[occasions]]\nid = "later"\n\n[[comparisons]]\nid = "year"\npairs = [["after", "later"]]'
    )
    study = write_small_survey(tmp_path, changes={"[[comparisons]]": f"{more}\n\n[[comparisons]]"})
    checked = check_study(study)
    assert checked.faults == ()
    # The ids were looked at as well.
    assert {"STU017", "ANS001", "CON007"} <= set(codes(checked.findings))
    assert checked.left_out == ""


# --- the exports ----------------------------------------------------------------------------


def test_what_is_doubtful_in_the_answers_is_found(tmp_path: Path) -> None:
    checked = check_study(write_small_survey(tmp_path, untidy_rows()))
    assert checked.faults == ()
    found = {(fault.code, fault.column) for fault in checked.findings}
    assert {("ANS002", "stress_1"), ("ANS001", "mood_1"), ("ANS003", "Role")} <= found


def test_every_export_is_told_what_is_wrong_with_it(tmp_path: Path) -> None:
    rows = untidy_rows()
    rows["after"] = [
        {name: cell for name, cell in row.items() if name != "Pupil code"} for row in rows["after"]
    ]
    study = write_small_survey(tmp_path, rows)
    (tmp_path / "after.csv").write_text(
        (tmp_path / "after.csv").read_text(encoding="utf-8").replace("Pupil code", "Code"),
        encoding="utf-8",
    )
    (tmp_path / "before.csv").unlink()
    checked = check_study(study)
    assert "SRC001" in of_file(checked.faults, "before.csv")
    assert "MAP001" in of_file(checked.faults, "after.csv")
    assert "not looked at" in checked.left_out
    assert checked.exit_code == 13


@pytest.mark.parametrize(
    ("broken", "whole"), [("before.csv", "after.csv"), ("after.csv", "before.csv")]
)
def test_findings_of_the_other_exports_are_there(broken: str, whole: str, tmp_path: Path) -> None:
    rows = untidy_rows()
    rows["after"][2]["mood_2"] = "Now and then"
    study = write_small_survey(tmp_path, rows)
    (tmp_path / broken).unlink()
    checked = check_study(study)
    assert codes(checked.faults) == ["SRC001"]
    assert "ANS001" in of_file(checked.findings, whole)
    assert of_file(checked.findings, broken) == []
    assert [file for file, _ in checked.recognised] == [whole]


def test_what_only_a_broken_export_holds_is_not_missed_in_the_others(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["after"] = [
        {name: cell for name, cell in row.items() if name != "Role"} for row in rows["after"]
    ]
    study = write_small_survey(tmp_path, rows)
    after = tmp_path / "after.csv"
    after.write_text(after.read_text(encoding="utf-8").replace("Role", "Rolle"), encoding="utf-8")
    (tmp_path / "before.csv").unlink()
    assert codes(check_study(study).faults) == ["SRC001"]


def test_items_are_diagnosed(tmp_path: Path) -> None:
    rows = quiet_rows()
    for row in rows["after"]:
        row["mood_3"] = "Rarely"
    found = check_study(write_small_survey(tmp_path, rows)).findings
    (item, _) = found
    assert (item.code, item.file, item.column) == ("DIA004", "after.csv", "mood_3")


def test_items_are_diagnosed_even_if_another_export_is_broken(tmp_path: Path) -> None:
    rows = tidy_rows()
    for row in rows["after"]:
        row["mood_3"] = "Rarely"
    study = write_small_survey(tmp_path, rows)
    (tmp_path / "before.csv").unlink()
    assert codes(check_study(study).findings) == ["DIA004"]


def test_forbidden_duplicates_are_faults_beside_the_findings(tmp_path: Path) -> None:
    changes = {"[contrast]": '[matching]\nduplicates = "error"\n\n[contrast]'}
    checked = check_study(write_small_survey(tmp_path, untidy_rows(), changes))
    assert codes(checked.faults) == ["DUP001"]
    assert "ANS001" in codes(checked.findings)
    assert checked.exit_code == 14


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, untidy_rows())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*")}
    check_study(study)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*")} == before


# --- what a study accepts -------------------------------------------------------------------


def test_accepted_findings_are_set_apart(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "plain", untidy_rows())
    every = check_study(study).findings
    accepted = accepting('code = "ANS001"', 'code = "ANS002"\ncolumn = "stress_1"')
    checked = check_study(write_small_survey(tmp_path / "accepting", untidy_rows(), accepted))
    assert sorted(codes(checked.accepted)) == sorted(
        fault.code for fault in every if fault.code in ("ANS001", "ANS002")
    )
    assert codes(checked.findings) == [
        fault.code for fault in every if fault.code not in ("ANS001", "ANS002")
    ]


@pytest.mark.parametrize(
    "entry",
    [
        'code = "DIA002"',
        'code = "ANS001"\nfile = "after.csv"',
        'code = "ANS001"\nfile = "before.csv"\ncolumn = "mood_7"',
    ],
    ids=["no such finding", "another file", "another column"],
)
def test_what_is_accepted_and_not_found_is_a_finding(entry: str, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, untidy_rows(), accepting(entry))
    checked = check_study(study)
    assert "ANS001" in codes(checked.findings)
    (vain,) = [fault for fault in checked.findings if fault.code == "STU020"]
    assert (vain.file, vain.place) == ("study.toml", "accepted")
    assert "is accepted and was not found" in vain.found


def test_what_is_accepted_is_not_missed_where_matching_was_not_looked_at(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, untidy_rows(), accepting('code = "DUP002"'))
    (tmp_path / "after.csv").unlink()
    assert "STU020" not in codes(check_study(study).findings)


@pytest.mark.parametrize(
    ("code", "said"),
    [("ANS01", "there is no code 'ANS01'"), ("MAP001", "MAP001 stops a run")],
)
def test_what_is_unknown_or_stops_cannot_be_accepted(code: str, said: str, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, untidy_rows(), accepting(f'code = "{code}"'))
    checked = check_study(study)
    (fault,) = checked.faults
    assert (fault.code, fault.place) == ("STU021", "accepted")
    assert said in fault.found
    assert "ANS001" in codes(checked.findings)
    assert checked.exit_code == StudyError.exit_code


# --- what was read, held to its contract ----------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Study:
    return load_study(write_small_survey(tmp_path, untidy_rows()))


BREAKS = {
    "a blank": (pl.lit(None, pl.String).alias("occasion"), "occasion", "nothing where something"),
    "a word of no list": (pl.lit(PLANTED).alias("phase"), "phase", "not in the list"),
    "a role of nobody": (pl.lit(PLANTED).alias("role"), "Role", "not in the list"),
    "a code of no label": (pl.lit(9, pl.Int8).alias("pss4_control"), "stress_1", "not in the list"),
    "an answer as text": (pl.lit(PLANTED).alias("pss4_control"), "stress_1", "not in the list"),
    "a number as text": (pl.lit(PLANTED).alias("row"), "row", "no whole number"),
    "a row twice": (pl.lit(7, pl.Int64).alias("row"), "row", "the number of another row"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_contract_is_said_in_plain_words(case: str, small: Study) -> None:
    change, column, said = BREAKS[case]
    frame = read_answers(small).frame
    faults = broken_rules(frame.with_columns(change), "before.csv", small, "Sheet1")
    (fault,) = [each for each in faults if each.column == column and said in each.found]
    assert (fault.code, fault.file, fault.sheet) == ("TAB001", "before.csv", "Sheet1")
    text = " ".join(map(str, faults))
    for word in (PLANTED, "pandera", "schema", "Column", "DataFrame", "isin", "nullable", "Check"):
        assert word not in text


def test_rows_that_break_a_rule_are_counted_and_the_first_named(small: Study) -> None:
    frame = read_answers(small).frame
    odd = frame["source_row"].is_between(4, 9)
    changed = pl.when(odd).then(pl.lit(9, pl.Int8)).otherwise(pl.col("pss4_control"))
    (fault,) = broken_rules(frame.with_columns(changed.alias("pss4_control")), "a.csv", small)
    assert (fault.row, fault.others, fault.count) == (4, (5, 6, 7, 8), 6)


def test_a_column_that_is_not_there_is_named(small: Study) -> None:
    frame = read_answers(small).frame.drop("phase", "pss4_control", "source_row")
    faults = broken_rules(frame, "a.csv", small)
    assert {fault.column for fault in faults} == {"phase", "stress_1", "source_row"}
    assert all("the column is not there" in fault.found for fault in faults)


def test_what_is_read_keeps_the_contract(small: Study) -> None:
    assert broken_rules(read_answers(small).frame, "a.csv", small) == []


def test_a_broken_contract_is_a_fault_of_the_check(
    small: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(study: Study) -> Iterator[Answers]:
        for answers in read_sources(study):
            frame = answers.frame.with_columns(pl.lit(PLANTED).alias("phase"))
            yield replace(answers, frame=frame)

    monkeypatch.setattr(peereval.pipeline, "read_sources", damaged)
    checked = check_study(small.path)
    assert [(f.code, f.file) for f in checked.faults] == [
        ("TAB001", "before.csv"),
        ("TAB001", "after.csv"),
    ]
    assert PLANTED not in str(checked.faults)


# --- what is said, and what is not ----------------------------------------------------------


def planted() -> dict[str, list[Row]]:
    """Ids and answers with a word in them that nobody could miss."""
    rows = untidy_rows()
    for name, sheets in rows.items():
        for number, row in enumerate(sheets):
            row["Pupil code"] = f"{PLANTED}{number}" if row["Pupil code"] else ""
            if number % 3 == 0:
                row["mood_1"] = f"{PLANTED} told me in {name}"
        sheets[2]["Role"] = f"{PLANTED} keeper"
    return rows


def many_checks(folder: Path) -> Iterator[Checked]:
    """Checks in which something of every kind is wrong or doubtful."""
    yield check_study(write_small_survey(folder / "plain", planted()))
    error = {"[contrast]": '[matching]\nduplicates = "error"\n\n[contrast]'}
    yield check_study(write_small_survey(folder / "duplicates", planted(), error))
    broken = write_small_survey(folder / "broken", planted())
    (broken.parent / "after.csv").write_text(f'"{PLANTED}', encoding="utf-8")
    yield check_study(broken)
    yield check_study(
        write_small_survey(folder / "study", planted(), {'"pss4_total", ': '"pss5_total", '})
    )
    yield check_study(
        write_small_survey(folder / "accepted", planted(), accepting('code = "DIA002"'))
    )


def test_no_id_and_no_answer_is_in_what_a_check_finds(tmp_path: Path) -> None:
    for checked in many_checks(tmp_path):
        assert checked.faults or checked.findings
        assert PLANTED not in str((checked.faults, checked.findings, checked.recognised))


def test_what_stops_is_a_fault_and_what_does_not_is_a_finding(tmp_path: Path) -> None:
    for checked in many_checks(tmp_path):
        assert all(EXPLANATIONS[fault.code].stops for fault in checked.faults)
        assert not any(EXPLANATIONS[fault.code].stops for fault in checked.findings)
        assert bool(checked.exit_code) == bool(checked.faults)


def test_an_export_where_a_study_belongs_is_told_what_makes_one_of_it(tmp_path: Path) -> None:
    export = tmp_path / "before.csv"
    export.write_text("Pupil code,stress_1\nA1,2\n", encoding="utf-8")
    with pytest.raises(StudyError, match="peereval init drafts one from exports"):
        load_study(export)
    slip = tmp_path / "study.toml"
    slip.write_text("id = small\n", encoding="utf-8")
    with pytest.raises(StudyError, match="Mend the syntax"):
        load_study(slip)
