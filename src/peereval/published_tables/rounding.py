"""Which whole numbers a rounded share or mean can come from (GRIM), and numbers in messages.

Brown & Heathers 2017, Social Psychological and Personality Science 8:363-369. A half may have
been rounded up or down: what either way of rounding explains is possible.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor

from peereval.published_tables.cells import Cell


def whole_numbers(cell: Cell, units: Fraction) -> range:
    """The whole numbers that give the printed value when divided by ``units`` and rounded.

    ``units``: base / 100 for a share in per cent; base x denominator for a mean. Empty if there
    is none. The cell holds a number.
    """
    assert cell.value is not None
    return range(
        ceil((cell.value - cell.half) * units), floor((cell.value + cell.half) * units) + 1
    )


def neighbours(cell: Cell, units: Fraction) -> tuple[int, int]:
    """The whole numbers just below and above a value that none gives."""
    assert cell.value is not None
    below = floor(cell.value * units)
    return below, below + 1


def could_fail(cell: Cell, units: Fraction) -> bool:
    """Whether values with so many decimals exist that no whole number gives."""
    return bool(units < 10**cell.decimals)


def shown(value: Fraction, decimals: int) -> str:
    """A number with so many decimals, halves away from zero."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded + 0 if rounded else abs(rounded):,}"


def listed(parts: Iterable[str]) -> str:
    """``a, b and c``."""
    *others, last = list(parts)
    return f"{', '.join(others)} and {last}" if others else last


def named_range(numbers: range | Sequence[int]) -> str:
    """``15``, or ``15 to 17``."""
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
