"""The checklist of CHEERS 2022: 28 items in order, of released results, no more than is known."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from cli.command import done
from peereval.composing import Listed, Paragraph, Report, Run, Section, compose
from peereval.composing.content import Content, Place
from peereval.composing.sections.programme import net_cost_sentence
from peereval.output.run import manifest
from peereval.pipeline import analyse
from peereval.publishing import Publication, from_json, publish, to_json
from peereval.rendering.markdown import markdown
from peereval.reporting import write_analysis
from peereval.studies import SECTIONS, Protection, Study
from peereval.wording import words
from report.numbers import agrees, times, why_blank
from report.test_wording import pseudo, words_of_the_data
from spec.test_programme import LEAD, answers, study_of, with_lines

NOT_STATED = words()("cheers.not_stated")
#: Items that people alone know, and what the study calls them.
OF_PEOPLE = {
    3: "background", 4: "plan", 19: "distribution", 21: "engagement", 25: "effect_of_engagement",
    27: "funding", 28: "interests",
}  # fmt: skip
OF_BOTH = {
    5: "population", 6: "setting", 7: "comparators", 9: "horizon", 11: "reason_for_outcomes",
    26: "findings",
}  # fmt: skip


def published(study: Study) -> Publication:
    run = analyse(study)
    return publish(run, manifest(run))


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return published(study_of(tmp_path_factory.mktemp("programme"), answers(16)))


def section_of(publication: Publication) -> Section:
    (section,) = compose(publication, words(), ["cheers"]).sections
    return section


def all_of(section: Section) -> list[Section]:
    return [item for part in section.sections for item in part.sections]


def paragraphs(section: Section) -> Iterator[Paragraph]:
    for block in section.blocks:
        if isinstance(block, Listed):
            yield from block.items
        elif isinstance(block, Paragraph):
            yield block


def plain(paragraph: Paragraph) -> str:
    return "".join(run.text for run in paragraph.runs)


def items(publication: Publication) -> dict[int, str]:
    """What is said of each item, without what is asked and where it stands."""
    return {
        number: "\n".join(plain(each) for each in list(paragraphs(item))[1:-1])
        for number, item in enumerate(all_of(section_of(publication)), 1)
    }


# --- the list -----------------------------------------------------------------------------


def test_there_are_28_items_in_order_under_their_parts(programme: Publication) -> None:
    section = section_of(programme)
    assert [part.title for part in section.sections] == [
        "Title", "Abstract", "Introduction", "Methods", "Results", "Discussion",
        "Other relevant information",
    ]  # fmt: skip
    assert [len(part.sections) for part in section.sections] == [1, 1, 1, 18, 4, 1, 2]
    titles = [item.title for item in all_of(section)]
    assert [title.partition(".")[0] for title in titles] == [str(n) for n in range(1, 29)]
    assert [titles[n - 1] for n in (8, 15, 20, 28)] == [
        "8. Perspective", "15. Currency, price date, and conversion",
        "20. Characterising uncertainty", "28. Conflicts of interest",
    ]  # fmt: skip


def test_every_item_says_what_is_asked_what_there_is_and_where(programme: Publication) -> None:
    said = [list(paragraphs(item)) for item in all_of(section_of(programme))]
    for first, *rest, last in said:
        assert first.kind == last.kind == "note"
        assert plain(last).startswith("Where: ")
        assert rest
        assert all(plain(each).strip() for each in rest)
    assert len({plain(each[0]) for each in said}) == 28


def test_it_stands_before_the_appendix_and_a_study_can_leave_it_out(report: Report) -> None:
    assert SECTIONS[-2:] == ("cheers", "appendix")
    assert [section.id for section in report.sections][-2:] == ["cheers", "appendix"]


def test_a_study_without_costs_has_none(small: Publication) -> None:
    assert small.economics is None
    assert compose(small, words(), ["cheers"]).sections == ()


def test_what_it_needs_is_read_back_as_it_was_written(programme: Publication) -> None:
    again = from_json(to_json(programme))
    assert again.economics == programme.economics
    assert section_of(again) == section_of(programme)


# --- what is said -------------------------------------------------------------------------


def test_what_the_study_does_not_say_is_said_to_be_missing(programme: Publication) -> None:
    found = items(programme)
    for number in (*OF_PEOPLE, *OF_BOTH):
        assert found[number].startswith(NOT_STATED), number


def test_what_the_study_says_is_there_in_its_words(tmp_path: Path) -> None:
    keys = {**OF_PEOPLE, **OF_BOTH}
    statements = {key: f"our own {key}" for key in keys.values()}
    statements |= {"ethics": "Approved by a board", "reason_for_perspective": "They pay"}
    found = items(published(study_of(tmp_path, statements=statements)))
    for number, key in keys.items():
        assert found[number].startswith(f"Our own {key}."), number
    assert "Ethics: Approved by a board." in found[5]
    assert found[8].endswith("Reason: They pay.")
    assert NOT_STATED not in " ".join(found.values())


def test_the_text_is_of_what_was_run(programme: Publication) -> None:
    """The numbers are those of `test_from_hours_to_pounds_to_net_cost_per_point`."""
    found = items(programme)
    assert found[8].startswith("Schools and NHS.")
    assert "GBP, in prices of 2016/17. No price was converted." in found[15]
    assert found[10].startswith("Nothing is discounted")
    assert "999 draws" in found[20]
    said = "lead (in hours): 40 for each organisation (diaries), at £20.00 per hour (made up)"
    assert said in found[14].splitlines()
    assert "books: £4.00 (£3.00 to £6.00) per book" in found[22]
    assert "Never: 0; Once: 1; Weekly: 12." in found[22]
    assert "none is turned into utility or money" in found[13]
    assert "net cost for each participant" in found[23]
    assert "£75.00" in found[23]
    assert "One unit of it cost £37.50 (95% interval" in found[23]
    assert "worth its cost with a probability of 0% at £0.00 a unit; 86% at £50.00" in found[24]


def test_a_converted_price_names_its_index(tmp_path: Path) -> None:
    kit = {**LEAD, "id": "kit", "unit_cost": "hour"}
    costs = {"unit_costs": "costs.toml", "group": "helped", "perspective": "schools and NHS",
             "price_year": "2016/17", "index": "gdp_deflator"}  # fmt: skip
    publication = published(study_of(tmp_path, programme=with_lines(kit), costs=costs))
    assert publication.economics
    (title,) = publication.economics.indices.values()
    (cost,) = [c for c in publication.run["unit_costs"] if c["id"] == "hour"]
    factor = f"{cost['converted']['factor']:.4f}"
    assert f"Converted: hour from 2015/16 by {title}" in items(publication)[15]
    assert items(publication)[15].endswith(f"times {factor}.")


def test_discounting_is_said_where_there_is_some(tmp_path: Path) -> None:
    kit = {**LEAD, "id": "kit", "useful_life": 3}
    later = {**LEAD, "id": "later", "year": 2}
    lines = with_lines(kit, later, discount_rate=0.015)
    found = items(published(study_of(tmp_path, programme=lines)))
    said = "1.5% a year, beyond the first year alone: kit (lasts 3 years); later (paid in year 2)."
    assert found[10].startswith(said)


def test_headlines_alone_have_a_checklist_too(tmp_path: Path) -> None:
    study = study_of(tmp_path, statistics={"depth": "headline", "draws": 99})
    found = items(published(study))
    assert found[20].startswith("Headlines alone")
    assert found[24] == "Not computed at this depth."


# --- numbers ------------------------------------------------------------------------------


def numbers(section: Section) -> list[Run]:
    waiting, found = [section], []
    while waiting:
        each = waiting.pop()
        found += [run for said in paragraphs(each) for run in said.runs if run.estimate_id]
        waiting += each.sections
    return found


@pytest.mark.parametrize("name", ["publication", "programme"])
def test_every_number_is_that_of_its_released_row(
    name: str, request: pytest.FixtureRequest
) -> None:
    publication: Publication = request.getfixturevalue(name)
    rows = publication.rows()
    runs = numbers(section_of(publication))
    assert len(runs) > 20
    for run in runs:
        row = rows[run.estimate_id]
        assert agrees(run.text, row[run.field], why_blank(row), times(row, run.field)), run


def test_no_mean_or_test_is_typed_beside_the_rows(programme: Publication) -> None:
    """Items 5, 6, 23 and 24 without their runs of results hold no numbers but declared ones."""
    declared = {"95"}
    for number, item in enumerate(all_of(section_of(programme)), 1):
        if number not in (5, 6, 23):
            continue
        for each in list(paragraphs(item))[1:-1]:
            typed = "".join(run.text for run in each.runs if not run.estimate_id)
            assert set(re.findall(r"\d+(?:\.\d+)?", typed)) <= declared, typed


def test_what_is_kept_back_is_not_in_it(programme: Publication) -> None:
    """Every row about costs suppressed: numbers become [c] or sentences that say so."""
    costs = pl.col("analysis").str.starts_with("cost") | (pl.col("analysis") == "programme_cost")
    columns = programme.results.schema
    values = [name for name, kind in columns.items() if kind == pl.Float64]
    hidden = programme.results.with_columns(
        *(pl.when(costs).then(None).otherwise(pl.col(name)).alias(name)
          for name in [*values, "n", "n_organisations"]),
        pl.when(costs).then(pl.lit("c")).otherwise("marker").alias("marker"),
        pl.when(costs).then(pl.lit("suppressed")).otherwise("status").alias("status"),
    )  # fmt: skip
    kept = replace(programme, results=hidden)
    assert {run.text for run in numbers(section_of(kept))} == {"[c]"}
    found = items(kept)
    assert found[5].endswith("[c].")
    assert "The cost of contacts is kept back" in found[23]
    assert "the net cost of the programme is kept back" in found[23]
    assert "the gain is kept back" in found[23]
    assert "£75.00" not in " ".join(found.values())
    blocks = [plain(b) for b in section_of(kept).blocks if isinstance(b, Paragraph)]
    assert words()("cheers.kept_back") in blocks


def test_small_groups_have_no_means(tmp_path: Path) -> None:
    publication = published(study_of(tmp_path, answers(4)))
    found = items(publication)
    assert "kept back" in found[23]
    assert "75.00" not in " ".join(found.values())


def test_without_protection_nothing_is_said_of_it(programme: Publication) -> None:
    off = replace(programme, protection=replace(Protection(), on=False))
    assert "Means of fewer than 10 respondents are kept back." in items(programme)[26]
    assert "kept back" not in items(off)[26]


def test_no_id_of_a_respondent_or_school_is_in_it(tmp_path: Path) -> None:
    run = analyse(study_of(tmp_path, answers(12)))
    publication = publish(run, manifest(run))
    page = markdown(compose(publication, words(), ["cheers"]), words())
    pairs = run.tables["pairs"]
    for name in ("respondent", "organisation"):
        assert not [each for each in pairs[name].unique() if re.search(rf"\b{each}\b", page)]


# --- words --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["publication", "programme"])
def test_every_sentence_is_in_the_words(name: str, request: pytest.FixtureRequest) -> None:
    """In a language of other letters nothing is left in ours but what the study brings."""
    publication: Publication = request.getfixturevalue(name)
    page = markdown(compose(publication, pseudo(), ["cheers"]), pseudo())
    # Only a key of `results.json` is not among its words; links are no text.
    known = words_of_the_data(publication) | {"doi"}
    text = re.sub(r"\(<https[^>]*>\)|\[c\]|\\", "", page)
    left = set(re.findall("[A-Za-z]{2,}", text)) - known
    assert left == set()
    assert "ⓐ" in page


def net_cost(low: float | None, high: float | None, net: float | None = 1.0) -> str:
    """The sentence of a net cost with this interval."""
    place = Place("young", "change", "helped", "all_contacts")
    rows = {
        f"cost_effectiveness.{method}.young.change.helped.all_contacts.net_cost_per_participant": {
            "estimate": net, "ci_low": low, "ci_high": high, "n": 40, "marker": "", "note": "",
            "status": "ok" if net is not None else "suppressed", "estimate_id": method,
        }
        for method in ("descriptive", "programme_psa")
    }  # fmt: skip

    class Rows:
        currency, ci_level = "GBP", 0.95

        def rows(self) -> Mapping[str, Any]:
            return rows

        def title_of(self, name: str) -> str:
            return name

    content = Content(Rows(), words())  # type: ignore[arg-type]
    (said,) = net_cost_sentence(content, place.at(outcome=""))
    return plain(said)


@pytest.mark.parametrize(
    ("low", "high", "said", "saving"),
    [
        (-9.0, -1.0, "a net saving", True),
        (-5.0, 5.0, "is undecided", False),
        (-9.0, 0.0, "is undecided", False),
        (3.0, 9.0, "cost more than contacts fell by", False),
        (None, None, "how sure that is was not estimated", False),
    ],
)
def test_a_net_saving_is_one_only_where_the_interval_lies_below_0(
    low: float | None, high: float | None, said: str, saving: bool
) -> None:
    sentence = net_cost(low, high)
    assert said in sentence
    assert ("saving" in sentence) == saving


def test_a_net_cost_that_is_kept_back_says_so() -> None:
    assert "kept back" in net_cost(None, None, None)


def test_what_was_found_has_one_sentence_on_net_cost(
    programme: Publication, publication: Publication
) -> None:
    for each, n in ((programme, 1), (publication, 0)):
        (found,) = compose(each, words(), ["found"]).sections
        said = [plain(p) for part in found.sections for p in paragraphs(part)]
        assert sum("net cost" in text for text in said) == n


# --- the file -----------------------------------------------------------------------------


def written(study: Study, folder: Path) -> tuple[str, ...]:
    return write_analysis(analyse(study), folder, formats=("md",))


def test_it_is_written_beside_the_results_and_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "cheers.md" in written(study_of(tmp_path, answers(12)), out)
    page = (out / "cheers.md").read_text(encoding="utf-8")
    assert "\n## Reporting of the economic evaluation (CHEERS 2022)\n" in page
    assert len(re.findall(r"^#### \d+\\\. ", page, re.MULTILINE)) == 28
    assert "doi:10.1136/bmj-2021-067975" in page
    (out / "cheers.md").unlink()
    assert "cheers.md" in done("report", out).stdout
    assert (out / "cheers.md").read_text(encoding="utf-8") == page


def test_one_format_of_the_report_leaves_the_file_alone(tmp_path: Path) -> None:
    written(study_of(tmp_path, answers(12)), tmp_path / "out")
    assert "cheers.md" not in done("report", tmp_path / "out", "--to", "html").stdout


def test_a_study_that_leaves_the_section_out_has_the_file(tmp_path: Path) -> None:
    written(study_of(tmp_path, answers(12), report={"sections": ["found"]}), tmp_path / "out")
    assert "CHEERS" not in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "CHEERS" in (tmp_path / "out" / "cheers.md").read_text(encoding="utf-8")


def test_a_study_without_costs_has_no_file(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    free = replace(study, questions=(), programme=None)
    assert "cheers.md" not in written(free, tmp_path / "out")
