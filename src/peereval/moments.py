"""pairs -> moments: exact sums and counts, after which everything is small.

The last step on an engine. Sums are of whole numbers, so they are the same bits on
every engine and in every row order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from peereval.columns import names, post, pre, together
from peereval.engines import Engine, Frame
from peereval.errors import UsageError
from peereval.studies import Study

Integers = NDArray[np.int64]
_Each = TypeVar("_Each")
_KEYS = ("comparison", "phase", "role", "organisation")
_GROUP = "group_number"
#: The number of a group whatever the organisation, beside that of the group.
_LEVEL = "level_number"
#: Columns of pairs that nothing here reads.
_UNUSED = ("respondent", "before", "after", "n_complete", "n_outcomes")
#: The number of an outcome among those that are counted.
_NUMBER = "outcome_number"
_WIDER, _WIDE_KEYS = "wider_number", ("comparison", "phase", "role")
_AT_ONCE = 4
#: The sums of a cell, in the order of `ClusterSums`.
SUMS = ("n", "sum_pre", "sum_post", "sum_pre_sq", "sum_post_sq", "sum_pre_post")


class Moments(Struct, frozen=True):
    """What the estimators read.

    ``cells``: sums by outcome x comparison x phase x role x organisation (columns of
    `cells`). ``subgroups``: the same by each level of each characteristic as well.
    ``distributions``: pairs by outcome x comparison x phase x role and the two values, of every
    score. ``histograms``: pairs by the same keys and the two values, for the outcomes
    that are counted (bands and questions). ``contacts``: pairs by the same keys and the
    codes before and after of every costed question (-1 = not asked in the phase), of those
    who answered all that they were asked. ``counted``:
    respondents matched, by comparison x phase x role.
    """

    cells: pl.DataFrame
    subgroups: pl.DataFrame
    distributions: pl.DataFrame
    histograms: pl.DataFrame
    contacts: pl.DataFrame
    counted: pl.DataFrame


def summarise(
    pairs: Frame, study: Study, engine: Engine, characteristics: pl.DataFrame | None = None
) -> Moments:
    """The moments of ``pairs``. Unknown roles and organisations become an empty text.

    ``characteristics``: a column ``row``, and one for each characteristic whose levels are
    subgroups; without it, or at the depth of headlines, there are none.
    """
    numbered, groups = _number_groups(pairs.drop(*_UNUSED), engine)
    full = study.statistics.depth == "full"
    return Moments(
        cells=_cells(numbered, groups, study, engine),
        subgroups=_subgroups(numbered, groups, characteristics if full else None, study, engine),
        distributions=_distributions(numbered, groups, study if full else None, engine),
        histograms=_histograms(numbered, groups, study, engine),
        contacts=_contacts(numbered, groups, study, engine),
        counted=_count(numbered.filter(nw.col("counted")), [], groups, engine),
    )


def sum_cells(pairs: Frame, study: Study, engine: Engine) -> pl.DataFrame:
    """The ``cells`` of `Moments` alone."""
    return _cells(*_number_groups(pairs.drop(*_UNUSED), engine), study, engine)


def _number_groups(pairs: Frame, engine: Engine) -> tuple[Frame, pl.DataFrame]:
    """Pairs with the number of their comparison, phase, role and organisation; and what it means.

    Everything after groups by that one number: grouping by four texts costs several
    times as much, each time.
    """
    keyed = pairs.with_columns(
        nw.col("role").fill_null("").alias("role"),
        nw.col("organisation").fill_null("").alias("organisation"),
    )
    distinct = engine.fetch(keyed.select(*_KEYS).unique()).sort(_KEYS)
    groups = distinct.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int32).alias(_GROUP),
        pl.struct(_WIDE_KEYS).rank("dense").cast(pl.Int32).alias(_WIDER),
    )
    numbered = keyed.join(engine.send(groups), on=list(_KEYS), how="inner").drop(*_KEYS)
    return engine.keep(numbered), groups.with_columns(pl.col(_KEYS).cast(pl.Categorical))


def _subgroups(
    numbered: Frame,
    groups: pl.DataFrame,
    characteristics: pl.DataFrame | None,
    study: Study,
    engine: Engine,
) -> pl.DataFrame:
    """Cells by each level of each characteristic, as answered before (else after)."""
    empty = _stacked([], "cells").with_columns(
        pl.lit("").cast(pl.Categorical).alias(name) for name in ("characteristic", "level")
    )
    parts = [empty.select("characteristic", pl.exclude("characteristic"))]
    if characteristics is None or not study.outcomes:
        return parts[0]
    for name in study.subgroups.characteristics:
        known = characteristics.select("row", pl.col(name).alias("level")).drop_nulls()
        cells = _cells(*_number_levels(numbered, groups, known, study, engine), study, engine)
        named = pl.lit(name).cast(pl.Categorical).alias("characteristic")
        parts.append(cells.select(named, *parts[0].columns[1:]))
    return pl.concat(parts)


def _number_levels(
    numbered: Frame, groups: pl.DataFrame, known: pl.DataFrame, study: Study, engine: Engine
) -> tuple[Frame, pl.DataFrame]:
    """Pairs with the number of their group and level, and what it means.

    ``known``: the level of each export row. In number as groups are, and within them by level.
    """
    levels = known.select("level").unique().sort("level").with_row_index(_LEVEL)
    coded = known.join(levels, on="level").select("row", pl.col(_LEVEL).cast(pl.Int64))
    rows, values = engine.send(coded), [f(name) for name in study.outcomes for f in (pre, post)]
    number = nw.col(_GROUP).cast(nw.Int64) * levels.height + nw.coalesce(_LEVEL, f"{_LEVEL}_after")
    both = (
        numbered.select(_GROUP, "pre_row", "post_row", *values)
        .join(rows, left_on="pre_row", right_on="row", how="left")
        .join(rows, left_on="post_row", right_on="row", how="left", suffix="_after")
        .select(number.alias(_GROUP), *values)
    )
    pairs = engine.keep(both.filter(~nw.col(_GROUP).is_null()))
    found = engine.fetch(pairs.select(_GROUP).unique()).with_columns(
        (pl.col(_GROUP) // levels.height).cast(pl.Int32).alias("group"),
        (pl.col(_GROUP) % levels.height).cast(levels.schema[_LEVEL]).alias(_LEVEL),
    )
    named = groups.drop(_WIDER).rename({_GROUP: "group"})
    return pairs, found.join(named, on="group").join(levels, on=_LEVEL).drop("group", _LEVEL)


def _count(
    numbered: Frame, columns: list[str], groups: pl.DataFrame, engine: Engine
) -> pl.DataFrame:
    """Rows by group and ``columns``: the keys of the group, the columns, and n."""
    counts = engine.fetch(numbered.group_by(_GROUP, *columns).agg(nw.len().alias("n")))
    named = counts.with_columns(pl.col("n").cast(pl.Int64)).sort(_GROUP, *columns)
    keys = [name for name in groups.columns if name not in (_GROUP, _WIDER)]
    return named.join(groups, on=_GROUP, maintain_order="left").select(*keys, *columns, "n")


def _cells(numbered: Frame, groups: pl.DataFrame, study: Study, engine: Engine) -> pl.DataFrame:
    """One group-by over several scores, then one row per outcome."""
    parts = []
    for some in batched(study.outcomes):
        sums = engine.fetch(_sums(numbered, some)).sort(_GROUP)
        wide = sums.join(groups, on=_GROUP, maintain_order="left")
        _refuse_overflow(wide, study, some)
        keys = [name for name in groups.columns if name not in (_GROUP, _WIDER)]
        parts += [_one_outcome(wide, outcome, keys) for outcome in some]
    return pl.concat(parts).filter(pl.col("n") > 0) if parts else _stacked([], "cells")


def _sums(numbered: Frame, outcomes: list[str]) -> Frame:
    """Sums of several scores by group, each in a column of `_columns`."""
    values = [end(outcome) for outcome in outcomes for end in (pre, post)]
    whole = numbered.select(
        _GROUP,
        nw.col(*values).cast(nw.Int64),
        *(nw.col(pre(outcome)).alias(f"n_{outcome}") for outcome in outcomes),
    )
    products = whole.with_columns(
        product.alias(name) for outcome in outcomes for name, product in _products(outcome).items()
    )
    columns = [_columns(outcome) for outcome in outcomes]
    counted = [name for name, *_ in columns]
    summed = [name for _, *others in columns for name in others]
    return products.group_by(_GROUP).agg(nw.col(*counted).count(), nw.col(*summed).sum())


def batched(outcomes: list[_Each]) -> Iterator[list[_Each]]:
    """A few outcomes at a time: the products of all at once are several times the pairs."""
    for first in range(0, len(outcomes), _AT_ONCE):
        yield outcomes[first : first + _AT_ONCE]


def _refuse_overflow(wide: pl.DataFrame, study: Study, outcomes: list[str]) -> None:
    """64 bits wrap without a word, so what might not fit is refused before it is believed."""
    for outcome in outcomes:
        most = wide[f"n_{outcome}"].max()
        if isinstance(most, int) and most * study.scores[outcome].largest ** 2 >= 1 << 63:
            raise UsageError(
                f"{most:,} pairs of {outcome} in one organisation are more than can be summed "
                "exactly: ask for more answers with min_answered in its scale file"
            )


def _one_outcome(wide: pl.DataFrame, outcome: str, keys: list[str]) -> pl.DataFrame:
    sums = (
        pl.col(column).cast(pl.Int64).alias(kind)
        for kind, column in zip(SUMS, _columns(outcome), strict=True)
    )
    return wide.select(pl.lit(outcome).cast(pl.Categorical).alias("outcome"), *keys, *sums)


def _columns(outcome: str) -> tuple[str, ...]:
    """Columns of the sums of one score, in the order of `SUMS`."""
    own = (f"{kind}_{outcome}" for kind in SUMS[3:])
    return (f"n_{outcome}", pre(outcome), post(outcome), *own)


def _products(outcome: str) -> dict[str, nw.Expr]:
    before, after = nw.col(pre(outcome)), nw.col(post(outcome))
    products = (before * before, after * after, before * after)
    return dict(zip(_columns(outcome)[3:], products, strict=True))


def counted_outcomes(study: Study) -> list[str]:
    """Outcomes of which every pair of values is counted: banded scores and questions."""
    bands = study.bands
    banded = [bands[name].score_outcome for phase in study.phases for name in phase.bands]
    return [*dict.fromkeys(banded), *(question.id for question in study.questions)]


def _histograms(
    numbered: Frame, groups: pl.DataFrame, study: Study, engine: Engine
) -> pl.DataFrame:
    return _pairs_of_values(numbered, groups, counted_outcomes(study), "histograms", engine)


def _pairs_of_values(
    numbered: Frame,
    groups: pl.DataFrame,
    outcomes: Sequence[str],
    table: str,
    engine: Engine,
    by: str = _GROUP,
) -> pl.DataFrame:
    """Pairs by group and the two values of each outcome, those with both."""
    if not outcomes:
        return _stacked([], table)
    parts = [
        engine.fetch(_values_counted(numbered, some, by))
        for some in batched([*enumerate(outcomes)])
    ]
    counts = pl.concat(parts).sort(_NUMBER, _GROUP, "pre", "post")
    outcome = pl.lit(pl.Series(outcomes, dtype=pl.Categorical)).gather(_NUMBER)
    named = counts.with_columns(pl.col("n").cast(pl.Int64), outcome.alias("outcome"))
    return named.join(groups, on=_GROUP, maintain_order="left").select(names(table))


def _values_counted(numbered: Frame, outcomes: list[tuple[int, str]], by: str) -> Frame:
    """Pairs by group, number of the outcome and the two values."""
    values = nw.concat([
        numbered.select(
            nw.col(by).alias(_GROUP),
            nw.lit(number, nw.Int64).alias(_NUMBER),
            nw.col(pre(outcome)).cast(nw.Int64).alias("pre"),
            nw.col(post(outcome)).cast(nw.Int64).alias("post"),
        )
        for number, outcome in outcomes
    ]).filter(~nw.col("pre").is_null())  # fmt: skip
    return values.group_by(_GROUP, _NUMBER, "pre", "post").agg(nw.len().alias("n"))


def _distributions(
    numbered: Frame, groups: pl.DataFrame, study: Study | None, engine: Engine
) -> pl.DataFrame:
    """Pairs of values of every score, all organisations together: small at any number of pairs."""
    wide = groups.select(_WIDER, *_WIDE_KEYS).unique().rename({_WIDER: _GROUP})
    outcomes = study.outcomes if study is not None else []
    return _pairs_of_values(numbered, wide, outcomes, "distributions", engine, _WIDER)


def _contacts(numbered: Frame, groups: pl.DataFrame, study: Study, engine: Engine) -> pl.DataFrame:
    """Jointly, so that costs can be added up within a respondent who answered all of them."""
    columns = [name for question in study.costed for name in (pre(question), post(question))]
    if not columns:
        return pl.DataFrame(schema=dict.fromkeys(_KEYS, pl.Categorical) | {"n": pl.Int64})
    own = [together(name) for name in columns]
    complete = numbered.filter(~nw.coalesce(*own).is_null())
    # Widened once they are counted: before that it is the largest table of a run.
    coded = (
        nw.col(column).fill_null(-1).alias(name) for column, name in zip(own, columns, strict=True)
    )
    counts = _count(complete.select(_GROUP, *coded), columns, groups, engine)
    return counts.with_columns(pl.col(columns).cast(pl.Int64))


def _stacked(parts: list[pl.DataFrame], table: str) -> pl.DataFrame:
    columns = names(table)
    if not parts:
        words = {"outcome", *_KEYS}
        return pl.DataFrame(schema={c: pl.Categorical if c in words else pl.Int64 for c in columns})
    return pl.concat([part.select(columns) for part in parts])


# --- what an estimator works on -------------------------------------------------------------


class ClusterSums(Struct, frozen=True, dict=True):
    """Exact sums of one outcome's pairs by organisation: six arrays of shape (G,).

    Values are ``denominator`` times the score. ``unknown`` counts pairs whose
    organisation is not known: they stand together as one.
    """

    n: Integers
    sum_pre: Integers
    sum_post: Integers
    sum_pre_sq: Integers
    sum_post_sq: Integers
    sum_pre_post: Integers
    denominator: int
    clustered: bool = True
    unknown: int = 0

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """The six sums of all organisations together, in whole numbers of any size."""
        # Python's own addition: the total of sums that fit 64 bits need not fit them.
        return tuple(sum(getattr(self, name).tolist()) for name in SUMS)

    @property
    def size(self) -> int:
        """Pairs in all."""
        return self.totals[0]

    @cached_property
    def n_organisations(self) -> int:
        """Known organisations with at least one pair; 0 where the study names none."""
        return int(np.count_nonzero(self.n)) - (self.unknown > 0) if self.clustered else 0


def cluster_sums(cells: pl.DataFrame, denominator: int, clustered: bool) -> ClusterSums:
    """Rows of `cells` (of one outcome) added up by organisation."""
    values = [cells[name].to_numpy() for name in SUMS]
    most = max(int(np.abs(column).max(initial=0)) for column in values)
    return _added_up(cells["organisation"], values, most, denominator, clustered)


def _added_up(
    organisations: pl.Series,
    values: Iterable[Integers],
    most: int,
    denominator: int,
    clustered: bool,
) -> ClusterSums:
    """The six ``values`` of each row, none larger than ``most``, added up by organisation."""
    place, places = places_of(organisations)
    # Sums that fit 64 bits need not do so together, and would wrap without a word.
    kind = np.int64 if most * len(place) < 2**62 else object
    sums = np.zeros((len(SUMS), len(places)), dtype=kind)
    for into, column in zip(sums, values, strict=True):
        np.add.at(into, place, column.astype(kind, copy=False))
    blank = int(sums[0, places[""]]) if clustered and "" in places else 0
    arrays = {name: whole_numbers(row) for name, row in zip(SUMS, sums, strict=True)}
    return ClusterSums(**arrays, denominator=denominator, clustered=clustered, unknown=blank)


def places_of(organisations: pl.Series) -> tuple[Integers, dict[str | None, int]]:
    """The number of each row's organisation, and of each name, in the order of names.

    One that is missing comes first; an empty name is an organisation like others.
    """
    names = organisations.to_list()
    known = sorted(set(names), key=lambda name: (name is not None, name or ""))
    places = {name: place for place, name in enumerate(known)}
    return np.array([places[name] for name in names], dtype=np.int64), places


def whole_numbers(values: Integers) -> Integers:
    """64-bit where they fit, Python's own whole numbers where they do not."""
    fits = values.dtype != object or all(-(2**62) < value < 2**62 for value in values.tolist())
    return values.astype(np.int64 if fits else object)


