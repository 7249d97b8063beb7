"""Columns that could name a respondent: by what their heading asks for, and by what they hold."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from peereval.errors import Fault
from peereval.plurals import count_of

# --- what a heading asks for --------------------------------------------------------------

_ASKS = """
a about add an and any answer are as at below block box boxes can capital capitals choose confirm
could current dropdown down emergency enter field fill for give her here his home if in insert is
its known letters mandatory menu menus my of on only optional or our permanent personal please
private provide put q question record required s say select share state tell that the their them
this to type us use using usual was were what whats with work would write you your
"""
_WHOSE = """
carer carers child childrens children childs dad dads father fathers friend friends guardian
guardians learner mentee mentor mother mothers mum mums parent parents participant participants
peer peers person persons pupil pupils recipient respondent respondents staff student students
supporter teacher teachers young
"""
#: A heading means what is left of it without the words that ask, point or say whose it is.
_ASKING = frozenset([*_ASKS.split(), *_WHOSE.split()])
#: Where whose it is matters; and "record id" is no request to record one.
_ASKING_ONLY = frozenset(_ASKS.split()) - {"record"}
_NAME_OF = (
    "full|first|fore|given|christian|preferred|middle|last|sur|family|nick|legal|maiden|chosen|"
    "print|contact"
)
_BIRTH = "datebirth|birthdate|birth|born|dob"
_TELEPHONE_OF = "(tele|mobile|cell)phone|phone|tel|mobile|landline"
#: What is not read: in words, and what is left of a heading that asks for it, without spaces.
_ASKED_FOR: Mapping[str, re.Pattern[str]] = {
    what: re.compile(pattern)
    for what, pattern in {
        "a name": rf"(({_NAME_OF})*names?)+(first|last)*|[fl]name|(first|middle)?initials"
        "|signature",
        "an e-mail address": "(contact|school)?e?mail(addres+|adres+|addr|id)?(es)?",
        "a telephone number": f"(contact|daytime|evening|main)?({_TELEPHONE_OF})(numbers?|no|num)?"
        "|contact(number|no|num)",
        "an address": "(postal|street|mailing|contact)?addres+(line|street|town|city)?|addr|street",
        "a postcode": "(post|postal|zip)codes?|zip",
        "a date of birth": "(datebirth|birthdate|dob|dateborn|whenborn|(when)?birthday)"
        "(ddmmyy(yy)?)?",
        "part of a date of birth": f"({_BIRTH})(day|dd?|month|mon|mnth|mth|mm?)"
        f"|(day|month)({_BIRTH})",
        "an NHS number": "(nhs|chi)(number|no|num)",
        "a national insurance number": "(nationalinsurance|ni)(number|no|num)|nino",
        "a passport number": "passport(number|no|num)",
        "an IP address": "ipaddr(es+)?",
        "a place on the map": "(location)?(latitude|longitude|coordinates)|geolocation"
        "|gps(coordinates)?",
    }.items()
}
_BIRTH_YEAR = re.compile(rf"({_BIRTH})(year|yr|yyyy|yy?)|year({_BIRTH})|yob")
_PART_OF_BIRTH = "part of a date of birth"
FREE_TEXT = "free text"
_OPEN = re.compile(
    r"((further|other|additional|final|more|general)*"
    r"(comments?|remarks|feedback|suggestions|notes|verbatim|details|specify|explain|describe)"
    r"|(open|free)(ended)?(text|comments?|response|answer)|othertext|text|(there)?anythingelse.*)+"
)
_OPEN_WORDS = re.compile(
    r"\b(please (specify|state|explain|describe|comment|elaborate|tell us|say)"
    r"|tell us (more|why)|(give|provide) (more |further )?(details|reasons)|explain why"
    r"|please explain your (answer|choice|reasons?|response)|in your own words)$"
)
#: How platforms mark the text beside a choice: Qualtrics, then LimeSurvey.
_TEXT_COLUMN = re.compile(r"\S*_TEXT|\S*_text|\S+\[other\]")

_STAFF = (
    "tutor|teacher|headteacher|head year|staff|member staff|staff member|teaching assistant|senco"
    "|lecturer|coach|counsellor|supervisor|social worker|keyworker|key worker"
)
_PERSON = "pupil|student|learner|child|participant|respondent|mentee|mentor|staff|teacher|user"
_NUMBER = "number|no|num|id|ids|identifier|ref|reference|code"
STAFF = "a member of staff"
RESPONSE_ID = "a response id of the platform"
#: What a file that is passed on can do without, in words separated by single spaces.
_TRACED: Mapping[str, re.Pattern[str]] = {
    what: re.compile(pattern)
    for what, pattern in {
        STAFF: rf"(who |whos )?(names? )?((form|class|group|house|year|head|lead|"
        rf"subject|personal|school|course) )*({_STAFF})s?( (full |sur|last )?names?| initials)?",
        "a pupil number": rf"(upn|uln|uci|(unique )?(national )?(pupil|learner|candidate) "
        rf"(number|no|num|identifier)|(admissions?|exam|examination|candidate|enrolment|roll) "
        rf"({_NUMBER}))( (upn|uln|uci))?",
        RESPONSE_ID: r"(response|respondent|submission|record|entry|instance|session) ?"
        r"(id|uuid|key|number|no)|id|uuid|guid|unique response (number|no|id)|meta instance id"
        r"|serial number|network id|instance id",
        "a number or code of a person": rf"({_PERSON})s? ({_NUMBER})|username|user name|login|pid"
        "|external( data)? reference|token",
        FREE_TEXT: r"(and |if so )?why( not| that| so)?|how so|reasons?|tell us about .+",
    }.items()
}

_OF_A_GRID = re.compile(r"[A-Za-z]*\d+[_.\[]\S+|.+\[.+\]")

#: A heading or question beyond this is no question any more.
_LONGEST = 10_000
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_CLAUSE = re.compile(r"(?<=[?!.])\s+|\n+|\s[-–—|]\s")


def personal_columns(columns: Iterable[str], questions: Mapping[str, str]) -> dict[str, str]:
    """Column -> what it seems to hold, of the columns whose heading asks for something personal.

    ``questions``: column -> text of its question, where the export has it. Only a heading or a
    question that asks for nothing else counts: ``Name`` is a name, ``School name`` and "We do
    not ask your name" are none. The year of birth alone is no date of birth; beside its day or
    month it is part of one. A pupil number (UPN) is an id and no name, and so is a user name.
    """
    named = [column for column in columns if len(column) <= _LONGEST]
    found = {column: _asked_for(column, questions.get(column, "")) for column in named}
    if _PART_OF_BIRTH in found.values():
        found |= {c: _PART_OF_BIRTH for c in named if _BIRTH_YEAR.fullmatch(_left(c))}
    return {column: what for column, what in found.items() if what}


def _asked_for(column: str, question: str) -> str:
    beside_choice = _TEXT_COLUMN.fullmatch(column.strip()) is not None
    heading = re.sub(r"(_TEXT|_text|\[other\])$", "", column.strip()) if beside_choice else column
    # A heading mostly is its only clause.
    for clause in dict.fromkeys([heading, *_clauses(heading), *_clauses(question)]):
        left = _left(clause)
        left_before = _left(clause.partition("(")[0]) if "(" in clause else ""
        for what, pattern in _ASKED_FOR.items():
            # What is in brackets may say whose name: that of a school is nobody's.
            if pattern.fullmatch(left) or (what != "a name" and pattern.fullmatch(left_before)):
                return what
    if beside_choice or any(map(_is_open, {column, *_clauses(column), *_clauses(question)})):
        return FREE_TEXT
    return ""


def traced_columns(columns: Iterable[str], questions: Mapping[str, str]) -> dict[str, str]:
    """Column -> what it seems to hold, of what an analysis may need and a passed-on file does not.

    Staff, numbers and codes of people, ids that a platform gives to responses, and bare "Why?".
    Headings and ``questions`` count as in ``personal_columns``, of which these are no part: a
    study may well have a pupil number for its id.
    """
    found = {c: _traced(c, questions.get(c, "")) for c in columns if len(c) <= _LONGEST}
    return {column: what for column, what in found.items() if what}


def _traced(column: str, question: str) -> str:
    for clause in [column, *_clauses(column), *_clauses(question)]:
        words = _words(clause)
        left = " ".join(word for word in words if word not in _ASKING_ONLY)
        for what, pattern in _TRACED.items():
            if what == STAFF and _is_one_of_a_grid(column, question):
                continue
            if pattern.fullmatch(left) or pattern.fullmatch(" ".join(words)):
                return what
    return ""


def _is_one_of_a_grid(column: str, question: str) -> bool:
    """Whether a column asks about one of several, as in ``Q1_teacher``: how often, not who."""
    return bool(_OF_A_GRID.fullmatch(column.strip())) or len(_clauses(question)) > 1


def _clauses(text: str) -> list[str]:
    """The parts of a text that can ask: the first, the last, and those with a question mark."""
    parts = [part for part in _CLAUSE.split(text[:_LONGEST].strip()) if part.strip()]
    return [p for i, p in enumerate(parts) if i in (0, len(parts) - 1) or p.endswith("?")]


def _left(text: str) -> str:
    """What is left of a text without the words that ask, its spaces taken out."""
    return "".join(word for word in _words(text) if word not in _ASKING)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).replace("’", "'")
    return [word.lower() for word in _WORD.findall(plain)]


def _is_open(text: str) -> bool:
    if text[-1:].isdigit():
        return False  # one of a row of items
    words = " ".join(word.lower() for word in _WORD.findall(text))
    return bool(_OPEN.fullmatch(_left(text)) or _OPEN_WORDS.search(words))


# --- what is in a column ------------------------------------------------------------------

_MOST = 10_000
#: No address or number is longer.
_LONGEST_FORM = 300
#: Below this many different values it cannot be said whether they are mostly different.
_FEWEST = 5
_AREAS = (
    "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN "
    "DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA "
    "LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG "
    "SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE"
)
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,}")
_POSTCODE = re.compile(
    rf"({'|'.join(_AREAS.split())})\d[A-Z\d]?\s*\d[ABD-HJLNP-UW-Z]{{2}}", re.IGNORECASE
)
_TELEPHONE = re.compile(
    r"(\+44|0044|\(?0)[\s().-]*[1237]([\s().-]*\d){8,9}|\+\d([\s().-]*\d){8,13}"
)
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d\d)-(?P<m>\d\d?)-(?P<d>\d\d?)(?:[T ]00:00(?::00(?:\.0+)?)?)?"
    r"|(?P<d2>\d\d?)[/.-](?P<m2>\d\d?)[/.-](?P<y2>(?:19|20)\d\d)(?: 00:00(?::00)?)?"
)
_YOUNGEST, _OLDEST = 4, 40  # years back from today: exports are also read years later


def looks_personal(cells: pl.Series) -> str:
    """What the contents of a column seem to be, ``""`` if nothing personal.

    Looks at no more than 10,000 different values, evenly from the whole column: e-mail
    addresses, postcodes and telephone numbers by their form; dates of birth, names and free
    text also by hardly any two being the same. Meant for ids and characteristics; names of
    organisations can look like names of people.
    """
    sample = _sample(cells)
    values = list(dict.fromkeys(sample))
    if not values:
        return ""
    short = [value for value in values if len(value) <= _LONGEST_FORM]
    for what, share, form in _FORMS:
        if sum(map(bool, map(form.fullmatch, short))) >= share * len(values):
            return what
    if _are_births(values):
        return "a date of birth"
    if len(values) < _FEWEST or len(values) < 0.8 * len(sample):
        return ""
    if sum(map(_is_name, values)) >= 0.8 * len(values):
        return "a name"
    return FREE_TEXT if _are_prose(values) else ""


_FORMS = (
    ("an e-mail address", 0.1, _EMAIL),
    ("a postcode", 0.5, _POSTCODE),
    ("a telephone number", 0.5, _TELEPHONE),
)


def _sample(cells: pl.Series) -> list[str]:
    """Cells that are not blank, as text: evenly spread, and not too many."""
    if cells.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Date, pl.Datetime):
        return []
    there = cells.drop_nulls() if cells.null_count() else cells
    step = there.len() // _MOST
    some = there.gather_every(step).head(_MOST) if step > 1 else there.head(_MOST)
    texts = (text.strip() for text in some.cast(pl.String, strict=False).to_list() if text)
    return [text for text in texts if text]


def _is_name(value: str) -> bool:
    if len(value.replace(",", " ").split()) < 2:
        return False  # as nearly all ids are
    words = re.sub(r"['’-]", "", value).replace(",", " ").split()
    return 2 <= len(words) <= 4 and all(w.isalpha() and w[0].isupper() for w in words)


def _are_births(values: list[str]) -> bool:
    """Dates without a time, spread over most of a year and over weekends, as births are.

    Survey days are neither: they stand close together, and schools are closed on weekends.
    """
    dated = filter(None, map(_DATE.fullmatch, values))
    days = [day for day in map(_as_date, dated) if day]
    if len(days) < 0.8 * len(values) or len(days) < 3:
        return False
    newest, today = max(days), date.today()
    if not (today.year - newest.year >= _YOUNGEST and today.year - min(days).year <= _OLDEST):
        return False
    if (newest - min(days)).days < 250:
        return False
    weekend = sum(day.weekday() >= 5 for day in days)
    return len(days) < 20 or weekend >= 0.1 * len(days)


def _as_date(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    year, one, two = (int(parts[k] or parts[f"{k}2"]) for k in ("y", "m", "d"))
    for month, day in ((one, two), (two, one)):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return None


def _are_prose(values: list[str]) -> bool:
    """Mostly of several words, and not made of the same parts as lists of options are."""
    long = sum(len(value.split()) >= 5 or len(value) >= 40 for value in values)
    parts = [part.strip() for value in values for part in re.split(r"[;,|]", value) if part.strip()]
    return long >= 0.5 * len(values) and len(set(parts)) >= 0.6 * len(parts)


# --- what nobody should have to read ------------------------------------------------------

#: No label of an option is longer.
_LONGEST_LABEL = 200
#: From here on it is a sentence rather than a label: in words, or else in characters.
_SENTENCE_WORDS, _SENTENCE = 4, 60
#: With fewer cells filled, one sentence that nobody else wrote is enough.
_FEW_CELLS = 10
_MANY_ONCE = 10
_SCHOOL = re.compile(
    r"\b(School|Academy|College|Primary|Secondary|Infants?|Juniors?|Nursery|University|Trust"
    r"|Grammar|High|Comprehensive|Centre|Club|Ysgol)\b"
)
_TITLED = re.compile(r"\b(Mr|Mrs|Ms|Miss|Mx|Dr|Sir|Madam)\.? [A-Z][a-z]+")
_TICKS = frozenset([
    "-", "0", "1", "2", "0.0", "1.0", "x", "y", "n", "yes", "no", "true", "false", "checked",
    "unchecked", "selected", "not selected", "quoted", "not quoted",
])  # fmt: skip
_SMALL = frozenset(["a", "and", "at", "for", "in", "of", "on", "the", "with", "y", "yr"])


def only_ticks(cells: pl.Series) -> bool:
    """Whether a column says no more than whether something was ticked, as its heading may ask."""
    ticks = _TICKS | {" ".join(_words(cells.name)), *_words(cells.name)}
    return cells.dtype != pl.String or all(v.casefold() in ticks for v in set(_sample(cells)))


def labels_in_several(frame: pl.DataFrame) -> frozenset[str]:
    """Texts found in more than one column, as labels of options are and sentences are not.

    A column that only repeats another one says nothing about that.
    """
    met: Counter[str] = Counter()
    seen = set[tuple[str, ...]]()
    for cells in frame:
        sample = tuple(_sample(cells))
        values = set(sample)
        if len(values) >= _FEWEST and sample in seen:
            continue
        seen.add(sample)
        met.update(values)
    return frozenset(value for value, n in met.items() if n > 1)


def reads_as_prose(cells: pl.Series, labels: frozenset[str]) -> str:
    """``"free text"`` or ``"a name"`` if a column seems written freely, ``""`` if it does not.

    Stricter than ``looks_personal``: for columns that are passed on unread. Sentences that
    hardly repeat are free text, and so is anything too long for a label. Options repeat, in the
    column or as ``labels`` in several columns; names of schools are no sentences. Blank cells
    do not count.
    """
    if cells.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return ""
    if (cells.cast(pl.String).str.len_chars() > _LONGEST_LABEL).any():
        return FREE_TEXT
    sample = _sample(cells)
    counts = Counter(v for v in sample if v not in labels and not _is_school(v))
    if not counts or _are_lists(list(counts)):
        return ""
    if any(map(_TITLED.search, counts)):
        return "a name"
    return FREE_TEXT if _are_sentences(counts, len(sample)) else ""


def _are_sentences(counts: Counter[str], filled: int) -> bool:
    """Whether most of what was written is long, and enough of it was written only once."""
    long = [value for value in counts if _is_sentence(value)]
    once = sum(counts[value] == 1 for value in long)
    if filled < _FEW_CELLS:
        return once >= 0.5 * len(counts)
    if once >= 0.5 * len(counts) and once >= min(_MANY_ONCE, max(3, 0.1 * filled)):
        return True
    mostly_long = sum(counts[value] for value in long) >= 0.5 * sum(counts.values())
    return (mostly_long and len(counts) > 0.3 * filled) or _are_short_prose(counts, filled)


def _are_short_prose(counts: Counter[str], filled: int) -> bool:
    """Two or three words, no digit, and hardly any two the same: no codes, no options."""
    worded = sum(len(v.split()) > 1 and not re.search(r"\d", v) for v in counts)
    return worded >= 0.5 * len(counts) and len(counts) > 0.8 * filled


def _is_sentence(value: str) -> bool:
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", value)
    return len(words) >= _SENTENCE_WORDS or (len(words) > 1 and len(value) > _SENTENCE)


def _is_school(value: str) -> bool:
    """A name of a place in which people learn: all its words but the small ones are capital."""
    words = [word for word in re.findall(r"[^\W\d_]+", value.replace("'s", "")) if len(word) > 1]
    capital = all(word[0].isupper() or word.lower() in _SMALL for word in words)
    return capital and len(value) <= 80 and _SCHOOL.search(value) is not None


def _are_lists(values: list[str]) -> bool:
    """Lists made of few parts, as where several options may be ticked."""
    parts = [part.strip() for value in values for part in re.split(r"[;,|]", value) if part.strip()]
    return len(parts) > len(values) and len(set(parts)) < 0.6 * len(parts)


# --- what is said about it ----------------------------------------------------------------

_LISTED = 10
_HOW_TO_ALLOW = "If it must be read, name it in [columns] allowed = [...]"


def left_unread(file: str, columns: Mapping[str, str]) -> Fault:
    """PER001, a finding: columns that look personal, are not used and were never read."""
    listed = [f"{column!r} ({what})" for column, what in columns.items()]
    more = [f"and {len(listed) - _LISTED} more"] if len(listed) > _LISTED else []
    shown = ", ".join([*listed[:_LISTED], *more])
    look = count_of(len(columns), "column looks personal and was|columns look personal and were")
    found = f"{look} not read: {shown}"
    return Fault("PER001", found, "Leave them out of the export", file, count=len(columns))


def refusal(file: str, column: str, use: str, what: str, sheet: str = "") -> Fault:
    """PER002: the study uses a column as ``use`` whose heading asks for ``what``."""
    found = f"it is used as {use}, and its heading asks for {what}"
    return Fault("PER002", found, _HOW_TO_ALLOW, file, column=column, sheet=sheet)


def refusal_by_contents(file: str, column: str, use: str, what: str, sheet: str = "") -> Fault:
    """PER003: the study uses a column as ``use`` whose cells look like ``what``."""
    found = f"it is used as {use}, and what is in it looks like {what}"
    return Fault("PER003", found, _HOW_TO_ALLOW, file, column=column, sheet=sheet)
