"""The last look finds what must not leave in every kind of file, and nothing else."""

import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xlsxwriter
from msgspec.structs import replace

import peereval as pe
from disclosure.made import study_of
from peereval.bundled import bundled
from peereval.disclosure import LastLook, unnamed
from peereval.disclosure.egress import search
from peereval.disclosure.kept import Kept, Phrases, phrases, what_is_kept
from peereval.errors import DisclosureError
from peereval.output import write_run
from peereval.pipeline import Run
from peereval.reporting import write_analysis
from peereval.studies import CostUncertainty, load_study, without_protection
from reading.small_survey import tidy_rows, write_small_survey

SECRET, ROW = 0.038610038610038, "paired.made.mean_change"
KEPT = Kept(
    phrases(["K-0412", "0007", "12", "mia", "1.5", "N_0813"], frozenset()),
    phrases(["my mum says I am calmer"], frozenset()),
    phrases(["Hill Top School", "School 20", "School No. 20", "Ysgol Ll\u0177n"], frozenset()),
    np.array([round(SECRET, 10)]),
    frozenset({ROW}),
)

Writer = Callable[[Path, str], None]


def as_text(path: Path, said: str) -> None:
    path.write_text(f"Results. {said} And more.", encoding="utf-8")


def as_html(path: Path, said: str) -> None:
    path.write_text(f"<html><body><p>Seen: <b>{said}</b></p></body></html>", encoding="utf-8")


def as_attribute(path: Path, said: str) -> None:
    path.write_text(f'<svg><title>x</title><g aria-label="{said}"/></svg>', encoding="utf-8")


def as_json(path: Path, said: str) -> None:
    path.write_text(json.dumps({"rows": [{"note": f"about {said}"}]}), encoding="utf-8")


def as_csv(path: Path, said: str) -> None:
    pl.DataFrame({"note": ["nothing", f"it is {said}"], "n": [120, 350]}).write_csv(path)


def as_parquet(path: Path, said: str) -> None:
    pl.DataFrame({"note": ["nothing", f"it is {said}"]}).write_parquet(path)


def as_office(path: Path, said: str) -> None:
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("xl/sharedStrings.xml", f"<sst><si><t>{said}</t></si></sst>")
        parts.writestr("xl/media/image1.bin", b"\x00\x01")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def as_png(path: Path, said: str) -> None:
    text = b"Description\x00\x00" + zlib.compress(said.encode())
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"zTXt", text) + chunk(b"IEND", b""))


WRITERS: dict[str, Writer] = {
    "report.md": as_text, "report.tex": as_text, "notes.txt": as_text, "report.html": as_html,
    "chart.svg": as_attribute, "results.json": as_json, "results.csv": as_csv,
    "results.parquet": as_parquet, "tables.xlsx": as_office, "report.docx": as_office,
    "chart.png": as_png, "odd.bin": as_text,
}  # fmt: skip

FOUND = {
    "K-0412": "DIS005", "k-0412": "DIS005", "0007": "DIS005",
    "N_0813": "DIS005", r"n\_0813": "DIS005", "of_n_0813_before": "DIS005",
    "My mum says, I am calmer": "DIS006", "HILL TOP SCHOOL": "DIS007",
    "school 20": "DIS007", "at School-20, and": "DIS007", "(School No.20)": "DIS007",
    "pupils_of_hill_top_school": "DIS007", "Ysgol Lly\u0302n": "DIS007",
    "of_school_20_before": "DIS007",
    "0.0386100386100": "DIS008",
}  # fmt: skip
FINE = (
    "0412", "0.0007", "12", "1.12", "Mia's school", "Hill School", "my mum says", "0.03861",
    "70007", "1.5", "0.1.5", "at school: 20%", "school 20%", "school 20.5", "school | 20",
)  # fmt: skip


def codes(path: Path) -> set[str]:
    return {fault.code for fault in search([path], path.parent, KEPT)}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("said", FOUND)
