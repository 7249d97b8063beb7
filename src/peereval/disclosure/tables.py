"""Survey tables: answers that few chose, in any column, and what would give them away."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct, field

from peereval.disclosure.counts import (
    TwoByTwo,
    by,
    known_columns,
    show_two_by_two,
    two_by_two,
    unfit_columns,
)
from peereval.disclosure.means import settle_sizes
from peereval.disclosure.populations import Populations, disjoint, of_groups
from peereval.disclosure.settling import Counts, Settled, Table, settle
from peereval.disclosure.sheet import Sheet, order_of_groups
from peereval.studies import ALL, Study
from peereval.studies import Table as SurveyTable
from peereval.tabulating import PHASE, ROLE, WITH_OUTLIERS

_MEDIANS = 4
_QUARTILES = 8
_OF_TWO_MEDIANS = ("difference_in_median", "shift_of_numbers")


class _Asked(Struct, frozen=True):
    """One question at one occasion (or in one comparison): its rows by column."""

    table: SurveyTable
    phase: str
    columns: Mapping[str, list[int]]


class _Shown(Struct):
    """Columns of one question that are shown, each with the options and nets that are not."""

    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)


def protect_tables(sheet: Sheet) -> None:
    """Counts of survey tables and what is computed of them, at an occasion and in comparisons."""
    tables = {asked.outcome: table for table in sheet.study.tables for asked in table.asked}
    grouped = sheet.places("comparison", "outcome", analysis="tabulation")
    occasions = sheet.study.table_occasions
    for (when, outcome), places in grouped.items():
        if outcome not in tables:
            sheet.withhold_all(places, "unclassified")
        elif when in occasions:
            _at_occasion(sheet, tables[outcome], places)
    for (when, outcome), places in grouped.items():
        if outcome in tables and when not in occasions:
            for phase, mine in by(sheet, places, "phase").items():
                _in_comparison(sheet, tables[outcome], _asked(sheet, tables[outcome], phase, mine))
                _matched_of_all(sheet, when, outcome, phase, mine)


def _asked(sheet: Sheet, table: SurveyTable, phase: str, places: Sequence[int]) -> _Asked:
    return _Asked(table, phase, by(sheet, places, "group"))


class _Chosen(Struct, frozen=True):
    """Column -> option or net -> how many chose it, and column -> how many answered.

    ``unfit``: columns that may not be shown whatever is in them.
    """

    counts: Mapping[str, Mapping[str, float]]
    sizes: Mapping[str, float]
    unfit: frozenset[str]


# --- one occasion -------------------------------------------------------------------------


def _at_occasion(sheet: Sheet, table: SurveyTable, places: Sequence[int]) -> None:
    """All phases side by side first: each of its columns is a table of its own too."""
    phases = by(sheet, places, "phase")
    found: dict[str, _Shown] = {}
    for phase in sorted(phases, key=lambda name: name != ""):
        asked = _asked(sheet, table, phase, phases[phase])
        together = found.get("")
        fixed = together.columns.get(f"{PHASE}_{phase}") if together else None
        barred = together is not None and bool(phase) and fixed is None
        found[phase] = _settle_question(sheet, asked, fixed, barred)
        _withhold_question(sheet, asked, found[phase])
        _medians_apart(sheet, asked)


def _settle_question(
    sheet: Sheet, asked: _Asked, fixed: frozenset[str] | None, barred: bool
) -> _Shown:
    """Which columns and options are shown; ``fixed``: what all may not show, if that is settled."""
    counts, sizes = _counts(sheet, asked)
    unfit = unfit_columns(sheet, asked.columns)
    if not counts and not barred:
        return _settle_numbers(sheet, asked, unfit)
    if barred or ALL not in counts:
        return _Shown({}, dict.fromkeys(asked.columns, "differencing"))
    options = list(asked.table.options)
    divided = (
        all(
            sum(counts[name].get(option, 0.0) for option in options) == sizes[name]
            for name in counts
        )
        and asked.table.kind != "multi"
    )
    shown, chosen = _Shown(), _Chosen(counts, sizes, unfit)
    for family, order in _families(sheet.study, asked, counts):
        if divided:
            _settle_divided(sheet, asked, chosen, family, order, shown, fixed)
        else:
            _settle_each(sheet, asked, chosen, family, order, shown, fixed)
    return shown


def _settle_numbers(sheet: Sheet, asked: _Asked, unfit: frozenset[str]) -> _Shown:
    """A question that is answered with a number: columns by their bases alone."""
    shown = _Shown()
    # Those with outliers, then those without.
    for estimand in ("n_answering", "mean_number"):
        sizes = {
            name: float(sheet.rows[place]["n"])
            for name, places in asked.columns.items() for place in places
            if sheet.rows[place]["estimand"] == estimand and sheet.rows[place]["level"] == ""
        }  # fmt: skip
        for family, order in _families(sheet.study, asked, sizes):
            settled = settle_sizes(sheet, sizes, unfit, family, order)
            for name in order:
                if settled.shows(name) and name not in shown.why:
                    shown.columns.setdefault(name, frozenset())
                else:
                    shown.columns.pop(name, None)
                    shown.why.setdefault(name, settled.why.get(name, "differencing"))
    return shown


def _counts(sheet: Sheet, asked: _Asked) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Column -> option or net -> how many chose it; column -> how many answered."""
    counts: dict[str, dict[str, float]] = {}
    sizes: dict[str, float] = {}
    for name, places in asked.columns.items():
        for place in places:
            row = sheet.rows[place]
            if row["estimand"] == "n_choosing":
                counts.setdefault(name, {})[row["level"]] = float(row["estimate"] or 0)
                sizes[name] = float(row["n"])
    return counts, sizes


