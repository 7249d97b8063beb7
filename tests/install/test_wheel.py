"""Installed as a wheel or in place, peereval finds the files that come with it."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reading.small_survey import write_small_survey

PROJECT = Path(__file__).parents[2]

# What an installed peereval sees, said by itself: where it is, and what it can load.
_LOOK = """
import json, peereval
from peereval.bundled import bundled
from peereval.scales import scale_files
study = peereval.load_study(bundled("data/pilot") / "study.toml")
print(json.dumps({
    "package": peereval.__file__,
    "folders": [
        str(bundled(name)) for name in ("scales", "data/costs", "data/prices", "data/pilot")
    ],
    "scales": {name: len(peereval.load_scale(name).items) for name in scale_files()},
    "study": study.id,
    "unit_costs": [float(q.unit_cost.value) for q in study.questions if q.unit_cost],
}))
"""


def call(*words: str | Path, where: Path, **environment: str) -> str:
    """Output of a command; what it said on stderr is part of the failure."""
    made = subprocess.run(
        [str(word) for word in words],
        cwd=where,
        env={**os.environ, "PIP_NO_INDEX": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


def pip_install(wheel: Path, target: Path) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--target")
    call(sys.executable, "-m", "pip", "install", *options, target, wheel, where=wheel.parent)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and the wheel made from that archive."""
    folder = tmp_path_factory.mktemp("built")
    words = ("-m", "build", "--no-isolation", "--outdir", folder, PROJECT)
    call(sys.executable, *words, where=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed away from the project."""
    folder = tmp_path_factory.mktemp("target").resolve()
    pip_install(wheel, folder)
    return folder


def check_look(seen: dict[str, Any], package: Path, bundle: Path) -> None:
    assert Path(seen["package"]).parent == package
    assert all(Path(folder).is_relative_to(bundle) for folder in seen["folders"])
    wanted = {path.stem: path for path in (PROJECT / "scales").glob("*.toml")}
    assert seen["scales"] == {
        name: len(tomllib.loads(path.read_text(encoding="utf-8"))["items"])
        for name, path in wanted.items()
    }
    assert seen["study"] == "pilot"
    assert len(seen["unit_costs"]) > 2


def test_an_installed_wheel_finds_scales_study_and_unit_costs(target: Path, tmp_path: Path) -> None:
    said = call(sys.executable, "-c", _LOOK, where=tmp_path, PYTHONPATH=str(target))
    check_look(json.loads(said), target / "peereval", target / "peereval" / "_bundled")


def test_an_installed_wheel_analyses_a_study(target: Path, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study")
    here = {"where": tmp_path, "PYTHONPATH": str(target)}
    words = ("-W", "error", "-m", "peereval", "analyse", study, "--out", tmp_path / "out")
    assert "Perceived stress" in call(sys.executable, *words, **here)
    run = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["scales"] == {"pss4": "1.0.0", "swemwbs": "1.0.0"}


def test_an_installed_wheel_makes_a_survey(target: Path, tmp_path: Path) -> None:
    here = {"where": tmp_path, "PYTHONPATH": str(target)}
    words = ("-m", "peereval", "simulate", "--respondents", "50", "--out", tmp_path / "made")
    call(sys.executable, *words, **here)
    assert (tmp_path / "made" / "study.toml").is_file()


def test_the_wheel_brings_the_command(target: Path) -> None:
    names = {path.stem for path in (target / "bin").iterdir()}
    assert "peereval" in names


def test_the_wheel_holds_the_package_its_files_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    assert {name.partition("/")[0] for name in names} == {
        "peereval",
        next(name.partition("/")[0] for name in names if ".dist-info/" in name),
    }
    inside = {name for name in names if name.startswith("peereval/")}
    source = {
        str(path.relative_to(PROJECT / "src"))
        for path in (PROJECT / "src" / "peereval").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    bundles = {
        f"peereval/_bundled/{folder}/{path.name}"
        for folder in ("scales", "data/costs", "data/prices")
        for path in (PROJECT / folder).glob("*.toml")
    }
    assert "peereval/_bundled/data/prices/nhscii.toml" in bundles
    assert inside - source == {
        *bundles,
        "peereval/_bundled/data/pilot/study.toml",
        "peereval/_bundled/data/pilot_leads/study.toml",
        "peereval/_bundled/data/pilot_leads/young_people.toml",
    }
    assert source <= inside
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_asks_for_what_the_project_asks_for(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = archive.read(name).decode()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [line.split()[1] for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    names, found = ([re.split("[<>]", text)[0] for text in texts]
                    for texts in (project["dependencies"], asked))  # fmt: skip
    assert found[: len(names)] == sorted(names)


def test_an_install_in_place_finds_scales_study_and_unit_costs(tmp_path: Path) -> None:
    make = "from hatchling.build import build_editable as b; import sys; b(sys.argv[1])"
    (tmp_path / "made").mkdir()
    call(sys.executable, "-c", make, tmp_path / "made", where=PROJECT)
    (wheel,) = (tmp_path / "made").glob("*.whl")
    pip_install(wheel, tmp_path / "target")
    # Isolated: the environment's own install in place must not answer for this one. Its folder
    # of packages comes after, as a mere folder: the .pth files in it are not read.
    packages = Path(msgspec.__file__).parents[1]
    place = (
        f"import site, sys; site.addsitedir({str(tmp_path / 'target')!r}); "
        f"sys.path.append({str(packages)!r})"
    )
    said = call(sys.executable, "-I", "-S", "-c", place + _LOOK, where=tmp_path)
    check_look(json.loads(said), PROJECT / "src" / "peereval", PROJECT)


def test_the_environment_s_own_install_finds_them_too(tmp_path: Path) -> None:
    seen = json.loads(call(sys.executable, "-c", _LOOK, where=tmp_path))
    package = Path(seen["package"]).parent
    bundle = package / "_bundled" if (package / "_bundled").exists() else package.parents[1]
    check_look(seen, package, bundle)
