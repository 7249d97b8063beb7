"""Costs of 100,000 respondents with their uncertainty, beside a plain loop of numpy and pandas.

    python benchmarks/costs.py

Four contact questions of six labels, 2,000 organisations. Ours: every row that a run makes of how
sure costs are (5,000 bootstrap replicates and 5,000 sensitivity draws for each question and for the
total, scenarios, concentration), from the table of pairs. The plain loop draws organisations and
then respondents by their index, and prices and weights beside them, for the same five outcomes; it
is timed on fewer replicates and scaled to 5,000. Each in a fresh process.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RESPONDENTS, ORGANISATIONS, DRAWS, PLAIN_DRAWS = 100_000, 2_000, 5_000, 50
SEED = 2020
PRICES = {"teacher": 17.55, "nurse": 54.49, "hospital": 119.84, "gp": 38.0}
# Label -> contacts with low and high, and how often it is chosen.
TERM = {
    "Never": (0, 0, 0), "Once": (1, 1, 1), "Less": (2, 1.5, 2.5), "Monthly": (2.9, 2.5, 3.4),
    "Weekly": (12.67, 10.8, 14.6), "Daily": (63.33, 54, 73),
}  # fmt: skip
CHANCES = (0.6, 0.15, 0.1, 0.08, 0.05, 0.02)
_STUDY = """
format = 1
id = "bench"
columns = { respondent = "id", organisation = "school" }
occasions = [{ id = "before" }, { id = "after" }]
comparisons = [{ id = "change", pairs = [["before", "after"]] }]
phases = [{ id = "all_ages", outcomes = ["pss4_total"] }]
scales = { pss4 = { columns = "stress_{n}" } }
costs = { unit_costs = "FILE", group = "all" }
statistics = { depth = "full", draws = 5000, seed = SEED }
sources = [{ file = "before.csv", occasion = "before" }, { file = "after.csv", occasion = "after" }]
scenarios = [{ id = "capped", caps = { hospital = "Weekly" } }, { id = "no_gp", without = ["gp"] }]

