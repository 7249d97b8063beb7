"""The words of the results are those of the closed lists: no other, and none that nobody makes."""

import polars as pl
import pytest

import peereval as pe
from peereval import columns
from peereval.pipeline import Run
from peereval.studies import Study
from reading.small_survey import untidy_rows, with_near_miss, write_small_survey

LISTS = {
    "analysis": columns.ANALYSES,
    "method": columns.METHODS,
    "estimand": columns.ESTIMANDS,
    "status": columns.STATUSES,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    rows = with_near_miss(untidy_rows())
    return pe.analyse(write_small_survey(tmp_path_factory.mktemp("small"), rows))


@pytest.mark.parametrize("column", LISTS)
def test_a_word_of_the_results_is_in_its_list(column: str, run: Run) -> None:
    assert set(run.tables["results"][column]) <= set(LISTS[column])


# Withholding small counts is declared before it is done.
NOT_YET_MADE = {"suppressed"}


@pytest.mark.parametrize("column", LISTS)
def test_a_word_of_a_list_is_made_by_something(column: str, run: Run) -> None:
    assert set(LISTS[column]) - set(run.tables["results"][column]) <= NOT_YET_MADE


@pytest.mark.parametrize("column", LISTS)
def test_every_word_has_a_meaning(column: str) -> None:
    assert all(
        len(meaning.split()) > 1 for meaning in LISTS[column].values() if meaning != "estimated"
    )
    assert len(set(LISTS[column].values())) == len(LISTS[column])


@pytest.mark.parametrize("table", columns.TABLES)
def test_every_column_has_a_type_and_a_meaning(table: str) -> None:
    names = columns.names(table)
    assert len(set(names)) == len(names)
    for column in columns.TABLES[table]:
        assert column.type in {"text", "integer", "number", "flag"}, column.name
        assert column.meaning, column.name


def test_the_words_of_a_row_are_those_of_the_study(run: Run) -> None:
    results = run.tables["results"]
    study = run.study
    groups = {"all", *(group.id for group in study.groups), "_v_".join(study.contrast or ())}
    outcomes = {*study.scores, *study.bands, *(question.id for question in study.questions)}
    assert set(results["phase"]) == {phase.id for phase in study.phases}
    assert set(results["comparison"]) <= {"", *(each.id for each in study.comparisons)}
    assert set(results["group"]) <= {"", *groups}
    assert set(results["outcome"]) <= {"", "all_contacts", *outcomes}
    levels = {name for band in study.bands.values() for name, _, _ in band.levels}
    items = {item.id for part in study.scales for item in part.scale.items}
    of_items = {f"{occasion}:{item}" for occasion in study.occasions for item in items}
    moves = {f"{one}>{two}" for one in levels for two in levels}
    of_costs = cost_levels(study)
    assert set(results["level"]) <= {"", *study.occasions, *levels, *moves, *of_items, *of_costs}


def cost_levels(study: Study) -> set[str]:
    """Levels of the rows about costs: parameters at their ends, scenarios, who or what is meant."""
    costed = [question for question in study.questions if question.unit_cost]
    labels = {label.text for question in costed for label in question.labels}
    varied = {f"unit_cost:{question.unit_cost.id}" for question in costed if question.unit_cost}
    varied |= {f"contacts:{label}" for label in labels}
    ends = {f"{name}:{end}" for name in varied for end in ("low", "high")}
    occasions = ("before", "after")
    parts = [*(f"top_{n}" for n in (1, 5, 10)), *(f"label:{label}" for label in labels)]
    return {
        "all_answered", "winsorised:95", "winsorised:99", *varied, *ends, *occasions,
        *(f"scenario:{each.id}" for each in study.cost_uncertainty.scenarios),
        *(f"{part}:{occasion}" for part in parts for occasion in occasions),
        *(f"{what}:{end}" for what in ("respondent", "organisation")
          for end in ("lowest", "highest")),
    }  # fmt: skip


def test_the_results_have_the_columns_of_the_vocabulary_in_its_order(run: Run) -> None:
    kinds = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64}
    wanted = {column.name: kinds[column.type] for column in columns.RESULTS}
    assert dict(run.tables["results"].schema) == wanted


def test_the_ledger_says_in_words_what_its_status_means(run: Run) -> None:
    ledger = run.tables["ledger"]
    assert set(ledger["status"]) <= set(columns.LEDGER_STATUSES)
    plain = ledger.filter(pl.col("status") != "duplicate").select("status", "reason").unique()
    assert dict(plain.iter_rows()) == {
        status: columns.LEDGER_STATUSES[status] for status in plain["status"]
    }


def test_the_public_names_are_all_there() -> None:
    assert set(pe.__all__) <= set(dir(pe))
    for name in pe.__all__:
        assert getattr(pe, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'analyze'"):
        _ = pe.analyze


def test_a_run_has_its_tables_as_pandas_too(run: Run) -> None:
    for name in ("results", "scores", "pairs", "ledger", "faults"):
        frame = getattr(run, name)
        assert list(frame.columns) == run.tables[name].columns
        assert len(frame) == run.tables[name].height
