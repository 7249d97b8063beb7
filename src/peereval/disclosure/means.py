"""Means and what is computed of them: bases that are large enough, and that differ by enough."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl
from msgspec import Struct

from peereval.disclosure.counts import by, known_columns, unfit_columns
from peereval.disclosure.populations import Populations, of_groups
from peereval.disclosure.settling import Settled, Table, settle
from peereval.disclosure.sheet import Sheet, level_word, order_of_groups
from peereval.studies import ALL, Study

_NO_CELLS = np.zeros((1, 0))
_ROLE = "role"
#: Analyses whose rows are of the pairs of an outcome, by group.
_OF_PAIRS = ("paired", "did", "equivalence", "clustering", "benchmark", "agreement", "subgroup",
             "missing_data", "individual_change", "balance", "reliability")  # fmt: skip
#: Ends the level of all that too few respondents have.
_SMALLER = "_smaller_levels"


class Bases(Struct, frozen=True):
    """Groups and levels of one outcome whose means may be shown together, and why others may not.

    ``levels``: levels of characteristics whose change is shown; ``contrasts``: those whose
    contrast of the two groups is.
    """

    settled: Settled
    levels: frozenset[str]
    contrasts: frozenset[str]
    sizes: Mapping[str, float]


def settle_sizes(
    sheet: Sheet,
    sizes: Mapping[str, float],
    unfit: frozenset[str],
    columns: Populations,
    order: Sequence[str],
    known: frozenset[str] = frozenset(),
) -> Settled:
    """Columns of which a mean may be shown: all sets that can be had are nobody or a base."""
    cells = dict.fromkeys(sizes, _NO_CELLS)
    return settle(Table(sizes, cells, unfit, known), columns, sheet.protection, order)


def protect_means(sheet: Sheet) -> dict[tuple[str, str, str], Bases]:
    """Rows about the pairs of a score: by phase, comparison and outcome what may be shown."""
    flow = sheet.places("phase", "comparison", "outcome", analysis="flow", estimand="n_analysed")
    subgroups = sheet.places("phase", "comparison", "outcome", analysis="subgroup")
    about = sheet.places("phase", "comparison", "outcome", analysis=_OF_PAIRS)
    in_levels, columns = _sizes_of_levels(sheet), _groups_and_roles(sheet.study)
    found = {}
    for key, places in flow.items():
        bases = _bases(sheet, places, subgroups.get(key, []), in_levels.get(key, {}), columns)
        found[key] = bases
        _withhold_bases(sheet, places, bases)
        known = _compared(sheet, subgroups.get(key, []))
        for place in about.get(key, []):
            if sheet.kinds[place] not in ("part", "level_shares"):
                _withhold_mean(sheet, place, bases, known)
    return found


def _bases(
    sheet: Sheet,
    flow: Sequence[int],
    subgroups: Sequence[int],
    in_levels: Mapping[str, Mapping[str, tuple[int, int]]],
    columns: Populations,
) -> Bases:
    study = sheet.study
    by_group = by(sheet, flow, "group")
    sizes = {name: float(sheet.rows[places[0]]["n"]) for name, places in by_group.items()}
    unfit = set(unfit_columns(sheet, by_group))
    of_level = {
        sheet.rows[place]["level"]: place for place in subgroups
        if sheet.kinds[place] == "mean" and sheet.rows[place]["group"] == ALL
    }  # fmt: skip
    roles = {f"{_ROLE}_{level_word(word)}": word for word in study.roles.values()}
    for level in roles:
        if level in of_level:
            sizes[level] = float(sheet.rows[of_level[level]]["n"])
            unfit |= {level} if sheet.unfit(of_level[level]) else set()
    order = [*order_of_groups(study), *(level for level in roles if level in of_level)]
    settled = settle_sizes(
        sheet, sizes, frozenset(unfit), columns, order, known_columns(sheet, by_group)
    )
    levels = frozenset(level for level in roles if settled.shows(level))
    # Who is in no group or role that is shown, if this is known: nobody, or these.
    rests = [_rest(settled, sizes, columns)]
    for name in study.subgroups.characteristics:
        mine = {level: place for level, place in of_level.items()
                if level.startswith(f"{name}_") and not level.endswith(_SMALLER)}  # fmt: skip
        if mine and settled.shows(ALL):
            shown, rest = _family(sheet, mine, sizes[ALL], rests)
            levels |= shown
            rests.append(rest)
    contrasts = _contrasts(sheet, in_levels, settled, sizes)
    return Bases(settled, levels, contrasts & levels | _roles_apart(contrasts, roles), sizes)


def _roles_apart(contrasts: frozenset[str], roles: Iterable[str]) -> frozenset[str]:
    return contrasts & frozenset(roles)


def _groups_and_roles(study: Study) -> Populations:
    """All, groups, and roles under the names that they have as levels."""
    named = {f"{_ROLE}_{word}": f"{_ROLE}_{level_word(word)}" for word in study.roles.values()}
    columns = of_groups(study, [*order_of_groups(study), *named])
    members = {named.get(name, name): parts for name, parts in columns.members.items()}
    return Populations(members, columns.n_parts)


def _rest(settled: Settled, sizes: Mapping[str, float], columns: Populations) -> float:
    """Those of all whom the finest shown division leaves over; 0 if it leaves nobody."""
    if not settled.shows(ALL):
        return 0.0
    size = np.array([sizes.get(name, 0.0) for name in columns.names])
    derived = columns.derived(frozenset(settled.shown) & frozenset(columns.members))
    return float(round(min((n for n in derived @ size if n > 0.5), default=0.0)))


def _family(
    sheet: Sheet, levels: Mapping[str, int], whole: float, rests: Sequence[float]
) -> tuple[frozenset[str], float]:
    """Levels of one characteristic that may be shown beside all, and how many are in none.

    The smallest are left out until those left over are nobody, or enough beside those of too few
    organisations; and until they differ by enough from those whom another characteristic leaves
    over.
    """
    p = sheet.protection
    size = {level: float(sheet.rows[place]["n"]) for level, place in levels.items()}
    unfit = sum(size[level] for level, place in levels.items() if sheet.unfit(place))
    shown = sorted(
        (level for level, place in levels.items()
         if size[level] >= p.base and not sheet.unfit(place)),
        key=lambda level: (-size[level], level),
    )  # fmt: skip
    while shown:
        rest = whole - sum(size[level] for level in shown)
        apart = all(abs(rest - other) >= p.base for other in rests if other > 0)
        if rest == 0 or (rest - unfit >= p.base and apart):
            return frozenset(shown), rest
        shown.pop()
    return frozenset(), 0.0


# --- levels of the contrast -----------------------------------------------------------------


def _sizes_of_levels(
    sheet: Sheet,
) -> dict[tuple[str, str, str], dict[str, dict[str, tuple[int, int]]]]:
    """(phase, comparison, outcome) -> characteristic -> level -> pairs of the two groups."""
    if sheet.moments is None or not sheet.study.contrast or not sheet.moments.subgroups.height:
        return {}
    roles = {group.id: list(group.roles) for group in sheet.study.groups}
    one, two = (pl.col("role").is_in(roles[name]) for name in sheet.study.contrast)
    keys = ("phase", "comparison", "outcome", "characteristic", "level")
    counted = sheet.moments.subgroups.group_by(keys).agg(
        pl.col("n").filter(one).sum().alias("one"), pl.col("n").filter(two).sum().alias("two")
    )
    found: dict[tuple[str, str, str], dict[str, dict[str, tuple[int, int]]]] = {}
    for phase, comparison, outcome, name, level, n_one, n_two in counted.iter_rows():
        of = found.setdefault((phase, comparison, outcome), {}).setdefault(name, {})
        word = f"{name}_{level_word(level)}"
        # Two texts of one word cannot be told apart here: neither is shown.
        of[word] = (n_one, n_two) if word not in of else (0, 0)
    return found


def _contrasts(
    sheet: Sheet,
    levels: Mapping[str, Mapping[str, tuple[int, int]]],
    settled: Settled,
    sizes: Mapping[str, float],
) -> frozenset[str]:
    """Levels whose contrast may be shown: enough of both groups, and enough left over of each."""
    contrast = sheet.study.contrast
    if not contrast or not all(settled.shows(name) for name in contrast):
        return frozenset()
    p, found = sheet.protection, set[str]()
    for of in levels.values():
        totals = [sizes[name] for name in contrast]
        shown = sorted((level for level, pair in of.items() if min(pair) >= p.base),
                       key=lambda level: (-min(of[level]), level))  # fmt: skip
        while shown:
            rests = [total - sum(of[level][which] for level in shown)
                     for which, total in enumerate(totals)]  # fmt: skip
            if all(rest == 0 or rest >= p.base for rest in rests):
                break
            shown.pop()
        found |= set(shown)
    return frozenset(found)


# --- what is kept back ----------------------------------------------------------------------


def _withhold_bases(sheet: Sheet, flow: Iterable[int], bases: Bases) -> None:
    for place in flow:
        if not bases.settled.shows(sheet.rows[place]["group"]):
            rule = bases.settled.why.get(sheet.rows[place]["group"], "differencing")
            sheet.withhold(place, rule, bare=True)


def _withhold_mean(
    sheet: Sheet, place: int, bases: Bases, known: Mapping[tuple[str, str], set[str]]
) -> None:
    """Keep a row back if its group, one of its two, or its level may not be shown."""
    row, study = sheet.rows[place], sheet.study
    named = "_v_".join(study.contrast) if study.contrast else ""
    groups = study.contrast if row["group"] == named and study.contrast else (row["group"],)
    hidden = [name for name in groups if name and not bases.settled.shows(name)]
    if hidden:
        rule = bases.settled.why.get(hidden[0], "linked")
        rule = rule if len(groups) == 1 else "linked"
        sheet.withhold(place, rule, bare=rule in ("differencing", "small_base"))
    elif row["analysis"] == "subgroup":
        _withhold_level(sheet, place, bases, known)
    elif 0 < sum(bases.sizes[name] for name in groups if name) - row["n"] < sheet.protection.base:
        # Less those of organisations with one of the groups alone: how many these are.
        sheet.bare.add(place)


def _compared(sheet: Sheet, subgroups: Iterable[int]) -> dict[tuple[str, str], set[str]]:
    """(group, characteristic) -> its levels that have a number: those that a test compares."""
    found: dict[tuple[str, str], set[str]] = {}
    names = [*sheet.study.subgroups.characteristics, _ROLE]
    for place in subgroups:
        row = sheet.rows[place]
        if sheet.kinds[place] != "interaction" and row["status"] == "ok":
            name = next((n for n in names if row["level"].startswith(f"{n}_")), "")
            found.setdefault((row["group"], name), set()).add(row["level"])
    return found


def _withhold_level(
    sheet: Sheet, place: int, bases: Bases, known: Mapping[tuple[str, str], set[str]]
) -> None:
    row = sheet.rows[place]
    contrast = row["group"] != ALL
    shown = bases.contrasts if contrast else bases.levels
    if sheet.kinds[place] == "interaction":
        if not known.get((row["group"], row["level"]), set()) <= shown:
            sheet.withhold(place, "linked")
    elif row["level"] not in shown:
        small = 0 < row["n"] < sheet.protection.base
        sheet.withhold(place, "small_base" if small else "differencing", bare=True)
