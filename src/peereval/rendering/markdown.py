"""A report as Markdown: its text, and its tables as GitHub, pandoc and Quarto read them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from peereval.composing import Block, Figure, Listed, Paragraph, Report, Run, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.numbering import Numbered, numbered, walk
from peereval.wording import Words

#: What Markdown takes for something else wherever it stands; a bracket only where a link follows.
_ACTIVE = re.compile(r"([\\`*_{}<#|~$&^]|\](?=[(\[:]))")
#: What makes a list, a quotation or a rule of a line that begins with it.
_FIRST = re.compile(r"^\d+(?=[.)](?:\s|$))|^(?=[-+=>]+(?:\s|$))")
_OUTSIDE = ("https://", "http://", "mailto:")
_DEEPEST = 6


def write_markdown(report: Report, words: Words, path: Path) -> None:
    """Write a report as one file of Markdown: text, tables, and the numbers behind figures."""
    path.write_text(markdown(report, words), encoding="utf-8", newline="\n")


def markdown(report: Report, words: Words) -> str:
    """A report as Markdown; see `write_markdown`."""
    items = numbered(report, words)
    parts = [f"# {escaped(report.title)}"]
    parts += [escaped(text) for text in (report.subtitle,) if text]
    parts += [f"**{escaped(text)}**" for text in (report.stamp,) if text]
    about = [words("document.front.about", name=name, value=value) for name, value in report.about]
    parts += ["\n".join(f"- {escaped(text)}" for text in about)] if about else []
    for level, section in walk(report):
        parts.append(f"{'#' * min(level + 1, _DEEPEST)} {escaped(section.title)}")
        for block in section.blocks:
            parts += _block(block, items)
    return "\n\n".join(parts) + "\n"


def table(content: Table) -> str:
    """A table with pipes, every special character in it made plain."""
    rows = [[_plain(shown(cell)) for cell in row] for row in content.rows]
    heads = [_plain(head) for head in headings(content.columns)]
    sides = ["--:" if column.kind == "number" else ":--" for column in content.columns]
    return "\n".join(_line(cells) for cells in (heads, sides, *rows))


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, as a paragraph of one line."""
    return _begun(_plain(text))


def _begun(line: str) -> str:
    """A line whose beginning means nothing: a stroke before its sign, or the point of a number."""
    return _FIRST.sub(lambda found: found[0] + "\\", line)


def _plain(text: str) -> str:
    return " ".join(_ACTIVE.sub(r"\\\1", text).split())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _block(block: Block, items: dict[str, Numbered]) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _paragraph(block)
    elif isinstance(block, Listed):
        marks = (f"{n}." if block.numbered else "-" for n in range(1, len(block.items) + 1))
        lines = (f"{mark} {_said(item)}" for mark, item in zip(marks, block.items, strict=True))
        yield "\n".join(lines)
    else:
        yield from _captioned(block, items[block.id])


def _captioned(block: Table | Figure, item: Numbered) -> Iterator[str]:
    """A table, or the one behind a figure, with its number, title and notes."""
    yield f"**{escaped(item.heading)}**"
    if isinstance(block, Figure) and block.alt:
        yield escaped(block.alt)
    yield table(item.data)
    for text in dict.fromkeys((block.caption, item.data.caption, *item.data.notes)):
        if text:
            yield escaped(text)


def _paragraph(block: Paragraph) -> str:
    text = _said(block)
    return f"> {text}" if block.kind == "warning" else text


def _said(block: Paragraph) -> str:
    return _begun("".join(_run(run) for run in block.runs).strip())


def _run(run: Run) -> str:
    text = _ACTIVE.sub(r"\\\1", run.text).replace("\n", " ")
    bare = text.strip()
    if run.strong and bare:
        # Stars beside spaces mean nothing, so the spaces stay outside.
        text = text.replace(bare, f"**{bare}**", 1)
    if run.link.startswith(_OUTSIDE):
        return f"[{text}](<{run.link.replace('<', '%3C').replace('>', '%3E')}>)"
    return text
