"""Holds peereval's numbers on the Woodworth data beside the authors' totals and beside R.

Usage: python examples/woodworth2018/check.py FOLDER_WITH_THE_DATA
"""

import csv
import math
import sys
from pathlib import Path

import polars as pl

from peereval.pipeline import analyse
from peereval.studies import load_study

HERE = Path(__file__).parent
EXPECTED = HERE.parents[1] / "tests" / "reference" / "expected" / "woodworth.csv"
TOTALS = {"ahi_total": "ahiTotal", "cesd_total": "cesdTotal"}
WHERE = "adults.posttest"
CONTRAST = "intervention_v_placebo"


def main(folder: Path) -> int:
    run = analyse(load_study(HERE / "study.toml", folder))
    checks = [*scores(run, folder), *pairs_and_duplicates(run), *against_r(run)]
    for name, ours, theirs, same in checks:
        print(f"{'equal' if same else 'DIFFERENT':<10}{name:<44}{ours!s:>24}{theirs!s:>24}")
    wrong = sum(not same for *_, same in checks)
    print(f"{len(checks) - wrong} of {len(checks)} equal")
    return 1 if wrong else 0


def scores(run, folder):
    raw = pl.read_csv(folder / "woodworth_items_long.csv")
    ours = run.tables["scores"]
    for outcome, column in TOTALS.items():
        n = int((ours[outcome] == raw[column]).sum())
        yield f"rows where {outcome} is {column}", n, raw.height, n == raw.height


def pairs_and_duplicates(run):
    n = run.tables["pairs"].filter(comparison="posttest").height
    yield "pairs, occasion 0 to 1", n, 147, n == 147
    twice = run.tables["ledger"].filter(status="duplicate")
    found = sorted(map(int, twice["respondent"]))
    yield "respondents who answered twice", found, [8, 64], found == [8, 64]


def against_r(run):
    rows = {row["estimate_id"]: row for row in run.tables["results"].iter_rows(named=True)}
    with EXPECTED.open(encoding="utf-8") as file:
        expected = {(r["outcome"], r["quantity"]): r["value"] for r in csv.DictReader(file)}
    for outcome in TOTALS:
        for quantity, (row, column) in places(outcome).items():
            theirs = float(expected[outcome, quantity])
            ours = rows[row][column]
            same = math.isclose(ours, theirs, rel_tol=1e-8, abs_tol=1e-10)
            yield f"{outcome} {quantity}", f"{ours:.14g}", f"{theirs:.14g}", same


def places(outcome):
    """R's quantity -> the row and column of ours."""
    paired, did = f"{WHERE}.all.{outcome}", f"did.did_ols.{WHERE}.{CONTRAST}.{outcome}.did"
    change = f"paired.paired_t.{paired}.mean_change"
    found = {"mean_change": (change, "estimate"), "n": (change, "n"), "did": (did, "estimate")}
    for name in ("mean_pre", "sd_pre", "mean_post", "sd_post", "correlation"):
        found[name] = (f"paired.descriptive.{paired}.{name}", "estimate")
    for prefix, row in (("t", change), ("ols", did)):
        for part, column in (
            ("se", "std_error"), ("statistic", "statistic"), ("df", "df"), ("p", "p_value"),
            ("ci_low", "ci_low"), ("ci_high", "ci_high"),
        ):  # fmt: skip
            found[f"{prefix}_{part}"] = (row, column)
    for name in ("d_z", "g_av"):
        row = f"paired.effect_size.{paired}.{name}"
        found |= {name: (row, "estimate"), f"{name}_ci_low": (row, "ci_low"),
                  f"{name}_ci_high": (row, "ci_high")}  # fmt: skip
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
