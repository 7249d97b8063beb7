"""How wide a text is, and where it breaks, without a font at hand.

Advances are the wider of Arial's (Arimo has the same) and DejaVu Sans's, in thousandths of the
size: whichever of the fonts of a chart is there, nothing is cut and nothing overlaps.
"""

import unicodedata
from functools import lru_cache

#: Of the characters from space to tilde.
_ADVANCES = (
    318,
    401,
    460,
    838,
    637,
    951,
    780,
    275,
    391,
    391,
    500,
    838,
    318,
    361,
    318,
    337,
    637,
    637,
    637,
    637,
    637,
    637,
    637,
    637,
    637,
    637,
    337,
    337,
    838,
    838,
    838,
    557,
    1016,
    685,
    687,
    723,
    771,
    667,
    611,
    778,
    752,
    295,
    500,
    667,
    558,
    863,
    749,
    788,
    667,
    788,
    723,
    667,
    611,
    732,
    685,
    989,
    686,
    667,
    686,
    391,
    337,
    391,
    838,
    557,
    500,
    613,
    635,
    550,
    635,
    616,
    353,
    635,
    634,
    278,
    278,
    580,
    278,
    975,
    634,
    612,
    635,
    635,
    412,
    521,
    393,
    634,
    592,
    818,
    592,
    592,
    525,
    637,
    337,
    637,
    838,
)
_OTHERS = {
    "\N{MINUS SIGN}": 838,
    "\N{EN DASH}": 557,
    "\N{EM DASH}": 1000,
    "\N{HORIZONTAL ELLIPSIS}": 1000,
    "\N{LEFT DOUBLE QUOTATION MARK}": 519,
    "\N{RIGHT DOUBLE QUOTATION MARK}": 519,
    "\N{LEFT SINGLE QUOTATION MARK}": 318,
    "\N{RIGHT SINGLE QUOTATION MARK}": 318,
    "\N{POUND SIGN}": 637,
    "\N{EURO SIGN}": 637,
    "\N{GREATER-THAN OR EQUAL TO}": 838,
    "\N{LESS-THAN OR EQUAL TO}": 838,
    "\N{MULTIPLICATION SIGN}": 838,
    "\N{MIDDLE DOT}": 334,
    "\N{BULLET}": 590,
    "\N{DEGREE SIGN}": 500,
    "\N{SUPERSCRIPT TWO}": 401,
    "\N{LATIN SMALL LETTER AE}": 982,
    "\N{LATIN SMALL LIGATURE OE}": 1023,
    "\N{LATIN SMALL LETTER O WITH STROKE}": 612,
    "\N{LATIN SMALL LETTER SHARP S}": 630,
}
#: Of what is not in the tables: as wide as its em, and less for letters of other alphabets.
_WIDE, _LETTER = 1000, 860


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Width of a text at a font size, in the units of the size; never less than it takes."""
    return sum(_advance(character) for character in text) * size / 1000


@lru_cache(maxsize=1024)
def _advance(character: str) -> int:
    if " " <= character <= "~":
        return _ADVANCES[ord(character) - 32]
    if character in _OTHERS:
        return _OTHERS[character]
    if unicodedata.combining(character):
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if base != character:
        return _advance(base)
    # Letters of other alphabets are narrower than ideographs and signs.
    narrow = unicodedata.east_asian_width(character) in "NaAH" and character.isalpha()
    return _LETTER if narrow else _WIDE


@lru_cache(maxsize=1024)
def wrap(text: str, size: float, most: float) -> tuple[str, ...]:
    """Lines of a text none of which is wider than ``most``; a word that is breaks anywhere."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        together = f"{line} {word}" if line else word
        if width(together, size) <= most:
            line = together
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, size, most)
        lines += full
    return (*lines, line) if line or not lines else tuple(lines)


def _pieces(word: str, size: float, most: float) -> list[str]:
    """A word in pieces that fit; each has at least one character."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1] + character, size) > most:
            pieces.append("")
        pieces[-1] += character
    return pieces
