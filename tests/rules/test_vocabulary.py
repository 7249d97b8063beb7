"""The words of the results are those of the closed lists: no other, and none that nobody makes."""

import ast
import re
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import polars as pl
import pytest

import peereval as pe
from peereval import columns
from peereval.estimators.cost_effectiveness import QUADRANTS
from peereval.pipeline import Run
from peereval.studies import Study, load_study, threshold_word
from reading.small_survey import WITH_CLAIMS, untidy_rows, with_near_miss, write_small_survey
from rules.sources import PROJECT, modules, project_files
from support.coded import write_coded_by_three
from support.studies import FIVE, FULL, MEDIUM, SHORT, make_plain_study, make_scale
from support.surveys import MOOD, PHASES, draw_survey, make_survey
from support.tables import Row

LISTS = {
    "analysis": columns.ANALYSES,
    "method": columns.METHODS,
    "estimand": columns.ESTIMANDS,
    "status": columns.STATUSES,
}


#: The mean of three parts, which have a norm and a published threshold; all of them verified.
_PART = {"rule": "sum", "range": [0, 12]}
_VERIFIED = {"source": "made up", "verified": True}
PARTS = make_scale(
    "parts",
    " ".join(f"{part}{n}" for part in "abc" for n in range(1, 4)),
    *({"id": part, "of": [f"{part}{n}" for n in range(1, 4)], **_PART} for part in "abc"),
    {
        "id": "total", "rule": "sum", "of": ["a", "b", "c"], "range": [0, 36],
        "norms": [{"mean": 15, "sd": 6, "n": 400, "population": "pupils", **_VERIFIED}],
        "reliable_change": {"threshold": 5, **_VERIFIED},
    },
    labels=FIVE,
)  # fmt: skip
COLUMNS = {"respondent": "id", "organisation": "school", "role": "role",
           "characteristics": {"gender": "gender", "year_group": "year"}}  # fmt: skip


