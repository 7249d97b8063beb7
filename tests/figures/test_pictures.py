"""Pictures of charts: the same on every machine, and nothing in them but pixels."""

import struct

from PIL import Image

from figures.publications import published
from peereval.composing.figures import forest
from peereval.rendering.charts import draw, to_png
from peereval.wording import words

WORDS = words()


def svg() -> str:
    figure = forest(published("pilot"), WORDS, "primary", "short_term", "all")
    assert figure
    return draw(figure, WORDS)


def chunks(png: bytes) -> dict[bytes, int]:
    """Kinds of pieces of a PNG, and how many of each there are."""
    found: dict[bytes, int] = {}
    at = 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        kind = png[at + 4 : at + 8]
        found[kind] = found.get(kind, 0) + 1
        at += 12 + size
    return found


def pixels(png: bytes) -> Image.Image:
    from io import BytesIO

    return Image.open(BytesIO(png)).convert("RGB")


def test_a_picture_holds_pixels_alone() -> None:
    assert set(chunks(to_png(svg(), 1))) == {b"IHDR", b"IDAT", b"IEND"}


def test_a_picture_has_the_size_that_is_asked() -> None:
    one, two = pixels(to_png(svg(), 1)), pixels(to_png(svg(), 2))
    assert one.width == 720
    assert two.size == (one.width * 2, one.height * 2)


def test_the_same_chart_is_the_same_picture() -> None:
    assert to_png(svg(), 1) == to_png(svg(), 1)


def test_words_are_drawn_with_no_font_on_the_machine() -> None:
    # Dark pixels where only words are: the names of the outcomes.
    names = pixels(to_png(svg(), 1)).crop((0, 50, 120, 300))
    dark = sum(names.convert("L").histogram()[:100])
    assert dark > 500
    page = pixels(to_png(svg(), 1))
    assert page.getpixel((page.width - 1, page.height - 1)) == (255, 255, 255)


def test_letters_that_the_font_lacks_do_not_stop_it() -> None:
    assert to_png(svg().replace("Peer support", "\u8cea\u554f"), 1)[:4] == b"\x89PNG"
