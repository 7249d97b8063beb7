"""The report of a school that evaluates itself: what it can know, and why it may be empty."""

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from peereval.columns import METHODS
from peereval.composing import compose
from peereval.composing.organisations import compose_organisations
from peereval.output.run import manifest
from peereval.pipeline import Run, analyse
from peereval.publishing import Publication, publish
from peereval.wording import words
from report.test_composing import lines, sections
from report.test_organisation_pages import said
from support.studies import MOOD, make_study

#: Schools that are told apart: none, as in a form of one school; one; two; as many as it takes.
SCHOOLS = {
    "untold": (),
    "one": ("Hill High",),
    "two": ("Hill High", "Oak"),
    "six": ("Hill High", "Oak", "Ash", "Elm", "Fir", "Yew"),
}

SUMMARY = "outcomes-young-change"


@cache
def made(kind: str) -> tuple[Run, Publication]:
    """Sixty pupils, before and after, by whom some got better."""
    chance = random.Random(3)
    names = SCHOOLS[kind]
    rows = []
    for number in range(60):
        before = chance.randint(0, 3)
        for when, answer in (("b1", before), ("f1", min(4, before + chance.choice((0, 0, 1))))):
            row = {"id": f"k{number}", "role": "mentee", "when": when}
            school = {"school": names[number % len(names)]} if names else {}
            items = {item["id"]: str(answer) for item in MOOD["items"]}
            rows.append(row | school | items)
    columns = {"respondent": "id", "role": "role"} | ({"organisation": "school"} if names else {})
    with TemporaryDirectory() as folder:
        run = analyse(
            make_study(Path(folder), rows, MOOD, columns=columns, statistics={"depth": "full"})
        )
        return run, publish(run, manifest(run))


def text_of(kind: str) -> str:
    return "\n".join(lines(compose(made(kind)[1], words())))


def test_a_school_reads_its_change_and_that_it_holds_for_itself() -> None:
    text = text_of("untold")
    assert "got better" in text
    assert "What is said here holds for those who answered" in text
    assert "Most numbers are not shown" not in text


def test_a_report_that_must_be_empty_says_why_and_what_to_do() -> None:
    text = text_of("one")
    assert "All who answered are of one school" in text
    assert "all who answered are of 1 organisation, and" in text
    assert "set organisations = 1 under [disclosure]" in text
    assert "all who answered are of 2 organisations, and" in text_of("two")


def test_several_schools_are_told_none_of_this() -> None:
    text = text_of("six")
    for said_of_one in (
        "whether it is so elsewhere",
        "Most numbers are not shown",
        "as independent of one another, because",
    ):
        assert said_of_one not in text


@pytest.mark.parametrize("kind", ["untold", "one"])
def test_nothing_is_said_of_how_organisations_differ(kind: str) -> None:
    text = text_of(kind)
    for between in (
        "Median organisation",
        "Organisations lost",
        "Intraclass",
        "Effective respondents",
    ):
        assert between not in text
        assert between in text_of("six")
    assert "What could have been seen" in text


def test_methods_are_those_that_gave_a_number() -> None:
    text = text_of("untold")
    parts = sections(compose(made("untold")[1], words()))
    (table,) = [b for part in parts for b in part.blocks if getattr(b, "id", "") == SUMMARY]
    assert table.caption.endswith("p: paired t-test, respondents taken as independent.")
    assert table.notes == ()
    for method in ("paired_cr2", "paired_wild", "paired_multilevel"):
        assert METHODS[method] not in text
        assert METHODS[method].lower() in text_of("six").lower()


def test_the_page_of_the_only_organisation_is_beside_nothing() -> None:
    run, publication = made("one")
    (page,) = compose_organisations(publication, run.tables["organisations"], words())
    text = said(page.report)
    assert "Yours is the only organisation in the survey" in text
    assert "Larger than chance alone would make it" in text
    for beside in ("Beside all organisations", "does not rank", "best estimate", "Do not compare"):
        assert beside not in text
