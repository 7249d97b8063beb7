"""Makes every file of ``files/``, the same each time:

    python tests/exports/make.py

Nobody in them is real. Ids have five digits and begin with 4, and whatever else would give a
respondent away holds the word zebra, so that the tests can look for both in every message. The
headings and the rows above the answers are those of the platforms; texts of questions are our own.
"""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Cell = Any
Rows = list[list[Cell]]

FILES = Path(__file__).parent / "files"

#: Respondents and their four answers as codes 0 to 4; the second and third are reversed when
#: scored, so the totals are 2, 14, 8, 9 and, with an answer missing, none.
CAST: Mapping[str, tuple[int | None, ...]] = {
    "41017": (1, 3, 4, 0),
    "42038": (4, 0, 1, 3),
    "43051": (2, 2, 2, 2),
    "44062": (3, 1, 2, 1),
    "45073": (1, None, 2, 3),
}
WORDS = ("Never", "Almost never", "Sometimes", "Fairly often", "Very often")
STEM = "In the last month, how often?"
STATEMENTS = (
    "unable to control important things",
    "confident about handling problems",
    "things going your way",
    "difficulties piling up",
)
#: Who helped, of four that could be ticked: a comma and a semicolon are part of two of them.
HELPERS = ("A teacher", "A friend, or a sibling", "A club; a coach", "Nobody")
TICKED: Mapping[str, tuple[str, ...]] = {
    "41017": ("A teacher",),
    "42038": ("A friend, or a sibling", "A club; a coach"),
    "43051": ("A teacher", "A friend, or a sibling", "A club; a coach"),
    "44062": (),
    "45073": ("Nobody",),
}
PLAIN = ["Pupil code", *(f"stress_{n}" for n in range(1, 5))]

#: Name of a file -> what makes it.
KEPT: dict[str, Callable[[], bytes]] = {}
#: Likewise of files that are too large to keep.
MADE_WHEN_NEEDED: dict[str, Callable[[], bytes]] = {}


def export(name: str, keep: bool = True) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Registers what makes the file ``name``."""

    def register(maker: Callable[[], bytes]) -> Callable[[], bytes]:
        (KEPT if keep else MADE_WHEN_NEEDED)[name] = maker
        return maker

    return register


def in_words(codes: Iterable[int | None]) -> list[str]:
    return ["" if code is None else WORDS[code] for code in codes]


def in_codes(codes: Iterable[int | None], first: int = 0) -> list[str]:
    return ["" if code is None else str(code + first) for code in codes]


def plain(rows: Mapping[str, Sequence[Cell]] | None = None, *, words: bool = True) -> Rows:
    """The usual table: a heading, then the id and four answers."""
    told = in_words if words else in_codes
    answers = rows or {name: told(codes) for name, codes in CAST.items()}
    return [list(PLAIN), *([name, *cells] for name, cells in answers.items())]


# --- formats ----------------------------------------------------------------------------------


def text(rows: Rows, delimiter: str = ",", encoding: str = "utf-8", always_quote: bool = False,
         end: str = "\r\n") -> bytes:  # fmt: skip
    """Delimited text. Lines end as on Windows, where most platforms' exports do."""
    written = io.StringIO()
    quoting = csv.QUOTE_ALL if always_quote else csv.QUOTE_MINIMAL
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return written.getvalue().encode(encoding)


