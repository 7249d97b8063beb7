"""The appendix of CHEERS 2022: 28 items in order, and no more said than is known."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from cli.command import done
from peereval.pipeline import Run, analyse
from peereval.rendering.cheers import (
    CITATION,
    NOT_STATED,
    Item,
    appendix,
    cheers_items,
    cheers_page,
)
from peereval.rendering.cost_readings import net_reading
from peereval.rendering.programme import show_programme
from peereval.studies import without_protection
from reading.small_survey import WITH_PROGRAMME, write_small_survey
from spec.test_programme import answers, study_of

#: Items that people alone know, and what the study calls them.
OF_PEOPLE = {
    3: "background", 4: "plan", 19: "distribution", 21: "engagement", 25: "effect_of_engagement",
    27: "funding", 28: "interests",
}  # fmt: skip
OF_BOTH = {
    5: "population", 6: "setting", 7: "comparators", 9: "horizon", 11: "reason_for_outcomes",
    26: "findings",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    study = study_of(tmp_path_factory.mktemp("programme"), answers(12))
    return analyse(without_protection(study))


@pytest.fixture(scope="module")
def items(run: Run) -> dict[int, Item]:
    return {item.number: item for item in cheers_items(run)}


def test_there_are_28_items_in_order_under_their_sections(run: Run) -> None:
    items = cheers_items(run)
    assert [item.number for item in items] == list(range(1, 29))
    sections = list(dict.fromkeys(item.section for item in items))
    assert sections == ["Title", "Abstract", "Introduction", "Methods", "Results", "Discussion",
                        "Other relevant information"]  # fmt: skip
    assert [sum(i.section == s for i in items) for s in sections] == [1, 1, 1, 18, 4, 1, 2]
    assert [items[n - 1].topic for n in (8, 15, 20, 28)] == [
        "Perspective", "Currency, price date, and conversion", "Characterising uncertainty",
        "Conflicts of interest",
    ]  # fmt: skip
    assert len({item.topic for item in items}) == len({item.gloss for item in items}) == 28
    assert all(item.text and item.where for item in items)


def test_what_the_study_does_not_say_is_said_to_be_missing(items: dict[int, Item]) -> None:
    for number in (*OF_PEOPLE, *OF_BOTH):
        assert items[number].text.lower().startswith(NOT_STATED), number


def test_what_the_study_says_is_there_in_its_words(tmp_path: Path) -> None:
    words = {**OF_PEOPLE, **OF_BOTH}
    statements = {key: f"Our own {key}" for key in words.values()}
    statements |= {"ethics": "Approved by a board", "reason_for_perspective": "They pay"}
    found = cheers_items(analyse(study_of(tmp_path, statements=statements)))
    for number, key in words.items():
        assert found[number - 1].text.startswith(f"Our own {key}."), number
    assert "Ethics: Approved by a board." in found[4].text
    assert found[7].text.endswith("Reason: They pay.")
    assert NOT_STATED not in " ".join(item.text.lower() for item in found)


def test_the_text_is_of_what_was_run(items: dict[int, Item]) -> None:
    assert items[8].text.startswith("Schools and NHS.")
    assert "GBP, in prices of 2016/17" in items[15].text
    assert items[10].text.startswith("Nothing is discounted")
    assert "999 draws" in items[20].text
    assert "40 hours per organisation (diaries), 20.00 per hour (made up)" in items[14].text
    assert "books 5 books" in items[22].text
    assert "none is turned into utility or money" in items[13].text
    assert "net cost of 75.00 GBP per participant" in items[23].text
    assert "GBP 37.50 for each unit" not in items[23].text  # the joint draws have their own mean
    assert re.search(r"GBP 3[78]\.\d\d for each unit \(\[", items[23].text)
    assert "worth its cost with a probability of 0% at 0" in items[24].text


def test_discounting_is_said_where_there_is_some(tmp_path: Path) -> None:
    from spec.test_programme import LEAD, with_lines

    kit = {**LEAD, "id": "kit", "useful_life": 3}
    programme = with_lines(kit, discount_rate=0.015)
    found = cheers_items(analyse(study_of(tmp_path, programme=programme)))
    assert found[9].text.startswith("1.5% a year, beyond the first year alone: kit (lasts 3 years)")


def test_the_page_has_the_citation_and_every_item(run: Run, items: dict[int, Item]) -> None:
    page = cheers_page(run)
    assert CITATION in page
    assert "doi:10.1136/bmj-2021-067975" in page
    headings = re.findall(r"^### (\d+)\. (.+)$", page, re.MULTILINE)
    assert headings == [(str(number), item.topic) for number, item in items.items()]


def test_no_id_of_a_respondent_or_school_is_in_it(run: Run) -> None:
    page = cheers_page(run)
    pairs = run.tables["pairs"]
    for name in ("respondent", "organisation"):
        assert not [each for each in pairs[name].unique() if re.search(rf"\b{each}\b", page)]


def test_small_groups_have_no_means(tmp_path: Path) -> None:
    page = cheers_page(analyse(study_of(tmp_path, answers(4))))
    assert "no mean is shown" in page
    assert "75.00" not in page


def test_headlines_alone_have_an_appendix_too(tmp_path: Path) -> None:
    study = study_of(tmp_path, statistics={"depth": "headline", "draws": 99})
    found = cheers_items(analyse(study))
    assert found[19].text.startswith("Headlines alone")
    assert found[23].text == "Not computed at this depth."


def test_a_study_without_costs_has_no_appendix(run: Run) -> None:
    study = replace(run.study, questions=(), programme=None)
    assert appendix(replace(run, study=study)) == {}


def test_it_is_written_beside_the_results(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "small", changes=WITH_PROGRAMME)
    said = done("analyse", study, "--out", tmp_path / "out", "--no-disclosure-control")
    named = set(re.split(r"[\s,]+", said.stdout))
    assert {"cost_effectiveness.csv", "cheers.md"} <= named
    page = (tmp_path / "out" / "cheers.md").read_text(encoding="utf-8")
    assert page.startswith("# Reporting of the economic evaluation (CHEERS 2022)\n\n**Not for pub")
    cloud = pl.read_csv(tmp_path / "out" / "cost_effectiveness.csv")
    assert cloud["draw"].to_list() == list(range(1, 1001))


# --- words --------------------------------------------------------------------------------


def results_with(run: Run, low: float, high: float) -> Run:
    """The same with another interval of every cost change and net cost."""
    costs = pl.col("estimand").is_in(
        ["saving_per_respondent", "net_cost_per_participant", "net_cost_per_respondent"]
    )
    changed = {
        name: run.tables[name].with_columns(
            ci_low=pl.when(costs).then(low).otherwise("ci_low"),
            ci_high=pl.when(costs).then(high).otherwise("ci_high"),
        )
        for name in ("results", "released")
    }
    return replace(run, tables={**run.tables, **changed})


def screen_of(run: Run) -> str:
    screen = Console(file=StringIO(), width=140)
    show_programme(run.tables["results"], run.study, screen)
    return screen.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(("low", "high"), [(-5.0, 5.0), (3.0, 9.0)])
def test_a_net_saving_is_one_only_where_the_interval_lies_below_0(
    run: Run, low: float, high: float
) -> None:
    other = results_with(run, low, high)
    word = "undecided" if low < 0 else "net cost"
    assert net_reading({"ci_low": low, "ci_high": high}) == word
    assert net_reading({"ci_low": -9, "ci_high": -1}) == "net saving"
    assert net_reading({"ci_low": None, "ci_high": None}) == ""
    assert "saving" not in screen_of(other)
    assert word in screen_of(other)
    main = cheers_items(other)[22].text
    assert ("saving" in main) == (low > 0)  # of the cost of contacts, whose sign is the other
    assert "net saving" not in main


def test_the_screen_shows_cost_net_cost_gain_and_acceptability(run: Run) -> None:
    shown = screen_of(run)
    for text in ("100.00", "25.00", "75.00", "GBP a unit", "Perspective: schools and NHS"):
        assert text in shown, text
    assert "no threshold is official" in " ".join(shown.split())


def test_the_screen_shows_no_mean_of_a_few(tmp_path: Path) -> None:
    shown = screen_of(analyse(study_of(tmp_path, answers(4))))
    assert "100.00" in shown  # what the programme cost is nobody's secret
    assert "75.00" not in shown
