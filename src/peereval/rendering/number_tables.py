"""Tables of numbers on a screen: medians, quartiles and means by column, and how they changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from peereval.rendering.numbers import NOTHING, fixed, p_text
from peereval.studies import NumberRule
from peereval.tabulating import WITH_OUTLIERS

Results = Mapping[tuple[str, ...], Mapping[str, Any]]


def number_rows(
    rows: Results,
    where: tuple[str, str, str],
    groups: Sequence[str],
    marks: Mapping[tuple[str, str], str],
    rule: NumberRule,
    fewest: int,
) -> Iterator[tuple[str, list[str]]]:
    """Heading and cells of each line of a table at one occasion.

    ``where``: phase, occasion and outcome; ``marks``: (column, "") -> what marks that it differs;
    ``fewest``: respondents of whom a number is shown. The mean with outliers is not shown: with
    the one without them it would give a single outlier away.
    """
    phase, occasion, outcome = where

    def cells(estimands: Sequence[str], level: str = "") -> list[str]:
        parts = [
            [rows.get((phase, occasion, group, outcome, level, name)) for name in estimands]
            for group in groups
        ]
        return [_shown(some, fewest) for some in parts]

    medians = cells(["median"])
    marked = [
        " ".join(filter(None, (marks.get((group, ""), "") if cell != NOTHING else "", cell)))
        for group, cell in zip(groups, medians, strict=True)
    ]
    yield "Median", marked
    yield "Quartiles", cells(["lower_quartile", "upper_quartile"])
    yield "Mean", cells(["mean_number"])
    if rule.outliers.in_words:
        yield "Median with outliers", cells(["median"], WITH_OUTLIERS)
        found = [rows.get((phase, occasion, g, outcome, "", "n_outliers")) for g in groups]
        yield "Outliers", [_few(row, fewest) for row in found]


def _shown(found: Sequence[Mapping[str, Any] | None], fewest: int) -> str:
    numbers = [row["estimate"] for row in found if row and row["n"] >= fewest]
    if len(numbers) < len(found) or any(number is None for number in numbers):
        return NOTHING
    return " to ".join(fixed(number, 1) for number in numbers)


def _few(row: Mapping[str, Any] | None, fewest: int) -> str:
    if row is None or row["n"] < fewest or 0 < row["estimate"] < fewest:
        return NOTHING
    return f"{row['estimate']:,.0f}"


def number_changes(
    rows: Results, where: tuple[str, ...], fewest: int
) -> Iterator[tuple[str, list[str]]]:
    """Heading and cells of the medians and means before and after; ``where`` up to the outcome.

    The p value of medians is that of Wilcoxon's test, of means that of the t-test.
    """
    for words, part, tested in (
        ("Median", "median", "pseudo_median"),
        ("Mean", "mean", "mean_change"),
    ):
        found = [rows.get((*where, "", f"{part}_{when}")) for when in ("pre", "post", "change")]
        test = rows.get((*where, "", tested))
        before, after, change = found
        if before is None or after is None or change is None or test is None:
            continue
        n = f"{change['n']:,}"
        if change["n"] < fewest:
            yield words, [n, *[NOTHING] * 4]
            continue
        texts = [_one(row["estimate"]) for row in (before, after, change)]
        yield words, [n, *texts, p_text(_p(test))]


def _one(number: float | None) -> str:
    return NOTHING if number is None else fixed(number, 1)


def _p(row: Mapping[str, Any]) -> float | None:
    adjusted: float | None = row["p_adjusted"]
    return row["p_value"] if adjusted is None else adjusted
