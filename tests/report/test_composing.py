"""What a report says, in which order, and that it says nothing it has no row for."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

from peereval.composing import Figure, Listed, Paragraph, Report, Section, Table, compose
from peereval.composing.content import Content, Place
from peereval.composing.readings import Reading, reading_of
from peereval.composing.sections.methods_run import plain, references_of, works
from peereval.publishing import Publication
from peereval.studies import SECTIONS, Protection
from peereval.wording import words

SNAPSHOT = Path(__file__).parent / "pilot.txt"


def sections(report: Report) -> Iterator[Section]:
    waiting = list(report.sections)
    while waiting:
        section = waiting.pop(0)
        yield section
        waiting = [*section.sections, *waiting]


def lines(report: Report) -> Iterator[str]:
    """The text of a report: headings, sentences, tables without what is below their heads."""
    for section in sections(report):
        yield f"# {section.title}"
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield "".join(run.text for run in block.runs)
            elif isinstance(block, Listed):
                yield from ("* " + "".join(r.text for r in item.runs) for item in block.items)
            elif isinstance(block, Table):
                yield f"| {block.title} | " + " | ".join(column.title for column in block.columns)
                yield from ("  " + " | ".join(cell.text for cell in row) for row in block.rows)
            else:
                yield f"[{block.kind}] {block.title}"


def test_survey_tables_alone_do_not_promise_change(report: Report, small: Publication) -> None:
    assert report.subtitle.startswith("What changed")
    assert compose(small, words()).subtitle == "What was answered, and where groups differ"


def test_the_text_of_the_pilots_report_is_as_it_was_read(report: Report) -> None:
    """Written anew with UPDATE_SNAPSHOTS=1, and then read before it is committed."""
    said = "\n".join(lines(report)) + "\n"
    # Another Python has other versions of what numbers were computed with.
    said = re.sub(r"(?<=Software: ).*", "(versions).", said)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(said, encoding="utf-8")
    assert said == SNAPSHOT.read_text(encoding="utf-8")


def test_tables_of_rounded_costs_say_so(report: Report) -> None:
    """Each that has a cost of a single contact of which few gave some answer."""
    captions = {
        block.id: block.caption for section in sections(report) for block in section.blocks
        if isinstance(block, Table) and block.id.startswith("costs-")
    }  # fmt: skip
    said = {name for name, caption in captions.items() if "are rounded to £1 where few" in caption}
    assert said == {"costs-savings", "costs-primary-short_term", "costs-secondary-short_term"}


def test_sections_come_in_the_order_in_which_they_are_read(report: Report) -> None:
    ids = [section.id.replace("-", "_") for section in report.sections]
    assert ids == list(SECTIONS)


def test_a_study_or_a_person_chooses_sections_and_their_order(publication: Publication) -> None:
    chosen = replace(publication, sections=("costs", "found"))
    assert [s.id for s in compose(chosen, words()).sections] == ["costs", "found"]
    assert [s.id for s in compose(chosen, words(), ["flow"]).sections] == ["flow"]


def test_ids_of_tables_figures_and_sections_are_unique(report: Report) -> None:
    blocks = [block for section in sections(report) for block in section.blocks]
    for kind in (Table, Figure):
        ids = [block.id for block in blocks if isinstance(block, kind)]
        assert len(ids) == len(set(ids)) > 10
    names = [section.id for section in sections(report)]
    assert len(names) == len(set(names))


def test_a_row_that_is_not_there_is_an_error(publication: Publication) -> None:
    content = Content(publication, words())
    with pytest.raises(KeyError, match="mean_pre"):
        content.row("paired", "descriptive", "mean_pre", Place("primary", outcome="nothing"))


def test_a_report_needs_every_row_that_it_speaks_of(publication: Publication) -> None:
    gone = pl.col("estimand") != "cost_pre"
    without = replace(publication, results=publication.results.filter(gone))
    with pytest.raises(KeyError, match="cost_pre"):
        compose(without, words())


def test_the_stamp_is_there_where_protection_is_off(publication: Publication) -> None:
    assert compose(publication, words()).stamp == ""
    off = replace(publication, protection=replace(Protection(), on=False))
    report = compose(off, words(), ["protection"])
    assert "not for publication" in report.stamp.lower()
    (first, *_) = report.sections[0].blocks
    assert isinstance(first, Paragraph)
    assert first.kind == "warning"


def test_what_is_kept_back_says_so(publication: Publication) -> None:
    """Every row of an outcome suppressed: its sentences say so, its cells are [c]."""
    mine = (pl.col("outcome") == "srs_family") & (pl.col("status") == "ok")
    numbers = [name for name, kind in publication.results.schema.items() if kind == pl.Float64]
    hidden = publication.results.with_columns(
        *(pl.when(mine).then(None).otherwise(pl.col(name)).alias(name) for name in [*numbers, "n"]),
        pl.when(mine).then(pl.lit("c")).otherwise("marker").alias("marker"),
        pl.when(mine).then(pl.lit("suppressed")).otherwise("status").alias("status"),
    )
    report = compose(replace(publication, results=hidden), words())
    said = "\n".join(lines(report))
    assert "Family connection: kept back, so that nobody can be identified." in said
    assert "  Family connection | [c] | [c] | [c] | [c] | [c] | [c] | [c] | [c] | kept back" in said


@pytest.mark.parametrize(
    ("p_value", "adjusted", "better", "estimate", "key"),
    [
        (0.001, 0.01, "higher", 1.0, "better"),
        (0.001, 0.01, "lower", 1.0, "worse"),
        (0.001, 0.01, "", 1.0, "changed"),
        (0.04, 0.2, "higher", -1.0, "worse_unadjusted"),
        (0.04, None, "higher", 1.0, "better_alone"),
        (0.0501, 0.0501, "higher", 1.0, "undecided"),
        (None, None, "higher", 1.0, "unknown"),
    ],
)
def test_an_effect_is_read_the_same_way_everywhere(
    publication: Publication,
    p_value: float | None,
    adjusted: float | None,
    better: str,
    estimate: float,
    key: str,
) -> None:
    row = {
        "p_value": p_value, "p_adjusted": adjusted, "better": better, "estimate": estimate,
        "phase": "p", "comparison": "c", "group": "g", "outcome": "o", "status": "ok", "marker": "",
    }  # fmt: skip
    assert reading_of(row, Content(publication, words())).key == key


def test_only_what_holds_has_a_colour() -> None:
    assert Reading("change", "better", True).colour == "better"
    assert Reading("change", "better", False).colour == ""
    assert Reading("change", "changed", True).colour == ""


def test_every_reading_has_its_words_and_sentences() -> None:
    there = words()
    codes = ("change", "small_change")
    made = [
        Reading(c, w, h)
        for c in codes
        for w in ("better", "worse", "changed")
        for h in (False, True, None)
    ]
    keys = {each.key for each in made} | {"small", "undecided", "unknown", "withheld"}
    for place in ("reading", "outcomes.said", "outcomes.difference"):
        assert keys <= set(there.below(f"report.{place}"))


# --- methods and references ---------------------------------------------------------------------


def test_every_year_that_a_method_cites_has_its_work() -> None:
    import re

    said = " ".join(v for k, v in words().texts.items()
                    if k.startswith(("vocabulary.methods.", "vocabulary.estimands.")))  # fmt: skip
    for cited in works():
        assert cited in plain(said)
        said = plain(said).replace(cited, "")
    assert re.findall(r"\b(?:18|19|20)\d\d\b", said) == []


def test_only_works_of_methods_that_were_run_are_cited(small: Publication) -> None:
    cited = list(references_of(Content(small, words())))
    assert any("Wilson EB" in each for each in cited)
    assert not any("Kenward" in each for each in cited)


# --- other studies ------------------------------------------------------------------------------


def test_a_study_of_tables_alone_has_a_report(small: Publication) -> None:
    report = compose(small, words())
    ids = [section.id for section in report.sections]
    assert ids == ["found", "flow", "questions", "methods", "data-quality", "protection"]


def test_headlines_alone_make_a_report(publication: Publication) -> None:
    kept = pl.col("analysis").is_in(["flow", "paired", "did"])
    plain_ones = ["descriptive", "paired_t", "paired_cr2", "did_ols", "did_cr2", "count"]
    few = publication.results.filter(kept, pl.col("method").is_in(plain_ones))
    few = few.with_columns(pl.lit(None, pl.Float64).alias("p_adjusted"))
    report = compose(replace(publication, results=few), words())
    said = "\n".join(lines(report))
    assert "Community connection looks better" in said
    assert "[z])" not in said


def programme_row(
    publication: Publication, method: str, estimand: str, **words: object
) -> dict[str, object]:
    """A row of what a programme cost, as `results` would have it."""
    empty = dict.fromkeys(publication.results.columns)
    texts = [n for n, kind in publication.results.schema.items() if kind == pl.String]
    row = empty | dict.fromkeys(texts, "") | {"n": 200, "n_organisations": 9, "status": "ok"}
    row |= {"method": method, "estimand": estimand, "phase": "primary", "group": "participants"}
    row |= words
    keys = ("analysis", "method", "phase", "comparison", "group", "outcome", "level", "estimand")
    return row | {"estimate_id": ".".join(str(row[key]) for key in keys if row[key])}


def test_what_a_programme_cost_has_a_part_of_its_own(publication: Publication) -> None:
    net = {"analysis": "cost_effectiveness", "comparison": "short_term", "outcome": "all_contacts"}
    per = "net_cost_per_participant"
    spent = {"analysis": "programme_cost"}
    made = [
        programme_row(
            publication, "declared", "programme_cost", level="line:lead", estimate=900.5, **spent
        ),
        programme_row(
            publication,
            "declared",
            "programme_cost",
            level="what:staff_time",
            estimate=900.5,
            **spent,
        ),
        programme_row(publication, "declared", "programme_cost", estimate=900.5, **spent),
        programme_row(
            publication, "declared", "programme_cost_per_participant", estimate=9.0, **spent
        ),
        programme_row(publication, "descriptive", per, estimate=214.66, **net),
        programme_row(
            publication,
            "programme_bootstrap",
            per,
            estimate=214.66,
            ci_low=-1.0,
            ci_high=430.0,
            **net,
        ),
        programme_row(
            publication, "programme_psa", per, estimate=214.7, ci_low=-2.0, ci_high=440.0, **net
        ),
    ]
    rows = pl.DataFrame(made, schema=publication.results.schema, orient="row")
    more = replace(publication, results=publication.results.vstack(rows))
    said = "\n".join(lines(compose(more, words(), ["costs"])))
    assert "  All of it | £900.50\n  For each participant | £9.00" in said
    assert "  Staff time in all | £900.50" in said
    assert "  Each participant | £214.66 | −£1.00 | £430.00 | −£2.00 | £440.00" in said
    assert "What the programme cost" not in "\n".join(lines(compose(publication, words())))
