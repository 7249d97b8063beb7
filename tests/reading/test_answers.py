"""Exports -> answers: what is read, what is counted, and what stops everything."""

import csv
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from openpyxl import Workbook
from polars.testing import assert_frame_equal

from peereval.columns import names
from peereval.errors import Fault, SourceError
from peereval.reading import Answers, read_answers
from peereval.studies import load_study
from reading.small_survey import (
    COLUMNS,
    MOOD,
    TEACHER,
    Row,
    tidy_rows,
    untidy_rows,
    write_csv,
    write_small_survey,
)


def read(study: Path) -> Answers:
    return read_answers(load_study(study))


def refused(study: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(study)
    assert caught.value.exit_code == 13
    return caught.value


def by_code(error: SourceError, code: str) -> list[Fault]:
    return [fault for fault in error.faults if fault.code == code]


# --- what is read


def test_answers_have_one_row_an_export_row_in_the_order_of_the_files(tmp_path: Path) -> None:
    study = load_study(write_small_survey(tmp_path))
    frame = read_answers(study).frame
    assert frame.columns == [*names("answers"), *study.item_columns]
    assert frame.height == sum(len(rows) for rows in untidy_rows().values())
    assert frame["row"].is_sorted()
    assert frame["row"].n_unique() == frame.height
    by_source = frame.group_by("source", maintain_order=True).agg("source_row", "occasion")
    before, after = by_source.to_dicts()
    assert before["source_row"] == list(range(2, 29))
    assert after["source_row"] == list(range(2, 25))
    assert (before["source"], set(before["occasion"])) == ("before.csv", {"before"})
    assert (after["source"], set(after["occasion"])) == ("after.csv", {"after"})


def test_every_cell_is_its_code(tmp_path: Path) -> None:
    rows = tidy_rows()
    frame = read(write_small_survey(tmp_path, rows)).frame.filter(occasion="after")
    written = rows["after"]
    assert frame["pss4_going_well"].to_list() == [int(row["stress_3"]) for row in written]
    assert frame["swemwbs_own_mind"].to_list() == [MOOD.index(row["mood_7"]) + 1 for row in written]
    assert frame["seen_teacher"].to_list() == [TEACHER.index(row["Q1_teacher"]) for row in written]
    assert frame["had_help"].to_list() == [int(row["Q2_help"] == "Yes") for row in written]
    assert frame["organisation"].to_list() == [row["School"] for row in written]
    assert set(frame["role"]) == {"mentor", "mentee", "both", "neither"}


_WRITTEN = ["  00 12 \t", "   ", "A1", "a1", "1001.0"]


@pytest.mark.parametrize(
    ("steps", "used"),
    {
        '["trim"]': ["00 12", None, "A1", "a1", "1001.0"],
        '["number", "trim"]': ["00 12", None, "A1", "a1", "1001"],
        '["case", "zeros", "separators"]': ["12", None, "A1", "A1", "10010"],
    }.items(),
)
def test_ids_are_made_alike_by_the_steps_of_the_study_alone(
    tmp_path: Path, steps: str, used: list[str | None]
) -> None:
    rows = tidy_rows()
    for row, code in zip(rows["before"], _WRITTEN, strict=False):
        row["Pupil code"] = code
    matching = {"[[occasions]]\nid = \"before\"": f"[matching]\nnormalise = {steps}\n\n"
                "[[occasions]]\nid = \"before\""}  # fmt: skip
    answers = read(write_small_survey(tmp_path, rows, matching))
    assert answers.frame["respondent"].to_list()[:5] == used
    assert answers.frame["respondent_as_written"].to_list()[:5] == _WRITTEN
    changed = [(w, u or "") for w, u in zip(_WRITTEN, used, strict=True) if w != u]
    before = answers.changes.filter(pl.col("source_row") < 7, source="before.csv")
    assert before.select("as_written", "used").rows() == changed
    assert all(before["reason"].str.len_chars() > 0)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String])
