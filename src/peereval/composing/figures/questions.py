"""Charts of survey tables: the share that chose each answer."""

from collections.abc import Mapping, Sequence

from peereval.composing.figures.cells import COUNT, SHARE, cell, row_of, shown, text
from peereval.composing.figures.making import bases, figure, listed, said
from peereval.composing.model import Cell, Figure
from peereval.publishing import Publication, Question
from peereval.wording import Words


def answers(
    publication: Publication,
    words: Words,
    question: str,
    phase: str,
    occasion: str,
    breakdown: str = "",
) -> Figure | None:
    """What was answered to a survey table at one occasion, of a phase.

    Scales and other tables with one answer each are bars that add up to 100%, a bar per question
    asked; otherwise a bar per answer. ``breakdown`` sets its columns beside each other.
    """
    table = next((each for each in publication.questions if each.id == question), None)
    if table is None:
        return None
    scope = (publication, words, table, phase, occasion)
    series = _series(words, table, breakdown)
    if table.several or (table.kind == "single" and len(table.asked) == 1):
        return _bars(*scope, series, breakdown)
    return _stacked(*scope, series, breakdown)


def scopes(question: Question) -> tuple[str, ...]:
    """Phases of which a survey table is shown; the empty one is of all together.

    A phase that is a column of the table of all needs one of its own only for other columns.
    """
    if "phase" not in question.breakdowns:
        return question.phases
    return ("", *question.phases) if len(question.breakdowns) > 1 else ("",)


def _series(words: Words, table: Question, breakdown: str) -> dict[str, str]:
    """Columns of a survey table and their titles."""
    levels = table.breakdowns.get(breakdown, ())
    everybody = {"all": words("figures.answers.everybody")}
    return {f"{breakdown}_{level.id}": level.title for level in levels} or everybody


def _share(publication: Publication, keys: Sequence[str], asked: str, option: str) -> Cell:
    row = row_of(publication, "tabulation", "wilson", *keys, asked, option, "share_choosing")
    return cell(row, SHARE)


def _base(publication: Publication, keys: Sequence[str], asked: str) -> Cell:
    return cell(row_of(publication, "tabulation", "count", *keys, asked, "n_answering"), COUNT)


def _titles(
    publication: Publication, words: Words, table: Question, phase: str, occasion: str, kind: str
) -> tuple[str, str]:
    """Title of the chart, and the occasion of its caption."""
    # Of a table of one questionnaire its title says all.
    name = f"figures.{kind}.title{'_of_phase' if phase and len(table.phases) > 1 else ''}"
    title = words(name, question=table.title, phase=publication.title_of(phase))
    return title, publication.title_of(occasion)


def _bars(
    publication: Publication, words: Words, table: Question, phase: str, occasion: str,
    series: Mapping[str, str], breakdown: str,
) -> Figure | None:  # fmt: skip
    """A bar per answer: of each column of the table, or of each question asked."""
    several = len(table.asked) > 1
    columns = (
        {each.id: (each.title, "all", each.id) for each in table.asked}
        if several
        else {name: (title, name, table.asked[0].id) for name, title in series.items()}
    )
    rows = [
        (
            text(option.title),
            *(
                _share(publication, (phase, occasion, group), asked, option.id)
                for _, group, asked in columns.values()
            ),
        )
        for option in table.options
    ]
    if not any(shown(row) for row in rows):
        return None
    title, when = _titles(publication, words, table, phase, occasion, "answers")
    base = (
        (said_title, _base(publication, (phase, occasion, group), asked))
        for said_title, group, asked in columns.values()
    )
    titles = {name: title for name, (title, _, _) in columns.items()}
    return figure(
        words, "answers", (table.id, phase, occasion, breakdown), rows,
        title=title,
        caption=words(
            "figures.answers.caption", occasion=when, bases=bases(words, base),
            multi=words("figures.answers.multi") if table.several else "",
        ),
        alt=_bars_heard(words, rows, list(titles.values())),
        unit=words("figures.answers.unit"),
        titles={"option": words("figures.answers.columns.option"), **titles},
    )  # fmt: skip


def _bars_heard(words: Words, rows: Sequence[tuple[Cell, ...]], titles: Sequence[str]) -> str:
    def shares(row: Sequence[Cell]) -> str:
        if len(titles) == 1:
            return said(words, row[1])
        each = (
            words("figures.answers.alt_share", share=said(words, share), series=title)
            for share, title in zip(row[1:], titles, strict=True)
        )
        return listed(words, each)

    heard = (
        words("figures.answers.alt_row", option=row[0].text, shares=shares(row)) for row in rows
    )
    return words("figures.answers.alt", rows=" ".join(heard))


def _stacked(
    publication: Publication, words: Words, table: Question, phase: str, occasion: str,
    series: Mapping[str, str], breakdown: str,
) -> Figure | None:  # fmt: skip
    """A bar of 100% for each question asked, and each column of the table."""
    bars = [
        (" ".join(filter(None, (_bar_title(table, asked.title, series), title))), group, asked.id)
        for asked in table.asked
        for group, title in (series.items() if len(series) > 1 else [(next(iter(series)), "")])
    ]
    rows = [
        (
            text(title or next(iter(series.values()))),
            *(_share(publication, (phase, occasion, group), asked, each.id)
              for each in table.options),
            _base(publication, (phase, occasion, group), asked),
        )
        for title, group, asked in bars
    ]  # fmt: skip
    if not any(shown(row[1:-1]) for row in rows):
        return None
    title, when = _titles(publication, words, table, phase, occasion, "agreement")
    options = {each.id: each.title for each in table.options}
    return figure(
        words, "agreement", (table.id, phase, occasion, breakdown), rows,
        title=title,
        caption=words("figures.agreement.caption", occasion=when),
        alt=_stacked_heard(words, rows, list(options.values())),
        unit=words("figures.agreement.unit"),
        titles={
            "asked": words("figures.agreement.columns.asked"), **options,
            "n": words("figures.agreement.columns.n"),
        },
    )  # fmt: skip


def _bar_title(table: Question, asked: str, series: Mapping[str, str]) -> str:
    """The question that was asked; nothing where there is one, which the title says."""
    if len(table.asked) == 1:
        return ""
    return f"{asked}:" if len(series) > 1 else asked


def _stacked_heard(words: Words, rows: Sequence[tuple[Cell, ...]], options: Sequence[str]) -> str:
    def shares(row: Sequence[Cell]) -> str:
        each = (
            words("figures.agreement.alt_share", option=option, share=said(words, share))
            for option, share in zip(options, row[1:-1], strict=True)
        )
        return listed(words, each)

    heard = (
        words("figures.agreement.alt_row", asked=row[0].text, shares=shares(row)) for row in rows
    )
    return words("figures.agreement.alt", rows=" ".join(heard))