def workbook(sheets: Mapping[str, Rows], arrange: Callable[[Any], None] | None = None) -> bytes:
    """A workbook; ``arrange`` gets it before it is saved, to merge cells and the like."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    if arrange:
        arrange(book)
    written = io.BytesIO()
    book.save(written)
    return _without_times(written.getvalue())


def _without_times(zipped: bytes) -> bytes:
    """The same archive as if written at the beginning of zip time."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(written, "w") as new:
        for part in sorted(old.namelist()):
            content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2018-09-03T09:00:00Z",
                             old.read(part))  # fmt: skip
            new.writestr(zipfile.ZipInfo(part), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def spss(columns: Mapping[str, Sequence[Cell]], **said: Any) -> bytes:
    """An SPSS file; ``said`` are value labels, missing ranges and the like."""
    import pandas as pd
    import pyreadstat

    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.sav"
        pyreadstat.write_sav(pd.DataFrame(columns), str(path), **said)
        written = bytearray(path.read_bytes())
    written[92:109] = b"03 Sep 1809:00:00"  # when it was written
    return bytes(written)


def parquet(columns: Mapping[str, Sequence[Cell]], schema: Mapping[str, Any]) -> bytes:
    import polars as pl

    written = io.BytesIO()
    pl.DataFrame(columns, schema=dict(schema)).write_parquet(written, compression="uncompressed")
    return written.getvalue()


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


# --- Qualtrics --------------------------------------------------------------------------------

QUALTRICS = (
    ("StartDate", "Start Date", '{"ImportId":"startDate","timeZone":"Europe/London"}'),
    ("EndDate", "End Date", '{"ImportId":"endDate","timeZone":"Europe/London"}'),
    ("Status", "Response Type", '{"ImportId":"status"}'),
    ("Progress", "Progress", '{"ImportId":"progress"}'),
    ("Duration (in seconds)", "Duration (in seconds)", '{"ImportId":"duration"}'),
    ("Finished", "Finished", '{"ImportId":"finished"}'),
    ("RecordedDate", "Recorded Date", '{"ImportId":"recordedDate","timeZone":"Europe/London"}'),
    ("ResponseId", "Response ID", '{"ImportId":"_recordId"}'),
    ("DistributionChannel", "Distribution Channel", '{"ImportId":"distributionChannel"}'),
    ("UserLanguage", "User Language", '{"ImportId":"userLanguage"}'),
    ("Q1", "Your pupil code", '{"ImportId":"QID1_TEXT"}'),
    *(
        (f"Q2_{n}", f"{STEM}\n\nChoose one. - {statement}", f'{{"ImportId":"QID2_{n}"}}')
        for n, statement in enumerate(STATEMENTS, 1)
    ),
    *(
        (f"Q3_{n}", f"Who helped you? - Selected Choice - {helper}", f'{{"ImportId":"QID3_{n}"}}')
        for n, helper in enumerate(HELPERS, 1)
    ),
)


def qualtrics_row(
    name: str,
    status: str = "IP Address",
    finished: str = "True",
    answers: Sequence[str] | None = None,
    ticks: Sequence[str] | None = None,
) -> list[str]:
    codes = CAST.get(name, (0, 0, 0, 0))
    ticked = TICKED.get(name, ())
    return [
        "2018-09-03 09:00:00", "2018-09-03 09:07:00", status,
        "100" if finished in ("True", "1") else "62", "420", finished, "2018-09-03 09:07:02",
        f"R_zebra{name}", "anonymous", "EN", name,
        *(answers or in_words(codes)),
        *(ticks or [helper if helper in ticked else "" for helper in HELPERS]),
    ]  # fmt: skip


def qualtrics_headings(n: int = 3) -> Rows:
    return [[column[part] for column in QUALTRICS] for part in range(n)]


def qualtrics_labelled() -> Rows:
    first, second, third, fourth, last = CAST
    return [
        qualtrics_row(first),
        qualtrics_row("40001", status="Survey Preview"),
        qualtrics_row(second),
        qualtrics_row(third),
        qualtrics_row("40002", status="Spam"),
        qualtrics_row(fourth),
        qualtrics_row(last, finished="False"),
    ]


@export("qualtrics_labels.csv")
def _() -> bytes:
    return text(qualtrics_headings() + qualtrics_labelled(), end="\n")


@export("qualtrics_recoded.csv")
def _() -> bytes:
    """Recode values: choices count from 1, a ticked box is 1, Status and Finished are numbers."""

    def row(name: str, status: str = "0", finished: str = "1") -> list[str]:
        ticks = ["1" if helper in TICKED.get(name, ()) else "" for helper in HELPERS]
        answers = in_codes(CAST.get(name, (0, 0, 0, 0)), first=1)
        return qualtrics_row(name, status, finished, answers, ticks)

    rows = [row(name) for name in CAST]
    rows[4][5] = "0"
    rows.insert(1, row("40001", status="1"))
    rows.insert(5, row("40002", status="8"))
    return text(qualtrics_headings() + rows, end="\n")


@export("qualtrics.tsv")
def _() -> bytes:
    rows = qualtrics_headings() + qualtrics_labelled()
    return b"\xff\xfe" + text(rows, "\t", "utf-16-le", end="\n")


@export("qualtrics_three_headings.xlsx")
def _() -> bytes:
    return workbook({"Sheet0": qualtrics_headings() + qualtrics_labelled()})


@export("qualtrics_two_headings.xlsx")
def _() -> bytes:
    return workbook({"Sheet0": qualtrics_headings(2) + qualtrics_labelled()})


@export("qualtrics_previews.csv")
def _() -> bytes:
    rows = [qualtrics_row(name, status="Survey Preview") for name in CAST]
    return text(qualtrics_headings() + rows, end="\n")


# --- SurveyMonkey -----------------------------------------------------------------------------

MONKEY = [
    "Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address",
    "Email Address", "First Name", "Last Name", "Custom Data 1",
]  # fmt: skip


def monkey_row(name: str) -> list[str]:
    return [
        f"118{name}7", "447", "09/03/2018 09:00:00 AM", "09/03/2018 09:07:00 AM", "192.0.2.7",
        "", "", "", "",
    ]  # fmt: skip


def monkey_expanded() -> Rows:
    above = [*MONKEY, "Your pupil code", STEM, "", "", "", "Who helped you?", "", "", ""]
    below = [*("" for _ in MONKEY), "Open-Ended Response", *STATEMENTS, *HELPERS]
    rows = [
        [*monkey_row(name), name, *in_words(codes),
         *(helper if helper in TICKED[name] else "" for helper in HELPERS)]
        for name, codes in CAST.items()
    ]  # fmt: skip
    return [above, below, *rows]


@export("surveymonkey.csv")
def _() -> bytes:
    return b"\xef\xbb\xbf" + text(monkey_expanded(), end="\n")


@export("surveymonkey.xlsx")
def _() -> bytes:
    def merge(book: Any) -> None:
        book.active.merge_cells("K1:N1")
        book.active.merge_cells("O1:R1")

    return workbook({"Sheet": monkey_expanded()}, merge)


@export("surveymonkey_condensed.csv")
def _() -> bytes:
    """One column a question: what was ticked stands together, joined by commas."""
    above = [*MONKEY, "Your pupil code", *(f"{STEM} {s}" for s in STATEMENTS), "Who helped you?"]
    below = [*("" for _ in MONKEY), "Open-Ended Response", *("Response" for _ in range(5))]
    rows = [
        [*monkey_row(name), name, *in_words(codes), ", ".join(TICKED[name])]
        for name, codes in CAST.items()
    ]
    return text([above, below, *rows], end="\n")


# --- Microsoft Forms, Google Forms ------------------------------------------------------------


@export("microsoft_forms.xlsx")
def _() -> bytes:
    """Statements are headings; what was ticked is joined by semicolons, with one at the end."""
    from datetime import datetime

    headings = [
        "Id", "Start time", "Completion time", "Email", "Name", "Your pupil code", *STATEMENTS,
        "Who helped you?",
    ]  # fmt: skip
    rows = [
        [n, datetime(2018, 9, 3, 9, 0), datetime(2018, 9, 3, 9, 7), "anonymous", "", name,
         *in_words(codes), "".join(f"{helper};" for helper in TICKED[name])]
        for n, (name, codes) in enumerate(CAST.items(), 1)
    ]  # fmt: skip
    return workbook({"Sheet1": [headings, *rows]})


GOOGLE = ["Timestamp", "Your pupil code", *(f"{STEM} [{s}]" for s in STATEMENTS), "Who helped you?"]


@export("google_forms.csv")
def _() -> bytes:
    """Saved from the sheet of responses: what was ticked is joined by a comma and a space."""
    rows = [
        [f"03/09/2018 09:0{n}:00", name, *in_words(codes), ", ".join(TICKED[name])]
        for n, (name, codes) in enumerate(CAST.items(), 1)
    ]
    return text([GOOGLE, *rows])


@export("google_forms_downloaded.csv")
def _() -> bytes:
    """Downloaded from the form itself: everything quoted, ticks joined by semicolons."""
    rows = [
        [f"2018/09/03 9:0{n}:00 AM GMT+1", name, *in_words(codes), ";".join(TICKED[name])]
        for n, (name, codes) in enumerate(CAST.items(), 1)
    ]
    return text([GOOGLE, *rows], always_quote=True, end="\n")


# --- SmartSurvey, LimeSurvey, REDCap ----------------------------------------------------------


@export("smartsurvey.csv")
def _() -> bytes:
    """Three rows of headings, the question's text only above its first column; blanks are -."""
    meta = ["UserID", "UserNo", "Name", "Email", "IP Address", "Unique ID", "Started", "Ended",
            "Completed"]  # fmt: skip
    top = [*meta, "Q1. Your pupil code", f"Q2. {STEM}", "", "", "", "Q3. Who helped you?", "", "",
           ""]  # fmt: skip
    middle = [*("" for _ in meta), "", *STATEMENTS, *HELPERS]
    bottom = ["" for _ in top]
    rows = [
        [f"9904{n}", str(n), "", "", "192.0.2.7", "", "03/09/2018 09:00", "03/09/2018 09:07", "Yes",
         name, *(cell or "-" for cell in in_words(codes)),
         *(helper if helper in TICKED[name] else "-" for helper in HELPERS)]
        for n, (name, codes) in enumerate(CAST.items(), 1)
    ]  # fmt: skip
    return text([top, middle, bottom, *rows])


LIME = (
    ("id", "Response ID"),
    ("submitdate", "Date submitted"),
    ("lastpage", "Last page"),
    ("startlanguage", "Start language"),
    ("seed", "Seed"),
    ("startdate", "Date started"),
    ("datestamp", "Date last action"),
    ("code", "Your pupil code"),
    *((f"often[SQ00{n}]", f"{STEM} [{s}]") for n, s in enumerate(STATEMENTS, 1)),
    *((f"help[SQ00{n}]", f"Who helped you? [{h}]") for n, h in enumerate(HELPERS, 1)),
)


def lime_rows(answers: Callable[[Iterable[int | None]], list[str]], yes: str, no: str) -> Rows:
    rows = [
        [str(n), "2018-09-03 09:07:00", "3", "en", "147", "2018-09-03 09:00:00",
         "2018-09-03 09:07:00", name, *answers(codes),
         *(yes if helper in TICKED[name] else no for helper in HELPERS)]
        for n, (name, codes) in enumerate(CAST.items(), 1)
    ]  # fmt: skip
    rows[4][1], rows[4][2] = "", "2"  # who stopped half way has no date of submission
    return rows


@export("limesurvey_codes.csv")
def _() -> bytes:
    def codes(answers: Iterable[int | None]) -> list[str]:
        return ["" if code is None else f"A{code + 1}" for code in answers]

    rows = [[column[0] for column in LIME], *lime_rows(codes, "Y", "")]
    return b"\xef\xbb\xbf" + text(rows, ";", always_quote=True, end="\n")


@export("limesurvey_text.csv")
def _() -> bytes:
    rows = [[column[1] for column in LIME], *lime_rows(in_words, "Yes", "No")]
    return b"\xef\xbb\xbf" + text(rows, always_quote=True, end="\n")


REDCAP = (
    ("record_id", "Record ID"),
    ("redcap_event_name", "Event Name"),
    ("redcap_survey_identifier", "Survey Identifier"),
    ("pupil_timestamp", "Survey Timestamp"),
    ("pupil_code", "Your pupil code"),
    ("pupil_complete", "Complete?"),
    ("stress_timestamp", "Survey Timestamp"),
    *((f"often_{n}", f"{STEM} {s}") for n, s in enumerate(STATEMENTS, 1)),
    *((f"help___{n}", f"Who helped you? (choice={h})") for n, h in enumerate(HELPERS, 1)),
    ("stress_complete", "Complete?"),
)


def redcap_rows(heading: int, events: Sequence[str], done: str, told: Callable[..., list[str]],
                ticked: str, unticked: str) -> Rows:  # fmt: skip
    """Both occasions in one file, each record's one after the other."""
    rows = []
    for n, (name, codes) in enumerate(CAST.items(), 1):
        for event, answers in zip(events, (codes, (2, 2, 2, 2)), strict=True):
            ticks = [ticked if helper in TICKED[name] else unticked for helper in HELPERS]
            rows.append([str(n), event, "", "2018-09-03 09:00:00", name, done,
                         "2018-09-03 09:07:00", *told(answers), *ticks, done])  # fmt: skip
    return [[column[heading] for column in REDCAP], *rows]


@export("redcap_raw.csv")
def _() -> bytes:
    events = ("baseline_arm_1", "followup_arm_1")
    return text(redcap_rows(0, events, "2", in_codes, "1", "0"), end="\n")


@export("redcap_labelled.csv")
def _() -> bytes:
    """Every form has a column Complete?, so headings are there twice."""
    events = ("Baseline", "Follow-up")
    return text(redcap_rows(1, events, "Complete", in_words, "Checked", "Unchecked"), end="\n")


# --- SPSS -------------------------------------------------------------------------------------


def spss_columns(numbers: Mapping[int, int], blank: float | None = None) -> dict[str, list[Cell]]:
    """Ids as text, answers as the numbers that stand for their codes."""
    columns: dict[str, list[Cell]] = {"Pupil_code": list(CAST)}
    for n in range(4):
        answers = [codes[n] for codes in CAST.values()]
        columns[f"stress_{n + 1}"] = [
            blank if code is None else float(numbers[code]) for code in answers
        ]
    return columns


def labelled(numbers: Mapping[int, int], **more: Any) -> dict[str, Any]:
    labels = {float(number): WORDS[code] for code, number in numbers.items()}
    return {
        "variable_value_labels": {f"stress_{n}": labels for n in range(1, 5)},
        "column_labels": ["Your pupil code", *(f"{STEM} {s}" for s in STATEMENTS)],
        **more,
    }


@export("spss_labels.sav")
def _() -> bytes:
    """The numbers run from 1 to 5 and the labels say what they mean."""
    numbers = {code: code + 1 for code in range(5)}
    return spss(spss_columns(numbers), **labelled(numbers))


@export("spss_reversed.sav")
def _() -> bytes:
    """1 is Very often and 5 is Never: only the labels know."""
    numbers = {code: 5 - code for code in range(5)}
    return spss(spss_columns(numbers), **labelled(numbers))


@export("spss_missing.sav")
def _() -> bytes:
    """99 is declared missing in the file; a blank is a blank."""
    numbers = {code: code + 1 for code in range(5)}
    columns = spss_columns(numbers, blank=99.0)
    columns["stress_4"][2] = None
    said = labelled(numbers)
    for labels in said["variable_value_labels"].values():
        labels[99.0] = "Refused"
    said["missing_ranges"] = {f"stress_{n}": [99] for n in range(1, 5)}
    return spss(columns, **said)


# --- Excel ------------------------------------------------------------------------------------


def as_numbers(rows: Rows) -> Rows:
    """Whole numbers as Excel keeps them."""
    return [[int(c) if isinstance(c, str) and c.isdigit() else c for c in row] for row in rows]


@export("excel_title.xlsx")
def _() -> bytes:
    """What a school office adds: a title, a line of explanation and a blank row."""
    above: Rows = [["Wellbeing survey, autumn"], ["Exported by the office on 3 September"], []]
    return workbook({"Survey": above + plain()})


@export("excel_merged.xlsx")
def _() -> bytes:
    """A row of merged headings above the real ones."""

    def merge(book: Any) -> None:
        book.active.merge_cells("B1:E1")

    return workbook({"Survey": [["", STEM, "", "", ""], *plain()]}, merge)


@export("excel_sheets.xlsx")
def _() -> bytes:
    """Notes, then two years' answers: the first sheet is not the one that is meant."""
    last_year = plain({name: ["Never"] * 4 for name in CAST})
    notes: Rows = [["Sheet", "Holds"], ["2017", "last year"], ["2018", "this year"]]
    return workbook({"Notes": notes, "2017": last_year, "2018": plain()})


@export("excel_cover.xlsx")
def _() -> bytes:
    """A first sheet that only says what the workbook is."""
    return workbook({"Cover": [["Wellbeing survey"], ["Do not pass on"]], "Survey": plain()})


@export("excel_number_ids.xlsx")
def _() -> bytes:
    return workbook({"Survey": as_numbers(plain(words=False))})


@export("excel_dates.xlsx")
def _() -> bytes:
    """Days as Excel keeps them."""
    rows = [
        [*row, date(2018, 9, 3 + n)] for n, row in enumerate(as_numbers(plain(words=False))[1:])
    ]
    return workbook({"Survey": [[*PLAIN, "Answered on"], *rows]})


@export("excel_formulas.xlsx")
def _() -> bytes:
    """An answer that is a formula, from a program that does not compute: it has no value."""
    rows = as_numbers(plain(words=False))
    rows[2][4] = "=1+2"
    return workbook({"Survey": rows})


@export("excel_errors.xlsx")
def _() -> bytes:
    rows = as_numbers(plain(words=False))
    rows[3][1], rows[4][2] = "#N/A", "#DIV/0!"
    return workbook({"Survey": rows})


@export("open_document.ods")
def _() -> bytes:
    """As LibreOffice saves it: numbers have a value, and thousands of blank rows are one."""

    def cell(value: Cell) -> str:
        if isinstance(value, int):
            return (f'<table:table-cell office:value-type="float" office:value="{value}">'
                    f"<text:p>{value}</text:p></table:table-cell>")  # fmt: skip
        kind = ' office:value-type="string"' if value else ""
        return f"<table:table-cell{kind}><text:p>{value}</text:p></table:table-cell>"

    names = {part: f'"urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"'
             for part in ("office", "table", "text", "manifest")}  # fmt: skip
    rows = "".join(
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>"
        for row in as_numbers(plain(words=False))
    )
    content = (
        f"<office:document-content xmlns:office={names['office']} xmlns:table={names['table']} "
        f"xmlns:text={names['text']}><office:body><office:spreadsheet>"
        f'<table:table table:name="Survey">{rows}<table:table-row table:number-rows-repeated='
        '"65000"><table:table-cell table:number-columns-repeated="1000"/></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f"<manifest:manifest xmlns:manifest={names['manifest']}>"
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as new:
        new.writestr(zipfile.ZipInfo("mimetype"), kind)
        new.writestr(zipfile.ZipInfo("content.xml"), content, zipfile.ZIP_DEFLATED)
        new.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), manifest, zipfile.ZIP_DEFLATED)
    return written.getvalue()