def test_what_must_not_leave_is_found(name: str, said: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, said)
    assert codes(tmp_path / name) == {FOUND[said]}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("said", FINE)
def test_what_is_nearly_alike_is_not(name: str, said: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name, said)
    assert codes(tmp_path / name) == set()


def test_a_short_id_is_found_where_it_is_a_text_of_its_own(tmp_path: Path) -> None:
    pl.DataFrame({"pupil": ["mia", "12a"]}).write_csv(tmp_path / "a.csv")
    (tmp_path / "b.json").write_text('{"respondent": "12"}', encoding="utf-8")
    (tmp_path / "c.json").write_text('{"version": "12", "of": "miami"}', encoding="utf-8")
    pl.DataFrame({"Respondent": [12, 13]}).write_csv(tmp_path / "d.csv")
    pl.DataFrame({"n": [12, 13], "level": ["12", "x"]}).write_parquet(tmp_path / "e.parquet")
    assert codes(tmp_path / "a.csv") == {"DIS005"}
    assert codes(tmp_path / "b.json") == {"DIS005"}
    assert codes(tmp_path / "d.csv") == {"DIS005"}
    assert codes(tmp_path / "e.parquet") == set()
    assert codes(tmp_path / "c.json") == set()


@pytest.mark.parametrize(
    ("pupils", "schools"),
    [
        ("A1 B2 C3 D4 E5 F6 S1 T1", "G1 H2 S2"),
        ("A B C N P S Y Z", "T U X"),
        ("A10 B11 B12 C13 rId1 rId2 00000000 00000001", "E0002AFF rId4 B10"),
    ],
)
def test_short_codes_are_not_taken_for_what_programs_say(
    pupils: str, schools: str, tmp_path: Path
) -> None:
    """Cell A1 of a worksheet is no pupil, and the marker x is no school."""
    ids, names = pupils.split(), schools.split()
    rows = tidy_rows()
    for number, both in enumerate(zip(rows["before"], rows["after"], strict=True)):
        code = ids[number % 8] + "ab"[number % 2] * (number // 8)
        for row in both:
            row.update({"Pupil code": code, "School": names[number % 3]})
    run = pe.analyse(write_small_survey(tmp_path / "study", rows))
    write_analysis(run, tmp_path / "out", formats=("html", "xlsx", "docx", "md", "latex", "svg"))
    assert (tmp_path / "out" / "report.docx").is_file()


def test_a_short_name_is_found_in_a_cell_and_in_what_is_read_aloud(tmp_path: Path) -> None:
    kept = Kept(phrases(["S1", "3004912"], frozenset()), phrases([], frozenset()),
                phrases(["Oak", "Hill Top"], frozenset()), np.zeros(0), frozenset())  # fmt: skip
    cell, drawing = "xl/worksheets/sheet1.xml", "xl/drawings/drawing1.xml"
    for name, part, text, found in (
        ("a.xlsx", cell, '<c r="S1" t="oak"><v>4</v></c>', set()),
        ("b.xlsx", cell, '<c r="A1"><is><t>S1</t></is></c>', {"DIS005"}),
        ("c.xlsx", drawing, '<xdr:cNvPr id="2" name="Chart 1" descr="Oak"/>', {"DIS007"}),
        ("d.docx", "word/document.xml", '<wp:extent cx="10" cy="3004912"/>', set()),
        ("f.docx", "word/_rels/a.rels", '<Relationship Target="hill_top.html"/>', {"DIS007"}),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as parts:
            parts.writestr(part, text)
        assert {fault.code for fault in search([tmp_path / name], tmp_path, kept)} == found, name


def test_a_number_that_is_kept_back_is_found_in_tables(tmp_path: Path) -> None:
    one = pl.DataFrame({"estimate_id": ["other"], "estimate": [-SECRET]})
    one.write_csv(tmp_path / "a.csv")
    one.write_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.json").write_text(json.dumps({"x": [SECRET]}), encoding="utf-8")
    for name in ("a.csv", "b.parquet", "c.json"):
        assert codes(tmp_path / name) == {"DIS008"}, name


def test_a_cell_of_a_worksheet_is_found_be_the_others_alike_or_not(tmp_path: Path) -> None:
    for name, cells in (("all", ["0.5", SECRET, SECRET, "0.5"]), ("none", ["0.5"] * 4)):
        rows = "".join(f'<row><c s="1"><v>{cell}</v></c></row>' for cell in cells)
        with zipfile.ZipFile(tmp_path / f"{name}.xlsx", "w") as parts:
            parts.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{rows}</sheetData>")
    assert codes(tmp_path / "all.xlsx") == {"DIS008"}
    assert codes(tmp_path / "none.xlsx") == set()


def test_a_row_that_is_kept_back_may_not_have_a_number(tmp_path: Path) -> None:
    table = pl.DataFrame({"estimate_id": [ROW], "estimate": [None], "p_value": [0.5]},
                         schema_overrides={"estimate": pl.Float64})  # fmt: skip
    table.write_csv(tmp_path / "shown.csv")
    table.with_columns(p_value=pl.lit(None, pl.Float64)).write_csv(tmp_path / "blank.csv")
    cell = '<td class="number" data-row="{}">{}</td>'
    (tmp_path / "shown.html").write_text(cell.format(ROW, "4.1"), encoding="utf-8")
    (tmp_path / "blank.html").write_text(cell.format(ROW, "[c]"), encoding="utf-8")
    base = f'<td data-row="{ROW}" data-field="n">120</td>'
    (tmp_path / "base.html").write_text(base, encoding="utf-8")
    (tmp_path / "shown.json").write_text(
        json.dumps([{"estimate_id": ROW, "estimate": 4}]), encoding="utf-8"
    )
    for name in ("shown.csv", "shown.html", "shown.json"):
        assert codes(tmp_path / name) == {"DIS008"}, name
    for name in ("blank.csv", "blank.html", "base.html"):
        assert codes(tmp_path / name) == set(), name


def test_an_organisation_is_named_on_its_own_page_alone(tmp_path: Path) -> None:
    (tmp_path / "organisations").mkdir()
    page = tmp_path / "organisations" / "hill-top.html"
    as_html(page, "Hill Top School")
    assert search([page], tmp_path, KEPT) == []
    as_html(page, "K-0412")
    assert [fault.code for fault in search([page], tmp_path, KEPT)] == ["DIS005"]


def test_files_that_are_searched_together_are_told_apart(tmp_path: Path) -> None:
    said = {"a.html": "Hill Top", "b.html": "School", "c.html": "Hill <b>Top</b> School",
            "d.csv": "K-0412", "e.json": f"{SECRET:.15f}", "f.md": "nothing"}  # fmt: skip
    for name, text in said.items():
        WRITERS[{"html": "report.html", "csv": "results.csv", "json": "results.json",
                 "md": "report.md"}[name[2:]]](tmp_path / name, text)  # fmt: skip
    found = search(sorted(tmp_path.iterdir()), tmp_path, KEPT)
    assert [(fault.file, fault.code, fault.count) for fault in found] == [
        ("c.html", "DIS007", 1), ("d.csv", "DIS005", 1), ("e.json", "DIS008", 1),
    ]  # fmt: skip


def test_a_name_that_is_parted_by_marks_or_their_signs_is_found(tmp_path: Path) -> None:
    as_html(tmp_path / "a.html", 'Hill&nbsp;<i title="x &gt; y">Top</i>, School')
    as_attribute(tmp_path / "b.svg", "Hill &lt; Top School")
    for name in ("a.html", "b.svg"):
        assert codes(tmp_path / name) == {"DIS007"}, name


def test_cells_beside_each_other_are_no_name_with_a_number(tmp_path: Path) -> None:
    as_html(tmp_path / "a.html", "</b><td>Saw a teacher at school</td> <td>20</td><b>")
    as_office(tmp_path / "b.docx", "at school</t></si><si><t>20")
    for name in ("a.html", "b.docx"):
        assert codes(tmp_path / name) == set(), name


def as_part(path: Path, markup: str) -> None:
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("part.xml", f"<w>{markup}</w>")


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ('<c r="A101" s="1"><v>7</v></c>', set()),
        ('<hyperlink ref="B7" location="Notes!A101"/>', set()),
        ('<w:tblLook w:val="0420"/><w:bookmarkStart w:name="A101"/>', set()),
        ('<c r="B7"><v>A101</v></c>', {"DIS005"}),
        ('<sheet name="Pupil A101"/>', {"DIS005"}),
        ('<wp:docPr id="1" name="Picture" descr="of A101"/>', {"DIS005"}),
        ('<hyperlink ref="B7" display="0420"/>', {"DIS005"}),
        ('<Relationship Target="pages/a101.html"/>', {"DIS005"}),
        ('<w:alias w:val="Oak Lane"/>', {"DIS007"}),
    ],
)
def test_of_a_workbook_or_document_that_is_searched_which_people_read(
    markup: str, found: set[str], tmp_path: Path
) -> None:
    kept = Kept(
        phrases(["A101", "0420"], frozenset()), Phrases(), phrases(["Oak Lane"], frozenset()),
        np.zeros(0), frozenset(),
    )  # fmt: skip
    as_part(tmp_path / "a.docx", markup)
    assert {fault.code for fault in search([tmp_path / "a.docx"], tmp_path, kept)} == found


