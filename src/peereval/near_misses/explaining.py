"""How two ids differ, in words. Single characters are quoted: for the restricted table only."""

from collections.abc import Iterator

import polars as pl

from peereval.decisions import OTHER_ORGANISATION
from peereval.identifiers import normalise
from peereval.near_misses.alike import EDITS, KINDS

#: Kinds of ids that are only written in two ways: what they differ in, and the step of making ids
#: alike after which they are the same.
WRITTEN = {
    "unusual_characters": ("the same but for unusual characters", "unicode"),
    "number": ("the same number, written in two ways", "number"),
    "case": ("the same but for capitals", "case"),
    "spacing": ("the same but for spaces, dashes or points", "separators"),
}


def confirm(pairs: pl.DataFrame) -> pl.DataFrame:
    """``pairs`` without those that are not one edit apart although their kind says so.

    Keys are numbers: once in a very long while two different ones are the same.
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    edited = pl.Series([kind in EDITS for kind in KINDS]).gather(pairs["kind"])
    forms = (pairs[side].to_list() for side in ("before_form", "after_form"))
    apart = pl.Series(cpdist(*forms, scorer=OSA.distance, score_cutoff=1), dtype=pl.Int64)
    return pairs.filter(~edited | (apart == 1))


def explain(pairs: pl.DataFrame, checked: bool) -> pl.DataFrame:
    """``pairs`` with ``kind`` as a word, and ``explanation``.

    In: `kind` as its number; ids, forms and organisations of both sides, and whether they pass
    their check character, which is said where ids are ``checked``.
    """
    said = [*_explained(pairs)]
    words = pl.Series("explanation", [text for _, text in said], dtype=pl.String)
    both = (("before_valid", "earlier"), ("after_valid", "later"))
    fails = [
        pl.when(~pl.col(valid)).then(pl.lit(f"the {side} id fails its check character"))
        for valid, side in both
        if checked
    ]
    return pairs.with_columns(
        pl.Series("kind", [kind for kind, _ in said], dtype=pl.String),
        pl.concat_str([words, *fails], separator="; ", ignore_nulls=True).alias("explanation"),
    )


def _explained(pairs: pl.DataFrame) -> Iterator[tuple[str, str]]:
    columns = ("kind", "before_form", "after_form", "after_organisation")
    written = pairs.filter(kind=KINDS.index("written_differently"))
    ways = iter(_ways_of_writing(written["before_id"], written["after_id"]))
    for number, before, after, organisation in pairs.select(columns).iter_rows():
        kind = KINDS[number]
        if kind == "written_differently":
            way = next(ways)
            yield way, WRITTEN[way][0]
        elif kind == OTHER_ORGANISATION:
            yield kind, f"the same id in another organisation at the later occasion: {organisation}"
        else:
            yield kind, _difference(kind, before, after)


def _ways_of_writing(before: pl.Series, after: pl.Series) -> list[str]:
    """By the first step of making ids alike after which both are the same; else by the last."""
    if before.is_empty():
        return []
    found, steps = pl.Series([""] * len(before), dtype=pl.String), list[str]()
    for kind, (_, step) in WRITTEN.items():
        steps.append(step)
        same = normalise(before, steps).used == normalise(after, steps).used
        last = same | (step == "separators")
        found = found.zip_with((found != "") | ~last, pl.Series([kind], dtype=pl.String))
    return found.to_list()


def _difference(kind: str, before: str, after: str) -> str:
    """What differs between two forms, of a kind that keeps their characters apart."""
    shorter = "later" if len(after) < len(before) else "earlier"
    if kind == "dropped_zero":
        return f"a number begins with fewer zeros in the {shorter} id"
    if kind == "wrong_prefix":
        return "the same number with another beginning"
    if kind == "lookalike":
        said = [f"{b} for {a}" for a, b in zip(before, after, strict=False) if a != b]
        return "look-alikes: " + ", ".join(dict.fromkeys(said))
    ends = zip(before + "\0", after + "\0", strict=False)
    place = next(n for n, (earlier, later) in enumerate(ends) if earlier != later)
    if kind == "swapped_neighbours":
        return f"{before[place : place + 2]} is {after[place : place + 2]} in the later id"
    if kind == "one_character":
        return f"{before[place]} is {after[place]} in the later id"
    extra = max(before, after, key=len)[place]
    doubled = kind == "repeated_character"
    what = f"{extra} is doubled" if doubled else f"there is no {extra}"
    return f"{what} in the {_other(shorter) if doubled else shorter} id"


def _other(which: str) -> str:
    return "earlier" if which == "later" else "later"
