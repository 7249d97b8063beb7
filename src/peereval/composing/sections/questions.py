"""Survey tables: what was answered, by column, and which columns differ."""

from collections.abc import Iterator, Mapping
from string import ascii_uppercase

from peereval.composing import figures
from peereval.composing.columns import chart, text
from peereval.composing.content import Content, Place, Row
from peereval.composing.model import Block, Cell, Column, Section, Table
from peereval.composing.sentences import paragraph
from peereval.publishing import Named, Question
from peereval.studies import ALL

#: Numbers below the answers of a question, in the order of the table, and how they are shown.
_NUMBERS = (
    ("student", "mean_score", "2"),
    ("student", "mean_options", "2"),
    ("order_statistics", "median", "1"),
    ("sample", "lower_quartile", "1"),
    ("sample", "upper_quartile", "1"),
    ("student", "mean_number", "1"),
)
#: Of numbers the test compares whole distributions: it stands beside the first of their rows.
_TESTED = ("mean_score", "mean_options", "median")


def questions(content: Content) -> Section | None:
    """The section of experience questions; None where the study has no tables."""
    parts = tuple(
        part for each in content.publication.questions if (part := _question(content, each))
    )
    if not parts:
        return None
    words = content.words
    intro = paragraph(words, "report.questions.intro", level=content.level)
    return Section("questions", words("report.questions.title"), (intro,), parts)


def _question(content: Content, question: Question) -> Section | None:
    blocks: list[Block] = []
    for phase in figures.scopes(question):
        for occasion in question.occasions:
            blocks += chart(content, figures.answers, question.id, phase, occasion)
        for asked in question.asked:
            blocks += _tables(content, question, asked, phase)
    return Section(f"questions-{question.id}", question.title, tuple(blocks)) if blocks else None


def _tables(content: Content, question: Question, asked: Named, phase: str) -> Iterator[Table]:
    for occasion in question.occasions:
        place = Place(phase, occasion, ALL, asked.id)
        if content.find("tabulation", "count", "n_answering", place):
            yield answers(content, question, asked, place)
    for comparison in question.comparisons:
        place = Place(phase, comparison, ALL, asked.id)
        for group in _groups(content, place, "share_change"):
            yield changes(content, question, asked, place.at(group=group))


def _groups(content: Content, place: Place, estimand: str) -> list[str]:
    """Columns of a table in the order of the results."""
    rows = content.of(
        analysis="tabulation", phase=place.phase, comparison=place.comparison,
        outcome=place.outcome, estimand=estimand,
    )  # fmt: skip
    return list(dict.fromkeys(row["group"] for row in rows))


def _title(content: Content, question: Question, asked: Named, place: Place) -> str:
    own = question.title if asked.title == question.title else f"{question.title}: {asked.title}"
    phase = content.title(place.phase) if place.phase and len(question.phases) > 1 else ""
    return ". ".join(part for part in (own, phase, content.title(place.comparison)) if part)


def column_title(content: Content, question: Question, group: str) -> str:
    """What a column of a table is called: all, a phase, a role, a group or a level."""
    for name, levels in question.breakdowns.items():
        for level in levels:
            if group == f"{name}_{level.id}":
                return level.title
    kind, _, rest = group.partition("_")
    if kind == "phase" and "phase" in question.breakdowns:
        return content.title(rest)
    if kind == "role" and "role" in question.breakdowns:
        return rest.replace("_", " ").capitalize()
    return content.title(group)


# --- one occasion ---------------------------------------------------------------------------


def answers(content: Content, question: Question, asked: Named, place: Place) -> Table:
    """Shares by answer and column at one occasion, with the base, and which columns differ."""
    groups = _groups(content, place, "n_answering")
    differ = _differences(content, place)
    # Where no test finds a difference there is nothing to name.
    letters = dict(zip(groups[1:], ascii_uppercase, strict=False)) if differ else {}
    titles = [column_title(content, question, group) for group in groups]
    heads = [
        f"{title} ({letters[group]})" if len(letters) > 1 and group in letters else title
        for group, title in zip(groups, titles, strict=True)
    ]
    rows = [
        (
            text(each.title),
            *_shares(content, place.at(level=each.id), groups),
            *_marked(content, differ, each.id, letters),
        )
        for each in question.lines
    ]
    rows += _numbers(content, place, groups, differ, letters)
    last = (text(""),) if letters else ()
    rows.append((text(content.words("report.base")), *_bases(content, place, groups), *last))
    return Table(
        f"questions-{place.phase or 'all'}-{place.comparison}-{asked.id}",
        _title(content, question, asked, place),
        (
            Column("answer", content.words("report.column.answer"), "text"),
            *(Column(group, title) for group, title in zip(groups, heads, strict=True)),
            *([Column("differ", content.words("report.column.differ"), "text")] * bool(letters)),
        ),
        tuple(rows),
        caption=_caption(content, question, place),
    )


