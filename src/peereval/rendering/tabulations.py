"""Survey tables on a screen: per cents by column, bases, and which columns differ."""

from collections.abc import Iterator, Mapping
from string import ascii_uppercase
from typing import Any

import polars as pl
from msgspec import Struct
from rich.console import Console
from rich.markup import escape

from peereval.rendering.number_tables import number_changes, number_rows
from peereval.rendering.numbers import NOTHING, fixed, p_text
from peereval.rendering.tables import number_table
from peereval.significance import alpha_of
from peereval.studies import ALL, Asked, NumberRule, Study, Table
from peereval.tabulating import PHASE, Scope, TableColumn, pair_group, rows_of, scopes_of

#: Fewer respondents than this are not shown, nor who they are not.
FEWEST_SHOWN = 10
#: Of more questions than this a table shows its nets alone.
_MOST_IN_FULL = 2
#: What marks two columns that differ; of more columns their letters do.
MARK = "[s]"
#: Of the tests of one change, the one that is shown.
_SHOWN = ("mcnemar_exact", "paired_t", "sign_test")

_Rows = Mapping[tuple[str, ...], Mapping[str, Any]]


def show_tabulations(results: pl.DataFrame, study: Study, screen: Console) -> None:
    """Tables of a study: those with the same columns at one occasion together; then changes."""
    if not study.tables:
        return
    rows = _by_key(results)
    for (when, heads), sections in _blocks(rows, study).items():
        screen.print()
        screen.print(when, style="italic", markup=False)
        shown = number_table(screen, "", "", heads)
        for section in sections:
            shown.add_row(f"[bold]{escape(section.title)}[/bold]", *section.bases)
            for words, cells in section.rows:
                shown.add_row(f"  {escape(words)}", *cells)
        screen.print(shown)
    comparisons = {comparison.id: comparison for comparison in study.comparisons}
    for table in study.tables:
        for scope in scopes_of(table, study):
            for asked in table.asked:
                for name in table.comparisons:
                    if scope.phase in comparisons[name].phases:
                        title = _title(table, asked, scope, comparisons[name].title, study)
                        _show_change(rows, table, scope, asked, name, title, screen)
    _show_coders(results, study, screen)
    screen.print(_footnote(study), markup=False)


def _by_key(results: pl.DataFrame) -> _Rows:
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    keys = ("phase", "comparison", "group", "outcome", "level", "estimand")
    for row in results.filter(analysis="tabulation").iter_rows(named=True):
        if not row["estimand"].endswith("_change") or row["method"] in _SHOWN:
            found.setdefault(tuple(row[key] for key in keys), row)
    # McNemar's test stands before the t-test of the same change, where there is one.
    mcnemar = results.filter(analysis="tabulation", method=_SHOWN[0])
    return found | {tuple(r[k] for k in keys): r for r in mcnemar.iter_rows(named=True)}


def _title(table: Table, asked: Asked, scope: Scope, when: str, study: Study) -> str:
    titles = {phase.id: phase.title for phase in study.phases}
    own = table.title if asked.title == table.title else f"{table.title}: {asked.title}"
    where = titles[scope.phase] if scope.phase and len(study.phases) > 1 else ""
    return ". ".join(part for part in (own, where, when) if part)


def _show_coders(results: pl.DataFrame, study: Study, screen: Console) -> None:
    """How far coders agree, in a line for each table of themes that several people coded."""
    for table in study.tables:
        mine = results.filter(outcome=table.id, estimand="coder_kappa", status="ok")
        if not table.themes or mine.is_empty():
            continue
        kappas = mine["estimate"].to_list()
        screen.print(
            f"\n{table.title}. Agreement of coders beyond chance (kappa): "
            f"{min(kappas):.2f} to {max(kappas):.2f} over {mine.height} themes, "
            f"{max(mine['n'].to_list()):,} responses",
            markup=False,
        )


# --- one occasion -------------------------------------------------------------------------


