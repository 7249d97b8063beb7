"""Speed and memory of peereval, side by side in one run with a plain pandas script.

And of the search for near misses among 100,000 ids, which the plain script does not have; and of
the uncertainty of costs of 100,000 respondents, beside a plain loop of its own.

    python benchmarks/bench.py [--quick] [--repeat N]

Every measurement is a fresh process, timed from its start to its end; its memory is the peak
resident size that the operating system reports for it and its children. Commands that are
compared take turns, so that both meet the same load, and each runs once unmeasured before:
that fills the disk cache and compiles the bytecode. CPU seconds are over all threads.
Simulated surveys are made once and kept in out/bench/. Nothing heavy is imported here, as a
child starts with its parent's peak.
"""

import argparse
import csv
import hashlib
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from costs import cost_bench
from near_misses import near_miss_bench

PROJECT = Path(__file__).parents[1]
PILOT = PROJECT / "data" / "pilot" / "study.toml"
PLAIN = Path(__file__).with_name("plain_script.py")
OUT = PROJECT / "out" / "bench"
ENGINES = ("polars", "pandas", "duckdb")
DEPTHS = ("headline", "full")
PLAIN_NAME = "plain script"
CHARTS_NAME = "plain script with 25 charts"
#: Stages of a run that make what people open; what comes before is the analysis.
#: The results, checked and written, with the smallest report there is; and all but pages.
RESULTS_ALONE, NO_PAGES = ("md",), ("xlsx", "docx", "svg")
EVERYTHING = "{}, everything written"
RENDERING = ("composed", "rendered")
MILLION = 1_000_000

# PYTHONDONTWRITEBYTECODE would have every module compiled on every start. Threads of OpenBLAS
# wait by spinning: with other work on the machine that doubles the plain script's time.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["OPENBLAS_NUM_THREADS"] = "1"

MAKE_SURVEY = """
import json, sys
from pathlib import Path
from pyarrow.parquet import read_metadata
from peereval.simulating import simulate
folder = Path(sys.argv[1])
simulate(folder, respondents=int(sys.argv[2]), effect=0.2, format="parquet", overwrite=True)
rows = sum(read_metadata(path).num_rows for path in folder.glob("*.parquet"))
Path(sys.argv[3]).write_text(json.dumps({"rows": rows}))
"""


@dataclass
class Measured:
    """The runs of one command."""

    name: str
    command: list[str]
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    failed: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds and not self.failed else math.nan

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_seconds) if self.seconds and not self.failed else math.nan

    @property
    def peak(self) -> float:
        return max(self.peak_mb) if self.peak_mb and not self.failed else math.nan


Runs = dict[str, dict[str, Measured]]  # section -> name -> measured


@dataclass
class Target:
    """A promise and what was measured for it."""

    promise: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if math.isnan(self.measured):
            return "not measured"
        if self.at_least:
            return "reached" if self.measured >= self.limit else "MISSED"
        return "reached" if self.measured <= self.limit else "MISSED"


# Measuring