def test_ids_are_the_same_in_any_type(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    study = write_small_survey(tmp_path, tidy_rows(), {'"before.csv"': '"before.parquet"'})
    ids = pl.Series("Pupil code", [*range(1001, 1023), None, 2**40]).cast(dtype)
    frame = pl.DataFrame(tidy_rows()["before"]).with_columns(ids)
    frame.write_parquet(tmp_path / "before.parquet")
    found = read(study)
    before = found.frame.filter(occasion="before")["respondent"].to_list()
    assert before == [*map(str, range(1001, 1023)), None, str(2**40)]
    assert found.changes.filter(source="before.parquet").is_empty()


def test_a_blank_organisation_is_none(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][0]["School"] = "  "
    frame = read(write_small_survey(tmp_path, rows)).frame
    assert frame["organisation"].to_list()[:2] == [None, "Beech"]


def test_a_blank_line_is_no_response_and_takes_no_row_number_from_another(tmp_path: Path) -> None:
    rows = tidy_rows()
    study = write_small_survey(tmp_path, rows)
    rows["before"][5]["Pupil code"] = "1E5"
    text = (tmp_path / "before.csv").read_text(encoding="utf-8").split("\n")
    text.insert(3, "")
    (tmp_path / "before.csv").write_text("\r\n".join([*text, "", ""]), encoding="utf-8", newline="")
    frame = read(study).frame.filter(source="before.csv")
    assert frame["respondent"].to_list() == [row["Pupil code"] for row in rows["before"]]
    assert frame["source_row"].to_list() == [2, 3, *range(5, 27)]


def test_the_first_of_several_possible_columns_is_read_source_by_source(tmp_path: Path) -> None:
    rows = tidy_rows()
    study = write_small_survey(
        tmp_path, rows, {'columns = "Q2_help"': 'columns = ["Q9", "Q2_help"]'}
    )
    text = (tmp_path / "after.csv").read_text(encoding="utf-8")
    (tmp_path / "after.csv").write_text(text.replace("Q2_help", "Q9"), encoding="utf-8", newline="")
    frame = read(study).frame
    wanted = [int(row["Q2_help"] == "Yes") for row in [*rows["before"], *rows["after"]]]
    assert frame["had_help"].to_list() == wanted


def test_a_question_that_one_export_did_not_ask_is_missing_there(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, tidy_rows())
    text = (tmp_path / "before.csv").read_text(encoding="utf-8")
    changed = text.replace("Q2_help", "Q2_other").replace("Role", "Class")
    (tmp_path / "before.csv").write_text(changed, encoding="utf-8", newline="")
    frame = read(study).frame
    nulls = frame.group_by("occasion", maintain_order=True).agg(
        pl.col("had_help", "role").null_count()
    )
    assert nulls.rows() == [("before", 24, 24), ("after", 0, 0)]


def test_a_column_can_say_which_occasion_a_row_answers(tmp_path: Path) -> None:
    rows = tidy_rows()
    study = write_small_survey(
        tmp_path,
        rows,
        {
            '[[sources]]\nfile = "before.csv"\noccasion = "before"\n\n': "",
            'file = "after.csv"\noccasion = "after"': (
                'file = "both.csv"\noccasion_column = "Wave"\n'
                'occasions = { "Spring" = "before", 2 = "after" }'
            ),
        },
    )
    with (tmp_path / "both.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "Wave"])
        writer.writeheader()
        writer.writerows(row | {"Wave": " spring"} for row in rows["before"])
        writer.writerows(row | {"Wave": "2"} for row in rows["after"])
    frame = read(study).frame
    assert frame["occasion"].to_list() == ["before"] * 24 + ["after"] * 24


def test_a_source_can_have_a_coding_of_its_own(tmp_path: Path) -> None:
    def attitudes(path: Path, codes: list[int]) -> None:
        pl.DataFrame({"id": [1, 2], **{f"of_{n}": codes for n in range(1, 9)}}).write_csv(path)

    attitudes(tmp_path / "before.csv", [1, 2])
    attitudes(tmp_path / "after.csv", [4, 3])
    study = tmp_path / "study.toml"
    study.write_text(
        """\
format = 1
id = "codings"
columns = { respondent = "id" }
occasions = [{ id = "before" }, { id = "after" }]
comparisons = [{ id = "change", pairs = [["before", "after"]] }]
phases = [{ id = "pupils", outcomes = ["our_future_engagement"] }]
scales = { our_future = { columns = "of_{n}", coding = "agree_first" } }
sources = [
  { file = "before.csv", occasion = "before" },
  { file = "after.csv", occasion = "after", codings = { our_future = "disagree_first" } },
]
""",
        encoding="utf-8",
    )
    frame = read(study).frame
    assert frame["our_future_attitude_1"].to_list() == [4, 3, 4, 3]


# --- one survey, four formats


def write_excel(rows: list[Row], path: Path) -> None:
    book = Workbook()
    for c, name in enumerate(COLUMNS, 1):
        book.active.cell(row=1, column=c, value=name)
    for r, row in enumerate(rows, 2):
        for c, name in enumerate(COLUMNS, 1):
            text = row[name]
            number = name.startswith("stress") and text != ""
            book.active.cell(row=r, column=c, value=int(text) if number else text or None)
    book.save(path)


def write_parquet(rows: list[Row], path: Path) -> None:
    """Numbers as floats, words as categories, as a data frame would be saved."""
    stress = [name for name in COLUMNS if name.startswith("stress")]
    mood = [name for name in COLUMNS if name.startswith("mood")]
    pl.DataFrame(rows).select(COLUMNS).with_columns(
        *(pl.col(name).cast(pl.Float64, strict=False) for name in stress),
        *(pl.col(name).cast(pl.Categorical) for name in mood),
    ).write_parquet(path)


def write_spss(rows: list[Row], path: Path) -> None:
    """Words as labelled numbers, and 99 for what nobody answered."""
    frame = pl.DataFrame(rows).select(COLUMNS).to_pandas()
    labels = {"mood": dict(enumerate(MOOD, 11))}
    kinds = {name: "mood" for name in COLUMNS if name.startswith("mood")}
    for name in COLUMNS:
        if name.startswith("stress"):
            frame[name] = [float(text) if text else 99.0 for text in frame[name]]
        elif name in kinds:
            codes = {label: float(code) for code, label in labels["mood"].items()}
            frame[name] = [codes.get(text, 99.0) for text in frame[name]]
    # SPSS allows no space in a name.
    pyreadstat.write_sav(
        frame.rename(columns={"Pupil code": "Pupil_code"}),
        str(path),
        variable_value_labels={name: labels[kind] for name, kind in kinds.items()},
        missing_ranges={n: [99] for n in COLUMNS if n.startswith(("stress", "mood"))},
    )


WRITERS = {
    "csv": write_csv,
    "xlsx": write_excel,
    "parquet": write_parquet,
    "sav": write_spss,
}


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "sav", "tsv"])
def test_the_same_survey_is_the_same_answers_in_every_format(ending: str, tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][7]["mood_2"] = ""
    rows["before"][8]["stress_2"] = ""
    plain = read(write_small_survey(tmp_path / "csv", rows)).frame
    changes = {f'"{name}.csv"': f'"{name}.{ending}"' for name in rows}
    if ending == "sav":
        changes['respondent = "Pupil code"'] = 'respondent = "Pupil_code"'
    study = write_small_survey(tmp_path / ending, rows, changes)
    for name, sheets in rows.items():
        path = tmp_path / ending / f"{name}.{ending}"
        if ending == "tsv":
            write_csv(sheets, path, delimiter="\t", bom=True)
        else:
            WRITERS[ending](sheets, path)
        (tmp_path / ending / f"{name}.csv").unlink()
    other = read(study)
    assert_frame_equal(other.frame.drop("source"), plain.drop("source"))
    assert other.findings == ()
    assert plain["pss4_confident"].null_count() == 1
    assert plain["swemwbs_useful"].null_count() == 1


