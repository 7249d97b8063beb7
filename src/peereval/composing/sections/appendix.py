"""Appendix: each outcome by phase and group, effect sizes, clustering, balance, more occasions."""

from collections.abc import Iterator

from peereval.composing.columns import head, text
from peereval.composing.content import Content, Place, Row, means_digits
from peereval.composing.model import Cell, Column, Section, Table
from peereval.composing.sections.contacts import contacts
from peereval.publishing import Occasions


def appendix(content: Content) -> Section | None:
    """The section of further tables; None where there are none."""
    makers = (
        _outcome_tables,
        contacts,
        _effect_sizes,
        _clustering,
        _could_see,
        _individual,
        _balance,
        _attrition,
        _occasions,
    )
    parts = []
    for make in makers:
        tables = tuple(make(content))
        if tables:
            name = make.__name__.removeprefix("_").replace("_", "-")
            title = content.words(f"report.appendix.{make.__name__.removeprefix('_')}")
            parts.append(Section(f"appendix-{name}", title, tables))
    if not parts:
        return None
    return Section("appendix", content.words("report.appendix.title"), (), tuple(parts))


def _where(content: Content, place: Place) -> str:
    return f"{content.title(place.phase)}: {content.title(place.comparison)}"


# --- means of each outcome by phase and group, as appendix 2 of a report has them ---------------


def _outcome_tables(content: Content) -> Iterator[Table]:
    """A table for each comparison and outcome: phases by row, groups before and after by column."""
    for comparison in content.publication.comparisons:
        phases = [p for p in content.publication.phases if p.id in comparison.phases]
        names = dict.fromkeys(name for phase in phases for name in phase.outcomes)
        for name in names:
            those = [phase.id for phase in phases if name in phase.outcomes]
            yield _means(content, comparison, name, those)


def _means(content: Content, comparison: Occasions, outcome: str, phases: list[str]) -> Table:
    words, groups = content.words, list(content.groups("scores"))
    columns = [*head(content, "phase")]
    for group in groups:
        columns += [
            Column(f"{group.id}_{name}", words(f"report.appendix.{name}", group=group.title))
            for name in ("n", "before", "after")
        ]
    rows = tuple(
        (
            text(content.title(phase)),
            *_group_means(content, Place(phase, comparison.id, "", outcome)),
        )
        for phase in phases
    )
    return Table(
        f"appendix-means-{comparison.id}-{outcome}",
        words(
            "report.appendix.means_title",
            outcome=content.title(outcome),
            comparison=comparison.title,
        ),
        tuple(columns),
        rows,
        caption=words("report.appendix.means_caption"),
        appendix=True,
    )


def _group_means(content: Content, place: Place) -> Iterator[Cell]:
    digits = means_digits(content.outcome(place.outcome))
    for group in content.groups("scores"):
        here = place.at(group=group.id)
        ends = [
            content.find("paired", "descriptive", f"mean_{end}", here) for end in ("pre", "post")
        ]
        yield content.cell(ends[0], "count", "n")
        for end in ends:
            yield content.cell(end, digits)


# --- tables of one row per outcome ----------------------------------------------------------------

_Wanted = tuple[tuple[str, str, str, str, tuple[str, ...]], ...]


def _by_outcome(
    content: Content, name: str, wanted: _Wanted, contrast: bool = False
) -> Iterator[Table]:
    """A table for each phase and comparison.

    ``wanted``: analysis, method, estimand, style and fields of each group of its columns.
    """
    for phase, _, place in content.compared():
        at = place.at(group=content.contrast) if contrast else place
        rows = []
        for outcome in phase.outcomes:
            here = at.at(outcome=outcome)
            found = [content.find(*each[:3], here) for each in wanted]
            if any(found):
                cells = _cells(content, found, wanted)
                rows.append((text(content.title(outcome)), *cells))
        if rows:
            yield _outcome_table(content, name, place, tuple(rows))


def _cells(content: Content, found: list[Row | None], wanted: _Wanted) -> Iterator[Cell]:
    for row, (*_, style, fields) in zip(found, wanted, strict=True):
        for field in fields:
            yield content.cell(row, style, field)


