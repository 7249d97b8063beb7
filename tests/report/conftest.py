"""The pilot, analysed once: its folder, what is in it, and the page as a tree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from justhtml import JustHTML

from peereval import pipeline
from peereval.bundled import bundled
from peereval.composing import Report, compose
from peereval.publishing import Publication, from_json
from peereval.reporting import write_analysis
from peereval.studies import load_study
from peereval.wording import words


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of the pilot, in all formats but pictures."""
    folder = tmp_path_factory.mktemp("report") / "pilot"
    run = pipeline.analyse(load_study(bundled("data/pilot") / "study.toml"))
    write_analysis(run, folder, formats=("html", "xlsx", "docx", "md", "latex", "svg"))
    return folder


@pytest.fixture(scope="session")
def publication(output: Path) -> Publication:
    return from_json((output / "results.json").read_bytes())


@pytest.fixture(scope="session")
def report(publication: Publication) -> Report:
    return compose(publication, words())


@pytest.fixture(scope="session")
def results(output: Path) -> dict[str, dict[str, Any]]:
    """`results.csv` by estimate_id, as a stranger would read it."""
    frame = pl.read_csv(output / "results.csv", infer_schema_length=None)
    return {row["estimate_id"]: row for row in frame.iter_rows(named=True)}


@pytest.fixture(scope="session")
def page_text(output: Path) -> str:
    return (output / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def tree(page_text: str) -> JustHTML:
    return JustHTML(page_text, strict=True, sanitize=False)


@pytest.fixture(scope="session")
def small() -> Iterator[Publication]:
    """Survey tables alone: a publication that costs nothing to make."""
    study = load_study(bundled("data/pilot_leads") / "study.toml")
    from peereval.output.run import manifest
    from peereval.publishing import publish

    run = pipeline.analyse(study)
    yield publish(run, manifest(run))