# --- what was not understood


def test_the_table_of_faults_counts_by_column_and_value_from_the_first_row(tmp_path: Path) -> None:
    rows = tidy_rows()
    for position in (5, 3, 9):
        rows["before"][position]["stress_1"] = "7"
    rows["before"][4]["stress_1"] = "often"
    rows["after"][0]["mood_4"] = "Now and then"
    rows["after"][1]["Role"] = "Governor"
    rows["after"][2]["Q2_help"] = "Perhaps"
    faults = read(write_small_survey(tmp_path, rows)).faults
    assert faults.columns == names("faults")
    found = {row[:6] for row in faults.iter_rows()}
    assert found == {
        ("ANS002", "before.csv", "stress_1", "7", 3, 5),
        ("ANS001", "before.csv", "stress_1", "often", 1, 6),
        ("ANS001", "after.csv", "mood_4", "Now and then", 1, 2),
        ("ANS003", "after.csv", "Role", "Governor", 1, 3),
        ("ANS001", "after.csv", "Q2_help", "Perhaps", 1, 4),
    }
    assert all(faults["found"].str.len_chars() > 0)


def test_what_is_not_understood_is_missing_and_nothing_else_is(tmp_path: Path) -> None:
    rows = tidy_rows()
    plain = read(write_small_survey(tmp_path / "plain", tidy_rows())).frame
    rows["before"][3]["stress_1"] = "7"
    rows["before"][4]["mood_1"] = "Now and then"
    frame = read(write_small_survey(tmp_path / "wrong", rows)).frame
    assert frame["pss4_control"].to_list()[3] is None
    assert frame["swemwbs_optimistic"].to_list()[4] is None
    assert frame.null_count().sum_horizontal()[0] == plain.null_count().sum_horizontal()[0] + 2