def _answered(row: Row, rng: np.random.Generator) -> Row:
    """With answers to the items of `PARTS`: alike within a part, and a little over all."""
    every = rng.normal(2, 0.7)
    for part in "abc":
        here = rng.normal(0, 0.7)
        for n in range(1, 4):
            code = int(np.clip(round(every + here + rng.normal(0, 0.6)), 0, 4))
            row = row | {f"{part}{n}": list(FIVE)[code]}
    number = int(row["id"][1:])
    return row | {"gender": ("Girl", "Boy")[number % 2], "year": f"Year {5 + number % 3}"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    rows = with_near_miss(untidy_rows())
    return pe.analyse(write_small_survey(tmp_path_factory.mktemp("small"), rows, WITH_CLAIMS))


@pytest.fixture(scope="module")
def large_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two waves, of which some answered three times; organisations enough for every test."""
    rng = np.random.default_rng(3)
    rows = [_answered(row, rng) for row in draw_survey(1, 160, 9)]
    primary = {"primary": ["parts_total"], "draws": 199}
    study = make_survey(
        tmp_path_factory.mktemp("large"),
        rows,
        MOOD,
        PARTS,
        columns=COLUMNS,
        statistics=FULL | primary,
    )
    return pe.analyse(study.path)


@pytest.fixture(scope="module")
def run_without_organisations(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("plain")
    study = make_plain_study(folder, draw_survey(2), MOOD, groups=[], statistics=FULL,
                             comparisons=[SHORT, MEDIUM], phases=PHASES)  # fmt: skip
    return pe.analyse(study.path)


#: What a programme used, all of it made up.
PROGRAMME = {
    "participants": {"young": 120, "old": 60},
    "organisations": {"young": 8, "old": 6},
    "outcomes": ["mood_total"],
    "thresholds": [0, 50],
    "costs": [
        {"id": "lead", "what": "staff_time", "per": "organisation", "quantity": 90,
         "quantity_low": 60, "quantity_high": 120, "unit": "hours", "source": "made up",
         "unit_cost": {"value": 20, "price_year": "2016/17", "source": "made up"}},
        {"id": "kit", "what": "materials", "per": "study", "quantity": 1, "unit": "kit",
         "source": "made up", "useful_life": 3,
         "unit_cost": {"value": 900, "price_year": "2016/17", "source": "made up"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def programme_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A programme with costs, and an outcome that surely rose."""
    rows = [_happier(row) for row in draw_survey(4, 160, 9)]
    costs = {"unit_costs": "costs.toml", "group": "helped", "perspective": "schools"}
    study = make_survey(tmp_path_factory.mktemp("programme"), rows, programme=PROGRAMME,
                        costs=costs, statistics=FULL | {"draws": 399})  # fmt: skip
    return pe.analyse(study.path)


def _happier(row: Row) -> Row:
    """The same, three points better where a helped respondent answers a follow-up."""
    helped = row["role"] != "neither" and row["when"].startswith("f") and row["mood"]
    return row | {"mood": str(min(int(row["mood"]) + 3, 10))} if helped else row


@pytest.fixture(scope="module")
def table_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Survey tables alone, with both tests of small counts."""
    from peereval.bundled import bundled

    leads = bundled("data/pilot_leads")
    other = tmp_path_factory.mktemp("leads")
    study = (leads / "study.toml").read_text(encoding="utf-8")
    tested = study.replace('kind = "multi"', 'kind = "multi"\nsmall_test = "n1_chi_square"')
    (other / "study.toml").write_text(tested, encoding="utf-8")
    return [
        pe.analyse(leads / "study.toml"),
        pe.analyse(load_study(other / "study.toml", data=leads)),
        pe.analyse(leads / "young_people.toml"),
        pe.analyse(write_coded_by_three(tmp_path_factory.mktemp("coded"))),
    ]


@pytest.fixture(scope="module")
def every_run(runs: list[Run], table_runs: list[Run]) -> list[Run]:
    return [*runs, *table_runs]


@pytest.fixture(scope="module")
def runs(run: Run, large_run: Run, run_without_organisations: Run, programme_run: Run) -> list[Run]:
    return [run, large_run, run_without_organisations, programme_run]


@pytest.mark.parametrize("column", LISTS)
def test_a_word_of_the_results_is_in_its_list(column: str, every_run: list[Run]) -> None:
    for each in every_run:
        assert set(each.tables["results"][column]) <= set(LISTS[column])


#: Of released results alone.
NOT_MADE = {"suppressed"}


@pytest.mark.parametrize("column", LISTS)
def test_a_word_of_a_list_is_made_by_something(column: str, every_run: list[Run]) -> None:
    made = {word for each in every_run for word in each.tables["results"][column]}
    assert set(LISTS[column]) - made <= NOT_MADE


@pytest.mark.parametrize("column", ["method", "estimand"])
def test_a_word_of_a_list_is_made_with_a_number(column: str, every_run: list[Run]) -> None:
    """A word that only rows without a number have would be one that nobody can compute."""
    made = {
        word for each in every_run for word in each.tables["results"].filter(status="ok")[column]
    }
    # Of this there is never a number, only the reason: no library in use fits the model.
    untested = {"longitudinal_cfa", "longitudinal_invariance"}
    assert set(LISTS[column]) - made == (set(LISTS[column]) & untested)


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


#: Analyses of the whole study: of no phase, or of the phases together.
OF_THE_STUDY = {"families", "evidence_level"}
COSTS = {name for name in columns.ANALYSES if name.startswith("cost")}
QUANTILES = {"lowest", "lower_quartile", "median", "upper_quartile", "highest"}


def test_the_words_of_a_row_are_those_of_the_study(runs: list[Run]) -> None:
    for each in runs:
        results, study = each.tables["results"], each.study
        groups = {"all", *(group.id for group in study.groups), "_v_".join(study.contrast or ())}
        outcomes = {*study.scores, *study.bands, *(question.id for question in study.questions)}
        of_phases = results.filter(~pl.col("analysis").is_in(OF_THE_STUDY))
        phases = {phase.id for phase in study.phases}
        assert set(of_phases["phase"]) == phases
        assert set(results["phase"]) <= {"", *phases}
        assert set(results["comparison"]) <= {"", *(one.id for one in study.comparisons)}
        assert set(results["group"]) <= {"", *groups}
        assert set(results["outcome"]) <= {"", "all_contacts", *outcomes}
        known = _levels(study)
        for row in results.select("analysis", "level").unique().iter_rows():
            assert row[1] in {"", *known.get(row[0], set())} or _of_characteristic(*row, study), row


def _levels(study: Study) -> dict[str, set[str]]:
    """Analysis -> the levels that its rows may have, those of characteristics aside."""
    bands = {name for band in study.bands.values() for name, _, _ in band.levels}
    items = {item.id for part in study.scales for item in part.scale.items}
    norms = [len(score.norms) for score in study.scores.values()]
    occasions = [">".join(some) for size in (1, 2, 3, 4)
                 for some in combinations(study.occasions, size)]  # fmt: skip
    first = [f"{one}: {level}" for one in study.occasions for level in occasions]
    return {
        "flow": set(study.occasions),
        "band_change": bands,
        # Of two bands there is the share in one: its level.
        "band_migration": bands | {f"{one}>{two}" for one in bands for two in bands},
        "attrition": QUANTILES,
        "occasions": {*occasions, *first},
        "contact_distribution": {label.text for q in study.questions for label in q.labels},
        "reliability": {
            *study.occasions,
            *(f"{occasion}:{item}" for occasion in study.occasions for item in items),
        },
        "benchmark": {
            f"{when}_norm_{number + 1}"
            for when in ("before", "after")
            for number in range(max(norms, default=0))
        },
        "agreement": {"paired", "did"},
        **dict.fromkeys((*COSTS, "programme_cost"), cost_levels(study)),
        "evidence_level": {*columns.ANALYSES, *columns.METHODS},
        "families": {
            f"{analysis}_{group}{tier}_outcomes"
            for analysis in columns.ANALYSES
            for group in ("", *(f"{group.id}_" for group in study.groups))
            for tier in ("primary", "other")
        },
    }


def _of_characteristic(analysis: str, level: str, study: Study) -> bool:
    """A characteristic, or one and what it was, as in ``gender_girl``; roles are among them."""
    if analysis not in {"subgroup", "balance", "attrition"}:
        return False
    names = [*study.characteristics, "role"]
    return any(level == name or re.fullmatch(f"{name}_[a-z0-9_]+", level) for name in names)


def cost_levels(study: Study) -> set[str]:
    """Levels of the rows about costs: parameters at their ends, scenarios, who or what is meant."""
    costed = [question for question in study.questions if question.unit_cost]
    labels = {label.text for question in costed for label in question.labels}
    varied = {f"unit_cost:{question.unit_cost.id}" for question in costed if question.unit_cost}
    varied |= {f"contacts:{label}" for label in labels}
    ends = {f"{name}:{end}" for name in varied for end in ("low", "high")}
    occasions = ("before", "after")
    parts = [*(f"top_{n}" for n in (1, 5, 10)), *(f"label:{label}" for label in labels)]
    programme = study.programme
    lines = programme.costs if programme else ()
    worth = [
        f"threshold:{threshold_word(each)}" for each in (programme.thresholds if programme else ())
    ]
    return {
        *worth, *QUADRANTS, *(f"line:{line.id}" for line in lines),
        *(f"what:{line.what}" for line in lines),
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


def test_of_every_result_it_is_said_what_it_gives_away(every_run: list[Run]) -> None:
    """A new analysis or estimand needs a kind; until it has one its results are kept back."""
    from peereval.disclosure.giving import GIVES, KINDS

    made = {
        pair
        for each in every_run
        for pair in each.tables["results"].select("analysis", "estimand").unique().iter_rows()
    }
    assert made <= GIVES.keys()
    assert set(GIVES.values()) == set(KINDS)
    for each in every_run:
        assert "unclassified" not in set(each.tables["suppressions"]["rule"])


# --- words after a number -----------------------------------------------------------------------


def texts_of_the_product() -> Iterator[tuple[str, str]]:
    """Where each text stands, and the text: those in the code, and the files that people read."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield module.name, node.value
    for path in project_files():
        name = path.relative_to(PROJECT)
        # Tests are read by nobody else; R, in which that calls a function, is at home in the other.
        foreign = name.parts[0] == "tests" or name.parts[:2] == ("docs", "compared_with_r")
        if not foreign and path.suffix in (".md", ".toml", ".html", ".js", ".ipynb"):
            yield str(name), path.read_text(encoding="utf-8")


def test_no_text_leaves_it_to_the_reader_whether_there_is_one() -> None:
    """Three rows end, one row ends: `count_of` says which, and nobody writes an s in brackets."""
    texts = list(texts_of_the_product())
    assert {"README.md", "src/peereval/catalogue.toml", "plurals"} <= {name for name, _ in texts}
    assert [name for name, text in texts if re.search(r"[a-z]{2}\((?:s|es|ies)\)", text)] == []
