"""Which ids are alike, and in what way: ids that have a key in common."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from msgspec import Struct

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
_NUMBER_AT_END = "^(?<beginning>.*?)(?<number>[0-9]{3,})$"


def describe(scores: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Ids of the rows at ``places`` of scores, and what their keys are made of.

    ``form`` is the id in capitals without spaces and dashes, ``whole`` the same of ids that are
    neither too short nor too long; ``organisation`` is empty where unknown.
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
    typed = pl.col("form").str.len_chars().is_between(_SHORTEST, _LONGEST)
    rows = rows.with_columns(
        pl.when(typed).then("form").alias("whole"),
        pl.col("form").str.replace_many(_LOOKS).alias("looks"),
        _digits(pl.col("form")).alias("digits"),
        pl.col("spelled").str.extract_groups(_NUMBER_AT_END).alias("parts"),
    ).unnest("parts")
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


class Key(Struct, frozen=True):
    """Ids that make the same text are alike in this way: one as a left, the other as a right id.

    Where no text is made, none is alike. Of the ``edited`` sides (``l``, ``r`` or both) it is made
    at every place in turn, and the left id is so much ``longer`` than the right one.
    """

    kind: str
    left: pl.Expr
    right: pl.Expr
    edited: str = ""
    longer: int = 0


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
    for kind, one, other, edited, longer in (
        ("one_character", "blotted", "blotted", "lr", 0),
        ("swapped_neighbours", "swapped", "whole", "l", 0),
        ("repeated_character", "repeated", "whole", "l", 1),
        ("repeated_character", "whole", "repeated", "r", -1),
        ("dropped_character", "single", "whole", "l", 1),
        ("added_character", "whole", "single", "r", -1),
    ):
        yield Key(kind, pl.col(one), pl.col(other), edited, longer)


def _edited(rows: pl.LazyFrame, places: range) -> pl.LazyFrame:
    """``rows`` with each place ``at`` which their whole ids are edited, and the edits.

    ``blotted``: without telling the character there; ``swapped``: with the next one;
    ``single`` and ``repeated``: without it, where the next is another or the same.
    """
    whole, at = pl.col("whole"), pl.col("at")
    everywhere = rows.join(pl.LazyFrame({"at": places}), how="cross")
    parts = everywhere.filter(at.cast(pl.UInt32) < whole.str.len_chars()).with_columns(
        whole.str.slice(0, at).alias("before"),
        whole.str.slice(at, 1).alias("one"),
        whole.str.slice(at + 1, 1).alias("two"),
        whole.str.slice(at + 1).alias("after"),
    )
    doubled = pl.col("one") == pl.col("two")
    swapped = pl.concat_str("before", "two", "one", whole.str.slice(at + 2))
    without = pl.concat_str("before", "after")
    return parts.with_columns(
        pl.concat_str("before", pl.lit("\0"), "after").alias("blotted"),
        pl.when((pl.col("two") != "") & ~doubled).then(swapped).alias("swapped"),
        pl.when(~doubled).then(without).alias("single"),
        pl.when(doubled).then(without).alias("repeated"),
    )


# --- ids that share a key -------------------------------------------------------------------


class Alike(Struct, frozen=True):
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
    kind = {"kind": pl.UInt8}
    found = [pl.DataFrame(schema={"l": pl.UInt32, "r": pl.UInt32, **kind})]
    crowds_l, crowds_r = ([pl.DataFrame(schema={side: pl.UInt32, **kind})] for side in "lr")
    for some, places in _together(left, right, keys):
        lefts, rights = _keyed(left, some, places, "l"), _keyed(right, some, places, "r")
        lefts = lefts.join(rights, on="text", how="semi")
        rights = rights.join(lefts, on="text", how="semi")
        crowded_l, crowded_r = _crowded(lefts), _crowded(rights)
        if crowded_l.height or crowded_r.height:
            crowds_l += _in_crowds(lefts, crowded_l, crowded_r, "l")
            crowds_r += _in_crowds(rights, crowded_r, crowded_l, "r")
            lefts = lefts.join(crowded_l, on=["text", "at"], how="anti")
            rights = rights.join(crowded_r, on=["text", "at"], how="anti")
        met = lefts.join(rights.select("r", "text"), on="text")
        apart = left["place"].gather(met["l"]) != right["place"].gather(met["r"])
        found.append(met.select("l", "r", "kind").filter(apart))
    pairs = pl.concat(found).group_by("l", "r").agg(pl.col("kind").min()).sort("l", "r")
    return Alike(pairs, pl.concat(crowds_l).unique(), pl.concat(crowds_r).unique())


def _together(
    left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[Key]
) -> Iterator[tuple[dict[int, Key], range]]:
    """Keys by number, and places, that are taken at once: all of them unless ids are many.

    Edits that no two ids are of the right lengths for are not made.
    """
    lefts, rights = (set(side["form"].str.len_chars().unique()) for side in (left, right))
    edits = {
        n: key
        for n, key in enumerate(keys)
        if key.edited and not lefts.isdisjoint(length + key.longer for length in rights)
    }
    others = {n: key for n, key in enumerate(keys) if not key.edited}
    places = range(min(max(lefts | rights), _LONGEST) if edits else 0)
    at_once = 1 + _AT_ONCE // max(left.height, right.height, 1)
    if len(keys) + len(edits) * len(places) <= at_once:
        yield others | edits, places
        return
    yield others, range(0)
    step = max(1, at_once // max(len(edits), 1))
    for first in places[::step]:
        yield edits, places[first : first + step]


def _keyed(rows: pl.DataFrame, keys: Mapping[int, Key], places: range, side: str) -> pl.DataFrame:
    """One line per row (``l`` or ``r``, the side), key and place that make a text.

    It has the ``kind`` of the key, the place (0 of a whole id), and the text as a number: that is
    small and quick to look up. What is found by it is confirmed before it is used.
    """
    whole = rows.lazy().with_row_index(side).with_columns(pl.col("block").hash(), at=0)
    edited = _edited(whole.select(side, "block", "whole"), places)
    return pl.concat(
        (edited if side in key.edited else whole)
        .select(
            side,
            pl.lit(KINDS.index(key.kind), dtype=pl.UInt8).alias("kind"),
            pl.col("at").cast(pl.UInt8),
            "block",
            (key.left if side == "l" else key.right).alias("text"),
        )
        .drop_nulls("text")
        # The number of the key is the seed: the same text by another key is another number.
        .select(side, "kind", "at", pl.col("text").hash(n) ^ pl.col("block"))
        for n, key in keys.items()
    ).collect()


def _crowded(lines: pl.DataFrame) -> pl.DataFrame:
    """Texts that too many rows make at one place."""
    return lines.group_by("text", "at").len().filter(pl.col("len") > _CROWD)


def _in_crowds(
    lines: pl.DataFrame, mine: pl.DataFrame, theirs: pl.DataFrame, side: str
) -> Iterator[pl.DataFrame]:
    """Rows and kinds of lines that are in a crowd, or would meet one of the other side."""
    yield lines.join(mine, on=["text", "at"], how="semi").select(side, "kind")
    yield lines.join(theirs, on="text", how="semi").select(side, "kind")
