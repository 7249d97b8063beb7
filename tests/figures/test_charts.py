"""Charts as people see them: whole, readable, nothing upon anything, whatever the data."""

import re
from collections.abc import Callable
from itertools import combinations
from xml.etree import ElementTree

import pytest

from figures.publications import (
    HOSTILE,
    published,
    retitled,
    scaled,
    suppressed,
    with_outcomes,
    with_programme,
)
from peereval.composing import Figure
from peereval.composing.figures import KINDS, figures_of
from peereval.publishing import Publication
from peereval.rendering.charts import DESK, PHONE, draw
from peereval.rendering.charts.drawing import DRAWN, painted
from peereval.wording import words

WORDS = words()
SVG = "{http://www.w3.org/2000/svg}"

CASES: dict[str, Callable[[], Publication]] = {
    "pilot": lambda: with_programme(published("pilot")),
    "leads": lambda: published("pilot_leads"),
    "kept back": lambda: suppressed(published("pilot")),
    "half kept back": lambda: suppressed(published("pilot"), {"half": True}),
    "half of leads kept back": lambda: suppressed(published("pilot_leads"), {"half": True}),
    "huge": lambda: scaled(published("pilot"), 1e9),
    "tiny": lambda: scaled(published("pilot"), 1e-9),
    "turned round": lambda: scaled(published("pilot"), -1),
    "one outcome": lambda: with_outcomes(published("pilot"), 1),
    "thirty outcomes": lambda: with_outcomes(published("pilot"), 30),
    **{
        f"{study}, title {name}": lambda study=study, title=title: retitled(  # type: ignore[misc]
            with_programme(published(study)) if study == "pilot" else published(study), title
        )
        for name, title in HOSTILE.items()
        for study in ("pilot", "pilot_leads")
    },
}


def some(publication: Publication) -> list[Figure]:
    """Two figures of each kind: the first and the last."""
    by_kind: dict[str, list[Figure]] = {}
    for figure in figures_of(publication, WORDS):
        by_kind.setdefault(figure.kind, []).append(figure)
    return [each for found in by_kind.values() for each in {f.id: f for f in (found[0], found[-1])}.values()]


def test_every_kind_is_drawn() -> None:
    assert set(DRAWN) == set(KINDS)
    drawn = {figure.kind for name in ("pilot", "leads") for figure in some(CASES[name]())}
    assert drawn == set(KINDS)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", [DESK, 560, PHONE])
def test_no_text_is_upon_another_or_cut(case: str, width: float) -> None:
    for figure in some(CASES[case]()):
        canvas = painted(figure, WORDS, width)
        for box in canvas.boxes:
            assert box.left >= -0.01, (figure.id, box)
            assert box.right <= width + 0.01, (figure.id, box)
            assert box.top >= -0.01, (figure.id, box)
            assert box.bottom <= canvas.height + 6, (figure.id, box)
        clashes = [(a, b) for a, b in combinations(canvas.boxes, 2) if a.meets(b)]
        assert not clashes, figure.id


@pytest.mark.parametrize("case", CASES)
def test_a_chart_is_whole_xml_without_anything_that_runs(case: str) -> None:
    for figure in some(CASES[case]()):
        svg = draw(figure, WORDS)
        root = ElementTree.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert root.get("viewBox")
        assert root.get("role") == "img"
        names = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert names <= {
            "svg", "title", "desc", "text", "rect", "line", "circle", "polygon", "polyline",
        }  # fmt: skip
        attributes = {name for element in root.iter() for name in element.attrib}
        assert not {name for name in attributes if name.startswith("on") or name == "style"}
        assert not re.search(r"nan|inf\b|None|e[+-]\d", svg.split("</desc>")[1], re.IGNORECASE), svg
