"""What charts say, word for word: one of each kind, from top to bottom."""

import sys
from pathlib import Path
from xml.etree import ElementTree

from figures.publications import published, with_programme
from peereval.composing import Figure
from peereval.composing.figures import figures_of
from peereval.rendering.charts import draw
from peereval.wording import words

WORDS = words()
SVG = "{http://www.w3.org/2000/svg}"
TEXTS = Path(__file__).with_name("texts.txt")


def first_of_each_kind() -> list[Figure]:
    found: dict[str, Figure] = {}
    for publication in (with_programme(published("pilot")), published("pilot_leads")):
        for figure in figures_of(publication, WORDS):
            found.setdefault(figure.kind, figure)
    return list(found.values())


def text_of(figure: Figure) -> str:
    """Title, caption and alternative text, then the texts of the drawing, a line of it a line."""
    lines: dict[float, list[tuple[float, str]]] = {}
    for element in ElementTree.fromstring(draw(figure, WORDS)).iter(f"{SVG}text"):
        place = float(element.get("y", 0))
        lines.setdefault(place, []).append((float(element.get("x", 0)), element.text or ""))
    drawn = (" | ".join(said for _, said in sorted(lines[place])) for place in sorted(lines))
    return "\n".join(
        [f"== {figure.id}", figure.title, figure.caption, figure.alt, "--", *drawn, ""]
    )


def texts() -> str:
    return "\n".join(text_of(figure) for figure in first_of_each_kind())


def test_charts_say_what_they_said() -> None:
    # Where a change is wanted: PYTHONPATH=src:tests python -m figures.test_texts, then read it.
    assert texts() == TEXTS.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(0 if TEXTS.write_text(texts(), encoding="utf-8") else 1)
