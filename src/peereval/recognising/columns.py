"""Which columns hold the id, the organisation, the role, the date, and what else is known."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl
from msgspec import Struct, field

from peereval.labels import fold
from peereval.personal import personal_columns
from peereval.plurals import count_of
from peereval.reading.days import can_be_read_both_ways, read_days
from peereval.reading.notes import Notes as ReadingNotes
from peereval.recognising.guesses import LIKELY, SURE, Given, Guess, Notes
from peereval.recognising.headings import (
    LONGEST,
    SEVERAL,
    Named,
    asks,
    everywhere,
    given_column,
)
from peereval.recognising.occasions import occasion_column
from peereval.recognising.respondents import ask_about_personal, find_respondent, find_scope
from peereval.recognising.seeing import Column, Seen
from peereval.recognising.words import (
    CHARACTERISTICS,
    CONSENT,
    CONTRADICTION,
    DATES,
    MISSING,
    NO_ORGANISATION,
    ORGANISATIONS,
    REFUSES,
    ROLES_ASKED,
    is_plain_refusal,
    is_plain_role,
    options_of,
    phrase_of,
    role_of,
)

_EPOCH = date(1970, 1, 1)
#: A question of consent, or of roles, has no more options than this.
_MOST_OPTIONS, _MOST_ROLES = 6, 8
_LONGEST_ROLE = 60


class SetAside(Struct, frozen=True):
    """Rows to leave out: a column and the texts that mean it."""

    column: str
    values: tuple[str, ...]
    guess: Guess


class Known(Struct, frozen=True):
    """Every column that is no answer.

    ``personal``: column -> what it seems to hold; ``personal_id``: what the id seems to be, if
    that is personal; ``scope``: that ids are unique within an organisation only.
    """

    respondent: Named | None = None
    organisation: Named | None = None
    role: Named | None = None
    date: Named | None = None
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    characteristics: Mapping[str, Named] = field(default_factory=dict)
    set_aside: tuple[SetAside, ...] = ()
    personal: Mapping[str, str] = field(default_factory=dict)
    personal_id: str = ""
    scope: Guess | None = None

    @property
    def used(self) -> set[str]:
        """Columns with a use."""
        singles = (self.respondent, self.organisation, self.role, self.date)
        named = [part.column for part in (*singles, *self.characteristics.values()) if part]
        return {*named, *(part.column for part in self.set_aside)}


def find_columns(seen: Sequence[Seen], given: Given, notes: Notes) -> Known:
    """The columns of all exports that are no answers; personal ones are not looked into."""
    personal: dict[str, str] = {}
    for each in seen:
        personal |= personal_columns(each.columns, each.export.questions)
    marks = {mark.column for s in seen for mark in (s.export.tests, s.export.unfinished) if mark}
    closed = set(personal) | marks
    closed |= {column.name for each in seen if (column := occasion_column(each))}
    respondent = find_respondent(seen, closed, given, notes)
    closed |= {respondent.column} if respondent else set()
    organisation = _organisation(seen, closed, given, notes)
    closed |= {organisation.column} if organisation else set()
    day = _date(seen, closed, notes)
    closed |= {day.column} if day else set()
    set_aside = _set_aside(seen, closed, notes)
    closed |= {part.column for part in set_aside}
    characteristics = _characteristics(seen, closed, notes)
    closed |= {part.column for part in characteristics.values()}
    role, roles = _role(seen, closed, notes)
    return Known(
        respondent,
        organisation,
        role,
        day,
        roles,
        characteristics,
        set_aside,
        personal,
        ask_about_personal(seen, respondent, personal, notes),
        find_scope(seen, respondent, organisation, notes),
    )


# --- organisation, date ----------------------------------------------------------------------


def _organisation(
    seen: Sequence[Seen], closed: set[str], given: Given, notes: Notes
) -> Named | None:
    if given.organisation:
        return given_column(seen, given.organisation, "organisation", "REC006", notes)
    found: list[tuple[int, int, str]] = []
    for name in everywhere(seen, closed):
        here = [each.columns[name] for each in seen if name in each.columns]
        rank = max(asks(column, ORGANISATIONS) for column in here)
        if rank and not NO_ORGANISATION.search(phrase_of(name)) and any(c.answered for c in here):
            # An id of an organisation is written one way, a name in many.
            coded = not re.search(r"\b(?:id|code|number|urn)\b", phrase_of(name))
            found.append((-len(here), rank + coded, name))
    if not found:
        fix = "Say --organisation COLUMN; without it nothing is clustered. One school needs none"
        notes.ask("REC009", "no column looks like the school or organisation", fix)
        return None
    name = min(found)[2]
    absent = [each for each in seen if name not in each.columns]
    for each in absent:
        fix = "Give it one name in every export, or leave it out"
        notes.ask("REC009", f"there is no organisation column {name!r}", fix, each.name, name)
    n = max(each.columns[name].distinct for each in seen if name in each.columns)
    guess = notes.guess(
        "organisation", name, LIKELY, f"its name says so; {n:,} different in an export"
    )
    return None if absent else Named(name, guess)


def _date(seen: Sequence[Seen], closed: set[str], notes: Notes) -> Named | None:
    """The column of dates that is best in every export; none if they are different ones."""
    names = [date_column(each, closed) for each in seen]
    if not names or not names[0] or any(name != names[0] for name in names):
        return None
    why = "its name says so, and it holds dates"
    return Named(names[0], notes.guess("date", names[0], LIKELY, why))


def date_column(seen: Seen, closed: set[str]) -> str:
    """The column with the day of the answer: rather when it was begun than when it was sent."""
    ranked = [
        (rank, position, name)
        for position, (name, column) in enumerate(seen.columns.items())
        if name not in closed and column.answered and (rank := asks(column, DATES))
    ]
    for _, _, name in sorted(ranked):
        if median_day(seen, name):
            return name
    return ""


def median_day(seen: Seen, column: str) -> date | None:
    """The median date of a column, where nearly all of its cells are dates."""
    cells = seen.export.read([column]).frame[column]
    rows = pl.int_range(cells.len(), dtype=pl.Int64, eager=True)
    days = read_days(cells, {}, rows, ReadingNotes(seen.file, seen.name)).drop_nulls()
    if days.is_empty() or days.len() < 0.8 * seen.columns[column].answered:
        return None
    return _EPOCH + timedelta(days=int(days.sort()[days.len() // 2]))


def day_of(seen: Seen, closed: set[str]) -> date | None:
    """The median day of an export; none where its dates may have the day or the month first."""
    column = date_column(seen, closed)
    if not column or can_be_read_both_ways(seen.export.read([column]).frame[column]):
        return None
    return median_day(seen, column)


# --- characteristics, consent ----------------------------------------------------------------


def _characteristics(seen: Sequence[Seen], closed: set[str], notes: Notes) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for word, pattern in CHARACTERISTICS.items():
        named: list[tuple[int, int, str]] = []
        for position, name in enumerate(everywhere(seen, closed)):
            here = [each.columns[name] for each in seen if name in each.columns]
            fits = any(asks(c, [pattern]) and _describes(word, c) for c in here)
            if fits and name not in [part.column for part in found.values()]:
                named.append((-len(here), position, name))
        if named:
            name = min(named)[2]
            guess = notes.guess(word, name, LIKELY, "its name or question says so")
            found[word] = Named(name, guess)
    return found


def _describes(word: str, column: Column) -> bool:
    """Whether the values of a column are those of a characteristic: few, and of the right form."""
    if not column.values:
        return False
    if word != "year_group":
        return True
    texts = [text for text in column.folded if text not in MISSING]
    years = [t for t in texts if re.search(r"\d|reception|nursery", t) and len(t) <= 20]
    born = [text for text in texts if re.fullmatch(r"(?:19|20)\d\d", text)]
    return 2 * len(years) >= len(texts) and not born


def _set_aside(seen: Sequence[Seen], closed: set[str], notes: Notes) -> tuple[SetAside, ...]:
    """Columns that ask for consent, with the answers that refuse it."""
    made = []
    for name in everywhere(seen, closed):
        here = [each.columns[name] for each in seen if name in each.columns]
        texts = _counted(here)
        if len(texts) > _MOST_OPTIONS or not any(_is_consent(column) for column in here):
            continue
        refusing = [text for text, n in texts.items() if _refuses(text, n)]
        if refusing and len(refusing) < len(texts):
            why = "it asks for consent, and these answers refuse it"
            guess = notes.guess("consent", name, LIKELY, why)
            made.append(SetAside(name, tuple(sorted(refusing)), guess))
    return tuple(made)


def _counted(columns: Sequence[Column]) -> dict[str, int]:
    """Text -> rows, over the same column of several exports."""
    counts: dict[str, int] = {}
    for column in columns:
        for text, n in column.values.items():
            counts[text] = counts.get(text, 0) + n
    return counts


def _refuses(text: str, n: int) -> bool:
    """Whether an answer refuses consent; somebody's own words are never shown, and so no answer."""
    return bool(REFUSES.search(fold(text))) and (n >= SEVERAL or is_plain_refusal(text))


