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
from peereval.composing.model import Run
from peereval.composing.sections.cheers import DOI
from peereval.composing.sections.methods_run import works
from peereval.composing.sentences import runs
from peereval.errors import UsageError
from peereval.plurals import count_of, forms_of
from peereval.publishing import Publication
from peereval.rendering.html import page
from peereval.wording import Words, words, write_texts

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
            + (
                ""
                if gap is None
                else f"{{{gap}:{forms.translate(_OTHER)}}}"
                if forms
                else f"{{{gap}}}"
            )
            for said, gap, forms, _ in parts
        )
    # Not sentences: the language of the page, and its rule for numbers.
    texts["report.plural"] = words().rule
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


def test_why_a_result_is_kept_back_is_said_in_the_words_of_the_page(
    publication: Publication,
) -> None:
    said = pseudo()
    text = page(compose(publication, said), publication, said)
    # Nor in the rows of results at its end, whose notes are those of the data.
    assert publication.suppressed
    for each in publication.suppressed:
        assert f">{each.meaning}<" not in text
        assert said(f"vocabulary.rules.{each.rule}") in text


def test_all_texts_can_be_had_to_be_said_otherwise(tmp_path: Path) -> None:
    write_texts(tmp_path / "mine")
    assert words("cy", tmp_path / "mine").texts == words().texts
    with pytest.raises(FileExistsError):
        write_texts(tmp_path / "mine")


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


# --- words that agree with a number ---------------------------------------------------------------

WELSH = "n==1 ? 0 : n==2 ? 1 : (n!=8 && n!=11) ? 2 : 3"


def test_one_of_a_kind_is_said_in_the_singular() -> None:
    text = {"report.plural": "n != 1", "a": "{n} {n:room|rooms}"}
    said = [Words("en-GB", text)("a", n=n) for n in (0, 1, "1", 2, "1,000", "1.0", "none", "[c]")]
    assert said == [
        "0 rooms", "1 room", "1 room", "2 rooms", "1,000 rooms", "1.0 rooms", "none rooms",
        "[c] rooms",
    ]  # fmt: skip


def test_a_language_has_its_own_rule_and_forms(tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_text(
        f'language = "cy"\nplural = "{WELSH}"\n[found]\nservices = "{{n:a|b|c|d}}"',
        encoding="utf-8",
    )
    own = words("en-GB", tmp_path)
    said = [own("report.found.services", n=n) for n in (1, 2, 3, 8, 11, 100)]
    assert said == ["a", "b", "c", "d", "d", "c"]
    (one,) = runs(own, "report.found.services", n=Run("8", "an estimate"))
    assert one == Run("d")


@pytest.mark.parametrize("text", ['plural = "n !! 1"', '[found]\nservices = "{n:a|b|c}"'])
def test_forms_that_fit_no_rule_are_a_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        words("en-GB", tmp_path)
    assert [fault.code for fault in caught.value.faults] == ["REP006"]


@pytest.mark.parametrize(
    ("n", "forms", "said"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2, "row ends|rows end", "2 rows end"),
        (1, "row ends|rows end", "1 row ends"),
        (1001, "row", "1,001 rows"),
    ],
)
def test_a_message_counts_with_words_that_agree(n: int, forms: str, said: str) -> None:
    assert count_of(n, forms) == said


def test_every_text_of_ours_has_the_forms_of_its_rule() -> None:
    ours = words()
    forms = [
        forms for text in ours.texts.values() for _, _, forms, _ in string.Formatter().parse(text)
        if forms
    ]  # fmt: skip
    assert len(forms) > 50
    assert {each.count("|") + 1 for each in forms} == {forms_of(ours.rule)}


def test_no_count_in_a_text_is_followed_by_a_plural_of_its_own() -> None:
    """A noun right after a gap for a count agrees with it: the plural alone is a fault."""
    counts = re.compile(r"\{(?:n|years|draws|fewest|base|threshold)\} (?!\{)[a-z]+s\b")
    assert {name: text for name, text in words().texts.items() if counts.search(text)} == {}