def _families(
    study: Study, asked: _Asked, columns: Mapping[str, object]
) -> Iterator[tuple[Populations, list[str]]]:
    """All with the columns of each breakdown; groups and roles are one."""
    roles = [f"{ROLE}_{role}" for role in dict.fromkeys(study.roles.values())]
    groups = [*order_of_groups(study), *roles]
    mine = [name for name in groups if name in columns]
    yield of_groups(study, [name for name in mine if name != ALL]), mine
    phases = [f"{PHASE}_{phase}" for phase in asked.table.phases]
    for levels in (phases, *(
        [f"{name}_{level}" for level in study.breakdowns[name].levels]
        for name in asked.table.breakdowns if name in study.breakdowns
    )):  # fmt: skip
        there = [name for name in levels if name in columns]
        if there:
            yield disjoint(ALL, there), [ALL, *there]


def _settle_divided(
    sheet: Sheet,
    asked: _Asked,
    chosen: _Chosen,
    family: Populations,
    order: Sequence[str],
    shown: _Shown,
    fixed: frozenset[str] | None,
) -> None:
    """Options that divide those who answered: some are kept back in all columns of a family."""
    options = list(asked.table.options)
    cells = {name: np.array([[chosen.counts[name][o] for o in options]]) for name in order}
    given = None
    known = shown.columns.get(ALL, fixed)
    if known is not None:
        given = {ALL: frozenset(n for n, option in enumerate(options) if option in known)}
    elif ALL in shown.why:
        return shown.why.update(dict.fromkeys(order, "differencing"))
    settled = _settled(sheet, asked, chosen, cells, family, order, given)
    for name in order:
        if name in settled.shown:
            hidden = frozenset(options[n] for n in settled.shown[name])
            nets = _hidden_nets(sheet, asked, chosen, settled.shown, family, hidden)
            shown.columns.setdefault(name, hidden | nets)
        else:
            shown.why.setdefault(name, settled.why.get(name, "differencing"))
    return None


