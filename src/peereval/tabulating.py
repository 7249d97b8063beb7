"""Answers to the questions of tables -> what each respondent chose, column by column of a table."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import polars as pl
from msgspec import Struct

from peereval.errors import Fault
from peereval.labels import fold
from peereval.pairing import UNPAIRED
from peereval.pairing.matching import keys_of
from peereval.plurals import count_of
from peereval.studies import ALL, ONCE, Asked, Pooled, Study, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Breakdowns that every study has.
PHASE, ROLE, GROUPS = "phase", "role", "groups"
#: Column of `chosen`: the value on the scale, or how many options were chosen.
WORTH = "worth"
#: Level of the rows of a table of numbers that count outliers too.
WITH_OUTLIERS = "with_outliers"


class TableAnswers:
    """Answers to the questions of tables, taken in one export after the other."""

    def __init__(self, study: Study) -> None:
        self._columns = [read.id for table in study.tables for read in table.reads]
        self._wanted = bool(study.tables)
        self._parts: list[pl.DataFrame] = []

    def add(self, answers: pl.DataFrame) -> None:
        """Take in the next rows of `answers`; nothing is kept of a study without tables."""
        if self._wanted:
            self._parts.append(answers[["row", *self._columns]])

    def sheet(
        self, scores: pl.DataFrame, ledger: pl.DataFrame, known: pl.DataFrame, study: Study
    ) -> pl.DataFrame:
        """One row per eligible response: who and when, the level of each breakdown, and answers.

        Eligible as in the flow of respondents: not set aside, with an id, and no duplicate.
        ``known``: ``row`` and the characteristics.
        """
        lost = ledger.filter(pl.col("status").is_in(UNPAIRED))["row"]
        about = scores.select(*_ABOUT)
        whole = about.filter(~pl.col("row").is_in(lost.implode())).join(known, on="row")
        levels = [_levels(whole[each.characteristic], each.levels).alias(level_column(each.id))
                  for each in study.breakdowns.values()]  # fmt: skip
        return whole.with_columns(levels).join(pl.concat(self._parts), on="row")


def level_column(breakdown: str) -> str:
    """Column of the sheet that holds the level of a breakdown."""
    return f"by {breakdown}"


def _levels(words: pl.Series, levels: "Mapping[str, frozenset[str]]") -> pl.Series:
    level_of = {text: level for level, texts in levels.items() for text in texts}
    found = {word: level_of.get(fold(word)) for word in words.drop_nulls().unique().to_list()}
    kept = {word: level for word, level in found.items() if level}
    return words.cast(pl.String).replace_strict(
        list(kept), list(kept.values()), default=None, return_dtype=pl.String
    )


# --- columns of a table -------------------------------------------------------------------


class TableColumn(Struct, frozen=True):
    """A column of a table: its id, what it is called, and whose answers are in it."""

    group: str
    title: str
    breakdown: str
    where: pl.Expr
    roles: frozenset[str] = frozenset()

    def of(self, answers: pl.DataFrame) -> pl.DataFrame:
        """The answers that are in it; all of them where it is in no breakdown."""
        return answers.filter(self.where) if self.breakdown else answers


class Scope(Struct, frozen=True):
    """A table as it is printed: of one phase, or of all of them side by side."""

    phase: str
    where: pl.Expr
    columns: tuple[TableColumn, ...]

    def pairs(self) -> Iterator[tuple[TableColumn, TableColumn]]:
        """Columns that may be tested: of one breakdown, without a respondent in both."""
        for one, two in combinations(self.columns, 2):
            if one.breakdown and one.breakdown == two.breakdown and not one.roles & two.roles:
                yield one, two


def pair_group(one: TableColumn, two: TableColumn) -> str:
    """What a difference of two columns is called in the results."""
    return f"{one.group}_v_{two.group}"


def scopes_of(table: Table, study: Study) -> list[Scope]:
    """A table for each of its phases; then, if it is broken down by phase, one of all phases."""
    everyone = TableColumn(ALL, "All", "", pl.lit(True))
    own = [c for name in table.breakdowns if name != PHASE for c in _columns(name, table, study)]
    scopes = [Scope(phase, pl.col("phase") == phase, (everyone, *own)) for phase in table.phases]
    if PHASE in table.breakdowns:
        titles = {phase.id: phase.title for phase in study.phases}
        phases = [
            TableColumn(f"phase_{name}", titles[name], PHASE, pl.col("phase") == name)
            for name in table.phases
        ]
        scopes.append(Scope("", pl.col("phase").is_in(table.phases), (everyone, *phases)))
    return scopes


def _columns(name: str, table: Table, study: Study) -> Iterator[TableColumn]:
    if name == ROLE:
        for role in dict.fromkeys(study.roles.values()):
            title = role.replace("_", " ").capitalize()
            yield TableColumn(f"role_{role}", title, ROLE, pl.col("role") == role)
    elif name == GROUPS:
        named = table.groups or [group.id for group in study.groups]
        for group in (each for each in study.groups if each.id in named):
            where = pl.col("role").is_in(list(group.roles))
            yield TableColumn(group.id, group.title, GROUPS, where, frozenset(group.roles))
    else:
        breakdown = study.breakdowns[name]
        for level, title in breakdown.titles.items():
            where = pl.col(level_column(name)) == level
            yield TableColumn(f"{name}_{level}", title, name, where)


# --- what was chosen ----------------------------------------------------------------------


def rows_of(table: Table) -> dict[str, str]:
    """Rows of a table, id -> title: its options, then its nets."""
    return {**table.options, **table.net_titles}


def chosen(sheet: pl.DataFrame, asked: Asked, table: Table) -> pl.DataFrame:
    """Of those who answered: whether each option and net was chosen, and what it is worth.

    Columns of the sheet but for answers, then one flag for each row of the table. ``worth`` is
    the value on a scale, missing for options without one; of a question with several answers
    the number of options chosen, without those that exclude others.
    """
    answered, flags, worth = _read(asked, table)
    nets = {
        net: pl.any_horizontal(flags[option] for option in options)
        for net, options in table.nets.items()
    }
    about = [c for c in sheet.columns if c in _ABOUT or c.startswith(level_column(""))]
    made = {flag_column(name): flag for name, flag in {**flags, **nets}.items()}
    return sheet.filter(answered).select(*about, worth.cast(pl.Int64).alias(WORTH), **made)


_ABOUT = ("row", "respondent", "occasion", "phase", "organisation", "role")


def flag_column(level: str) -> str:
    """Column of `chosen` for an option or net."""
    return f"chose {level}"


def at_occasion(answers: pl.DataFrame, occasion: str, study: Study) -> pl.DataFrame:
    """Of `chosen`: the answers at an occasion, or at all of those that are pooled under its name.

    Pooled, a respondent's first answer to the question counts, unless the study counts each.
    """
    pool = study.pooled_occasions.get(occasion)
    if pool is None:
        return answers.filter(pl.col("occasion") == occasion)
    here = [answers.filter(pl.col("occasion") == one) for one in pool.occasions]
    both = pl.concat(here)
    if pool.respondents == ONCE:
        both = both.unique(keys_of(study), keep="first", maintain_order=True)
    return both


def n_repeated(here: pl.DataFrame, study: Study) -> int:
    """How many answers are of respondents who are counted before."""
    return here.height - here.select(keys_of(study)).n_unique()


def _read(asked: Asked, table: Table) -> tuple[pl.Expr, dict[str, pl.Expr], pl.Expr]:
    """Whether there is an answer, whether it is each option, and what it is worth."""
    return (_several if table.kind in ("multi", "themes") else _one)(asked, table)


def _one(asked: Asked, table: Table) -> tuple[pl.Expr, dict[str, pl.Expr], pl.Expr]:
    code = pl.col(asked.columns[0])
    flags = {option: code == number for number, option in enumerate(table.options)}
    places = {option: number for number, option in enumerate(table.options)}
    worth = code.replace_strict(
        [places[option] for option in table.values],
        list(table.values.values()),
        default=None,
        return_dtype=pl.Int64,
    )
    return code.is_not_null(), flags, worth


def _several(asked: Asked, table: Table) -> tuple[pl.Expr, dict[str, pl.Expr], pl.Expr]:
    answered = pl.any_horizontal(pl.col(name).is_not_null() for name in asked.columns)
    flags = {
        option: (pl.col(name) == 1).fill_null(False)
        for option, name in zip(table.options, asked.columns, strict=True)
    }
    counted = [flag.cast(pl.Int64) for name, flag in flags.items() if name not in table.exclusive]
    return answered, flags, pl.sum_horizontal(counted) if counted else pl.lit(0)


# --- what is doubtful ---------------------------------------------------------------------


def find_in_tables(sheet: pl.DataFrame, study: Study) -> tuple[Fault, ...]:
    """What is doubtful about the answers to tables.

    TBL001: responses in no level of a breakdown; TBL002: exclusive options not chosen alone;
    TBL016: respondents who count more than once where occasions are pooled; TBL017: a question
    that nobody answered at one of them.
    """
    finders = (_in_no_level, _not_alone, _repeated, _silent)
    return tuple(finding for find in finders for finding in find(sheet, study))


def _in_no_level(sheet: pl.DataFrame, study: Study) -> Iterator[Fault]:
    used = {name for table in study.tables for name in table.breakdowns}
    for each in study.breakdowns.values():
        known = pl.col(each.characteristic).is_not_null()
        lost = sheet.filter(known & pl.col(level_column(each.id)).is_null()).height
        if lost and each.id in used:
            found = count_of(lost, "response has|responses have")
            found += f" a {each.characteristic!r} that is in no level"
            yield Fault(
                "TBL001", found, "Counted among all, and in no column",
                study.path.name, place=f"breakdowns.{each.id}", count=lost,
            )  # fmt: skip


def _not_alone(sheet: pl.DataFrame, study: Study) -> Iterator[Fault]:
    for table in study.tables:
        if not table.exclusive:
            continue
        answers = chosen(sheet, table.asked[0], table)
        flags = [pl.col(flag_column(option)) for option in table.options]
        alone = pl.any_horizontal(pl.col(flag_column(option)) for option in table.exclusive)
        both = answers.filter(alone & (pl.sum_horizontal(flags) > 1)).height
        if both:
            found = count_of(both, "response holds|responses hold")
            found += " an option that excludes all others, and another"
            yield Fault(
                "TBL002", found, "Both are counted", study.path.name,
                place=f"tables {table.id}", count=both,
            )  # fmt: skip


def _repeated(sheet: pl.DataFrame, study: Study) -> Iterator[Fault]:
    for pool in study.pooled_occasions.values():
        tables = [table for table in study.tables if pool.id in table.occasions]
        if pool.respondents == ONCE or not tables:
            continue
        parts = [sheet.filter(_read(each, table)[0]) for table in tables for each in table.asked]
        repeated = max(n_repeated(at_occasion(part, pool.id, study), study) for part in parts)
        if repeated:
            named = ", ".join(table.id for table in tables)
            found = f"up to {count_of(repeated, 'answer is|answers are')} of respondents counted "
            found += f"before: {named}"
            yield Fault(
                "TBL016", found, "Tests and intervals take them as independent",
                study.path.name, place=f"pooled_occasions.{pool.id}", count=repeated,
            )  # fmt: skip


def _silent(sheet: pl.DataFrame, study: Study) -> Iterator[Fault]:
    """Occasions of a pool at which people responded, and nobody answered the question."""
    for pool in study.pooled_occasions.values():
        asked = [
            (each, table)
            for table in study.tables
            if pool.id in table.occasions
            for each in table.asked
        ]
        found = list(_unanswered(sheet, pool, asked))
        if found:
            yield Fault(
                "TBL017", f"nobody answered {', '.join(found)}",
                "Look whether the question was asked, and how its column is called",
                study.path.name, place=f"pooled_occasions.{pool.id}", count=len(found),
            )  # fmt: skip


def _unanswered(
    sheet: pl.DataFrame, pool: Pooled, asked: list[tuple[Asked, Table]]
) -> Iterator[str]:
    """Questions at an occasion of responses without an answer, where others of the pool have one.

    By phase: a question that nobody of a phase answers was not put to it.
    """
    here = sheet.filter(pl.col("occasion").cast(pl.String).is_in(pool.occasions))
    answers = here.group_by(pl.col("phase", "occasion").cast(pl.String)).agg(
        _read(each, table)[0].any().alias(str(place)) for place, (each, table) in enumerate(asked)
    )
    responded = {
        (phase, occasion): any_ for phase, occasion, *any_ in answers.sort(pl.all()).rows()
    }
    for place, (each, table) in enumerate(asked):
        phases = {phase for (phase, _), answered in responded.items() if answered[place]}
        for (phase, occasion), answered in responded.items():
            known = phase in phases and phase in (table.phases or phases)
            if known and not answered[place]:
                yield f"{each.outcome} at {occasion} ({phase})"
