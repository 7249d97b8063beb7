"""Counts drawn at random, most of them small: none that is kept back can be had from the rest."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.attack import Bounds, Sum, attack, is_small, sums_of
from disclosure.made import GROUPS, ROLES, key, made, released, study_of, yes_no_rows
from peereval.disclosure import Release
from peereval.estimating import result_table

THRESHOLD = 10
NAMED = {"": "unknown"}
LEVELS = ("low", "middle", "high")

few = st.integers(0, 14) | st.integers(0, 60)
fours = st.lists(few, min_size=4, max_size=4)


def bounds_of(rows: list[dict[str, Any]], found: Release, n_categories: int) -> list[Bounds]:
    truth = {row["estimate_id"]: row for row in result_table(rows).iter_rows(named=True)}
    known, hidden = list[Sum](), list[tuple[Sum, float]]()
    shown = found.results.filter(pl.col("n") != 0).to_dicts()
    for each, base, open_ in sums_of(shown, truth, GROUPS):
        if open_:
            known.append(each)
        elif is_small(each.count, base) and base >= THRESHOLD:
            hidden.append((each, base))
    return attack([NAMED.get(role, role) for role in ROLES], n_categories, known, hidden)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(ROLES, fours)))
def test_no_answer_to_a_question_can_be_had(tables: dict[str, list[int]]) -> None:
    rows = yes_no_rows(tables)
    for bounds in bounds_of(rows, released(rows), 2):
        assert bounds.is_protected(THRESHOLD), bounds


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(ROLES, st.lists(few, min_size=9, max_size=9))))
def test_no_band_can_be_had(tables: dict[str, list[int]]) -> None:
    rows = band_rows({role: np.reshape(nine, (3, 3)) for role, nine in tables.items()})
    for bounds in bounds_of(rows, released(rows), 3):
        assert bounds.is_protected(THRESHOLD), bounds


def band_rows(tables: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    found = []
    for group, roles in GROUPS.items():
        mine = sum((tables[r] for r in ROLES if roles is None or r in roles), np.zeros((3, 3)))
        n = int(mine.sum())
        if not n:
            continue
        change, moves = (key(name, group, "bands", unit="share")
                         for name in ("band_change", "band_migration"))  # fmt: skip
        for place, level in enumerate(LEVELS):
            found += [
                change.row("share", "share_pre", made(mine[place].sum() / n, n), level),
                change.row("share", "share_post", made(mine[:, place].sum() / n, n), level),
            ]
            found += [
                moves.row("share", "share_moved", made(mine[place, other] / n, n), f"{level}>{two}")
                for other, two in enumerate(LEVELS)
            ]
    return found


# --- survey tables --------------------------------------------------------------------------

OPTIONS = ("a", "b", "c", "d")
TABLE = """
[[tables]]
id = "asked"
kind = "single"
column = "Q"
occasions = ["before"]
options = { a = "A", b = "B", c = "C", d = "D" }
nets = { some = ["a", "b"] }
breakdowns = ["role"]
"""


@settings(max_examples=50, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(ROLES, st.lists(few, min_size=4, max_size=4))))
def test_no_answer_of_a_survey_table_can_be_had(tables: dict[str, list[int]]) -> None:
    columns = {"all": ROLES} | {f"role_{role}": (role,) for role in ROLES if role}
    rows, known, hidden = [], list[Sum](), list[tuple[Sum, float]]()
    for column, roles in columns.items():
        counts = np.sum([tables[role] for role in roles], axis=0)
        n, about = int(counts.sum()), key("tabulation", column, "asked", comparison="before")
        rows.append(about.row("count", "n_answering", made(n, n)))
        parts = {**dict(zip(OPTIONS, counts, strict=True)), "some": counts[0] + counts[1]}
        for option, count in parts.items():
            rows += [
                about.row("count", "n_choosing", made(int(count), n), option),
                about.row("wilson", "share_choosing", made(count / max(n, 1), n), option),
            ]
    found = released(rows, study_of(TABLE))
    values = {row["estimate_id"]: row for row in result_table(rows).iter_rows(named=True)}
    for row in found.results.iter_rows(named=True):
        roles = frozenset(columns[row["group"]])
        base = values[row["estimate_id"]]["n"]
        wanted = frozenset("ab" if row["level"] == "some" else row["level"])
        if row["estimand"] == "n_answering" and row["estimate"] is not None:
            known.append(Sum("base", lambda a, roles=roles: a[0] in roles, base))
        if row["estimand"] == "n_choosing":
            count = values[row["estimate_id"]]["estimate"]
            each = Sum(row["estimate_id"], lambda a, roles=roles, wanted=wanted: (
                a[0] in roles and OPTIONS[a[1]] in wanted), count)  # fmt: skip
            if row["estimate"] is not None:
                known.append(each)
            elif is_small(count, base) and base >= THRESHOLD:
                hidden.append((each, base))
    # One occasion: what was answered after is the same.
    known.append(Sum("one occasion", lambda atom: atom[1] != atom[2], 0))
    for bounds in attack(ROLES, 4, known, hidden):
        assert bounds.is_protected(THRESHOLD), bounds
