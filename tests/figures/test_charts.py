"""Charts as people see them: whole, readable, nothing upon anything, whatever the data."""

import re
import time
from collections.abc import Callable
from itertools import combinations
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from figures.publications import (
    HOSTILE,
    published,
    retitled,
    scaled,
    suppressed,
    with_outcomes,
    with_programme,
)
from peereval.composing import Cell, Figure
from peereval.composing.figures import KINDS, figures_of
from peereval.publishing import Publication
from peereval.rendering.charts import DESK, PHONE, draw, palette
from peereval.rendering.charts.canvas import SMALL
from peereval.rendering.charts.drawing import DRAWN, painted
from peereval.rendering.charts.metrics import width as width_of
from peereval.rendering.charts.palette import WHITE, ZERO
from peereval.wording import words

WORDS = words()
NUMBERS = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "stroke-width"}
SVG = "{http://www.w3.org/2000/svg}"

CASES: dict[str, Callable[[], Publication]] = {
    "pilot": lambda: with_programme(published("pilot")),
    "leads": lambda: published("pilot_leads"),
    "pilot as released": lambda: published("pilot", protected=True),
    "leads as released": lambda: published("pilot_leads", protected=True),
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
    ends = {each.id: each for found in by_kind.values() for each in (found[0], found[-1])}
    return list(ends.values())


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
        for element in root.iter():
            for name in NUMBERS & set(element.keys()):
                assert re.fullmatch(r"-?\d+(\.\d+)?", element.attrib[name]), figure.id
            points = element.get("points", "").replace(",", " ").split()
            assert all(re.fullmatch(r"-?\d+(\.\d+)?", each) for each in points), figure.id
            assert not re.search(r"\b(nan|inf|None)\b", element.text or "", re.IGNORECASE)


# --- what the marks say -------------------------------------------------------------------

BARS = {"before_after", "migration", "concentration", "answers"}


def _of_kind(case: str, *kinds: str) -> list[Figure]:
    return [each for each in some(CASES[case]()) if each.kind in kinds]


@pytest.mark.parametrize("case", ["pilot", "leads", "leads as released", "turned round"])
def test_bars_begin_at_zero_and_are_as_long_as_their_numbers(case: str) -> None:
    for figure in _of_kind(case, *BARS):
        root = ElementTree.fromstring(draw(figure, WORDS))
        zero = [float(e.get("x1", 0)) for e in root.iter(f"{SVG}line") if e.get("stroke") == ZERO]
        keys = len(figure.data.columns) - 1 if figure.kind == "answers" else 0
        rects = [e for e in root.iter(f"{SVG}rect") if e.get("fill") != WHITE]
        rects = rects[keys if keys > 1 else 0 :]
        values = [
            cell.value
            for row in figure.data.rows
            for name, cell in zip((c.id for c in figure.data.columns), row, strict=True)
            if cell.value is not None
            and name not in ("change", "low", "high", "n", figure.data.columns[0].id)
        ]
        assert len(rects) == len(values) > 0
        spans = []
        for rect in rects:
            left, wide = float(rect.get("x", 0)), float(rect.get("width", 0))
            ends = {round(left, 1), round(left + wide, 1)}
            assert any(abs(end - zero[0]) < 0.06 for end in ends), figure.id
            spans.append(wide)
        longest = max(zip(spans, values, strict=True))
        if not longest[0]:
            assert not any(values)
            continue
        for span, value in zip(spans, values, strict=True):
            assert span / longest[0] == pytest.approx(value / longest[1], abs=2e-3)


def test_a_row_that_is_kept_back_leaves_its_marker_and_no_mark() -> None:
    looked_at = set()
    for figure in _of_kind("pilot", *KINDS):
        whole, back = (_marks(each) for each in (figure, _last_kept_back(figure)))
        if len(figure.data.rows) < 2 or figure.kind == "acceptability":  # one line, and no rows
            continue
        looked_at.add(figure.kind)
        assert "[c]" in back[0], figure.id
        assert back[1] <= whole[1], figure.id
        if whole[1] and figure.kind in ("forest", "contrast_forest", "specification"):
            assert back[1] == whole[1] - 1, figure.id
    assert {"forest", "prevalence", "before_after", "flow", "tornado"} <= looked_at


def test_no_number_of_a_pair_lies_across_the_axis() -> None:
    near = 0
    figures = figures_of(CASES["pilot as released"](), WORDS)
    for figure in (each for each in figures if each.kind == "prevalence"):
        root = ElementTree.fromstring(draw(figure, WORDS))
        zero = [float(e.get("x1", 0)) for e in root.iter(f"{SVG}line") if e.get("stroke") == ZERO]
        for said in root.iter(f"{SVG}text"):
            text, x = said.text or "", float(said.get("x", 0))
            near += bool(re.fullmatch(r"\d+%; \d+%", text))
            if text.endswith("%") and said.get("text-anchor") == "end":
                assert x - width_of(text, SMALL) > zero[0], figure.id
    assert near


def _last_kept_back(figure: Figure) -> Figure:
    """The same with all numbers of its last row kept back."""
    *rows, last = figure.data.rows
    text = [column.kind == "text" for column in figure.data.columns]
    back = Cell("[c]", marker="c")
    blank = tuple(cell if said else back for cell, said in zip(last, text, strict=True))
    return replace(figure, data=replace(figure.data, rows=(*rows, blank)))


def _marks(figure: Figure) -> tuple[str, int]:
    """The texts of a chart, and how many round marks it has."""
    root = ElementTree.fromstring(draw(figure, WORDS))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    return " ".join(filter(None, texts)), len(list(root.iter(f"{SVG}circle")))


def test_a_text_cannot_be_markup() -> None:
    for figure in some(CASES["pilot, title markup"]()):
        svg = draw(figure, WORDS)
        assert "<script" not in svg
        said = "".join(ElementTree.fromstring(svg).itertext())
        assert "<script>" in said.replace(" ", "") or figure.kind in ("tornado", "concentration")


def test_characters_that_xml_has_not_or_that_turn_the_text_are_left_out() -> None:
    for figure in some(CASES["pilot, title control"]()):
        assert not re.search("[\x00-\x08\u202a-\u202e\ud800-\udfff]", draw(figure, WORDS))


def test_ids_of_charts_on_one_page_are_all_different() -> None:
    figures = figures_of(CASES["pilot"](), WORDS)
    page = "".join(draw(each, WORDS) + draw(each, WORDS, PHONE) for each in figures)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) == 4 * len(figures)
    for label in re.findall(r'aria-labelledby="([^"]+)"', page):
        assert set(label.split()) <= set(ids)


