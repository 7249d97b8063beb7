"""A cell of a table as it is read, and as a number that a spreadsheet shows the same way."""

import re
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


def number_format(cell: Cell) -> str | None:
    """The spreadsheet format in which the exact value of a cell reads as its text.

    None where there is no value, or where no format makes the text of the value: the cell is
    then written as text, so that what is read is always what was said.
    """
    if cell.value is None or not (parts := _SHOWN.fullmatch(shown(cell))):
        return None
    before, digits, after = parts.groups()
    decimals = len(digits.partition(".")[2])
    if before == "<":
        return _below(cell.value, digits, after)
    sign = next((mark for mark in before if mark in f"+{_MINUS}"), "")
    number = ("-" if sign and sign in _MINUS else "") + digits
    percent = _percent(cell.value, number, decimals, after)
    if percent is None:
        return None
    places = ("#,##0" if "," in digits else "0") + ("." + "0" * decimals if decimals else "")
    rest = "%" + _literal(after[1:]) if percent else _literal(after)
    body = _literal(before.replace(sign, "") if sign else before) + places + rest
    return _signed(body, sign, cell.value < 0)


def _below(value: float, digits: str, after: str) -> str | None:
    """A p value that is shown as below a limit, the exact value behind it."""
    decimals = len(digits.partition(".")[2])
    if not 0 <= value < float(digits):
        return None
    return f"[<{digits}]{_literal('<' + digits + after)};0.{'0' * decimals}{_literal(after)}"


def _percent(value: float, number: str, decimals: int, after: str) -> bool | None:
    """Whether a value is shown as a percentage of itself; None if the number is neither."""
    if fixed(value, decimals).replace(",", "") == _plain(number):
        return False
    hundredfold = float(Decimal(repr(value)) * 100)
    if after.startswith("%") and fixed(hundredfold, decimals).replace(",", "") == _plain(number):
        return True
    return None


def _plain(number: str) -> str:
    """Digits without commas, and without the sign of a nought."""
    text = number.replace(",", "")
    return text.lstrip("-") if not float(text) else text


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
