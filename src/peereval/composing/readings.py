"""What an effect comes to, in the same words everywhere: screens, pages and documents."""

from msgspec import Struct

from peereval.composing.content import Content, Place, Row, why_blank
from peereval.judging import verdict_of

#: What names the words of an effect that holds, that does not, and that was not judged.
_HOLDS = {True: "", False: "_unadjusted", None: "_alone"}


class Reading(Struct, frozen=True):
    """What can be said of an effect.

    ``code``: ``change``, ``small_change``, ``small``, ``undecided``; ``withheld`` where the number
    was kept back, or empty where there is none; ``way``: ``better``, ``worse`` or ``changed`` (no
    direction is good) where the test finds an effect; ``holds``: also among the tests that are
    judged with it, None where they were not judged.
    """

    code: str = ""
    way: str = ""
    holds: bool | None = False

    @property
    def key(self) -> str:
        """Name of its words, below ``report.reading``."""
        if not self.way:
            return self.code or "unknown"
        small = "_small" if self.code == "small_change" else ""
        return f"{self.way}{small}{_HOLDS[self.holds]}"

    @property
    def colour(self) -> str:
        """``better`` or ``worse`` where that may be said without reserve."""
        return self.way if self.holds and self.way in ("better", "worse") else ""


def reading_of(row: Row | None, content: Content) -> Reading:
    """What a headline comes to; without a test of equivalence, it is found or undecided."""
    if row is None or row["p_value"] is None or row["estimate"] is None:
        return Reading("withheld" if row and why_blank(row) == "c" else "")
    found = row["p_value"] < content.alpha
    code = verdict_of(row, content.rows, content.publication.ci_level)
    code = code or ("change" if found else "undecided")
    if not found:
        return Reading(code)
    adjusted = row["p_adjusted"]
    return Reading(code, way_of(row), None if adjusted is None else adjusted < content.alpha)


def way_of(row: Row) -> str:
    """Whether a number is good news: ``better`` or ``worse``, or ``changed`` if neither is."""
    if not row["better"] or not row["estimate"]:
        return "changed"
    return "better" if (row["estimate"] > 0) == (row["better"] == "higher") else "worse"


def could_see(content: Content, place: Place) -> Row | None:
    """The smallest effect that a headline would have found, where it is known."""
    row = content.find("clustering", "normal_theory", "minimum_detectable_effect", place)
    return row if row and row["estimate"] is not None else None
