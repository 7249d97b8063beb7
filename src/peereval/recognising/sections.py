"""A drafted study section by section: each the lines of a study file, with their comments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from peereval.errors import Fault
from peereval.labels import fold
from peereval.plurals import count_of
from peereval.recognising.codings import LABELS
from peereval.recognising.columns import Known
from peereval.recognising.headings import Named
from peereval.recognising.occasions import Timing
from peereval.recognising.phases import Held, Version
from peereval.recognising.placing import Placed
from peereval.recognising.questions import CONTACT, Questions
from peereval.recognising.seeing import Seen
from peereval.recognising.words import slug
from peereval.recognising.writing import (
    comment,
    commented_out,
    listed,
    quoted,
    value,
)
from peereval.scales import Scale, Score

_REASONS = ("refused", "not_known", "not_asked", "no_answer", "declared")
_SHOWN = 60
_TERM = "term"
#: Group -> title, the roles it is made of, and what it is limited to.
_GROUPS = (
    ("participants", "Participants", ("mentor", "mentee", "both", "participant"), ()),
    ("non_participants", "Non-participants", ("neither",), ()),
    ("mentors", "Mentors (mentor, or both)", ("mentor", "both"), ("questions",)),
    ("mentees", "Mentees (mentee only)", ("mentee",), ("questions",)),
)


class Recognition(Struct, frozen=True):
    """Everything that was recognised of some exports; ``held`` and ``timing`` go by position.

    ``folder`` and ``scale_folder`` are as the study names them, empty where it need not.
    """

    title: str
    folder: str
    scale_folder: str
    seen: Sequence[Seen]
    known: Known
    timing: Timing
    placed: Sequence[Placed]
    phases: Sequence[Version]
    held: Sequence[Held]
    questions: Questions

    @property
    def scales(self) -> list[Placed]:
        """Scales that are in the study, not only proposed."""
        return [part for part in self.placed if not part.asked]

    @property
    def groups(self) -> list[str]:
        """Groups that the roles allow."""
        return [name for name, _, roles, only in _GROUPS if self._has(roles, only)]

    def _has(self, roles: Iterable[str], only: Sequence[str]) -> bool:
        there = any(role in self.known.roles for role in roles)
        return there and (not only or bool(self.questions.asked))


def write_study(found: Recognition, open_questions: Sequence[Fault]) -> str:
    """The whole text of a drafted study file."""
    sections = [
        _head(found, open_questions),
        _columns(found),
        _matching(found),
        _roles(found),
        _responses(found),
        *_excluded(found),
        *_occasions(found),
        *_comparisons(found),
        *_groups(found),
        *_phases(found),
        *_scales(found),
        *_questions(found),
        *_sources(found),
        _unused(found),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(found: Recognition, open_questions: Sequence[Fault]) -> list[str]:
    n = len(found.seen)
    lines = comment(
        f"Drafted from {count_of(n, 'export')}. Nothing here was told unless it says so: "
        "each comment says how sure a guess is (sure, likely, unsure) and why. Read it, mend what "
        "is wrong, then delete the comments."
    )
    if open_questions:
        lines += ["#", "# Open questions; the draft is made anew with each answer:"]
        for fault in open_questions:
            lines += comment(str(fault), "#   ", "#     ")
    lines += ["", "format = 1", f"id = {quoted(slug(found.title) or 'study')}"]
    lines += [f"title = {quoted(found.title)}"]
    folders = {"folder": found.folder, "scale_folder": found.scale_folder}
    return lines + [f"{word} = {quoted(path)}" for word, path in folders.items() if path]


def _columns(found: Recognition) -> list[str]:
    known = found.known
    lines = ["[columns]"]
    if known.respondent:
        lines += _said("respondent", known.respondent)
        lines += _allowed(known)
    else:
        lines += ['respondent = ""  # which column holds the unique id is not known']
    for word, named in (
        ("organisation", known.organisation),
        ("role", known.role),
        ("date", known.date),
    ):
        lines += _said(word, named) if named else []
    if known.characteristics:
        lines += ["", "[columns.characteristics]"]
        lines += [line for word, n in known.characteristics.items() for line in _said(word, n)]
    unread = {c: what for c, what in sorted(known.personal.items()) if c not in known.used}
    if unread:
        listed_columns = ", ".join(f"{c} ({what})" for c, what in unread.items())
        lines += ["", *comment(f"Never read: {listed_columns}.")]
    return lines


def _allowed(known: Known) -> list[str]:
    """How a personal id would be allowed, as a comment: a person has to want it."""
    if not known.personal_id or not known.respondent:
        return []
    why = f"It seems to be {known.personal_id}, and is read only with the next line (see REC024):"
    return [*comment(why), f"# allowed = {listed([known.respondent.column])}"]


def _matching(found: Recognition) -> list[str]:
    scope = found.known.scope
    said = (
        comment(f"{scope.comment}: ids seem to be unique within an organisation only")
        if scope
        else []
    )
    return [*said, "[matching]", 'id_scope = "organisation"'] if scope else []


def _said(word: str, named: Named) -> list[str]:
    return [*comment(named.guess.comment), f"{word} = {quoted(named.column)}"]


def _roles(found: Recognition) -> list[str]:
    if not found.known.roles:
        return []
    lines = ["[roles]"]
    for role, texts in found.known.roles.items():
        lines.append(f"{role} = {quoted(texts[0]) if len(texts) == 1 else listed(texts)}")
    return lines


# --- answers ---------------------------------------------------------------------------------


def _responses(found: Recognition) -> list[str]:
    flags, missing = _flags(found), _missing(found)
    lines = ["[responses]", *flags] if flags else []
    if missing:
        lines += [""] if flags else []
        lines += comment("likely: texts and numbers in the exports that are no answer, by reason")
        lines += ["[responses.missing]"]
        lines += [f"{reason} = {listed(texts)}" for reason, texts in missing.items()]
    return lines


def _missing(found: Recognition) -> dict[str, list[str]]:
    """Reason -> texts that mean no answer, of the scales that are in and of questions."""
    reasons = dict(found.questions.missing)
    for part in found.scales:
        reasons |= part.missing
    codes = {str(code) for part in found.scales for code in part.scale.labels.values()}
    once = {fold(text): text for text in sorted(reasons) if fold(text) not in codes}
    by_reason = {r: [t for t in once.values() if reasons[t] == r] for r in _REASONS}
    return {reason: texts for reason, texts in by_reason.items() if texts}


def _flags(found: Recognition) -> list[str]:
    """What is done with previews and unfinished responses, where platforms mark them."""
    lines: list[str] = []
    tests, unfinished = n_marked(found.seen, "tests"), n_marked(found.seen, "unfinished")
    rows = sum(each.rows for each in found.seen)
    if tests and tests == rows:
        lines += comment(
            "LOOK HERE: every response of these exports is marked as a preview or a test. They "
            "are kept so that the study can be tried; with real responses delete this line."
        )
        lines += ['tests = "keep"']
    elif tests:
        lines += comment(f"{tests:,} of {rows:,} responses are previews or tests: left out")
        lines += ['tests = "exclude"']
    if unfinished:
        lines += comment(f"{unfinished:,} of {rows:,} responses were not finished: kept")
        lines += ['unfinished = "keep"']
    return lines


def n_marked(seen: Iterable[Seen], mark: str) -> int:
    """Responses that the platforms mark as ``tests`` or ``unfinished``."""
    n = 0
    for each in seen:
        marks = getattr(each.export, mark)
        if marks and marks.column in each.columns:
            column = each.columns[marks.column]
            n += sum(count for text, count in column.folded.items() if text in marks.values)
            n += each.rows - column.answered if "" in marks.values else 0
    return n


def _excluded(found: Recognition) -> Iterator[list[str]]:
    for part in found.known.set_aside:
        yield [
            *comment(part.guess.comment),
            "[[exclude]]",
            f"column = {quoted(part.column)}",
            f"values = {listed(part.values)}",
            'reason = "no consent"',
        ]


# --- what is compared ------------------------------------------------------------------------


def _occasions(found: Recognition) -> Iterator[list[str]]:
    for occasion in found.timing.occasions:
        lines = [
            "[[occasions]]",
            f"id = {quoted(occasion.id)}",
            f"title = {quoted(occasion.title)}",
        ]
        if not occasion.sourced:
            lines[:0] = comment(
                "No export answers this occasion yet: add it to [[sources]]. Until then a study "
                "can be checked and scored, not matched or analysed."
            )
        yield lines


def _comparisons(found: Recognition) -> Iterator[list[str]]:
    for each in found.timing.comparisons:
        pairs = ", ".join(listed(pair) for pair in each.pairs)
        yield [
            "[[comparisons]]",
            f"id = {quoted(each.id)}",
            f"title = {quoted(each.title)}",
            f"pairs = [{pairs}]",
        ]


def _groups(found: Recognition) -> Iterator[list[str]]:
    for name, title, roles, only in _GROUPS:
        if name in found.groups:
            there = [role for role in roles if role in found.known.roles]
            lines = ["[[groups]]", f"id = {quoted(name)}", f"title = {quoted(title)}"]
            lines += [f"roles = {listed(there)}"]
            yield lines + ([f"only = {listed(only)}"] if only else [])
    if {"participants", "non_participants"} <= set(found.groups):
        yield ["[contrast]", 'treated = "participants"', 'control = "non_participants"']


def _phases(found: Recognition) -> Iterator[list[str]]:
    for version in found.phases:
        scales = [p.scale for p in found.scales if set(p.exports) & set(version.exports)]
        outcomes = [score.outcome for scale in scales for score in headline_scores(scale)]
        bands = [band for scale in scales for band in scale.bands]
        verified = [band.outcome for band in bands if band.verified]
        doubtful = [band.outcome for band in bands if not band.verified]
        lines = ["[[phases]]", f"id = {quoted(version.id)}", f"title = {quoted(version.title)}"]
        lines += [f"outcomes = {listed(outcomes)}"]
        if doubtful:
            lines += comment(f"Not verified, so not in: {', '.join(doubtful)}")
        yield lines + ([f"bands = {listed(verified)}"] if verified else [])


def headline_scores(scale: Scale) -> list[Score]:
    """Scores that are compared unless a person says otherwise."""
    return [score for score in scale.scores if score.primary] or list(scale.scores)


# --- scales ----------------------------------------------------------------------------------


def _scales(found: Recognition) -> Iterator[list[str]]:
    if not found.scales:
        yield ["[scales]  # none yet"]
    for part in found.placed:
        lines = [f"[scales.{part.scale.id}]", *comment(part.guess.comment)]
        as_table = isinstance(part.columns, Mapping)
        lines += [] if as_table else [f"columns = {value(part.columns)}"]
        lines += _coding(part)
        if isinstance(part.columns, Mapping):
            lines += [f"[scales.{part.scale.id}.columns]"]
            lines += [f"{item} = {value(column)}" for item, column in part.columns.items()]
        if part.asked:
            lines = commented_out(lines)
            lines[:0] = comment(f"LEFT OUT until {part.asked} above is answered:")
        yield lines


def _coding(part: Placed) -> list[str]:
    """How numbers are read, where that is not as in the scale file."""
    coding = part.coding
    if part.asked:
        proposed = next((c.proposed for c in part.all_codings if c.proposed), "")
        return [f"coding = {value(proposed)}  # or another, see above"] if proposed else []
    if coding.value:
        return [
            *comment(f"numbers: {coding.sure}: {coding.why}"),
            f"coding = {value(coding.value)}",
        ]
    numbered = coding.why not in ("", LABELS)
    return comment(f"numbers: {coding.sure}: {coding.why}") if numbered else []


# --- questions -------------------------------------------------------------------------------


def _questions(found: Recognition) -> Iterator[list[str]]:
    questions = found.questions
    if any(each.kind == CONTACT for each in questions.asked):
        yield [
            *comment(
                "unsure: contacts in a school term of 63.33 days, 12.67 weeks or 2.9 months (190 "
                "school days a year, three terms). For another period write other numbers."
            ),
            f"[frequencies.{_TERM}]",
            *(f"{quoted(label)} = {n}" for label, n in questions.frequencies.items()),
        ]
    for each in questions.asked:
        there = {i for i, v in enumerate(found.phases) if set(v.exports) & set(each.exports)}
        yield [
            *comment(each.guess.comment),
            "[[questions]]",
            f"id = {quoted(each.id)}",
            f"title = {quoted(each.title)}",
            f"kind = {quoted(each.kind)}",
            *([f"frequencies = {quoted(_TERM)}"] if each.kind == CONTACT else []),
            f"columns = {value(each.columns[0] if len(each.columns) == 1 else each.columns)}",
            *_only_phases(found, there),
        ]
    if any(each.kind == CONTACT for each in questions.asked):
        yield [
            "# Unit costs are never guessed. With a file of them, contacts have costs:",
            "# [costs]",
            '# unit_costs = "unit_costs.toml"',
            '# group = "participants"',
            "# and in a question: unit_cost = its id in that file",
        ]


def _only_phases(found: Recognition, there: set[int]) -> list[str]:
    if len(there) == len(found.phases):
        return []
    return [f"phases = {listed(found.phases[i].id for i in sorted(there))}"]


# --- sources ---------------------------------------------------------------------------------


def _sources(found: Recognition) -> Iterator[list[str]]:
    for position, each in enumerate(found.seen):
        timing, held = found.timing.exports[position], found.held[position]
        kind = each.export.recognised.platform or each.export.recognised.format
        lines = comment(
            f"{kind}: {count_of(each.rows, 'response')}, {count_of(len(each.columns), 'column')}"
        )
        lines += comment(f"occasion: {timing.guess.comment}")
        lines += comment(f"phase: {held.guess.comment}") if len(found.phases) > 1 else []
        lines += ["[[sources]]", f"file = {quoted(each.file)}"]
        lines += [f"sheet = {quoted(each.sheet)}"] if each.sheet else []
        lines += _by_column("occasion", timing.occasion, timing.column, timing.values)
        lines += _by_column("phase", held.phase, held.column, held.values)
        codings: dict[str, str | Mapping[str, str]] = {
            part.scale.id: part.codings[position].value
            for part in found.scales
            if position in part.codings
        }
        yield lines + ([f"codings = {value(codings)}"] if codings else [])


def _by_column(word: str, one: str, column: str, values: Mapping[str, str]) -> list[str]:
    """An occasion or phase of an export: one, or one by each value of a column."""
    if not column:
        return [f"{word} = {quoted(one)}"]
    return [f"{word}_column = {quoted(column)}", f"{word}s = {value(values)}"]


def _unused(found: Recognition) -> list[str]:
    """The columns that nothing was made of."""
    used = found.known.used | set(found.known.personal)
    used |= {column for part in found.placed for column in part.used}
    used |= {column for each in found.questions.asked for column in each.columns}
    used |= {each.column for each in found.timing.exports} | {each.column for each in found.held}
    exports = [each.export for each in found.seen]
    used |= {mark.column for e in exports for mark in (e.tests, e.unfinished) if mark}
    names = dict.fromkeys(name for each in found.seen for name in each.columns)
    left = [name for name in names if name not in used]
    if not left:
        return []
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    shown = ", ".join(name if len(name) <= 40 else f"{name[:37]}..." for name in left[:_SHOWN])
    return comment(f"Not used: {shown}{more}.")
