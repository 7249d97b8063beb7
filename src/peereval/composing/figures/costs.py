"""Charts of costs: what their change depends on, and who makes them."""

from collections.abc import Sequence

from peereval.composing.figures.cells import (
    COUNT,
    MONEY,
    SHARE,
    Row,
    cell,
    row_of,
    shown,
    text,
)
from peereval.composing.figures.making import base_of, figure, place, said
from peereval.composing.model import Cell, Figure
from peereval.numbers import SYMBOLS
from peereval.publishing import Publication
from peereval.wording import Words

#: The outcome that all contacts together are.
_TOTAL = "all_contacts"
_SIDES = ("low", "high")
_WHEN = ("before", "after")


def tornado(publication: Publication, words: Words, phase: str, comparison: str) -> Figure | None:
    """Change of cost with one price or frequency at its low and at its high, widest first."""
    keys = (phase, comparison, publication.cost_group, _TOTAL)
    swings = [
        row for row in publication.rows().values()
        if (row["analysis"], row["method"], row["estimand"]) == (
            "cost_sensitivity", "one_way", "swing")
        and _keys(row) == keys
    ]  # fmt: skip
    declared = row_of(publication, "cost", "descriptive", *keys, "saving_per_respondent")
    swings.sort(key=lambda row: (-abs(row["estimate"] or 0), row["level"]))
    rows = [_swing(publication, words, keys, row, declared) for row in swings]
    if not any(shown(row[1:3]) for row in rows):
        return None
    currency = publication.currency
    unit = swings[0]["unit"].replace(currency, SYMBOLS.get(currency, currency))
    heard = (
        words(
            "figures.tornado.alt_row", parameter=row[0].text, low=said(words, row[1]),
            high=said(words, row[2]),
        )
        for row in rows
    )  # fmt: skip
    return figure(
        words, "tornado", (phase, comparison), rows,
        title=words("figures.tornado.title", place=place(publication, words, phase, comparison)),
        caption=words(
            "figures.tornado.caption", unit=unit, comparison=publication.title_of(comparison),
            base=base_of(words, cell(declared, COUNT, "n")),
            group=publication.title_of(publication.cost_group),
        ),
        alt=words(
            "figures.tornado.alt", declared=said(words, rows[0][4]), rows=" ".join(heard)
        ),
        unit=unit,
    )  # fmt: skip


def _swing(
    publication: Publication,
    words: Words,
    keys: tuple[str, str, str, str],
    swing: Row,
    declared: Row | None,
) -> tuple[Cell, ...]:
    kind, _, name = swing["level"].partition(":")
    known = f"figures.tornado.{kind}"
    titles = {cost["id"]: cost["title"] for cost in publication.run["unit_costs"]}
    # Frequencies are called as they were asked.
    title = words(known, name=titles.get(name, name)) if known in words else swing["level"]
    low, high = (
        row_of(publication, "cost_sensitivity", "one_way", *keys, f"{swing['level']}:{side}",
               "saving_per_respondent")
        for side in _SIDES
    )  # fmt: skip
    amounts = (
        cell(row, MONEY, currency=publication.currency) for row in (low, high, swing, declared)
    )
    return (text(title), *amounts)


def _keys(row: Row) -> tuple[str, str, str, str]:
    return row["phase"], row["comparison"], row["group"], row["outcome"]


# --- who makes the cost -------------------------------------------------------------------


def concentration(
    publication: Publication, words: Words, phase: str, comparison: str
) -> Figure | None:
    """Share of all cost that the respondents with the highest, and each frequency, make.

    A part of so few respondents that it could be one of them is not shown.
    """
    keys = (phase, comparison, publication.cost_group, _TOTAL)
    start = ("cost_concentration", "concentration", *keys)
    found = publication.rows()
    prefix = ".".join(start) + "."
    parts = {
        row["level"].rpartition(":")[0]
        for name, row in found.items()
        if name.startswith(prefix) and row["estimand"] == "share_of_cost"
    }
    labels = [level.id for each in publication.outcomes.values() for level in each.levels]
    both = {
        part: [row_of(publication, *start, f"{part}:{when}", "share_of_cost") for when in _WHEN]
        for part in sorted(parts, key=lambda part: _order(part, labels))
    }
    rows = [
        (text(_part(words, part)), *(cell(row, SHARE) for row in rows))
        for part, rows in both.items()
        if _large_enough(publication, part, rows[0])
    ]
    if not any(shown(row) for row in rows):
        return None
    # Those at the very top are kept back, and their base with them; it is that of all rows.
    known = (row for pair in both.values() for row in pair if row and row["marker"] != "c")
    base = next(known, None)
    heard = (
        words(
            "figures.concentration.alt_row", part=row[0].text, before=said(words, row[1]),
            after=said(words, row[2]),
        )
        for row in rows
    )  # fmt: skip
    return figure(
        words, "concentration", (phase, comparison), rows,
        title=words(
            "figures.concentration.title", place=place(publication, words, phase, comparison)
        ),
        caption=words(
            "figures.concentration.caption", comparison=publication.title_of(comparison),
            base=base_of(words, cell(base, COUNT, "n")), fewest=publication.protection.threshold,
            group=publication.title_of(publication.cost_group),
        ),
        alt=words("figures.concentration.alt", rows=" ".join(heard)),
        unit=words("figures.concentration.unit"),
    )  # fmt: skip


def _order(part: str, labels: Sequence[str]) -> tuple[int, int, str]:
    """The highest costs first, then frequencies in the order in which they are asked."""
    kind, _, name = part.partition(":")
    if kind.startswith("top_"):
        return 0, int(kind.removeprefix("top_")), name
    return 1, labels.index(name) if name in labels else len(labels), name


def _part(words: Words, part: str) -> str:
    if part.startswith("top_"):
        return words("figures.concentration.top", share=part.removeprefix("top_"))
    return words("figures.concentration.label", name=part.partition(":")[2])


def _large_enough(publication: Publication, part: str, row: Row | None) -> bool:
    """Whether the respondents at the top are at least as many as a cell must have."""
    if not part.startswith("top_") or row is None or row["n"] is None:
        return True
    return int(row["n"] * int(part.removeprefix("top_")) / 100) >= publication.protection.threshold
