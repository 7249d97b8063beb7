"""Free text that people coded: what is counted, what is refused, which quotations are shown."""

from io import StringIO
from pathlib import Path
from stat import S_IMODE
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from rich.console import Console

import peereval as pe
from peereval.checking import check_study
from peereval.cli import main
from peereval.errors import CodingSheetError, StudyError
from peereval.output import write_run
from peereval.pipeline import Run
from peereval.rendering.terminal import show_run
from support.coded import (
    COLUMN,
    MEANS,
    THEMES,
    Rows,
    coded_rows,
    write_exports,
    write_sheet,
    write_study,
)
from support.soundness import assert_sound

ANSWERS = ("they hear me", "chatting", "both", "dunno", "", "hm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_exports(tmp_path, ANSWERS)
    write_sheet(tmp_path, coded_rows(tmp_path))
    write_study(tmp_path)
    return tmp_path


def estimates(run: Run, where: str) -> dict[str, Any]:
    return {
        row["estimate_id"].removeprefix("tabulation."): row["estimate"]
        for row in run.tables["results"].iter_rows(named=True)
        if where in row["estimate_id"]
    }


def refused(folder: Path) -> dict[str, Any]:
    with pytest.raises(CodingSheetError) as error:
        pe.analyse(folder / "study.toml")
    assert error.value.exit_code == 21
    return {fault.code: fault for fault in error.value.faults}


# --- what is counted ----------------------------------------------------------------------


def test_themes_are_counted_of_those_who_gave_a_codeable_answer(folder: Path) -> None:
    run = pe.analyse(folder / "study.toml")
    found = estimates(run, "before.all.best")
    # Of 60 every sixth gave each answer: 30 can be coded, 10 cannot, 10 have no theme.
    assert found["count.pupils.before.all.best.n_answering"] == 30
    assert found["count.pupils.before.all.best.listening.n_choosing"] == 20
    assert found["wilson.pupils.before.all.best.talking.share_choosing"] == pytest.approx(2 / 3)
    assert found["count.pupils.before.all.best.n_not_codeable"] == 10
    assert found["count.pupils.before.all.best.n_not_coded"] == 10
    (fault,) = [fault for fault in run.findings if fault.code == "TBL010"]
    assert fault.count == 20  # at both occasions
    assert_sound(run.tables["results"])


def test_every_engine_and_every_order_counts_alike(folder: Path, engine: str) -> None:
    one = pe.analyse(pe.load_study(folder / "study.toml")).tables
    rows = coded_rows(folder)
    write_sheet(folder, rows[::-1])
    two = pe.analyse(pe.load_study(folder / "study.toml"), engine).tables
    for name in ("results", "quotations"):
        assert one[name].equals(two[name])


def test_themes_before_and_after_are_paired(folder: Path) -> None:
    write_study(folder, COLUMN + 'comparisons = ["year"]\n' + THEMES)
    run = pe.analyse(folder / "study.toml")
    found = estimates(run, "year.all.best")
    # They hear me -> chatting, chatting -> both; both -> dunno is left out.
    assert found["share.pupils.year.all.best.listening.share_pre"] == pytest.approx(0.5)
    assert found["share.pupils.year.all.best.listening.share_post"] == pytest.approx(0.5)
    assert_sound(run.tables["results"])


def test_without_its_column_the_sheet_says_who_answered(folder: Path) -> None:
    write_study(folder, THEMES)
    found = estimates(pe.analyse(folder / "study.toml"), "before.all.best")
    assert found["count.pupils.before.all.best.n_not_coded"] == 10
    write_sheet(folder, [row for row in coded_rows(folder) if row["themes"]])
    found = estimates(pe.analyse(folder / "study.toml"), "before.all.best")
    assert found["count.pupils.before.all.best.n_not_coded"] == 0


def test_themes_may_be_those_of_the_sheet(folder: Path) -> None:
    write_study(folder, COLUMN)
    means = MEANS | {"both": "Talking; Being listened to", "chatting": "TALKING"}
    write_sheet(folder, coded_rows(folder, means=means))
    run = pe.analyse(folder / "study.toml")
    found = estimates(run, "before.all.best")
    assert found["count.pupils.before.all.best.being_listened_to.n_choosing"] == 20
    assert found["count.pupils.before.all.best.talking.n_choosing"] == 20
    assert found["count.pupils.before.all.best.n_answering"] == 40  # Unclear is a theme here


def test_codes_may_be_joined_by_respondent(folder: Path) -> None:
    by_row = pe.analyse(folder / "study.toml").tables["results"]
    rows = [
        {
            "respondent": f"P{int(row['row']) - 2:03d}",
            "occasion": row["source"].removesuffix(".csv"),
            "themes": row["themes"],
        }
        for row in coded_rows(folder)
    ]
    write_sheet(folder, rows)
    assert pe.analyse(folder / "study.toml").tables["results"].equals(by_row)


def test_codes_may_come_from_a_spreadsheet(folder: Path) -> None:
    from openpyxl import Workbook

    by_csv = pe.analyse(folder / "study.toml").tables["results"]
    book, rows = Workbook(), coded_rows(folder)
    assert book.active is not None
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([int(cell) if key == "row" else cell for key, cell in row.items()])
    book.save(folder / "coded.xlsx")
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace("coded.csv", "coded.xlsx")
    path.write_text(text, encoding="utf-8")
    assert pe.analyse(path).tables["results"].equals(by_csv)


def test_no_word_of_an_answer_leaves_the_sheet(folder: Path) -> None:
    run = pe.analyse(folder / "study.toml")
    write_run(run, folder / "out")
    for path in (folder / "out").rglob("*.csv"):
        assert "they hear me" not in path.read_text(encoding="utf-8"), path.name
    assert (folder / "out" / "quotations.csv").is_file()
    assert (folder / "out" / "restricted" / "quotations_withheld.csv").is_file()


# --- coders -------------------------------------------------------------------------------


def two_coders(folder: Path, more: str = 'coder = "AB"\n') -> None:
    others = coded_rows(folder, "CD", MEANS | {"both": "Talking"})
    write_sheet(folder, coded_rows(folder) + others)
    write_study(folder, COLUMN + more + THEMES)


def test_of_several_coders_one_counts_and_all_are_compared(folder: Path) -> None:
    two_coders(folder)
    run = pe.analyse(folder / "study.toml")
    found = estimates(run, "best.listening")
    assert found["count.pupils.before.all.best.listening.n_choosing"] == 20
    # Of 80 coded by both: 20 with the theme by both, 20 by the first alone.
    assert found["sample.best.listening.share_coders_agreeing"] == pytest.approx(0.75)
    assert found["cohen_kappa.best.listening.coder_kappa"] == pytest.approx(0.5)
    assert_sound(run.tables["results"])


def test_of_three_coders_who_leads_is_not_compared(folder: Path) -> None:
    two_coders(folder)
    rows = pl.read_csv(folder / "coded.csv", infer_schema=False).fill_null("").to_dicts()
    third = coded_rows(folder, "EF", MEANS | {"both": "Talking", "chatting": "Unclear"})
    write_sheet(folder, rows + third)
    run = pe.analyse(folder / "study.toml")
    found = estimates(run, "best.listening")
    assert found["sample.best.listening.share_coders_agreeing"] == 1
    write_study(folder, COLUMN + 'coder = "final"\n' + THEMES)
    write_sheet(folder, rows + third + coded_rows(folder, "final"))
    assert "fleiss_kappa.best.listening.coder_kappa" in estimates(
        pe.analyse(folder / "study.toml"), "best.listening"
    )


@pytest.mark.parametrize("more", ["", 'coder = "XY"\n'])
def test_of_several_coders_the_study_says_whose_codes_count(folder: Path, more: str) -> None:
    two_coders(folder, more)
    assert "TBL011" in refused(folder)


def test_a_row_without_its_coder_is_a_fault(folder: Path) -> None:
    """It would be a third coder, and nobody agrees with one who coded one response."""
    write_study(folder, COLUMN + 'coder = "AB"\n' + THEMES)
    rows = [*coded_rows(folder, "AB"), *coded_rows(folder, "CD")]
    write_sheet(folder, [*rows[:-1], {**rows[-1], "coder": ""}])
    with pytest.raises(CodingSheetError) as caught:
        pe.analyse(folder / "study.toml")
    (fault,) = caught.value.faults
    assert fault.code == "TBL011"
    assert fault.row == len(rows) + 1
    assert fault.found == "1 row does not say who coded, while others do"


@pytest.mark.parametrize("lead", ["", 'coder = "AB"\n'])
def test_rows_that_wait_to_be_coded_are_no_coder_s(folder: Path, lead: str) -> None:
    """Who codes half a sheet writes a name beside that half."""
    write_study(folder, COLUMN + lead + THEMES)
    rows = coded_rows(folder, "AB")
    write_sheet(folder, rows[:-1])
    left_out = estimates(pe.analyse(folder / "study.toml"), "best")
    write_sheet(folder, [*rows[:-1], {**rows[-1], "coder": "", "themes": ""}])
    assert estimates(pe.analyse(folder / "study.toml"), "best") == left_out


# --- what is refused ----------------------------------------------------------------------


def changed(folder: Path, number: int, **cells: str) -> Rows:
    rows = coded_rows(folder)
    rows[number] = rows[number] | cells
    return rows


@pytest.mark.parametrize(
    ("code", "cells", "said"),
    [
        ("TBL008", {"row": "999"}, "no response"),
        ("TBL008", {"source": "other.csv"}, "no response"),
        ("TBL008", {"row": ""}, "no response"),
        ("TBL009", {"themes": "Talkin"}, "Did you mean 'Talking'?"),
        ("TBL012", {"row": "3"}, "coded twice"),
        ("TBL013", {"export": "sha256:0123456789abcdef"}, "has changed"),
        ("TBL013", {"row": "6"}, "no answer"),
        ("TBL013", {"source": "after.csv", "row": "62"}, "has changed"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(
    folder: Path, code: str, cells: dict[str, str], said: str
) -> None:
    write_sheet(folder, changed(folder, 0, **cells))
    fault = refused(folder)[code]
    assert said in f"{fault.found} {fault.fix}"
    assert fault.row is not None


def test_an_answer_in_the_place_of_a_theme_is_not_repeated(folder: Path) -> None:
    secret = "my mother is ill and nobody knows"
    write_sheet(folder, changed(folder, 0, themes=secret))
    fault = refused(folder)["TBL009"]
    assert secret not in str(fault)
    assert fault.row == 2
    write_study(folder, COLUMN)
    write_sheet(folder, changed(folder, 0, themes=secret * 4))
    assert secret not in str(refused(folder)["TBL009"])


def test_ids_of_organisations_do_not_say_which_response_is_meant(folder: Path) -> None:
    path = write_study(folder)
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("near_misses = false", 'near_misses = false\nid_scope = "organisation"'),
        encoding="utf-8",
    )
    write_sheet(folder, [{"respondent": "P000", "occasion": "before", "themes": "Talking"}])
    assert "TBL007" in refused(folder)


def test_matching_needs_no_sheet(folder: Path) -> None:
    (folder / "coded.csv").unlink()
    words = ["match", str(folder / "study.toml"), "--out", str(folder / "m")]
    assert CliRunner().invoke(main, words).exit_code == 0


def test_an_export_with_a_row_more_is_refused(folder: Path) -> None:
    text = (folder / "before.csv").read_text(encoding="utf-8")
    head, *rows = text.splitlines()
    more = "\n".join([head, "p999,Dene,Mentor,Yes,3,chatting", *rows])
    (folder / "before.csv").write_text(more + "\n", encoding="utf-8")
    assert "TBL013" in refused(folder)


def test_a_sheet_that_is_not_there_or_lacks_columns_is_refused(folder: Path) -> None:
    write_sheet(folder, [{"answer": "x", "theme": "Talking"}])
    assert "TBL007" in refused(folder)
    assert "TBL007" in {fault.code for fault in check_study(folder / "study.toml").faults}
    (folder / "coded.csv").unlink()
    assert "TBL007" in refused(folder)


def test_all_that_is_wrong_is_said_at_once(folder: Path) -> None:
    rows = changed(folder, 0, themes="Fun; Talkin")
    rows[1]["row"] = rows[2]["row"]
    write_sheet(folder, rows)
    assert set(refused(folder)) == {"TBL009", "TBL012"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('column = "Q8"\n' + THEMES, "STU048"),
        (COLUMN + THEMES + "top = 2", "STU047"),
        (COLUMN + 'options = { a = "X", b = "x" }', "STU047"),
        (COLUMN + THEMES + "quotations = { respondents = 2 }", "STU047"),
        (COLUMN + THEMES + "quotations = { schools = 2 }", "STU006"),
        (COLUMN + THEMES + 'outliers = "tukey"', "STU047"),
        (COLUMN + THEMES + 'nets = { all = ["talking", "unclear"] }', "STU047"),
        (COLUMN + 'uncodeable = ["unclear"]', "STU006"),
    ],
)
def test_a_table_of_themes_that_does_not_fit_is_refused(folder: Path, more: str, code: str) -> None:
    with pytest.raises(StudyError) as error:
        pe.load_study(write_study(folder, more))
    assert code in {fault.code for fault in error.value.faults}


def test_codes_of_responses_that_are_set_aside_are_said(folder: Path) -> None:
    with (folder / "before.csv").open("a", encoding="utf-8") as file:
        file.write("p000,Ashby Primary,Mentor,Yes,3,chatting\n")
    write_sheet(folder, coded_rows(folder))
    run = pe.analyse(folder / "study.toml")
    (fault,) = [fault for fault in run.findings if fault.code == "TBL015"]
    assert fault.count == 1


# --- quotations ---------------------------------------------------------------------------


def quoted(folder: Path, *texts: str, more: str = "", answer: str = "chatting") -> Run:
    """A run in which these texts are chosen, each of a response of one role with that answer."""
    rows = coded_rows(folder)
    mentors = {str(n + 2) for n in range(60) if n // 4 % 2 == 0}
    wanted = [
        row
        for row in rows
        if row["source"] == "before.csv"
        and row["row"] in mentors
        and row["themes"] == MEANS[answer]
    ]
    for row, text in zip(wanted, texts, strict=False):
        row |= {"quote": "yes", "quotation": text}
    assert len(wanted) >= len(texts)
    write_sheet(folder, rows)
    write_study(folder, COLUMN + more + THEMES)
    return pe.analyse(folder / "study.toml")


def test_a_quotation_has_phase_and_role_and_nothing_else(folder: Path) -> None:
    run = quoted(folder, "I could say anything, and they listened.")
    (row,) = run.tables["quotations"].to_dicts()
    assert row == {
        "table": "best",
        "theme": "talking",
        "phase": "pupils",
        "role": "mentor",
        "quotation": "I could say anything, and they listened.",
    }
    assert run.tables["quotations_withheld"].is_empty()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("we sat with Anna at lunch", "may be a name"),
        ("Anna listened to me", "may be a name"),
        ("it was mr brown who helped", "may be a name"),
        ("it was good. Tom is kind", "may be a name"),
        ("“Zoe is kind”", "may be a name"),
        ("I was 11 then", "digits"),
        ("ring me on 07700 900123", "digits"),
        ("write to me@there.org", "an address"),
        ("see www.there.org", "an address"),
        ("I live at SW1A 1AA", "a postcode"),
        ("they call me p001 there", "an id"),
        ("here at ashby they listen", "the name of an organisation"),
        ("corfe is the best", "the name of an organisation"),
        ("they listened " * 20, "longer than 200"),
        ("", "no text"),
    ],
)
def test_what_may_tell_who_or_where_is_withheld(folder: Path, text: str, reason: str) -> None:
    run = quoted(folder, text)
    assert run.tables["quotations"].is_empty()
    (row,) = run.tables["quotations_withheld"].to_dicts()
    assert reason in row["reason"]
    assert row["source"] == "before.csv"
    (fault,) = [fault for fault in run.findings if fault.code == "TBL014"]
    assert fault.count == 1
    if text:
        assert text not in str(fault)


@pytest.mark.parametrize(
    "text",
    [
        "they listened. I'd never had that. It's good!",
        "They listened, and I'm happier",
        "“They listened”",
        "my school helped me with friends",
    ],
)
def test_what_tells_nobody_is_shown(folder: Path, text: str) -> None:
    assert quoted(folder, text).tables["quotations"]["quotation"].to_list() == [text]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("quotations = { respondents = 12 }\n", "fewer than 12 respondents"),
        ("quotations = { organisations = 5 }\n", "fewer than 5 organisations"),
        ("quotations = { longest = 10 }\n", "longer than 10"),
    ],
)
def test_a_theme_needs_enough_behind_it(folder: Path, more: str, reason: str) -> None:
    run = quoted(folder, "they listened to me", more=more)
    (row,) = run.tables["quotations_withheld"].to_dicts()
    assert reason in row["reason"]


