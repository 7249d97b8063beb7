"""What each command does when all is well."""

import json
from pathlib import Path

import polars as pl
import pytest

import peereval as pe
from cli.command import done, neighbours, run
from peereval.columns import names
from peereval.engines import ENGINES
from peereval.scales import is_number, load_scale, scale_files
from reading.small_survey import tidy_rows, untidy_rows, with_near_miss, write_small_survey

ROWS = sum(len(rows) for rows in untidy_rows().values())


def test_analyse_writes_the_results_and_shows_what_was_lost(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    said = done("analyse", study, "--out", tmp_path / "out").stdout
    assert "A small survey" in said
    assert "Where the responses went" in said
    assert "1 row was a second answer" in said
    assert "1 row has no respondent id" in said
    assert "3 answers were not understood" in said
    assert "not for publication" in said
    results = pl.read_csv(tmp_path / "out" / "results.csv")
    assert results.columns == names("released")
    assert results.height > 100


def test_the_screen_shows_the_numbers_of_the_results(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    said = done("analyse", study, "--out", tmp_path / "out").stdout
    rows = pl.read_parquet(tmp_path / "out" / "restricted" / "results.parquet")
    change = rows.filter(estimate_id="paired.paired_cr2.pupils.term.all.pss4_total.mean_change")
    did = rows.filter(
        pl.col("estimate_id").str.starts_with("did."),
        pl.col("outcome") == "pss4_total",
        status="ok",
    )
    lines = [line for line in said.splitlines() if line.strip().startswith("Perceived stress")]
    assert len(lines) == 2  # the change, and the difference of the groups
    for line, row in zip(lines, (change, did), strict=True):
        assert f"{row['estimate'][0]:.2f}" in line
        assert f" {row['n'][0]} " in line
        assert line.rstrip().endswith("undecided")


def test_the_screen_shows_no_mean_of_a_few(tmp_path: Path) -> None:
    rows = tidy_rows()
    few = {name: sheets[:5] for name, sheets in rows.items()}
    said = done("analyse", write_small_survey(tmp_path, few), "--out", tmp_path / "out").stdout
    (change, did) = (
        line.split() for line in said.splitlines() if line.strip().startswith("Perceived stress")
    )
    assert change[3:] == ["5", *["-"] * 7]
    assert did[3:] == ["5", *["-"] * 5]


def test_the_screen_at_the_depth_of_headlines_says_which_way_is_better(tmp_path: Path) -> None:
    study, out = write_small_survey(tmp_path), tmp_path / "out"
    said = done("analyse", study, "--out", out, "--depth", "headline").stdout
    lines = [line for line in said.splitlines() if line.strip().startswith("Perceived stress")]
    assert all(line.rstrip().endswith("lower is better") for line in lines)
    methods = set(pl.read_csv(out / "results.csv")["method"])
    assert {"paired_t", "paired_cr2"} <= methods
    assert not methods & {"wilcoxon", "paired_wild", "ancova_cr2", "tost_cr2"}


def test_methods_draws_every_estimator_of_an_outcome(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done("analyse", write_small_survey(tmp_path), "--out", out)
    rows = pl.read_parquet(out / "restricted" / "results.parquet").filter(
        pl.col("estimand").is_in(["mean_change", "pseudo_median", "trimmed_mean_change"]),
        pl.col("analysis").is_in(["paired", "missing_data"]),
        outcome="pss4_total", group="all", status="ok",
    )  # fmt: skip
    said = done("methods", out, "pss4_total", "--group", "all").stdout
    assert rows.height > 5
    for row in rows.iter_rows(named=True):
        (line,) = (line for line in said.splitlines() if row["method"] in line.split()[:2])
        assert f"{row['estimate']:.2f}" in line
        assert "●" in line
    assert "other estimators agree with the headline" in said


def test_methods_of_an_outcome_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done("analyse", write_small_survey(tmp_path), "--out", out)
    result = run("methods", out, "pss4_totl")
    assert result.exit_code == 2
    assert "pss4_total" in result.stderr


def test_methods_needs_the_folder_of_a_run(tmp_path: Path) -> None:
    result = run("methods", tmp_path, "pss4_total")
    assert result.exit_code == 2
    assert "results.parquet" in result.stderr


def nobody_again(folder: Path, rows: int = 24) -> Path:
    """A survey whose ids are others the second time, or with no response then."""
    survey = tidy_rows()
    for sheet in survey["after"]:
        sheet["Pupil code"] += "x"
    return write_small_survey(folder, {"before": survey["before"], "after": survey["after"][:rows]})


@pytest.mark.parametrize("command", ["analyse", "match"])
@pytest.mark.parametrize("rows", [24, 0])
def test_a_run_in_which_nobody_was_matched_is_written_and_fails(
    command: str, rows: int, tmp_path: Path
) -> None:
    study, out = nobody_again(tmp_path, rows), tmp_path / "out"
    result = run(command, study, "--out", out)
    assert result.exit_code == 19
    assert "are the ids written alike?" in result.stdout
    assert result.stderr.startswith("peereval: Nobody was matched")
    assert "CON010 study.toml" in result.stderr
    ledger = pl.read_csv(out / "restricted" / "ledger.csv")
    assert set(ledger["status"]) == {"unmatched"}
    assert (out / "results.csv").exists() == (command == "analyse")
    assert run(command, study, "--out", out, "--quiet").exit_code == 19
    assert run("analyse", study, "--out", out, "--strict").exit_code == 19


@pytest.mark.parametrize("form", ["json", "github"])
def test_programs_are_told_that_nobody_was_matched(form: str, tmp_path: Path) -> None:
    result = run("match", nobody_again(tmp_path), "--out", tmp_path / "out", "--format", form)
    assert (result.exit_code, result.stderr) == (19, "")
    if form == "github":
        assert "::error file=study.toml,title=CON010::" in result.stdout
    else:
        faults = [
            each for each in json.loads(result.stdout)["found"] if each["severity"] == "fault"
        ]
        assert [fault["code"] for fault in faults] == ["CON010"]


def test_nobody_in_one_comparison_of_two_is_a_finding(tmp_path: Path) -> None:
    never = '[[comparisons]]\nid = "never"\npairs = [["before", "later"]]\n\n'
    later = '[[occasions]]\nid = "later"\n\n[[comparisons]]\nid = "term"'
    source = (
        '\n[[sources]]\nfile = "later.csv"\noccasion = "later"\n\n[[sources]]\nfile = "after.csv"'
    )
    rows = tidy_rows()
    rows["later"] = [sheet | {"Pupil code": f"{sheet['Pupil code']}x"} for sheet in rows["after"]]
    changes = {
        '[[comparisons]]\nid = "term"': later,
        '[[groups]]\nid = "participants"': never + '[[groups]]\nid = "participants"',
        '\n[[sources]]\nfile = "after.csv"': source,
    }
    study = write_small_survey(tmp_path, rows, changes)
    said = done("match", study, "--out", tmp_path / "out").stdout
    assert "CON008" in said
    assert "comparisons never" in " ".join(said.split())


def test_a_notebook_gets_the_empty_results_of_a_run_in_which_nobody_was_matched(
    tmp_path: Path,
) -> None:
    run_made = pe.analyse(nobody_again(tmp_path))
    assert run_made.pairs.empty
    assert set(run_made.results.query("estimand == 'n_matched'")["n"]) == {0}


def test_scores_need_nobody_matched(tmp_path: Path) -> None:
    done("score", nobody_again(tmp_path), "--out", tmp_path / "scores.csv")


def test_a_stray_label_leaves_its_scale_in_a_run_without_a_study(tmp_path: Path) -> None:
    """One word that is no label, in one cell of an export, is a finding and not the end of it."""
    write_small_survey(tmp_path, with_near_miss(untidy_rows()))
    files = (tmp_path / "before.csv", tmp_path / "after.csv")
    said = done("analyse", *files, "--id", "Pupil code", "--out", tmp_path / "out").stdout
    assert 'columns = "mood_{n}"' in said
    assert "REC019" not in said
    assert "REC022" not in said
    assert "row 6, column 'mood_1': 1 cell holds text that is no label" in " ".join(said.split())
    line = next(
        line for line in said.splitlines() if line.strip().startswith("Mental wellbeing (SWEMWBS")
    )
    rows = pl.read_parquet(tmp_path / "out" / "restricted" / "results.parquet")
    change = rows.filter(
        estimand="mean_change", method="paired_cr2", group="all", outcome="swemwbs_metric",
        analysis="paired",
    )  # fmt: skip
    assert f"{change['estimate'][0]:.2f}" in line
    assert run("init", *files, "--out", tmp_path / "s.toml").exit_code == 0
    assert 'columns = "mood_{n}"' in (tmp_path / "s.toml").read_text(encoding="utf-8")


def test_scores_are_never_written_over_another_file(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    survey = (tmp_path / "after.csv").read_bytes()
    refused = run("score", study, "--out", tmp_path / "after.csv")
    assert refused.exit_code == 15
    assert (tmp_path / "after.csv").read_bytes() == survey
    done("score", study, "--out", tmp_path / "scores.csv")
    done("score", study, "--out", tmp_path / "scores.csv", "--overwrite")


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    for words in (
        ("analyse", study, "--out", tmp_path / "out"),
        ("match", study, "--out", tmp_path / "matched"),
        ("score", study, "--out", tmp_path / "scores.csv"),
    ):
        assert done(*words, "--quiet").output == ""
    assert {"out", "matched", "scores.csv"} <= neighbours(tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_writes_the_same_bytes(engine: str, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    done("analyse", study, "--out", tmp_path / "plain")
    done("analyse", study, "--out", tmp_path / engine, "--engine", engine)
    for name in ("results.csv", "restricted/ledger.csv", "restricted/faults.csv"):
        assert (tmp_path / engine / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    manifest = json.loads((tmp_path / engine / "run.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["engine"] == engine


def test_data_says_where_the_exports_are(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    done("analyse", study, "--out", tmp_path / "here")
    (tmp_path / "exports").mkdir()
    for name in ("before.csv", "after.csv"):
        (tmp_path / "study" / name).rename(tmp_path / "exports" / name)
    words = ("--data", tmp_path / "exports", "--out", tmp_path / "there")
    done("analyse", study, *words)
    here, there = (tmp_path / place / "results.csv" for place in ("here", "there"))
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("answered", [0, 1])
def test_a_survey_that_hardly_anyone_answered_says_so_row_by_row(
    answered: int, engine: str, tmp_path: Path
) -> None:
    rows = {name: sheets[:answered] for name, sheets in tidy_rows().items()}
    study = write_small_survey(tmp_path, rows)
    made = run("analyse", study, "--out", tmp_path / "out", "--engine", engine)
    assert made.exit_code == (0 if answered else 19)
    results = pl.read_parquet(tmp_path / "out" / "restricted" / "results.parquet")
    tests = results.filter(pl.col("method").is_in(["paired_t", "paired_cr2", "did_ols"]))
    assert tests.height > 5
    assert set(tests["status"]) == {"not_estimable"}
    assert tests["note"].null_count() == 0


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_score_writes_one_row_a_response_in_the_units_of_the_scales(
    ending: str, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path)
    out = tmp_path / "made" / f"scores.{ending}"
    said = done("score", study, "--out", out).stdout
    assert f"{ROWS} responses scored" in said
    frame = pl.read_csv(out) if ending == "csv" else pl.read_parquet(out)
    assert frame.height == ROWS
    assert frame.columns[: len(names("scores"))] == names("scores")
    metric = set(frame["swemwbs_metric"].drop_nulls())
    table = next(s for s in load_scale("swemwbs").scores if s.id == "metric").table.values()
    assert metric <= {value / 100 for value in table}
    assert len(metric) > 3
    assert neighbours(out.parent) == {out.name}


def test_match_writes_pairs_and_ledger_and_estimates_nothing(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    said = done("match", study, "--out", tmp_path / "matched").stdout
    assert "Where the responses went" in said
    assert neighbours(tmp_path / "matched") == {"run.json", "restricted"}
    ledger = pl.read_csv(tmp_path / "matched" / "restricted" / "ledger.csv")
    assert ledger.height == ROWS
    counted = dict(ledger.group_by("status").len().iter_rows())
    assert counted == {"used": 46, "unmatched": 2, "duplicate": 1, "no_id": 1}


def test_scales_list_names_every_scale_and_outcome() -> None:
    said = done("scales", "list", "--outcomes").stdout
    short = done("scales", "list").stdout
    for name in scale_files():
        assert any(line.split()[:1] == [name] for line in short.splitlines())
        scale = load_scale(name)
        assert all(part.outcome in said for part in (*scale.scores, *scale.bands))
    unverified = {name for name in scale_files() if not load_scale(name).source["verified"]}
    marked = [line for line in short.splitlines() if "(NOT verified)" in line]
    assert {line.split()[0] for line in marked} == unverified
    assert "our_future" in unverified


@pytest.mark.parametrize("name", scale_files())
def test_scales_show_tells_all_of_a_scale(name: str) -> None:
    said = done("scales", "show", name).stdout
    scale = load_scale(name)
    on_one_line = " ".join(said.split())
    assert scale.title in on_one_line
    assert scale.source["citation"] in on_one_line
    assert scale.source["licence"] in on_one_line
    assert all(label in said for label in scale.labels if not is_number(label))
    assert not scale.numbers or "numbers from 0 to 10" in said
    assert all(item.gloss in said for item in scale.items)
    reversed_ = {line.split()[1] for line in said.splitlines() if "(reversed)" in line}
    assert reversed_ == {item.id for item in scale.items if item.reverse}
    assert all(part.outcome in said for part in (*scale.scores, *scale.bands))


@pytest.mark.parametrize("name", scale_files())
def test_scales_check_counts_what_holds(name: str) -> None:
    scale = load_scale(name)
    said = done("scales", "check", scale_files()[name]).stdout
    assert f"items: {len(scale.items)}, scores: {len(scale.scores)}" in said
    assert f"examples that hold: {len(scale.examples)}" in said


def test_simulate_makes_a_survey_that_analyse_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    said = done("simulate", "--out", folder, "--respondents", "300", "--seed", "5").stdout
    assert str(folder / "study.toml") in said
    done("analyse", folder / "study.toml", "--out", tmp_path / "out", "--quiet")
    results = pl.read_parquet(tmp_path / "out" / "restricted" / "results.parquet")
    assert (results["status"] == "ok").sum() > 100
    study = pe.load_study(folder / "study.toml")
    assert {source.file for source in study.sources} < neighbours(folder)


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    for name, seed in (("one", "5"), ("two", "5"), ("three", "6")):
        done("simulate", "--out", tmp_path / name, "--respondents", "100", "--seed", seed)
    one, two, three = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two", "three")
    )
    assert one == two
    assert one.keys() == three.keys()
    assert one != three


# Square brackets are marks of style to the library that prints the tables.
@pytest.mark.parametrize("title", ["Survey [2018]", "Survey [/bold]", "[red]"])
def test_titles_are_printed_as_they_are_written(title: str, tmp_path: Path) -> None:
    study = write_small_survey(
        tmp_path,
        tidy_rows(),
        {
            '"A small survey"': f'"{title}"',
            '"Pupils"': f'"Pupils {title}"',
            '"Spring to summer"': f'"Spring {title}"',
        },
    )
    said = done("analyse", study, "--out", tmp_path / "out").stdout
    assert said.count(title) >= 4