def _hidden_nets(
    sheet: Sheet,
    asked: _Asked,
    chosen: _Chosen,
    columns: Mapping[str, frozenset[int]],
    family: Populations,
    hidden: frozenset[str],
) -> frozenset[str]:
    """Nets with options that are kept back, but for the first that gives none of them away."""
    if not hidden:
        return frozenset()
    options, found, kept = list(asked.table.options), set[str](), False
    for net, members in asked.table.nets.items():
        inside = hidden & set(members)
        if not inside:
            continue
        cells = {
            name: np.array([[
                *(chosen.counts[name][o] for o in options if o not in hidden),
                sum(chosen.counts[name][o] for o in inside),
                sum(chosen.counts[name][o] for o in hidden - inside),
            ]])
            for name in columns
        }  # fmt: skip
        table = Table({name: chosen.sizes[name] for name in columns}, cells)
        given = settle(table, family, sheet.protection, list(columns))
        if kept or set(given.shown) != set(columns) or any(given.shown.values()):
            found.add(net)
        else:
            kept = True
    return frozenset(found)


def _settle_each(
    sheet: Sheet,
    asked: _Asked,
    chosen: _Chosen,
    family: Populations,
    order: Sequence[str],
    shown: _Shown,
    fixed: frozenset[str] | None,
) -> None:
    """Options of which several can be chosen: each is a question of its own, chosen or not."""
    counts, sizes = chosen.counts, chosen.sizes
    rows = [*asked.table.options, *asked.table.nets]
    hidden: dict[str, set[str]] = {name: set() for name in order}
    for option in rows:
        cells = {
            name: np.array([[counts[name][option], sizes[name] - counts[name][option]]])
            for name in order if option in counts[name]
        }  # fmt: skip
        given = None
        known = shown.columns.get(ALL, fixed)
        if known is not None:
            if option in known:
                for name in order:
                    hidden[name].add(option)
                continue
            given = {ALL: frozenset[int]()}
        settled = _settled(sheet, asked, chosen, cells, family, order, given)
        for name in order:
            if name not in settled.shown or settled.shown[name]:
                hidden[name].add(option)
    bases = settle_sizes(sheet, {n: sizes[n] for n in order}, chosen.unfit, family, order)
    for name in order:
        if bases.shows(name):
            both = _few_in_both(asked, counts[name], sheet.protection.threshold)
            shown.columns.setdefault(name, frozenset(hidden[name] | both))
        else:
            shown.why.setdefault(name, bases.why.get(name, "differencing"))


def _settled(
    sheet: Sheet,
    asked: _Asked,
    chosen: _Chosen,
    cells: Mapping[str, Counts],
    family: Populations,
    order: Sequence[str],
    given: Mapping[str, frozenset[int]] | None,
) -> Settled:
    """A table of the question's columns, settled beside what earlier releases showed of them."""
    table = Table(chosen.sizes, cells, chosen.unfit, known_columns(sheet, asked.columns))
    return settle(table, family, sheet.protection, order, given)


def _few_in_both(asked: _Asked, counts: Mapping[str, float], threshold: int) -> set[str]:
    """Nets of two options that few chose both of: the sum of the two less the net."""
    found = set()
    for net, members in asked.table.nets.items():
        if len(members) == 2 and net in counts:
            both = sum(counts.get(option, 0.0) for option in members) - counts[net]
            if 0 < both < threshold:
                found.add(net)
    return found


def _withhold_question(sheet: Sheet, asked: _Asked, shown: _Shown) -> None:
    """Keep back what is of a column or an option that is not shown, alone or beside another."""
    for name, places in asked.columns.items():
        pair = _columns_of(name)
        for place in places:
            row = sheet.rows[place]
            missing = [column for column in pair if column not in shown.columns]
            hidden = frozenset[str]().union(*(shown.columns.get(c, frozenset()) for c in pair))
            if missing:
                rule = shown.why.get(missing[0], "differencing")
                if row["estimand"] != "n_answering" or rule in ("small_base", "few_organisations"):
                    sheet.withhold(place, rule, bare=rule == "small_base")
                elif _base_differs(sheet, asked, name):
                    sheet.withhold(place, rule, bare=True)
            elif row["level"] in hidden:
                sheet.withhold(place, "small_count" if len(pair) == 1 else "linked")
            elif row["level"] == "" and hidden and sheet.kinds[place] != "base":
                # A mean is a sum over all options: with the others it gives those kept back.
                sheet.withhold(place, "linked")
            else:
                _quantile(sheet, place)


