"""Charts of outcomes: before and after by group, and every change or contrast on one scale."""

from collections.abc import Sequence

from peereval.composing.content import means_digits
from peereval.composing.figures.cells import (
    CHANGE,
    COUNT,
    Row,
    cell,
    judged,
    row_of,
    shown,
    text,
)
from peereval.composing.figures.making import (
    base_range,
    bases,
    between,
    figure,
    headline,
    level_of,
    listed,
    place,
    said,
    tests_of,
)
from peereval.composing.model import Cell, Figure
from peereval.numbers import text_of
from peereval.publishing import Outcome, Publication
from peereval.wording import Words

#: Everybody: the group of which every outcome is shown.
EVERYBODY = "all"


def before_after(
    publication: Publication, words: Words, phase: str, comparison: str, outcome: str
) -> Figure | None:
    """Mean of an outcome before and after, by group, with the headline test of each."""
    groups = [group for group in publication.groups if not group.only]
    tests = [
        headline(publication, "paired", phase, comparison, group.id, outcome) for group in groups
    ]
    rows = [
        _means(publication, (phase, comparison, group.id, outcome), group.title, test)
        for group, test in zip(groups, tests, strict=True)
        if test
    ]
    if not any(shown(row) for row in rows):
        return None
    level = level_of(publication)
    asked = publication.outcomes[outcome]
    unit = asked.unit
    return figure(
        words, "before_after", (phase, comparison, outcome), rows,
        title=words(
            "figures.before_after.title",
            outcome=publication.title_of(outcome),
            place=place(publication, words, phase, comparison),
        ),
        caption=words(
            "figures.before_after.caption", unit=_range(words, asked), level=level,
            test=tests_of(words, tests),
            comparison=publication.title_of(comparison),
            bases=bases(words, ((row[0].text, row[6]) for row in rows)),
        ),
        alt=words(
            "figures.before_after.alt", unit=unit,
            rows=" ".join(_heard(words, row, level) for row in rows),
        ),
        unit=unit, level=level,
    )  # fmt: skip


def _range(words: Words, asked: Outcome) -> str:
    """The unit, and from where to where the scale goes: bars begin at zero even where it cannot."""
    if asked.low is None or asked.high is None:
        return asked.unit
    ends = (asked.low, asked.high)
    low, high = (text_of(end, "count" if end == round(end) else "2") for end in ends)
    return words("figures.before_after.range", unit=asked.unit, low=low, high=high)


def _means(
    publication: Publication, keys: tuple[str, str, str, str], title: str, test: Row | None
) -> tuple[Cell, ...]:
    before, after = (
        row_of(publication, "paired", "descriptive", *keys, name)
        for name in ("mean_pre", "mean_post")
    )
    digits = means_digits(publication.outcomes[keys[3]])
    return (
        text(title),
        cell(before, digits),
        cell(after, digits),
        judged(test, CHANGE, publication.ci_level),
        cell(test, CHANGE, "ci_low"),
        cell(test, CHANGE, "ci_high"),
        cell(before, COUNT, "n"),
    )


def _heard(words: Words, row: Sequence[Cell], level: str) -> str:
    group, before, after, change, low, high, _ = row
    return words(
        "figures.before_after.alt_row", group=group.text, before=said(words, before),
        after=said(words, after), change=said(words, change), level=level,
        interval=between(words, low, high),
    )  # fmt: skip


# --- all outcomes on one scale ------------------------------------------------------------


def forest(
    publication: Publication, words: Words, phase: str, comparison: str, group: str
) -> Figure | None:
    """The headline change of every outcome of a phase, with its interval.

    Each stands on the standard deviation before of all respondents of the comparison: drawn in
    these units outcomes compare, whatever the points of their scales.
    """
    title = words(
        "figures.forest.title",
        place=place(publication, words, phase, comparison),
        group=publication.title_of(group),
    )
    return _forest(publication, words, "forest", (phase, comparison, group), title)


def contrast_forest(
    publication: Publication, words: Words, phase: str, comparison: str
) -> Figure | None:
    """The headline difference in change between the groups of the contrast, every outcome."""
    if not publication.contrast:
        return None
    treated, control = publication.contrast
    title = words(
        "figures.contrast_forest.title",
        place=place(publication, words, phase, comparison),
        treated=publication.title_of(treated),
        control=publication.title_of(control),
    )
    keys = (phase, comparison, f"{treated}_v_{control}")
    return _forest(publication, words, "contrast_forest", keys, title)


def _forest(
    publication: Publication, words: Words, kind: str, keys: tuple[str, str, str], title: str
) -> Figure | None:
    phase, comparison, group = keys
    analysis = "did" if kind == "contrast_forest" else "paired"
    outcomes = next((each.outcomes for each in publication.phases if each.id == phase), ())
    tests = {
        name: headline(publication, analysis, phase, comparison, group, name) for name in outcomes
    }
    rows = [
        _effect(publication, words, (phase, comparison, name), test)
        for name, test in tests.items()
        if test
    ]
    if not any(shown(row[1:2]) for row in rows):
        return None
    level = level_of(publication)
    return figure(
        words, kind, (phase, comparison, "" if analysis == "did" else group), rows,
        title=title,
        caption=words(
            f"figures.{kind}.caption", level=level, test=tests_of(words, tests.values()),
            comparison=publication.title_of(comparison),
            bases=base_range(words, (row[5] for row in rows), "outcome"),
        ),
        alt=_forest_heard(publication, words, kind, rows),
        unit=words(f"figures.{kind}.unit"), level=level,
    )  # fmt: skip


def _effect(
    publication: Publication, words: Words, keys: tuple[str, str, str], test: Row
) -> tuple[Cell, ...]:
    phase, comparison, outcome = keys
    title = publication.title_of(outcome)
    # A fall that is good is drawn as a fall: its name says how to read it.
    if publication.outcomes[outcome].better == "lower":
        title = words("figures.marks.lower_is_better", outcome=title)
    deviation = row_of(
        publication, "paired", "descriptive", phase, comparison, EVERYBODY, outcome, "sd_pre"
    )
    return (
        text(title),
        judged(test, CHANGE, publication.ci_level),
        cell(test, CHANGE, "ci_low"),
        cell(test, CHANGE, "ci_high"),
        cell(deviation, means_digits(publication.outcomes[outcome])),
        cell(test, COUNT, "n"),
    )


def _forest_heard(
    publication: Publication, words: Words, kind: str, rows: Sequence[tuple[Cell, ...]]
) -> str:
    """What it shows: those that are better, those that are worse, and the others by name."""
    groups = dict(zip(("treated", "control"), publication.contrast, strict=False))
    named = {role: publication.title_of(group) for role, group in groups.items()}

    def told(reading: str) -> str:
        mine = [row for row in rows if row[1].reading == reading and row[1].value is not None]
        if not mine:
            return ""
        if not reading:
            return words(
                f"figures.{kind}.alt_unclear", rows=listed(words, (r[0].text for r in mine))
            )
        each = (
            words(
                f"figures.{kind}.alt_row", outcome=row[0].text, change=said(words, row[1]),
                interval=between(words, row[2], row[3]),
            )
            for row in mine
        )  # fmt: skip
        return words(f"figures.{kind}.alt_{reading}", rows=listed(words, each), **named)

    alt = words(
        f"figures.{kind}.alt", n=len(rows), better=told("better"), worse=told("worse"),
        unclear=told(""), **named,
    )  # fmt: skip
    return " ".join(alt.split())
