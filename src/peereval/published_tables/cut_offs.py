"""Whether rows are labelled with the cut-offs of the scale that the table names."""

import re
from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

from peereval.labels import fold
from peereval.published_tables.findings import Notebook
from peereval.published_tables.table import Row
from peereval.scales import Band, Scale, Score

_N = r"(\d+(?:\.\d+)?)"
_MORE, _LESS = "(?:above|more|over|higher|up)", "(?:below|less|fewer|under|lower)"
#: Words of a label -> its ends; the first that is found counts.
_RANGES = (
    (re.compile(rf"{_N}\s*(?:-|–|—|−|to|and|or)\s*{_N}"), "{0} {1}"),
    (re.compile(rf"{_N}\s*(?:\+|(?:and|or)\s+{_MORE})"), "{0} +"),
    (re.compile(rf"{_N}\s+(?:and|or)\s+{_LESS}|(?:up to|≤)\s*{_N}"), "- {0}"),
    (re.compile(rf"(?:below|under|less than|fewer than|<)\s*{_N}"), "- <{0}"),
    (re.compile(rf"(?:above|over|more than|>)\s*{_N}"), ">{0} +"),
    (re.compile(rf"{_N}"), "{0} {0}"),
)


class CutOff(Struct, frozen=True):
    """Scores that a label speaks of; None is an open end.

    An end is left out itself where its ``_in`` is false.
    """

    text: str
    low: Fraction | None
    high: Fraction | None
    low_in: bool = True
    high_in: bool = True

    def holds(self, value: Fraction) -> bool:
        """Whether a score is among them."""
        above = self.low is None or value > self.low or (self.low_in and value == self.low)
        below = self.high is None or value < self.high or (self.high_in and value == self.high)
        return above and below

    def within(self, score: Score) -> bool:
        """Whether its ends are values between the lowest and the highest of a score."""
        ends = [end for end in (self.low, self.high) if end is not None]
        return all(score.low <= end <= score.high for end in ends)


def read_cut_off(label: str) -> CutOff | None:
    """The scores in a label such as ``Borderline (scores 10 and 11)``; None if it has none.

    What stands in brackets counts, if there is a number there.
    """
    bracketed = re.findall(r"\(([^()]*\d[^()]*)\)", label)
    said = bracketed[-1] if bracketed else label
    for pattern, form in _RANGES:
        if found := pattern.search(said):
            ends = form.format(*(group for group in found.groups() if group)).split()
            low, high = (None if end in "+-" else Fraction(end.strip("<>")) for end in ends)
            return CutOff(found[0], low, high, ">" not in ends[0], "<" not in ends[1])
    return None


def attainable(score: Score) -> list[Fraction]:
    """Every value that a score can have."""
    if score.table:
        return sorted({Fraction(value, score.denominator) for value in score.table.values()})
    steps = range(int(score.low * score.denominator), int(score.high * score.denominator) + 1)
    return [Fraction(step, score.denominator) for step in steps]


def check_cut_offs(notebook: Notebook) -> None:
    """``PUB023``: scores in the labels of rows are not those of the bands that the table names."""
    table = notebook.table
    if not (table.scale and table.bands):
        return
    labelled = [(row, cut) for row in table.parts() if (cut := read_cut_off(row.name))]
    if not labelled:
        notebook.leave("cut-offs: no row is labelled with scores")
        return
    notebook.look("cut-offs in labels of rows", len(labelled))
    if all(_fits(row, cut, table.bands, table.scale) for row, cut in labelled):
        return
    cuts = [cut for _, cut in labelled]
    found = (
        f"the rows are labelled {', '.join(cut.text for cut in cuts)}; "
        f"{table.bands.title} of {table.scale.id} are {_levels(table.bands, table.scale)}"
        + ("" if table.bands.verified else " (in a source that is not verified)")
    )
    others = _whose(cuts, table.scale, table.bands)
    hint = f"These are the cut-offs of {' and '.join(others)}. " if others else ""
    notebook.find("PUB023", found, f"{hint}Find out which were used to count, and label them so")


def _fits(row: Row, cut: CutOff, bands: Band, scale: Scale) -> bool:
    """Whether the scores of a label are those of a level: of its own, if the label names one."""
    score = _score(bands, scale)
    if not cut.within(score):
        return False
    name, values = fold(row.name), attainable(score)
    levels = _values_of_levels(bands, values)
    named = [part for title, part in levels if fold(title) in name]
    held = [value for value in values if cut.holds(value)]
    return held in (named if len(named) == 1 else [part for _, part in levels])


def _values_of_levels(bands: Band, values: Sequence[Fraction]) -> list[tuple[str, list[Fraction]]]:
    starts = [start for _, _, start in bands.levels]
    ends = [*starts[1:], None]
    return [
        (title, [v for v in values if start <= v and (end is None or v < end)])
        for (_, title, start), end in zip(bands.levels, ends, strict=True)
    ]


def _score(bands: Band, scale: Scale) -> Score:
    return next(score for score in scale.scores if score.id == bands.score)


def _levels(bands: Band, scale: Scale) -> str:
    levels = _values_of_levels(bands, attainable(_score(bands, scale)))
    return ", ".join(
        f"{title} {float(values[0]):g}"
        + (f"-{float(values[-1]):g}" if values[-1] != values[0] else "")
        for title, values in levels
        if values
    )


def _whose(cuts: Sequence[CutOff], scale: Scale, named: Band) -> list[str]:
    """Titles of other bands of the scale whose levels all these cut-offs are."""
    found = []
    for bands in scale.bands:
        score = _score(bands, scale)
        values = attainable(score)
        levels = [part for _, part in _values_of_levels(bands, values)]
        if bands.id != named.id and all(
            cut.within(score) and [v for v in values if cut.holds(v)] in levels for cut in cuts
        ):
            found.append(bands.title)
    return found
