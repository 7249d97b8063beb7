"""Charts of cost and gain together: the plane, and how likely the programme is worth it."""

from collections.abc import Mapping, Sequence

from peereval.composing.figures.cells import (
    CHANGE,
    COUNT,
    MONEY,
    SHARE,
    Row,
    cell,
    row_of,
    shown,
    text,
)
from peereval.composing.figures.making import (
    base_of,
    bases,
    between,
    figure,
    level_of,
    place,
    said,
)
from peereval.composing.model import Cell, Figure
from peereval.numbers import text_of
from peereval.publishing import Publication
from peereval.wording import Words

#: Rows of draws of respondents, with what the programme cost taken as exact.
_START = ("cost_effectiveness", "programme_bootstrap")
_CORNERS = ("north_west", "north_east", "south_west", "south_east")
_THRESHOLD = "threshold:"


def gained(publication: Publication, phase: str, comparison: str) -> list[str]:
    """Outcomes of which a gain stands beside what the programme cost."""
    outcomes = next((each.outcomes for each in publication.phases if each.id == phase), ())
    return [
        name for name in outcomes if _row(publication, phase, comparison, name, "gain") is not None
    ]


def _row(
    publication: Publication, phase: str, comparison: str, outcome: str, *rest: str
) -> Row | None:
    group = publication.cost_group
    return row_of(publication, *_START, phase, comparison, group, outcome, *rest)


def plane(
    publication: Publication, words: Words, phase: str, comparison: str, outcome: str = ""
) -> Figure | None:
    """Net cost and gain of one outcome (the first, unless named), each with its interval.

    In the corners stands how many of the draws lie there: they say more than the draws drawn.
    """
    outcome = outcome or next(iter(gained(publication, phase, comparison)), "")
    keys = (phase, comparison, outcome)
    gain = _row(publication, *keys, "gain")
    cost = _row(publication, *keys, "net_cost_per_participant")
    if not outcome or gain is None or cost is None:
        return None
    named, currency = publication.outcomes[outcome], publication.currency
    corners = [
        (text(words(f"figures.plane.{corner}")), cell(row, SHARE))
        for corner in _CORNERS
        if (row := _row(publication, *keys, corner, "share_of_draws"))
    ]
    none = Cell("[z]", marker="z")
    rows = [
        _limits(words("figures.plane.gain", outcome=named.title, unit=named.unit), gain, CHANGE),
        _limits(words("figures.plane.cost", currency=currency), cost, MONEY, currency),
        *((*corner, none, none) for corner in corners),
    ]
    # A cross needs both of its numbers.
    if any(row[1].value is None for row in rows[:2]):
        return None
    return figure(
        words, "plane", keys, rows,
        title=words(
            "figures.plane.title", outcome=named.title,
            place=place(publication, words, phase, comparison),
        ),
        caption=words(
            "figures.plane.caption", level=level_of(publication),
            comparison=publication.title_of(comparison),
            base=base_of(words, cell(cost, COUNT, "n")),
            group=publication.title_of(publication.cost_group),
        ),
        alt=_plane_heard(words, rows),
        unit=cost["unit"],
    )  # fmt: skip


def _limits(title: str, row: Row, style: str, currency: str = "") -> tuple[Cell, ...]:
    names = ("estimate", "ci_low", "ci_high")
    return (text(title), *(cell(row, style, name, currency=currency) for name in names))


def _plane_heard(words: Words, rows: Sequence[tuple[Cell, ...]]) -> str:
    gain, cost, *corners = rows
    heard = (
        words("figures.plane.alt_corner", corner=row[0].text, share=said(words, row[1]))
        for row in corners
    )
    return words(
        "figures.plane.alt", gain=said(words, gain[1]), cost=said(words, cost[1]),
        gain_interval=between(words, gain[2], gain[3]),
        cost_interval=between(words, cost[2], cost[3]), corners=" ".join(heard),
    )  # fmt: skip


# --- by what a unit gained is worth -------------------------------------------------------


def acceptability(
    publication: Publication, words: Words, phase: str, comparison: str
) -> Figure | None:
    """Probability that the gain is worth more than it cost, by what a unit of it is worth."""
    outcomes = gained(publication, phase, comparison)
    found = {
        outcome: {
            threshold: row
            for threshold in _thresholds(publication, phase, comparison, outcome)
            if (row := _row(publication, phase, comparison, outcome,
                            f"{_THRESHOLD}{threshold}", "probability_cost_effective"))
        }
        for outcome in outcomes
    }  # fmt: skip
    thresholds = sorted({name for rows in found.values() for name in rows}, key=float)
    rows = [
        (
            _worth(name, publication.currency),
            *(cell(found[outcome].get(name), SHARE) for outcome in outcomes),
        )
        for name in thresholds
    ]
    if not any(shown(row[1:]) for row in rows):
        return None
    titles = {name: publication.title_of(name) for name in outcomes}
    heading = words("figures.acceptability.threshold", currency=publication.currency)
    base = ((titles[name], _base(found[name])) for name in outcomes)
    return figure(
        words, "acceptability", (phase, comparison), rows,
        title=words(
            "figures.acceptability.title", place=place(publication, words, phase, comparison)
        ),
        caption=words(
            "figures.acceptability.caption", comparison=publication.title_of(comparison),
            bases=bases(words, base),
        ),
        alt=_acceptability_heard(words, rows, list(titles.values())),
        unit=words("figures.acceptability.unit"),
        titles={"threshold": heading, **titles},
    )  # fmt: skip


def _thresholds(publication: Publication, phase: str, comparison: str, outcome: str) -> list[str]:
    keys = (*_START, phase, comparison, publication.cost_group, outcome, _THRESHOLD)
    start, end = ".".join(keys), ".probability_cost_effective"
    return [
        name.removeprefix(start).removesuffix(end)
        for name in publication.rows()
        if name.startswith(start) and name.endswith(end)
    ]


def _worth(threshold: str, currency: str) -> Cell:
    """A threshold is a setting of the study, not an estimate."""
    value = float(threshold)
    said = text_of(value, MONEY, currency)
    # As it is written: 20, not 20.00.
    return Cell(said.removesuffix(".00"), value, digits=0 if said.endswith(".00") else 2)


def _base(rows: Mapping[str, Row]) -> Cell:
    return cell(next(iter(rows.values()), None), COUNT, "n")


def _acceptability_heard(
    words: Words, rows: Sequence[tuple[Cell, ...]], titles: Sequence[str]
) -> str:
    first, last = rows[0], rows[-1]
    heard = (
        words(
            "figures.acceptability.alt_row", outcome=title, first=said(words, first[at]),
            low=first[0].text, last=said(words, last[at]), high=last[0].text,
        )
        for at, title in enumerate(titles, 1)
    )  # fmt: skip
    return words("figures.acceptability.alt", rows=" ".join(heard))
