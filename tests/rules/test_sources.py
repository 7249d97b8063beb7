"""What every file of the package keeps to."""

import ast
import re
from collections.abc import Iterator

import pytest

from rules.sources import Module, modules

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[tuple[str, Named]]:
    """Public functions, classes and methods; what a function holds inside is its own business."""

    def within(body: list[ast.stmt], before: str) -> Iterator[tuple[str, Named]]:
        for node in body:
            if isinstance(node, Named) and not node.name.startswith("_"):
                yield before + node.name, node
                if isinstance(node, ast.ClassDef):
                    yield from within(node.body, f"{before}{node.name}.")

    return within(tree.body, "")


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_everything_public_says_what_it_is(module: Module) -> None:
    assert ast.get_docstring(module.tree)
    silent = [
        name
        for name, node in public(module.tree)
        if not ast.get_docstring(node) and not overrides(node)
    ]
    assert not silent


def overrides(node: Named) -> bool:
    """A method of a protocol with no body of its own."""
    return len(node.body) == 1 and ast.unparse(node.body[0]) == "..."


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_nothing_is_left_to_be_done(module: Module) -> None:
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    text = module.path.read_text(encoding="utf-8")
    assert not re.findall("|".join(rf"\b{word}\b" for word in words), text)


def calls(tree: ast.AST, name: str) -> Iterator[ast.Attribute]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == name:
            yield node


def functions_that_use(name: str) -> set[tuple[str, str]]:
    """Module and function of every use of a method, simulating (which has no engine) aside."""
    found = set()
    for module in modules():
        if module.stage == "simulating":
            continue
        for node in module.tree.body:
            if list(calls(node, name)):
                found.add((module.name, getattr(node, "name", "")))
    return found


#: Stages that an engine carries.
ON_ENGINE = {"scoring", "pairing", "moments"}


# A horizontal sum of blanks is 0 on every engine: it is written where that is guarded, only.
def test_columns_are_added_up_in_few_places_only() -> None:
    assert functions_that_use("sum_horizontal") == {
        ("scoring", "count_expr"),
        ("scoring", "sum_expr"),
        # Conditions: one that is not known does not hold.
        ("pairing.matching", "_count"),
        # Flags of those who answered a question of a table: none is missing.
        ("tabulating", "_several"),
        ("tabulating", "_not_alone"),
    }


@pytest.mark.parametrize(
    "name", ["mean_horizontal", "min_horizontal", "max_horizontal", "all_horizontal"]
)
def test_no_other_way_across_columns_is_used_on_an_engine(name: str) -> None:
    assert {
        use for use in functions_that_use(name) if use[0].partition(".")[0] in ON_ENGINE
    } == set()


# What is collected has been computed: the engines do it, and `score` on a frame in memory. So are
# ids in memory, of which many steps are taken as one.
def test_a_lazy_table_is_collected_by_its_engine_only() -> None:
    ids = {"identifiers", *(f"near_misses.{name}" for name in ("alike", "density", "evidence"))}
    assert {module for module, _ in functions_that_use("collect")} == {"engines", "scoring"} | ids


def test_the_stages_on_an_engine_do_not_name_one() -> None:
    for module in modules():
        if module.stage in ON_ENGINE:
            named = {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant)}
            assert not named & {"pandas", "duckdb", "pyspark"}, module.name
