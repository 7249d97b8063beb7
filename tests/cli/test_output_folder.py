"""What a run leaves behind: complete, checkable, and closed to others where it is about pupils."""

import json
import stat
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import peereval as pe
from cli.command import done, neighbours, run
from peereval.columns import names
from peereval.decisions import read_decisions
from peereval.output import write_run
from peereval.studies import parse_study
from reading.small_survey import tidy_rows, untidy_rows, write_small_survey

READ_BY_PEOPLE = (
    "ledger", "changes", "faults", "missing", "id_steps", "duplicates", "conflicts", "near_misses",
)  # fmt: skip

Made = tuple[Path, Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    study = write_small_survey(folder / "study")
    done("analyse", study, "--out", folder / "out", "--quiet")
    return study, folder / "out"


def manifest(out: Path) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    text = (out / "run.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return content


def test_the_folder_holds_these_files(made: Made) -> None:
    _, out = made
    assert neighbours(out) == {
        "results.csv", "results.parquet", "results.json", "results.schema.json", "run.json",
        "report.html", "report.docx", "tables.xlsx", "figures", "restricted",
        "cheers.md", "organisations",
    }  # fmt: skip
    assert neighbours(out / "restricted") == {
        "README.txt",
        "record.json",
        "results.parquet",
        "suppressions.csv",
        "scores.parquet",
        "pairs.parquet",
        "organisations.parquet",
        *(f"{name}.csv" for name in READ_BY_PEOPLE),
    }


def test_the_results_are_the_same_in_both_formats(made: Made) -> None:
    _, out = made
    parquet = pl.read_parquet(out / "results.parquet")
    assert parquet.columns == names("released")
    words = [name for name in parquet.columns if parquet[name].dtype == pl.String]
    texts = pl.read_csv(out / "results.csv", infer_schema=False)
    read = texts.with_columns(pl.col(words).fill_null("")).cast(dict(parquet.schema))
    assert_frame_equal(read, parquet, check_exact=True)


def test_the_manifest_has_the_fingerprints_of_what_went_in(made: Made) -> None:
    study, out = made
    run = manifest(out)
    assert {"name": "study.toml", "sha256": fingerprint(study)} in run["inputs"]
    assert run["sources"] == [
        {"name": name, "sha256": fingerprint(study.with_name(name))}
        for name in ("before.csv", "after.csv")
    ]


def fingerprint(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_the_manifest_says_with_what_and_how(made: Made) -> None:
    run = manifest(made[1])
    assert run["scales"] == {"pss4": "1.0.0", "swemwbs": "1.0.0"}
    (cost,) = run["unit_costs"]
    assert (cost["id"], cost["value"], cost["price_year"]) == ("teacher", 8.77, "2017")
    assert (cost["status"], cost["currency"], cost["converted"]) == ("made up", "GBP", None)
    assert run["packages"]["peereval"] == version("peereval")
    assert run["packages"]["polars"] == version("polars")
    assert run["settings"] == {
        "duplicates": "most_complete",
        "pooling": "first_complete",
        "id_scope": "study",
        "normalise": ["trim", "unicode", "number", "case"],
        "near_misses": True,
        "check_character": False,
        "tests": "exclude",
        "unfinished": "keep",
        "exclusions": [],
        "conflicts": {
            "organisation": "keep",
            "phase": "drop",
            "year_group": "keep",
            "dates": "keep",
        },
        "allowed": [],
        "statistics": {
            "ci_level": 0.95,
            "depth": "full",
            "headline_change": "paired_cr2",
            "headline_did": "did_cr2",
            "smallest_effect": 0.2,
            "smallest_effects": {},
            "reliabilities": {},
            "primary": [],
            "draws": 9999,
            "seed": 2020,
        },
        "subgroups": {"characteristics": [], "minimum": 10},
        "families": [],
        "contrast": ["participants", "non_participants"],
        "cost_group": "participants",
        "perspective": "",
        "engine": "polars",
    }
    assert {"scored", "matched", "estimated"} <= run["seconds"].keys()
    assert all(seconds >= 0 for seconds in run["seconds"].values())


def whole(out: Path) -> dict[str, Any]:
    """Everything that was counted and found: for the evaluator alone."""
    text = (out / "restricted" / "record.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def test_the_manifest_counts_no_few(made: Made) -> None:
    counts = manifest(made[1])["counts"]
    assert counts["answers_not_understood"] is None
    assert all(entry["n"] is None or entry["n"] >= 10 for entry in counts["ledger"])
    for finding in manifest(made[1])["findings"]:
        assert finding["row"] is None
        assert finding["others"] == []


def test_the_manifest_counts_every_row_once(made: Made) -> None:
    run = whole(made[1])
    counts = run["counts"]
    rows = sum(len(sheets) for sheets in untidy_rows().values())
    assert counts["rows"] == rows
    assert sum(entry["n"] for entry in counts["ledger"]) == rows
    assert counts["answers_not_understood"] == 3
    assert {(f["code"], f["file"], f["row"], f["column"], f["count"]) for f in run["findings"]} >= {
        ("ANS001", "before.csv", 6, "mood_1", 1),
        ("ANS003", "before.csv", 11, "Role", 1),
    }


def test_the_restricted_folder_is_for_its_owner_alone(made: Made) -> None:
    _, out = made
    assert stat.S_IMODE((out / "restricted").stat().st_mode) == 0o700
    text = (out / "restricted" / "README.txt").read_text(encoding="utf-8")
    assert "Never publish" in text
    assert all(name in text for name in neighbours(out / "restricted") - {"README.txt"})


def test_the_restricted_tables_are_those_of_the_vocabulary(made: Made) -> None:
    place = made[1] / "restricted"
    for name in READ_BY_PEOPLE:
        assert pl.read_csv(place / f"{name}.csv").columns == names(name)
    assert pl.read_parquet(place / "scores.parquet").columns[: len(names("scores"))] == names(
        "scores"
    )
    assert pl.read_parquet(place / "pairs.parquet").columns[: len(names("pairs"))] == names("pairs")


def test_the_same_study_gives_the_same_bytes_again(made: Made, tmp_path: Path) -> None:
    study, out = made
    done("analyse", study, "--out", tmp_path / "again", "--quiet")
    for name in ("results.csv", "restricted/ledger.csv", "restricted/faults.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_nothing_in_the_results_is_rounded_to_please(made: Made) -> None:
    results = pl.read_parquet(made[1] / "results.parquet")
    p_values = results["p_value"].drop_nulls()
    assert (p_values.round(6) != p_values).any()
    assert (p_values > 0).all()


# --- what a run found


def untidier(folder: Path) -> Path:
    """An export with a near miss, a name, a preview and an id in small letters."""
    rows = untidy_rows()
    rows["after"][7]["Pupil code"] = "0O07"
    rows["before"][2]["Pupil code"] = "k2"
    rows["after"][2]["Pupil code"] = "K2"
    for row in rows["before"]:
        row["Name"] = "A pupil"
    accepted = '[[accepted]]\ncode = "PER001"\nreason = "we know"\n\n[contrast]'
    return write_small_survey(folder, rows, {"[contrast]": accepted})


def test_the_manifest_says_what_each_export_was_taken_for(made: Made) -> None:
    told = manifest(made[1])["recognised"]
    assert [each["file"] for each in told] == ["before.csv", "after.csv"]
    assert all(each["format"] == "CSV" and each["delimiter"] == "," for each in told)
    assert all("sheet" not in each for each in told)


def test_the_manifest_counts_what_was_found_in_the_ids(tmp_path: Path) -> None:
    done("match", untidier(tmp_path), "--out", tmp_path / "out", "--quiet")
    counts = whole(tmp_path / "out")["counts"]
    steps = {step["step"]: step for step in counts["id_steps"]}
    assert list(steps) == ["as_written", "trim", "unicode", "number", "case"]
    assert steps["case"]["n_matched"] == steps["as_written"]["n_matched"] + 1
    assert counts["duplicates"] == [{"kind": "more_complete", "n": 1}]
    assert counts["near_misses"] == [
        {"kind": "lookalike", "suggested": True, "decision": "", "n": 1}
    ]
    assert counts["missing"] == [{"reason": "declared", "n": 1}]


def test_a_finding_that_was_accepted_is_kept_and_marked(tmp_path: Path) -> None:
    done("match", untidier(tmp_path), "--out", tmp_path / "out", "--quiet")
    accepted = {each["code"]: each["accepted"] for each in manifest(tmp_path / "out")["findings"]}
    assert accepted["PER001"] is True
    assert accepted["ANS001"] is False


def test_ids_come_back_from_the_near_misses_as_they_are(tmp_path: Path) -> None:
    rows = tidy_rows()
    strange = {"=A+12": "=A+21", "0012345": "0012354", "-77AB": "-77BA"}
    for n, (before, after) in enumerate(strange.items()):
        rows["before"][n]["Pupil code"], rows["after"][n]["Pupil code"] = before, after
    study = write_small_survey(tmp_path, rows)
    run = pe.match(study)
    done("match", study, "--out", tmp_path / "out", "--quiet")
    path = tmp_path / "out" / "restricted" / "near_misses.csv"
    ids = ["before_id", "after_id"]
    wanted = run.tables["near_misses"].select(ids)
    assert dict(wanted.iter_rows()) == strange
    assert read_decisions(path, run.study).select(ids).equals(wanted)


def test_a_study_that_was_drafted_is_written_beside_its_results(tmp_path: Path) -> None:
    text = write_small_survey(tmp_path).read_text(encoding="utf-8")
    (tmp_path / "study.toml").unlink()
    run = pe.analyse(parse_study(text, tmp_path / "study.toml"))
    write_run(run, tmp_path / "out", text)
    assert (tmp_path / "out" / "restricted" / "study.toml").read_text(encoding="utf-8") == text
    hashed = {each["name"]: each["sha256"] for each in manifest(tmp_path / "out")["inputs"]}
    assert hashed["study.toml"] == sha256(text.encode()).hexdigest()


def test_decisions_are_among_what_decides_a_result(tmp_path: Path) -> None:
    study = untidier(tmp_path)
    done("match", study, "--out", tmp_path / "first", "--quiet")
    path = tmp_path / "decided.csv"
    path.write_bytes((tmp_path / "first" / "restricted" / "near_misses.csv").read_bytes())
    done("match", study, "--out", tmp_path / "out", "--decisions", path, "--quiet")
    assert {"name": "decided.csv", "sha256": fingerprint(path)} in manifest(tmp_path / "out")[
        "inputs"
    ]


# --- what a person has done in an output folder -------------------------------------------------


@pytest.mark.parametrize("name", ["restricted/near_misses.csv", "results.csv", "my notes.txt"])
def test_work_of_a_person_is_never_replaced(name: str, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    words = ("analyse", study, "--out", tmp_path / "out", "--quiet")
    done(*words)
    done(*words)  # untouched, it is replaced
    with (tmp_path / "out" / name).open("a", encoding="utf-8") as file:
        file.write("decided\n")
    result = run(*words)
    assert result.exit_code == 15
    assert f"holds {name}, which was not written by the last run or has changed" in result.stderr
    assert (tmp_path / "out" / name).read_text(encoding="utf-8").endswith("decided\n")


def test_what_a_desktop_leaves_about_is_nobody_s_work(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    words = ("analyse", study, "--out", tmp_path / "out", "--quiet")
    done(*words)
    (tmp_path / "out" / ".DS_Store").write_bytes(b"x")
    done(*words)


def test_a_study_is_never_replaced_by_its_own_results(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    exports = [study.with_name(name) for name in ("before.csv", "after.csv")]
    done("analyse", *exports, "--id", "Pupil code", "--out", tmp_path / "out", "--quiet")
    result = run(
        "analyse", tmp_path / "out" / "restricted" / "study.toml", "--out", tmp_path / "out"
    )
    assert result.exit_code == 15
    assert "is read, and" in result.stderr
    assert (tmp_path / "out" / "restricted" / "study.toml").is_file()


def test_exports_may_be_named_after_a_school(tmp_path: Path) -> None:
    """The study that is drafted names them: it stays among what is never published."""
    study = write_small_survey(tmp_path / "study")
    exports = [study.with_name(name) for name in ("before.csv", "after.csv")]
    school = pl.read_csv(exports[0])["School"][0]
    named = [path.rename(path.with_name(f"{school} {path.name}")) for path in exports]
    done("analyse", *named, "--id", "Pupil code", "--out", tmp_path / "out")
    assert school in (tmp_path / "out" / "restricted" / "study.toml").read_text(encoding="utf-8")
    assert school not in (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
