"""A scale, as a person reads it in a terminal."""

import re
from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from textwrap import wrap
from typing import SupportsFloat

from peereval.rendering.numbers import fixed
from peereval.scales import Band, Item, Norm, Scale, Score

#: Lines are no longer than this, however wide the screen, and no shorter than the other.
_WIDEST, _NARROWEST = 100, 60
_INDENT = " " * 6
NOT_VERIFIED = "(NOT verified)"


def screen_width() -> int:
    """How long lines may be on this screen."""
    return max(_NARROWEST, min(_WIDEST, get_terminal_size((_WIDEST, 24)).columns))


# --- all scales ---------------------------------------------------------------------------


def list_lines(scales: Iterable[Scale], outcomes: bool, width: int = _WIDEST) -> Iterator[str]:
    """One scale a line; with ``outcomes``, below each what it can be compared by."""
    known = list(scales)
    longest = max((len(scale.id) for scale in known), default=0)
    for scale in known:
        doubt = "" if scale.source["verified"] else f"{NOT_VERIFIED} "
        start = f"{scale.id:<{longest}}  {len(scale.items):>2} items  "
        # What stands in brackets or after a semicolon is for those who look closer.
        ages = re.split(r" \(|;", scale.ages or "age not stated")[0]
        yield from wrapped(start, f"{doubt}{scale.title}, {ages}", width)
        if outcomes:
            titles = [(score.outcome, score.title) for score in scale.scores]
            titles += [(band.outcome, band.title) for band in scale.bands]
            for outcome, title in titles:
                yield from wrapped(f"{'':<{longest}}    {outcome}  ", title, width)


# --- one scale ----------------------------------------------------------------------------


def scale_lines(scale: Scale, width: int = _WIDEST) -> Iterator[str]:
    """Everything about one scale, line by line; no item wording, only glosses."""
    yield from wrapped("", f"{scale.title} ({scale.id} {scale.version})", width)
    for name, text in about(scale).items():
        yield from wrapped(f"  {name:<10} ", text, width)
    for heading, lines in (
        ("Responses", _responses(scale, width)),
        ("Items", _items(scale, width)),
        ("Scores", _scores(scale, width)),
        ("Bands", _bands(scale, width)),
        ("Checked", _facts(scale, width)),
        ("Notes", _notes(scale, width)),
    ):
        said = list(lines)
        yield from ["", heading, *said] if said else []


def about(scale: Scale) -> dict[str, str]:
    """Where a scale comes from and whom it is for, by name."""
    source = scale.source
    return {
        "ages": scale.ages or "not stated",
        "recall": scale.recall or "not stated",
        "source": source["citation"],
        "doi": source.get("doi") or "not known",
        "licence": source["licence"],
        "verified": f"{'yes' if source['verified'] else 'NO'}: {source['checked']}",
    }


def _responses(scale: Scale, width: int) -> Iterator[str]:
    if scale.numbers:
        yield from wrapped("  ", numbers_text(scale), width)
    for label, code in worded_labels(scale).items():
        yield from wrapped(f"  {code:>2}  ", label, width)
    for name, text in coding_texts(scale).items():
        yield from wrapped(f"  coding {name!r}: ", text, width)
    if scale.coding_required:
        text = "Numbers alone are ambiguous: a study must name the coding."
        yield from wrapped("  ", text, width)


def numbers_text(scale: Scale) -> str:
    """Which numbers are answers, in words."""
    numbers = scale.numbers
    if not numbers:
        return ""
    step = "" if numbers.step == 1 else f" in steps of {number(numbers.step, 3)}"
    return f"numbers from {number(numbers.low)} to {number(numbers.high)}{step}"


def worded_labels(scale: Scale) -> dict[str, str]:
    """Label -> the answer that it stands for; of a scale of numbers only those in words."""
    if not scale.numbers:
        return {label: str(code) for label, code in scale.labels.items()}
    return {
        label: number(code / scale.per_answer)
        for label, code in scale.labels.items()
        if any(letter.isalpha() for letter in label)
    }


def coding_texts(scale: Scale) -> dict[str, str]:
    """Name of a coding -> what its numbers mean."""
    labels = {code: label for label, code in scale.labels.items()}
    return {
        name: ", ".join(f"{text} = {labels[code]}" for text, code in coding.items())
        for name, coding in scale.codings.items()
    }


