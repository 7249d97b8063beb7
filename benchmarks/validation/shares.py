"""Shares that were found beside those promised, as tables of Markdown."""

import math
from collections.abc import Iterable, Iterator, Sequence

#: A share is doubted so many Monte-Carlo standard errors away: by chance about 1 in 370 is.
DOUBT = 3.0
BY_CHANCE = math.erfc(DOUBT / math.sqrt(2))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def errors_apart(found: int, of: int, promised: float) -> float:
    """How many Monte-Carlo errors a share lies above what was promised."""
    return (found / of - promised) / math.sqrt(promised * (1 - promised) / of)


def share(found: int, of: int, promised: float) -> str:
    """A share in a hundred; bold where chance hardly explains its distance from the promise."""
    if not of:
        return "-"
    text = f"{100 * found / of:.1f}"
    return f"**{text}**" if abs(errors_apart(found, of, promised)) > DOUBT else text