def _shares(content: Content, place: Place, groups: list[str]) -> Iterator[Cell]:
    for group in groups:
        row = content.find("tabulation", "wilson", "share_choosing", place.at(group=group))
        yield content.cell(row, "percent")


def _caption(content: Content, question: Question, place: Place) -> str:
    mean = content.find("tabulation", "student", "mean_number", place)
    if mean is not None:
        return content.words("report.questions.caption_number", unit=mean["unit"])
    kind = "multi" if question.several else "single"
    return content.words(f"report.questions.caption_{kind}")


def _bases(content: Content, place: Place, groups: list[str]) -> Iterator[Cell]:
    """How many answered; of a number, how many answers without outliers."""
    for group in groups:
        at = place.at(group=group)
        mean = content.find("tabulation", "student", "mean_number", at)
        answering = content.find("tabulation", "count", "n_answering", at)
        yield content.cell(mean, "count", "n") if mean else content.cell(answering, "count")


def _numbers(
    content: Content,
    place: Place,
    groups: list[str],
    differ: Mapping[str, list[Row]],
    letters: Mapping[str, str],
) -> Iterator[tuple[Cell, ...]]:
    """Means of scored or counted answers; median, quartiles and mean of answers in numbers."""
    for method, estimand, style in _NUMBERS:
        found = [content.find("tabulation", method, estimand, place.at(group=g)) for g in groups]
        if any(found):
            tested = differ if estimand in _TESTED else {}
            yield (
                text(content.words(f"report.questions.{estimand}")),
                *(content.cell(row, style) for row in found),
                *_marked(content, tested, "", letters),
            )


def _differences(content: Content, place: Place) -> Mapping[str, list[Row]]:
    """Level -> tests of two columns that find a difference."""
    found: dict[str, list[Row]] = {}
    rows = content.of(
        analysis="tabulation", phase=place.phase, comparison=place.comparison, outcome=place.outcome
    )
    for row in rows:
        tested = "_difference" in row["estimand"] or row["estimand"].startswith("difference_")
        p_value = row["p_value"] if row["p_adjusted"] is None else row["p_adjusted"]
        if tested and p_value is not None and p_value < content.alpha:
            found.setdefault(row["level"], []).append(row)
    return found


def _marked(
    content: Content, differ: Mapping[str, list[Row]], level: str, letters: Mapping[str, str]
) -> Iterator[Cell]:
    """Which columns differ, the higher first; no cell in a table in which none do."""
    if not letters:
        return
    said = []
    for row in differ.get(level, []):
        one, _, two = row["group"].partition("_v_")
        higher, lower = (one, two) if row["estimate"] > 0 else (two, one)
        name = "report.questions.above" if len(letters) > 2 else "report.questions.differs"
        said.append(
            content.words(name, higher=letters.get(higher, ""), lower=letters.get(lower, ""))
        )
    yield text(", ".join(said))


# --- before and after -----------------------------------------------------------------------


def changes(content: Content, question: Question, asked: Named, place: Place) -> Table:
    """Shares of the same respondents before and after, with the test of each change."""
    rows = []
    for each in question.lines:
        here = place.at(level=each.id)
        row = content.find("tabulation", "mcnemar_exact", "share_change", here)
        if row is None:
            continue
        ends = (
            content.find("tabulation", "share", f"share_{end}", here) for end in ("pre", "post")
        )
        shares = (content.cell(end, "percent") for end in ends)
        rows.append(
            (
                text(each.title),
                content.cell(row, "count", "n"),
                *shares,
                content.cell(row, "points"),
                _p(content, row),
            )
        )
    rows += _mean_change(content, place)
    title = _title(content, question, asked, place)
    if place.group != ALL:
        title = f"{title}. {column_title(content, question, place.group)}"
    names = ("n", "before", "after", "change", "p")
    return Table(
        f"questions-{place.phase or 'all'}-{place.comparison}-{asked.id}-{place.group}",
        title,
        (
            Column("answer", content.words("report.column.answer"), "text"),
            *(Column(name, content.words(f"report.column.{name}")) for name in names),
        ),
        tuple(rows),
        caption=content.words("report.questions.caption_change"),
    )


def _mean_change(content: Content, place: Place) -> Iterator[tuple[Cell, ...]]:
    row = content.find("tabulation", "paired_t", "mean_change", place)
    if row is not None:
        ends = (
            content.find("tabulation", "descriptive", f"mean_{end}", place)
            for end in ("pre", "post")
        )
        means = (content.cell(end, "2") for end in ends)
        title = text(content.words("report.questions.mean_score"))
        yield (
            title,
            content.cell(row, "count", "n"),
            *means,
            content.cell(row, "2"),
            _p(content, row),
        )


def _p(content: Content, row: Row) -> Cell:
    return content.cell(row, "p", "p_value" if row["p_adjusted"] is None else "p_adjusted")
