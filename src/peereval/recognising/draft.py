"""Exports -> the text of a study file, every guess in it with how sure it is."""

from collections.abc import Iterable, Sequence
from os.path import relpath
from pathlib import Path

from msgspec import Struct

from peereval.columns import item_column
from peereval.errors import Fault, StudyError, UsageError, nearest
from peereval.recognising.codings import AS_SCALE, is_coding
from peereval.recognising.columns import Known, day_of, find_columns
from peereval.recognising.guesses import LEFT_OUT, Given, Guess, Notes, must_be_answered
from peereval.recognising.occasions import Timing, find_timing, occasion_column
from peereval.recognising.phases import find_phases, phase_column
from peereval.recognising.placing import Placed, place_scales
from peereval.recognising.questions import find_questions
from peereval.recognising.respondents import look_at_ids
from peereval.recognising.sections import Recognition, n_marked, write_study
from peereval.recognising.seeing import Seen, see_exports, shared_folder
from peereval.scales import Scale, load_scale, scale_files
from peereval.studies import parse_study


class Draft(Struct, frozen=True):
    """A study file as text, what was recognised, and what is asked.

    ``loadable``: the text is a whole study. It is not while a question is open that nothing can
    go on without; the others leave something out of the study. ``unanswered``: what stops it.
    """

    text: str
    guesses: tuple[Guess, ...]
    questions: tuple[Fault, ...]
    loadable: bool
    unanswered: tuple[Fault, ...] = ()

    def refuse_unanswered(self) -> None:
        """Raise ``UsageError`` with the questions that must be answered first, if there are any."""
        if not self.loadable:
            raise UsageError("The exports alone do not say enough", self.unanswered)


def draft_study(files: Sequence[Path], given: Given | None = None) -> Draft:
    """A study of some exports, drafted: the text of its file, without any answer or id in it.

    ``given`` is what a person has said. Where it and the exports do not say enough, that is a
    question of the draft, and what it is about is left out or open. The same exports give the
    same text. Raises ``SourceError`` for exports that cannot be read, ``ScaleError`` for scale
    files of one's own that are wrong, ``UsageError`` if there is no export.
    """
    given = given or Given()
    if not files:
        raise UsageError("Give one export or more")
    notes = Notes()
    folder = given.folder or files[0].parent
    found = _recognise(see_exports(files, notes), given, folder, notes)
    text = write_study(found, notes.questions)
    questions = tuple(notes.questions)
    unanswered = must_be_answered(questions, bool(found.scales or found.questions.asked))
    if unanswered:
        return Draft(text, tuple(notes.guesses), questions, False, unanswered)
    # What the exports say may still contradict itself: the same file twice, say.
    faults = _faults(text, folder)
    return Draft(text, tuple(notes.guesses), (*faults, *questions), not faults, faults)


def _faults(text: str, folder: Path) -> tuple[Fault, ...]:
    try:
        parse_study(text, folder / "study.toml")
    except StudyError as error:
        return error.faults
    return ()


def _recognise(seen: list[Seen], given: Given, folder: Path, notes: Notes) -> Recognition:
    scales = [load_scale(name, given.scale_folder) for name in scale_files(given.scale_folder)]
    _check_given(seen, given, scales, notes)
    known = find_columns(seen, given, notes)
    timing = find_timing(seen, [day_of(each, set(known.personal)) for each in seen], given, notes)
    closed = _closed(seen, known)
    placed = place_scales(seen, scales, closed, given, notes)
    phases, held = find_phases(seen, timing, placed, given, notes)
    closed |= {column for part in placed for column in part.used}
    questions = find_questions(seen, timing, closed, _taken(placed, known), notes)
    _ask_about_the_whole(seen, known, timing, placed, bool(questions.asked), notes)
    title = given.title or _title(given, folder)
    exports = _from(folder, shared_folder([each.path for each in seen]))
    own = _from(folder, given.scale_folder) if given.scale_folder else ""
    return Recognition(title, exports, own, seen, known, timing, placed, phases, held, questions)


def _from(folder: Path, other: Path) -> str:
    """Another folder as a study in the first one names it; an empty text for itself."""
    path = Path(relpath(other.resolve(), folder.resolve())).as_posix()
    return "" if path == "." else path