def test_those_who_stand_behind_a_theme_are_of_the_same_role(folder: Path) -> None:
    """20 of all have the theme; 11 are mentors, which is what the quotation says of them."""
    asked = "quotations = { respondents = 11 }\n"
    assert quoted(folder, "they listened", more=asked).tables["quotations"].height == 1
    rows = coded_rows(folder)
    mentors = [row for row in rows if row["source"] == "before.csv"
               and (int(row["row"]) - 2) // 4 % 2 == 0 and "alking" in row["themes"]]  # fmt: skip
    assert len(mentors) == 11
    mentors[0]["themes"] = "Unclear"
    mentors[1] |= {"quote": "x", "quotation": "they listened"}
    write_sheet(folder, rows)
    run = pe.analyse(folder / "study.toml")
    assert run.tables["quotations"].is_empty()


def test_the_same_words_are_shown_once_and_need_a_theme(folder: Path) -> None:
    run = quoted(folder, "they listened", "They listened")
    assert run.tables["quotations"].height == 1
    assert "there already" in run.tables["quotations_withheld"]["reason"][0]
    run = quoted(folder, "they listened", answer="dunno")
    assert "no theme" in run.tables["quotations_withheld"]["reason"][0]


def test_without_organisations_nothing_is_shown_unless_the_study_says_so(folder: Path) -> None:
    quoted(folder, "they listened")
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace('organisation = "school"\n', "")
    path.write_text(text, encoding="utf-8")
    held = pe.analyse(path).tables["quotations_withheld"]
    assert held["reason"].to_list() == ["organisations are not known"]
    path.write_text(text + "quotations = { organisations = 0 }\n", encoding="utf-8")
    assert pe.analyse(path).tables["quotations"].height == 1


# --- the sheet for coders, and the screen ---------------------------------------------------


def test_the_blank_sheet_holds_every_answer_and_nobody(folder: Path) -> None:
    out = folder / "to_code.csv"
    arguments = ["tables", "code-sheet", str(folder / "study.toml"), "best", "--out", str(out)]
    found = CliRunner().invoke(main, arguments)
    assert found.exit_code == 0, found.output
    assert "they hear me" not in found.output
    assert S_IMODE(out.stat().st_mode) == 0o600
    sheet = pl.read_csv(out, infer_schema=False)
    assert sheet.height == 100
    assert set(sheet.columns).isdisjoint({"respondent", "organisation", "role", "school", "id"})
    coded = sheet.with_columns(
        pl.lit("AB").alias("coder"),
        pl.col("answer").replace_strict(MEANS).alias("themes"),
    )
    wanted = pe.analyse(folder / "study.toml").tables["results"]
    coded.write_csv(folder / "coded.csv")
    assert pe.analyse(folder / "study.toml").tables["results"].equals(wanted)


def test_a_table_without_its_column_has_no_sheet(folder: Path) -> None:
    study = str(write_study(folder, THEMES))
    for table in ("best", "worst"):
        arguments = ["tables", "code-sheet", study, table, "--out", str(folder / "x.csv")]
        assert CliRunner().invoke(main, arguments).exit_code == 2
    assert not (folder / "x.csv").exists()


def test_the_screen_shows_themes_what_is_left_and_how_coders_agree(folder: Path) -> None:
    two_coders(folder)
    screen = StringIO()
    show_run(pe.analyse(folder / "study.toml"), Console(file=screen, width=100))
    text = screen.getvalue()
    assert "Being listened to" in text
    assert "Not codeable" in text
    assert "Not coded" in text
    assert "kappa" in text