def _base_differs(sheet: Sheet, asked: _Asked, name: str) -> bool:
    """Whether the base of a column and that of all differ by few."""
    bases = {
        column: sheet.rows[place]["n"]
        for column, places in asked.columns.items() for place in places
        if sheet.rows[place]["estimand"] == "n_answering"
    }  # fmt: skip
    apart = abs(bases.get(ALL, 0) - bases.get(name, 0))
    return bool(0 < apart < sheet.protection.base)


def _quantile(sheet: Sheet, place: int) -> None:
    """A median is nearly one respondent's number: it needs several times the base."""
    times = {"median": _MEDIANS, "quantile": _QUARTILES}.get(sheet.kinds[place], 0)
    if times and 0 < sheet.rows[place]["n"] < times * sheet.protection.base:
        sheet.withhold(place, "single_points")


def _medians_apart(sheet: Sheet, asked: _Asked) -> None:
    """How far two medians are apart, and one distribution from another: with one the other."""
    for name, places in asked.columns.items():
        for place in places:
            row = sheet.rows[place]
            if row["estimand"] not in _OF_TWO_MEDIANS:
                continue
            held = [
                p for column in _columns_of(name) for p in asked.columns.get(column, ())
                if p in sheet.withheld and sheet.kinds[p] == "median"
                and sheet.rows[p]["level"] == row["level"]
            ]  # fmt: skip
            if held:
                sheet.withhold(place, "linked", str(sheet.rows[held[0]]["estimate_id"]))


def _columns_of(name: str) -> tuple[str, ...]:
    """The column of a row, or the two of a difference."""
    if "_v_" not in name:
        return (name,)
    one, _, two = name.partition("_v_")
    return (one, two)


# --- before and after ---------------------------------------------------------------------


def _in_comparison(sheet: Sheet, table: SurveyTable, asked: _Asked) -> None:
    """Shares before and after by column: each option for itself; means beside them."""
    by_level: dict[str, dict[str, list[int]]] = {}
    for name, places in asked.columns.items():
        for place in places:
            by_level.setdefault(sheet.rows[place]["level"], {}).setdefault(name, []).append(place)
    unfit = unfit_columns(sheet, asked.columns)
    for level, columns in by_level.items():
        if level == "":
            continue
        tables = {n: t for n, mine in columns.items()
                  if (t := two_by_two(sheet, mine)) is not None}  # fmt: skip
        for family, order in _families(sheet.study, asked, tables):
            show_two_by_two(sheet, {n: columns[n] for n in order},
                            {n: tables[n] for n in order}, family, order, unfit)  # fmt: skip
    if table.kind != "multi":
        _second_option(sheet, by_level, list(table.options))
    _nets_and_means(sheet, table, by_level, unfit, asked)


def _second_option(
    sheet: Sheet, by_level: Mapping[str, Mapping[str, list[int]]], options: Sequence[str]
) -> None:
    """Of options that divide a column one kept back could be had: others follow, smallest first."""
    threshold = sheet.protection.threshold
    columns = {name for level in options for name in by_level.get(level, {})}
    for name in sorted(columns):
        found: dict[str, TwoByTwo] = {}
        hidden = set[str]()
        for option in options:
            places = by_level.get(option, {}).get(name, [])
            table = two_by_two(sheet, places)
            if table is not None:
                found[option] = table
                if any(p in sheet.withheld for p in places if sheet.kinds[p] == "margin"):
                    hidden.add(option)
        while hidden and hidden < set(found):
            sums = [sum(getattr(found[o], when) for o in hidden) for when in ("before", "after")]
            if len(hidden) > 1 and all(s == 0 or s >= threshold for s in sums):
                break
            hidden.add(min(set(found) - hidden, key=lambda o: (found[o].before, o)))
        for option in hidden:
            sheet.withhold_all(by_level[option][name], "differencing")