def _items(scale: Scale, width: int) -> Iterator[str]:
    longest = max(len(item.id) for item in scale.items)
    for place, item in enumerate(scale.items, 1):
        start = f"  {place:>2}  {item.id:<{longest}}  "
        yield from wrapped(start, f"{marks(item)}{item.gloss}", width)


def marks(item: Item) -> str:
    """What is to be known of an item besides its gloss."""
    return f"{'(reversed) ' if item.reverse else ''}{'(never shown) ' if item.sensitive else ''}"


def _scores(scale: Scale, width: int) -> Iterator[str]:
    for score in scale.scores:
        yield from wrapped(f"  {score.outcome}  ", score.title, width)
        for text in score_texts(score):
            yield from wrapped(_INDENT, text, width)


def score_texts(score: Score) -> Iterator[str]:
    """How a score is computed, and what was published of it."""
    ends = f"{number(score.low)} to {number(score.high)} {score.unit}"
    yield f"{rule_text(score)}; {ends}, better is {score.better}"
    if change := score.reliable_change:
        said = f"reliable change: {number(change.threshold)} or more"
        yield f"{said} ({change.source}){_doubt(change.verified)}"
    if known := score.reliability:
        kind = known.kind.replace("_", "-")
        yield f"{kind} {known.value:g} ({known.source}){_doubt(known.verified)}"
    for norm in score.norms:
        yield norm_text(norm)


def norm_text(norm: Norm) -> str:
    """What a published sample scored, in words."""
    parts = [f"mean {norm.mean:g}"]
    parts += [] if norm.sd is None else [f"sd {norm.sd:g}"]
    parts += [] if norm.n is None else [f"n = {norm.n:,}"]
    said = f"norm: {norm.population}: {', '.join(parts)} ({norm.source})"
    return f"{said}{_doubt(norm.verified)}"


def rule_text(score: Score) -> str:
    """How a score is made of its items, and how many answers it needs, in words."""
    need = "all" if score.min_answered == len(score.of) else f"at least {score.min_answered}"
    one = len(score.of) == 1
    parts = [f"{score.rule} of {score.of[0] if one else len(score.of)}"]
    if score.points:
        worth = ", ".join(f"{code} counts {points}" for code, points in score.points.items())
        parts.append(f"an answer of {worth}")
    parts.append(f"{need} answered{', pro-rated' if score.prorate else ''}")
    parts += ["halves rounded up"] if score.rounding else []
    parts += [f"0 if {item} is {code}" for item, code in score.zero_when.items()]
    return ", ".join(parts)


def _bands(scale: Scale, width: int) -> Iterator[str]:
    for band in scale.bands:
        yield from wrapped(f"  {band.outcome}  ", f"{band.title} (of {band.score})", width)
        for text in band_texts(band):
            yield from wrapped(_INDENT, text, width)


def band_texts(band: Band) -> Iterator[str]:
    """Levels of a band system, whom it is of, and how it was checked."""
    yield ", ".join(f"{title} from {number(low)}" for _, title, low in band.levels)
    checked = f": {band.checked}" if band.checked else ""
    yield f"{band.population}{checked}{_doubt(band.verified)}"


def _facts(scale: Scale, width: int) -> Iterator[str]:
    for name, fact in scale.facts.items():
        start = f"  {name.replace('_', ' '):<12}  {'yes' if fact.verified else 'NO '}  "
        yield from wrapped(start, fact.checked, width)


def _notes(scale: Scale, width: int) -> Iterator[str]:
    for note in scale.source.get("notes", []):
        yield from wrapped("  - ", note, width)


def _doubt(verified: bool) -> str:
    return "" if verified else f" {NOT_VERIFIED}"


def wrapped(start: str, text: str, width: int, below: int | None = None) -> list[str]:
    """Text after ``start``, in lines of ``width``.

    Further lines begin at the column ``below``: by default that of the text or, after a long
    ``start``, a small indent.
    """
    if below is None:
        below = len(start) if len(start) < width // 2 else len(_INDENT)
    return wrap(
        text, width, initial_indent=start, subsequent_indent=" " * below, break_on_hyphens=False
    )


def number(value: SupportsFloat, digits: int = 2) -> str:
    """A bound or a threshold without needless noughts."""
    text = fixed(float(value), digits)
    return text.rstrip("0").rstrip(".") if "." in text else text
