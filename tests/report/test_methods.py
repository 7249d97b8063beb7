"""Methods in plain words and in detail, reasons for what could not be estimated, and names."""

import re
from collections.abc import Iterator

import polars as pl
from msgspec.structs import replace

from peereval.columns import ANALYSES, METHODS
from peereval.composing import Figure, Listed, Paragraph, Report, Section, Table, compose
from peereval.composing.content import Content
from peereval.composing.model import Cell, Column, Run
from peereval.composing.reasons import with_reasons
from peereval.composing.sections.methods_run import FAMILIES, used_for
from peereval.publishing import Publication
from peereval.wording import words
from report.test_composing import sections


def paragraphs(section: Section) -> list[Paragraph]:
    """Every paragraph of a section and of its parts, in their order."""
    items = [
        item for block in section.blocks
        for item in (block.items if isinstance(block, Listed) else [block])
        if isinstance(item, Paragraph)
    ]  # fmt: skip
    return items + [each for part in section.sections for each in paragraphs(part)]


def texts(*parts: Section) -> list[str]:
    return ["".join(r.text for r in each.runs) for part in parts for each in paragraphs(part)]


def section_of(report: Report, name: str) -> Section:
    return next(section for section in sections(report) if section.id == name)


def tables_of(report: Report) -> Iterator[Table]:
    for section in sections(report):
        for block in section.blocks:
            if isinstance(block, Figure):
                yield block.data
            elif isinstance(block, Table):
                yield block


# --- methods --------------------------------------------------------------------------------------


def test_every_method_has_one_family() -> None:
    names = [name for family in FAMILIES.values() for name in family]
    assert sorted(names) == sorted(METHODS)
    assert set(words().below("report.methods.family")) == set(FAMILIES)


def test_methods_are_those_that_were_run(publication: Publication, report: Report) -> None:
    parts = section_of(report, "methods-detail").sections
    shown = texts(*(part for part in parts if part.id.removeprefix("methods-") in FAMILIES))
    used = used_for(Content(publication, words()))
    gave = publication.results.filter(pl.col("status") != "not_estimable")
    pairs = gave.select("analysis", "method").unique()
    assert set(used) == set(gave["method"]) < set(publication.results["method"])
    assert sum(map(len, used.values())) == pairs.height
    assert len(shown) == len(used)
    for name, analyses in used.items():
        start = METHODS[name][:1].upper() + METHODS[name][1:] + ". "
        (text,) = [each for each in shown if each.startswith(start)]
        assert all(ANALYSES[analysis] in text for analysis in analyses)


def test_what_a_method_cites_leads_to_the_work(report: Report) -> None:
    cited = [run for each in paragraphs(section_of(report, "methods")) for run in each.runs
             if run.link.startswith("#")]  # fmt: skip
    found = paragraphs(section_of(report, "methods-references"))
    works = {each.id: each.runs[0].text for each in found}
    assert len(works) == len(found)
    assert len(cited) > 40
    for run in cited:
        years = set(re.findall(r"\d{4}", run.text))
        assert years <= set(re.findall(r"\d{4}", works[run.link[1:]])) or "Rubin" in run.text


def test_methods_begin_in_plain_words(report: Report, small: Publication) -> None:
    methods = section_of(report, "methods")
    parts = ["methods-asked", "methods-compared", "methods-sure", "methods-must-not"]
    assert [part.id for part in methods.sections] == [*parts, "methods-detail"]
    assert methods.blocks == ()
    assert all(part.folded for part in methods.sections[-1].sections)
    plainly = " ".join(texts(*methods.sections[:-1]))
    assert "Participants" in plainly
    assert not re.search(r"CR2|bootstrap|Satterthwaite|standard error|p value", plainly)
    # A study of tables alone is told nothing of change, groups or money.
    of_tables = section_of(compose(small, words()), "methods")
    said = " ".join(texts(*of_tables.sections[:-1]))
    assert "tables of single questions" in said
    assert "saved" not in said
    assert "programme" not in said


