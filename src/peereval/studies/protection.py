"""How small numbers are kept back before anything is published."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protection:
    """Settings of disclosure control; ``on`` is false only where somebody switched it off.

    Counts from 1 to ``threshold`` - 1 are kept back; means and tests need ``base`` respondents,
    and are marked below ``low_base``; a group that is shown has respondents of at least
    ``organisations`` organisations; counts are rounded to ``rounding`` (0: not at all).
    """

    on: bool = True
    threshold: int = 10
    base: int = 10
    low_base: int = 30
    organisations: int = 3
    rounding: int = 0
