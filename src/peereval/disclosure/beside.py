"""Survey tables beside one another: pooled occasions and single ones, with outliers and without."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations

from peereval.disclosure.counts import by
from peereval.disclosure.sheet import Sheet
from peereval.tabulating import WITH_OUTLIERS

#: (phase, column, level) -> place of a base (no level) or of a count.
_Counts = Mapping[tuple[str, str, str], int]
_COUNTED = ("n_answering", "n_choosing")
_NOT_CODED = ("n_not_coded", "n_not_codeable")
_AGREEING = ("share_coders_agreeing", "coder_kappa")


def protect_beside(sheet: Sheet) -> None:
    """What two tables of the same question give away together."""
    questions = sheet.places("outcome", analysis="tabulation")
    pools = sheet.study.pooled_occasions
    for places in questions.values():
        at = by(sheet, places, "comparison")
        for when in pools.keys() & at.keys():
            parts = [at[part] for part in pools[when].occasions if part in at]
            _pooled(sheet, at[when], parts)
        for mine in at.values():
            _outliers(sheet, mine)
        _coders(sheet, places)


# --- pooled occasions -----------------------------------------------------------------------


def _pooled(sheet: Sheet, whole: Sequence[int], parts: Sequence[Sequence[int]]) -> None:
    """Pooled less one occasion is the other: single occasions are kept back if that is of few.

    All of them, because with the pooled one any gives the rest.
    """
    together, singles = _counted(sheet, whole), [_counted(sheet, part) for part in parts]
    if singles and any(_unsafe(sheet, together, singles)):
        for place in chain(*parts):
            sheet.withhold(place, "differencing", bare=True)


def _counted(sheet: Sheet, places: Sequence[int]) -> _Counts:
    return {
        (row["phase"], row["group"], row["level"]): place for place in places
        if (row := sheet.rows[place])["estimand"] in _COUNTED
    }  # fmt: skip


def _unsafe(sheet: Sheet, together: _Counts, singles: Sequence[_Counts]) -> Iterator[bool]:
    """For every count: whether it is hidden in one table alone, or few are left of the pooled."""
    for key, place in together.items():
        there = [single[key] for single in singles if key in single]
        base = (*key[:2], "")
        yield any((other in sheet.withheld) != (place in sheet.withheld) for other in there)
        for many in range(1, len(there) + 1):
            for some in combinations(there, many):
                left = _value(sheet, place) - sum(_value(sheet, one) for one in some)
                bases = [single[base] for single in singles if single.get(key) in some]
                rest = _value(sheet, together[base]) - sum(_value(sheet, one) for one in bases)
                yield any(0 < abs(n) < sheet.protection.threshold for n in (left, rest - left))
                yield key[2] == "" and 0 < abs(rest) < sheet.protection.base


def _value(sheet: Sheet, place: int) -> float:
    return float(sheet.rows[place]["estimate"] or 0.0)


# --- numbers with and without outliers --------------------------------------------------------


def _outliers(sheet: Sheet, places: Sequence[int]) -> None:
    """Numbers with outliers are kept back where few are: less those without they are theirs.

    So is how many answered: less the base of those without, it is how many outliers there are.
    In all columns, since a column less another is a third.
    """
    levels = by(sheet, places, "level")
    if WITH_OUTLIERS not in levels:
        return
    n = {level: {_about(sheet, place): sheet.rows[place]["n"] for place in levels.get(level, ())}
         for level in ("", WITH_OUTLIERS)}  # fmt: skip
    for about, whole in n[WITH_OUTLIERS].items():
        if 0 < whole - n[""].get(about, whole) < sheet.protection.base:
            break
    else:
        return
    for place in levels[WITH_OUTLIERS]:
        sheet.withhold(place, "single_points", bare=True)
    for place in levels[""]:
        if sheet.rows[place]["estimand"] in ("n_answering", "n_outliers"):
            sheet.withhold(place, "small_count", bare=True)


def _about(sheet: Sheet, place: int) -> tuple[str, ...]:
    row = sheet.rows[place]
    return tuple(row[name] for name in ("phase", "group", "method", "estimand"))


# --- coders ---------------------------------------------------------------------------------


def _coders(sheet: Sheet, places: Sequence[int]) -> None:
    """How far coders agree on a theme of which a count is kept back: it is a count of theirs.

    Few answers that are not coded are all responses less those that are: then no such base stays,
    nor a share of it, which would give it.
    """
    least = sheet.protection.threshold
    left = [p for p in places if sheet.rows[p]["estimand"] in _NOT_CODED]
    if any(0 < _value(sheet, place) < least for place in left):
        for place in places:
            if sheet.rows[place]["estimand"] in (*_NOT_CODED, *_AGREEING):
                sheet.withhold(place, "small_count", bare=True)
    hidden = {sheet.rows[p]["level"] for p in places
              if p in sheet.withheld and sheet.kinds[p] == "choice"}  # fmt: skip
    for place in places:
        level = sheet.rows[place]["level"]
        coders = sheet.rows[place]["estimand"] in _AGREEING
        if coders and (level in hidden or _few_agree(sheet, places, level)):
            sheet.withhold(place, "linked")


def _few_agree(sheet: Sheet, places: Sequence[int], level: str) -> bool:
    """Whether coders agree on few responses about a theme, or on all but few."""
    least = sheet.protection.threshold
    counts = [
        (sheet.count(p), sheet.rows[p]["n"])
        for p in places
        if (sheet.rows[p]["estimand"], sheet.rows[p]["level"]) == (_AGREEING[0], level)
    ]
    return any(0 < part < least for count, n in counts for part in (count, n - count))
