"""A publication in the order in which it is read."""

from collections.abc import Callable, Mapping, Sequence

from peereval.composing.content import Content
from peereval.composing.model import Report, Section
from peereval.composing.sections.outcomes import outcomes
from peereval.publishing import Publication
from peereval.wording import Words

#: Every section in its order; one that has nothing to say is None.
SECTIONS: Mapping[str, Callable[[Content], Section | None]] = {
    "outcomes": outcomes,
}


def compose(publication: Publication, words: Words, sections: Sequence[str] = ()) -> Report:
    """A report of the sections named, in that order; of all in theirs where none is named."""
    content = Content(publication, words)
    made = (SECTIONS[name](content) for name in sections or SECTIONS)
    return Report(
        publication.study.title,
        words.language,
        tuple(section for section in made if section),
        subtitle=words("report.subtitle"),
        stamp="" if publication.protection.on else words("report.stamp"),
        about=_about(content),
    )


def _about(content: Content) -> tuple[tuple[str, str], ...]:
    publication, words = content.publication, content.words
    return (
        (words("report.about.study"), publication.study.id),
        (words("report.about.software"), f"peereval {publication.version}"),
    )
