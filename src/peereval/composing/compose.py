"""A publication in the order in which it is read."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from peereval.composing.content import Content
from peereval.composing.left_out import without_blank_tables
from peereval.composing.model import Report, Section
from peereval.composing.reasons import with_reasons
from peereval.composing.sections.appendix import appendix
from peereval.composing.sections.bands import bands
from peereval.composing.sections.cheers import cheers
from peereval.composing.sections.costs import costs
from peereval.composing.sections.data_quality import data_quality
from peereval.composing.sections.flow import flow
from peereval.composing.sections.found import found
from peereval.composing.sections.methods import methods
from peereval.composing.sections.outcomes import outcomes
from peereval.composing.sections.protection import protection
from peereval.composing.sections.questions import questions
from peereval.composing.sections.sensitivity import sensitivity
from peereval.composing.sections.service_use import service_use
from peereval.publishing import Publication
from peereval.studies import ALL, SECTIONS
from peereval.wording import Words

#: Every section by its name; one that has nothing to say is None.
_MAKERS: Mapping[str, Callable[[Content], Section | None]] = {
    "found": found,
    "flow": flow,
    "outcomes": outcomes,
    "bands": bands,
    "service_use": service_use,
    "costs": costs,
    "questions": questions,
    "sensitivity": sensitivity,
    "methods": methods,
    "data_quality": data_quality,
    "protection": protection,
    "cheers": cheers,
    "appendix": appendix,
}

#: Analyses of what was before and after.
_OF_CHANGE = frozenset({"paired", "band_change", "prevalence_change", "cost"})


def compose(publication: Publication, words: Words, sections: Sequence[str] = ()) -> Report:
    """A report of the sections named, in that order.

    Where none is named: of those that the study asks for, else of all in their usual order.
    """
    content = Content(_named(publication, words), words)
    made = (_MAKERS[name](content) for name in sections or publication.sections or SECTIONS)
    return Report(
        publication.study.title,
        words.language,
        tuple(
            with_reasons(without_blank_tables(section, words), content)
            for section in made
            if section
        ),
        subtitle=words(f"report.{_subtitle(publication)}"),
        stamp="" if publication.protection.on else words("report.stamp"),
        about=_about(content),
    )


def _subtitle(publication: Publication) -> str:
    """A study of survey tables alone says nothing of change."""
    compared = not _OF_CHANGE.isdisjoint(publication.results["analysis"])
    return "subtitle" if compared else "subtitle_tables"


def _named(publication: Publication, words: Words) -> Publication:
    """A publication in which everybody is called as in the language of the report."""
    groups = tuple(
        replace(group, title=words("report.everybody")) if group.id == ALL else group
        for group in publication.groups
    )
    # The same one keeps its rows, which take a while to look up for the first time.
    return publication if groups == publication.groups else replace(publication, groups=groups)


def _about(content: Content) -> tuple[tuple[str, str], ...]:
    return ((content.words("report.about.software"), f"peereval {content.publication.version}"),)