def test_an_id_with_signs_of_its_own_is_found_as_it_is_written(tmp_path: Path) -> None:
    names = phrases(["School 20", "Oak Lane"], frozenset())
    kept = Kept(phrases(["K:12&7"], frozenset()), Phrases(), names, np.zeros(0), frozenset())
    as_html(tmp_path / "a.html", "K:12&amp;7")
    as_html(tmp_path / "b.html", "School 20, or the <b>Oak</b> Lane")
    found = [*search([tmp_path / "a.html", tmp_path / "b.html"], tmp_path, kept)]
    assert [(fault.code, fault.count) for fault in found] == [("DIS005", 1), ("DIS007", 2)]


def test_the_name_of_a_file_is_read_too(tmp_path: Path) -> None:
    as_text(tmp_path / "Hill Top School.txt", "nothing")
    assert codes(tmp_path / "Hill Top School.txt") == {"DIS007"}


def test_titles_of_the_study_itself_are_no_ids() -> None:
    found = phrases(["participants", "K-1 pilot"], frozenset({"k 1 pilot"}))
    assert (found.single, found.several) == (frozenset(), {})


def test_ids_that_read_as_codes_of_findings_stop_no_run(run: Run, tmp_path: Path) -> None:
    for given, n in (("ID003", 0), ("ID903", 1)):
        scores = run.tables["scores"].with_columns(respondent=pl.lit(given))
        kept = what_is_kept(run.study, {**run.tables, "scores": scores})
        as_html(tmp_path / "report.html", f"Finding {given}")
        assert len([*search([tmp_path / "report.html"], tmp_path, kept)]) == n, given


