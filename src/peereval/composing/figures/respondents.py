"""Charts of respondents: where they went, and how many were followed up."""

from collections.abc import Iterator

from peereval.composing.figures.cells import COUNT, SHARE, Row, cell, row_of, shown, text
from peereval.composing.figures.making import between, figure, level_of, said
from peereval.composing.model import Cell, Figure
from peereval.publishing import Occasions, PhaseOutcomes, Publication
from peereval.wording import Words

#: In the order of a row: lower, middle and upper.
_QUARTILES = ("lower_quartile", "median", "upper_quartile")


def flow(publication: Publication, words: Words, comparison: str) -> Figure | None:
    """Respondents of a comparison from the first questionnaire to the analysis, by phase."""
    compared = _compared(publication, comparison)
    if compared is None:
        return None
    phases = [each for each in publication.phases if each.id in compared.phases]
    rows = [row for phase in phases for row in _steps(publication, words, compared, phase)]
    if not any(shown(row) for row in rows):
        return None
    return figure(
        words, "flow", (comparison,), rows,
        title=words("figures.flow.title", comparison=compared.title),
        caption=words("figures.flow.caption"),
        alt=words("figures.flow.alt", rows=" ".join(_heard(words, phases, rows))),
        unit="",
    )  # fmt: skip


def _compared(publication: Publication, comparison: str) -> Occasions | None:
    return next((each for each in publication.comparisons if each.id == comparison), None)


def _steps(
    publication: Publication, words: Words, compared: Occasions, phase: PhaseOutcomes
) -> Iterator[tuple[Cell, ...]]:
    """What, phase, step and number, from top to bottom."""

    def line(what: str, step: str, row: Row | None) -> tuple[Cell, ...]:
        return (text(what), text(phase.title), text(step), cell(row, COUNT))

    for name, side in (("step_before", 0), ("step_after", 1)):
        step = words(f"figures.flow.{name}")
        for occasion in dict.fromkeys(pair[side] for pair in compared.pairs):
            found = {
                what: _at(publication, phase.id, occasion, f"n_{what}")
                for what in ("invited", "responses", "eligible")
            }
            for what, row in found.items():
                if row and not (what == "eligible" and _as_many(row, found["responses"])):
                    yield line(words(f"figures.flow.{what}", occasion=occasion), step, row)
    start = ("flow", "count", phase.id, compared.id)
    step = words("figures.flow.step_matched")
    matched = row_of(publication, *start, "all", "n_matched")
    yield line(words("figures.flow.matched"), step, matched)
    for group in publication.contrast:
        if row := row_of(publication, *start, group, "n_matched"):
            yield line(publication.title_of(group), words("figures.flow.step_groups"), row)
    for what, row in _analysed(publication, words, start, phase):
        yield line(what, words("figures.flow.step_analysed"), row)


def _as_many(row: Row, other: Row | None) -> bool:
    """Whether nobody was lost between two steps, so that one line says both."""
    return (
        other is not None and row["estimate"] is not None and (row["estimate"] == other["estimate"])
    )


def _at(publication: Publication, phase: str, occasion: str, estimand: str) -> Row | None:
    titles = {each.title: each.id for each in publication.occasions}
    found = row_of(publication, "flow", "count", phase, titles.get(occasion, occasion), estimand)
    # What says nothing of anybody has no place in the chart.
    return found if found and found["status"] != "not_estimable" else None


def _analysed(
    publication: Publication, words: Words, start: tuple[str, ...], phase: PhaseOutcomes
) -> Iterator[tuple[str, Row]]:
    """The outcomes with the fewest and the most respondents; one where all have as many."""
    found = {
        outcome: row_of(publication, *start, "all", outcome, "n_analysed")
        for outcome in phase.outcomes
    }
    known = [(row["estimate"], name, row) for name, row in found.items()
             if row and row["estimate"] is not None]  # fmt: skip
    if not known:
        return
    low, high = min(known, key=lambda each: each[0]), max(known, key=lambda each: each[0])
    shown = {"fewest": low, "most": high} if high[0] > low[0] else {"analysed": low}
    for key, (_, name, row) in shown.items():
        yield words(f"figures.flow.{key}", outcome=publication.title_of(name)), row


def _heard(
    words: Words, phases: list[PhaseOutcomes], rows: list[tuple[Cell, ...]]
) -> Iterator[str]:
    for phase in phases:
        mine = [row for row in rows if row[1].text == phase.title]
        each = (
            words("figures.flow.alt_row", step=row[2].text, what=row[0].text,
                  n=said(words, row[3]))
            for row in mine
        )  # fmt: skip
        listed = "; ".join(each)
        yield words("figures.flow.alt_phase", phase=phase.title, rows=listed)


# --- followed up --------------------------------------------------------------------------


def retention(publication: Publication, words: Words, comparison: str) -> Figure | None:
    """Share followed up: of all, of each group where known, and quartiles over organisations."""
    compared = _compared(publication, comparison)
    if compared is None:
        return None
    rows = [
        row
        for phase in publication.phases
        if phase.id in compared.phases
        for row in _retained(publication, words, phase, comparison)
    ]
    if not any(shown(row[1:2]) for row in rows):
        return None
    level = level_of(publication)
    heard = (
        words(
            "figures.retention.alt_row", who=row[0].text, retention=said(words, row[1]),
            interval=between(words, row[2], row[3]),
        )
        for row in rows
    )  # fmt: skip
    return figure(
        words, "retention", (comparison,), rows,
        title=words("figures.retention.title", comparison=compared.title),
        caption=words("figures.retention.caption", level=level),
        alt=words("figures.retention.alt", rows=" ".join(heard)),
        unit=words("figures.retention.unit"),
    )  # fmt: skip


def _retained(
    publication: Publication, words: Words, phase: PhaseOutcomes, comparison: str
) -> Iterator[tuple[Cell, ...]]:
    start = ("attrition", "wilson", phase.id, comparison)
    for group in ("all", *publication.contrast):
        row = row_of(publication, *start, group, "retention")
        if row and row["status"] != "not_estimable":
            key = "all" if group == "all" else "group"
            title = publication.title_of(group)
            yield (
                text(words(f"figures.retention.{key}", phase=phase.title, group=title)),
                cell(row, SHARE),
                cell(row, SHARE, "ci_low"),
                cell(row, SHARE, "ci_high"),
                cell(row, COUNT, "n"),
            )
    over = ("attrition", "quantiles", phase.id, comparison, "all")
    # The lowest and the highest are single organisations, and stay out.
    low, median, high = (
        row_of(publication, *over, quartile, "retention") for quartile in _QUARTILES
    )
    # A study without organisations has none to tell of, kept back or not.
    if median and median["n_organisations"] and median["status"] != "not_estimable":
        name = text(words("figures.retention.organisations", phase=phase.title))
        yield (name, *(cell(row, SHARE) for row in (median, low, high)), cell(median, COUNT, "n"))
