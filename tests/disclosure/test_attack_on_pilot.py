"""Counts of the pilot that are kept back cannot be had from everything that is released."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import polars as pl
import pytest

import peereval as pe
from disclosure.attack import (
    Bounds,
    Sum,
    Which,
    among,
    attack,
    attack_one_occasion,
    before,
    both,
    in_group,
    is_small,
    sums_of,
)  # fmt: skip
from peereval.bundled import bundled
from peereval.columns import pre
from peereval.pipeline import Run

THRESHOLD = 10
_UNKNOWN = "unknown role"


@pytest.fixture(scope="module")
def run() -> Run:
    return pe.analyse(bundled("data/pilot") / "study.toml")


def groups_of(run: Run) -> dict[str, tuple[str, ...] | None]:
    return {"all": None} | {group.id: group.roles for group in run.study.groups}


def roles_of(run: Run) -> list[str]:
    return [*dict.fromkeys(run.study.roles.values()), _UNKNOWN]


def questions(run: Run, *analyses: str) -> Iterator[list[dict[str, Any]]]:
    """Released rows of each outcome of a phase and comparison."""
    rows = run.tables["released"].filter(pl.col("analysis").is_in(analyses))
    for part in rows.partition_by("phase", "comparison", "outcome"):
        yield part.to_dicts()


def truth_of(run: Run) -> dict[str, dict[str, Any]]:
    return {row["estimate_id"]: row for row in run.tables["results"].iter_rows(named=True)}


def bounds_of(
    rows: list[dict[str, Any]], run: Run, truth: dict[str, dict[str, Any]], n_categories: int
) -> list[Bounds]:
    """Ranges of the counts of one question that are kept back and have to be protected."""
    known, hidden = list[Sum](), list[tuple[Sum, float]]()
    for each, base, released in sums_of(rows, truth, groups_of(run)):
        if released:
            known.append(each)
        elif is_small(each.count, base, THRESHOLD):
            hidden.append((each, base))
    return attack(roles_of(run), n_categories, known, hidden)


@pytest.mark.parametrize("analyses", [("prevalence_change",), ("band_change", "band_migration")])
def test_no_count_is_known_more_narrowly_than_the_threshold(
    run: Run, analyses: tuple[str, ...]
) -> None:
    truth, tried = truth_of(run), 0
    for rows in questions(run, *analyses):
        levels = {row["level"] for row in rows if row["estimand"] == "share_pre"}
        for bounds in bounds_of(rows, run, truth, max(len(levels), 2)):
            assert bounds.is_protected(THRESHOLD), bounds
            tried += 1
    assert tried > 10


def test_the_attack_finds_what_is_not_protected(run: Run) -> None:
    """All less participants gives the others: the attack is one that works."""
    groups, truth = groups_of(run), truth_of(run)
    (rows,) = (
        rows for rows in questions(run, "band_change")
        if rows[0]["outcome"] == "mmf_emotional_bands" and rows[0]["comparison"] == "short_term"
    )  # fmt: skip
    known, hidden = list[Sum](), list[tuple[Sum, float]]()
    for each, base, _ in sums_of(rows, truth, groups):
        if ".non_participants." not in each.name or each.name.endswith("base"):
            known.append(each)
        elif is_small(each.count, base):
            hidden.append((each, base))
    # Nobody of the pilot's pairs is without a role.
    known.append(Sum("nobody without a role", in_group([_UNKNOWN]), 0))
    found = attack(roles_of(run), 3, known, hidden)
    assert found
    assert not any(bounds.is_protected(THRESHOLD) for bounds in found)


PARTS = ("share_improved", "share_deteriorated", "share_no_reliable_change")


def test_no_way_of_changing_is_known_more_narrowly(run: Run) -> None:
    groups, truth, tried = groups_of(run), truth_of(run), 0
    rows = run.tables["released"].filter(pl.col("estimand").is_in(PARTS))
    for part in rows.partition_by("method", "phase", "comparison", "outcome"):
        known, hidden = list[Sum](), list[tuple[Sum, float]]()
        for row in part.to_dicts():
            real, own = truth[row["estimate_id"]], in_group(groups[row["group"]])
            place, n = PARTS.index(row["estimand"]), float(real["n"])
            which = both(own, before(place))
            each = Sum(row["estimate_id"], which, round(real["estimate"] * n))
            known.append(Sum("base", own, n))
            if row["estimate"] is not None:
                known.append(each)
            elif is_small(each.count, n):
                hidden.append((each, n))
        for bounds in attack(roles_of(run), 3, known, hidden):
            assert bounds.is_protected(THRESHOLD), bounds
            tried += 1
    assert tried > 10


# --- means ------------------------------------------------------------------------------------


def populations(run: Run, phase: str, comparison: str, outcome: str) -> dict[str, np.ndarray]:
    """Respondents (a flag each) of every released base of a mean of one outcome."""
    pairs = run.tables["pairs"].filter(phase=phase, comparison=comparison)
    pairs = pairs.drop_nulls(pre(outcome))
    scores = run.tables["scores"].select("row", *run.study.characteristics)
    known = pairs.join(scores, left_on="pre_row", right_on="row", how="left").join(
        scores, left_on="post_row", right_on="row", how="left", suffix="_after"
    )
    sets = {
        group: np.ones(known.height, bool) if roles is None
        else known["role"].cast(pl.String).is_in(list(roles)).fill_null(False).to_numpy()
        for group, roles in groups_of(run).items()
    }  # fmt: skip
    levels: dict[str, np.ndarray] = {}
    named = {name: pl.coalesce(name, f"{name}_after") for name in run.study.characteristics}
    for name, column in {**named, "role": pl.col("role")}.items():
        words = known.select(column.cast(pl.String).alias("level"))["level"]
        for word in words.drop_nulls().unique().to_list():
            level = f"{name}_{word.lower().replace(' ', '_')}"
            levels[level] = (words == word).fill_null(False).to_numpy()
    shown = run.tables["released"].filter(
        pl.col("estimate").is_not_null(), phase=phase, comparison=comparison, outcome=outcome
    )
    found = {}
    for row in shown.filter(analysis="paired", method="paired_t").iter_rows(named=True):
        found[row["group"]] = sets[row["group"]]
    for row in shown.filter(analysis="subgroup", estimand="mean_change").iter_rows(named=True):
        found[row["level"]] = levels[row["level"]]
    return found


def few(members: np.ndarray) -> bool:
    """Whether a sum over respondents, each with a weight, is over few of them."""
    return 0 < int(np.count_nonzero(members)) < THRESHOLD


def test_no_mean_of_few_can_be_had_from_means_of_more(run: Run) -> None:
    """All of one characteristic's levels, less all, less another's; and any three bases."""
    tried = 0
    for phase in run.study.phases:
        for comparison in run.study.comparisons:
            if phase.id not in comparison.phases:
                continue
            for outcome in phase.outcomes:
                bases = {name: flags.astype(int) for name, flags in
                         populations(run, phase.id, comparison.id, outcome).items()}  # fmt: skip
                assert {"all", "participants", "non_participants"} <= bases.keys()
                for combined in combined_bases(bases, [*run.study.characteristics, "role"]):
                    assert not few(combined), (phase.id, comparison.id, outcome)
                    tried += 1
    assert tried > 10_000


def combined_bases(bases: dict[str, np.ndarray], names: list[str]) -> Iterator[np.ndarray]:
    families = {
        name: sum((flags for level, flags in bases.items() if level.startswith(f"{name}_")),
                  np.zeros_like(bases["all"]))
        for name in names
    }  # fmt: skip
    whole = {**bases, **families, "groups": bases["participants"] + bases["non_participants"]}
    for some in combinations(whole.values(), 3):
        for signs in product((-1, 0, 1), repeat=3):
            yield sum((s * v for s, v in zip(signs, some, strict=True)), np.zeros_like(some[0]))


def test_those_left_over_would_be_few_if_their_level_were_shown(run: Run) -> None:
    """Few are of another gender or none: with all and both others, their mean could be had."""
    sets = populations(run, "primary", "medium_term", "srs_family")
    assert "gender_female" in sets
    assert "gender_male" not in sets


# --- survey tables ----------------------------------------------------------------------------


def column_atoms(run: Run, row: dict[str, Any]) -> Which:
    """Those of a column: of a phase beside others, of a phase, or of a group within one."""
    phase, group = row["phase"], row["group"]
    if group.startswith("phase_"):
        phase, group = group.removeprefix("phase_"), "all"
    return lambda atom: (
        (phase in ("", atom[0].partition(" ")[0]))
        and (group == "all" or atom[0] == f"{phase} {group}")
    )


def answers_of_one_question(run: Run) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """Counts of each question at an occasion with what divides those who answered: options."""
    tables = {asked.outcome: table for table in run.study.tables for asked in table.asked}
    truth = run.tables["results"].select("estimate_id", count="estimate", base="n")
    counts = run.tables["released"].filter(analysis="tabulation", estimand="n_choosing")
    for part in counts.join(truth, on="estimate_id").partition_by("comparison", "outcome"):
        table, rows = tables[part["outcome"][0]], part.to_dicts()
        if table.kind != "multi":
            yield list(table.options), rows
            continue
        for option in table.options:
            yield [option, "not chosen"], [row for row in rows if row["level"] == option]


def test_no_answer_of_a_survey_table_is_known_more_narrowly(run: Run) -> None:
    """Also where occasions are pooled: both follow-ups of the pilot are one table."""
    nets = {o.outcome: t.nets for t in run.study.tables for o in t.asked}
    tried = 0
    for options, rows in answers_of_one_question(run):
        known, hidden = list[Sum](), list[tuple[Sum, float]]()
        groups = {row["group"] for row in rows} - {"all"}
        names = sorted(name for name in groups if not name.startswith("phase_"))
        phases = sorted({p.id for p in run.study.phases})
        atoms = [f"{phase} {name}" for phase in phases for name in (*names, "others")]
        for row in rows:
            members = nets[row["outcome"]].get(row["level"], (row["level"],))
            of, places = column_atoms(run, row), [options.index(option) for option in members]
            each = Sum(row["estimate_id"], both(of, among(places)), row["count"])
            known.append(Sum("base", of, row["base"]))
            if row["estimate"] is not None:
                known.append(each)
            elif is_small(row["count"], row["base"]) and row["base"] >= THRESHOLD:
                hidden.append((each, row["base"]))
        for bounds in attack_one_occasion(atoms, len(options), known, hidden):
            assert bounds.is_protected(THRESHOLD), bounds
            tried += 1
    assert tried > 20


def test_no_small_count_of_any_kind_is_released(run: Run) -> None:
    """Of whatever analysis: no count of 1 to 9, and no share that comes to one."""
    shown = run.tables["released"].filter(pl.col("estimate").is_not_null())
    counts = shown.filter(pl.col("unit") == "respondents", pl.col("estimate").is_between(1, 9))
    assert counts["estimate_id"].to_list() == []
    shares = shown.filter(pl.col("estimand").str.starts_with("share_choosing"))
    of_few = (pl.col("estimate") * pl.col("n")).round(6).is_between(0.5, 9.5)
    assert shares.filter(of_few)["estimate_id"].to_list() == []