def _nets_and_means(
    sheet: Sheet,
    table: SurveyTable,
    by_level: Mapping[str, Mapping[str, list[int]]],
    unfit: frozenset[str],
    asked: _Asked,
) -> None:
    means: dict[str, list[int]] = {}
    for level in ("", WITH_OUTLIERS):
        for name, places in by_level.get(level, {}).items():
            means.setdefault(name, []).extend(places)
    for name, places in means.items():
        kept = [p for o in table.options for p in by_level.get(o, {}).get(name, ())]
        if any(p in sheet.withheld for p in kept):
            sheet.withhold_all(places, "linked")
        for place in places:
            _quantile(sheet, place)
    for net, members in table.nets.items():
        for name, places in by_level.get(net, {}).items():
            inside = [p for o in members for p in by_level.get(o, {}).get(name, ())]
            if any(p in sheet.withheld for p in inside):
                sheet.withhold_all(places, "linked")
    if means:
        _means_by_base(sheet, means, unfit, asked)


def _means_by_base(
    sheet: Sheet, means: Mapping[str, Sequence[int]], unfit: frozenset[str], asked: _Asked
) -> None:
    """Means of the columns whose bases may be shown together."""
    sizes = {name: float(sheet.rows[places[0]]["n"]) for name, places in means.items()}
    for family, order in _families(sheet.study, asked, sizes):
        settled = settle_sizes(sheet, sizes, unfit, family, order)
        for name in order:
            if not settled.shows(name):
                rule = settled.why.get(name, "differencing")
                for place in means[name]:
                    sheet.withhold(place, rule, bare=True)


def _matched_of_all(
    sheet: Sheet, comparison: str, outcome: str, phase: str, places: Sequence[int]
) -> None:
    """Those matched are some of those who answered at an occasion: the others must be enough."""
    pairs = {c.id: c.pairs for c in sheet.study.comparisons}.get(comparison, ())
    for which, estimand in enumerate(("share_pre", "share_post")):
        answered = {
            (sheet.rows[p]["group"], sheet.rows[p]["level"]): p
            for when in _occasions_with(sheet.study, {pair[which] for pair in pairs})
            for p in sheet.where(analysis="tabulation", comparison=when, outcome=outcome,
                                 phase=phase, estimand=("n_choosing", "n_answering"))
            if p not in sheet.withheld
        }  # fmt: skip
        for place in places:
            row = sheet.rows[place]
            whole = answered.get((row["group"], ""))
            other = answered.get((row["group"], row["level"]))
            if whole is not None and _few_lost(sheet, place, whole):
                because = str(sheet.rows[whole]["estimate_id"])
                sheet.withhold(place, "differencing", because, bare=True)
            if row["estimand"] != estimand or other is None:
                continue
            if _few_apart(sheet, place, other):
                because = str(sheet.rows[other]["estimate_id"])
                for mine in places:
                    if all(sheet.rows[mine][k] == row[k] for k in ("group", "level")):
                        sheet.withhold(mine, "differencing", because)


def _occasions_with(study: Study, ends: set[str]) -> Iterator[str]:
    """Occasions, alone or pooled, of which respondents at some ends of pairs are a part."""
    for when in study.table_occasions:
        pool = study.pooled_occasions.get(when)
        if ends and ends <= (set(pool.occasions) if pool else {when}):
            yield when


def _few_lost(sheet: Sheet, place: int, whole: int) -> bool:
    """Whether few of those who answered at an occasion were not matched: theirs is the rest."""
    return bool(0 < sheet.rows[whole]["n"] - sheet.rows[place]["n"] < sheet.protection.base)


def _few_apart(sheet: Sheet, place: int, other: int) -> bool:
    """Whether few of those who answered were not matched, or few of these chose an option."""
    p = sheet.protection
    lost = sheet.rows[other]["n"] - sheet.rows[place]["n"]
    chose = float(sheet.rows[other]["estimate"] or 0) - sheet.count(place)
    counts: Counts = np.array([chose, lost - chose])
    return bool(_few_lost(sheet, place, other) or ((counts > 0) & (counts < p.threshold)).any())
