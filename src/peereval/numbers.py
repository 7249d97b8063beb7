"""Numbers as people read them."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

#: What stands in a cell that has no number.
NOTHING = "-"


@lru_cache(maxsize=1 << 14)  # the same numbers stand in tables, figures and sentences
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


# --- numbers of a report, in one of a few styles ---------------------------------------------

#: Currency code -> what stands before an amount.
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
#: Style -> decimals; any other style is its decimals.
_DIGITS = {"count": 0, "percent": 0, "points": 1, "p": 3, "money": 2, "whole_money": 0}
#: A screen reader says this one as "minus"; a hyphen it leaves out.
MINUS = "\N{MINUS SIGN}"


@lru_cache(maxsize=1 << 14)
def text_of(value: float, style: str, currency: str = "") -> str:
    """A number in a style, with a true minus sign.

    ``count``, ``0`` to ``9`` (decimals), ``p``, ``percent`` (of a share), ``points`` (percentage
    points of a difference of shares), ``money`` (its sign before its currency) or ``whole_money``.
    """
    if style == "p":
        return p_text(value)
    # Exactly, as by hand: a share times a hundred in binary may fall on the other side of a half.
    exact = Decimal(repr(value)) * (100 if style in ("percent", "points") else 1)
    rounded = exact.quantize(Decimal(1).scaleb(-digits_of(style)), ROUND_HALF_UP)
    before = SYMBOLS.get(currency, f"{currency} ") if style in ("money", "whole_money") else ""
    after = "%" if style == "percent" else ""
    return f"{MINUS if rounded < 0 else ''}{before}{abs(rounded):,}{after}"


def digits_of(style: str) -> int:
    """How many decimals a style shows (of a share, those of its per cents)."""
    return _DIGITS[style] if style in _DIGITS else int(style)
