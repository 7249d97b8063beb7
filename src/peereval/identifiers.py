"""Ids as an export has them -> ids as they are compared, step by step, with all that changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import polars as pl
from msgspec import Struct

from peereval.columns import STAYS, names
from peereval.errors import Fault
from peereval.plurals import count_of
from peereval.studies import NORMALISE, Study

#: Nobody looks for these: marks without width or shape, such as a byte order mark.
_INVISIBLE = r"\s\p{Cf}\p{Cc}"
_AROUND = rf"^[{_INVISIBLE}]+|[{_INVISIBLE}]+$"
_WHOLE = r"^([0-9]+)\.0+$"
#: A thousand in many countries, a one in others.
_THOUSANDS = r"^[0-9]{1,3}\.000$"
_POWER = r"^([1-9])(?:[.,]([0-9]+))?[eE]\+([0-9]{1,3})$"
_SEPARATORS = r"[\s\p{Pd}_/.]"
#: Digits zero of scripts that NFKC leaves as they are; the other nine follow each of them.
_OTHER_ZEROS = "٠۰०০੦"
_OTHER_DIGITS = {chr(ord(zero) + n): str(n) for zero in _OTHER_ZEROS for n in range(10)}


class Normalised(Struct, frozen=True):
    """Ids as used, missing where blank, and for each what was changed in words (or nothing)."""

    used: pl.Series
    reasons: pl.Series


class _Step(Struct, frozen=True):
    """One way of making ids alike: which ids it may change, how, and what it is called."""

    concerns: str
    change: Callable[[pl.Expr], pl.Expr]
    reason: str


def normalise(as_written: pl.Series, steps: Sequence[str]) -> Normalised:
    """Ids made alike by ``steps``, in the order of the list of all steps; ``trim`` is always one.

    trim: spaces and invisible characters around. unicode: NFKC, so that full-width characters
    are plain ones; every dash a hyphen, every space a plain one, digits of other scripts
    0 to 9. number: ``1001.0`` and ``1.001E+03`` are 1001, but only where no digit was lost.
    case: capitals. separators: spaces, ``-``, ``_``, ``/`` and ``.`` inside. zeros: those that
    an id begins with, before another digit. Only ids that may change are worked on.
    """
    chosen = _in_order(steps)
    pattern = "^$|" + "|".join(_STEPS[s].concerns for s in chosen)
    concerned = pl.col("id").str.contains(pattern).fill_null(False).arg_true()
    places = pl.DataFrame({"id": as_written}).select(concerned).to_series()
    nothing = pl.Series([""]).new_from_index(0, as_written.len())
    if places.is_empty():
        return Normalised(as_written, nothing)
    forms = _forms(as_written.gather(places), chosen).select(
        pl.col(chosen[-1]).replace("", None).alias("used"),
        _reasons(["as_written", *chosen]).alias("reasons"),
    )
    return Normalised(
        as_written.clone().scatter(places, forms["used"]).alias(as_written.name),
        nothing.scatter(places, forms["reasons"]),
    )


def _in_order(steps: Sequence[str]) -> list[str]:
    return [step for step in NORMALISE if step in steps or step == "trim"]


def _forms(as_written: pl.Series, steps: Sequence[str]) -> pl.DataFrame:
    """One column per step: the ids after it, beginning with them as written."""
    forms = pl.LazyFrame({"as_written": as_written})
    last = "as_written"
    for step in steps:
        forms, last = forms.with_columns(_after(step, last).alias(step)), step
    return forms.collect()


def _after(step: str, column: str) -> pl.Expr:
    return _STEPS[step].change(pl.col(column))


def _reasons(columns: Sequence[str]) -> pl.Expr:
    said = [
        pl.when(pl.col(before) != pl.col(after)).then(pl.lit(_STEPS[after].reason))
        for before, after in pairwise(columns)
    ]
    return pl.concat_str(said, separator="; ", ignore_nulls=True)


# --- the steps ------------------------------------------------------------------------------


def _trimmed(ids: pl.Expr) -> pl.Expr:
    return ids.str.replace_all(_AROUND, "")


def _plain(ids: pl.Expr) -> pl.Expr:
    spaced = ids.str.normalize("NFKC").str.replace_all(r"\s", " ")
    visible = spaced.str.replace_all(r"[\p{Cf}\p{Cc}]", "")
    dashed = visible.str.replace_all(r"[\p{Pd}−]", "-")
    return _trimmed(dashed.str.replace_many(_OTHER_DIGITS))


def _numbered(ids: pl.Expr) -> pl.Expr:
    first, part, power = _of_power(ids)
    exact = (part.str.len_chars() >= power) & (part.str.slice(power).str.strip_chars("0") == "")
    return (
        pl.when(ids.str.contains(_WHOLE) & ~ids.str.contains(_THOUSANDS))
        .then(ids.str.extract(_WHOLE))
        .when(exact)
        .then(pl.concat_str(first, part.str.slice(0, power)))
        .otherwise(ids)
    )


def _of_power(ids: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """First digit, the digits after the point, and the power of ten; missing if none is written."""
    first = ids.str.extract(_POWER, 1)
    part = pl.when(first.is_not_null()).then(ids.str.extract(_POWER, 2).fill_null(""))
    return first, part, ids.str.extract(_POWER, 3).cast(pl.UInt32)


def _capitals(ids: pl.Expr) -> pl.Expr:
    # By way of small letters, for some capitals have no other: ẞ is SS.
    return ids.str.to_lowercase().str.to_uppercase()


def _without_separators(ids: pl.Expr) -> pl.Expr:
    bare = ids.str.replace_all(_SEPARATORS, "")
    return pl.when((bare != "") & ~ids.str.contains(_POWER)).then(bare).otherwise(ids)


def _without_zeros(ids: pl.Expr) -> pl.Expr:
    return ids.str.replace(r"^0+([0-9])", "${1}")


_STEPS: Mapping[str, _Step] = {
    "trim": _Step(_AROUND, _trimmed, "spaces around the id were removed"),
    "unicode": _Step(r"[^\x20-\x7E]", _plain, "unusual characters were made plain ones"),
    "number": _Step(rf"{_WHOLE}|{_POWER}", _numbered, "a whole number was written as such"),
    "case": _Step(r"[a-z]|[^\x00-\x7F]", _capitals, "small letters were made capitals"),
    "separators": _Step(_SEPARATORS, _without_separators, "spaces, dashes and points were removed"),
    "zeros": _Step("^0[0-9]", _without_zeros, "leading zeros were removed"),
}


# --- what the steps did ---------------------------------------------------------------------


def id_steps(scores: pl.DataFrame, changed: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`id_steps`: what each step of the study did to the ids.

    ``scores``: one row per export row. ``changed``: `row` and `as_written` of the rows whose id
    is not used as written. Out: one row for the ids as written and one for each step of the
    study; a row ``decisions`` follows if ids were also changed by a person's decisions. Rows
    that are set aside do not count. Only the ids that some step touches are followed.
    """
    ids = _compared(scores, study)
    forms = _followed(scores, changed, study)
    steps = [name for name in forms.columns if name not in ("row", "occasion")]
    touched = pl.concat([forms[step] for step in steps]).unique().implode()
    others = ids.filter(pl.col("key").is_in(touched) & ~pl.col("row").is_in(forms["row"].implode()))
    after = {step: _with(others, forms, step) for step in steps}
    n_found = {step: len(_found(after[step], study)) for step in steps}
    elsewhere = len(_found(ids, study)) - n_found[steps[-1]]
    rows = [(steps[0], 0, 0, n_found[steps[0]] + elsewhere)]
    for last, step in pairwise(steps):
        changes = forms.filter(pl.col(last) != pl.col(step))
        joined = _n_joined(after[last], after[step]) if changes.height else 0
        rows.append((step, changes[last].n_unique(), joined, n_found[step] + elsewhere))
    return pl.DataFrame(rows, schema=names("id_steps"), orient="row")


