"""Survey platforms, known by the headings of their exports.

Each names its columns in its own way, over one row or several, and some mark the responses
that are previews or were broken off.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from peereval.labels import fold

Row = Sequence[str]


class Headings(Struct, frozen=True):
    """What the rows of headings of an export say; one entry per position, empty for no name.

    ``depth``: how many rows they are. ``by_question``: whether columns go by the text of
    their question, so that two may share it. ``blank``: what stands for no answer. ``tests``
    and ``unfinished``: position of the column that marks such responses, and the folded
    values that do.
    """

    platform: str
    names: list[str]
    questions: list[str]
    depth: int = 1
    by_question: bool = False
    blank: str = ""
    tests: tuple[int, frozenset[str]] | None = None
    unfinished: tuple[int, frozenset[str]] | None = None
    notes: tuple[str, ...] = ()


class _Platform(Struct, frozen=True):
    """Whether rows are its headings, and what they say if they are."""

    name: str
    recognises: Callable[[list[Row]], bool]
    headings: Callable[[list[Row]], Headings]


def one_line(text: str) -> str:
    """Text without line breaks, tabs and double spaces."""
    return " ".join(text.split())


def recognise_platform(rows: list[Row]) -> Headings | None:
    """What the first of ``rows`` and those below it say, if a platform has such headings."""
    if not rows or not (_has_a_sign(rows[0]) or any(map(_are_imports, rows[1:3]))):
        return None
    return next((each.headings(rows) for each in _PLATFORMS if each.recognises(rows)), None)


def headings_of(platform: str, rows: list[Row]) -> Headings | None:
    """What the rows say, taken as headings of a platform by its name; nothing if none has it."""
    wanted = _key(platform)
    found = (each.headings(rows) for each in _PLATFORMS if _key(each.name) == wanted)
    return next(found, plain_headings(rows) if wanted in ("none", "plain") else None)


def plain_headings(rows: list[Row]) -> Headings:
    """Headings of no platform: one row of names."""
    return _named("", [one_line(cell) for cell in rows[0]])


def platform_names() -> list[str]:
    """Names of the platforms that are known."""
    return [each.name for each in _PLATFORMS]


def _named(platform: str, names: list[str], by_question: bool = False) -> Headings:
    questions = names if by_question else [""] * len(names)
    return Headings(platform, names, questions, by_question=by_question)


def _key(text: str) -> str:
    return "".join(text.casefold().split())


def _keys(row: Row) -> list[str]:
    return list(map(_key, row))


#: Each platform needs one of these in its header, if not below it. Every row of a sample is asked
#: whether it is a header, and hardly one has any.
_SIGNS = (
    "responseid", "recordeddate", "responseset", "v1|v2", "respondentid", "userid", "lastpage",
    "startlanguage", "redcap_", "record_id", "recordid", "starttime", "uniqueresponsenumber",
    "timestamp",
)  # fmt: skip


def _has_a_sign(row: Row) -> bool:
    keys = _key("|".join(row))
    return any(sign in keys for sign in _SIGNS)


def _cell(rows: list[Row], row: int, position: int) -> str:
    within = row < len(rows) and position < len(rows[row])
    return one_line(rows[row][position]) if within else ""


def _marks(
    keys: list[str], names: Iterable[str], values: Iterable[str]
) -> tuple[int, frozenset[str]] | None:
    """Position of the first column of these names, with the folded values."""
    there = [keys.index(name) for name in names if name in keys]
    return (there[0], frozenset(map(fold, values))) if there else None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- Qualtrics ----------------------------------------------------------------------------

_OWN = _words(
    "startdate enddate status ipaddress progress duration(inseconds) finished recordeddate "
    "responseid responseset recipientlastname recipientfirstname recipientemail "
    "externalreference externaldatareference locationlatitude locationlongitude "
    "distributionchannel userlanguage"
)
#: What no response has in the columns of these names.
_LABELS = _words("startdate enddate recordeddate responseid responseset finished progress")
_IMPORT = re.compile(r"""\{\s*['"]ImportId['"]""")
_TESTS = (
    "Survey Preview", "Survey Test", "Spam", "Survey Preview Spam", "Imported Spam",
    "Offline Survey Preview", "EX Spam", "Synthetic", "1", "2", "8", "9", "12", "17", "40",
)  # fmt: skip


def _are_imports(row: Row) -> bool:
    found = (_IMPORT.match(cell.strip()) is not None for cell in row if cell.strip())
    return next(found, False) and all(found)


def _is_qualtrics(rows: list[Row]) -> bool:
    if any(_are_imports(row) for row in rows[1:3]):
        return True
    own = _OWN & set(_keys(rows[0]))
    sure = {"responseid", "recordeddate", "responseset"}
    return (len(own) >= 4 and bool(own & sure)) or _is_numbered(rows)


def _is_numbered(rows: list[Row]) -> bool:
    """Headings of the older kind, whose first columns are V1, V2, ..."""
    first, second = _keys(rows[0]), _keys(rows[1]) if len(rows) > 1 else []
    return first[:2] == ["v1", "v2"] and len(_OWN & set(second)) >= 3


def _qualtrics(rows: list[Row]) -> Headings:
    keys = _keys(rows[0])
    if _is_numbered(rows):
        keys = [_key(_cell(rows, 1, p)) if key[:1] == "v" else key for p, key in enumerate(keys)]
    told = _are_labels(rows, keys)
    imports = [n for n in (1, 2) if n < len(rows) and _are_imports(rows[n])]
    depth = imports[0] + 1 if imports else 2 if told else 1
    positions = range(len(rows[0]))
    texts = depth > 1 and imports[:1] != [1]
    return Headings(
        "Qualtrics",
        [one_line(cell) for cell in rows[0]],
        [_cell(rows, 1, position) if texts else "" for position in positions],
        depth,
        tests=_marks(keys, ["status"], _TESTS),
        unfinished=_marks(keys, ["finished"], ["False", "0"]),
    )


def _are_labels(rows: list[Row], keys: list[str]) -> bool:
    """Whether the second row says in other words what the platform's own columns are."""
    own = [(key, _key(_cell(rows, 1, p))) for p, key in enumerate(keys) if key in _LABELS]
    return any(key == label for key, label in own)


# --- platforms that spread a question over its columns ------------------------------------

_SINGLE = {"response", "open-endedresponse"}


def _is_surveymonkey(rows: list[Row]) -> bool:
    return {"respondentid", "collectorid"} <= set(_keys(rows[0]))


def _surveymonkey(rows: list[Row]) -> Headings:
    names, depth = _spread(rows, "respondentid", 2)
    return replace(_named("SurveyMonkey", names, by_question=True), depth=depth)


def _is_smartsurvey(rows: list[Row]) -> bool:
    return {"userid", "userno"} <= set(_keys(rows[0]))


def _smartsurvey(rows: list[Row]) -> Headings:
    names, depth = _spread(rows, "userid", 3)
    done = ["completed", "completionstatus"]
    return replace(
        _named("SmartSurvey", names, by_question=True),
        depth=depth,
        blank="-",
        unfinished=_marks(_keys(rows[0]), done, ["No", "False", "Partial", "Incomplete"]),
    )


def _spread(rows: list[Row], own: str, most: int) -> tuple[list[str], int]:
    """Names from several rows, and how many: responses have something in the column ``own``.

    A blank cell in a row above continues the one to its left.
    """
    keys = _keys(rows[0])
    at = keys.index(own) if own in keys else 0
    depth = 1
    while depth < min(most, len(rows)) and not _cell(rows, depth, at):
        depth += 1
    width = max(len(row) for row in rows[:depth])
    carried = [""] * depth
    names = []
    for position in range(width):
        parts = [_cell(rows, level, position) for level in range(depth)]
        filled = [level for level, part in enumerate(parts) if part]
        if filled:
            carried[filled[0] :] = parts[filled[0] :]
        names.append(_join(carried) if filled else "")
    return names, depth


def _join(parts: list[str]) -> str:
    kept = [part for part in parts if part]
    if len(kept) > 1 and _key(kept[-1]) in _SINGLE:
        kept.pop()
    return " - ".join(kept)


# --- platforms with one row ---------------------------------------------------------------

_CODE_AND_TEXT = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\])*)\.(?:\s+(.*))?")
_LIME_CODES = _words("id submitdate lastpage startlanguage seed startdate datestamp")
_LIME_TEXTS = _words("responseid datesubmitted lastpage startlanguage datestarted seed")
_DATES = ("submitdate", "datesubmitted")
_REDCAP = _words(
    "redcap_event_name redcap_survey_identifier redcap_repeat_instrument "
    "redcap_repeat_instance redcap_data_access_group"
)
_REDCAP_TEXTS = {"eventname", "surveyidentifier", "repeatinstrument", "complete?"}
_NOT_COMPLETE = ["0", "Incomplete"]