def test_a_text_that_the_study_declares_missing_is_not_a_fault(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][0]["stress_1"] = "PREFER not to say. "
    answers = read(write_small_survey(tmp_path, rows))
    assert answers.frame["pss4_control"].to_list()[0] is None
    assert answers.faults.height == 0
    assert answers.findings == ()


def test_findings_hold_places_and_counts_and_nothing_that_anyone_wrote(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][0] |= {"Pupil code": "SECRET-ID", "stress_1": "SECRET-ANSWER", "Role": "SECRET"}
    rows["before"][1]["stress_1"] = "SECRET-TOO"
    answers = read(write_small_survey(tmp_path, rows))
    assert {(f.code, f.file, f.column, f.row, f.count) for f in answers.findings} == {
        ("ANS001", "before.csv", "stress_1", 2, 2),
        ("ANS003", "before.csv", "Role", 2, 1),
    }
    assert "SECRET" not in "".join(map(str, answers.findings))
    assert set(answers.faults["value"]) == {"SECRET-ANSWER", "SECRET-TOO", "SECRET"}


def test_a_finding_about_numbers_has_the_code_that_the_table_gives_it(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][0]["stress_1"] = "7"
    answers = read(write_small_survey(tmp_path, rows))
    assert answers.faults["code"].to_list() == ["ANS002"]
    assert [fault.code for fault in answers.findings] == ["ANS002"]


def test_an_export_with_a_header_alone_is_no_rows(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, {"before": tidy_rows()["before"], "after": []})
    frame = read(study).frame
    assert set(frame["occasion"]) == {"before"}


# --- what stops everything


def test_a_missing_id_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, None, {'"Pupil code"': '"Pupil cod"'})
    faults = by_code(refused(study), "MAP001")
    assert [(f.file, f.column, f.fix) for f in faults] == [
        ("before.csv", "Pupil cod", "Did you mean 'Pupil code'?"),
        ("after.csv", "Pupil cod", "Did you mean 'Pupil code'?"),
    ]


