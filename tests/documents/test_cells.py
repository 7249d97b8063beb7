"""A number in a spreadsheet reads as it does in the report."""

import pytest

from peereval.composing import Cell, Column
from peereval.rendering.cells import as_number, headings, in_points, shown

# What is shown, the exact value, and the format that makes one of the other.
FORMATS = (
    ("1.23", 1.23456, "0.00"),
    ("-0.99", -0.98765, "0.00"),
    ("−0.99", -0.98765, r"0.00;\−0.00"),
    ("+1.2", 1.234, "+0.0;-0.0"),
    ("0.00", -0.001, "0.00;0.00"),
    ("1,234.50", 1234.5, "#,##0.00"),
    ("3", 3.0, "0"),
    ("2.5", 2.45, "0.0"),
    ("12%", 0.1234, "0%"),
    ("12.5%", 12.5, '0.0"%"'),
    ("£1,234.50", 1234.5, '"£"#,##0.00'),
    ("-£1.20", -1.2, '"£"0.00'),
    ("<0.001", 0.00002, '[<0.001]"<0.001";0.000'),
    ("0.041", 0.0412, "0.000"),
    ("7 [u]", 7.0, '0" [u]"'),
)


@pytest.mark.parametrize(("text", "value", "form"), FORMATS)
def test_a_number_is_shown_by_a_format(text: str, value: float, form: str) -> None:
    assert as_number(Cell(text, value)) == (value, form)


def test_percentage_points_are_written_as_they_are_read() -> None:
    told = as_number(Cell("−5.7", -0.05660377358490566), points=True)
    assert told == (-5.660377358490566, r"0.0;\−0.0")
    told = as_number(Cell("−11.3 [s]", -0.1132, marker="s"), points=True)
    assert told == (-11.32, r'0.0" [s]";\−0.0" [s]"')


def test_a_column_is_in_points_or_not_as_a_whole() -> None:
    near_nought = Cell("0.0", 0.0003)
    assert in_points([near_nought, Cell("5.7", 0.0566)])
    assert as_number(near_nought, points=True) == (0.03, "0.0")
    assert not in_points([near_nought, Cell("5.7", 5.66), Cell("[c]", marker="c")])
    assert not in_points([Cell("12%", 0.1234), Cell("1.2", 99.0)])
    assert as_number(Cell("0%", 0.003)) == (0.003, "0%")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.24", 1.23456),  # another number
        ("1.23", -1.23456),  # another sign
        ("12%", 0.1349),
        ("<0.001", 0.01),
        ("<0.001", -0.5),
        ("1.2 to 3.4", 1.2),  # two numbers
        ("none", 1.0),
        ("1.23", None),
    ],
)
def test_a_text_that_is_not_the_value_stays_text(text: str, value: float | None) -> None:
    assert as_number(Cell(text, value)) is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Cell("[c]", marker="c"), "[c]"),
        (Cell("", marker="c"), "[c]"),
        (Cell("-", marker="x"), "[x]"),
        (Cell("1.2", 1.2, marker="u"), "1.2 [u]"),
        (Cell("1.2 [u]", 1.2, marker="u"), "1.2 [u]"),
        (Cell("Wellbeing"), "Wellbeing"),
    ],
)
def test_shorthand_stands_for_a_number_or_beside_it(cell: Cell, text: str) -> None:
    assert shown(cell) == text


def test_headings_say_their_unit_and_are_all_different() -> None:
    columns = (
        Column("a", "Before", unit="points"),
        Column("b", "before", unit="Points"),
        Column("c", "Cost in pounds", unit="pounds"),
        Column("d", ""),
        Column("e", "", unit="points"),
    )
    assert headings(columns) == [
        "Before (points)", "before (Points) (2)", "Cost in pounds", "d", "points",
    ]  # fmt: skip