def test_a_study_without_a_comparison_group_is_told_so(publication: Publication) -> None:
    alone = publication.results.filter(pl.col("analysis").is_in(["flow", "paired"]))
    report = compose(replace(publication, results=alone, contrast=()), words())
    said = " ".join(texts(section_of(report, "methods")))
    assert "There was no comparison group" in said
    assert "Non-participants" not in said
    assert "Non-participants" in " ".join(
        texts(section_of(compose(publication, words()), "methods"))
    )


# --- what could not be estimated ------------------------------------------------------------------


def test_every_number_that_could_not_be_estimated_has_its_reason_below(
    publication: Publication, report: Report
) -> None:
    rows, seen = publication.rows(), 0
    for table in tables_of(report):
        for row in table.rows:
            for column, cell in zip(table.columns, row, strict=True):
                if cell.marker != "x" or not cell.estimate_id:
                    continue
                seen += 1
                reason = rows[cell.estimate_id]["note"].rstrip(".")
                assert reason
                assert any(
                    f"“{column.title}”" in said
                    and (row[0].text in said or "every row" in said)
                    and reason in said
                    for said in table.notes
                )
    assert seen > 20


def test_no_table_without_such_a_number_says_why(report: Report) -> None:
    for table in tables_of(report):
        there = any(cell.marker == "x" for row in table.rows for cell in row)
        assert any(note.startswith("[x]") for note in table.notes) == there


def test_a_row_without_a_reason_says_at_least_what_the_mark_means(publication: Publication) -> None:
    columns = (Column("who", "Who", "text"), Column("n", "How many"))
    table = Table("t", "T", columns, ((Cell("Ash"), Cell("[x]", marker="x")),))
    (found,) = with_reasons(Section("s", "S", (table,)), Content(publication, words())).blocks
    assert isinstance(found, Table)
    assert found.notes == ("[x] “How many”, for Ash: could not be estimated.",)


# --- names ----------------------------------------------------------------------------------------


def test_no_id_stands_in_a_report(report: Report, small: Publication) -> None:
    for each in (report, compose(small, words())):
        said = texts(*each.sections) + [section.title for section in sections(each)]
        said += [text for about in each.about for text in about]
        for table in tables_of(each):
            said += [table.title, table.caption, *table.notes]
            said += [column.title for column in table.columns]
            said += [cell.text for row in table.rows for cell in row]
        assert len(said) > 500
        assert [text for text in said if re.search(r"[a-z0-9]_[a-z0-9]", text)] == []


def test_indices_unit_costs_and_characteristics_are_called_by_their_names(
    publication: Publication, report: Report
) -> None:
    assert [each.title for each in publication.characteristics] == ["year group", "gender"]
    assert "Outcomes by year group; gender." in " ".join(texts(section_of(report, "cheers-18")))
    cost = {**publication.run["unit_costs"][0], "converted": {
        "value_before": 6.0, "price_year_before": "2016/17", "index": "gdp_deflator",
        "vintage": "March 2026", "factor": 1.0136,
    }}  # fmt: skip
    assert publication.economics is not None
    declared = replace(
        publication.economics, indices={"gdp_deflator": "GDP deflator at market prices"}
    )
    converted = replace(
        publication, economics=declared, run={**publication.run, "unit_costs": [cost]}
    )
    own = compose(converted, words(), ["costs"])
    (table,) = [each for each in tables_of(own) if each.id == "costs-unit-costs"]
    assert (
        "Converted from 6.00 in 2016/17 with GDP deflator at market prices."
        in table.rows[0][-1].text
    )


def test_a_run_of_words_is_still_one_paragraph(report: Report) -> None:
    """A citation in the midst of a method is a link there, and the sentence is whole."""
    (one,) = [each for each in paragraphs(section_of(report, "methods-shares"))
              if each.runs[0].text.startswith("Test of marginal")]  # fmt: skip
    assert replace(one.runs[1], link="") == Run("Stuart 1955")
    assert "".join(run.text for run in one.runs).startswith(
        "Test of marginal homogeneity (Stuart 1955; Maxwell 1970); pairs taken as independent. Used"
    )
