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


def with_oddness(rows: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with ``odd``: whether an id begins otherwise than most of its organisation.

    What is before the number at the end of an id. Missing where there is no such number, no
    organisation, or no beginning that most of its ids have.
    """
    some = scores.select("organisation", "phase", "respondent").gather_every(
        1 + scores.height // _SAMPLED
    )
    some = some.drop_nulls().with_columns(
        pl.col("respondent").str.to_uppercase().str.extract(_NUMBER_AT_END).alias("usual")
    )
    usual = (
        some.group_by("organisation", "phase", "usual")
        .len()
        .filter(pl.col("len") * 2 > pl.col("len").sum().over("organisation", "phase"))
    )
    joined = rows.join(
        usual.drop("len"), on=["organisation", "phase"], how="left", maintain_order="left"
    )
    return joined.with_columns((pl.col("beginning") != pl.col("usual")).alias("odd")).drop("usual")


# --- keys -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """Ids that make the same text are alike in this way: one as a left, the other as a right id.

    Where no text is made, none is alike.
    """

    kind: str
    left: pl.Expr
    right: pl.Expr


#: Where ids belong to an organisation: the same id in another one.
SAME_ID = Key(OTHER_ORGANISATION, pl.col("respondent"), pl.col("respondent"))


def typing_keys(longest: int) -> Iterator[Key]:
    """Keys of ids that may be one id, typed in two ways; ``longest`` is the longest form."""
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
    for place in range(min(longest, _LONGEST)):
        yield from _edits(place)


def _edits(place: int) -> Iterator[Key]:
    """Keys of ids that differ at one place: each edit meets the whole id, or the same edit."""
    form = pl.col("form")
    form = pl.when(form.str.len_chars().is_between(_SHORTEST, _LONGEST)).then(form)
    one, two = form.str.slice(place, 1), form.str.slice(place + 1, 1)
    before, after = form.str.slice(0, place), form.str.slice(place + 1)
    there, doubled = one != "", one == two
    blotted = pl.when(there).then(pl.concat_str(before, pl.lit("\0"), after))
    yield Key("one_character", blotted, blotted)
    swapped = pl.concat_str(before, two, one, form.str.slice(place + 2))
    yield Key("swapped_neighbours", pl.when((two != "") & ~doubled).then(swapped), form)
    without = pl.concat_str(before, after)
    single, repeated = (pl.when(there & which).then(without) for which in (~doubled, doubled))
    yield Key("repeated_character", repeated, form)
    yield Key("repeated_character", form, repeated)
    yield Key("dropped_character", single, form)
    yield Key("added_character", form, single)


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

    Two rows are compared if they share a block; a row is never alike to itself. As many kinds of
    keys are taken together as fit into memory.
    """
    found, crowds_l, crowds_r = [], [], []
    at_once = 1 + _AT_ONCE // max(left.height, right.height, 1)
    for first in range(0, len(keys), at_once):
        some = dict(enumerate(keys[first : first + at_once], first))
        lefts = _keyed(left, {n: key.left for n, key in some.items()}, "l")
        rights = _keyed(right, {n: key.right for n, key in some.items()}, "r")
        lefts = lefts.join(rights, on="text", how="semi")
        rights = rights.join(lefts, on="text", how="semi")
        crowded = _crowded(lefts, rights)
        crowds_l.append(lefts.join(crowded, on="text", how="semi").select("l", "n"))
        crowds_r.append(rights.join(crowded, on="text", how="semi").select("r", "n"))
        met = lefts.join(crowded, on="text", how="anti").join(rights.drop("n"), on="text")
        apart = left["place"].gather(met["l"]) != right["place"].gather(met["r"])
        found.append(met.select("l", "r", "n").filter(apart))
    pairs, lefts, rights = (_by_kind(parts, keys) for parts in (found, crowds_l, crowds_r))
    return Alike(pairs.group_by("l", "r").agg(pl.col("kind").min()).sort("l", "r"), lefts, rights)


def _by_kind(parts: list[pl.DataFrame], keys: Sequence[Key]) -> pl.DataFrame:
    """Lines with the kind of their key instead of its number, each once."""
    kinds = pl.Series("kind", [KINDS.index(key.kind) for key in keys], dtype=pl.UInt8)
    lines = pl.concat(parts)
    return lines.drop("n").with_columns(kinds.gather(lines["n"])).unique()


def _keyed(rows: pl.DataFrame, texts: Mapping[int, pl.Expr], row: str) -> pl.DataFrame:
    """One line per row and key that it has: the key's number, and the text as another number.

    Numbers are small and quick to look up. What is found by them is confirmed before it is used.
    """
    hashed = rows.select(
        pl.when(text.is_not_null())
        .then(pl.struct("block", pl.lit(n).alias("n"), text.alias("text")).hash())
        .alias(str(n))
        for n, text in texts.items()
    )
    lines = hashed.with_row_index(row).unpivot(index=row, variable_name="n", value_name="text")
    return lines.drop_nulls().with_columns(pl.col("n").cast(pl.UInt16))


def _crowded(lefts: pl.DataFrame, rights: pl.DataFrame) -> pl.DataFrame:
    sizes = [side.group_by("text").len().filter(pl.col("len") > _CROWD) for side in (lefts, rights)]
    return pl.concat(sizes).select("text").unique()