# --- delimited text ---------------------------------------------------------------------------


@export("plain.csv")
def _() -> bytes:
    return text(plain())


@export("bom.csv")
def _() -> bytes:
    return b"\xef\xbb\xbf" + text(plain())


@export("utf16_le.csv")
def _() -> bytes:
    return b"\xff\xfe" + text(plain(), encoding="utf-16-le")


@export("utf16_be.csv")
def _() -> bytes:
    return b"\xfe\xff" + text(plain(), encoding="utf-16-be")


@export("cp1252.csv")
def _() -> bytes:
    """As Excel on Windows saves CSV: one byte a letter, curly quotes, a name with an accent."""
    rows = plain()
    rows[5][2] = "Don’t know"
    schools = ("St Mary’s", "St Mary’s", "Llanfair – Ysgol", "Llanfair – Ysgol", "Béthune")
    rows = [[*row, school] for row, school in zip(rows, ("School", *schools), strict=True)]
    return text(rows, encoding="cp1252")


@export("semicolon.csv")
def _() -> bytes:
    return text(plain(), ";")


@export("tabs.txt")
def _() -> bytes:
    return text(plain(), "\t")


@export("decimal_comma.csv")
def _() -> bytes:
    """Where a comma is the decimal point, a blank in a column makes its numbers 3,0."""
    rows = plain(words=False)
    for row in rows[1:]:
        row[1:] = [f"{code},0" if code else "" for code in row[1:]]
    return text(rows, ";")


