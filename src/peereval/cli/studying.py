"""Commands on a study: check, score, match, analyse."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peereval.cli.options import (
    CODING,
    DATA,
    DECISIONS,
    DEPTH,
    ENGINE,
    FORMAT,
    FOUND,
    OVERWRITE,
    PHASE,
    QUIET,
    STRICT,
    STUDY,
    TO,
    UNPROTECTED,
    by_file,
    fail,
    guarded,
    named,
    out,
    progress,
)
from peereval.errors import Fault, UsageError
from peereval.plurals import count_of

if TYPE_CHECKING:
    from peereval.pipeline import Scoring
    from peereval.studies import Study


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@out("out", "Folder to write. An earlier run there is replaced.")
@click.option("--id", "id_column", default="", help="Column of the unique id, without a study.")
@CODING
@PHASE
@DATA
@DECISIONS
@DEPTH
@ENGINE
@UNPROTECTED
@TO
@STRICT
@FORMAT
@QUIET
@guarded
def analyse(
    files: tuple[Path, ...],
    out: Path,
    id_column: str,
    coding: tuple[str, ...],
    phase: tuple[str, ...],
    data: Path | None,
    decisions: Path | None,
    depth: str | None,
    engine: str,
    unprotected: bool,
    formats: tuple[str, ...],
    strict: bool,
    form: str,
    quiet: bool,
) -> None:
    """The whole evaluation: results, and what became of every row.

    \b
    peereval analyse study.toml
    peereval analyse before.csv after.csv --id "Pupil code"

    FILES is a study.toml; or the exports of baseline and follow-up, whose scales are then
    recognised, and the study that was used is printed and written beside the results.
    """
    from msgspec.structs import replace

    from peereval.output import check_output, check_place
    from peereval.pipeline import analyse as run_analysis
    from peereval.reporting import Beside, formats_of, write_analysis
    from peereval.studies import load_study, without_protection

    check_output(out)
    if len(files) == 1 and files[0].suffix.lower() == ".toml":
        if id_column or coding or phase:
            raise UsageError("A study says this itself: leave --id, --coding and --phase out")
        study, drafted = load_study(files[0], data, decisions), ""
    else:
        if data:
            raise UsageError("--data belongs to a study.toml: give the exports with their folders")
        answers = {"id": id_column, "codings": coding, "phases": phase}
        study, drafted = _draft(files, answers, decisions, out)
    if depth:
        study = replace(study, statistics=replace(study.statistics, depth=depth))
    if unprotected:
        study = without_protection(study)
    check_place(out, study, drafted)
    if drafted and form == "text" and not quiet:
        click.echo(drafted)
    with Beside(formats_of(formats, study.report.formats)) as other:
        run = run_analysis(study, engine, progress(quiet))
        made = write_analysis(run, out, drafted, formats, other)
    if form == "text" and not quiet:
        from peereval.rendering.terminal import console, show_protection, show_run

        screen = console()
        show_run(run, screen)
        screen.print(f"Written to {out}: {', '.join(made)}", markup=False)
        show_protection(run, screen)
    _end(run, strict, form)


def _draft(
    files: Sequence[Path], answers: Mapping[str, Any], decisions: Path | None, out: Path
) -> "tuple[Study, str]":
    """The study that is recognised in the exports of baseline and follow-up, and its text."""
    from peereval.recognising import Given, draft_study
    from peereval.studies import parse_study

    if len(files) != 2 or any(file.suffix.lower() == ".toml" for file in files):
        raise UsageError("Give one study.toml, or two exports: baseline, then follow-up")
    if not answers["id"]:
        raise UsageError(
            "Say which column holds the unique id: --id COLUMN. peereval init looks for it itself"
        )
    folder = out.resolve() / "restricted"
    given = Given(
        id=answers["id"],
        codings=named(answers["codings"], "--coding"),
        phases=by_file(answers["phases"], files, "--phase"),
        folder=folder,
        ordered=True,
    )
    draft = draft_study(files, given)
    draft.refuse_unanswered()
    return parse_study(draft.text, folder / "study.toml", decisions), draft.text


@click.command()
@STUDY
@out("scores.csv", "Table to write, .csv or .parquet: row-level, not for release.")
@DATA
@ENGINE
@STRICT
@FORMAT
@QUIET
@OVERWRITE
@guarded
def score(
    study: Path,
    out: Path,
    data: Path | None,
    engine: str,
    strict: bool,
    form: str,
    quiet: bool,
    overwrite: bool,
) -> None:
    """Score every response of STUDY: one row per export row, one column per outcome."""
    from peereval.output import write_table
    from peereval.pipeline import score_study
    from peereval.studies import load_study

    loaded = load_study(study, data)
    scored = score_study(loaded, engine, progress(quiet))
    frame = scored.tables["scores"]
    write_table(frame, out, overwrite)
    if form == "text" and not quiet:
        from peereval.rendering.terminal import console, show_scored

        show_scored(scored, console())
        click.echo(f"{count_of(frame.height, 'response')} scored: {out}")
    _end(scored, strict, form)


@click.command()
@STUDY
@out("matched", "Folder to write. An earlier run there is replaced.")
@DATA
@DECISIONS
@ENGINE
@STRICT
@FORMAT
@QUIET
@guarded
def match(
    study: Path,
    out: Path,
    data: Path | None,
    decisions: Path | None,
    engine: str,
    strict: bool,
    form: str,
    quiet: bool,
) -> None:
    """Match the responses of STUDY by id: pairs, and a ledger of where every row went.

    Ids that are nearly alike are never matched by themselves: they are in
    restricted/near_misses.csv. Decide there, and hand it back with --decisions.
    """
    from peereval.output import check_output, check_place, write_matching
    from peereval.pipeline import match_study
    from peereval.studies import load_study

    check_output(out)
    loaded = load_study(study, data, decisions)
    check_place(out, loaded)
    matching = match_study(loaded, engine, progress(quiet))
    write_matching(matching, out)
    if form == "text" and not quiet:
        from peereval.rendering.terminal import console, show_losses

        screen = console()
        show_losses(matching, screen)
        screen.print(f"\nWritten to {out}: run.json, restricted/", markup=False)
    _end(matching, strict, form)


def _end(found: "Scoring", strict: bool, form: str) -> None:
    """Say the findings to programs, and exit with what was found: nobody matched, or findings.

    With 19 if a study compares occasions and nobody was matched; with 1 under ``--strict`` if
    some findings are open. The output is written by then: it shows what is wrong with the ids.
    """
    from peereval.errors import NobodyMatchedError, split_accepted

    still_open, accepted = split_accepted(found.findings, found.study.accepted)
    faults = _nobody_matched(found)
    if form != "text":
        from peereval.rendering.findings import findings_text

        click.echo(findings_text(faults, still_open, accepted, form))
    if faults:
        error = NobodyMatchedError("Nobody was matched; what was found is written", faults)
        if form == "text":
            fail(error)
        sys.exit(error.exit_code)
    _end_strictly(strict, still_open)


def _nobody_matched(found: "Scoring") -> tuple[Fault, ...]:
    if "pairs" not in found.tables:
        return ()
    from peereval.pairing.loose_ends import nobody_matched

    return nobody_matched(found.tables["pairs"], found.study)


def _end_strictly(strict: bool, findings: Sequence[Fault]) -> None:
    """Exit with 1 under ``--strict`` if something was found that is more than a note."""
    if strict:
        from peereval.catalogue import is_note

        if not all(is_note(finding.code) for finding in findings):
            sys.exit(FOUND)


@click.command()
@STUDY
@DATA
@STRICT
@FORMAT
@guarded
def check(study: Path, data: Path | None, strict: bool, form: str) -> None:
    """Everything that is wrong or doubtful in STUDY and its exports; nothing is computed."""
    from peereval.checking import check_study
    from peereval.rendering.findings import show_checked

    checked = check_study(study, data)
    show_checked(checked, form)
    if checked.faults:
        sys.exit(checked.exit_code)
    _end_strictly(strict, checked.findings)
