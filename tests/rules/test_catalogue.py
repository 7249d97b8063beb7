"""Every code that the package can say is explained, and every explanation is of such a code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

import pytest

from peereval.catalogue import EXPLANATIONS, Explanation, explain
from peereval.errors import UsageError
from peereval.recognising import STOPS
from rules.sources import Module, modules

CODE = re.compile(r"[A-Z]{2,4}[0-9]{3}")
NUMBER = re.compile(r"[0-9]{3}")


# --- which codes there are ------------------------------------------------------------------


def constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in names:
                yield node


def first_texts(found: Iterator[ast.Call]) -> set[str]:
    texts = (call.args[0] for call in found if call.args)
    return {
        node.value for node in texts if isinstance(node, ast.Constant) and NUMBER.fullmatch(
            str(node.value)
        )
    }  # fmt: skip


def whole_codes(module: Module) -> set[str]:
    """Codes that stand in the source as they are."""
    return {text for text in constants(module.tree) if CODE.fullmatch(text)}


def declared_codes(stage: list[Module]) -> set[str]:
    """Codes made of the prefix of a kind of file and a number (see `Declaration`).

    A kind of file is read by one module, or by the modules of one package together.
    """
    trees = [module.tree for module in stage]
    prefixes = [
        call.args[1] for tree in trees for call in calls(tree, "Declaration") if len(call.args) > 1
    ]
    # What every file of the kind can have: a wrong syntax, an unknown key, a missing one.
    numbers = {"001", "002", "003"}
    for tree in trees:
        numbers |= first_texts(calls(tree, "add", "fault"))
        numbers |= {"006"} if list(calls(tree, "refer")) else set()
    return {
        f"{prefix.value}{number}"
        for prefix in prefixes
        for number in numbers
        if isinstance(prefix, ast.Constant)
    }


def parameters(function: ast.FunctionDef) -> list[str]:
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


@lru_cache(maxsize=1)
def functions() -> tuple[ast.FunctionDef, ...]:
    return tuple(n for m in modules() for n in ast.walk(m.tree) if isinstance(n, ast.FunctionDef))


def argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    return named[0] if named else call.args[place] if len(call.args) > place else None


def code_makers() -> dict[str, tuple[str, str, int]]:
    """Function -> prefix, parameter and its place, of those that put a prefix before a number.

    Either in a text such as ``f"SRC{code}"``, or by handing the number on to one that does.
    """
    makers: dict[str, tuple[str, str, int]] = {}
    while True:
        found = {
            function.name: (prefix, name, parameters(function).index(name))
            for function in functions()
            for prefix, name in handed_on(function, makers)
        }
        if found == makers:
            return makers
        makers = found


def handed_on(
    function: ast.FunctionDef, makers: dict[str, tuple[str, str, int]]
) -> Iterator[tuple[str, str]]:
    """Prefix and parameter of a function that puts the one before the other."""
    names = parameters(function)
    for node in ast.walk(function):
        prefix, filled = "", ""
        if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
            start, rest = node.values
            prefix = str(getattr(start, "value", ""))
            filled = getattr(getattr(rest, "value", None), "id", "")
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in makers:
            prefix, other, place = makers[node.func.id]  # type: ignore[attr-defined]
            filled = getattr(argument(node, other, place), "id", "")
        if re.fullmatch("[A-Z]{2,4}", prefix) and filled in names:
            yield prefix, filled


@lru_cache(maxsize=1)
def made_codes() -> frozenset[str]:
    """Codes made by functions that are given the number, or have one by default."""
    found = set()
    makers = code_makers()
    for function in functions():
        if function.name in makers:
            prefix, name, _ = makers[function.name]
            defaults = zip(
                reversed(parameters(function)), reversed(function.args.defaults), strict=False
            )
            found |= {(prefix, node) for parameter, node in defaults if parameter == name}
    for module in modules():
        for call in calls(module.tree, *makers):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            prefix, parameter, place = makers[name]
            found.add((prefix, argument(call, parameter, place)))
    return frozenset(
        f"{prefix}{node.value}"
        for prefix, node in found
        if isinstance(node, ast.Constant) and NUMBER.fullmatch(str(node.value))
    )


@lru_cache(maxsize=1)
def used_codes() -> frozenset[str]:
    found = set(made_codes())
    for module in modules():
        found |= whole_codes(module)
    for _, stage in groupby(modules(), lambda module: module.stage):
        found |= declared_codes(list(stage))
    return frozenset(found)


def test_the_search_finds_codes_of_every_kind() -> None:
    assert {"SCL001", "SCL015", "STU002", "STU006", "CST005"} <= used_codes()  # declarations
    assert {"SRC003", "SRC012", "SRC024"} <= made_codes()  # the number alone
    assert {"SRC001", "DIA003", "CON004"} <= used_codes()  # whole


def test_a_declaration_adds_no_numbers_that_the_search_knows_not() -> None:
    (declarations,) = [module for module in modules() if module.name == "declarations"]
    assert first_texts(calls(declarations.tree, "add")) == {"001", "002", "003", "006"}


def test_every_code_is_explained() -> None:
    assert used_codes() - set(EXPLANATIONS) == set()


def test_every_explanation_is_of_a_code() -> None:
    assert set(EXPLANATIONS) - used_codes() == set()


# --- what an explanation says ---------------------------------------------------------------

each_explanation = pytest.mark.parametrize(
    "explanation", EXPLANATIONS.values(), ids=lambda explanation: explanation.code
)

#: Words that fill a sentence and help nobody.
EMPTY = (
    "an error", "something went wrong", "invalid", "please", "simply", "note that", "in order to",
    "appropriate", "various", "properly", "correctly", "as needed", "and so on", "etc", "obviously",
    "issue", "leverage", "ensure", "robust",
)  # fmt: skip


def prose(explanation: Explanation) -> dict[str, str]:
    return {
        "title": explanation.title,
        "meaning": explanation.meaning,
        "why": explanation.why,
        "fix": explanation.fix,
    }


@each_explanation
def test_an_explanation_has_all_its_parts(explanation: Explanation) -> None:
    parts = prose(explanation)
    assert all(text == text.strip() and text for text in parts.values())
    assert len(set(parts.values())) == len(parts)
    assert not explanation.title.endswith(".")
    for name in ("meaning", "why", "fix"):
        assert parts[name].endswith("."), name
        assert parts[name][0].isupper(), name


@each_explanation
def test_an_explanation_has_no_empty_talk(explanation: Explanation) -> None:
    for name, text in prose(explanation).items():
        found = [words for words in EMPTY if re.search(rf"\b{words}\b", text, re.IGNORECASE)]
        assert found == [], name
        if name != "title":
            for sentence in re.split(r"(?<=[.?!]) ", text):
                assert 2 <= len(sentence.split()) <= 45, sentence


@each_explanation
def test_an_example_is_shown_wrong_and_mended(explanation: Explanation) -> None:
    wrong, sign, mended = explanation.example.partition("\nmended:\n")
    assert sign
    assert wrong.strip()
    assert mended.strip()
    assert wrong != mended
    assert all(len(line) <= 110 for line in explanation.example.splitlines())


def severities() -> Iterator[tuple[str, bool]]:
    """Codes with whether they stop, where the source says it beside the code."""
    for module in modules():
        for call in calls(module.tree, "stop", "find", "_say"):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            code = getattr(call.args[0], "value", "") if call.args else ""
            flag = argument(call, "stops", len(call.args))
            if isinstance(code, str) and CODE.fullmatch(code):
                yield code, name == "stop" or getattr(flag, "value", False) is True


def test_what_the_source_says_to_stop_stops() -> None:
    found = dict(severities())
    assert {"MAP001", "ANS004", "EXC004"} <= found.keys()
    assert {code: EXPLANATIONS[code].stops for code in found} == found


def test_what_a_draft_cannot_do_without_stops() -> None:
    stopping = {c for c, each in EXPLANATIONS.items() if c.startswith("REC") and each.stops}
    assert stopping == STOPS


def test_no_two_codes_have_the_same_title_within_a_kind() -> None:
    titles = [(code[:3], each.title) for code, each in EXPLANATIONS.items()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    "code", [code for code in EXPLANATIONS if code.startswith("STU") and code != "STU001"]
)
def test_pieces_of_a_study_file_can_be_parsed(code: str) -> None:
    wrong, _, mended = explain(code).example.partition("\nmended:\n")
    for text in (wrong, mended):
        assert tomllib.loads(text)


def test_the_example_of_a_broken_file_is_broken() -> None:
    for code in ("STU001", "SCL001", "CST001"):
        wrong, _, mended = explain(code).example.partition("\nmended:\n")
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(wrong)
        assert tomllib.loads(mended)


# --- how it is asked for --------------------------------------------------------------------


@pytest.mark.parametrize("written", ["DIA001", "dia001", " Dia001 "])
def test_a_code_is_found_however_it_is_written(written: str) -> None:
    assert explain(written).code == "DIA001"


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no code 'SCL0001'. Did you mean 'SCL001'\?"):
        explain("SCL0001")
    with pytest.raises(UsageError, match="A code looks like ANS001"):
        explain("?")