@export("sep_line.csv")
def _() -> bytes:
    """A first line that tells Excel the delimiter."""
    return b"sep=;\r\n" + text(plain(), ";")


@export("zipped.csv.gz")
def _() -> bytes:
    return zipped(text(plain()))


# --- Parquet ----------------------------------------------------------------------------------


@export("typed.parquet")
def _() -> bytes:
    import polars as pl

    columns: dict[str, list[Cell]] = {"Pupil code": [int(name) for name in CAST]}
    for n in range(4):
        columns[f"stress_{n + 1}"] = [codes[n] for codes in CAST.values()]
    kinds = {"Pupil code": pl.Int64, "stress_1": pl.Int8, "stress_2": pl.Float64,
             "stress_3": pl.Int64, "stress_4": pl.UInt16}  # fmt: skip
    return parquet(columns, kinds)


@export("text.parquet")
def _() -> bytes:
    import polars as pl

    heading, *rows = plain()
    cells = {name: [row[n] or None for row in rows] for n, name in enumerate(heading)}
    kinds = dict.fromkeys(heading, pl.String) | {"stress_2": pl.Categorical}
    return parquet(cells, kinds)


# --- answers ----------------------------------------------------------------------------------


@export("spellings.csv")
def _() -> bytes:
    """The same labels as five people and three programs write them."""
    return text(
        plain(
            {
                "41017": ["almost never", "FAIRLY OFTEN", "Very often.", "Never "],
                "42038": ["very  often", "never", "Almost Never.", " Fairly often"],
                "43051": ["“Sometimes”", "Sometimes.", "sometimes", "SOMETIMES"],
                "44062": ["Fairly-often", "Almost-never", "Sometimes…", "Almost\u00a0never"],
                "45073": ["Almost never", "", "Some\u00adtimes", "Fairly often!"],
            }
        )
    )