def run_once(command: list[str]) -> tuple[float, float, float, str]:
    """Seconds, CPU seconds, peak megabytes, and the end of the error text if it failed."""
    with tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(  # not run(): the usage of one child needs wait4
            command, env=ENVIRONMENT, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().strip().splitlines() or ["no message"]
    cpu = usage.ru_utime + usage.ru_stime
    return seconds, cpu, to_mb(usage.ru_maxrss), said[-1] if child.returncode else ""


def measure(commands: dict[str, list[str]], repeat: int) -> dict[str, Measured]:
    """Run the commands in turn, once unmeasured and then `repeat` times."""
    measured = {name: Measured(name, command) for name, command in commands.items()}
    floor = to_mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    for turn in range(repeat + 1):
        for one in measured.values():
            if one.failed:
                continue
            seconds, cpu, peak, one.failed = run_once(one.command)
            if turn:
                one.seconds.append(seconds)
                one.cpu_seconds.append(cpu)
                # A child's peak begins with its parent's: below that nothing is known.
                one.peak_mb.append(peak if peak > 1.05 * floor else math.nan)
    return measured


def analyse_command(
    study: Path,
    out: Path,
    engine: str,
    depth: str = "headline",
    formats: tuple[str, ...] = RESULTS_ALONE,
) -> list[str]:
    """What is compared with the plain script are headlines: it has nothing else.

    ``formats``: those of the report; none for the usual ones, pages of organisations too.
    """
    command = [sys.executable, "-m", "peereval", "analyse", str(study), "--out", str(out)]
    asked = ["--to", ",".join(formats)] if formats else []
    return [*command, "--engine", engine, "--depth", depth, "--quiet", *asked]


def plain_command(folder: Path, which: str, target: Path) -> list[str]:
    return [sys.executable, str(PLAIN), str(folder), which, str(target)]


def simulated(respondents: int) -> tuple[Path, int]:
    """Study file and number of answer sheets of a simulated survey, made on first use."""
    # Made anew when what it is made from has changed.
    parts = ("src/peereval/simulating/cohort.py", "data/costs/england_2016_17.toml")
    source = b"".join((PROJECT / part).read_bytes() for part in parts)
    version = hashlib.sha256(source).hexdigest()[:8]
    folder = OUT / f"cohort_{respondents}_{version}"
    made = OUT / f"{folder.name}.json"
    if not made.exists():
        say(f"simulating {respondents:,} respondents")
        command = [sys.executable, "-c", MAKE_SURVEY, str(folder), str(respondents), str(made)]
        seconds, _, peak, failed = run_once(command)
        if failed:
            sys.exit(f"the survey of {respondents:,} respondents could not be made: {failed}")
        say(f"  {seconds:.1f} s, {peak:.0f} MB")
    return folder / "study.toml", json.loads(made.read_text())["rows"]


def measure_startup(repeat: int) -> dict[str, Measured]:
    say("start-up")
    commands = {
        "import click": [sys.executable, "-c", "import click"],
        "peereval --help": [sys.executable, "-m", "peereval", "--help"],
    }
    return measure(commands, max(repeat, 7))


def measure_pilot(repeat: int) -> dict[str, Measured]:
    say("pilot")
    commands = at_depths(PILOT, "pilot")
    commands[PLAIN_NAME] = plain_command(PILOT.parent, "pilot", OUT / "pilot_plain.csv")
    for depth in DEPTHS:
        name, out = EVERYTHING.format(depth), OUT / f"pilot_{depth}_everything"
        commands[name] = analyse_command(PILOT, out, "polars", depth, ())
    drawn = plain_command(PILOT.parent, "pilot", OUT / "pilot_charts.csv")
    commands[CHARTS_NAME] = [*drawn, str(OUT / "pilot_charts")]
    return measure(commands, max(repeat, 7))


def at_depths(study: Path, stem: str) -> dict[str, list[str]]:
    """On polars, headlines only and every estimator."""
    return {
        depth: analyse_command(study, OUT / f"{stem}_{depth}", "polars", depth) for depth in DEPTHS
    }


def measure_cohort(respondents: int, repeat: int) -> dict[str, Measured]:
    study, rows = simulated(respondents)
    say(f"{respondents:,} respondents ({rows:,} answer sheets)")
    commands = {
        engine: analyse_command(study, OUT / f"{respondents}_{engine}", engine)
        for engine in ENGINES
    }
    target = OUT / f"{respondents}_plain.csv"
    return measure(commands | {PLAIN_NAME: plain_command(study.parent, "cohort", target)}, repeat)


def measure_depths(respondents: int, repeat: int) -> dict[str, Measured]:
    study, _ = simulated(respondents)
    say(f"{respondents:,} respondents at both depths")
    commands = at_depths(study, str(respondents))
    for name, formats in (("full, report without pages", NO_PAGES), ("full, pages too", ())):
        out = OUT / f"{respondents}_{len(formats)}_formats"
        commands[name] = analyse_command(study, out, "polars", "full", formats)
    return measure(commands, repeat)


def measure_linearity(sizes: list[int], repeat: int) -> dict[str, Measured]:
    """polars at every size, in turns, as a load that comes and goes would bend the line."""
    studies = {n: simulated(n)[0] for n in sizes}
    say("linearity")
    return measure(
        {f"{n:,}": analyse_command(s, OUT / "linearity", "polars") for n, s in studies.items()},
        repeat,
    )


def to_mb(maxrss: int) -> float:
    return maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6  # bytes on macOS, else kB


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Comparing


def ratio(above: Measured, below: Measured) -> float:
    return above.median / below.median


def in_turns(above: Measured, below: Measured, what: str) -> float:
    """Median of the ratios of runs that followed each other: what loads one loads the other."""
    if above.failed or below.failed:
        return math.nan
    pairs = zip(getattr(above, what), getattr(below, what), strict=True)
    return statistics.median(one / other for one, other in pairs)


def agreement(ours: Measured, theirs: Measured, folder: Path, plain: Path) -> dict[str, float]:
    """Numbers that both sides computed, and the largest relative difference between them.

    Below one in a million the difference counts as it is: p values of 1e-200 need not agree.
    """
    if ours.failed or theirs.failed:
        return {"shared": 0, "largest_difference": math.nan}
    mine, others = by_id(folder / "restricted" / "results.parquet"), by_id(plain)
    columns = ("estimate", "statistic", "p_value")
    differences = [
        abs(a - b) / max(abs(a), abs(b), 1e-6)
        for key in mine.keys() & others.keys()
        for a, b in zip(numbers(mine[key], columns), numbers(others[key], columns), strict=True)
        if not (math.isnan(a) or math.isnan(b))
    ]
    return {"shared": len(differences), "largest_difference": max(differences, default=math.nan)}


def by_id(path: Path) -> dict[str, dict[str, str]]:
    if path.suffix == ".parquet":
        import polars as pl

        texts = pl.read_parquet(path).with_columns(pl.all().cast(pl.String).fill_null(""))
        return {row["estimate_id"]: row for row in texts.iter_rows(named=True)}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["estimate_id"]: row for row in csv.DictReader(file)}


