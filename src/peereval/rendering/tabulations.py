"""Survey tables on a screen: per cents by column, bases, and which columns differ."""

from collections.abc import Iterator, Mapping
from string import ascii_uppercase
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape

from peereval.rendering.number_tables import number_changes, number_rows
from peereval.rendering.numbers import NOTHING, fixed, p_text
from peereval.rendering.tables import number_table
from peereval.studies import ALL, Asked, Study, Table
from peereval.tabulating import WITH_OUTLIERS, Scope, TableColumn, pair_group, rows_of, scopes_of

#: Fewer respondents than this are not shown, nor who they are not.
FEWEST_SHOWN = 10
#: What marks two columns that differ; of more columns their letters do.
MARK = "[s]"
#: Of the tests of one change, the one that is shown.
_SHOWN = ("mcnemar_exact", "paired_t", "sign_test")

_Rows = Mapping[tuple[str, ...], Mapping[str, Any]]


def show_tabulations(results: pl.DataFrame, study: Study, screen: Console) -> None:
    """Every table of a study, at each occasion at which it was answered, then what changed."""
    rows = _by_key(results)
    occasions, comparisons = study.occasion_titles, {c.id: c for c in study.comparisons}
    for table in study.tables:
        for scope in scopes_of(table, study):
            for asked in table.asked:
                for occasion in table.occasions:
                    _show_one(rows, table, scope, asked, occasion, occasions, study, screen)
                for name in table.comparisons:
                    if scope.phase not in comparisons[name].phases:
                        continue
                    title = _title(table, asked, scope, comparisons[name].title, study)
                    _show_change(rows, table, scope, asked, name, title, screen)
    _show_coders(results, study, screen)
    if study.tables:
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


def _show_one(
    rows: _Rows,
    table: Table,
    scope: Scope,
    asked: Asked,
    occasion: str,
    occasions: Mapping[str, str],
    study: Study,
    screen: Console,
) -> None:
    where = (scope.phase, occasion)
    base = {
        column.group: rows.get((*where, column.group, asked.outcome, "", "n_answering"))
        for column in scope.columns
    }
    everyone = base[ALL]
    if everyone is None or not everyone["n"]:
        return
    marks = _marks(rows, where, asked, scope, study)
    heads = [_head(column, scope) for column in scope.columns]
    screen.print()
    title = _title(table, asked, scope, occasions[occasion], study)
    screen.print(title, style="italic", markup=False)
    shown = number_table(screen, "", "", heads)
    if table.number:
        groups = [column.group for column in scope.columns]
        said = number_rows(rows, (*where, asked.outcome), groups, marks, table.number, FEWEST_SHOWN)
        for words, cells in said:
            shown.add_row(escape(words), *map(escape, cells))
    for name, words in rows_of(table).items():
        found = {
            column.group: rows[*where, column.group, asked.outcome, name, "n_choosing"]
            for column in scope.columns
        }
        hidden = _hidden(found, scope)
        cells = [
            NOTHING if group in hidden else _share(row, marks.get((group, name), ""))
            for group, row in found.items()
        ]
        shown.add_row(escape(words), *cells)
    for estimand, words in (("mean_score", "Mean"), ("mean_options", "Mean number of answers")):
        means = [rows.get((*where, c.group, asked.outcome, "", estimand)) for c in scope.columns]
        if any(means):
            cells = [_mean(row, marks.get((c.group, ""), "")) for c, row in
                     zip(scope.columns, means, strict=True)]  # fmt: skip
            shown.add_row(words, *cells)
    for estimand, words in (("n_not_codeable", "Not codeable"), ("n_not_coded", "Not coded")):
        left = [rows.get((*where, c.group, asked.outcome, "", estimand)) for c in scope.columns]
        if any(left):
            shown.add_row(words, *map(_left, left))
    shown.add_row("Base", *(_base(base[column.group]) for column in scope.columns))
    screen.print(shown)


def _letters(scope: Scope) -> dict[str, str]:
    """Columns that may be tested, by letter, where a breakdown has more than two."""
    tested = {one.group: one.breakdown for pair in scope.pairs() for one in pair}
    many = [group for group in tested if list(tested.values()).count(tested[group]) > 2]
    return dict(zip(many, ascii_uppercase, strict=False))


def _head(column: TableColumn, scope: Scope) -> str:
    letter = _letters(scope).get(column.group)
    return escape(f"{column.title} ({letter})" if letter else column.title)


def _marks(
    rows: _Rows, where: tuple[str, str], asked: Asked, scope: Scope, study: Study
) -> dict[tuple[str, str], str]:
    """(column, row of the table) -> what marks that it differs.

    Of two columns both have the mark; of more the higher has the letters of those it is above.
    """
    letters = _letters(scope)
    marks: dict[tuple[str, str], str] = {}
    wanted = {
        "share_difference",
        "difference_in_mean_score",
        "difference_in_mean_options",
        "shift_of_numbers",
    }
    pairs = {pair_group(one, two): (one.group, two.group) for one, two in scope.pairs()}
    for (phase, occasion, group, outcome, level, estimand), row in rows.items():
        if (phase, occasion, outcome) != (*where, asked.outcome) or estimand not in wanted:
            continue
        if group not in pairs or level == WITH_OUTLIERS or not _differs(row, study):
            continue
        one, two = pairs[group]
        higher, lower = (one, two) if row["estimate"] > 0 else (two, one)
        if higher in letters and lower in letters:
            marks[higher, level] = marks.get((higher, level), "") + letters[lower]
        else:
            marks[one, level] = marks[two, level] = MARK
    return marks


def _differs(row: Mapping[str, Any], study: Study) -> bool:
    p_value = row["p_value"] if row["p_adjusted"] is None else row["p_adjusted"]
    return p_value is not None and bool(p_value < 1 - study.ci_level)


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
        "t-test, medians by Wilcoxon's. ! base below 50, !! below 30. "
        f"{NOTHING} fewer than {FEWEST_SHOWN} respondents, "
        "or all but as few, or what would give these away."
    )