def test_the_same_figure_is_the_same_bytes() -> None:
    figures = figures_of(CASES["pilot"](), WORDS)
    again = figures_of(published("pilot").__class__(**_fields(CASES["pilot"]())), WORDS)
    assert [draw(each, WORDS) for each in figures] == [draw(each, WORDS) for each in again]


def _fields(publication: Publication) -> dict[str, object]:
    """Its parts, the results in another order."""
    parts = {name: getattr(publication, name) for name in publication.__struct_fields__}
    return parts | {"results": publication.results.reverse()}


def test_the_marks_can_be_told_from_the_page_and_from_each_other() -> None:
    marks = [*palette.SERIES, *palette.READINGS.values(), palette.ZERO, palette.QUIET]
    assert min(palette.contrast(each, palette.WHITE) for each in marks) >= 3
    assert palette.contrast(palette.TEXT, palette.WHITE) >= 4.5
    assert palette.contrast(palette.QUIET, palette.WHITE) >= 4.5
    assert palette.contrast(palette.BEFORE, palette.AFTER) >= 3
    for n in range(2, 8):
        colours = palette.sequence(n)
        assert len(set(colours)) == n
        assert all(palette.contrast(palette.on(each), each) >= 4.5 for each in colours)


def test_contrast_is_that_of_the_guidelines() -> None:
    # Published for the palette of the Analysis Function, to two decimals.
    known = {"#12436D": 10.25, "#28A197": 3.17, "#801650": 9.77, "#F46A25": 3.03, "#3D3D3D": 10.86}
    for colour, contrast in known.items():
        assert palette.contrast(colour, "#FFFFFF") == pytest.approx(contrast, abs=0.006)
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_charts_are_drawn_in_no_time() -> None:
    figures = figures_of(published("pilot"), WORDS)
    begin = time.process_time()
    for figure in figures:
        draw(figure, WORDS)
    # It takes a fiftieth of that; a drawing library takes 80 ms for each.
    assert (time.process_time() - begin) / len(figures) < 0.02
