"""Tables of a report as LaTeX: booktabs rules, broken over pages where they are long."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from peereval.composing import Report, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.numbering import Numbered, numbered
from peereval.rendering.office import legal
from peereval.rendering.widths import comfortable, shares, wanted
from peereval.wording import Words

PACKAGES = ("array", "booktabs", "longtable", "textcomp")
_COMMANDS: Mapping[str, str] = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "`": r"\textasciigrave{}", "−": r"\ensuremath{-}", "–": "--", "—": "---",
    "£": r"\pounds{}", "€": r"\texteuro{}", "≥": r"\ensuremath{\geq}", "≤": r"\ensuremath{\leq}",
    "×": r"\ensuremath{\times}", "±": r"\ensuremath{\pm}", "…": r"\ldots{}", "‘": "`", "’": "'",
    "“": "``", "”": "''", "≈": r"\ensuremath{\approx}", "²": r"\ensuremath{^2}", "\u00a0": "~",
    "→": r"\ensuremath{\rightarrow}",
}  # fmt: skip
_ACTIVE = re.compile("|".join(map(re.escape, _COMMANDS)))
#: A number with a minus, as numbers of the report are written.
_NEGATIVE = re.compile(r"(?<![\w)\]-])-(?=[\d£€$])")
#: Sizes of type, each with the characters that fit side by side.
_SIZES = ((80, "small"), (92, "footnotesize"), (110, "scriptsize"))


def write_latex(report: Report, words: Words, path: Path) -> None:
    r"""Write every table of a report, and those behind its figures, for ``\input``."""
    path.write_text(latex(report, words), encoding="utf-8", newline="\n")


def latex(report: Report, words: Words) -> str:
    """All tables, one after the other; what they need stands above them as a comment."""
    needs = " ".join(rf"\usepackage{{{name}}}" for name in PACKAGES)
    parts = [f"% {words('document.latex.needs', packages=needs)}"]
    parts += [table(each, report.stamp, words) for each in numbered(report, words).values()]
    return "\n\n".join(parts) + "\n"


def table(item: Numbered, stamp: str, words: Words) -> str:
    r"""One table with its title and notes, to be referred to as ``tab:`` and its id.

    LaTeX numbers it with the other tables of its document; the number that it has in the
    report stands above it as a comment.
    """
    content, heads = item.data, headings(item.data.columns)
    spec, size = _columns(heads, content)
    head = _row([rf"\textbf{{{escaped(text)}}}" for text in heads])
    again = words("document.latex.continued", label=r"\tablename~\thetable{}")
    label = rf"\label{{tab:{re.sub(r'[^A-Za-z0-9:-]', '-', item.item.id)}}}"
    lines = [
        f"% {_comment(item.heading)}",
        rf"\begingroup\{size}\setlength{{\tabcolsep}}{{3pt}}\setlength{{\LTcapwidth}}{{\linewidth}}",
        rf"\begin{{longtable}}{{@{{}}{spec}@{{}}}}",
        rf"\caption{{{escaped(item.item.title)}}}{label}\\",
        rf"\toprule {head} \midrule \endfirsthead",
        rf"\multicolumn{{{len(heads)}}}{{@{{}}l}}{{{again}}}\\",
        rf"\toprule {head} \midrule \endhead",
        r"\bottomrule \endfoot",
        *(_row([escaped(shown(cell)) for cell in row]) for row in content.rows),
        r"\end{longtable}",
        *(rf"\noindent {escaped(text)}\par" for text in _below(item, stamp)),
        r"\endgroup",
    ]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that LaTeX sets as it is, on one line."""
    line = " ".join(legal(text).split())
    return _ACTIVE.sub(lambda found: _COMMANDS[found[0]], _NEGATIVE.sub("−", line))


def _below(item: Numbered, stamp: str) -> Iterator[str]:
    texts = (item.item.caption, item.data.caption, *item.data.notes, stamp)
    yield from dict.fromkeys(filter(None, texts))


def _comment(text: str) -> str:
    return " ".join(legal(text).split())


def _row(cells: Sequence[str]) -> str:
    # A bracket or a star at the start of a row would belong to the end of the one before.
    first, *rest = cells
    guard = "{}" if first.startswith(("[", "*")) else ""
    return rf"{' & '.join([guard + first, *rest])} \\"


def _columns(heads: Sequence[str], content: Table) -> tuple[str, str]:
    """Columns that share the width of the text by what they hold, and the size of the type."""
    columns = wanted(heads, content, shown)
    fitting = (each for each in _SIZES if comfortable(columns) <= each[0])
    room, size = next(fitting, _SIZES[-1])
    sides = ["left" if column.kind == "number" else "right" for column in content.columns]
    spec = "".join(
        rf">{{\ragged{side}\arraybackslash}}"
        rf"p{{\dimexpr {share:.4f}\linewidth-2\tabcolsep\relax}}"
        for side, share in zip(sides, shares(columns, room), strict=True)
    )
    return spec, size
