"""What a screen says of a programme's net cost, and what it may not say."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from peereval.pipeline import Run, analyse
from peereval.rendering.cost_readings import net_reading
from peereval.rendering.programme import show_programme
from spec.test_programme import answers, study_of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return analyse(study_of(tmp_path_factory.mktemp("programme"), answers(12)))


def results_with(run: Run, low: float, high: float) -> Run:
    """The same with another interval of every cost change and net cost."""
    costs = pl.col("estimand").is_in(
        ["saving_per_respondent", "net_cost_per_participant", "net_cost_per_respondent"]
    )
    results = run.tables["results"].with_columns(
        ci_low=pl.when(costs).then(low).otherwise("ci_low"),
        ci_high=pl.when(costs).then(high).otherwise("ci_high"),
    )
    return replace(run, tables={**run.tables, "results": results})


def screen_of(run: Run) -> str:
    shown = StringIO()
    show_programme(run.tables["results"], run.study, Console(file=shown, width=140))
    return shown.getvalue()


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


def test_the_screen_shows_cost_net_cost_gain_and_acceptability(run: Run) -> None:
    shown = screen_of(run)
    for text in ("100.00", "25.00", "75.00", "GBP a unit", "Perspective: schools and NHS"):
        assert text in shown, text
    assert "no threshold is official" in " ".join(shown.split())


def test_the_screen_shows_no_mean_of_a_few(tmp_path: Path) -> None:
    shown = screen_of(analyse(study_of(tmp_path, answers(4))))
    assert "100.00" in shown  # what the programme cost is nobody's secret
    assert "75.00" not in shown
