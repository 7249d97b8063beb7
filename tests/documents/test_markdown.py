"""Markdown shows every text and number as the report has it, whatever they hold."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from documents.building import ROWS, full, report, sentence, table_of
from peereval.composing import Cell, Column, Listed, Paragraph, Run, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.markdown import escaped, markdown, table, write_markdown
from peereval.rendering.numbering import numbered
from peereval.wording import words

SAY = words()
READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
HOSTILE = (
    "a | b", "1. one", "12) two", "- dash", "+ plus", "> quote", "# title", "=== rule", "---",
    "*star*", "_under_ snake_case", "`code`", "[link](http://x)", "[ref]: x", "![i](y)", "<b>",
    "a\\b", "~~gone~~", "$x^2$", "&amp;", "-0.5", "50%", "{#id}", "end\\", "a\nb",
)  # fmt: skip


def plain(tokens: list) -> str:
    """The text of parsed Markdown, and a sign for everything that is more than text."""
    parts = []
    for token in tokens:
        for child in token.children or []:
            parts.append(child.content if child.type == "text" else f"<{child.type}>")
    return "".join(parts)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_as_it_is(text: str) -> None:
    tokens = READER.parse(escaped(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert plain(tokens) == " ".join(text.split())


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    tokens = READER.parse(escaped(text))
    assert plain(tokens) == text
    assert tokens[0].type == "paragraph_open"


def parsed(text: str) -> list[list[str]]:
    """Rows of the one table in a text."""
    rows: list[list[str]] = []
    for token in READER.parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(plain([token]))
    return rows


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_shown_as_it_is(text: str) -> None:
    made = Table("t", "T", (Column("a", text, "text"), Column("b", "B")), ((Cell(text),) * 2,) * 2)
    line = " ".join(text.split())
    assert parsed(table(made)) == [[line, "B"], [line] * 2, [line] * 2]


def test_every_table_has_the_numbers_of_the_report() -> None:
    for each in numbered(full(), SAY).values():
        rows = parsed(table(each.data))
        assert rows[0] == headings(each.data.columns)
        assert rows[1:] == [[shown(cell) for cell in row] for row in each.data.rows]


def test_numbers_stand_at_the_right() -> None:
    assert table(table_of(ROWS)).splitlines()[1] == "| :-- | --: | --: | --: | --: |"


def test_the_whole_report_is_there_in_its_order(tmp_path: Path) -> None:
    write_markdown(replace(full(), stamp="Not for publication"), SAY, tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    wanted = (
        "# A small study", "An evaluation", "**Not for publication**",
        "- Prepared by: An evaluator", "## What was found", "Wellbeing rose by **1.23** points", "](<https://example.org/method>)",
        "> A warning.", "- One point", "**Table 1: Changes**", "matched pairs; paired t-test.",
        "**Figure 1: Change of each outcome**", "Wellbeing rose by 1.23 points.", "1. One point",
        "2. Another point", "## Methods", "### Tests", "**Table A1: More of the same**",
    )  # fmt: skip
    places = [text.index(each) for each in wanted]
    assert places == sorted(places)
    assert not re.search(r"\n{3}", text)


def test_the_first_words_of_a_paragraph_or_an_item_make_no_list() -> None:
    made = report(sentence("1. May"), Listed((sentence("- dash"),)), sentence("2018"))
    text = markdown(made, SAY)
    assert "1\\. May" in text
    assert "- \\- dash" in text
    assert "\n2018\n" in text


def test_strong_words_with_spaces_and_hostile_links_stay_in_bounds() -> None:
    runs = (Run(" so ", strong=True), Run("x", link="https://a/>)b"), Run("y", link="javascript:1"))
    text = markdown(report(Paragraph(runs)), SAY)
    assert "**so** [x](<https://a/%3E)b>)y" in text