def _is_consent(column: Column) -> bool:
    """Whether a column asks for consent: by its name, or by an answer that names it."""
    phrase = phrase_of(column.name)
    if len(phrase.split()) <= LONGEST and CONSENT.search(phrase):
        return True
    return any(CONSENT.search(fold(t)) and REFUSES.search(fold(t)) for t in column.values)


# --- role ------------------------------------------------------------------------------------


class _RoleColumn(Struct, frozen=True):
    """A column that may be the role: role -> texts, and the share of answers that mean one.

    ``contradictory``: answers that are a role and none; ``unknown``: those that mean nothing.
    """

    name: str
    asked: bool
    roles: Mapping[str, tuple[str, ...]]
    share: float
    contradictory: int
    unknown: int

    @property
    def sound(self) -> bool:
        """Whether it tells roles apart; yes and no alone do not."""
        both = len(self.roles) >= 2 and self.share >= 0.6
        return both and (self.asked or self.roles.keys() != {"neither", "participant"})


def _role(
    seen: Sequence[Seen], closed: set[str], notes: Notes
) -> tuple[Named | None, Mapping[str, tuple[str, ...]]]:
    looked = []
    for name in everywhere(seen, closed):
        here = [each.columns[name] for each in seen if name in each.columns]
        asked = any(asks(column, [ROLES_ASKED]) for column in here)
        looked.append(_read_roles(name, asked, _counted(here)))
    sound = [column for column in looked if column.sound]
    if not sound:
        fix = "Without it there are no groups; name it in [columns] role and [roles]"
        notes.ask("REC010", "no column looks like the role of a respondent", fix)
        return None, {}
    best = max(sound, key=lambda column: (column.asked, column.share))
    why = f"its answers are words for roles{', and its name says so' if best.asked else ''}"
    plain = best.asked and best.share > 0.9 and not best.contradictory
    sure = SURE if plain else LIKELY
    _ask_about_roles(best, notes)
    return Named(best.name, notes.guess("role", best.name, sure, why)), best.roles


