"""Exports as platforms, offices and accidents make them: `cases.toml` says what must happen."""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli.command import done, neighbours, run
from exports.make import CAST, FILES, HELPERS, KEPT, MADE_WHEN_NEEDED, WORDS
from peereval import errors
from peereval.catalogue import is_note
from peereval.errors import Fault, PeerevalError
from peereval.pipeline import Matching, match_study
from peereval.reading.formats import open_export
from peereval.studies import Study, load_study
from support.studies import Table, write_toml
from support.tables import assert_table

BOOK = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))
CASES: list[Table] = BOOK["cases"]
FAILING = [case for case in CASES if "error" in case]
WORKING = [case for case in CASES if "error" not in case]

#: The study of every case, but for what the case says.
LEAST: Table = {
    "format": 1,
    "id": "exports",
    "columns": {"respondent": "Pupil code"},
    "occasions": [{"id": "before"}, {"id": "after"}],
    "comparisons": [{"id": "term", "pairs": [["before", "after"]]}],
    "phases": [{"id": "pupils", "outcomes": ["pss4_total"]}],
    "scales": {"pss4": {"columns": "stress_{n}"}},
}

#: Every id has five digits and begins with 4; whatever else tells of a respondent is a zebra.
TELLING = re.compile(r"[4４][0-9０-９]{4}|\d\.\d{3,}e\+?\d|zebra", re.IGNORECASE)
#: The same among numbers and hashes.
NAMED = re.compile(rf"\b({'|'.join(CAST)})\b|zebra", re.IGNORECASE)
#: What a spreadsheet would take for the beginning of a formula.
RUNNING = re.compile(r"\s*[=+\-@\t\r]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")

each_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
each_failing = pytest.mark.parametrize("case", FAILING, ids=[case["id"] for case in FAILING])
each_working = pytest.mark.parametrize("case", WORKING, ids=[case["id"] for case in WORKING])


# --- what must happen ---------------------------------------------------------------------------


@each_working
def test_an_export_is_read_as_the_table_says(case: Table, engine: str, tmp_path: Path) -> None:
    said: list[str] = []
    matching = match_study(
        load_study(write_case(case, tmp_path)), engine, lambda *words: said.extend(words)
    )
    assert scores_of(matching, case) == wanted_scores(case)
    if "ledger" in case:
        counts = matching.tables["ledger"].group_by("status").len()
        assert dict(counts.iter_rows()) == case["ledger"]
    assert_faults(matching.findings, case.get("findings", []))
    for name, drawn in case.get("tables", {}).items():
        assert_table(of_the_first(matching.tables[name], case), drawn)
    assert_nobody_told([*said, *map(str, matching.findings)], matching)


@each_failing
def test_an_export_is_refused_as_the_table_says(case: Table, engine: str, tmp_path: Path) -> None:
    study = load_study(write_case(case, tmp_path))
    with pytest.raises(PeerevalError) as caught:
        match_study(study, engine)
    error = caught.value
    assert_nobody_told([str(error)])
    assert type(error) is getattr(errors, case["error"])
    assert error.exit_code == case["exit"]
    assert_faults(error.faults, case["faults"])
    assert all(fault.fix for fault in error.faults), "each says what to do"


@each_failing
def test_nothing_is_written_where_an_export_is_refused(case: Table, tmp_path: Path) -> None:
    study = write_case(case, tmp_path)
    before = neighbours(tmp_path)
    result = run("analyse", study, "--out", tmp_path / "out")
    assert result.exit_code == case["exit"], result.output
    assert_nobody_told([result.output])
    assert all(fault["code"] in result.stderr for fault in case["faults"])
    assert neighbours(tmp_path) == before


@each_case
def test_a_check_says_what_a_run_would(case: Table, tmp_path: Path) -> None:
    study = write_case(case, tmp_path)
    before = neighbours(tmp_path)
    result = run("check", study, "--strict")
    said = result.stdout + result.stderr
    assert_nobody_told([said])
    wanted = [*case.get("faults", []), *case.get("findings", [])]
    codes = {each if isinstance(each, str) else each["code"] for each in wanted}
    assert [code for code in sorted(codes) if code not in said] == [], said
    doubtful = any(not is_note(code) for code in codes)
    assert result.exit_code == case.get("exit", int(doubtful)), said
    assert neighbours(tmp_path) == before