@export("label_and_code.csv")
def _() -> bytes:
    """Half of the sheets were typed in as codes."""
    return text(
        plain(
            {
                name: in_words(codes) if int(name) % 2 else in_codes(codes)
                for name, codes in CAST.items()
            }
        )
    )


def numbered(first: int, between: str) -> Rows:
    """Labels with their number before them."""
    return plain(
        {
            name: ["" if c is None else f"{c + first}{between}{WORDS[c]}" for c in codes]
            for name, codes in CAST.items()
        }
    )


@export("code_and_label.csv")
def _() -> bytes:
    return text(numbered(0, " - "))


@export("code_and_label_from_1.csv")
def _() -> bytes:
    """Numbers from 1 for a scale from 0; the labels beside them say which is which."""
    return text(numbered(1, " = "))


@export("codes_from_1.csv")
def _() -> bytes:
    return text(plain({name: in_codes(codes, first=1) for name, codes in CAST.items()}))


@export("codes_reversed.csv")
def _() -> bytes:
    """Numbers that mean the opposite: nothing in the file says so."""
    turned = {
        name: ["" if code is None else str(4 - code) for code in codes]
        for name, codes in CAST.items()
    }
    return text(plain(turned))


@export("reasons.csv")
def _() -> bytes:
    """Why there is no answer, as five people write it."""
    return text(
        plain(
            {
                "41017": ["1", "3", "4", "0"],
                "42038": ["-99", "0", "1", "3"],
                "43051": ["2", "99", "2", "2"],
                "44062": ["3", "1", "999.0", "1"],
                "45073": ["Prefer not to say.", "prefer not to say", "DON’T KNOW", ""],
            }
        )
    )


