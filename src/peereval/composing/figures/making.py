"""What all charts have in common: an id, titles and columns from the words, where and of whom."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from peereval.composing.figures.cells import INSTEAD, Row
from peereval.composing.figures.kinds import KINDS
from peereval.composing.model import Cell, Column, Figure, Table
from peereval.publishing import Publication
from peereval.wording import Words

#: Columns of words; all others are numbers.
_TEXTS = frozenset({"group", "outcome", "estimator", "band", "question", "parameter", "part",
                    "what", "phase", "step", "who", "option", "asked", "role"})  # fmt: skip
#: What stands in where the declared estimator of a headline could not be estimated.
_PLAIN = {"paired": ("paired_t", "mean_change"), "did": ("did_ols", "did")}


def slug(*names: str) -> str:
    """An id that is safe as the name of a file, and as an id in a page."""
    parts = (re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-") for name in names if name)
    return "-".join(filter(None, parts))


def figure(
    words: Words,
    kind: str,
    names: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    *,
    title: str,
    caption: str,
    alt: str,
    unit: str = "",
    titles: Mapping[str, str] | None = None,
    level: str = "",
) -> Figure | None:
    """A chart of a kind with the data behind it; none where all its numbers are kept back.

    ``names`` make its id; ``titles`` are those of its columns, where the words do not have them.
    """
    key = slug(kind, *names)
    titles = titles or {
        name: words(f"figures.{kind}.columns.{name}") for name in KINDS[kind] if name is not ...
    }
    columns = tuple(
        Column(name, said, "text" if name in _TEXTS else "number") for name, said in titles.items()
    )
    if not _shows(rows):
        return None
    caption = " ".join([caption.strip(), *_remarks(words, rows, level)])
    data = Table(f"{key}-data", title, columns, tuple(rows), caption)
    return Figure(key, kind, title, alt, data, caption, unit)


def _shows(rows: Iterable[tuple[Cell, ...]]) -> bool:
    """Whether a result is left to draw, other than a base."""
    cells = [cell for row in rows for cell in row if cell.estimate_id and cell.field != "n"]
    return not cells or any(cell.value is not None for cell in cells)


def _remarks(words: Words, rows: Iterable[tuple[Cell, ...]], level: str) -> list[str]:
    """What the markers mean that stand in the data."""
    markers = {each.marker for row in rows for each in row}
    said = {"s": "significant", "u": "small_base", "c": "kept"}
    return [words(f"figures.{name}", level=level) for mark, name in said.items() if mark in markers]


def place(publication: Publication, words: Words, phase: str, comparison: str) -> str:
    """Which questionnaire and which comparison it is."""
    return words(
        "figures.place",
        phase=publication.title_of(phase),
        comparison=publication.title_of(comparison),
    )


def level_of(publication: Publication) -> str:
    """Level of intervals in words."""
    return f"{100 * publication.ci_level:g}%"


def headline(
    publication: Publication, analysis: str, phase: str, comparison: str, group: str, outcome: str
) -> Row | None:
    """The row of the headline of a question, or of the plain test where that has no number."""
    rows = publication.rows()
    found: list[Row] = []
    for method, estimand in (publication.headlines[analysis], _PLAIN[analysis]):
        row = rows.get(f"{analysis}.{method}.{phase}.{comparison}.{group}.{outcome}.{estimand}")
        found += [row] if row else []
    # What was kept back stays so: no other test may tell it.
    usable = (row for row in found if row["status"] != "not_estimable")
    return next(usable, found[0] if found else None)


def tests_of(words: Words, rows: Iterable[Row | None]) -> str:
    """The tests that were used, in words, each once."""
    methods = dict.fromkeys(row["method"] for row in rows if row)
    known = (f"figures.tests.{method}" for method in methods)
    said = [words(name) if name in words else name.rpartition(".")[2] for name in known]
    return "; ".join(said)


def bases(words: Words, cells: Iterable[tuple[str, Cell]]) -> str:
    """Bases by name: 373 (All), 249 (Participants)."""
    return listed(words, (words("figures.base", n=cell.text, name=name) for name, cell in cells))


def listed(words: Words, texts: Iterable[str]) -> str:
    """Texts one after the other."""

    def joined(one: str, two: str) -> str:
        return words("figures.listed", one=one, two=two)

    texts = list(texts)
    return reduce(joined, texts) if texts else ""


def base_of(words: Words, cell: Cell | None) -> str:
    """How many respondents; that it is kept back where it may not be known."""
    if cell is None or cell.value is None:
        return words("figures.base_kept")
    return words("figures.base_same", n=cell.text)


def base_range(words: Words, cells: Iterable[Cell], by: str) -> str:
    """The smallest and the largest base of several rows."""
    known = sorted((c for c in cells if c.value is not None), key=lambda c: c.value or 0)
    if not known or known[0].text == known[-1].text:
        return base_of(words, known[0] if known else None)
    low, high = known[0].text, known[-1].text
    return words(f"figures.base_by_{by}", low=low, high=high)


def said(words: Words, cell: Cell) -> str:
    """A cell for those who hear it: its number, or why there is none."""
    why = {"c": "kept_back", "x": "not_known", "z": "does_not_apply"}
    if cell.marker in INSTEAD:
        return words(f"figures.{why[cell.marker]}")
    return cell.text.replace(" [s]", "").replace(" [u]", "")


def between(words: Words, low: Cell, high: Cell) -> str:
    """An interval for those who hear it."""
    if low.value is None or high.value is None:
        return said(words, low)
    return words("figures.interval_of", low=low.text, high=high.text)
