"""What was found in published tables, for people, for programs and for a GitHub log."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from peereval.errors import Fault
from peereval.published_tables import CheckedTable
from peereval.rendering.findings import findings_text, severity, summary

_WIDTH = 110
_STYLE = {"finding": "yellow", "note": "dim"}


def show_tables(checked: Sequence[CheckedTable], screen: Console | None = None) -> None:
    """Each table with what was looked at, what was not, and what was found."""
    screen = screen or _screen()
    for each in checked:
        _print(screen, f"{each.table.title} ({each.table.path.name})", "bold")
        looked = (f"{what} ({times:,})" for what, times in each.looked_at.items())
        _say(screen, "Looked at", "; ".join(looked) or "nothing")
        if each.left_out:
            _say(screen, "Not looked at", "; ".join(each.left_out))
        if each.findings:
            screen.print(_lines(each.findings))
        screen.print()
    findings = [finding for each in checked for finding in each.findings]
    said = summary((), findings) if findings else "Nothing was found that disagrees"
    _print(screen, said, "bold")
    if findings:
        _print(screen, "What a code means and what to do: peereval explain " + findings[0].code)


def tables_text(checked: Sequence[CheckedTable], form: str = "json") -> str:
    """The same as ``json``, or as ``github`` workflow commands, one for each finding."""
    findings = [finding for each in checked for finding in each.findings]
    if form == "github":
        return "\n".join(findings_text((), (finding,), form=form) for finding in findings)
    tables = [
        {
            "file": each.table.path.name,
            "title": each.table.title,
            "looked_at": dict(each.looked_at),
            "left_out": list(each.left_out),
        }
        for each in checked
    ]
    return findings_text((), findings, form=form, more={"tables": tables})


def _lines(findings: Sequence[Fault]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        word = severity(finding.code)
        where = ", ".join(filter(None, (finding.place, _column(finding))))
        said = f"{where}: {finding.found}" if where else finding.found
        table.add_row(
            Text(f"  {word}", style=_STYLE[word]),
            Text(finding.code, style="bold"),
            Text(_plain(f"{said}. {finding.fix}")),
        )
    return table


def _column(finding: Fault) -> str:
    return f"column {finding.column!r}" if finding.column else ""


def _screen() -> Console:
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=_WIDTH)


def _print(screen: Console, text: str, style: str = "") -> None:
    screen.print(Text(_plain(text), style=style), soft_wrap=True)


def _say(screen: Console, what: str, text: str) -> None:
    screen.print(Padding(Text(_plain(f"{what}: {text}")), (0, 0, 0, 2), expand=False))


def _plain(text: str) -> str:
    """A file is anybody's: what moves a cursor is shown, not done."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
