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

from cli.command import done, neighbours
from peereval.columns import names
from reading.small_survey import untidy_rows, write_small_survey

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
    assert neighbours(out) == {"results.csv", "results.parquet", "run.json", "restricted"}
    assert neighbours(out / "restricted") == {
        "README.txt",
        "scores.parquet",
        "pairs.parquet",
        "ledger.csv",
        "changes.csv",
        "faults.csv",
    }


def test_the_results_are_the_same_in_both_formats(made: Made) -> None:
    _, out = made
    parquet = pl.read_parquet(out / "results.parquet")
    assert parquet.columns == names("results")
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
    assert run["unit_costs"] == [["teacher", 8.77, "2017", "made up"]]
    assert run["packages"]["peereval"] == version("peereval")
    assert run["packages"]["polars"] == version("polars")
    assert run["settings"] == {
        "duplicates": "most_complete",
        "pooling": "first_complete",
        "id_scope": "study",
        "ci_level": 0.95,
        "contrast": ["participants", "non_participants"],
        "cost_group": "participants",
        "engine": "polars",
    }
    assert {"scored", "matched", "estimated"} <= run["seconds"].keys()
    assert all(seconds >= 0 for seconds in run["seconds"].values())


def test_the_manifest_counts_every_row_once(made: Made) -> None:
    run = manifest(made[1])
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
    assert pl.read_csv(place / "ledger.csv").columns == names("ledger")
    assert pl.read_csv(place / "faults.csv").columns == names("faults")
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
