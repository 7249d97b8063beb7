"""What can be had from beside the tables: costs, pooled occasions, outliers, draws, the record."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

import peereval as pe
from disclosure.attack import (
    Atom,
    Sum,
    among,
    attack,
    attack_one_occasion,
    both,
    in_group,
    is_small,
)
from disclosure.made import kept_back, key, made, released, study_of
from disclosure.test_attack_on_pilot import groups_of, roles_of, truth_of
from disclosure.test_rules import TABLE
from peereval.bundled import bundled
from peereval.disclosure import release_organisations
from peereval.disclosure.record import released_counts
from peereval.pipeline import Run
from peereval.studies import Protection

Row = dict[str, Any]
THRESHOLD = 10


@pytest.fixture(scope="module")
def run() -> Run:
    return pe.analyse(bundled("data/pilot") / "study.toml")


# --- counts -----------------------------------------------------------------------------------


def small_counts(run: Run) -> list[str]:
    """Released rows that say by themselves how few there are."""
    shares = ["share_pre", "share_post", "share_choosing", "share_missing", "share_floor"]
    counted = pl.when(pl.col("estimand").is_in(["n_choosing", "n_outliers"])).then("estimate")
    count = counted.when(pl.col("estimand").is_in(shares)).then(pl.col("estimate") * pl.col("n"))
    rows = run.tables["released"].filter(marker="").with_columns(count=count.otherwise(None))
    few = [pl.col("count").round().is_between(1, THRESHOLD - 1),
           (pl.col("n") - pl.col("count").round()).is_between(1, THRESHOLD - 1)]  # fmt: skip
    return rows.filter(pl.any_horizontal(few))["estimate_id"].to_list()


@pytest.mark.parametrize(
    "study", ["pilot/study.toml", "pilot_leads/study.toml", "pilot_leads/young_people.toml"]
)
def test_no_row_says_how_few_there_are(study: str) -> None:
    folder, name = study.split("/")
    found = pe.analyse(bundled(f"data/{folder}") / name)
    assert small_counts(found) == []
    assert found.tables["suppressions"].filter(rule="unclassified").height == 0


# --- labels of contacts -----------------------------------------------------------------------


def of_question(table: pl.DataFrame, analysis: str, like: Row) -> list[Row]:
    return table.filter(
        analysis=analysis, method="share", phase=like["phase"], comparison=like["comparison"],
        outcome=like["outcome"],
    ).to_dicts()  # fmt: skip


def test_no_label_is_known_more_narrowly_from_the_share_with_any_contact(run: Run) -> None:
    """Everybody who did not say "Not at all" had a contact: both tables in one program."""
    shown, truth, groups = run.tables["released"], truth_of(run), groups_of(run)
    tried = 0
    labels = shown.filter(analysis="contact_distribution", method="share")
    for part in labels.partition_by("phase", "comparison", "outcome"):
        levels = part["level"].unique(maintain_order=True).to_list()
        known, hidden = list[Sum](), list[tuple[Sum, float]]()
        none = levels.index("Not at all")
        mine = [*part.to_dicts(), *of_question(shown, "prevalence_change", part.row(0, named=True))]
        for row in mine:
            real, own = truth[row["estimate_id"]], in_group(groups[row["group"]])
            place = 1 if row["estimand"] == "share_pre" else 2
            level = levels.index(row["level"]) if row["level"] else None
            each = Sum(
                row["estimate_id"],
                lambda atom, own=own, place=place, level=level, none=none: (
                    own(atom) and (atom[place] != none if level is None else atom[place] == level)
                ),
                round(real["estimate"] * real["n"]),
            )
            if row["n"] is not None:
                known.append(Sum("base", own, real["n"]))
            if row["estimate"] is not None:
                known.append(each)
            elif is_small(each.count, real["n"]):
                hidden.append((each, real["n"]))
        for bounds in attack(roles_of(run), len(levels), known, hidden):
            assert bounds.is_protected(THRESHOLD), bounds
            tried += 1
    assert tried > 100


def solutions(contacts: Sequence[int], n: int, total: int) -> Iterator[tuple[int, ...]]:
    """How many gave each label, if ``n`` did and their contacts (in hundredths) add to a total."""
    first, *others = contacts
    if not others:
        if n * first == total:
            yield (n,)
        return
    for count in range(n + 1):
        if count * first > total:
            return
        for more in solutions(others, n - count, total - count * first):
            yield (count, *more)


def test_labels_kept_back_are_not_in_the_cost_of_their_question(run: Run) -> None:
    """Labels that are shown, the sum of the others and the cost give each of the others."""
    shown = run.tables["released"]
    costs = shown.filter(
        pl.col("estimate").is_not_null(), pl.col("outcome") != "all_contacts", analysis="cost",
        estimand="cost_pre", level="",
    )  # fmt: skip
    assert costs.height > 5
    for cost in costs.iter_rows(named=True):
        rows = of_question(shown, "contact_distribution", cost)
        hidden = [row for row in rows if row["estimate"] is None]
        # All of a question, or none of it: with none nothing but the share with any is known.
        assert len(hidden) in (0, len(rows)), cost["estimate_id"]


def test_with_a_label_shown_beside_the_cost_the_others_follow() -> None:
    """The attack is one that works: three labels of sixteen respondents, and one solution."""
    contacts = (290, 1267, 6333)
    truth = (11, 2, 3)
    total = sum(c * n for c, n in zip(contacts, truth, strict=True))
    assert list(solutions(contacts, sum(truth), total)) == [truth]


def test_a_scenario_does_not_count_few_answers(run: Run) -> None:
    """A cap takes away the same number of contacts from each who gave a label: how many is left."""
    held = run.tables["released"].filter(level="scenario:doctors_capped_at_weekly")
    assert held.height > 0
    assert held["estimate"].null_count() == held.height
    prices, n, per_contact = (119.84, 38.0), 212, 63.33 - 12.67
    saved = run.tables["results"].filter(
        phase="primary", comparison="short_term", method="descriptive", outcome="all_contacts",
        estimand="saving_per_respondent",
    )  # fmt: skip
    plain, capped = (
        saved.filter(level=level)["estimate"][0]
        for level in ("", "scenario:doctors_capped_at_weekly")
    )
    left = (plain - capped) * n / per_contact
    fits = [(a, b) for a, b in product(range(-60, 61), repeat=2)
            if abs(prices[0] * a + prices[1] * b - left) < 1e-4]  # fmt: skip
    assert fits == [(-3, -8)]


# --- costs and gains --------------------------------------------------------------------------


def gained(treated: int, control: int, analysed: tuple[int, int], costed: int) -> list[Row]:
    group, contrast = "participants", "participants_v_others"
    both_sides = sum(analysed)
    rows = [
        key("flow", name).row("count", "n_analysed", made(n, n))
        for name, n in (("all", both_sides), (group, analysed[0]), ("others", analysed[1]))
    ]
    rows.append(key("did", contrast).row("did_cr2", "did", made(1.0, both_sides)))
    contacts = key("cost", group, "all_contacts")
    rows.append(contacts.row("descriptive", "cost_pre", made(50.0, costed)))
    about, n = key("cost_effectiveness", group), treated + control
    rows += [
        about.row("programme_bootstrap", "gain", made(1.0, n)),
        about.row("programme_bootstrap", "net_cost_per_participant", made(5.0, treated)),
        about.row("programme_bootstrap", "net_monetary_benefit", made(-5.0, n), "threshold:0"),
        about.row("fieller", "cost_per_unit_gained", made(5.0, n)),
        about.row("programme_bootstrap", "share_of_draws", made(0.3, n), "north_east"),
    ]
    return rows


EXACT = {"net_cost_per_participant", "net_monetary_benefit", "cost_per_unit_gained"}


@pytest.mark.parametrize(
    ("treated", "control", "analysed", "costed", "held"),
    [
        (60, 40, (60, 40), 60, set()),
        (54, 40, (80, 40), 60, EXACT),
        (54, 40, (60, 40), 80, EXACT | {"gain"}),
        (60, 35, (60, 40), 60, EXACT | {"gain"}),
        (60, 8, (60, 8), 60, EXACT | {"gain", "did", "n_analysed", "share_of_draws"}),
    ],
)
def test_costs_and_gains_of_nearly_those_of_other_rows(
    treated: int, control: int, analysed: tuple[int, int], costed: int, held: set[str]
) -> None:
    """A net cost is a net benefit at a threshold of 0; a gain is the change of those with both."""
    study = replace(study_of(), cost_group="participants")
    found = released(gained(treated, control, analysed, costed), study)
    assert kept_back(found, "estimand") == held
    planes = pl.DataFrame({
        "phase": "pupils", "comparison": "term", "group": "participants", "outcome": "pss4_total",
        "draw": [1, 2], "net_cost": [5.0, 6.0], "gain": [1.0, 1.1],
    })  # fmt: skip
    assert found.planes(planes).height == (0 if held else 2)


# --- survey tables ----------------------------------------------------------------------------

POOLED = (
    TABLE
    + """
