"""Tables of a report as LaTeX: booktabs rules, broken over pages where they are long."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from peereval.composing import Report, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.numbering import Numbered, numbered
from peereval.rendering.office import legal
from peereval.rendering.widths import comfortable, least, shares, wanted
from peereval.wording import Words

PACKAGES = ("array", "booktabs", "longtable", "pdflscape", "textcomp")
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
#: Sizes of type with the characters that fit side by side on a page of LaTeX's own, and across
#: one that is turned.
_UPRIGHT = ((66, "small"), (74, "footnotesize"), (84, "scriptsize"))
_TURNED = ((118, "footnotesize"), (135, "scriptsize"))


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
    columns = wanted(heads, content, shown)
    turned = least(columns) > _UPRIGHT[-1][0]
    room, size = _fitting(comfortable(columns), _TURNED if turned else _UPRIGHT)
    head = _row([rf"\textbf{{{escaped(text)}}}" for text in heads])
    again = words("document.latex.continued", label=r"\tablename~\thetable{}")
    label = rf"\label{{tab:{re.sub(r'[^A-Za-z0-9:-]', '-', item.item.id)}}}"
    lines = [
        f"% {_comment(item.heading)}",
        rf"\begingroup\{size}\setlength{{\tabcolsep}}{{3pt}}\setlength{{\LTcapwidth}}{{\linewidth}}",
        rf"\begin{{longtable}}{{@{{}}{_columns(content, shares(columns, room))}@{{}}}}",
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
    if turned:
        lines = [lines[0], r"\begin{landscape}", *lines[1:], r"\end{landscape}"]
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


def _fitting(characters: float, sizes: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """The largest size at which so many characters fit, else the smallest."""
    return next((each for each in sizes if characters <= each[0]), sizes[-1])


def _columns(content: Table, parts: Sequence[float]) -> str:
    """Columns that share the width of the text, numbers at the right."""
    sides = ["left" if column.kind == "number" else "right" for column in content.columns]
    return "".join(
        rf">{{\ragged{side}\arraybackslash}}"
        rf"p{{\dimexpr {part:.4f}\linewidth-2\tabcolsep\relax}}"
        for side, part in zip(sides, parts, strict=True)
    )
