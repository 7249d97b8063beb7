"""LaTeX tables hold the numbers of the report, and LaTeX takes them, whatever the texts hold."""

import shutil
import subprocess
from pathlib import Path

import pytest

from documents.building import ROWS, full, report, table_of
from peereval.composing import Cell, Column, Report, Table
from peereval.rendering.latex import PACKAGES, escaped, latex, write_latex
from peereval.wording import words

SAY = words()
ALL = "\\ { } $ & # % _ ~ ^ < > | \" ' ` − – — £ € ≥ ≤ × ± … ‘q’ “q” ² → é"
HOSTILE = Table(
    "na_sty%", ALL, (Column("a", "50% & more_#1 {x} ~^", "text"), Column("b", "p | value")),
    (
        (Cell("[c] first"), Cell("[c]", marker="c")),
        (Cell("* star | pipe \\"), Cell("-£1.20", -1.2)),
        (Cell("[x]", marker="x"), Cell("−0.5", -0.5)),
    ),
    caption="# base \\input{x}", notes=("a * note_ with & and % and\na break",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("50% of A&B_c #1 {x} $5", r"50\% of A\&B\_c \#1 \{x\} \$5"),
        ("a\\b ~ ^", r"a\textbackslash{}b \textasciitilde{} \textasciicircum{}"),
        ("-0.5", r"\ensuremath{-}0.5"),
        ("−0.5", r"\ensuremath{-}0.5"),
        ("[-1.50, -0.48]", r"[\ensuremath{-}1.50, \ensuremath{-}0.48]"),
        ("-£1.20", r"\ensuremath{-}\pounds{}1.20"),
        ("2018-19, follow-up", "2018-19, follow-up"),
        ("<0.001", r"\textless{}0.001"),
        ("two\nlines\x00", "two lines"),
    ],
)
def test_text_is_set_as_it_is(text: str, made: str) -> None:
    assert escaped(text) == made


def test_a_table_has_its_rules_its_title_its_label_and_its_rows() -> None:
    text = latex(report(table_of(ROWS, caption="All respondents.", notes=("A note.",))), SAY)
    for said in (
        r"\caption{Changes}\label{tab:changes}", r"\toprule", r"\midrule", r"\bottomrule",
        r"\textbf{Outcome} & \textbf{Change (points)}",
        r"Wellbeing & 1.23 & \ensuremath{-}0.50 & 2.97 & 0.041 \\",
        r"Optimism & 1,234.50 [u] & 1,000.00 & 1,469.00 & 0.500 \\",
        r"Autonomy & [c] & [c] & [c] & [c] \\", r"\noindent All respondents.\par",
        r"\noindent A note.\par", "% Table 1: Changes",
    ):  # fmt: skip
        assert said in text


def test_a_row_that_begins_with_a_bracket_belongs_to_itself() -> None:
    text = latex(report(HOSTILE), SAY)
    assert "\n{}[c] first &" in text
    assert "\n{}* star" in text


def test_what_it_needs_is_said_and_nothing_else_of_ours_is_a_comment() -> None:
    lines = latex(full(), SAY).splitlines()
    comments = [line for line in lines if line.startswith("%")]
    assert all(rf"\usepackage{{{name}}}" in comments[0] for name in PACKAGES)
    assert comments[1:] == [
        "% Table 1: Changes", "% Figure 1: Change of each outcome", "% Table A1: More of the same",
    ]  # fmt: skip


def wide(many: int) -> Table:
    columns = (Column("what", "Outcome", "text"), *(Column(f"c{n}", "Change") for n in range(many)))
    return Table("wide", "Wide", columns, ((Cell("Wellbeing"), *(Cell("-1.23", -1.23),) * many),))


def test_a_table_too_wide_for_a_page_is_turned() -> None:
    assert "landscape" not in latex(report(wide(4)), SAY).partition("\n")[2]
    text = latex(report(wide(11)), SAY)
    assert text.index(r"\begin{landscape}") < text.index(r"\begin{longtable}")
    assert text.index(r"\end{longtable}") < text.index(r"\end{landscape}")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="LaTeX is not installed")
@pytest.mark.parametrize(
    "made",
    [full(), report(HOSTILE, wide(11), table_of(ROWS * 30, "long", title="Long " * 60))],
    ids=["full", "hostile"],
)
def test_latex_takes_it(made: Report, tmp_path: Path) -> None:
    write_latex(made, SAY, tmp_path / "tables.tex")
    packages = "".join(rf"\usepackage{{{name}}}" for name in PACKAGES)
    main = rf"\documentclass{{article}}{packages}\begin{{document}}\input{{tables}}\end{{document}}"
    (tmp_path / "main.tex").write_text(main)
    call = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "main.tex"]
    for _ in range(2):  # longtable settles its widths in the second
        ran = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout[-2000:]
    assert "Overfull" not in ran.stdout
