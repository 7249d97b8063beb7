"""Outcomes: each phase and comparison, then each outcome of it with its chart and its table."""

from peereval.composing.columns import chart, head, text
from peereval.composing.content import Content, Place, Row, means_digits, why_blank
from peereval.composing.figures import before_after, contrast_forest, forest
from peereval.composing.model import Block, Cell, Paragraph, Section, Table
from peereval.composing.readings import could_see, reading_of
from peereval.composing.sentences import Part, paragraph
from peereval.publishing import Occasions, Outcome, PhaseOutcomes

_TEST = ("from", "to", "p", "adjusted")


def outcomes(content: Content) -> Section | None:
    """The section of outcomes; None where no scores are compared."""
    parts = tuple(
        _compared(content, phase, comparison, place)
        for phase, comparison, place in content.compared()
        if phase.outcomes
    )
    if not parts:
        return None
    return Section("outcomes", content.words("report.outcomes.title"), _intro(content), parts)


def _intro(content: Content) -> tuple[Block, ...]:
    publication, words = content.publication, content.words
    margin = f"{publication.smallest_effect:g}"
    blocks = [
        paragraph(words, "report.outcomes.intro", level=content.level),
        paragraph(words, "report.outcomes.margin", margin=margin),
    ]
    return (*blocks, paragraph(words, "report.outcomes.adjusted"))


def _compared(
    content: Content, phase: PhaseOutcomes, comparison: Occasions, place: Place
) -> Section:
    here = (place.phase, place.comparison)
    blocks: list[Block] = [_pairs(content, comparison), *chart(content, forest, *here, place.group)]
    blocks.append(summary(content, phase, place))
    if content.contrast:
        blocks += [*chart(content, contrast_forest, *here), contrast(content, phase, place)]
    return Section(
        f"outcomes-{phase.id}-{comparison.id}",
        f"{phase.title}: {comparison.title}",
        tuple(blocks),
        tuple(_outcome(content, place.at(outcome=name)) for name in phase.outcomes),
    )


def _pairs(content: Content, comparison: Occasions) -> Paragraph:
    said = [content.words("report.outcomes.pair", before=a, after=b) for a, b in comparison.pairs]
    return paragraph(content.words, "report.outcomes.pairs", pairs="; ".join(said))


# --- tables ---------------------------------------------------------------------------------


def summary(content: Content, phase: PhaseOutcomes, place: Place) -> Table:
    """Every outcome of a phase and comparison, of all respondents."""
    words = content.words
    places = [place.at(outcome=name) for name in phase.outcomes]
    rows = ((text(content.title(p.outcome)), *change_cells(content, p)) for p in places)
    return Table(
        f"outcomes-{place.phase}-{place.comparison}",
        words("report.outcomes.summary_title", **_names(content, place)),
        head(content, "outcome", "n", "before", "after", "change", *_TEST, texts=["reading"]),
        tuple(rows),
        caption=words(
            "report.outcomes.caption", level=content.level, method=_method(content, places)
        ),
        notes=_notes(content, places),
    )


def contrast(content: Content, phase: PhaseOutcomes, place: Place) -> Table:
    """Every outcome of a phase and comparison, of the difference of the two groups."""
    words, publication = content.words, content.publication
    treated, control = (content.title(name) for name in publication.contrast)
    adjusted = publication.headlines["did"][1] == "adjusted_difference"
    title = (
        "report.outcomes.contrast_adjusted_title" if adjusted else "report.outcomes.contrast_title"
    )
    places = [place.at(group=content.contrast, outcome=name) for name in phase.outcomes]
    rows = ((text(content.title(p.outcome)), *difference_cells(content, p)) for p in places)
    return Table(
        f"outcomes-{place.phase}-{place.comparison}-contrast",
        words(title, treated=treated, control=control, **_names(content, place)),
        head(content, "outcome", "n", "difference", *_TEST, "could_see", texts=["reading"]),
        tuple(rows),
        caption=words(
            "report.outcomes.caption", level=content.level, method=_method(content, places, "did")
        ),
        notes=_notes(content, places, "did"),
    )


def change_cells(content: Content, place: Place) -> tuple[Cell, ...]:
    """Respondents, means, change with its interval and test, and what it comes to."""
    row = content.headline("paired", place)
    digits = means_digits(content.outcome(place.outcome))
    ends = (content.find("paired", "descriptive", f"mean_{end}", place) for end in ("pre", "post"))
    means = (content.cell(end, digits) for end in ends)
    return (content.cell(row, "count", "n"), *means, *test_cells(content, row))


def difference_cells(content: Content, place: Place) -> tuple[Cell, ...]:
    """Respondents, difference with its interval and test, what could be seen, what it comes to."""
    row = content.headline("did", place)
    *tested, reading = test_cells(content, row)
    seen = content.cell(could_see(content, place), "2")
    return (content.cell(row, "count", "n"), *tested, seen, reading)


def test_cells(content: Content, row: Row | None) -> tuple[Cell, ...]:
    """An effect with its interval and p values, and what it comes to."""
    reading = reading_of(row, content)
    said = content.words(f"report.reading.{reading.key}")
    return (
        content.cell(row, "2", reading=reading.colour),
        content.cell(row, "2", "ci_low"),
        content.cell(row, "2", "ci_high"),
        content.cell(row, "p", "p_value"),
        content.cell(row, "p", "p_adjusted"),
        text(said, reading.colour),
    )


