"""The package's own source, as syntax trees; and the project around it, as git sees it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

import peereval

PACKAGE = Path(peereval.__file__).parent
PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One file of the package: its dotted name below ``peereval`` and its tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def stage(self) -> str:
        """The module, or the package that it is in."""
        return self.name.partition(".")[0]


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def imports(module: Module) -> Iterator[str]:
    """Names below ``peereval`` that a module imports anywhere in it, functions included.

    A name that is imported from a package comes as ``package.name`` where that is a module.
    """
    known = {each.name for each in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] != "peereval":
                continue
            below = name.partition(".")[2]
            while below and below not in known:
                below = below.rpartition(".")[0]
            yield below


@lru_cache(maxsize=1)
def project_files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, in the repository."""
    if not (PROJECT / ".git").exists():
        pytest.skip("not a checkout: there is no repository to look through")
    call = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(call, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    files = [PROJECT / name for name in sorted(set(listed.split("\0"))) if name]
    return tuple(path for path in files if path.is_file())
