"""Published claims on a screen: what survives clustering, multiplicity and equivalence."""

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from peereval.studies import Study


def show_claims(claims: pl.DataFrame, study: Study, screen: Console) -> None:
    """Each claim, and under it each verdict with the outcomes it is on; nothing of no claims."""
    if claims.is_empty():
        return
    screen.print("\nWhat was published, looked at again", style="bold")
    titles = _titles(study)
    for (_, text), rows in claims.group_by("claim", "text", maintain_order=True):
        screen.print(f"“{text}”", markup=False)
        for (verdict,), those in rows.group_by("verdict", maintain_order=True):
            outcomes = ", ".join(titles[outcome] for outcome in those["outcome"])
            line = f"[bold]{escape(str(verdict))}[/] ({escape(outcomes)})"
            screen.print(Padding(line, (0, 0, 0, 4)))


def _titles(study: Study) -> dict[str, str]:
    scores = {name: score.title for name, score in study.scores.items()}
    bands = {name: band.title for name, band in study.bands.items()}
    return scores | bands | {question.id: question.title for question in study.questions}
