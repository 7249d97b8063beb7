"""Which administration of the survey each export answers, and which are compared."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.recognising.guesses import LIKELY, SURE, UNSURE, Given, Guess, Notes
from peereval.recognising.seeing import Column, Seen
from peereval.recognising.words import OCCASION_COLUMNS, phrase_of, slug, words_of

#: Answers of one administration are not further apart than this.
_DAYS_APART = 21
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_TERMS = {"spring": 2, "summer": 6, "autumn": 10, "fall": 10, "winter": 12}


class Occasion(Struct, frozen=True):
    """An administration; ``sourced`` says whether an export answers it yet."""

    id: str
    title: str
    wave: int = 0
    sourced: bool = True


class Pairs(Struct, frozen=True):
    """A comparison as drafted: its pairs of occasions, before -> after."""

    id: str
    title: str
    pairs: tuple[tuple[str, str], ...]


class Answering(Struct, frozen=True):
    """Which occasion an export answers: one (empty: not known), or one by values of a column."""

    guess: Guess
    occasion: str = ""
    column: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        """Every occasion that the export holds rows of."""
        return tuple(dict.fromkeys(self.values.values())) if self.column else (self.occasion,)


class Timing(Struct, frozen=True):
    """Occasions in order, what is compared, and what each export answers (in their order)."""

    occasions: tuple[Occasion, ...]
    comparisons: tuple[Pairs, ...]
    exports: tuple[Answering, ...]


# --- words -----------------------------------------------------------------------------------


class Moment(Struct, frozen=True):
    """When an administration was, in words: a wave, and a time within it; ``rank`` orders times."""

    wave: int = 0
    rank: float = 0
    name: str = ""

    @property
    def known(self) -> bool:
        """Whether the words say anything about order."""
        return bool(self.wave or self.name)

    @property
    def id(self) -> str:
        """The id of an occasion at this moment."""
        wave = f"w{self.wave}" if self.name else f"wave_{self.wave}"
        return "_".join(part for part in (wave if self.wave else "", self.name) if part)

    @property
    def title(self) -> str:
        """The same for people."""
        name = self.name.replace("follow_up", "follow-up").replace("_", " ")
        words = f"wave {self.wave} {name}".strip() if self.wave else name
        return words[:1].upper() + words[1:]


_FIRST = re.compile(
    r"\b(?:baseline|base line|pre|pretest|before|entry|initial|start of \w+|t 0|time 0)\b"
)
_AFTER = re.compile(r"\b(?:follow ?ups?|post|posttest|after|fu)\b(?: (?P<n>\d)\b)?")
_LAST = re.compile(r"\b(?:endline|end line|exit|end of \w+)\b")
_MIDDLE = re.compile(r"\b(?:midline|mid line|midpoint|mid point|interim)\b")
_NAMED = "|".join([*_MONTHS, *(name[:3] for name in _MONTHS), "sept"]).casefold()
_TIME = re.compile(
    r"\b(?:t|time|timepoint|time point|occasion|survey|visit) (?P<n>[1-9]\d?)\b"
    rf"(?! (?:(?:week|month|year)s?|{_NAMED})\b)"
)
_LATER = re.compile(
    r"\b(?:(?P<unit>week|month|year)s? (?P<n>\d{1,2})\b|(?P<m>\d{1,2}) (?P<u>week|month|year)s?\b)"
)
_WAVE = re.compile(r"\b(?:wave|w|round) (?P<n>[1-9]\d?)\b")
_DAYS = {"week": 7, "month": 30, "year": 365}
_NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip
_SPELT = re.compile(rf"\b({'|'.join(_NUMBERS)})(?= (?:week|month|year)s?\b)")
#: What platforms and computers put behind the name of a file: "(1-60)", "(2)", " - Copy".
_BEHIND = re.compile(r"(?:\s*\(\d+(?:\s*-\s*\d+)?\)|\s+-\s+copy)+$", re.IGNORECASE)
#: Who was asked and not when, although a number or "post" is in it.
_WHO = re.compile(
    r"(?<![^\W_])(?:post[\s_-]*16|(?:year|yr)s?[\s_-]*\d{1,2}"
    r"(?:[\s_]*(?:-|/|,|to|and|&)[\s_]*\d{1,2})*)(?!\d)",
    re.IGNORECASE,
)


def read_moment(text: str) -> Moment:
    """What the words of a file name, a sheet or a value say about when it was."""
    phrase = _SPELT.sub(lambda word: str(_NUMBERS.index(word[0]) + 1), phrase_of(text))
    wave = int(found["n"]) if (found := _WAVE.search(phrase)) else 0
    times = dict(_times(phrase))
    if len(times) > 1:  # "follow-up after 6 months" is one time, "pre and post" is none
        times = {name: rank for name, rank in times.items() if not name.startswith("follow_up")}
    name, rank = next(iter(times.items())) if len(times) == 1 else ("", 0.0)
    return Moment(wave, rank, name)


def _said_by_name(seen: Seen) -> str:
    """The words of a file and its sheet that may say when it was."""
    stem = _BEHIND.sub("", seen.path.stem)
    return _WHO.sub(" ", f"{stem} {seen.sheet}")


def _times(phrase: str) -> Iterable[tuple[str, float]]:
    """Every time that a phrase names, and its rank."""
    if _FIRST.search(phrase):
        yield "baseline", 0
        if _AFTER.search(phrase):
            yield "both", 0
    if _MIDDLE.search(phrase):
        yield "midpoint", 0.9
    if found := _AFTER.search(phrase):
        n = int(found["n"] or 1)
        yield "follow_up" if n == 1 else f"follow_up_{n}", n
    if _LAST.search(phrase):
        yield "endline", 90
    if found := _LATER.search(phrase):
        unit, n = found["unit"] or found["u"], int(found["n"] or found["m"])
        yield f"{unit}_{n}", 10 + _DAYS[unit] * n / 365
    if found := _TIME.search(phrase):
        yield f"time_{found['n']}", int(found["n"])


def month_named(text: str) -> date | None:
    """The middle of the month in a name such as ``April 2018``, ``2018-04`` or ``autumn_2018``."""
    words = words_of(text)
    for i, word in enumerate(words):
        if re.fullmatch(r"20\d\d(?:0[1-9]|1[0-2])\d\d", word):
            return date(int(word[:4]), int(word[4:6]), 15)
        if re.fullmatch(r"20\d\d", word):
            for other in (*words[i + 1 : i + 2], *words[max(0, i - 1) : i]):
                if month := _month(other):
                    return date(int(word), month, 15)
    return None


def _month(word: str) -> int:
    if word.isdigit():
        return int(word) if len(word) == 2 and 1 <= int(word) <= 12 else 0
    months = [n for n, month in enumerate(_MONTHS, 1) if month.casefold().startswith(word)]
    return months[0] if len(months) == 1 and len(word) >= 3 else _TERMS.get(word, 0)


# --- the rows that answer one occasion -------------------------------------------------------


class _Slot(Struct, frozen=True):
    """An export, or one value of its occasion column: ``id`` is empty until it is known."""

    position: int
    column: str
    value: str
    moment: Moment
    day: date | None
    sure: str
    why: str
    id: str = ""
    title: str = ""


def find_timing(
    seen: Sequence[Seen], days: Sequence[date | None], given: Given, notes: Notes
) -> Timing:
    """Occasions of all exports: as given, by names, by a column, by dates; else they are asked for.

    ``days``: the median date of each export, where it has dates that can be read one way only.
    """
    told = _told(seen, given)
    slots = [slot for i, each in enumerate(seen) for slot in _slots(i, each, days[i], told[i])]
    slots = _by_dates(slots)
    for slot in slots:
        if not slot.id:
            _ask(seen[slot.position], notes)
    occasions = _in_order(slots)
    answering = tuple(_answering(i, each, slots, notes) for i, each in enumerate(seen))
    pairs = _compare(occasions)
    if not pairs:
        occasions = _with_another(occasions, slots)
        pairs = _compare(occasions)
    return Timing(tuple(occasions), tuple(pairs), answering)


def occasion_column(seen: Seen) -> Column | None:
    """The column by which an export holds several occasions, if it has one."""
    for column in seen.columns.values():
        named = OCCASION_COLUMNS.fullmatch(phrase_of(column.name))
        if named and 2 <= len(column.values) <= 12 and column.answered == column.rows:
            moments = [_of_value(column.name, value) for value in column.values]
            if all(m.known for m in moments) and len({m.id for m in moments}) == len(moments):
                return column
    return None


def _of_value(column: str, value: str) -> Moment:
    """The moment that a value of an occasion column means; a bare number counts."""
    moment = read_moment(value)
    if moment.known or not re.fullmatch(r"\d{1,2}", value):
        return moment
    if int(value) == 0:
        return Moment(0, 0, "baseline")
    if re.search(r"\b(?:wave|round)\b", phrase_of(column)):
        return Moment(wave=int(value))
    return Moment(0, int(value), f"time_{int(value)}")


def _told(seen: Sequence[Seen], given: Given) -> list[str]:
    """What a person said about the occasion of each export; an empty text where nothing."""
    paths = list(dict.fromkeys(each.path for each in seen))
    if given.ordered and len(paths) == 2:
        return [("baseline", "follow_up")[paths.index(each.path)] for each in seen]
    return [given.occasions.get(s.name, given.occasions.get(s.path.name, "")) for s in seen]


def _slots(position: int, seen: Seen, day: date | None, told: str) -> Iterable[_Slot]:
    named = read_moment(_said_by_name(seen))
    day = day or month_named(f"{seen.path.stem} {seen.sheet}")
    if told:
        moment = read_moment(told)
        title = moment.title if moment.id == slug(told) else told
        yield _Slot(position, "", "", moment, day, SURE, "as you said", slug(told), title)
    elif column := occasion_column(seen):
        moments = {value: _of_value(column.name, value) for value in sorted(column.values)}
        for value, moment in sorted(moments.items(), key=lambda m: (m[1].wave, m[1].rank)):
            # The wave may stand in the column and the time in the name, or the other way round.
            time = moment if moment.name else named
            both = Moment(moment.wave or named.wave, time.rank, time.name)
            why = f"the column {column.name!r} says so"
            yield _Slot(position, column.name, value, both, None, LIKELY, why, both.id, both.title)
    elif named.known:
        sure = SURE if named.name else LIKELY
        why = "the name of the file says so"
        yield _Slot(position, "", "", named, day, sure, why, named.id, named.title)
    else:
        yield _Slot(position, "", "", named, day, UNSURE, "")


def _by_dates(slots: list[_Slot]) -> list[_Slot]:
    """Exports whose names say nothing, put in order by the median of their dates."""
    if any(slot.id for slot in slots):
        return slots
    if len(slots) == 1:
        only = Moment(0, 0, "baseline")
        why = "it is the only export, so it is taken for the first occasion"
        return [replace(slots[0], moment=only, id=only.id, title=only.title, why=why)]
    days = sorted({slot.day for slot in slots if slot.day})
    if not all(slot.day for slot in slots) or not days:
        return slots
    starts = [day for i, day in enumerate(days) if not i or (day - days[i - 1]).days > _DAYS_APART]
    if len(starts) == 1:
        return slots  # the same weeks: nothing says which is first, or whether they are one
    placed = []
    for slot in slots:
        n = sum(1 for start in starts if slot.day and start <= slot.day)
        moment = Moment(0, n, f"time_{n}")
        if len(starts) == 2:
            moment = (Moment(0, 0, "baseline"), Moment(0, 1, "follow_up"))[n - 1]
        why = f"its median date is {_spoken(slot.day)}"
        placed.append(
            replace(slot, moment=moment, id=moment.id, title=moment.title, sure=LIKELY, why=why)
        )
    return placed


def _ask(seen: Seen, notes: Notes) -> None:
    fix = f"Say --occasion {seen.path.name!r}=baseline, or =follow_up"
    notes.ask("REC003", "which occasion it answers cannot be told", fix, seen.name)


def _answering(position: int, seen: Seen, slots: Sequence[_Slot], notes: Notes) -> Answering:
    here = [slot for slot in slots if slot.position == position]
    first = here[0]
    if first.column:
        found = " and ".join(dict.fromkeys(slot.id for slot in here))
        guess = notes.guess(f"occasions of {seen.name}", found, first.sure, first.why)
        return Answering(guess, column=first.column, values={s.value: s.id for s in here})
    why = first.why or "neither its name nor its dates say so"
    guess = notes.guess(f"occasion of {seen.name}", first.id or "not known", first.sure, why)
    return Answering(guess, first.id)


# --- order, and what is compared -------------------------------------------------------------


def _in_order(slots: Sequence[_Slot]) -> list[Occasion]:
    """Occasions in order: by what their words mean, else by dates, else as they were named."""
    there = [slot for slot in slots if slot.id]
    first: dict[str, _Slot] = {}
    for slot in there:
        first.setdefault(slot.id, slot)
    ranked = {(slot.moment.wave, slot.moment.rank) for slot in first.values()}
    if all(slot.moment.known for slot in first.values()) and len(ranked) == len(first):
        ordered = sorted(first.values(), key=lambda slot: (slot.moment.wave, slot.moment.rank))
    elif all(slot.day for slot in first.values()):
        ordered = sorted(first.values(), key=lambda slot: (slot.day or date.min, slot.position))
    else:
        ordered = list(first.values())
    return [
        Occasion(slot.id, slot.title + _when(slot.id, there), slot.moment.wave) for slot in ordered
    ]


def _when(occasion: str, slots: Iterable[_Slot]) -> str:
    """The month of an occasion, if its exports have dates: ``, April 2018``."""
    days = sorted(slot.day for slot in slots if slot.id == occasion and slot.day)
    return f", {_spoken(days[len(days) // 2])}" if days else ""


def _spoken(day: date | None) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}" if day else ""


def _with_another(occasions: list[Occasion], slots: Sequence[_Slot]) -> list[Occasion]:
    """A study compares two occasions: where there is one, the other is named and has no export."""
    if not occasions:
        return [Occasion("baseline", "Baseline"), Occasion("follow_up", "Follow-up")]
    (only,) = occasions
    later = next(slot for slot in slots if slot.id == only.id).moment.rank > 0
    name, rank = ("baseline", 0) if later else ("follow_up", 1)
    moment = Moment(only.wave, rank, name)
    other = Occasion(moment.id, moment.title, only.wave, sourced=False)
    return [other, only] if later else [only, other]


def _compare(occasions: Sequence[Occasion]) -> list[Pairs]:
    """Baseline to follow-up in each wave, pooled; and the first occasion to the last of all."""
    waves = [
        [each for each in occasions if each.wave == wave]
        for wave in dict.fromkeys(each.wave for each in occasions)
    ]
    if not any(len(times) > 1 for times in waves):
        waves = [list(occasions)]
    full = [times for times in waves if len(times) > 1]
    if not full:
        return []
    pairs = tuple((times[0].id, times[1].id) for times in full)
    title = _from_to(full[0][0], full[0][1])
    if len(waves) > 1:
        title = "Baseline to follow-up in the same wave"
    made = [Pairs("short_term", title, pairs)]
    for times in full:
        for later in times[2:-1] if len(waves) == 1 else ():
            pair = (times[0].id, later.id)
            made.append(Pairs(f"to_{later.id}", _from_to(times[0], later), (pair,)))
    ends = (full[0][0], waves[-1][-1])
    if (ends[0].id, ends[1].id) not in pairs:
        pair = (ends[0].id, ends[1].id)
        made.append(Pairs("medium_term", _from_to(*ends), (pair,)))
    return made


def _from_to(before: Occasion, after: Occasion) -> str:
    """Both titles without their months, the second one in the middle of a sentence."""
    first, second = (each.title.partition(",")[0] for each in (before, after))
    return f"{first} to {second[:1].lower()}{second[1:]}"
