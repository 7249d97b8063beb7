"""Which column holds the unique id: by its name, or by its values coming again."""

from collections.abc import Mapping, Sequence

import polars as pl
from msgspec import Struct

from peereval.personal import looks_personal
from peereval.recognising.guesses import LIKELY, SURE, UNSURE, Given, Guess, Notes
from peereval.recognising.headings import SEVERAL, Named, asks, everywhere, given_column
from peereval.recognising.occasions import occasion_column
from peereval.recognising.seeing import Column, Seen, read_texts
from peereval.recognising.words import DATES, IDS, ORGANISATIONS, PLATFORM_IDS, phrase_of

#: Of the values of an id, at least this part differs.
_DIFFERENT = 0.9
#: So much of the ids comes again at another occasion, if they are ids.
_AGAIN = 0.2
#: Ids of an organisation of its own differ at least so much within it.
_WITHIN = 0.98
#: What platforms call their own number of a response, where others mean a respondent.
_PLATFORM_IDS = {
    "surveymonkey": "respondent id",
    "microsoft forms": "id",
    "limesurvey": "id",
    "smartsurvey": "user id",
    "online surveys": "unique response number",
}


class IdColumn(Struct, frozen=True):
    """A column that may be the id: ``rank`` of its name (0: the name says nothing)."""

    name: str
    rank: int
    filled: float
    different: float
    n_ids: int
    n_again: int

    @property
    def usable(self) -> bool:
        """Whether it is full and different enough to be an id."""
        return self.filled >= 0.5 and self.different >= 0.5

    @property
    def again(self) -> float:
        """The part of its ids that come more than once."""
        return self.n_again / self.n_ids if self.n_ids else 0.0

    @property
    def why(self) -> str:
        """What speaks for it, in words."""
        said = "its name says so" if self.rank else "its name does not say so"
        share = f"{int(100 * self.different)}% of its values differ"
        again = f", {_share(self.n_again, self.n_ids)} come again elsewhere"
        return f"{said}; {share}{again if self.n_again else ''}"


def find_respondent(
    seen: Sequence[Seen], closed: set[str], given: Given, notes: Notes
) -> Named | None:
    """The id column of all exports; questions where it cannot be told, ``None`` if nothing is."""
    if given.id:
        return given_column(seen, given.id, "id", "REC001", notes)
    named = _best_named(seen, closed)
    if named and named.usable:
        absent = [each for each in seen if named.name not in each.columns]
        for each in absent:
            _ask_same_name(each, named.name, closed, notes)
        sure = SURE if named.again >= _AGAIN and not absent else LIKELY
        guess = notes.guess("id", named.name, sure, named.why)
        return None if absent else Named(named.name, guess)
    found = _by_contents(seen, closed)
    if found:
        guess = notes.guess("id", found.name, UNSURE, found.why)
        return Named(found.name, guess)
    return _platform_id(seen, closed, notes)


def _best_named(seen: Sequence[Seen], closed: set[str]) -> IdColumn | None:
    """The column whose name says that it is an id: in most exports, then the best of them."""
    ranks: dict[str, int] = {}
    for name in everywhere(seen, closed):
        there = [each for each in seen if name in each.columns]
        if rank := min((_id_rank(each, each.columns[name]) for each in there), default=0):
            ranks[name] = rank
    most = max((sum(name in each.columns for each in seen) for name in ranks), default=0)
    best = [name for name in ranks if sum(name in each.columns for each in seen) == most]
    looked = [look_at_ids(seen, name, ranks[name]) for name in best]
    return min(
        looked, key=lambda c: (not c.usable, c.again < _AGAIN, c.rank, -c.again), default=None
    )


def _id_rank(seen: Seen, column: Column) -> int:
    if _is_platform_id(seen, column.name) or asks(column, ORGANISATIONS):
        return 0
    return asks(column, IDS)


def _is_platform_id(seen: Seen, column: str) -> bool:
    phrase = phrase_of(column)
    platform = seen.export.recognised.platform.casefold()
    return bool(PLATFORM_IDS.fullmatch(phrase)) or _PLATFORM_IDS.get(platform, "") == phrase


def look_at_ids(seen: Sequence[Seen], name: str, rank: int) -> IdColumn:
    """How full a column is, how different its values, and how many come again elsewhere."""
    parts = [_ids_by_occasion(i, each, name) for i, each in enumerate(seen) if name in each.columns]
    ids = pl.concat(parts)
    rows = sum(each.rows for each in seen if name in each.columns)
    once = ids.unique()
    again = once.group_by("id").len().filter(pl.col("len") > 1).height
    filled = ids.height / rows if rows else 1.0
    different = once.height / ids.height if ids.height else 1.0
    return IdColumn(name, rank, filled, different, once["id"].n_unique(), again)