[frequencies.term]
"""
_COST = """
[[unit_costs]]
id = "{name}"
value = {value}
unit = "per contact"
price_year = "2016/17"
source = "made up"
licence = "none"
status = "made up"
"""
_CHILD = "import costs, json; print(json.dumps(costs.{call}()))"


def cost_bench() -> dict[str, Any]:
    """Ours and the plain loop: seconds, peak memory in megabytes; their ratio; how far apart."""
    ours, plain = (_in_a_process(call) for call in ("ours", "plain"))
    apart = max(
        abs(ours["savings"][name] - plain["savings"][name]) / abs(plain["savings"][name])
        for name in plain["savings"]
    )
    errors = [ours["errors"][name] / plain["errors"][name] for name in plain["errors"]]
    return {
        "ours": ours,
        "plain": plain,
        "ratio": plain["seconds"] / ours["seconds"],
        "savings_apart": apart,
        "standard_errors": [min(errors), max(errors)],
    }


def _in_a_process(call: str) -> dict[str, Any]:
    command = [sys.executable, "-c", _CHILD.format(call=call)]
    here = Path(__file__).parent
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _answers() -> tuple[Any, dict[str, Any]]:
    """Organisation of each respondent, and codes before and after by question."""
    import numpy as np

    rng = np.random.default_rng(7)
    weights = rng.gamma(2.0, size=ORGANISATIONS)
    organisation = rng.choice(ORGANISATIONS, RESPONDENTS, p=weights / weights.sum())
    codes = {}
    for name in PRICES:
        before = rng.choice(len(TERM), RESPONDENTS, p=CHANCES)
        again = rng.random(RESPONDENTS) < 0.4
        codes[name] = before, np.where(again, before, rng.choice(len(TERM), RESPONDENTS, p=CHANCES))
    return organisation, codes


def _study() -> Any:
    import tempfile

    from peereval.studies import parse_study

    with tempfile.TemporaryDirectory() as folder:
        costs = Path(folder) / "costs.toml"
        parts = [_COST.format(name=name, value=value) for name, value in PRICES.items()]
        costs.write_text('format = 1\nid = "bench"\ncurrency = "GBP"\n' + "".join(parts))
        text = _STUDY.replace("FILE", costs.as_posix()).replace("SEED", str(SEED))
        for label, (base, low, high) in TERM.items():
            text += f"{label} = {{ base = {base}, low = {low}, high = {high} }}\n"
        for name in PRICES:
            text += (
                f'[[questions]]\nid = "{name}"\nkind = "contact"\ncolumns = "{name}"\n'
                f'frequencies = "term"\nunit_cost = "{name}"\n'
            )
        return parse_study(text, "study.toml")


def ours() -> dict[str, Any]:
    """Every row of costs and their uncertainty; the pairs are made before the clock starts."""
    from types import SimpleNamespace

    import polars as pl

    from peereval.columns import post, pre, together
    from peereval.costing import TOTAL
    from peereval.estimating.cost_uncertainty import cost_uncertainty_rows

    study = _study()
    organisation, codes = _answers()
    ends = {}
    for name, (before, after) in codes.items():
        for column, values in ((pre(name), before), (post(name), after)):
            ends |= {column: values, together(column): values}
    pairs = pl.DataFrame(
        {"organisation": organisation.astype(str), **ends}
    ).with_columns(
        before=pl.lit("before"), after=pl.lit("after"), phase=pl.lit("all_ages"),
        comparison=pl.lit("change"), role=pl.lit(""),
    )  # fmt: skip
    material: Any = SimpleNamespace(study=study, pairs=pairs)
    floor, start = _peak(), time.perf_counter()
    rows = list(cost_uncertainty_rows(material, study.phases[0], study.comparisons[0]))
    seconds = time.perf_counter() - start
    drawn = {row["outcome"]: row for row in rows
             if row["method"] == "cost_bootstrap" and not row["level"]
             and row["estimand"] == "saving_per_respondent"}  # fmt: skip
    assert len(drawn) == len(PRICES) + 1
    assert TOTAL in drawn
    return {
        "seconds": round(seconds, 2), "peak_mb": round(_peak()), "before_mb": round(floor),
        "rows": len(rows),
        "savings": {name: row["estimate"] for name, row in drawn.items()},
        "errors": {name: row["std_error"] for name, row in drawn.items()},
    }  # fmt: skip


def plain() -> dict[str, Any]:
    """The same draws in a loop, on few replicates; seconds are scaled to all of them."""
    import numpy as np
    import pandas as pd

    organisation, codes = _answers()
    contacts = np.array([base for base, _, _ in TERM.values()])
    start = time.perf_counter()
    frame = pd.DataFrame({"organisation": organisation})
    for name, (before, after) in codes.items():
        frame[name] = PRICES[name] * (contacts[before] - contacts[after])
    frame["all_contacts"] = frame[list(PRICES)].sum(axis=1)
    members = [group.to_numpy() for group in frame.groupby("organisation").groups.values()]
    savings, rng, found = frame.drop(columns="organisation"), np.random.default_rng(SEED), []
    values, sensitive = savings.to_numpy(), []
    once = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(PLAIN_DRAWS):
        chosen = rng.integers(len(members), size=len(members))
        rows = np.concatenate([rng.choice(members[g], len(members[g])) for g in chosen])
        found.append(values[rows].mean(axis=0))
        prices = {n: rng.gamma(16, value / 16) for n, value in PRICES.items()}
        drawn = [_pert(rng, *each) for each in TERM.values()]
        parts = [prices[name] * (np.take(drawn, codes[name][0][rows])
                                 - np.take(drawn, codes[name][1][rows])).mean()
                 for name in PRICES]  # fmt: skip
        sensitive.append([*parts, sum(parts)])
    seconds = once + (time.perf_counter() - start) * DRAWS / PLAIN_DRAWS
    errors = np.std(found, axis=0, ddof=1)
    return {
        "seconds": round(seconds, 1), "peak_mb": round(_peak()), "replicates": PLAIN_DRAWS,
        "savings": dict(zip(savings, values.mean(axis=0).tolist(), strict=True)),
        "errors": dict(zip(savings, errors.tolist(), strict=True)),
    }  # fmt: skip


def _pert(rng: Any, base: float, low: float, high: float) -> float:
    if high <= low:
        return base
    rising = 1 + 4 * (base - low) / (high - low)
    return float(low + (high - low) * rng.beta(rising, 6 - rising))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(cost_bench(), indent=2))