class _Section(Struct, frozen=True):
    """A table, or a question of it, as it stands on the screen: title, bases, and rows of cells."""

    title: str
    bases: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def _blocks(rows: _Rows, study: Study) -> dict[tuple[str, tuple[str, ...]], list[_Section]]:
    """Sections by when and where they were answered and their columns, in the study's order."""
    titles = study.table_occasions
    phases = {phase.id: phase.title for phase in study.phases} if len(study.phases) > 1 else {}
    blocks: dict[tuple[str, tuple[str, ...]], list[_Section]] = {}
    for table in study.tables:
        for scope in scopes_of(table, study):
            # All of one phase stand beside the other phases already.
            if PHASE in table.breakdowns and scope.phase and len(scope.columns) == 1:
                continue
            heads = tuple(_head(column, scope) for column in scope.columns)
            for occasion in table.occasions:
                when = ". ".join(filter(None, (phases.get(scope.phase), titles[occasion])))
                found = _sections(rows, table, scope, occasion, study)
                if found:
                    blocks.setdefault((when, heads), []).extend(found)
    return blocks


def _sections(
    rows: _Rows, table: Table, scope: Scope, occasion: str, study: Study
) -> list[_Section]:
    """A section for each question; of many questions with nets, one for each net."""
    answered = [
        asked for asked in table.asked
        if (row := rows.get((scope.phase, occasion, ALL, asked.outcome, "", "n_answering")))
        and row["n"]
    ]  # fmt: skip
    places = {asked.outcome: _Place(rows, scope, occasion, asked, study) for asked in answered}
    if len(table.asked) <= _MOST_IN_FULL or not table.nets:
        return [_in_full(places[asked.outcome], table) for asked in answered]
    return [
        _Section(
            table.title if words in table.title else f"{table.title}: {words}",
            _ranges([places[asked.outcome].bases() for asked in answered]),
            tuple((asked.title, places[asked.outcome].shares(net)) for asked in answered),
        )
        for net, words in table.net_titles.items()
        if answered
    ]


def _in_full(place: "_Place", table: Table) -> _Section:
    """Every option and net of one question, and its mean; of numbers medians and means."""
    lines = [*place.numbers(table.number)] if table.number else []
    lines += [(words, place.shares(name)) for name, words in rows_of(table).items()]
    for estimand, words in (("mean_score", "Mean"), ("mean_options", "Mean number of answers")):
        means = place.means(estimand)
        lines += [(words, means)] if means else []
    for estimand, words in (("n_not_codeable", "Not codeable"), ("n_not_coded", "Not coded")):
        left = [place.find(c.group, "", estimand) for c in place.scope.columns]
        lines += [(words, tuple(map(_left, left)))] if any(left) else []
    asked = place.asked.title
    title = table.title if asked == table.title else f"{table.title}: {asked}"
    return _Section(title, tuple(_base(row) for row in place.bases()), tuple(lines))