def test_numbers_within_a_citation_are_no_ids(run: Run, tmp_path: Path) -> None:
    study = load_study(bundled("data") / "pilot" / "study.toml")
    dois = " ".join(part.scale.source.get("doi", "") for part in study.scales)
    assert "13034-016-0132-5" in dois
    for given, n in (("0132", 0), ("0999", 1)):
        scores = run.tables["scores"].with_columns(respondent=pl.lit(given))
        kept = what_is_kept(study, {**run.tables, "scores": scores})
        as_html(tmp_path / "report.html", dois.replace("0132", given))
        assert len([*search([tmp_path / "report.html"], tmp_path, kept)]) == n, given


def test_a_price_that_is_as_large_as_what_is_kept_back_gives_nothing_away(
    run: Run, tmp_path: Path
) -> None:
    held = run.tables["suppressions"]["estimate_id"][0]
    price = Fraction(101, 6)  # a sixth of 101 pounds: the mean of 12 or 18 answers may be as much
    results = run.tables["results"].with_columns(
        estimate=pl.when(estimate_id=held).then(float(price)).otherwise("estimate")
    )
    tables = {**run.tables, "results": results}
    (tmp_path / "run.json").write_text(json.dumps({"low": float(price)}), encoding="utf-8")
    for declared, n in ((0.25, 1), (price, 0), (float(price), 0)):
        study = replace(run.study, cost_uncertainty=CostUncertainty(cvs={"visit": declared}))
        assert len([*search([tmp_path / "run.json"], tmp_path, what_is_kept(study, tables))]) == n