def _outcome_table(
    content: Content, name: str, place: Place, rows: tuple[tuple[Cell, ...], ...]
) -> Table:
    words = content.words
    titles = words.below(f"report.appendix.{name}_columns")
    return Table(
        f"appendix-{name.replace('_', '-')}-{place.phase}-{place.comparison}",
        words(f"report.appendix.{name}_title", where=_where(content, place)),
        (
            *head(content, "outcome"),
            *(Column(key, title.format(level=content.level)) for key, title in titles.items()),
        ),
        rows,
        caption=words(f"report.appendix.{name}_caption", level=content.level),
        appendix=True,
    )  # fmt: skip


_VALUE, _LIMITS = ("estimate",), ("estimate", "ci_low", "ci_high")


def _effect_sizes(content: Content) -> Iterator[Table]:
    size = "effect_size"
    return _by_outcome(content, "effect_sizes", (
        ("paired", size, "g_av", "2", _LIMITS),
        ("paired", size, "d_z", "2", _LIMITS),
        ("paired", "descriptive", "correlation", "2", _VALUE),
    ))  # fmt: skip


_COULD_SEE = ("clustering", "normal_theory", "minimum_detectable_effect", "2", _VALUE)


def _clustering(content: Content) -> Iterator[Table]:
    if content.organisations < 2:
        return iter(())
    return _by_outcome(content, "clustering", (
        ("clustering", "anova", "icc_baseline", "3", _VALUE),
        ("clustering", "anova", "icc_change", "3", _VALUE),
        ("clustering", "anova", "design_effect", "2", _VALUE),
        ("clustering", "anova", "effective_n", "count", _VALUE),
        _COULD_SEE,
    ))  # fmt: skip


def _could_see(content: Content) -> Iterator[Table]:
    """The last column of the table of organisations, where there are none to compare."""
    if content.organisations < 2:
        yield from _by_outcome(content, "could_see", (_COULD_SEE,))


def _individual(content: Content) -> Iterator[Table]:
    change = ("individual_change", "jacobson_truax")
    return _by_outcome(content, "individual", (
        (*change, "threshold", "1", _VALUE),
        (*change, "share_improved", "percent", _LIMITS),
        (*change, "share_deteriorated", "percent", _LIMITS),
    ))  # fmt: skip


def _balance(content: Content) -> Iterator[Table]:
    return _by_outcome(content, "balance", (
        ("balance", "smd", "standardised_difference", "2", _VALUE),
        ("balance", "smd_weighted", "standardised_difference", "2", _VALUE),
    ), contrast=True)  # fmt: skip


def _attrition(content: Content) -> Iterator[Table]:
    return _by_outcome(content, "attrition", (
        ("attrition", "smd", "standardised_difference", "2", _LIMITS),
        ("attrition", "means_cr2", "difference_before", "2", _LIMITS),
    ))  # fmt: skip


# --- more than two occasions ----------------------------------------------------------------------


def _occasions(content: Content) -> Iterator[Table]:
    """Means at every occasion of those who answered at all of them."""
    for phase in content.publication.phases:
        rows = list(
            content.of(
                analysis="occasions", estimand="mean_at_occasion", phase=phase.id, group="all"
            )
        )
        levels = list(dict.fromkeys(row["level"] for row in rows))
        if not levels:
            continue
        words = content.words
        yield Table(
            f"appendix-occasions-{phase.id}",
            words("report.appendix.occasions_title", phase=phase.title),
            (
                *head(content, "outcome", "n"),
                *(Column(level, content.title(level)) for level in levels),
                *head(content, "outcome", "sustained", "from", "to")[1:],
            ),
            tuple(_at_occasions(content, phase.id, levels, rows)),
            caption=words("report.appendix.occasions_caption", level=content.level),
            appendix=True,
        )


def _at_occasions(
    content: Content, phase: str, levels: list[str], rows: list[Row]
) -> Iterator[tuple[Cell, ...]]:
    for outcome in dict.fromkeys(row["outcome"] for row in rows):
        means = [row for row in rows if row["outcome"] == outcome]
        place = Place(phase, "", "all", outcome, ">".join(levels))
        lasting = content.find("occasions", "repeated_measures", "sustained_change", place)
        digits = means_digits(content.outcome(outcome))
        yield (
            text(content.title(outcome)),
            content.cell(means[0], "count", "n"),
            *(content.cell(row, digits) for row in means),
            *(content.cell(lasting, "2", name) for name in _LIMITS),
        )