class _Place(Struct, frozen=True):
    """One question in one scope at one occasion: its cells, column by column."""

    rows: _Rows
    scope: Scope
    occasion: str
    asked: Asked
    study: Study

    def find(self, group: str, level: str, estimand: str) -> Mapping[str, Any] | None:
        key = (self.scope.phase, self.occasion, group, self.asked.outcome, level, estimand)
        return self.rows.get(key)

    def bases(self) -> tuple[Mapping[str, Any] | None, ...]:
        """The row of its base, of each column."""
        return tuple(self.find(column.group, "", "n_answering") for column in self.scope.columns)

    def shares(self, level: str) -> tuple[str, ...]:
        """The shares of one option or net."""
        found = {
            column.group: self.rows[
                self.scope.phase, self.occasion, column.group, self.asked.outcome, level,
                "n_choosing",
            ]
            for column in self.scope.columns
        }  # fmt: skip
        hidden, marks = _hidden(found, self.scope), self.marks(level, "share_difference")
        return tuple(
            NOTHING if group in hidden else _share(row, marks.get(group, ""))
            for group, row in found.items()
        )

    def means(self, estimand: str) -> tuple[str, ...]:
        """Means, if the question has any."""
        found = {c.group: self.find(c.group, "", estimand) for c in self.scope.columns}
        if not any(found.values()):
            return ()
        marks = self.marks("", f"difference_in_{estimand}")
        return tuple(_mean(row, marks.get(group, "")) for group, row in found.items())

    def numbers(self, rule: NumberRule) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Lines of a table of numbers."""
        where = (self.scope.phase, self.occasion, self.asked.outcome)
        groups = [column.group for column in self.scope.columns]
        found = self.marks("", "shift_of_numbers")
        marks = {(group, ""): mark for group, mark in found.items()}
        for words, cells in number_rows(self.rows, where, groups, marks, rule, FEWEST_SHOWN):
            yield words, tuple(map(escape, cells))

    def marks(self, level: str, estimand: str) -> dict[str, str]:
        """Column -> what marks that it differs.

        Of two columns both have the mark; of more the higher has the letters of those it is above.
        """
        letters, marks = _letters(self.scope), dict[str, str]()
        for one, two in self.scope.pairs():
            row = self.find(pair_group(one, two), level, estimand)
            if row is None or not _differs(row, self.study):
                continue
            first, second = one.group, two.group
            higher, lower = (first, second) if row["estimate"] > 0 else (second, first)
            if higher in letters and lower in letters:
                marks[higher] = marks.get(higher, "") + letters[lower]
            else:
                marks[first] = marks[second] = MARK
        return marks


def _ranges(bases: list[tuple[Mapping[str, Any] | None, ...]]) -> tuple[str, ...]:
    """The bases of several questions, column by column, from the lowest to the highest."""
    made = []
    for column in zip(*bases, strict=True):
        ordered = sorted((row for row in column if row), key=lambda row: int(row["n"]))
        ends = dict.fromkeys(_base(row) for row in (ordered[:1] + ordered[-1:]))
        made.append(" to ".join(ends) or "0")
    return tuple(made)


def _letters(scope: Scope) -> dict[str, str]:
    """Columns that may be tested, by letter, where a breakdown has more than two."""
    tested = {one.group: one.breakdown for pair in scope.pairs() for one in pair}
    many = [group for group in tested if list(tested.values()).count(tested[group]) > 2]
    return dict(zip(many, ascii_uppercase, strict=False))


def _head(column: TableColumn, scope: Scope) -> str:
    letter = _letters(scope).get(column.group)
    return escape(f"{column.title} ({letter})" if letter else column.title)


def _differs(row: Mapping[str, Any], study: Study) -> bool:
    p_value = row["p_value"] if row["p_adjusted"] is None else row["p_adjusted"]
    return p_value is not None and bool(p_value < alpha_of(study.ci_level))


def _hidden(found: Mapping[str, Mapping[str, Any]], scope: Scope) -> set[str]:
    """Columns whose share is not shown: of few, or of all but few, and what would give that away.

    Where one column of a breakdown alone is hidden it could be had from all and the others: then
    the smallest of those is hidden too.
    """
    hidden = {
        group for group, row in found.items()
        if _is_few(row["estimate"]) or _is_few(row["n"] - (row["estimate"] or 0))
        or row["n"] < FEWEST_SHOWN
    }  # fmt: skip
    for breakdown in {column.breakdown for column in scope.columns} - {""}:
        mine = [column.group for column in scope.columns if column.breakdown == breakdown]
        shown = [group for group in mine if group not in hidden]
        if len(mine) - len(shown) == 1 and shown:
            hidden.add(min(shown, key=lambda group: float(found[group]["estimate"])))
    return hidden


def _share(row: Mapping[str, Any], mark: str) -> str:
    percent = f"{fixed(100 * row['estimate'] / row['n'], 0)}%"
    return escape(" ".join(filter(None, (mark, percent))))


def _is_few(count: float | None) -> bool:
    return count is None or 0 < count < FEWEST_SHOWN


def _mean(row: Mapping[str, Any] | None, mark: str) -> str:
    if row is None or row["n"] < FEWEST_SHOWN:
        return NOTHING
    return escape(" ".join(filter(None, (mark, fixed(row["estimate"], 2)))))


def _left(row: Mapping[str, Any] | None) -> str:
    few = row is None or row["n"] < FEWEST_SHOWN or _is_few(row["estimate"])
    return NOTHING if few or row is None else f"{row['estimate']:,.0f}"


def _base(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "0"
    flag = {"not reliable": "!!", "take care": "!"}
    said = next((mark for words, mark in flag.items() if words in row["note"]), "")
    return f"{said} {row['n']:,}".strip()


# --- before and after ---------------------------------------------------------------------


def _show_change(
    rows: _Rows,
    table: Table,
    scope: Scope,
    asked: Asked,
    comparison: str,
    title: str,
    screen: Console,
) -> None:
    for column in scope.columns:
        own = title if column.group == ALL else f"{title}. {column.title}"
        shown = number_table(screen, "", "", ("n", "before", "after", "change", "p"))
        for words, cells in _changes(rows, table, scope, asked, comparison, column):
            shown.add_row(escape(words), *cells)
        screen.print()
        screen.print(own, style="italic", markup=False)
        screen.print(shown)


def _changes(
    rows: _Rows, table: Table, scope: Scope, asked: Asked, comparison: str, column: TableColumn
) -> Iterator[tuple[str, list[str]]]:
    where = (scope.phase, comparison, column.group, asked.outcome)
    if table.number:
        yield from number_changes(rows, where, FEWEST_SHOWN)
        return
    for name, words in rows_of(table).items():
        before, after, change = (
            rows[*where, name, f"share_{part}"] for part in ("pre", "post", "change")
        )
        counts = [round((row["estimate"] or 0) * row["n"]) for row in (before, after)]
        few = any(_is_few(count) or _is_few(change["n"] - count) for count in counts)
        if few or change["n"] < FEWEST_SHOWN:
            yield words, [f"{change['n']:,}", *[NOTHING] * 4]
        else:
            yield words, _change_cells(before, after, change, 100, 0, "%")
    if (*where, "", "mean_change") in rows:
        before, after, change = (
            rows[*where, "", f"mean_{part}"] for part in ("pre", "post", "change")
        )
        few = change["n"] < FEWEST_SHOWN
        cells = [f"{change['n']:,}", *[NOTHING] * 4]
        yield "Mean", cells if few else _change_cells(before, after, change, 1, 2, "")


def _change_cells(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    change: Mapping[str, Any],
    scale: int,
    digits: int,
    unit: str,
) -> list[str]:
    p_value = change["p_value"] if change["p_adjusted"] is None else change["p_adjusted"]
    numbers = [row["estimate"] for row in (before, after, change)]
    texts = [NOTHING if v is None else fixed(v * scale, digits) + unit for v in numbers]
    return [f"{change['n']:,}", *texts, p_text(p_value)]


def _footnote(study: Study) -> str:
    adjusted = any(table.adjust for table in study.tables)
    return (
        f"\n{MARK}, or the letters of lower columns: they differ at {study.ci_level:.0%} (pooled z "
        "test; where an expected count is below 5 Fisher's exact or the N-1 chi-square test: see "
        "results.csv; numbers by the rank sum test), respondents taken as independent"
        + (", p adjusted where the study says so" if adjusted else "")
        + ". All is tested against nobody. Before and after: McNemar's exact test, means by the "
        "t-test, medians by Wilcoxon's. Beside a title: how many answered; ! below 50, !! "
        f"below 30. {NOTHING} fewer than {FEWEST_SHOWN} respondents, or all but as few, or what "
        "would give these away."
    )