def _ask_about_roles(best: _RoleColumn, notes: Notes) -> None:
    fix = "Name every answer in [roles]"
    if best.unknown:
        notes.ask("REC010", "some answers are no role that is known", fix, column=best.name)
    if best.contradictory:
        found = (
            count_of(best.contradictory, "answer contradicts itself|answers contradict themselves")
            + ": a role together with none of them, which counts as no role"
        )
        fix = "If you know what was meant, name these answers in [roles]"
        notes.ask("REC010", found, fix, column=best.name)


def _read_roles(name: str, asked: bool, texts: Mapping[str, int]) -> _RoleColumn:
    """What the answers of a column mean as roles."""
    answers = {text: n for text, n in texts.items() if fold(text) not in MISSING}
    options = {fold(option) for text in answers for option in options_of(text)}
    if not 2 <= len(options) <= _MOST_ROLES:
        return _RoleColumn(name, asked, {}, 0.0, 0, 0)
    roles: dict[str, tuple[str, ...]] = {}
    counts = {"known": 0, CONTRADICTION: 0, "unknown": 0}
    for text, n in sorted(answers.items(), key=lambda pair: (-pair[1], pair[0])):
        role = role_of(text)
        if role == CONTRADICTION:
            counts[role] += n
        elif role and _is_option(text, n):
            roles[role] = (*roles.get(role, ()), text)
            counts["known"] += n
        else:
            counts["unknown"] += n
    order = ("mentor", "mentee", "both", "neither", "participant")
    ordered = {role: roles[role] for role in order if role in roles}
    share = counts["known"] / sum(answers.values())
    return _RoleColumn(name, asked, ordered, share, counts[CONTRADICTION], counts["unknown"])


def _is_option(text: str, n: int) -> bool:
    """Whether several respondents chose it, or it has no words of their own to be shown."""
    short = all(len(option) <= _LONGEST_ROLE for option in options_of(text))
    return short and (n >= SEVERAL or is_plain_role(text))
