"""A scale, as a person reads it in a terminal."""

from collections.abc import Iterator

from peereval.rendering.numbers import fixed
from peereval.scales import Scale, Score


def scale_lines(scale: Scale) -> Iterator[str]:
    """Everything about one scale, line by line; no item wording, only glosses."""
    yield f"{scale.title} ({scale.id} {scale.version})"
    yield f"  ages       {scale.ages or 'not stated'}"
    yield f"  recall     {scale.recall or 'not stated'}"
    yield f"  source     {scale.source['citation']}"
    if scale.source.get("doi"):
        yield f"  doi        {scale.source['doi']}"
    yield f"  licence    {scale.source['licence']}"
    yield f"  verified   {'yes' if scale.source['verified'] else 'NO'}: {scale.source['checked']}"
    yield ""
    yield "Responses"
    for label, code in scale.labels.items():
        yield f"  {code}  {label}"
    for name in scale.codings:
        yield f"  coding {name!r}: " + ", ".join(
            f"{text} = {code}" for text, code in scale.codings[name].items()
        )
    if scale.coding_required:
        yield "  Numbers alone are ambiguous: a study must name the coding."
    yield ""
    yield "Items"
    for number, item in enumerate(scale.items, 1):
        yield f"  {number:>2}  {item.id:<20} {'(reversed) ' if item.reverse else ''}{item.gloss}"
    yield ""
    yield "Scores"
    for score in scale.scores:
        yield f"  {score.outcome:<24} {score.title}"
        ends = f"{_number(score.low)} to {_number(score.high)} {score.unit}"
        yield f"  {'':<24} {_rule(score)}; {ends}, better is {score.better}"
    for band in scale.bands:
        yield f"  {band.outcome:<24} {band.title} of {band.score}"
        yield f"  {'':<24} " + ", ".join(f"{t} from {_number(low)}" for _, t, low in band.levels)
        yield f"  {'':<24} {band.population}{'' if band.verified else ' (NOT verified)'}"
    for note in scale.source.get("notes", []):
        yield f"Note: {note}"


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
