"""What is recognised and how sure that is, what is asked, and what a person has said already."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from peereval.errors import Fault

SURE, LIKELY, UNSURE = "sure", "likely", "unsure"

#: Questions without whose answer no study can be drafted; the others leave something out.
STOPS = frozenset({"REC001", "REC002", "REC003", "REC004", "REC005", "REC006"})

#: Questions about a scale that was recognised and left out.
LEFT_OUT = frozenset({"REC012", "REC013", "REC014", "REC015", "REC016", "REC019", "REC025"})
#: Questions that stop if no scale and no single question is left to compare.
_OUTCOMES = LEFT_OUT | {"REC017"}


def must_be_answered(questions: Sequence[Fault], outcomes: bool) -> tuple[Fault, ...]:
    """The questions without whose answer there is no study; ``outcomes``: whether it has any."""
    codes = STOPS if outcomes else STOPS | _OUTCOMES
    return tuple(fault for fault in questions if fault.code in codes)


class Guess(Struct, frozen=True):
    """One thing that was recognised: what, as what, how sure, and why."""

    what: str
    found: str
    sure: str
    why: str

    @property
    def comment(self) -> str:
        """As it stands in a drafted study."""
        return f"{self.sure}: {self.why}"


class Given(Struct, frozen=True):
    """What a person has said, which is never guessed.

    ``occasions`` and ``phases``: name of an export's file -> id. ``codings``: scale, or
    ``file:scale``, -> a coding of the scale file, ``as_scale`` (numbers are the codes of the
    scale file), or ``from_1`` and the like (numbers count the labels from 1; ``from_1_reversed``
    from the other end). ``ordered``: the exports are baseline and follow-up, in this order.
    ``folder``: where the study file will stand; ``scale_folder``: scale files of one's own.
    """

    id: str = ""
    organisation: str = ""
    title: str = ""
    folder: Path | None = None
    occasions: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[str, str] = field(default_factory=dict)
    codings: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False
    scale_folder: Path | None = None


class Notes:
    """Collects guesses and questions on the way, each once."""

    def __init__(self) -> None:
        self.guesses: list[Guess] = []
        self.questions: list[Fault] = []

    def guess(self, what: str, found: str, sure: str, why: str) -> Guess:
        """Note what was recognised."""
        made = Guess(what, found, sure, why)
        if made not in self.guesses:
            self.guesses.append(made)
        return made

    def ask(self, code: str, found: str, fix: str, file: str = "", column: str = "") -> None:
        """Note what could not be recognised, and how to say it."""
        asked = Fault(code, found, fix, file, column=column)
        if asked not in self.questions:
            self.questions.append(asked)
