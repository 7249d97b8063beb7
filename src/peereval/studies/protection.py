"""How small numbers are kept back before anything is published: the section ``[disclosure]``."""

from msgspec import Struct

from peereval.declarations import Declaration, shape

DISCLOSURE = shape(
    {},
    {
        "threshold": "count",
        "base": "count",
        "low_base": "count",
        "organisations": "count",
        "rounding": "count",
        "released": "texts",
    },
)
#: What counts and shares may be rounded to; 0 for not at all.
ROUNDINGS = (0, 5)
#: Below this a threshold protects nobody: who knows one of three knows the other two.
_FEWEST = 3


class Protection(Struct, frozen=True):
    """Settings of disclosure control; ``on`` is false only where somebody switched it off.

    Counts from 1 to ``threshold`` - 1 are kept back; means and tests need ``base`` respondents,
    and are marked below ``low_base``; a group that is shown has respondents of at least
    ``organisations`` organisations; counts are rounded to ``rounding`` (0: not at all).
    ``released``: output folders, or files of results, that were published before.
    """

    on: bool = True
    threshold: int = 10
    base: int = 10
    low_base: int = 30
    organisations: int = 3
    rounding: int = 0
    released: tuple[str, ...] = ()


def read_protection(file: Declaration) -> Protection:
    """The section ``[disclosure]``; faults for numbers that would protect nobody."""
    raw = file.raw.get("disclosure", {})
    made = Protection(**(raw | {"released": tuple(raw.get("released", ()))}))
    for name in ("threshold", "base"):
        if getattr(made, name) < _FEWEST:
            found = f"{name} = {getattr(made, name)} would protect nobody"
            file.add("007", found, f"Use 10, or at least {_FEWEST}", "disclosure")
    if made.base < made.threshold:
        found = f"base = {made.base} is below threshold = {made.threshold}"
        file.add("007", found, "A mean of fewer than are counted gives them away", "disclosure")
    if made.low_base < made.base:
        found = f"low_base = {made.low_base} is below base = {made.base}"
        file.add("007", found, "What is marked as unreliable must be shown first", "disclosure")
    if made.organisations < 1:
        file.add("007", "organisations = 0 is too few", "Use 3, or 1 for one school", "disclosure")
    if made.rounding not in ROUNDINGS:
        found = f"rounding = {made.rounding} is not a choice"
        file.add("007", found, "Use 0 or 5", "disclosure")
    return made