def test_percentage_points_of_what_is_released_give_nothing_away(run: Run, tmp_path: Path) -> None:
    held = run.tables["suppressions"]["estimate_id"][0]
    free = pl.col("estimate_id") == run.tables["released"].filter(marker="")["estimate_id"][0]
    share, mean = 1 / 18, 100 / 18
    results = run.tables["results"].with_columns(
        estimate=pl.when(estimate_id=held).then(mean).otherwise("estimate")
    )
    (tmp_path / "run.json").write_text(json.dumps({"points": mean}), encoding="utf-8")
    for shown, n in ((0.25, 1), (share, 0)):
        released = run.tables["released"].with_columns(
            estimate=pl.when(free).then(shown).otherwise("estimate")
        )
        tables = {**run.tables, "results": results, "released": released}
        kept = what_is_kept(run.study, tables)
        assert len([*search([tmp_path / "run.json"], tmp_path, kept)]) == n


def test_the_message_does_not_repeat_what_was_found(tmp_path: Path) -> None:
    as_text(tmp_path / "report.md", "K-0412, Hill Top School: my mum says I am calmer")
    said = " ".join(map(str, search([tmp_path / "report.md"], tmp_path, KEPT)))
    assert "holds 1 id of a respondent" in said
    for secret in ("0412", "Hill", "mum"):
        assert secret not in said


# --- of a whole run -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return pe.analyse(write_small_survey(tmp_path_factory.mktemp("small")))


def test_a_run_writes_nothing_that_must_not_leave(run: Run, tmp_path: Path) -> None:
    write_run(run, tmp_path / "out")
    LastLook(tmp_path / "out", run.study, run.tables).end()


def test_a_folder_with_an_id_is_refused(run: Run, tmp_path: Path) -> None:
    write_run(run, tmp_path / "out")
    (tmp_path / "out" / "extra").mkdir()
    as_html(tmp_path / "out" / "extra" / "page.html", run.tables["scores"]["respondent"][0])
    with pytest.raises(DisclosureError, match=r"DIS005 extra/page\.html") as caught:
        LastLook(tmp_path / "out", run.study, run.tables).end()
    assert caught.value.exit_code == 22


def test_what_is_written_in_two_goes_is_searched_in_two_and_told_at_once(
    run: Run, tmp_path: Path
) -> None:
    one, two = run.tables["scores"]["respondent"][:2]
    look = LastLook(tmp_path, run.study, run.tables)
    as_html(tmp_path / "page.html", one)
    look.look()  # nothing is said before all is written
    as_html(tmp_path / "late.html", two)
    with pytest.raises(DisclosureError) as caught:
        look.end()
    assert sorted(fault.file for fault in caught.value.faults) == ["late.html", "page.html"]


