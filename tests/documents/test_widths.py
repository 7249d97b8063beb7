"""Columns share a page so that no word is broken while there is room."""

import pytest

from peereval.composing import Cell, Column, Table
from peereval.rendering.cells import shown
from peereval.rendering.widths import comfortable, least, shares, wanted


def table(*columns: tuple[str, str, str]) -> Table:
    """A table of one row: of each column its kind, its heading and its cell."""
    made = tuple(Column(f"c{n}", head, kind) for n, (kind, head, _) in enumerate(columns))
    return Table("t", "T", made, (tuple(Cell(text) for _, _, text in columns),))


def needs(*columns: tuple[str, str, str]) -> list[tuple[float, float]]:
    made = table(*columns)
    heads = [column.title for column in made.columns]
    return [(round(each.least, 2), round(each.whole, 2)) for each in wanted(heads, made, shown)]


def test_a_number_is_never_broken_and_a_text_between_words() -> None:
    assert needs(("number", "n", "1234567.89")) == [(11.0, 11.0)]
    assert needs(("text", "t", "one seven of all")) == [(6.3, 14.1)]


def test_a_word_is_broken_behind_its_hyphen_but_not_a_number_or_a_range() -> None:
    whole, parts = needs(("text", "t", "participants")), needs(("text", "t", "Non-participants"))
    assert whole[0][0] == parts[0][0]
    assert needs(("text", "t", "2018-19"))[0] == (7.6 + 0.5, 7.6 + 0.5)


def test_letters_are_as_wide_as_those_of_arial() -> None:
    """Thousandths of the size by its metrics, of which a digit has 556."""
    for text, thousandths in (("Questionnaire", 6225), ("wwmm", 3110), ("12.5%", 2835),
                              ("illicitness", 4000), ("GROUP", 3722)):  # fmt: skip
        ((_, whole),) = needs(("number", "", text))
        assert whole - 1.5 == pytest.approx(thousandths / 556, rel=0.04)


def test_a_bold_heading_needs_more_than_its_letters_and_may_take_two_lines() -> None:
    assert needs(("number", "Respondents", "1")) == [(13.16, 13.16)]
    assert needs(("number", "Adjusted p value", "0.1")) == [(9.2, 9.2)]


def test_a_text_keeps_away_from_the_number_before_it() -> None:
    assert needs(("number", "n", "1"), ("text", "t", "undecided")) == [(5.5, 5.5), (11.3, 11.3)]


def test_what_is_lacking_is_taken_from_text_that_can_be_broken() -> None:
    made = table(("text", "Outcome", "Participation in community life"), ("number", "n", "12345"))
    columns = wanted(["Outcome", "n"], made, shown)
    assert least(columns) < comfortable(columns)
    for room in (least(columns), 30, comfortable(columns), 200):
        parts = shares(columns, room)
        assert sum(parts) == pytest.approx(1)
        assert parts[1] * max(room, least(columns)) >= columns[1].least - 1e-9
    assert shares(columns, 20)[0] < shares(columns, 40)[0]


def test_without_room_every_column_shrinks_alike() -> None:
    columns = wanted(["a", "b"], table(("number", "a", "12345"), ("number", "b", "12345")), shown)
    assert shares(columns, 1) == pytest.approx([0.5, 0.5])
