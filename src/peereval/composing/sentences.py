"""Sentences from texts with gaps: what fills a gap may be words, or numbers with their rows."""

from collections.abc import Iterable, Sequence
from string import Formatter

from peereval.composing.model import Paragraph, Run
from peereval.wording import Words

#: What may fill a gap.
Part = str | int | Run | Sequence[Run]


def runs(words: Words, name: str, /, **parts: Part) -> tuple[Run, ...]:
    """The text of that name as runs, its gaps filled. Raises ``KeyError`` for a gap without."""
    said: list[Run] = []
    for text, gap, forms, _ in Formatter().parse(words.texts[name]):
        if text:
            said.append(Run(text))
        if forms and gap is not None:
            number = "".join(run.text for run in as_runs(parts[gap]))
            said.append(Run(words.agreeing(forms, number)))
        elif gap is not None:
            said += as_runs(parts[gap])
    return tuple(said)


def as_runs(part: Part) -> Sequence[Run]:
    """Words or numbers as runs."""
    if isinstance(part, Run):
        return (part,)
    return (Run(str(part)),) if isinstance(part, str | int) else part


def paragraph(words: Words, name: str, kind: str = "text", /, **parts: Part) -> Paragraph:
    """The text of that name as a paragraph."""
    return Paragraph(runs(words, name, **parts), kind)


def listed(words: Words, items: Iterable[Part]) -> tuple[Run, ...]:
    """Items in a row, as a sentence names them: one, two and three."""
    parts = [as_runs(item) for item in items]
    said: list[Run] = []
    for number, part in enumerate(parts):
        if number:
            between = "report.list.last" if number == len(parts) - 1 else "report.list.between"
            said.append(Run(words(between)))
        said += part
    return tuple(said)
