"""A stage imports only stages above it, however late it does so."""

import pytest

from rules.sources import Module, imports, modules

# From what knows nothing of the others to what may use them all. Those side by side know nothing
# of each other.
STAGES = (
    (
        "errors",
        "labels",
        "bundled",
        "clock",
        "columns",
        "formulas",
        "numbers",
        "plurals",
        "significance",
    ),
    ("declarations", "catalogue"),
    ("scales", "costs", "prices"),
    ("studies",),
    ("identifiers", "personal", "contracts", "item_moments"),
    ("engines",),
    ("reading",),
    ("diagnostics", "decisions", "recognising", "coding_sheets"),
    ("scoring",),
    ("pairing",),
    ("near_misses",),
    ("moments", "tabulating"),
    ("estimators",),
    ("costing", "quotations"),
    ("estimating",),
    ("sensitivity",),
    ("judging",),
    ("disclosure",),
    ("pipeline",),
    ("checking", "published_tables", "publishing", "writing_coding_sheets"),
    ("wording",),
    ("composing",),
    ("serving",),
    ("output", "rendering"),
    ("reporting",),
    ("api", "simulating", "issuing", "pseudonymising"),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, stages in enumerate(STAGES) for name in stages}
# It only says where the public names live, and is imported before everything else.
ROOT = "__init__"


def staged() -> list[Module]:
    return [module for module in modules() if module.name != ROOT]


def test_every_module_has_its_place_in_the_order() -> None:
    assert {module.stage for module in staged()} == set(RANK)


@pytest.mark.parametrize("module", staged(), ids=lambda module: module.name)
def test_a_module_imports_only_stages_above_its_own(module: Module) -> None:
    # The root is the version alone.
    used = {name for name in imports(module) if name}
    below = {
        name
        for name in used
        if name.partition(".")[0] != module.stage
        and RANK[name.partition(".")[0]] >= RANK[module.stage]
    }
    assert not below


def test_only_the_command_line_imports_the_root() -> None:
    assert [module.name for module in staged() if "" in set(imports(module))] == ["cli"]


def test_the_root_imports_nothing_when_it_is_imported() -> None:
    import ast

    (root,) = [module for module in modules() if module.name == ROOT]
    for node in root.tree.body:
        if isinstance(node, ast.ImportFrom):
            assert node.module == "typing"
        assert not isinstance(node, ast.Import)


def test_no_module_needs_itself_by_any_road() -> None:
    needs = {
        module.name: {name for name in imports(module) if name not in ("", module.name)}
        for module in staged()
    }
    # What needs nothing, or is needed by nothing, is in no circle; what is left is circles.
    left = set(needs)
    while free := {
        name
        for name in left
        if not needs[name] & left or not any(name in needs[other] for other in left)
    }:
        left -= free
    assert not {name: sorted(needs[name] & left) for name in sorted(left)}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_no_module_is_a_drawer_for_odds_and_ends(module: Module) -> None:
    assert not set(module.name.split(".")) & {"utils", "util", "helpers", "common", "core", "misc"}
