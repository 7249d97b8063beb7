"""The notebooks run from top to bottom without a warning, and are kept without outputs."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import peereval as pe

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PILOT, DEFENCE = "01_explore_the_pilot.ipynb", "02_defend_a_number.ipynb"


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(FOLDER / name, as_version=4)


def test_the_notebooks_are_these() -> None:
    assert [path.name for path in NOTEBOOKS] == [PILOT, DEFENCE]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = read(path.name)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def executed(name: str, home: Path) -> nbformat.NotebookNode:
    """A notebook executed where it lives, in this environment and no other."""
    with pytest.MonkeyPatch.context() as patch:
        # Nothing of the person who runs the tests: no kernel, profile or style of their own.
        for place in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR",
                      "IPYTHONDIR", "MPLCONFIGDIR"):  # fmt: skip
            (home / place).mkdir()
            patch.setenv(place, str(home / place))
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
        notebook = read(name)
        where = {"metadata": {"path": str(FOLDER)}}
        NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    return notebook


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    return executed(PILOT, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def defence(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    return executed(DEFENCE, tmp_path_factory.mktemp("home"))


def outputs(notebook: nbformat.NotebookNode, cell_id: str) -> list[Any]:
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    return list(cell.outputs)


def text(notebook: nbformat.NotebookNode, cell_id: str) -> str:
    (output,) = outputs(notebook, cell_id)
    return str(output.data["text/plain"])


def test_no_cell_says_anything_but_its_result(
    pilot: nbformat.NotebookNode, defence: nbformat.NotebookNode
) -> None:
    for cell in [*pilot.cells, *defence.cells]:
        kinds = {output.output_type for output in cell.get("outputs", [])}
        assert kinds <= {"execute_result", "display_data"}, cell.id


def test_the_notebook_shows_what_the_ledger_counts(pilot: nbformat.NotebookNode) -> None:
    ledger = pe.match(FOLDER.parent / "data" / "pilot" / "study.toml").ledger
    counts = ledger.groupby(["phase", "comparison", "status"], observed=True).size()
    shown = text(pilot, "count-losses").split()
    assert len(counts) > 3
    assert all(str(count) in shown for count in counts)


def test_the_notebook_shows_the_numbers_of_the_results(pilot: nbformat.NotebookNode) -> None:
    results = pe.analyse(FOLDER.parent / "data" / "pilot" / "study.toml").results
    name = "paired.paired_cr2.primary.short_term.all.srs_community.mean_change"
    (row,) = results[results["estimate_id"] == name].itertuples()
    (line,) = [line for line in text(pilot, "table").splitlines() if "paired_cr2" in line]
    shown = line.split()
    assert [float(shown[i]) for i in (3, 4, 5)] == [
        round(value, 3) for value in (row.estimate, row.ci_low, row.ci_high)
    ]
    assert int(shown[-1]) == row.n


def test_the_notebook_ends_in_a_chart(pilot: nbformat.NotebookNode) -> None:
    (chart,) = outputs(pilot, "chart")
    assert len(chart.data["image/png"]) > 10_000


def test_the_notebook_scores_a_table_of_one_s_own(pilot: nbformat.NotebookNode) -> None:
    rows = [line.split()[1:] for line in text(pilot, "score").splitlines()[1:]]
    assert rows == [["29.0", "26.02"], ["16.0", "16.36"], ["NaN", "NaN"]]


def test_the_second_notebook_draws_the_headline_among_the_others(
    defence: nbformat.NotebookNode,
) -> None:
    (chart,) = outputs(defence, "methods")
    assert len(chart.data["image/png"]) > 10_000


def test_the_second_notebook_reads_every_outcome_and_claim(defence: nbformat.NotebookNode) -> None:
    readings = text(defence, "equivalence")
    assert "evidence of a change" in readings
    assert "not enough evidence either way" in readings
    assert "does not survive multiplicity" in text(defence, "claims")