@export("unreadable.csv")
def _() -> bytes:
    """Answers that are none: out of range, another scale's label, a remark."""
    return text(
        plain(
            {
                "41017": ["1", "3", "4", "0"],
                "42038": ["7", "0", "1", "3"],
                "43051": ["2", "Now and then zebra", "2", "2"],
                "44062": ["3", "1", "2.5", "1"],
                "45073": ["1", "", "2", "3"],
            }
        )
    )


# --- ids --------------------------------------------------------------------------------------


def with_ids(*names: str) -> bytes:
    """The cast in order, under other ids."""
    rows = plain()
    for row, name in zip(rows[1:], names, strict=True):
        row[0] = name
    return text(rows)


@export("ids_spaces_case.csv")
def _() -> bytes:
    return with_ids("  ab41017", "AB42038 ", "aB43051", "ab44062\u00a0", "\tAb45073")


@export("ids_full_width.csv")
def _() -> bytes:
    return with_ids("ａｂ４１０１７", "AB４２０３８", "ab43051", "ＡＢ44062", "ab45073\u200b")


@export("ids_upper.csv")
def _() -> bytes:
    """The same respondents at the follow-up, as they should be written."""
    rows = [[f"AB{name}", *(["Sometimes"] * 4)] for name in CAST]
    return text([PLAIN, *rows])


@export("ids_padded.csv")
def _() -> bytes:
    return with_ids("0041017", "042038", "43051", "00044062", "045073")


@export("ids_decimal.csv")
def _() -> bytes:
    """What a column of numbers with a blank in it makes of ids."""
    return with_ids("41017.0", "42038.0", "43051.00", "44062", "45073.0")


@export("ids_powers.csv")
def _() -> bytes:
    """What a narrow column of a spreadsheet makes of ids, and nothing lost."""
    return with_ids("4.1017E+04", "4.2038E+04", "4.3051E+4", "44062", "4.5073E+04")


@export("ids_lost.csv")
def _() -> bytes:
    """Twelve digits of which a spreadsheet kept six: two pupils have become one text."""
    return with_ids("4.10171E+11", "4.10171E+11", "43051", "44062", "45073")


@export("ids_blank.csv")
def _() -> bytes:
    return with_ids("41017", "", "   ", "44062", "45073")


@export("strangers.csv")
def _() -> bytes:
    """Nobody of the follow-up is in it."""
    return with_ids("46117", "46238", "46351", "46462", "46573")


# --- duplicates -------------------------------------------------------------------------------


def twice(first: Sequence[str], second: Sequence[str]) -> bytes:
    """The cast, and its first respondent once more at the end."""
    rows = plain()
    rows[1] = ["41017", *first]
    rows.append(["41017", *second])
    return text(rows)