def value_sums(
    counts: pl.DataFrame, before: Integers, after: Integers, denominator: int, clustered: bool
) -> ClusterSums:
    """As `cluster_sums`, from rows of counts whose values are ``before`` and ``after``."""
    n = counts["n"].to_numpy()
    largest = max(int(np.abs(part).max(initial=1)) for part in (before, after))
    most = int(n.max(initial=0)) * largest**2
    if most >= 2**62:
        # The square of a daily cost in hundredths of a penny, times many pairs, needs more bits.
        n, before, after = (part.astype(object) for part in (n, before, after))
    one, two = n * before, n * after
    values = (n, one, two, one * before, two * after, one * after)
    return _added_up(counts["organisation"], values, most, denominator, clustered)


def of_roles(table: pl.DataFrame, roles: tuple[str, ...] | None) -> pl.DataFrame:
    """Rows of the roles of a group; all of them, as they are, for None."""
    return table if roles is None else table.filter(group_filter(roles))


def group_filter(roles: tuple[str, ...] | None) -> pl.Expr:
    """Rows of the roles of a group; of everyone for None."""
    return pl.lit(True) if roles is None else pl.col("role").is_in(list(roles))


def groups_of(
    study: Study, kind: str, wanted: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Group id and roles, for the analyses of one kind (``scores`` or ``questions``)."""
    known: Mapping[str, tuple[str, ...] | None] = {"all": None} | {
        group.id: group.roles for group in study.groups if not group.only or kind in group.only
    }
    for name, roles in known.items():
        if not wanted or name in wanted:
            yield name, roles
