"""How often contacts were made: tables of released shares, and of nothing that stands alone."""

import polars as pl
import pytest
from msgspec.structs import replace

from peereval.composing import Table, compose
from peereval.composing.content import Content
from peereval.composing.sections.contacts import contacts
from peereval.output.run import manifest
from peereval.pipeline import analyse
from peereval.publishing import Publication, publish
from peereval.studies import Protection
from peereval.wording import words
from report.numbers import agrees, times, why_blank
from spec.test_programme import answers, study_of


def tables(publication: Publication) -> list[Table]:
    return list(contacts(Content(publication, words())))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """Twelve schools: one of two that were helped saw a nurse before, and one of all after."""
    rows = answers(12)
    rows[1]["nurse"] = "Once"
    study = study_of(tmp_path_factory.mktemp("shown"), rows)
    run = analyse(replace(study, protection=replace(Protection(), on=False)))
    return publish(run, manifest(run))


def test_answers_are_rows_and_groups_are_columns(shown: Publication) -> None:
    (table,) = tables(shown)
    assert [column.id for column in table.columns][1:5] == [
        "all_before", "all_after", "all_change", "all_p",
    ]  # fmt: skip
    rows = {row[0].text: [c.text.removesuffix(" [u]") for c in row[1:5]] for row in table.rows}
    assert rows["Never"] == ["50%", "96%", "45.8", "<0.001"]
    assert rows["Once"] == ["50%", "4%", "−45.8", "<0.001"]
    assert rows["Weekly"] == ["0%", "0%", "[x]", "[x]"]
    assert rows["Base (respondents)"] == ["24", "24", "", ""]
    by_test = [name for name in rows if name.startswith("p of all answers")]
    assert len(by_test) == 2
    assert rows[by_test[0]] == ["", "", "", "<0.001"]
    assert rows[by_test[1]][3] == "<0.001"
    assert table.notes == (words()("report.contacts.tests"),)


@pytest.mark.parametrize("name", ["publication", "shown"])
def test_every_number_is_that_of_its_row(name: str, request: pytest.FixtureRequest) -> None:
    publication: Publication = request.getfixturevalue(name)
    rows, n = publication.rows(), 0
    for table in tables(publication):
        assert table.appendix
        for line in table.rows:
            for cell in (cell for cell in line if cell.estimate_id):
                row = rows[cell.estimate_id]
                assert agrees(cell.text, row[cell.field], why_blank(row), times(row, cell.field))
                n += 1
    assert n > 10


def test_a_column_has_two_answers_at_least(publication: Publication) -> None:
    """Of the pilot every change is kept back, and of mentees all answers but one."""
    made = tables(publication)
    assert made
    for table in made:
        for place, column in enumerate(table.columns[1:], 1):
            released = [row[place] for row in table.rows if row[place].text.endswith("%")]
            assert len(released) >= 2, (table.id, column.id)
            assert not column.id.endswith(("_change", "_p"))
        assert table.notes == ()
        assert not [row for row in table.rows if row[0].text.startswith("p of")]


def test_without_such_rows_there_is_no_such_part(publication: Publication) -> None:
    gone = pl.col("analysis") != "contact_distribution"
    few = replace(publication, results=publication.results.filter(gone))
    (appendix,) = compose(few, words(), ["appendix"]).sections
    assert "appendix-contacts" not in [part.id for part in appendix.sections]
    (appendix,) = compose(publication, words(), ["appendix"]).sections
    assert "appendix-contacts" in [part.id for part in appendix.sections]
