"""A user's own texts: the same files and names as ours, every fault of them at once."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from peereval.errors import Fault, UsageError, nearest
from peereval.plurals import BETWEEN, count_of, forms_of

_RULE = "report.plural"


def own_texts(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Texts of a folder by their dotted names.

    ``known``: the texts that they replace. Raises ``UsageError``: ``REP001`` for a name that is
    not known, ``REP002`` for a gap that the text never fills, ``REP005`` for what is no text,
    ``REP006`` for forms that the rule of the language does not tell apart.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder of texts {folder}")
    faults: list[Fault] = []
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        read = _read(path, faults)
        texts |= read
        faults += [fault for name in read for fault in _wrong(name, read[name], known, path)]
    faults += _unlike_the_rule(texts, known)
    if faults:
        raise UsageError(f"{folder} has {count_of(len(faults), 'fault')}", faults)
    return texts


def _read(path: Path, faults: list[Fault]) -> dict[str, str]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        found = f"not a TOML file: {error}"
        faults.append(Fault("REP005", found, "Mend the syntax", file=path.name))
        return {}
    for name in _no_texts(raw, path.stem):
        found, fix = f"{name!r} is no text", "Write it in quotes"
        faults.append(Fault("REP005", found, fix, file=path.name))
    return flat(raw, path.stem)


def _no_texts(section: Mapping[str, Any], name: str) -> Iterator[str]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _no_texts(value, f"{name}.{key}")
        elif not isinstance(value, str):
            yield f"{name}.{key}"


def _wrong(name: str, text: str, known: Mapping[str, str], path: Path) -> Iterator[Fault]:
    """What is wrong with one text: its name, or a gap in it."""
    if name not in known:
        hint = nearest(name, known) or "The names are those of the texts that come with peereval"
        yield Fault("REP001", f"there is no text {name!r}", hint, file=path.name)
        return
    try:
        gaps = _gaps(text)
    except ValueError as error:
        fix = "Write {{ and }} for brackets that are no gap"
        yield Fault(
            "REP002", f"the brackets of {name!r} do not match: {error}", fix, file=path.name
        )
        return
    there = _gaps(known[name])
    for gap in sorted(gaps - there):
        fix = nearest(gap, there) or f"It may have: {', '.join(sorted(there)) or 'none'}"
        yield Fault(
            "REP002", f"{name!r} has a gap {{{gap}}} that nothing fills", fix, file=path.name
        )


def _unlike_the_rule(texts: Mapping[str, str], known: Mapping[str, str]) -> Iterator[Fault]:
    """Texts with another number of forms than the rule of their language, or no rule at all."""
    rule = texts.get(_RULE, known[_RULE])
    try:
        wanted = forms_of(rule)
    except (ValueError, ArithmeticError):
        fix = "Write it as Plural-Forms of gettext, such as: n != 1"
        yield Fault("REP006", f"{_RULE!r} is no rule: {rule}", fix, file="report.toml")
        return
    for name, text in texts.items():
        for forms in _forms(text):
            if (n := forms.count(BETWEEN) + 1) != wanted:
                found = f"{name!r} has {n} forms for a number, and the rule {rule!r} has {wanted}"
                fix = f"Write {wanted} forms with {BETWEEN} between them"
                yield Fault("REP006", found, fix, file=f"{name.partition('.')[0]}.toml")


def _forms(text: str) -> list[str]:
    try:
        return [forms for _, _, forms, _ in Formatter().parse(text) if forms and BETWEEN in forms]
    except ValueError:  # said already: its brackets do not match
        return []


def _gaps(text: str) -> set[str]:
    return {gap for _, gap, _, _ in Formatter().parse(text) if gap is not None}


def flat(section: Mapping[str, Any], name: str) -> dict[str, str]:
    """Texts of nested sections by dotted names."""
    texts: dict[str, str] = {}
    for key, value in section.items():
        inner = f"{name}.{key}"
        texts |= (
            flat(value, inner) if isinstance(value, Mapping) else {inner: str(value).strip("\n")}
        )
    return texts