def test_an_answer_that_reads_as_a_text_of_ours_is_not_told_by_it(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][3]["mood_1"] = "all of them"
    rows["before"][4]["mood_1"] = "mum told me"
    run = pe.analyse(write_small_survey(tmp_path / "study", rows))
    ours = ["It is about all of them together.", "Mum, and what she told me"]
    (tmp_path / "out").mkdir()
    as_html(tmp_path / "out" / "page.html", "It is about all of them together")
    LastLook(tmp_path / "out", run.study, run.tables, ours).end()
    with pytest.raises(DisclosureError, match="DIS006"):
        LastLook(tmp_path / "out", run.study, run.tables).end()
    as_html(tmp_path / "out" / "page.html", "as mum told me then")
    with pytest.raises(DisclosureError, match=r"DIS006 page\.html: holds 1 answer"):
        LastLook(tmp_path / "out", run.study, run.tables, ours).end()


def test_a_leak_in_what_is_written_last_stops_the_run(run: Run, tmp_path: Path) -> None:
    @contextmanager
    def report(place: Path, _: object) -> Iterator[Callable[[], None]]:
        as_html(place / "page.html", "nothing of anybody")
        yield lambda: as_html(place / "late.html", run.tables["scores"]["respondent"][0])

    with pytest.raises(DisclosureError, match=r"DIS005 late\.html"):
        write_run(run, tmp_path / "out", report=report)
    assert not (tmp_path / "out").exists()


def test_a_share_that_is_kept_back_is_found_in_per_cent(run: Run, tmp_path: Path) -> None:
    held = run.tables["suppressions"]["estimate_id"].implode()
    shares = run.tables["results"].filter(
        pl.col("estimate_id").is_in(held), pl.col("unit") == "share", pl.col("estimate") > 0
    )
    shown = run.tables["released"]["estimate"].drop_nulls().to_list()
    # One that is no round number, as a third is not, and that nothing else shows.
    share = next(s for s in shares["estimate"] if s not in shown and round(s, 6) != round(s, 9))
    pl.DataFrame({"share": [100 * share]}).write_csv(tmp_path / "table.csv")
    with pytest.raises(DisclosureError, match=r"DIS008 table\.csv: holds 1 number"):
        LastLook(tmp_path, run.study, run.tables).end()


def test_nobody_else_reads_what_was_not_searched_yet(run: Run, tmp_path: Path) -> None:
    modes = []

    @contextmanager
    def report(place: Path, _: object) -> Iterator[Callable[[], None]]:
        yield lambda: modes.append(place.stat().st_mode & 0o777)

    write_run(run, tmp_path / "out", report=report)
    assert (modes, (tmp_path / "out").stat().st_mode & 0o777) == ([0o700], 0o755)


def test_every_result_is_refused_outside_the_restricted_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "restricted").mkdir()
    run.tables["results"].write_parquet(tmp_path / "restricted" / "results.parquet")
    LastLook(tmp_path, run.study, run.tables).end()
    run.tables["results"].write_parquet(tmp_path / "results.parquet")
    with pytest.raises(DisclosureError, match="DIS008"):
        LastLook(tmp_path, run.study, run.tables).end()
    LastLook(tmp_path, without_protection(run.study), run.tables).end()


