"""A table in which nothing can be shown is named, not printed."""

from peereval.composing.left_out import without_blank_tables
from peereval.composing.model import Block, Cell, Column, Listed, Paragraph, Run, Section, Table
from peereval.wording import words

KEPT, UNKNOWN, NUMBER, NAME = (
    Cell("[c]", marker="c"), Cell("[x]", marker="x"), Cell("3", 3.0), Cell("All"),
)  # fmt: skip


def table(name: str, *cells: Cell) -> Table:
    columns = (Column("who", "Who", "text"), *(Column(f"n{i}", "n") for i in range(len(cells))))
    return Table(name, f"Table of {name}", columns, ((NAME, *cells),))


def left(*blocks: Block, sections: tuple[Section, ...] = ()) -> Section:
    return without_blank_tables(Section("s", "Section", blocks, sections), words())


def texts(section: Section) -> list[str]:
    """What paragraphs, lists and tables of a section say, in a line each."""
    found = []
    for block in section.blocks:
        if isinstance(block, Listed):
            found += [run.text for item in block.items for run in item.runs]
        elif isinstance(block, Paragraph):
            found.append("".join(run.text for run in block.runs))
        elif isinstance(block, Table):
            found.append(block.id)
    return found


SAID = Paragraph((Run("Said."),))
MANY = words()("report.left_out.many")


def test_of_one_table_a_sentence_is_left() -> None:
    one = words()("report.left_out.one", title="Table of a")
    assert texts(left(SAID, table("a", KEPT, KEPT), table("b", NUMBER))) == ["Said.", "b", one]


def test_of_several_a_list() -> None:
    section = left(table("a", KEPT, UNKNOWN), SAID, table("b", KEPT))
    assert texts(section) == ["Said.", MANY, "Table of a", "Table of b"]


def test_tables_with_a_number_or_with_reasons_alone_stay() -> None:
    assert texts(left(table("a", KEPT, NUMBER), table("b", UNKNOWN), table("c"))) == ["a", "b", "c"]


def test_a_group_of_nobody_is_no_number_of_a_table() -> None:
    nobody, none = Cell("0", 0.0, field="n"), Cell("0", 0.0)
    assert texts(left(SAID, table("a", KEPT, nobody, UNKNOWN)))[0] == "Said."
    assert texts(left(table("a", KEPT, none))) == ["a"]


def test_a_section_of_nothing_else_is_named_in_that_around_it() -> None:
    empty = Section("e", "Empty", (table("a", KEPT),), (Section("f", "F", (table("b", KEPT),)),))
    full = Section("g", "Full", (SAID, table("c", KEPT)))
    section = left(SAID, sections=(empty, full))
    assert [part.id for part in section.sections] == ["g"]
    assert texts(section) == ["Said.", MANY, "Table of a", "Table of b"]
    assert len(texts(section.sections[0])) == 2


def test_a_section_of_the_report_stays_with_its_heading() -> None:
    section = left(sections=(Section("e", "Empty", (table("a", KEPT), table("b", KEPT))),))
    assert section.title == "Section"
    assert not section.sections
    assert texts(section) == [MANY, "Table of a", "Table of b"]
