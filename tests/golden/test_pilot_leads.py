"""The survey of pilot leads: the same bytes again, and the report's tables in them."""

import csv
import runpy
from pathlib import Path

import pytest

import peereval as pe
from peereval.output import write_run
from peereval.simulating import simulate_pilot_leads

DATA = Path(__file__).parents[2] / "data"
LEADS = DATA / "pilot_leads"
FILES = ("leads_baseline.csv", "leads_follow_up.csv")
YOUNG_PEOPLE = ("young_people_follow_up.csv", "best_thing_coded.csv")


def test_the_exports_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    simulate_pilot_leads(tmp_path)
    for name in (*FILES, *YOUNG_PEOPLE, "study.toml", "young_people.toml"):
        assert (tmp_path / name).read_bytes() == (LEADS / name).read_bytes(), name


def check(
    folder: Path, out: Path, study: str = "study.toml", printed: str = "published_numbers.csv"
) -> int:
    write_run(pe.analyse(pe.load_study(folder / study)), out)
    main = runpy.run_path(str(DATA / "pilot" / "report_check.py"))["main"]
    return int(main([str(out / "restricted" / "results.parquet"), str(LEADS / printed)]))


@pytest.mark.parametrize("seed", [2018, 7])
def test_every_printed_number_is_there_with_any_seed(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate_pilot_leads(tmp_path, seed)
    assert check(tmp_path, tmp_path / "out") == 0
    assert "3 explained, 0 different" in capsys.readouterr().out


@pytest.mark.parametrize("seed", [2018, 7])
def test_printed_medians_means_and_bases_are_there_with_any_seed(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate_pilot_leads(tmp_path, seed)
    study, printed = "young_people.toml", "published_young_people.csv"
    assert check(tmp_path, tmp_path / "out", study, printed) == 0
    assert "6 numbers: 6 equal" in capsys.readouterr().out


def test_what_must_not_be_quoted_is_not() -> None:
    run = pe.analyse(LEADS / "young_people.toml")
    shown = " ".join(run.tables["quotations"]["quotation"])
    assert shown
    assert not any(word in shown for word in ("Rosie", "Rowan", "12"))
    reasons = " ".join(run.tables["quotations_withheld"]["reason"])
    assert all(word in reasons for word in ("name of an organisation", "digits", "fewer than 10"))


def test_an_answer_more_is_different(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate_pilot_leads(tmp_path)
    path = tmp_path / FILES[0]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Very satisfied", "Quite satisfied", 1), encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["QA3"] == "Quite satisfied")
    row["QA3"] = "Not at all satisfied"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert check(tmp_path, tmp_path / "out") == 1
    assert "DIFFERENT" in capsys.readouterr().out