def _lime_codes(row: Row) -> list[str]:
    return [_key(cell.partition(". ")[0]) for cell in row]


def _is_limesurvey(rows: list[Row]) -> bool:
    codes, texts = set(_lime_codes(rows[0])), set(_keys(rows[0]))
    sure = {"lastpage", "startlanguage"}
    by_code = len(codes & _LIME_CODES) >= 3 and "id" in codes and codes & sure
    by_text = len(texts & _LIME_TEXTS) >= 3 and "responseid" in texts and texts & sure
    return bool(by_code or by_text)


def _limesurvey(rows: list[Row]) -> Headings:
    names = [one_line(cell) for cell in rows[0]]
    parted = [_CODE_AND_TEXT.fullmatch(name) for name in names]
    dates = ["" if key not in _DATES else "date" for key in _lime_codes(rows[0])]
    unfinished = _marks(dates, ["date"], ["", "N/A"])
    if all(part or not name for part, name in zip(parted, names, strict=True)):
        codes = [part[1] if part else "" for part in parted]
        texts = [part[2] or "" if part else "" for part in parted]
        note = "Columns go by the code before the text of their question"
        return Headings("LimeSurvey", codes, texts, unfinished=unfinished, notes=(note,))
    by_question = "id" not in _keys(rows[0])
    return replace(_named("LimeSurvey", names, by_question), unfinished=unfinished)