def _ids_by_occasion(position: int, seen: Seen, name: str) -> pl.DataFrame:
    """One row per id that is there: the id, and the export and occasion that it stands in."""
    return _slotted(position, seen, pl.DataFrame({"id": read_texts(seen, name)}))


def _slotted(position: int, seen: Seen, ids: pl.DataFrame) -> pl.DataFrame:
    """Ids with the export and occasion that they stand in; rows with a blank are left out."""
    frame = ids.with_columns(pl.lit(str(position)).alias("slot"))
    if column := occasion_column(seen):
        values = read_texts(seen, column.name).fill_null("")
        frame = frame.with_columns((pl.lit(f"{position} ") + values).alias("slot"))
    return frame.drop_nulls()


def _ask_same_name(seen: Seen, name: str, closed: set[str], notes: Notes) -> None:
    other = _best_named([seen], closed)
    found = f"there is no id column {name!r}"
    fix = (
        f"Give the id one name in every export: here it seems to be {other.name!r}" if other else ""
    )
    fix = fix or "Give the id one name in every export, or say --id COLUMN"
    notes.ask("REC002", found, fix, seen.name, name)


def _by_contents(seen: Sequence[Seen], closed: set[str]) -> IdColumn | None:
    """The column whose values differ within each occasion and come again at another."""
    found = []
    for name in everywhere(seen, closed):
        if all(_may_be_id(each, name) for each in seen):
            looked = look_at_ids(seen, name, 0)
            if looked.filled >= 0.8 and looked.different >= _DIFFERENT and looked.again >= _AGAIN:
                found.append(looked)
    return max(found, key=lambda c: (round(c.again, 2), c.different), default=None)


def _may_be_id(seen: Seen, name: str) -> bool:
    column = seen.columns.get(name)
    if not column or column.answered < SEVERAL or _is_platform_id(seen, name):
        return False
    if column.distinct < 0.3 * column.answered or asks(column, DATES):
        return False
    cells = read_texts(seen, name).drop_nulls()
    return not (cells.str.len_chars() > 40).any() and not looks_personal(cells)


def _platform_id(seen: Sequence[Seen], closed: set[str], notes: Notes) -> Named | None:
    names = [
        name
        for name in everywhere(seen, closed)
        if all(name in each.columns and _is_platform_id(each, name) for each in seen)
    ]
    if not names:
        fix = "Say which column holds it: --id COLUMN"
        notes.ask("REC001", "no column looks like the id of a respondent", fix)
        return None
    why = "no column but the platform's own number of each response is unique"
    notes.ask(
        "REC007",
        "the only id is the platform's own number of each response, which is new every time: "
        "nobody can be matched by it",
        "If respondents gave an id of their own, say --id COLUMN",
        column=names[0],
    )
    return Named(names[0], notes.guess("id", names[0], UNSURE, why))


# --- what may be wrong with an id ------------------------------------------------------------


def ask_about_personal(
    seen: Sequence[Seen], respondent: Named | None, personal: Mapping[str, str], notes: Notes
) -> str:
    """What the id seems to be if that is personal (an empty text if not), and the question."""
    if not respondent:
        return ""
    name = respondent.column
    looks = (looks_personal(read_texts(each, name)) for each in seen)
    what = personal.get(name, "") or next(filter(None, looks), "")
    if what:
        found = f"the id seems to be {what}: a study reads it only if [columns] allowed names it"
        fix = f"Better: peereval pseudonymise the exports with --id {name!r}, and draft from those"
        notes.ask("REC024", found, fix, column=name)
    return what


def find_scope(
    seen: Sequence[Seen], respondent: Named | None, organisation: Named | None, notes: Notes
) -> Guess | None:
    """That ids are unique within an organisation and not beyond, if they are."""
    if not respondent or not organisation:
        return None
    parts = [
        _ids_by_place(i, s, respondent.column, organisation.column) for i, s in enumerate(seen)
    ]
    ids = pl.concat(parts)
    beyond, within = ids.select("slot", "id").n_unique(), ids.n_unique()
    if not ids.height or beyond >= _DIFFERENT * ids.height or within < _WITHIN * ids.height:
        return None
    why = (
        f"{_share(beyond, ids.height)} of the ids differ within an occasion, "
        f"{_share(within, ids.height)} within an organisation"
    )
    return notes.guess("ids", "unique within an organisation only", LIKELY, why)


def _ids_by_place(position: int, seen: Seen, name: str, organisation: str) -> pl.DataFrame:
    """One row per response with an id and an organisation: both, and the occasion."""
    places = read_texts(seen, organisation).alias("organisation")
    return _slotted(position, seen, pl.DataFrame([read_texts(seen, name).alias("id"), places]))


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole if whole else 0}%"
