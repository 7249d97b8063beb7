"""Which ids are alike, and in what way: ids that have a key in common."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from peereval.decisions import OTHER_ORGANISATION
from peereval.identifiers import normalise

#: Ways in which two ids are alike, the most telling first: a pair is of the first that fits.
KINDS = (
    "written_differently",
    "dropped_zero",
    "lookalike",
    "swapped_neighbours",
    "repeated_character",
    "wrong_prefix",
    "one_character",
    "dropped_character",
    "added_character",
    OTHER_ORGANISATION,
)
#: Kinds that are one edit of one id into the other.
EDITS = (
    "swapped_neighbours",
    "repeated_character",
    "one_character",
    "dropped_character",
    "added_character",
)
#: Characters that are taken for each other, in capitals; then Cyrillic and Greek ones that look
#: like a Latin one.
_LOOKS = {
    **dict(zip("OILSBZG|", "01158261", strict=True)),
    **dict(zip("АВЕКМНОРСТУХІЅ", "A8EKMH0PCTYX15", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "A8E2H1KMN0PTYX", strict=True)),
}
#: One wrong character of three is too much; and nobody types ids longer than this.
_SHORTEST, _LONGEST = 4, 40
#: An id with more candidates of one kind than this says nothing about any of them.
_CROWD = 10
#: Keys that are held at once.
_AT_ONCE = 1_000_000
#: Enough ids to see how most ids of an organisation begin.
_SAMPLED = 100_000
_NUMBER_AT_END = r"^(.*?)([0-9]{3,})$"


def describe(scores: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Ids of the rows at ``places`` of scores, and what their keys are made of.

    ``form`` is the id in capitals without spaces and dashes; ``organisation`` is empty where
    unknown.
    """
    rows = scores.select("respondent", pl.col("organisation").fill_null(""), "phase")[places]
    ids = rows["respondent"]
    spelled = normalise(ids, ("unicode", "number", "case")).used
    rows = rows.with_columns(
        places.cast(pl.UInt32).alias("place"),
        spelled.alias("spelled"),
        normalise(spelled, ("separators",)).used.alias("form"),
    )
    short_zeros = pl.col("spelled").str.replace_all("(^|[^0-9])0+([0-9])", "${1}${2}")
    rows = rows.with_columns(
        pl.col("form").str.replace_many(_LOOKS).alias("looks"),
        _digits(pl.col("form")).alias("digits"),
        pl.col("spelled").str.extract(_NUMBER_AT_END, 1).alias("beginning"),
        pl.col("spelled").str.extract(_NUMBER_AT_END, 2).alias("number"),
    )
    short = normalise(rows.select(short_zeros).to_series(), ("separators",)).used
    return rows.with_columns(short.alias("without_zeros"))


def _digits(form: pl.Expr) -> pl.Expr:
    """The digits of an id that is nothing else but fewer letters in front of them."""
    digits = form.str.extract(r"^\p{L}*([0-9]{3,})$")
    return pl.when(digits.str.len_chars() * 2 > form.str.len_chars()).then(digits)


def usual_beginnings(scores: pl.DataFrame) -> pl.DataFrame:
    """What most ids of an ``organisation`` and ``phase`` have before their number (``usual``)."""
    some = scores.select("organisation", "phase", "respondent").gather_every(
        1 + scores.height // _SAMPLED
    )
    some = some.drop_nulls().with_columns(
        pl.col("respondent").str.to_uppercase().str.extract(_NUMBER_AT_END).alias("usual")
    )
    return (
        some.group_by("organisation", "phase", "usual")
        .len()
        .filter(pl.col("len") * 2 > pl.col("len").sum().over("organisation", "phase"))
        .drop("len")
    )


