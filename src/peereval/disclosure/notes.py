"""What the note of a released result may say: nothing that counts respondents."""

import re
from functools import lru_cache

from peereval.studies import Protection

#: Words for one respondent or one answer, after a number of them; and those that are of several.
_ONE = "pair|respondent|response|pupil|value|number|answer|outlier|mentor|mentee|participant|person"
_SEVERAL = "control|treated|followed|later scores|lowest|highest|people|young"
_NUMBER = r"(?<![\w.])\d[\d,]*(?![\w.]*\d)"
#: What makes a number a limit that everyone knows: "fewer than 10 pairs", "with 10 or more".
_LIMIT = r"(?<!than )(?<!least )(?<!with )"
_COUNT = re.compile(
    rf"{_LIMIT}{_NUMBER}(?: of {_NUMBER})?"
    rf"(?P<between> (?:\w+\s+){{0,2}}?)(?:(?P<one>{_ONE})\b|(?={_ONE}|{_SEVERAL}))"
)


@lru_cache(maxsize=4096)
def released_note(note: str, protection: Protection) -> str:
    """A note in which counts of respondents are "some".

    Not only small ones: the same count of two groups and of all may differ by a few. Bases of two
    groups, which stand in rows of their own, stay. One respondent reads as several do: the word
    gets its plural, and the rest of a note must suit any number.
    """
    if not any(sign.isdigit() for sign in note):
        return note
    return "; ".join(_clause(clause, protection) for clause in note.split("; "))


def _clause(clause: str, protection: Protection) -> str:
    bases = re.fullmatch(r"(\d[\d,]*) treated, (\d[\d,]*) control", clause)
    if bases and all(int(n.replace(",", "")) >= protection.base for n in bases.groups()):
        return clause
    return _COUNT.sub(_some, clause)


def _some(count: re.Match[str]) -> str:
    plural = f"{count['one']}s" if count["one"] else ""
    return f"some{count['between']}{plural}"