def test_a_missing_item_is_named_with_the_nearest_column(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    text = (tmp_path / "after.csv").read_text(encoding="utf-8")
    changed = text.replace("stress_4", "stres_4").replace("mood_7", "mod_7")
    (tmp_path / "after.csv").write_text(changed, encoding="utf-8", newline="")
    faults = by_code(refused(study), "MAP002")
    assert [(f.file, f.column, f.fix) for f in faults] == [
        ("after.csv", "stress_4", "Did you mean 'stres_4'?"),
        ("after.csv", "mood_7", "Did you mean 'mod_7'?"),
    ]
    assert "'piling_up' of pss4" in faults[0].found


def test_a_question_that_no_export_has_is_a_fault(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, None, {'columns = "Q2_help"': 'columns = ["Q8", "Q9"]'})
    (fault,) = by_code(refused(study), "MAP003")
    assert "'had_help'" in fault.found
    assert "'Q8' or 'Q9'" in fault.fix


def test_a_role_column_that_no_export_has_is_a_fault(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, None, {'role = "Role"': 'role = "Rolle"'})
    (fault,) = by_code(refused(study), "MAP003")
    assert "'Rolle'" in fault.found


# A misspelt pattern would otherwise give a whole evaluation without a word about the outcome.
def test_a_scale_that_no_export_has_is_a_fault(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, None, {'"mood_{n}"': '"moods_{n}"'})
    (fault,) = by_code(refused(study), "MAP003")
    assert "swemwbs" in fault.found


def test_rows_of_an_unknown_occasion_stop_everything(tmp_path: Path) -> None:
    rows = tidy_rows()
    study = write_small_survey(
        tmp_path,
        rows,
        {
            'file = "after.csv"\noccasion = "after"': (
                'file = "after.csv"\noccasion_column = "School"\n'
                'occasions = { Ash = "before", Beech = "after", Cedar = "after", Elm = "after" }'
            )
        },
    )
    rows["after"][0]["School"] = ""
    write_csv(rows["after"], tmp_path / "after.csv")
    (fault,) = by_code(refused(study), "MAP004")
    assert (fault.file, fault.column, fault.row) == ("after.csv", "School", 2)
    assert "9 rows have no known occasion (1 blank)" in fault.found
    assert "Fir" not in str(fault)
    assert "Oak" not in str(fault)


def test_the_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    (tmp_path / "before.csv").unlink()
    text = (tmp_path / "after.csv").read_text(encoding="utf-8")
    changed = text.replace("stress_4", "other").replace("stress_3", "another")
    (tmp_path / "after.csv").write_text(changed, encoding="utf-8", newline="")
    error = refused(study)
    assert [fault.code for fault in error.faults] == ["SRC001", "MAP002", "MAP002"]
    assert error.message == "The exports have 3 faults"


def test_columns_of_people_and_of_items_are_reported_at_once(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    text = (tmp_path / "after.csv").read_text(encoding="utf-8")
    changed = text.replace("stress_4", "other").replace("School", "Place")
    (tmp_path / "after.csv").write_text(changed, encoding="utf-8", newline="")
    assert {fault.code for fault in refused(study).faults} == {"MAP001", "MAP002"}


def test_a_comma_in_an_open_answer_cannot_move_the_answers_after_it(tmp_path: Path) -> None:
    rows = tidy_rows()
    study = write_small_survey(tmp_path, rows)
    header, *lines = (tmp_path / "before.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"fine,{line}" for line in lines]
    lines[4] = lines[4].replace("fine", "SECRET, and more")
    text = "\n".join([f"Anything else?,{header}", *lines])
    (tmp_path / "before.csv").write_text(text + "\n", encoding="utf-8")
    error = refused(study)
    assert [(fault.code, fault.row) for fault in error.faults] == [("SRC014", 6)]
    assert "SECRET" not in str(error)


# Nested cells cannot be answers; whoever exported them chose the wrong columns.
@pytest.mark.parametrize("column", ["stress_1", "Pupil code", "School", "Role"])
@pytest.mark.parametrize("cell", [["PRIVATE"], {"said": "PRIVATE"}], ids=["list", "struct"])
def test_a_column_of_lists_is_a_fault_and_no_crash(
    column: str, cell: object, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path, tidy_rows(), {'"before.csv"': '"before.parquet"'})
    frame = pl.DataFrame(tidy_rows()["before"]).with_columns(pl.Series(column, [cell] * 24))
    frame.write_parquet(tmp_path / "before.parquet")
    error = refused(study)
    assert [(fault.file, fault.column) for fault in error.faults] == [("before.parquet", column)]
    assert "PRIVATE" not in str(error)