def with_oddness(rows: pl.DataFrame, usual: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with ``odd``: whether an id begins otherwise than most of its organisation.

    What is before the number at the end of an id, beside `usual_beginnings`. Missing where there
    is no such number, no organisation, or no beginning that most of its ids have.
    """
    joined = rows.join(usual, on=["organisation", "phase"], how="left", maintain_order="left")
    return joined.with_columns((pl.col("beginning") != pl.col("usual")).alias("odd")).drop("usual")


# --- keys -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """Ids that make the same text are alike in this way: one as a left, the other as a right id.

    Where no text is made, none is alike. A key with ``at_place`` is of one place in an id, and
    is made of every place in turn.
    """

    kind: str
    left: pl.Expr
    right: pl.Expr
    at_place: bool = False


#: Where ids belong to an organisation: the same id in another one.
SAME_ID = Key(OTHER_ORGANISATION, pl.col("respondent"), pl.col("respondent"))


def typing_keys() -> Iterator[Key]:
    """Keys of ids that may be one id, typed in two ways."""
    for kind, column in (
        ("written_differently", "form"),
        ("dropped_zero", "without_zeros"),
        ("lookalike", "looks"),
        ("wrong_prefix", "digits"),
    ):
        yield Key(kind, pl.col(column), pl.col(column))
    # One of the two must begin as the ids of its organisation do, and the other must not.
    left, right = (pl.concat_str("number", odd) for odd in (pl.col("odd"), ~pl.col("odd")))
    yield Key("wrong_prefix", left, right)
    # Each edit at a place meets the whole id, or the same edit.
    for kind, one, other in (
        ("one_character", "blotted", "blotted"),
        ("swapped_neighbours", "swapped", "form"),
        ("repeated_character", "repeated", "form"),
        ("repeated_character", "form", "repeated"),
        ("dropped_character", "single", "form"),
        ("added_character", "form", "single"),
    ):
        yield Key(kind, pl.col(one), pl.col(other), at_place=True)


def _edited(rows: pl.LazyFrame, places: range) -> pl.LazyFrame:
    """Ids that are neither too short nor too long, with each place ``at`` which they are edited.

    ``blotted``: without telling the character there; ``swapped``: with the next one;
    ``single`` and ``repeated``: without it, where the next is another or the same.
    """
    form, at = pl.col("form"), pl.col("at")
    typed = rows.filter(form.str.len_chars().is_between(_SHORTEST, _LONGEST))
    parts = typed.join(pl.LazyFrame({"at": places}), how="cross").with_columns(
        form.str.slice(0, at).alias("before"),
        form.str.slice(at, 1).alias("one"),
        form.str.slice(at + 1, 1).alias("two"),
        form.str.slice(at + 1).alias("after"),
    )
    there, doubled = pl.col("one") != "", pl.col("one") == pl.col("two")
    blotted = pl.concat_str("before", pl.lit("\0"), "after")
    swapped = pl.concat_str("before", "two", "one", form.str.slice(at + 2))
    parts = parts.with_columns(
        pl.when(there).then(pl.concat_str("before", "after")).alias("without"),
        pl.when(there).then(blotted).alias("blotted"),
        pl.when((pl.col("two") != "") & ~doubled).then(swapped).alias("swapped"),
    )
    return parts.with_columns(
        pl.when(~doubled).then("without").alias("single"),
        pl.when(doubled).then("without").alias("repeated"),
    )


# --- ids that share a key -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alike:
    """Pairs of rows (``l``, ``r``) with the first kind that fits, and rows in a crowd.

    Where one key is shared by very many ids, each would be a candidate of each: they are not
    paired, and ``crowded_l`` and ``crowded_r`` name their rows and the kind.
    """

    pairs: pl.DataFrame
    crowded_l: pl.DataFrame
    crowded_r: pl.DataFrame


def find_alike(left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[Key]) -> Alike:
    """Rows of ``left`` and ``right`` (of `describe`, with ``block``) that are alike.

    Two rows are compared if they share a block; a row is never alike to itself. As many keys and
    places are taken together as fit into memory.
    """
    found = list[pl.DataFrame]()
    crowds_l, crowds_r = ([pl.DataFrame(schema={s: pl.UInt32, "n": pl.UInt16})] for s in "lr")
    for some, places in _together(left, right, keys):
        lefts, rights = _keyed(left, some, places, "l"), _keyed(right, some, places, "r")
        lefts = lefts.join(rights, on="text", how="semi")
        rights = rights.join(lefts, on="text", how="semi")
        if not (crowded := _crowded(lefts, rights)).is_empty():
            crowds_l.append(lefts.join(crowded, on="text", how="semi").select("l", "n"))
            crowds_r.append(rights.join(crowded, on="text", how="semi").select("r", "n"))
            lefts = lefts.join(crowded, on="text", how="anti")
        met = lefts.join(rights.drop("n"), on="text")
        apart = left["place"].gather(met["l"]) != right["place"].gather(met["r"])
        found.append(met.select("l", "r", "n").filter(apart))
    pairs, lefts, rights = (_by_kind(parts, keys) for parts in (found, crowds_l, crowds_r))
    return Alike(pairs.group_by("l", "r").agg(pl.col("kind").min()).sort("l", "r"), lefts, rights)


def _together(
    left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[Key]
) -> Iterator[tuple[dict[int, Key], range]]:
    """Keys by number, and places, that are taken at once: all of them unless ids are many."""
    edits = {n: key for n, key in enumerate(keys) if key.at_place}
    longest = max(len(form) for side in (left, right) for form in side["form"])
    places = range(min(longest, _LONGEST) if edits else 0)
    at_once = 1 + _AT_ONCE // max(left.height, right.height, 1)
    if len(keys) + len(edits) * len(places) <= at_once:
        yield dict(enumerate(keys)), places
        return
    yield {n: key for n, key in enumerate(keys) if not key.at_place}, range(0)
    step = max(1, at_once // max(len(edits), 1))
    for first in places[::step]:
        yield edits, places[first : first + step]


def _by_kind(parts: list[pl.DataFrame], keys: Sequence[Key]) -> pl.DataFrame:
    """Lines with the kind of their key instead of its number, each once."""
    kinds = pl.Series("kind", [KINDS.index(key.kind) for key in keys], dtype=pl.UInt8)
    lines = pl.concat(parts)
    return lines.drop("n").hstack([kinds.gather(lines["n"])]).unique()


def _keyed(rows: pl.DataFrame, keys: Mapping[int, Key], places: range, side: str) -> pl.DataFrame:
    """One line per row (``l`` or ``r``, the side), key and place that make a text.

    It has the number of the key, and the text as another number: these are small and quick to
    look up. What is found by them is confirmed before it is used.
    """
    some = rows.with_row_index(side).lazy()
    texts = {n: key.left if side == "l" else key.right for n, key in keys.items()}
    whole = {n: text for n, text in texts.items() if not keys[n].at_place}
    parts = [_hashed(some.with_columns(at=0), whole, side)] if whole else []
    if places:
        edits = {n: text for n, text in texts.items() if keys[n].at_place}
        parts.append(_hashed(_edited(some.select(side, "block", "form"), places), edits, side))
    return pl.concat(parts).collect()


def _hashed(rows: pl.LazyFrame, texts: Mapping[int, pl.Expr], side: str) -> pl.LazyFrame:
    made = {
        str(n): pl.when(text.is_not_null()).then(
            pl.struct("block", "at", pl.lit(n).alias("n"), text.alias("text")).hash()
        )
        for n, text in texts.items()
    }
    lines = rows.select(side, **made).unpivot(index=side, variable_name="n", value_name="text")
    return lines.drop_nulls().with_columns(pl.col("n").cast(pl.UInt16))


def _crowded(lefts: pl.DataFrame, rights: pl.DataFrame) -> pl.DataFrame:
    sizes = [side.group_by("text").len().filter(pl.col("len") > _CROWD) for side in (lefts, rights)]
    return pl.concat(sizes).select("text").unique()