def numbers(row: dict[str, str], columns: tuple[str, ...]) -> list[float]:
    return [float(row[column] or "nan") for column in columns]


def shown(number: float, digits: int) -> str:
    return "-" if math.isnan(number) else f"{number:.{digits}f}"


def stages(folder: Path) -> dict[str, float]:
    """Seconds of each stage of the last run of a command, as it recorded them itself."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return dict(record["seconds"])


def linearity(runs: dict[str, Measured], rows: dict[str, int]) -> list[list[str]]:
    """Time by rows: start-up and the fixed work included, and without them (from size to size)."""
    lines, smaller = [], None
    for size, run in runs.items():
        millions, further = rows[size] / MILLION, math.nan
        if smaller:
            further = (run.median - smaller[0]) / (millions - smaller[1])
        smaller = run.median, millions
        numbers = [shown(run.median, 2), shown(run.median / millions, 2), shown(further, 2)]
        lines.append([size, f"{rows[size]:,}", *numbers, shown(run.peak, 0)])
    return lines


def targets(runs: Runs, agreed: dict[str, dict[str, float]]) -> list[Target]:
    startup, pilot = runs["start-up"], runs["pilot"]
    full, headline = pilot["full"], pilot["headline"]
    made = [
        Target("start-up within 1.5 x import click",
               ratio(startup["peereval --help"], startup["import click"]), 1.5),
        Target("pilot at least 3 x faster than the plain script",
               ratio(pilot[PLAIN_NAME], headline), 3, at_least=True),
        Target("pilot: full depth at most twice headline depth, seconds",
               in_turns(full, headline, "seconds"), 2),
        Target("pilot: full depth at most twice headline depth, CPU seconds",
               in_turns(full, headline, "cpu_seconds"), 2),
    ]  # fmt: skip
    for depth in DEPTHS:
        ours, theirs = pilot[EVERYTHING.format(depth)], pilot[CHARTS_NAME]
        where = f"pilot, {EVERYTHING.format(depth)}, beside the {CHARTS_NAME}: seconds"
        made.append(Target(where, in_turns(ours, theirs, "seconds"), 0.5))
    made += [
        Target(
            f"{name}: largest difference from the plain script", same["largest_difference"], 1e-9
        )
        for name, same in agreed.items()
    ]
    if "depths" in runs:
        for depth, seconds, megabytes in (("headline", 10, 1000), ("full", 20, 1300)):
            run, where = runs["depths"][depth], f"1,000,000 respondents on polars, {depth} depth"
            made.append(Target(f"{where}: seconds", run.median, seconds))
            made.append(Target(f"{where}: peak MB", run.peak, megabytes))
        whole, run = runs["depths"]["full, report without pages"], runs["depths"]["full"]
        what = "1,000,000 respondents: what the report without pages adds"
        made.append(Target(f"{what}, seconds", whole.median - run.median, 1.5))
        made.append(Target(f"{what}, peak MB", whole.peak - run.peak, 100))
    return made


# Showing


def show(report: dict[str, Any], runs: Runs, promised: list[Target]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)

    def table(title: str, lines: list[list[str]], *heads: str) -> None:
        grid = Table(*heads, title=title, title_justify="left")
        for line in lines:
            grid.add_row(*line)
        console.print(grid)

    machine, rows = report["machine"], report["rows"]
    console.print(
        f"{machine['cpus']} CPUs, Python {machine['python']}; load {machine['load_before']:.1f} at "
        f"the start, {machine['load_after']:.1f} at the end. Fresh processes, bytecode compiled, "
        "one unmeasured run each; analyse is the whole command, with all that it writes"
    )
    if machine["load_after"] > machine["cpus"]:
        console.print(
            "Other work was running: seconds are too high, CPU seconds and ratios less so"
        )
    timed = ("", "median s", "range s", "CPU s", "peak MB")
    for name, group in runs.items():
        if name == "start-up":
            table("Start-up", lines_of(group, "import click", False), *timed, "x import click")
        elif name == "depths":
            lines = lines_of(group, "headline", False)
            table("1,000,000 respondents on polars, by depth", lines, *timed, "x headline")
        elif name == "linearity":
            heads = ("respondents", "rows", "s", "s per million rows", "s per further million")
            table("Linearity (polars)", linearity(group, rows), *heads, "peak MB")
        else:
            size = f"{name} respondents, {rows[name]:,} rows (Parquet)" if name in rows else "pilot"
            lines = lines_of(group, PLAIN_NAME, True)
            table(f"Analyse: {size}", lines, *timed, f"x faster than {PLAIN_NAME}")
    lines = [
        [case, f"{found['seconds']:.2f}", f"{found['peak_mb']:,.0f}", f"{found['listed']:,.0f}"]
        for case, found in report["near_misses"].items()
    ]
    table("Near misses: 100,000 unmatched ids against 100,000", lines, "", "s", "peak MB", "listed")
    costs = report["costs"]
    lines = [
        ["peereval, every row of costs", *cost_line(costs["ours"]), f"{costs['ratio']:.0f}"],
        [f"plain loop, {costs['plain']['replicates']} replicates scaled",
         *cost_line(costs["plain"]), "1"],
    ]  # fmt: skip
    what = "Costs of 100,000 respondents: 5,000 bootstrap replicates, 5,000 sensitivity draws"
    table(what, lines, "", "s", "peak MB", "x faster than plain loop")
    low, high = costs["standard_errors"]
    console.print(
        f"mean changes differ by {costs['savings_apart']:.1g} at most; standard errors are "
        f"{low:.2f} to {high:.2f} of those of so few replicates"
    )
    for depth, seconds in report["stages"].items():
        whole = sum(seconds.values())
        lines = [[stage, f"{took:.3f}", f"{took / whole:.0%}"] for stage, took in seconds.items()]
        rendering = sum(t for stage, t in seconds.items() if stage.startswith(RENDERING))
        lines.append(["all rendering", f"{rendering:.3f}", f"{rendering / whole:.0%}"])
        table(
            f"Pilot by stage, {depth} depth (last run, without start-up)", lines, "", "s", "share"
        )
    for name, same in report["agreement"].items():
        console.print(f"{name}: {same['shared']} numbers computed by both sides are compared")
    lines = [
        [
            one.promise,
            "-" if math.isnan(one.measured) else f"{one.measured:.4g}",
            f"{'>=' if one.at_least else '<='} {one.limit:g}",
            one.verdict,
        ]
        for one in promised
    ]
    table("Targets", lines, "target", "measured", "limit", "")


def cost_line(found: dict[str, Any]) -> list[str]:
    return [f"{found['seconds']:.2f}", f"{found['peak_mb']:,.0f}"]


def cost_targets(costs: dict[str, Any]) -> list[Target]:
    where = "costs of 100,000 respondents"
    return [
        Target(f"{where}: seconds", costs["ours"]["seconds"], 10),
        Target(f"{where}: peak MB", costs["ours"]["peak_mb"], 400),
        Target(f"{where}: times faster than a plain loop", costs["ratio"], 10, at_least=True),
        Target(f"{where}: largest difference of a mean change", costs["savings_apart"], 1e-9),
    ]


def lines_of(runs: dict[str, Measured], base: str, faster: bool) -> list[list[str]]:
    lines = []
    for one in runs.values():
        if one.failed:
            lines.append([one.name, "failed", one.failed[-60:], "", "", ""])
            continue
        compared = ratio(runs[base], one) if faster else ratio(one, runs[base])
        spread = f"{min(one.seconds):.3f}-{max(one.seconds):.3f}"
        used = [shown(one.cpu, 3), shown(one.peak, 0)]
        lines.append([one.name, shown(one.median, 3), spread, *used, shown(compared, 2)])
    return lines


def machine() -> dict[str, object]:
    packages = ("polars", "pandas", "numpy", "duckdb", "pyarrow", "statsmodels", "pingouin")
    return {
        "platform": platform.platform(),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "packages": {d.name: d.version for d in map(metadata.distribution, packages)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the pilot and 100,000 only")
    parser.add_argument("--repeat", type=int, default=5, help="measured runs of each command")
    chosen = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    compile_bytecode = [sys.executable, "-m", "compileall", "-q", str(PROJECT / "src")]
    subprocess.run(compile_bytecode, env=ENVIRONMENT, check=True)

    report: dict[str, Any] = {"machine": machine()}
    runs: Runs = {"start-up": measure_startup(chosen.repeat), "pilot": measure_pilot(chosen.repeat)}
    few = min(chosen.repeat, 3)
    sizes = [100_000] if chosen.quick else [100_000, MILLION]
    runs |= {f"{n:,}": measure_cohort(n, few) for n in sizes}
    if not chosen.quick:
        runs["depths"] = measure_depths(MILLION, few)
        sizes = [100_000, 300_000, MILLION]
        runs["linearity"] = measure_linearity(sizes, few)
    say("near misses: 100,000 ids against 100,000")
    report["near_misses"] = near_miss_bench()
    say("costs of 100,000 respondents")
    report["costs"] = cost_bench()
    report["machine"]["load_after"] = os.getloadavg()[0]
    report["rows"] = {f"{n:,}": simulated(n)[1] for n in sizes}
    report["agreement"] = {
        name: agreement(
            runs[name][ours],
            runs[name][PLAIN_NAME],
            OUT / f"{stem}_{ours}",
            OUT / f"{stem}_plain.csv",
        )
        for name, stem, ours in (("pilot", "pilot", "headline"), ("100,000", "100000", "polars"))
    }
    report["stages"] = {
        depth: stages(OUT / f"pilot_{depth}_everything")
        for depth in DEPTHS
        if not runs["pilot"][EVERYTHING.format(depth)].failed
    }
    promised = targets(runs, report["agreement"])
    promised += [
        Target(f"near misses, {case}: seconds", found["seconds"], 10)
        for case, found in report["near_misses"].items()
    ]
    promised += cost_targets(report["costs"])
    show(report, runs, promised)
    report["runs"] = {k: {n: asdict(one) for n, one in v.items()} for k, v in runs.items()}
    report["targets"] = [asdict(one) | {"verdict": one.verdict} for one in promised]
    (OUT / "bench.json").write_text(json.dumps(as_json(report), indent=2) + "\n", encoding="utf-8")
    return int(any(one.failed for group in runs.values() for one in group.values()))


def as_json(value: object) -> object:
    """The value with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {key: as_json(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_json(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