def _compared(scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Row, occasion and key of every response; rows that are set aside have no key."""
    key = match_key("respondent", study)
    if (scores["exclusion"] != STAYS).any():
        key = pl.when(pl.col("exclusion") == STAYS).then(key)
    elif study.id_scope == "study":
        # Side by side as they are: a selection would hold them all once more.
        columns = [scores["row"], scores["occasion"], scores["respondent"].alias("key")]
        return pl.DataFrame(columns)
    return scores.select("row", "occasion", key.alias("key"))


def match_key(ids: str, study: Study) -> pl.Expr:
    """What a respondent is matched by, as one text: missing if any part of it is.

    ``ids`` names the column of the ids; where ids belong to an organisation, that stands
    before it.
    """
    if study.id_scope == "study":
        return pl.col(ids)
    return pl.concat_str("organisation", ids, separator="\x1f")


def _followed(scores: pl.DataFrame, changed: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Row, occasion and the key after each step, of the changed rows that are not set aside."""
    rows = scores.filter(
        pl.col("row").is_in(changed["row"].implode()),
        pl.col("exclusion") == STAYS,
        pl.col("respondent").is_not_null(),
    ).join(changed.select("row", "as_written").unique("row"), on="row", maintain_order="left")
    chosen = _in_order(study.normalise)
    forms = _forms(rows["as_written"], chosen)
    # An id of nothing but spaces is none, before they are removed as well as after.
    forms = forms.with_columns(
        pl.when(_after("trim", s) != "").then(s).alias(s) for s in forms.columns
    )
    if not forms[chosen[-1]].eq_missing(rows["respondent"]).all():
        forms = forms.with_columns(rows["respondent"].alias("decisions"))
    return forms.with_columns(rows["organisation"]).select(
        rows["row"],
        rows["occasion"],
        *(match_key(step, study).alias(step) for step in forms.columns),
    )


def _with(others: pl.DataFrame, forms: pl.DataFrame, step: str) -> pl.DataFrame:
    """The responses that some step touches, as they are after one of them."""
    return pl.concat([others, forms.select("row", "occasion", pl.col(step).alias("key"))])


def _found(ids: pl.DataFrame, study: Study) -> pl.Series:
    """Keys that were given at both occasions of a comparison, each once."""
    key, occasion = ids["key"], ids["occasion"]
    if ids.is_empty():
        return key
    at = {name: key.filter(occasion == name).drop_nulls() for name in study.occasions}
    pairs = dict.fromkeys(pair for comparison in study.comparisons for pair in comparison.pairs)
    found = [at[before].filter(at[before].is_in(at[after].implode())) for before, after in pairs]
    return pl.concat([key.clear(), *found]).unique()


def _n_joined(before: pl.DataFrame, after: pl.DataFrame) -> int:
    """By how many the different keys of one occasion have become fewer."""
    keys = before.with_columns(after["key"].alias("after")).drop_nulls()
    joined = keys.group_by("occasion", "after").agg(pl.col("key").n_unique() - 1)
    return int(joined["key"].sum())


# --- what is doubtful about ids -------------------------------------------------------------


def find_in_ids(scores: pl.DataFrame, steps: pl.DataFrame, study: Study) -> list[Fault]:
    """Findings about the ids of a study; none of them holds an id.

    ``scores`` as in `id_steps`, with `source` and `source_row`; ``steps`` is what that made.
    ID001 ids were changed, ID002 different ids became one, ID006 ids fail their check
    character, ID008 a step that is not taken would match more.
    """
    found = [*_about_steps(steps)]
    if study.check_character:
        wrong = scores["respondent"].is_not_null() & ~has_check_character(scores["respondent"])
        found += _mistyped(scores, wrong)
    return [
        *(replace(fault, column=study.respondent) if fault.file else fault for fault in found),
        *_steps_not_taken(scores, study),
    ]


def lost_digits(ids: pl.Series) -> pl.Series:
    """Whether an id was saved as a number too long to be written out, such as 1.23457E+11.

    What it was is lost, and several ids may have become the same.
    """
    # Hardly an id has a plus in it, and those that have none need not be taken apart.
    _, part, power = _of_power(pl.when(pl.col("id").str.contains("+", literal=True)).then("id"))
    found = pl.DataFrame({"id": ids}).select((part.str.len_chars() < power).fill_null(False))
    return found.to_series()


def _about_steps(steps: pl.DataFrame) -> Iterator[Fault]:
    taken = steps.filter((pl.col("n_changed") > 0) & (pl.col("step") != "decisions"))
    if taken.height:
        said = ", ".join(
            f"{n:,} by {step}" for step, n in taken.select("step", "n_changed").iter_rows()
        )
        more = taken["n_matched"][-1] - steps["n_matched"][0]
        what = f"ids were made alike before they were compared: {said}"
        yield Fault(
            "ID001",
            f"{what}; {abs(more):,} {'fewer' if more < 0 else 'more'} were found at both occasions",
            "Each is in restricted/changes.csv; the steps are `normalise` in [matching]",
            count=int(taken["n_changed"].sum()),
        )
    for step, n in taken.filter(pl.col("n_joined") > 0).select("step", "n_joined").iter_rows():
        yield Fault(
            "ID002",
            f"{count_of(n, 'id')} became the same as another of the occasion by the step {step!r}",
            f"If they are different respondents, leave {step!r} out of `normalise` in [matching]",
            count=n,
        )


def _mistyped(scores: pl.DataFrame, wrong: pl.Series) -> list[Fault]:
    """One fault for each export with such rows: how many, and where the first five are."""
    fail, fix = "id fails its|ids fail their", "Look for each in the list of issued ids"
    why = "check character: mistyped, or not issued by `peereval ids make`"
    rows = scores.select("source", "source_row").filter(wrong)
    parts = rows.group_by("source", maintain_order=True).agg("source_row")
    return [
        Fault(
            "ID006", f"{count_of(len(at), fail)} {why}", fix, file, at[0], count=len(at),
            others=tuple(at[1:5]),
        )
        for file, at in parts.iter_rows()
    ]  # fmt: skip


def _steps_not_taken(scores: pl.DataFrame, study: Study) -> Iterator[Fault]:
    """What each step would match that the study leaves out, of the ids that are unmatched."""
    ids = _compared(scores, study)
    known = ids["key"].is_in(_found(ids, study).implode())
    alone = scores.select("occasion", "organisation", "respondent").filter(
        ids["key"].is_not_null() & ~known
    )
    for step in NORMALISE:
        if step in _in_order(study.normalise):
            continue
        changed = alone.with_columns(_after(step, "respondent").alias("respondent"))
        n = len(
            _found(changed.select("occasion", match_key("respondent", study).alias("key")), study)
        )
        if n:
            yield Fault(
                "ID008",
                f"{count_of(n, 'more respondent')} would be found at both occasions with the step "
                f"{step!r}",
                f"If ids that differ so are one respondent's, add {step!r} to `normalise`",
                count=n,
            )


# --- check characters -----------------------------------------------------------------------

#: Characters of the ids that peereval issues: of those that look alike in handwriting one at
#: most (0 O D Q, 1 I L, 2 Z, 5 S, 6 G, 8 B, M N, U V Y), and no vowel.
ALPHABET = "23456789CFHJKMPRTWX"
#: Characters of an issued id, the check character at the end.
LENGTH = 8


def check_character(body: str) -> str:
    """What follows ``body`` in an issued id: ISO 7064, a pure system of modulus 19 and radix 2.

    As the number of characters is a prime, it finds every single wrong character and every two
    that are swapped, next to each other or with one between them. (The hybrid systems of the
    standard, modulus + 1 and modulus, miss some of those that are swapped.)
    """
    from stdnum.iso7064 import mod_37_2

    return str(mod_37_2.calc_check_digit(body, ALPHABET))


def has_check_character(ids: pl.Series) -> pl.Series:
    """Whether each id is one that `peereval ids make` could have issued; false for none.

    Case, spaces and separators do not matter.
    """
    from stdnum.iso7064 import mod_37_2

    bare = normalise(ids, ("unicode", "case", "separators")).used
    formed = bare.filter(bare.str.contains(f"^[{ALPHABET}]{{{LENGTH}}}$").fill_null(False)).unique()
    valid = [each for each in formed if mod_37_2.is_valid(each, ALPHABET)]
    return bare.is_in(pl.Series(valid, dtype=pl.String).implode()).fill_null(False)