def _names(content: Content, place: Place) -> dict[str, str]:
    return {"phase": content.title(place.phase), "comparison": content.title(place.comparison)}


def _method(content: Content, places: list[Place], analysis: str = "paired") -> str:
    """What was done: what is declared, or what stands in for it everywhere."""
    declared = content.publication.headlines[analysis][0]
    used = {row["method"] for place in places if (row := content.headline(analysis, place))}
    method = used.pop() if len(used) == 1 else declared
    return content.words(f"report.headline.{method}")


def _notes(content: Content, places: list[Place], analysis: str = "paired") -> tuple[str, ...]:
    """Which outcomes a plainer estimator stands in for, where the declared has no number."""
    declared = content.publication.headlines[analysis][0]
    heads = [(place, content.headline(analysis, place)) for place in places]
    plain = [content.title(p.outcome) for p, row in heads if row and row["method"] != declared]
    # Where the study does not tell organisations apart, none are too few.
    if not plain or not content.organisations:
        return ()
    names = content.words("report.list.between").join(plain)
    return (content.words("report.outcomes.stands_in", outcomes=names),)


# --- one outcome ------------------------------------------------------------------------------


def _outcome(content: Content, place: Place) -> Section:
    drawn = chart(content, before_after, place.phase, place.comparison, place.outcome)
    blocks: list[Block] = [change_sentence(content, place), *drawn, by_group(content, place)]
    return Section(
        f"outcomes-{place.phase}-{place.comparison}-{place.outcome}",
        content.title(place.outcome),
        tuple(blocks),
    )


def change_sentence(content: Content, place: Place, kind: str = "text") -> Paragraph:
    """A change in words: from what to what, how sure that is, and what it comes to."""
    words, row = content.words, content.headline("paired", place)
    title = content.title(place.outcome)
    if row is None or row["estimate"] is None:
        why = "withheld" if row and why_blank(row) == "c" else "not_estimable"
        return paragraph(words, f"report.outcomes.said.{why}", kind, outcome=title)
    digits = means_digits(content.outcome(place.outcome))
    before, after = (
        content.row("paired", "descriptive", f"mean_{end}", place) for end in ("pre", "post")
    )
    return paragraph(
        words, f"report.outcomes.said.{reading_of(row, content).key}", kind,
        outcome=title, n=content.number(row, "count", "n"), unit=row["unit"], level=content.level,
        before=content.number(before, digits), after=content.number(after, digits),
        **effect_numbers(content, row, place),
    )  # fmt: skip


def difference_sentence(content: Content, place: Place) -> Paragraph:
    """A difference of two groups in words: how large, how sure, and what it comes to."""
    words, row = content.words, content.headline("did", place)
    title = content.title(place.outcome)
    if row is None or row["estimate"] is None:
        why = "withheld" if row and why_blank(row) == "c" else "not_estimable"
        return paragraph(words, f"report.outcomes.difference.{why}", outcome=title)
    return paragraph(
        words, f"report.outcomes.difference.{reading_of(row, content).key}", outcome=title,
        n=content.number(row, "count", "n"), unit=row["unit"], level=content.level,
        **effect_numbers(content, row, place),
    )  # fmt: skip


def effect_numbers(content: Content, row: Row, place: Place) -> dict[str, Part]:
    """Numbers that sentences about an effect may name."""
    seen = could_see(content, place)
    return {
        "change": content.number(row, "2"),
        "low": content.number(row, "2", "ci_low"),
        "high": content.number(row, "2", "ci_high"),
        "p": content.number(row, "p", "p_value"),
        "adjusted": content.number(row, "p", "p_adjusted"),
        "seen": content.number(seen, "2") if seen else content.words("report.unknown"),
    }


def by_group(content: Content, place: Place) -> Table:
    """One outcome: all respondents, each group, and the difference of the contrast."""
    words, outcome = content.words, content.outcome(place.outcome)
    digits = means_digits(outcome)
    rows = []
    for group in content.groups("scores"):
        here = place.at(group=group.id)
        row = content.headline("paired", here)
        described = (
            content.cell(content.find("paired", "descriptive", name, here), digits)
            for name in ("mean_pre", "sd_pre", "mean_post", "sd_post")
        )
        cells = (content.cell(row, "count", "n"), *described, *test_cells(content, row))
        rows.append((text(group.title), *cells))
    return Table(
        f"outcomes-{place.phase}-{place.comparison}-{place.outcome}",
        words("report.outcomes.group_title", outcome=outcome.title, **_names(content, place)),
        head(content, "group", "n", "before", "sd_before", "after", "sd_after", "change", *_TEST,
             texts=["reading"]),
        tuple(rows),
        caption=_scale(content, outcome),
    )  # fmt: skip


def _scale(content: Content, outcome: Outcome) -> str:
    """Instrument, range, and which way is good."""
    words = content.words
    parts = [words("report.outcomes.scale", scale=outcome.scale)]
    if outcome.low is not None and outcome.high is not None:
        low, high = f"{outcome.low:g}", f"{outcome.high:g}"
        parts.append(words("report.outcomes.range", low=low, high=high))
    parts.append(words(f"report.better.{outcome.better or 'neither'}"))
    return " ".join(parts)
