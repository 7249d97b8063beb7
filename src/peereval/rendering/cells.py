"""A cell of a table as it is read, and as a number that a spreadsheet shows the same way."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from peereval.composing import Cell, Column
from peereval.rendering.numbers import fixed

#: Words before, the digits, words after: ``-£1,234.50``, ``12.5%``, ``<0.001``.
_SHOWN = re.compile(r"([^\d.]*)(\d[\d,]*(?:\.\d+)?)(\D*)")
_MINUS = "-−"


def shown(cell: Cell) -> str:
    """The text of a cell with its shorthand in brackets: ``[c]``, ``1.2 [u]``."""
    mark = f"[{cell.marker}]"
    if not cell.marker or mark in cell.text:
        return cell.text
    stands_alone = cell.value is None and (not cell.text or not any(map(str.isalnum, cell.text)))
    return mark if stands_alone else f"{cell.text} {mark}"


def heading(column: Column) -> str:
    """The title of a column with its unit, unless the title says it already."""
    if not column.unit or column.unit.casefold() in column.title.casefold():
        return column.title
    return f"{column.title} ({column.unit})" if column.title else column.unit


def headings(columns: tuple[Column, ...]) -> list[str]:
    """Headings of a table, none empty and no two alike whatever their case."""
    made: list[str] = []
    for column in columns:
        text = base = heading(column).strip() or column.id
        number = 1
        while text.casefold() in {each.casefold() for each in made}:
            number += 1
            text = f"{base} ({number})"
        made.append(text)
    return made


def in_points(cells: Iterable[Cell]) -> bool:
    """Whether a column holds shares that are shown in percentage points.

    Seen by any number in it that only reads so: of a share near nought both ways would do.
    """
    return any(as_number(cell) is None and _only_in_points(cell) for cell in cells)


def _only_in_points(cell: Cell) -> bool:
    """Whether a cell that is no number as it stands is one in percentage points."""
    there = cell.value is not None and "%" not in cell.text
    return there and as_number(cell, points=True) is not None


def as_numbers(cells: Sequence[Cell]) -> list[tuple[float, str] | None]:
    """The numbers of a column (see `as_number`), all of them in percentage points or none."""
    plain = [as_number(cell) for cell in cells]
    if any(n is None and _only_in_points(cell) for n, cell in zip(plain, cells, strict=True)):
        return [as_number(cell, points=True) for cell in cells]
    return plain


def as_number(cell: Cell, points: bool = False) -> tuple[float, str] | None:
    """The number of a cell for a spreadsheet, and the format in which it reads as its text.

    The number is the exact value; with ``points``, of shares in percentage points that have no
    sign of their own, a hundred times that. None where there is no value, or where no format
    makes the text of the value: the cell is then text, so that what is read is what was said.
    """
    if cell.value is None or not (parts := _SHOWN.fullmatch(shown(cell))):
        return None
    before, digits, after = parts.groups()
    decimals = len(digits.partition(".")[2])
    if before == "<":
        form = _below(cell.value, digits, after)
        return (cell.value, form) if form else None
    sign = next((mark for mark in before if mark in f"+{_MINUS}"), "")
    number = ("-" if sign and sign in _MINUS else "") + digits
    value, rest = cell.value, _literal(after)
    share = after.startswith("%")
    hundredfold = float(Decimal(repr(value)) * 100) if share or points else value
    if share and _reads(hundredfold, number, decimals):
        rest = "%" + _literal(after[1:])
    elif points and _reads(hundredfold, number, decimals):
        value = hundredfold
    elif points or not _reads(value, number, decimals):
        return None
    places = ("#,##0" if "," in digits else "0") + ("." + "0" * decimals if decimals else "")
    body = _literal(before.replace(sign, "") if sign else before) + places + rest
    return value, _signed(body, sign, value < 0)


def _below(value: float, digits: str, after: str) -> str | None:
    """A p value that is shown as below a limit, the exact value behind it."""
    decimals = len(digits.partition(".")[2])
    if not 0 <= value < float(digits):
        return None
    return f"[<{digits}]{_literal('<' + digits + after)};0.{'0' * decimals}{_literal(after)}"


def _reads(value: float, number: str, decimals: int) -> bool:
    """Whether a value with so many decimals is that number, but for the sign of a nought."""
    plain = number.replace(",", "")
    return fixed(value, decimals).replace(",", "") == (plain if float(plain) else plain.lstrip("-"))


def _signed(body: str, sign: str, negative: bool) -> str:
    above = "" if negative else sign
    under = sign if negative else "-"
    if not above and under == "-":
        return body
    return f"{_escaped(above)}{body};{_escaped(under)}{body}"


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign == "−" else sign


def _literal(text: str) -> str:
    return f'"{text}"' if text and '"' not in text else ""
