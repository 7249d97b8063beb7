"""Every text in one place: a second language, and a user's own words."""

import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from justhtml import JustHTML

from peereval.composing import compose
from peereval.composing.sections.cheers import DOI
from peereval.composing.sections.methods import works
from peereval.errors import UsageError
from peereval.publishing import Publication
from peereval.rendering.html import page
from peereval.wording import Words, words

#: Letters that no study has: the pseudo-language is every text in them.
_OTHER = str.maketrans(
    string.ascii_letters,
    "".join(chr(0x24D0 + n) for n in range(26)) + "".join(chr(0x24B6 + n) for n in range(26)),
)


def pseudo() -> Words:
    texts = {}
    for name, text in words().texts.items():
        parts = string.Formatter().parse(text)
        texts[name] = "".join(
            said.replace("{", "{{").replace("}", "}}").translate(_OTHER)
            + ("" if gap is None else f"{{{gap}}}")
            for said, gap, _, _ in parts
        )
    # Not a sentence: it is the language of the page.
    return Words("qps", texts)


def strings(value: Any) -> Iterator[str]:
    """Every text of the data, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (key, *strings(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, msgspec.Struct):
        yield from strings(msgspec.to_builtins(value, enc_hook=lambda _: None))


def words_of_the_data(publication: Publication) -> set[str]:
    """Words that a study, its results, an instrument or a cited work brings with it."""
    frames = [publication.results, publication.claims]
    cells = {text for f in frames for name in f.columns if f[name].dtype == pl.String
             for text in f[name].unique()}  # fmt: skip
    found = {*cells, *strings(publication), *works().values(), DOI}
    known = {word for text in found for word in re.findall("[A-Za-z]+", text)}
    # What a study says of itself begins with a capital.
    return known | {word[:1].upper() + word[1:] for word in known}


def test_no_sentence_of_a_page_stands_outside_the_words(publication: Publication) -> None:
    said = pseudo()
    tree = JustHTML(page(compose(publication, said), publication, said), sanitize=False)
    # Roles and ids of unit costs are made readable: their parts are words of the data too.
    known = words_of_the_data(publication)
    left = {
        (word, text[:80])
        for text in _texts(tree)
        for word in re.findall("[A-Za-z]{2,}", re.sub(r"\[[a-z]+\]", "", text))
        if word not in known and word.lower() not in known
    }
    assert left == set()
    assert any("ⓐ" in text for text in _texts(tree))


def _texts(tree: JustHTML) -> Iterator[str]:
    waiting = [*tree.query("body"), *tree.query("title")]
    while waiting:
        node = waiting.pop()
        if node.name in ("script", "style"):
            continue
        for name in ("aria-label", "title", "alt", "placeholder"):
            if (getattr(node, "attrs", None) or {}).get(name):
                yield node.attrs[name]
        if node.name == "#text":
            yield str(node.data)
        waiting += getattr(node, "children", None) or []


def test_the_language_of_the_page_is_that_of_its_words(small: Publication, tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_text('language = "cy"', encoding="utf-8")
    own = words("en-GB", tmp_path)
    assert '<html lang="cy">' in page(compose(small, own), small, own)


def test_own_words_stand_in_for_ours(small: Publication, tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_text('[found]\ntitle = "In short"', encoding="utf-8")
    own = words("en-GB", tmp_path)
    assert compose(small, own).sections[0].title == "In short"
    assert own("report.flow.title") == words()("report.flow.title")


def test_every_fault_of_own_words_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_text(
        '[found]\ntitel = "x"\nseen = "{outcome}: {sen}"\nname = "{outcome"\nsmall = 3\n',
        encoding="utf-8",
    )
    (tmp_path / "reports.toml").write_text('subtitle = "x"', encoding="utf-8")
    (tmp_path / "figures.toml").write_text("no toml", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        words("en-GB", tmp_path)
    faults = {(fault.code, fault.file) for fault in caught.value.faults}
    assert faults == {
        ("REP001", "report.toml"), ("REP002", "report.toml"), ("REP005", "report.toml"),
        ("REP001", "reports.toml"), ("REP005", "figures.toml"),
    }  # fmt: skip
    said = str(caught.value)
    assert "Did you mean 'report.found.title'?" in said
    assert "Did you mean 'seen'?" in said


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        words("en-GB", tmp_path / "nothing")
