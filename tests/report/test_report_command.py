"""`peereval report`: the report again, from results.json alone."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peereval.cli import main
from peereval.output.writing import fingerprints, outputs_of


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, words)])


@pytest.fixture
def folder(output: Path, tmp_path: Path) -> Path:
    shutil.copytree(output, tmp_path / "out")
    return tmp_path / "out"


def recorded(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["outputs"]
    return found


def test_the_page_made_again_is_the_page_of_the_run(output: Path, folder: Path) -> None:
    (folder / "report.html").unlink()
    shutil.rmtree(folder / "restricted")
    assert run(folder, "--to", "html").output == f"Written to {folder}: report.html\n"
    assert (folder / "report.html").read_bytes() == (output / "report.html").read_bytes()


def test_the_record_knows_the_new_files(folder: Path) -> None:
    assert run(folder, "--to", "html,latex,md", "--section", "flow").exit_code == 0
    made = fingerprints(folder)
    assert {"report.html", "report.tex", "report.md"} <= made.keys()
    assert recorded(folder) == outputs_of(folder)
    # Fingerprints of restricted tables would confirm a guess of their counts: they stay with them.
    assert not any(name.startswith("restricted/") for name in recorded(folder))
    assert "Who answered" in (folder / "report.md").read_text(encoding="utf-8")
    assert "Effect sizes" not in (folder / "report.md").read_text(encoding="utf-8")


def test_results_without_the_record_of_their_run_are_enough(output: Path, tmp_path: Path) -> None:
    shutil.copy(output / "results.json", tmp_path)
    assert run(tmp_path, "--to", "html").exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "results.json"]


def kinds(folder: Path) -> dict[str, set[str]]:
    """Ending -> names of the charts in an output folder."""
    found: dict[str, set[str]] = {}
    for path in (folder / "figures").iterdir():
        found.setdefault(path.suffix, set()).add(path.stem)
    return found


def test_a_run_has_every_chart_as_a_drawing_and_those_of_its_report_as_pictures(
    output: Path,
) -> None:
    charts = kinds(output)
    page = (output / "report.html").read_text(encoding="utf-8")
    shown = {name for name in charts[".svg"] if f'"{name}-title' in page}
    assert charts[".png"] == shown
    assert len(shown) > 20


def test_pictures_are_added_to_drawings(output: Path, folder: Path) -> None:
    drawings = {p.name: p.read_bytes() for p in (output / "figures").glob("*.svg")}
    small = next((output / "figures").glob("before_after*.png"))
    assert run(folder, "--to", "png").exit_code == 0
    charts = kinds(folder)
    assert charts[".png"] == charts[".svg"]
    assert drawings == {p.name: p.read_bytes() for p in (folder / "figures").glob("*.svg")}
    assert (folder / "figures" / small.name).stat().st_size > small.stat().st_size
    assert recorded(folder) == outputs_of(folder)


def test_a_chart_that_there_is_no_longer_does_not_stay(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    gone = folder / "figures" / "gone.svg"
    gone.write_text("<svg/>", encoding="utf-8")
    record["outputs"] = outputs_of(folder)
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert run(folder, "--to", "svg").exit_code == 0
    assert not gone.exists()


def test_pages_that_were_not_there_are_added(output: Path, folder: Path) -> None:
    shutil.rmtree(folder / "organisations")
    shutil.rmtree(folder / "figures")
    assert run(folder).exit_code == 0
    for name in ("organisations", "figures"):
        files = {p.relative_to(output).as_posix() for p in (output / name).rglob("*")}
        assert files == {p.relative_to(folder).as_posix() for p in (folder / name).rglob("*")}
        assert len(files) > 5


def test_larger_pictures_stay_beside_a_document(folder: Path) -> None:
    assert run(folder, "--to", "png,docx").exit_code == 0
    large = {p.name: p.stat().st_size for p in (folder / "figures").glob("*.png")}
    assert run(folder, "--to", "docx,png").exit_code == 0
    assert {p.name: p.stat().st_size for p in (folder / "figures").glob("*.png")} == large


def test_work_of_somebody_is_not_written_over(folder: Path) -> None:
    (folder / "report.html").write_text("mine", encoding="utf-8")
    done = run(folder, "--to", "html")
    assert done.exit_code == 15
    assert "somebody has worked in it" in done.output
    assert (folder / "report.html").read_text(encoding="utf-8") == "mine"


def test_a_figure_of_somebody_is_not_lost(folder: Path) -> None:
    (folder / "figures" / "mine.svg").write_text("<svg/>", encoding="utf-8")
    assert run(folder, "--to", "svg").exit_code == 15
    assert (folder / "figures" / "mine.svg").exists()


def test_results_that_somebody_changed_are_not_published(folder: Path) -> None:
    path = folder / "results.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert run(folder, "--to", "html").exit_code == 15


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--to", "pdf"], 2, "'pdf' is none of"),
        (["--section", "outcome"], 2, "Did you mean 'outcomes'?"),
        (["--wording", "nowhere"], 2, "no folder of texts"),
        (["--templates", "nowhere", "--to", "html"], 2, "no folder of templates"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, words: list[str], code: int, said: str) -> None:
    before = fingerprints(folder)
    done = run(folder, *words)
    assert done.exit_code == code
    assert said in done.output
    assert fingerprints(folder) == before


def test_a_folder_without_results_is_said(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.exit_code == 15
    assert "has no results.json" in done.output


def test_a_template_of_ones_own_is_used(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    (own / "page.css").write_text("body { color: navy; }", encoding="utf-8")
    assert run(folder, "--to", "html", "--templates", own).exit_code == 0
    assert "color: navy" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_template_of_ones_own_may_write_cells_itself(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    ours = files("peereval.rendering.html") / "templates" / "blocks.html"
    text = ours.read_text(encoding="utf-8")
    cells = "{% for cell in row %}<td>{{ cell.text }}</td>{% endfor %}"
    changed = text.replace(
        "{% for cells in cells_of(block, words, linked) %}", "{% for row in block.rows %}"
    ).replace("<tr>{{ cells }}</tr>", f'<tr class="own">{cells}</tr>')
    (own / "blocks.html").write_text(changed, encoding="utf-8")
    assert run(folder, "--to", "html", "--templates", own).exit_code == 0
    assert '<tr class="own"><td>' in (folder / "report.html").read_text(encoding="utf-8")


def test_a_template_that_does_not_work_is_said(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    (own / "page.html").write_text("{{ report.nothing }}", encoding="utf-8")
    done = run(folder, "--to", "html", "--templates", own)
    assert done.exit_code == 2
    assert "REP004" in done.output


def test_seconds_of_rendering_are_recorded(output: Path) -> None:
    seconds = json.loads((output / "run.json").read_text(encoding="utf-8"))["seconds"]
    parts = ("json", "html", "md", "svg", "organisations")
    assert {"composed", "written", "checked"} < seconds.keys()
    assert all(0 < seconds[f"rendered {part}"] < 60 for part in parts)
