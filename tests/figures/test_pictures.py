"""Pictures of charts: the same on every machine, and nothing in them but pixels."""

import struct

from PIL import Image, ImageChops

from figures.publications import published
from peereval.composing.figures import forest
from peereval.rendering.charts import PHONE, draw, to_png
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


def test_a_chart_that_is_not_for_publication_shows_it_below() -> None:
    """In the picture, which has no title; the rest of the chart is as it was."""
    figure = forest(published("pilot"), WORDS, "primary", "short_term", "all")
    assert figure
    stamp = "Not for publication: small numbers are not protected"
    stamped = draw(figure, WORDS, stamp=stamp)
    assert f">{stamp}</text>" in stamped
    assert f"{figure.title} ({stamp})" in stamped
    plain, marked = pixels(to_png(svg(), 1)), pixels(to_png(stamped, 1))
    same = (0, 0, 720, plain.height - 6)
    changed = ImageChops.difference(marked.crop(same), plain.crop(same)).convert("L")
    assert sum(changed.histogram()[128:]) == 0, "but for the edges of letters"
    below = marked.crop((0, plain.height - 4, 720, marked.height))
    assert 10 < below.height < 30
    assert sum(below.convert("L").histogram()[:100]) > 200


def test_a_long_stamp_has_lines() -> None:
    figure = forest(published("pilot"), WORDS, "primary", "short_term", "all")
    assert figure
    stamp = "Nicht zur Veröffentlichung bestimmt, " * 6
    drawn = draw(figure, WORDS, PHONE, stamp=stamp)
    assert drawn.count("<text") - draw(figure, WORDS, PHONE).count("<text") > 2


def test_words_are_drawn_with_no_font_on_the_machine() -> None:
    # Dark pixels where only words are: the names of the outcomes.
    names = pixels(to_png(svg(), 1)).crop((0, 50, 120, 300))
    dark = sum(names.convert("L").histogram()[:100])
    assert dark > 500
    page = pixels(to_png(svg(), 1))
    assert page.getpixel((page.width - 1, page.height - 1)) == (255, 255, 255)


def test_letters_that_the_font_lacks_do_not_stop_it() -> None:
    assert to_png(svg().replace("Peer support", "\u8cea\u554f"), 1)[:4] == b"\x89PNG"