@pytest.mark.parametrize("case", [case for case in WORKING if "taken_for" in case],
                         ids=lambda case: case["id"])  # fmt: skip
def test_an_export_is_taken_for_what_it_is(case: Table, tmp_path: Path) -> None:
    study = load_study(write_case(case, tmp_path))
    source = study.sources[0]
    recognised = open_export(study.folder / source.file, source.layout).recognised
    as_read = {name: getattr(recognised, name) for name in case["taken_for"]}
    assert {name: list(v) if isinstance(v, tuple) else v for name, v in as_read.items()} == (
        case["taken_for"]
    )
    assert_nobody_told(recognised.notes)


@pytest.mark.parametrize("case", [case for case in WORKING if case.get("written")],
                         ids=lambda case: case["id"])  # fmt: skip
def test_what_is_written_gives_nobody_away_and_runs_nothing(case: Table, tmp_path: Path) -> None:
    study = write_case(case, tmp_path)
    before = neighbours(tmp_path)
    result = done("analyse", study, "--out", tmp_path / "out")
    assert neighbours(tmp_path) == before | {"out"}
    assert_nobody_told([result.output])
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    for path in written:
        if path.suffix == ".csv":
            assert [cell for cell in cells_of(path) if runs(cell)] == [], path.name
        if "restricted" not in path.parts and path.suffix in (".csv", ".json"):
            assert not NAMED.search(path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("name", list(KEPT))
def test_a_study_is_drafted_from_an_export_or_it_is_said_why_not(name: str, tmp_path: Path) -> None:
    export, study = tmp_path / name, tmp_path / "study.toml"
    copy(name, export)
    result = run("init", export, "--out", study)
    assert_nobody_told([result.stdout, result.stderr])
    drafted = study.read_text(encoding="utf-8") if study.exists() else ""
    assert_nobody_told([drafted])
    assert (result.exit_code == 0) == bool(drafted), result.output
    assert neighbours(tmp_path) == ({name, "study.toml"} if drafted else {name})


# --- the table itself ---------------------------------------------------------------------------


def test_every_file_has_a_case_and_every_case_its_file() -> None:
    used = {case[key] for case in CASES for key in ("file", "after") if case.get(key)}
    assert used == {*KEPT, *MADE_WHEN_NEEDED, "nowhere.csv"}


def test_the_files_are_those_that_the_script_makes() -> None:
    assert {path.name for path in FILES.iterdir()} == {*KEPT, ".gitattributes"}
    texts = {name for name in KEPT if name.endswith((".csv", ".tsv", ".txt"))} - {"workbook.csv"}
    assert [name for name in texts if KEPT[name]() != (FILES / name).read_bytes()] == []
    assert max(path.stat().st_size for path in FILES.iterdir()) < 20_000


def test_no_two_cases_have_one_name() -> None:
    names = [case["id"] for case in CASES]
    assert len(names) == len(set(names)) > 45


# --- making a case ------------------------------------------------------------------------------


def write_case(case: Table, folder: Path) -> Path:
    """The study file of a case, in a folder with its exports."""
    content = merged(LEAST, BOOK["studies"].get(case.get("like"), {}), case.get("study", {}))
    after = case.get("after", "follow_up.csv")
    content["sources"] = [
        source(case["file"], "before", content, case.get("source", {})),
        *([source(after, "after", content, case.get("after_source", {}))] if after else []),
    ]
    if after == case["file"]:
        after = content["sources"][1]["file"] = f"after_{after}"
    copy(case["file"], folder / case["file"])
    study = write_toml(folder / "study.toml", content)
    if "after" not in case:
        write_follow_up(load_study(study), folder / after)
    elif after:
        copy(case["after"], folder / after)
    return study


def merged(*tables: Mapping[str, Any]) -> Table:
    """Tables laid over one another; a list or a text replaces what was there."""
    whole: Table = {}
    for table in tables:
        for key, value in deepcopy(dict(table)).items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = merged(whole[key], value) if both and key != "columns" else value
    return whole


def source(file: str, occasion: str, study: Table, keys: Table) -> Table:
    """One of [[sources]]: its occasion, unless a column says it."""
    known = {} if "occasion_column" in keys else {"occasion": occasion}
    return {"file": file, **known, **keys}


def copy(name: str, path: Path) -> None:
    if name in MADE_WHEN_NEEDED:
        path.write_bytes(MADE_WHEN_NEEDED[name]())
    elif (FILES / name).is_file():
        path.write_bytes((FILES / name).read_bytes())


def write_follow_up(study: Study, path: Path) -> None:
    """Everybody answers Sometimes, under the headings of the study."""
    items = [columns[0] for columns in study.scales[0].columns.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([study.respondent, *items])
        rows.writerows([name, *(["Sometimes"] * len(items))] for name in CAST)


# --- looking at what happened -------------------------------------------------------------------


def of_the_first(table: pl.DataFrame, case: Table) -> pl.DataFrame:
    """The rows of the export before, where a table says which export a row is of."""
    return table.filter(pl.col("source") == case["file"]) if "source" in table.columns else table


def scores_of(matching: Matching, case: Table) -> dict[str, dict[str, list[Any]]]:
    """Column -> respondent -> values in the order of the rows, of the columns asked for."""
    rows = of_the_first(matching.tables["scores"], case).filter(pl.col("exclusion") == 0)
    found: dict[str, dict[str, list[Any]]] = {}
    for column in wanted_scores(case):
        found[column] = {}
        for respondent, value in rows.select("respondent", column).iter_rows():
            found[column].setdefault(respondent or "", []).append(value)
    return found


def wanted_scores(case: Table) -> dict[str, dict[str, list[Any]]]:
    scores = case.get("scores", {})
    named = BOOK[scores] if isinstance(scores, str) else scores
    return {
        column: {who: listed(value) for who, value in values.items()}
        for column, values in named.items()
    }


def listed(value: Any) -> list[Any]:
    """A value of the table, or several, with nothing for missing ones."""
    values = value if isinstance(value, list) else [value]
    return [None if each == "missing" else each for each in values]


def assert_faults(faults: Iterable[Fault], wanted: Iterable[str | Table]) -> None:
    """These are all the faults, in any order: each a code, or a table of its parts.

    ``says`` is a piece of its words.
    """
    expected = [{"code": each} if isinstance(each, str) else each for each in wanted]
    found = sorted(faults, key=lambda f: (f.code, f.file, f.column))
    expected.sort(key=lambda e: (e["code"], e.get("file", ""), e.get("column", "")))
    assert [fault.code for fault in found] == [each["code"] for each in expected], found
    for fault, each in zip(found, expected, strict=True):
        parts = {key: tuple(v) if isinstance(v, list) else v for key, v in each.items()}
        words = parts.pop("says", "")
        assert {key: getattr(fault, key) for key in parts} == parts
        assert words in str(fault)
        assert not [answer for answer in (*WORDS, *HELPERS) if answer in fault.found]


def assert_nobody_told(messages: Iterable[str], matching: Matching | None = None) -> None:
    """No message holds an id or an answer, nor anything that only a restricted table may hold."""
    restricted = set(restricted_texts(matching)) if matching else set()
    for message in messages:
        assert not TELLING.search(message), message
        assert not [text for text in restricted if text in message], message


def restricted_texts(matching: Matching) -> Iterator[str]:
    """Ids and whatever was not understood, if long enough to be told from a count."""
    for table, column in (("scores", "respondent"), ("faults", "value"), ("changes", "as_written")):
        texts = matching.tables[table][column].drop_nulls().unique().to_list()
        yield from (text for text in texts if len(text.strip()) > 3)


def cells_of(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            yield from row


def runs(cell: str) -> bool:
    """Whether a spreadsheet would run a cell; numbers may begin with a sign."""
    return bool(RUNNING.match(cell)) and not NUMBER.fullmatch(cell.strip())
