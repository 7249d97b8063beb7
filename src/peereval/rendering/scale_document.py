"""The page about all bundled scales, docs/scales.md, made from their files."""

from collections.abc import Iterable, Iterator

from peereval.rendering.scale_text import (
    NOT_VERIFIED,
    about,
    band_texts,
    coding_texts,
    marks,
    number,
    numbers_text,
    rule_text,
    score_texts,
    worded_labels,
)
from peereval.scales import Scale, Score

_OPENING = """\
# The scale library

Made from the files in `scales/` by `peereval scales document`: change those, not this page.

A scale says what its items are (by a gloss; wordings belong to their owners), how answers are
coded, how scores are made and what is known about them. Each fact is marked as verified or not;
what was not verified is used only where a study asks for it by name, and norms that were not
verified are never compared with. `peereval scales show ID` prints one scale.

What is checked:

* **keys**: which items, which of them reversed, and what is added up
* **coding**: which number stands for which answer
* **missing rule**: how many answers a score needs; where none was published, all of them
* bands, norms, reliability and reliable change are marked one by one
"""

_NOT_HERE = """\
## What is not here, and why

* **CHU-9D.** Its utilities need the tariff of the University of Sheffield, and no licence was found
  that lets it be passed on; without it the nine answers are no score.
* **RCADS T-scores.** They need the sex and the school grade of each child, and the conversion
  tables may not be passed on without permission. Raw scores are here; cut-offs and reliable-change
  thresholds in T-score points do not apply to them.
* **KIDSCREEN-10 T-values.** The manual's table from raw sums to Rasch parameters was not obtained.
* **Cut-offs in circulation without a source**: PSS (0-13, 14-26, 27-40), ORS and CORS (25, 28, 32),
  SMFQ (12), Stirling social desirability (14), SWEMWBS depression.
* **An ONS4 total.** The four answers are four results; they are never added up.

A scale that is missing is one file away: see "Your own scales" in `docs/study.md`.
"""


def document(scales: Iterable[Scale]) -> str:
    """The whole page."""
    known = list(scales)
    lines = [_OPENING, *_overview(known), "", _NOT_HERE]
    for scale in known:
        lines += ["", *_scale(scale)]
    return "\n".join(lines).rstrip() + "\n"


def _overview(scales: Iterable[Scale]) -> Iterator[str]:
    yield "| scale | | items | ages | keys | coding | missing rule |"
    yield "|---|---|---|---|---|---|---|"
    for scale in scales:
        facts = (scale.facts.get(name) for name in ("keys", "coding", "missing_rule"))
        checked = " | ".join(
            "" if not fact else "verified" if fact.verified else "not verified" for fact in facts
        )
        ages = scale.ages or "not stated"
        link = f"[`{scale.id}`](#{scale.id})"
        yield f"| {link} | {_cell(scale.title)} | {len(scale.items)} | {_cell(ages)} | {checked} |"


def _scale(scale: Scale) -> Iterator[str]:
    yield f'## <a id="{scale.id}"></a>{scale.title}'
    yield ""
    yield f"`{scale.id}`, version {scale.version}"
    yield ""
    for name, text in about(scale).items():
        yield f"* {name}: {text}"
    for note in scale.source.get("notes", []):
        yield f"* note: {note}"
    yield ""
    yield f"Answers: {_answers(scale)}."
    yield ""
    yield from _items(scale)
    yield ""
    yield from _scores(scale)
    yield from _bands(scale)
    yield from _facts(scale)


def _answers(scale: Scale) -> str:
    labels = ", ".join(f"{code} {label}" for label, code in worded_labels(scale).items())
    parts = [part for part in (numbers_text(scale), labels) if part]
    parts += [f"coding `{name}` ({text})" for name, text in coding_texts(scale).items()]
    parts += ["numbers alone are ambiguous: name the coding"] if scale.coding_required else []
    return "; ".join(parts)


def _items(scale: Scale) -> Iterator[str]:
    yield "| | item | about |"
    yield "|---|---|---|"
    for place, item in enumerate(scale.items, 1):
        yield f"| {place} | `{item.id}` | {_cell(marks(item) + item.gloss)} |"


def _scores(scale: Scale) -> Iterator[str]:
    yield "| outcome | score | how | range | better |"
    yield "|---|---|---|---|---|"
    for score in scale.scores:
        ends = f"{number(score.low)} to {number(score.high)} {score.unit}"
        how = f"{rule_text(score)}{_of(score)}"
        yield f"| `{score.outcome}` | {_cell(score.title)} | {how} | {ends} | {score.better} |"
    published = [(s, text) for s in scale.scores for text in list(score_texts(s))[1:]]
    yield from ["", *(f"* `{score.outcome}`: {text}" for score, text in published)]


def _of(score: Score) -> str:
    """The names that a score is made of, where they are few."""
    return f" ({', '.join(score.of)})" if 1 < len(score.of) <= 6 else ""


def _bands(scale: Scale) -> Iterator[str]:
    if not scale.bands:
        return
    yield from ["", "| bands | of | levels | of whom | |", "|---|---|---|---|---|"]
    for band in scale.bands:
        levels, whom = band_texts(band)
        doubt = "verified" if band.verified else NOT_VERIFIED
        whom = whom.removesuffix(f" {NOT_VERIFIED}")
        yield f"| `{band.outcome}` | {band.score} | {_cell(levels)} | {_cell(whom)} | {doubt} |"


def _facts(scale: Scale) -> Iterator[str]:
    if not scale.facts:
        return
    yield from ["", "| fact | verified | how |", "|---|---|---|"]
    for name, fact in scale.facts.items():
        verified = "yes" if fact.verified else "no"
        yield f"| {name.replace('_', ' ')} | {verified} | {_cell(fact.checked)} |"


def _cell(text: str) -> str:
    return text.replace("|", "/")