[pooled_occasions.ever]
title = "Ever"
occasions = ["before", "after"]
respondents = "each_time"
"""
)


def at(occasion: str, counts: dict[str, int]) -> list[Row]:
    """Answers at an occasion."""
    n, about = sum(counts.values()), key("tabulation", "all", "help", comparison=occasion)
    rows = [about.row("count", "n_answering", made(n, n))]
    parts = counts | {"some": counts["a"] + counts["b"]}
    return rows + [about.row("count", "n_choosing", made(c, n), name) for name, c in parts.items()]


@pytest.mark.parametrize(
    ("after", "held"),
    [({"a": 20, "b": 30, "c": 40, "d": 50}, False), ({"a": 5, "b": 30, "c": 40, "d": 50}, True),
     ({"a": 3, "b": 2, "c": 1, "d": 0}, True)],
)  # fmt: skip
def test_pooled_less_one_occasion_is_not_the_other(after: dict[str, int], held: bool) -> None:
    first = {"a": 20, "b": 30, "c": 40, "d": 50}
    together = {name: first[name] + n for name, n in after.items()}
    study = study_of(POOLED.replace('["before"]', '["before", "after", "ever"]', 1))
    found = released([*at("before", first), *at("after", after), *at("ever", together)], study)
    rows = found.results
    assert rows.filter(comparison="ever")["estimate"].null_count() == 0
    assert rows.filter(comparison="before")["estimate"].is_null().all() == held
    assert rows.filter(comparison="before")["n"].is_null().all() == held
    assert rows.filter(comparison="after")["estimate"].is_null().all() == held


def test_a_small_count_of_a_pooled_occasion_is_kept_back() -> None:
    rows = [*at("ever", {"a": 4, "b": 30, "c": 40, "d": 50})]
    found = released(rows, study_of(POOLED.replace('["before"]', '["ever"]', 1)))
    assert kept_back(found, "level") == {"a", "b"}


def numbers(out: int, n: int = 120) -> list[Row]:
    about = key("tabulation", "all", "help", comparison="before")
    rows = [about.row("count", "n_answering", made(n, n)),
            about.row("count", "n_outliers", made(out, n))]  # fmt: skip
    for level, size in (("", n - out), ("with_outliers", n)):
        rows.append(about.row("student", "mean_number", made(3.2, size), level))
    return rows


@pytest.mark.parametrize("out", [0, 1, 9, 12])
def test_the_outliers_are_not_the_numbers_with_less_those_without(out: int) -> None:
    shown = released(numbers(out), study_of(TABLE)).results.filter(marker="")
    few = 0 < out < THRESHOLD
    means = shown.filter(estimand="mean_number")
    assert means["level"].to_list() == ([""] if few else ["", "with_outliers"])
    # Nor is how many there are: of the two bases one stays.
    assert len(set(shown["n"].drop_nulls())) == (2 if out == 12 else 1)


# --- an organisation's own pages --------------------------------------------------------------


def own(comparison: str, n: int) -> Row:
    blank = dict.fromkeys(("ci_low", "ci_high", "shrunk_change", "shrunk_low", "shrunk_high",
                           "own_weight", "n_before", "n_after"))  # fmt: skip
    return blank | {
        "organisation": "A",
        "phase": "p",
        "comparison": comparison,
        "outcome": "o",
        "n": n,
        "mean_pre": 2.0,
        "mean_post": 3.0,
        "mean_change": 1.0,
        "n_all": 500,
        "n_organisations": 20,
        "mean_pre_all": 2.0,
        "mean_post_all": 2.0,
        "uniform": False,
        "status": "ok",
        "note": "",
    }


@pytest.mark.parametrize(
    ("later", "held"), [(range(25), True), (range(30), False), (range(30, 60), False),
                        (range(18), False), (range(12, 42), False)],
)  # fmt: skip
def test_an_organisation_does_not_subtract_one_term_from_another(later: range, held: bool) -> None:
    """Of 30 before 25 are in the other comparison too: the mean of five would be left."""
    table = pl.DataFrame([own("short", 30), own("long", len(later))], infer_schema_length=None)
    pairs = pl.DataFrame(
        [("A", "p", "short", row, 1000 + row, 1, 1) for row in range(30)]
        + [("A", "p", "long", row, 2000 + row, 1, 1) for row in later],
        schema=["organisation", "phase", "comparison", "pre_row", "post_row", "pre_o", "post_o"],
        orient="row",
    )
    found = release_organisations(table, Protection(), pairs)
    assert found["mean_pre"].is_null().to_list() == [False, held]


# --- the record of a run ----------------------------------------------------------------------


def test_what_a_step_added_is_not_in_what_was_matched_after_it() -> None:
    steps = [{"step": name, "n_changed": 0, "n_joined": 0, "n_matched": n}
             for name, n in (("as_written", 700), ("trim", 703), ("case", 764))]  # fmt: skip
    found = released_counts({"id_steps": steps}, Protection())["id_steps"]
    assert [row["n_matched"] for row in found] == [None, 703, 764]
    assert [row["step"] for row in found] == ["as_written", "trim", "case"]


def test_the_record_holds_no_fingerprint_of_a_restricted_table(run: Run, tmp_path: Path) -> None:
    from peereval.output import write_run

    write_run(run, tmp_path / "out")
    public, own = (
        json.loads((tmp_path / "out" / name).read_text(encoding="utf-8"))["outputs"]
        for name in ("run.json", "restricted/record.json")
    )
    assert not any(name.startswith("restricted") for name in public)
    assert "restricted/id_steps.csv" in own
    # A table in which somebody has worked since is known all the same.
    with (tmp_path / "out" / "restricted" / "near_misses.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(pe.errors.OutputError, match="near_misses"):
        write_run(run, tmp_path / "out")


def test_every_chart_and_the_appendix_are_stamped(tmp_path: Path) -> None:
    from peereval.rendering.charts import to_png
    from peereval.reporting import write_analysis

    study = bundled("examples/programme_costs") / "study.toml"
    write_analysis(pe.analyse(study, disclosure_control=False), tmp_path / "out")
    charts = list((tmp_path / "out" / "figures").glob("*.svg"))
    pictures = list((tmp_path / "out" / "figures").glob("*.png"))
    assert len(charts) > 5
    assert len(pictures) > 3
    for picture in pictures:
        drawn = picture.with_suffix(".svg").read_text(encoding="utf-8")
        assert "Not for publication" in drawn[drawn.index("</desc>") :], picture.name
        assert picture.read_bytes() == to_png(drawn, 1)
    for path in [*charts, tmp_path / "out" / "cheers.md", tmp_path / "out" / "report.html"]:
        assert "Not for publication" in path.read_text(encoding="utf-8"), path.name


# --- two thresholds of change -----------------------------------------------------------------

WAYS = ("share_improved", "share_deteriorated", "share_no_reliable_change")


@pytest.mark.parametrize(("published", "held"), [((30, 20, 50), False), ((17, 20, 63), True)])
def test_those_between_two_thresholds_are_not_few(published: tuple[int, ...], held: bool) -> None:
    """Who improved by one threshold and not by the other is the difference of two counts."""
    rows = [
        key("individual_change").row(method, name, made(count / 100, 100))
        for method, counts in (("published_threshold", published), ("jacobson_truax", (20, 20, 60)))
        for name, count in zip(WAYS, counts, strict=True)
    ]
    found = kept_back(released(rows), "method")
    assert found == ({"jacobson_truax"} if held else set())


# --- every survey table of the pilot ----------------------------------------------------------


def who(row: Row) -> Callable[[Atom], bool]:
    """Atoms of a column: of a phase, of a group in it, or of all."""
    phase, group = row["phase"], row["group"]
    if group.startswith("phase_"):
        phase, group = group.removeprefix("phase_"), "all"

    def of(atom: Atom) -> bool:
        there, mine = atom[0].split("/")
        return phase in ("", there) and group in ("all", mine)

    return of


def test_no_answer_of_the_pilots_tables_is_known_more_narrowly(run: Run) -> None:
    """Phases beside one another, and groups within them, of both follow-ups together."""
    tables = {asked.outcome: table for table in run.study.tables for asked in table.asked}
    truth, tried = truth_of(run), 0
    columns = [f"{phase.id}/{group}" for phase in run.study.phases
               for group in ("mentors", "mentees", "neither")]  # fmt: skip
    shown = run.tables["released"].filter(analysis="tabulation", estimand="n_choosing")
    for part in shown.partition_by("comparison", "outcome"):
        table = tables[part["outcome"][0]]
        divided = table.kind != "multi"
        for level in ["any"] if divided else part["level"].unique(maintain_order=True).to_list():
            options = list(table.options) if divided else [level, "not chosen"]
            known, hidden = list[Sum](), list[tuple[Sum, float]]()
            for row in part.to_dicts():
                if not divided and row["level"] != level:
                    continue
                real, own = truth[row["estimate_id"]], who(row)
                members = table.nets.get(row["level"], (row["level"],)) if divided else (level,)
                places = [options.index(option) for option in members]
                each = Sum(row["estimate_id"], both(own, among(places)), real["estimate"])
                known.append(Sum("base", own, real["n"]))
                if row["estimate"] is not None:
                    known.append(each)
                elif is_small(each.count, real["n"]):
                    hidden.append((each, real["n"]))
            for bounds in attack_one_occasion(columns, len(options), known, hidden):
                assert bounds.is_protected(THRESHOLD), bounds
                tried += 1
    assert tried > 50
