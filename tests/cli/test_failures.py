"""Each kind of fault has its exit code, a message on stderr and nothing half-written."""

import errno
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import peereval as pe
from cli.command import done, neighbours, run
from peereval.cli.options import FOUND, INTERRUPTED, TOLD_TO_END
from peereval.errors import NobodyMatchedError, OutputError, PeerevalError
from peereval.output import write_run
from peereval.scales import scale_files
from reading.small_survey import write_small_survey
from support.coded import coded_rows, write_exports, write_sheet, write_study

Prepared = Callable[[Path], tuple[str | Path, ...]]


def no_study(folder: Path) -> tuple[str | Path, ...]:
    return "analyse", folder / "studdy.toml"


def study_is_no_toml(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    study.write_text("format = one", encoding="utf-8")
    return "analyse", study


def study_refers_to_nothing(folder: Path) -> tuple[str | Path, ...]:
    return "match", write_small_survey(folder, None, {'control = "non_': 'control = "not_'})


def no_unit_costs(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    (folder / "costs.toml").unlink()
    return "analyse", study


def no_export(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    (folder / "after.csv").unlink()
    return "analyse", study


def no_column(folder: Path) -> tuple[str | Path, ...]:
    return "score", write_small_survey(folder, None, {'"Pupil code"': '"Pupil cod"'})


def no_data_folder(folder: Path) -> tuple[str | Path, ...]:
    return "match", write_small_survey(folder), "--data", folder / "elsewhere"


def forbidden_duplicates(folder: Path) -> tuple[str | Path, ...]:
    changes = {"[contrast]": '[matching]\nduplicates = "error"\n\n[contrast]'}
    return "analyse", write_small_survey(folder, None, changes)


def answered_by_name(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    for name in ("before.csv", "after.csv", study.name):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("Pupil code", "E-mail address"), encoding="utf-8")
    return "analyse", study


def undecidable(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    (folder / "decided.csv").write_text("decision\naccept\n", encoding="utf-8")
    return "match", study, "--decisions", folder / "decided.csv"


def forbidden_conflicts(folder: Path) -> tuple[str | Path, ...]:
    changes = {"[contrast]": '[conflicts]\norganisation = "error"\n\n[contrast]'}
    return "analyse", write_small_survey(folder, None, changes)


def wrong_scale(folder: Path) -> tuple[str | Path, ...]:
    text = scale_files()["pss4"].read_text(encoding="utf-8")
    folder.mkdir()
    (folder / "pss4.toml").write_text(text.replace("total = 16", "total = 15"), encoding="utf-8")
    return "scales", "check", folder / "pss4.toml"


def no_scale(_folder: Path) -> tuple[str | Path, ...]:
    return "scales", "show", "swemwb"


def out_is_a_file(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    (folder / "taken").write_text("mine", encoding="utf-8")
    return "analyse", study, "--out", folder / "taken"


def out_is_below_a_file(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    (folder / "taken").write_text("mine", encoding="utf-8")
    return "analyse", study, "--out", folder / "taken" / "out"


def scores_in_no_known_format(folder: Path) -> tuple[str | Path, ...]:
    return "score", write_small_survey(folder), "--out", folder / "scores.xlsx"


def scores_into_a_folder(folder: Path) -> tuple[str | Path, ...]:
    study = write_small_survey(folder)
    (folder / "scores.csv").mkdir()
    return "score", study, "--out", folder / "scores.csv"


def impossible_survey(folder: Path) -> tuple[str | Path, ...]:
    return "simulate", "--out", folder, "--icc", "2"


def simulate_into_a_full_folder(folder: Path) -> tuple[str | Path, ...]:
    write_small_survey(folder)
    return "simulate", "--out", folder


def simulate_below_a_file(folder: Path) -> tuple[str | Path, ...]:
    folder.mkdir()
    (folder / "taken").write_text("mine", encoding="utf-8")
    return "simulate", "--out", folder / "taken" / "made"


def table_with_a_short_row(folder: Path) -> tuple[str | Path, ...]:
    folder.mkdir()
    table = folder / "table.toml"
    text = 'format = 1\ntitle = "T"\nkind = "count"\ncolumns = [{ id = "a" }, { id = "b" }]\n'
    table.write_text(text + 'rows = """\nGirls | 12\n"""\n', encoding="utf-8")
    return "check-table", table


def codes_of_nobody(folder: Path) -> tuple[str | Path, ...]:
    folder.mkdir()
    study = write_study(folder)
    write_exports(folder, ["chatting"])
    rows = coded_rows(folder)
    write_sheet(folder, [rows[0] | {"row": "999"}, *rows[1:]])
    return "analyse", study, "--out", folder / "out"


def title_with_an_id(folder: Path) -> tuple[str | Path, ...]:
    changes = {'title = "A small survey"': 'title = "A small survey, without 0007"'}
    return "analyse", write_small_survey(folder, None, changes)


CASES: dict[str, tuple[int, Prepared, str]] = {
    "no study": (12, no_study, "There is no study file"),
    "a study that is no TOML": (12, study_is_no_toml, "STU001"),
    "a study that refers to nothing": (12, study_refers_to_nothing, "mean 'non_participants'"),
    "no unit costs": (12, no_unit_costs, "STU012"),
    "no export": (13, no_export, "SRC001 after.csv"),
    "no column": (13, no_column, "Did you mean 'Pupil code'?"),
    "no folder of data": (13, no_data_folder, "SRC001 before.csv"),
    "ids that are addresses": (16, answered_by_name, "PER002 before.csv, after.csv"),
    "codes of nobody": (21, codes_of_nobody, "TBL008 coded.csv"),
    "decisions that are none": (17, undecidable, "DEC001 decided.csv"),
    "conflicts that the study forbids": (18, forbidden_conflicts, "CON001 after.csv"),
    "duplicates that the study forbids": (14, forbidden_duplicates, "DUP001 before.csv, row 12"),
    "a published table of another shape": (20, table_with_a_short_row, "PUB004 table.toml, line 6"),
    "an id in what was to be published": (
        22,
        title_with_an_id,
        "DIS005 cheers.md, organisations/ash.html",
    ),
    "a wrong scale": (11, wrong_scale, "SCL013 pss4.toml"),
    "no scale": (11, no_scale, "Did you mean 'swemwbs'?"),
    "a file in the way": (15, out_is_a_file, "is a file"),
    "a file in the way of the way": (15, out_is_below_a_file, "cannot be written"),
    "scores in no known format": (15, scores_in_no_known_format, "no ending that is known"),
    "scores into a folder": (15, scores_into_a_folder, "is there already"),
    "an impossible survey": (2, impossible_survey, "a share lies between 0 and 1"),
    "a survey into a full folder": (2, simulate_into_a_full_folder, "is not empty"),
    "a survey below a file": (15, simulate_below_a_file, "taken"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_has_its_exit_code_and_a_message_on_stderr(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, prepare, said = CASES[case]
    words = prepare(tmp_path / "place")
    # The default places are relative: whatever is written must be seen to be written.
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    result = run(*words)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("peereval: ")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert neighbours(tmp_path / "desk") == set()


def test_every_kind_of_error_has_a_case_and_a_code_of_its_own() -> None:
    kinds = PeerevalError.__subclasses__()
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)
    # A run in which nobody was matched is written before it fails: see test_commands.
    assert set(codes) == {code for code, _, _ in CASES.values()} | {NobodyMatchedError.exit_code}


def test_every_exit_code_is_in_the_readme() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = text.split("| exit code |", 1)[1].split("\n\n", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    told = {int(code) for row in rows for code in row.split(",")}
    errors = {kind.exit_code for kind in (PeerevalError, *PeerevalError.__subclasses__())}
    assert told == {0, FOUND, INTERRUPTED, TOLD_TO_END} | errors


# --- nothing half-written


@pytest.mark.parametrize("command", ["analyse", "match"])
def test_a_run_that_fails_leaves_no_folder(command: str, tmp_path: Path) -> None:
    words = no_export(tmp_path / "place")
    (tmp_path / "outs").mkdir()
    assert run(command, words[1], "--out", tmp_path / "outs" / "out").exit_code == 13
    assert neighbours(tmp_path / "outs") == set()


@pytest.mark.parametrize("command", ["analyse", "match", "score"])
@pytest.mark.parametrize("kind", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError()])
def test_a_write_that_fails_leaves_nothing(
    command: str, kind: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_small_survey(tmp_path / "place")
    outs = tmp_path / "outs"
    outs.mkdir()

    def full(frame: pl.DataFrame, file: Path, **_: object) -> None:
        Path(file).write_bytes(b"half")
        raise kind

    for method in ("write_parquet", "write_csv"):
        monkeypatch.setattr(pl.DataFrame, method, full)
    words = (command, study, "--out", outs / ("out.csv" if command == "score" else "out"))
    if isinstance(kind, OSError):
        result = run(*words)
        assert result.exit_code == 15
        assert "No space left on device" in result.stderr
    else:
        with pytest.raises(RuntimeError):
            run(*words)
    assert neighbours(outs) == set()


def test_a_run_that_fails_leaves_the_earlier_run_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_small_survey(tmp_path / "place")
    outs = tmp_path / "outs"
    done("analyse", study, "--out", outs / "out")
    before = contents(outs)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    assert run("analyse", study, "--out", outs / "out").exit_code == 15
    assert contents(outs) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_earlier_run_is_replaced_whole(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "place")
    out = tmp_path / "outs" / "out"
    done("analyse", study, "--out", out)
    assert {"results.csv", "report.html", "run.json", "restricted"} < set(neighbours(out))
    done("match", study, "--out", out)
    assert neighbours(out) == {"run.json", "restricted"}
    assert neighbours(out.parent) == {"out"}


@pytest.mark.parametrize("command", ["analyse", "match"])
def test_a_folder_with_something_else_in_it_is_refused_and_untouched(
    command: str, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path / "place")
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter_1.txt").write_text("years of work", encoding="utf-8")
    result = run(command, study, "--out", out)
    assert result.exit_code == 15
    assert "did not write" in result.stderr
    assert contents(out) == {"chapter_1.txt": b"years of work"}
    assert neighbours(tmp_path) == {"place", "thesis"}


# A folder can fill while a long run computes: who writes looks again.
def test_what_writes_a_run_refuses_such_a_folder_too(tmp_path: Path) -> None:
    run_made = pe.analyse(write_small_survey(tmp_path / "place"))
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter_1.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(OutputError, match="did not write"):
        write_run(run_made, out)
    assert contents(out) == {"chapter_1.txt": b"years of work"}


def test_an_empty_folder_is_written_into(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "place")
    (tmp_path / "out").mkdir()
    done("analyse", study, "--out", tmp_path / "out")
    assert "results.csv" in neighbours(tmp_path / "out")


# --- a study that a person wrote a little wrong

WRONG_KINDS = {
    "a role that is no text": ('mentor = "Mentor"', "mentor = 1"),
    "roles of a group as a number": ('roles = ["neither"]', "roles = 4"),
    "pairs that are no pairs": ('pairs = [["before", "after"]]', "pairs = 2"),
    "a pair without brackets": ('pairs = [["before", "after"]]', 'pairs = ["before", "after"]'),
    "no pairs": ('pairs = [["before", "after"]]', "pairs = []"),
    "outcomes as a number": ('outcomes = ["pss4_total", "swemwbs_metric"]', "outcomes = 2"),
    "bands as a number": ('bands = ["swemwbs_bands"]', "bands = 1"),
    "columns of a scale as a number": ('columns = "stress_{n}"', "columns = 4"),
    "columns of a question as a number": ('columns = "Q2_help"', "columns = 2"),
    "a blank column for the respondent": ('respondent = "Pupil code"', 'respondent = ""'),
    "a number for the respondent": ('respondent = "Pupil code"', "respondent = 1"),
    "a number for the unit costs": ('unit_costs = "costs.toml"', "unit_costs = 1"),
    "a list for a unit cost": ('unit_cost = "teacher"', 'unit_cost = ["teacher"]'),
    "a list for the frequencies": ('frequencies = "term"', 'frequencies = ["term"]'),
    "a number for a file": ('file = "after.csv"', "file = 2"),
    "a title that is no text": ('title = "Spring to summer"', "title = 2018"),
    "a number for the missing texts": ('missing = ["Prefer not to say"]', "missing = 9"),
}


@pytest.mark.parametrize("case", WRONG_KINDS)
def test_a_value_of_the_wrong_kind_in_a_study_is_a_fault_and_no_crash(
    case: str, tmp_path: Path
) -> None:
    right, wrong = WRONG_KINDS[case]
    study = write_small_survey(tmp_path, None, {right: wrong})
    result = run("match", study, "--out", tmp_path / "out")
    assert result.exit_code == 12
    assert "STU" in result.stderr


# A text is a row of letters: each of them would silently count as missing.
def test_one_missing_text_needs_no_brackets_or_is_refused(tmp_path: Path) -> None:
    bare = {'missing = ["Prefer not to say"]': 'missing = "Prefer not to say"'}
    result = run("match", write_small_survey(tmp_path, None, bare), "--out", tmp_path / "out")
    if result.exit_code == 0:
        assert "3 answers were not understood" in result.stdout
    else:
        assert result.exit_code == 12
        assert "missing" in result.stderr


def test_the_pilot_is_not_written_over_other_files_unless_asked_to(tmp_path: Path) -> None:
    (tmp_path / "wave_1_baseline_primary.csv").write_text("mine", encoding="utf-8")
    result = run("simulate", "--pilot", "--out", tmp_path)
    assert result.exit_code == 2
    assert contents(tmp_path) == {"wave_1_baseline_primary.csv": b"mine"}