@export("duplicate_identical.csv")
def _() -> bytes:
    return twice(in_words(CAST["41017"]), in_words(CAST["41017"]))


@export("duplicate_more_complete.csv")
def _() -> bytes:
    whole = in_words(CAST["41017"])
    return twice(whole, [whole[0], "", "", whole[3]])


@export("duplicate_contradictory.csv")
def _() -> bytes:
    return twice(in_words(CAST["41017"]), ["Very often", "Never", "Never", "Very often"])


# --- conflicts between occasions --------------------------------------------------------------

ABOUT = ["Pupil code", "School", "Year", "Role", "Answered on", "Form"]


def about(rows: Iterable[str], first: int = 1) -> bytes:
    """Sheets with all that is known of a respondent, drawn as lines; answers are the cast's."""
    table: Rows = [[*ABOUT, *PLAIN[1:]]]
    for line in rows:
        name, *rest = (cell.strip() for cell in line.split("|"))
        answers = in_codes(CAST[name]) if first else ["2"] * 4
        table.append([name, *("" if cell == "-" else cell for cell in rest), *answers])
    return text(table)


BEFORE = (
    "41017 | Ash   | Year 8 | Mentor  | 2018-09-03 | junior",
    "42038 | Ash   | Year 8 | Mentee  | 2018-09-04 | junior",
    "43051 | Beech | Year 9 | Neither | 2018-09-05 | senior",
    "44062 | Beech | Year 9 | Neither | 2018-09-06 | senior",
)


@export("about_before.csv")
def _() -> bytes:
    return about(BEFORE)


@export("about_before_elsewhere.csv")
def _() -> bytes:
    """As the others, but nobody had been asked for a role yet."""
    return about(line.replace("Mentor", "-").replace("Mentee", "-").replace("Neither", "-")
                 for line in BEFORE)  # fmt: skip


def after(*changed: str) -> bytes:
    """The follow-up, in which some lines are others."""
    lines = {line.partition(" ")[0]: line.replace("2018-09", "2019-03") for line in BEFORE}
    return about((lines | {line.partition(" ")[0]: line for line in changed}).values(), first=0)


@export("about_after.csv")
def _() -> bytes:
    return after()


@export("after_moved.csv")
def _() -> bytes:
    return after("42038 | Beech | Year 8 | Mentee | 2019-03-04 | junior")


@export("after_other_form.csv")
def _() -> bytes:
    return after("43051 | Beech | Year 9 | Neither | 2019-03-05 | junior")


@export("after_younger.csv")
def _() -> bytes:
    return after("44062 | Beech | Year 7 | Neither | 2019-03-06 | senior")


@export("after_earlier.csv")
def _() -> bytes:
    return after("41017 | Ash | Year 8 | Mentor | 2018-09-01 | junior")


@export("after_roles.csv")
def _() -> bytes:
    """One is mentor and mentee, one has a role that nobody named, one none."""
    return after(
        "41017 | Ash   | Year 8 | Mentor and mentee | 2019-03-03 | junior",
        "43051 | Beech | Year 9 | Zebra keeper      | 2019-03-05 | senior",
        "44062 | Beech | Year 9 | -                 | 2019-03-06 | senior",
    )


@export("after_slashes.csv")
def _() -> bytes:
    """Days as they are written in Britain; the first answered before the baseline."""
    days = ("01/09/2018", "05/03/2019", "06/03/2019", "07/03/2019", "08/03/2019")
    rows = [[name, *(["Sometimes"] * 4), day] for name, day in zip(CAST, days, strict=True)]
    return text([[*PLAIN, "Answered on"], *rows])


# --- what should not be there -----------------------------------------------------------------


@export("personal.csv")
def _() -> bytes:
    """What a school office adds to be helpful."""
    known = ["Name", "Email", "Date of birth", "Postcode", "Anything else you want to say?"]
    rows = [
        [name, *in_words(codes), f"Zebra {chr(65 + n)}", f"zebra{n}@example.org",
         f"0{n + 1}/02/2005", f"ZE{n} 1BR", "My zebra is not well"]
        for n, (name, codes) in enumerate(CAST.items())
    ]  # fmt: skip
    return text([[*PLAIN, *known], *rows])


@export("formula_texts.csv")
def _() -> bytes:
    """Cells that a spreadsheet would run."""
    rows = plain()
    rows[1][1], rows[2][2] = "=cmd|' /C zebra'!A0", "+1+zebra"
    schools = ("=1+2", "@SUM(A1)", "-Fir", "+Elm", "\tOak")
    return text([[*row, s] for row, s in zip(rows, ("School", *schools), strict=True)])


@export("strange_schools.csv")
def _() -> bytes:
    schools = ("../../zebra", "<script>alert('zebra')</script>", "z" * 300, "Ash, “Beech” & Co",
               "C:\\zebra\\..\\con")  # fmt: skip
    rows = plain()
    return text([[*row, s] for row, s in zip(rows, ("School", *schools), strict=True)])


# --- broken and hostile -----------------------------------------------------------------------


@export("empty.csv")
def _() -> bytes:
    return b""


@export("blank_lines.csv")
def _() -> bytes:
    return b"\r\n\r\n  \r\n"