def _is_redcap(rows: list[Row]) -> bool:
    keys = _keys(rows[0])
    if _REDCAP & set(keys):
        return True
    complete = any(key.endswith("_complete") for key in keys)
    return (keys[0] == "record_id" and complete) or _is_redcap_text(keys)


def _is_redcap_text(keys: list[str]) -> bool:
    return keys[0] == "recordid" and bool(_REDCAP_TEXTS & set(keys))


def _redcap(rows: list[Row]) -> Headings:
    keys = _keys(rows[0])
    headings = _named("REDCap", [one_line(cell) for cell in rows[0]], _is_redcap_text(keys))
    ends = [p for p, key in enumerate(keys) if key.endswith("_complete") or key == "complete?"]
    if len(ends) == 1:
        return replace(headings, unfinished=(ends[0], frozenset(map(fold, _NOT_COMPLETE))))
    note = "Which form says that a response is complete is not known: there are several"
    return replace(headings, notes=(note,) if ends else ())


def _has(*wanted: str) -> Callable[[list[Row]], bool]:
    return lambda rows: set(wanted) <= set(_keys(rows[0]))


def _questions(platform: str) -> Callable[[list[Row]], Headings]:
    return lambda rows: _named(platform, [one_line(cell) for cell in rows[0]], by_question=True)


def _is_google(rows: list[Row]) -> bool:
    return one_line(rows[0][0]) == "Timestamp" and sum(map(bool, _keys(rows[0]))) > 1


_PLATFORMS = (
    _Platform("Qualtrics", _is_qualtrics, _qualtrics),
    _Platform("SurveyMonkey", _is_surveymonkey, _surveymonkey),
    _Platform("SmartSurvey", _is_smartsurvey, _smartsurvey),
    _Platform("LimeSurvey", _is_limesurvey, _limesurvey),
    _Platform("REDCap", _is_redcap, _redcap),
    _Platform(
        "Microsoft Forms", _has("starttime", "completiontime"), _questions("Microsoft Forms")
    ),
    _Platform("Online surveys", _has("uniqueresponsenumber"), _questions("Online surveys")),
    _Platform("Google Forms", _is_google, _questions("Google Forms")),
)
