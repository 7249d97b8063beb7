"""Numbers as people read them."""

from decimal import ROUND_HALF_UP, Decimal

#: What stands in a cell that has no number.
NOTHING = "-"


def fixed(value: float | None, digits: int) -> str:
    """A number with so many decimals, halves rounded up (2.45 -> 2.5, as by hand)."""
    if value is None:
        return NOTHING
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded + 0:,}" if rounded else f"{abs(rounded):,}"


def p_text(p_value: float | None) -> str:
    """A p value with three decimals; never 0."""
    if p_value is None:
        return NOTHING
    return "<0.001" if p_value < 0.001 else fixed(p_value, 3)


def interval(low: float | None, high: float | None, digits: int) -> str:
    """Limits in square brackets, or an empty text."""
    if low is None or high is None:
        return ""
    return f"[{fixed(low, digits)}, {fixed(high, digits)}]"