@export("header_only.csv")
def _() -> bytes:
    return text(plain()[:1])


@export("header_only.xlsx")
def _() -> bytes:
    return workbook({"Survey": plain()[:1]})


@export("no_sheet_filled.xlsx")
def _() -> bytes:
    return workbook({"Survey": []})


@export("nul_bytes.csv")
def _() -> bytes:
    return text(plain()).replace(b"Sometimes", b"Some\0imes", 1)


@export("not_utf8.csv")
def _() -> bytes:
    """Begins as UTF-8 with its mark, and is something else further down."""
    return b"\xef\xbb\xbf" + text(plain()).replace(b"Very often", b"Very \xff\xfeoften", 1)


@export("cut_off.csv.gz")
def _() -> bytes:
    return zipped(text(plain()))[:-30]


@export("same_heading.csv")
def _() -> bytes:
    rows = plain()
    return text([[*row, row[1]] for row in rows])


@export("same_heading_unused.csv")
def _() -> bytes:
    """Two columns that nobody asks for share a heading."""
    rows = plain()
    more: Rows = [["Comment", "Comment"], *([["", "zebra"]] * 5)]
    return text([[*row, *cells] for row, cells in zip(rows, more, strict=True)])


@export("no_heading.csv")
def _() -> bytes:
    """Begins with the first respondent's answers."""
    return text(plain()[1:])


@export("workbook.csv")
def _() -> bytes:
    """A workbook whose name was changed by hand."""
    return workbook({"Survey": plain()})


@export("text.xlsx")
def _() -> bytes:
    return text(plain())


@export("page.xls")
def _() -> bytes:
    """What some platforms call Excel: a web page."""
    cells = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in plain())
    return f"<html><body><table>{cells}</table></body></html>".encode()


@export("locked.xlsx")
def _() -> bytes:
    """The outside of a workbook with a password: the old container of Office around it."""
    names = "".join(name.ljust(32, "\0") for name in ("EncryptionInfo", "EncryptedPackage"))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0"
    return header.ljust(512, b"\0") + names.encode("utf-16-le").ljust(1024, b"\0")


@export("long_row.csv")
def _() -> bytes:
    rows = plain()
    rows[3].append("zebra")
    return text(rows)


@export("short_rows.csv")
def _() -> bytes:
    """Spreadsheets leave out the last cells of a row where they are blank."""
    rows = plain({"41017": in_words(CAST["41017"]), "42038": ["Very often", "Never"]})
    return text([*rows, ["43051"], ["44062", *in_words(CAST["44062"])]])


@export("open_quote.csv")
def _() -> bytes:
    return text(plain()).replace(b"Sometimes", b'"Sometimes', 1)


@export("no_id_column.csv")
def _() -> bytes:
    rows = plain()
    rows[0][0] = "Pupil cod"
    return text(rows)


@export("headings_in_capitals.csv")
def _() -> bytes:
    rows = plain()
    return text([[name.upper() for name in rows[0]], *rows[1:]])


@export("one_item_short.csv")
def _() -> bytes:
    rows = plain()
    rows[0][3] = "stres_3"
    return text(rows)


@export("cut_off.xlsx")
def _() -> bytes:
    whole = workbook({"Survey": plain()})
    return whole[: len(whole) // 2]


@export("cut_off.parquet")
def _() -> bytes:
    import polars as pl

    whole = parquet({"Pupil code": list(CAST)}, {"Pupil code": pl.String})
    return whole[:-20]


@export("cut_off.sav")
def _() -> bytes:
    numbers = {code: code + 1 for code in range(5)}
    return spss(spss_columns(numbers), **labelled(numbers))[:300]


# --- too large to keep ------------------------------------------------------------------------


@export("large_cell.csv", keep=False)
def _() -> bytes:
    """One answer of 100 MB."""
    return text(plain()).replace(b"Sometimes", b"zebra" * (20 * 2**20), 1)


@export("wide.csv", keep=False)
def _() -> bytes:
    """20,000 columns beside the five that are wanted."""
    more = [f"extra_{n}" for n in range(20_000)]
    heading, *rows = plain()
    return text([[*heading, *more], *([*row, *("0" * len(more))] for row in rows)])


@export("bomb.xlsx", keep=False)
def _() -> bytes:
    """A workbook of two megabytes whose sheet unpacks to three hundred."""
    row = b'<row><c t="inlineStr"><is><t>zebra</t></is></c></row>'
    block = row * (2**20 // len(row))
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook({"Survey": plain()}))) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for part in old.namelist():
            if not part.startswith("xl/worksheets/"):
                new.writestr(part, old.read(part))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as large:
            large.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                b"<sheetData>"
            )
            for _ in range(300):
                large.write(block)
            large.write(b"</sheetData></worksheet>")
    return written.getvalue()


def main() -> None:
    """Writes every file that is kept, and removes those that nothing makes any more."""
    FILES.mkdir(exist_ok=True)
    for path in FILES.iterdir():
        if path.name not in KEPT and not path.name.startswith("."):
            path.unlink()
    for name, maker in KEPT.items():
        (FILES / name).write_bytes(maker())


if __name__ == "__main__":
    main()