def test_exports_that_are_named_after_a_school_have_another_name(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    path, school = tmp_path / "study", "Oak"
    (path / "before.csv").rename(path / f"{school} before.csv")
    text = study.read_text(encoding="utf-8").replace("before.csv", f"{school} before.csv")
    study.write_text(text, encoding="utf-8")
    run = pe.analyse(study)
    assert school in run.tables["scores"]["organisation"].cast(pl.String).to_list()
    write_run(run, tmp_path / "out")
    said = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert school not in said
    assert "export_1.csv" in said


NAMED = {
    "Hill Top School": ("hill_top_school_before.csv", "HillTop pre.xlsx", "pre (hill).csv"),
    "Oakfield": ("oakfield_before.csv", "Before-OAKFIELD.sav", "oakfield"),
    "St Mary's & St John's CE Primary School": ("StMarys_pre.csv", "st_johns.csv"),
    "Ysgol Llŷn": ("ysgol_llyn.csv", "Lly\u0302n before.csv"),
    "Organisation 01": ("organisation_01.csv",),
    "140825": ("urn_140825_before.csv",),
    "小学校": ("小学校.csv",),
    "Oak": ("Oak before.csv", "export.oak"),
}


@pytest.mark.parametrize(("name", "file"), [(n, each) for n in NAMED for each in NAMED[n]])
def test_a_file_that_is_named_after_an_organisation_has_another_name(name: str, file: str) -> None:
    tables = {"scores": pl.DataFrame({"organisation": [name, None]})}
    ending = "" if file == "export.oak" else Path(file).suffix
    assert unnamed("export", ["before.csv", file], tables) == {file: f"export_2{ending}"}


def test_other_files_keep_their_names() -> None:
    names = ["Primary School", "01", "7", "St", "Organisation 01", "Girls' Group"]
    tables = {"scores": pl.DataFrame({"organisation": names})}
    files = ["wave_1_baseline_primary.csv", "2018_01_07.csv", "student_survey.csv", "girls.csv", ""]
    assert unnamed("export", files, tables) == {}


def test_sheets_and_the_study_may_be_named_after_a_school_too(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    folder = tmp_path / "study"
    rows = [line.split(",") for line in (folder / "before.csv").read_text("utf-8").splitlines()]
    with xlsxwriter.Workbook(folder / "before.xlsx") as book:
        for name in ("Beech 2018", "Cedar"):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    (folder / "before.csv").unlink()
    text = study.read_text(encoding="utf-8")
    asked = text.replace('"before.csv"', '"before.xlsx"\nsheet = "Beech 2018"')
    named = folder / "Elm_evaluation.toml"
    named.write_text(asked, encoding="utf-8")
    run = pe.analyse(named)
    write_run(run, tmp_path / "out")
    said = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert not [school for school in ("Beech", "Cedar", "Elm") if school in said]
    record = json.loads(said)
    assert record["recognised"][0]["sheet"] == "sheet_1"
    assert record["inputs"][0]["name"] == "input_1.toml"
    assert all(finding["sheet"] in ("", "sheet_1") for finding in record["findings"])


def test_a_group_whose_id_names_an_organisation_is_found(run: Run, tmp_path: Path) -> None:
    def named(column: str) -> pl.Expr:
        return pl.col(column).cast(pl.String).replace({"participants": "hill_top_school"})

    scores = run.tables["scores"].with_columns(organisation=pl.lit("Hill Top School"))
    results = run.tables["results"].with_columns(group=named("group"))
    as_text(tmp_path / "forest-hill_top_school.md", "nothing")
    look = LastLook(tmp_path, run.study, {**run.tables, "scores": scores, "results": results})
    with pytest.raises(DisclosureError, match="DIS007"):
        look.end()


def test_the_study_of_made_up_results_is_a_study() -> None:
    assert study_of().protection.on


def test_a_result_that_says_how_few_there_are_does_not_leave(tmp_path: Path) -> None:
    """Whatever the rules made of it: a row that is not marked is read for what it says."""
    run = pe.analyse(bundled("data/pilot_leads") / "study.toml")
    few = pl.col("estimand").is_in(["n_choosing", "share_choosing"])
    whole = run.tables["results"].select(run.tables["released"].drop("marker").columns)
    open_ = whole.with_columns(marker=pl.lit("")).select(run.tables["released"].columns)
    leaking = pl.concat([run.tables["released"].filter(~few), open_.filter(few)])
    LastLook(tmp_path, run.study, run.tables).end()
    with pytest.raises(DisclosureError) as raised:
        LastLook(tmp_path, run.study, {**run.tables, "released": leaking}).end()
    assert [fault.code for fault in raised.value.faults] == ["DIS008"]
