"""A scale, as a person reads it in a terminal."""

from collections.abc import Iterator
from textwrap import wrap

from peereval.rendering.numbers import fixed
from peereval.scales import Scale, Score

_WIDTH = 100
_INDENT = " " * 27


def scale_lines(scale: Scale) -> Iterator[str]:
    """Everything about one scale, line by line; no item wording, only glosses."""
    yield f"{scale.title} ({scale.id} {scale.version})"
    for name, text in _about(scale).items():
        yield from _wrapped(f"  {name:<10} ", text)
    yield ""
    yield "Responses"
    for label, code in scale.labels.items():
        yield f"  {code}  {label}"
    yield from _codings(scale)
    yield ""
    yield "Items"
    for number, item in enumerate(scale.items, 1):
        reverse = "(reversed) " if item.reverse else ""
        yield f"  {number:>2}  {item.id:<20} {reverse}{item.gloss}"
    yield ""
    yield "Scores"
    for score in scale.scores:
        ends = f"{_number(score.low)} to {_number(score.high)} {score.unit}"
        yield f"  {score.outcome:<24} {score.title}"
        yield from _wrapped(_INDENT, f"{_rule(score)}; {ends}, better is {score.better}")
    for band in scale.bands:
        yield f"  {band.outcome:<24} {band.title} of {band.score}"
        yield from _wrapped(
            _INDENT, ", ".join(f"{title} from {_number(low)}" for _, title, low in band.levels)
        )
        yield from _wrapped(_INDENT, band.population + ("" if band.verified else " (NOT verified)"))
    for note in scale.source.get("notes", []):
        yield ""
        yield from _wrapped("Note: ", note)


def _about(scale: Scale) -> dict[str, str]:
    source = scale.source
    return {
        "ages": scale.ages or "not stated",
        "recall": scale.recall or "not stated",
        "source": source["citation"],
        "doi": source.get("doi") or "not known",
        "licence": source["licence"],
        "verified": f"{'yes' if source['verified'] else 'NO'}: {source['checked']}",
    }


def _codings(scale: Scale) -> Iterator[str]:
    labels = {code: label for label, code in scale.labels.items()}
    for name, coding in scale.codings.items():
        numbers = ", ".join(f"{text} = {labels[code]}" for text, code in coding.items())
        yield from _wrapped(f"  coding {name!r}: ", numbers)
    if scale.coding_required:
        yield "  Numbers alone are ambiguous: a study must name the coding."


def _wrapped(start: str, text: str) -> list[str]:
    """Text after ``start``, further lines below its beginning."""
    return wrap(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
    )


def _rule(score: Score) -> str:
    need = "all" if score.min_answered == len(score.of) else f"at least {score.min_answered}"
    what = (
        f"{score.rule} of {len(score.of)}"
        if len(score.of) > 1
        else f"{score.rule} of {score.of[0]}"
    )
    return f"{what}, {need} answered{', pro-rated' if score.prorate else ''}"


def _number(value: object) -> str:
    return fixed(float(value), 2).removesuffix(".00")  # type: ignore[arg-type]