def _title(given: Given, folder: Path) -> str:
    if given.ordered:  # nobody reads this study before it is used, and files may name a school
        return "A survey before and after"
    return folder.resolve().name.replace("_", " ").strip() or "Study"


def _closed(seen: Iterable[Seen], known: Known) -> set[str]:
    """Columns that are neither items nor questions."""
    closed = known.used | set(known.personal)
    for each in seen:
        closed |= {mark.column for mark in (each.export.tests, each.export.unfinished) if mark}
        columns = (occasion_column(each), phase_column(each))
        closed |= {column.name for column in columns if column}
    return closed


def _taken(placed: Iterable[Placed], known: Known) -> set[str]:
    """Names that stand beside questions in the tables."""
    taken = set(known.characteristics)
    for part in placed:
        scale = part.scale
        taken |= {item_column(scale.id, item.id) for item in scale.items}
        taken |= {score.outcome for score in scale.scores} | {band.outcome for band in scale.bands}
    return taken


# --- what was said, and what is left to ask -------------------------------------------------------


def _check_given(seen: Sequence[Seen], given: Given, scales: Sequence[Scale], notes: Notes) -> None:
    """What a person says must refer to something."""
    files = [name for each in seen for name in (each.name, each.path.name)]
    for option, named in (("--occasion", given.occasions), ("--phase", given.phases)):
        for name in named:
            if name not in files:
                fix = nearest(name, files) or f"The exports are {', '.join(dict.fromkeys(files))}"
                notes.ask("REC006", f"{option}: there is no export {name!r}", fix)
    by_id = {scale.id: scale for scale in scales}
    for name, coding in given.codings.items():
        file, _, scale = name.rpartition(":")
        if (file and file not in files) or scale not in by_id:
            fix = nearest(name, by_id) or "Write --coding SCALE=NAME, or FILE:SCALE=NAME"
            notes.ask("REC006", f"--coding: there is no scale {name!r}", fix)
        elif not is_coding(by_id[scale], coding):
            known = ", ".join([*by_id[scale].codings, AS_SCALE, "from_0", "from_1_reversed"])
            found = f"--coding: {scale} has no coding {coding!r}"
            notes.ask("REC006", found, f"Use one of {known}")


def _ask_about_the_whole(
    seen: Sequence[Seen],
    known: Known,
    timing: Timing,
    placed: Sequence[Placed],
    questions: bool,
    notes: Notes,
) -> None:
    left_out = any(fault.code in LEFT_OUT for fault in notes.questions)
    if not (placed or left_out or questions):
        found = "no scale and no question was recognised, so that there is nothing to compare"
        fix = "Name the columns in [scales]; see: peereval scales list"
        notes.ask("REC004", found, fix)
    for part in placed:
        _ask_about_one_occasion(part, timing, notes)
    rows = sum(each.rows for each in seen)
    if rows and n_marked(seen, "tests") == rows:
        found = "every response of these exports is marked as a preview or a test"
        notes.ask("REC021", found, "Export the real responses")
    several = len({o for part in timing.exports for o in part.all if o}) > 1
    if known.respondent and several:
        ids = look_at_ids(seen, known.respondent.column, 0)
        if ids.n_ids and not ids.n_again:
            found = "no id of one occasion is there at another, as written"
            fix = "Say --id COLUMN if another column holds the id"
            notes.ask("REC008", found, fix, column=known.respondent.column)


def _ask_about_one_occasion(part: Placed, timing: Timing, notes: Notes) -> None:
    """A scale that no comparison finds at both of its occasions."""
    there = {o for i in part.exports for o in timing.exports[i].all}
    pairs = [set(pair) for comparison in timing.comparisons for pair in comparison.pairs]
    known = all(all(part.all) for part in timing.exports)
    pending = not known or not all(occasion.sourced for occasion in timing.occasions)
    if not pending and not any(pair <= there for pair in pairs):
        found = f"{part.scale.id} is there at {' and '.join(sorted(there))} only"
        fix = "If other exports have it under other names, write them in [scales] too"
        notes.ask("REC022", found, fix)
