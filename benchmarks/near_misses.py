"""Near misses among 100,000 unmatched ids against 100,000, timed in fresh processes.

    python benchmarks/near_misses.py

Once with the ids spread over 400 organisations, once with no organisation known. One id in a
hundred is a typing error of one at the other occasion; all others are strangers.
"""

import json
import random
import resource
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

IDS, ORGANISATIONS, TYPED_WRONG = 100_000, 400, 1_000
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_STUDY = """
format = 1
id = "bench"
columns = { respondent = "id", organisation = "school" }
occasions = [{ id = "before" }, { id = "after" }]
comparisons = [{ id = "change", pairs = [["before", "after"]] }]
phases = [{ id = "all_ages", outcomes = ["pss4_total"] }]
scales = { pss4 = { columns = "stress_{n}" } }
sources = [{ file = "before.csv", occasion = "before" }, { file = "after.csv", occasion = "after" }]
"""
_CHILD = "import near_misses, json; print(json.dumps(near_misses.{call}))"


def near_miss_bench() -> dict[str, dict[str, float]]:
    """Case -> seconds, peak memory in megabytes, and pairs listed."""
    return {
        "400 organisations": _in_a_process("measure(True)"),
        "no organisation": _in_a_process("measure(False)"),
    }


def _in_a_process(call: str) -> dict[str, float]:
    command = [sys.executable, "-c", _CHILD.format(call=call)]
    here = Path(__file__).parent
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def measure(organised: bool) -> dict[str, float]:
    """Time one search; the ids are made before the clock starts."""
    from peereval.near_misses import find_near_misses
    from peereval.studies import parse_study

    study = parse_study(_STUDY, "study.toml")
    scores, ledger, characteristics = _tables(organised)
    start = time.perf_counter()
    found = find_near_misses(scores, ledger, characteristics, study)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(seconds, 2), "peak_mb": round(peak), "listed": found.table.height}


def _tables(organised: bool) -> tuple[Any, Any, Any]:
    """Scores and ledger of an unhappy survey in which no id is found twice."""
    import polars as pl

    rng = random.Random(1)
    before = _ids(rng)
    wrong = [_mistyped(rng, each) for each in before[:TYPED_WRONG]]
    after = wrong + _ids(rng)[TYPED_WRONG:]
    schools = list(islice(cycle(f"school {n}" for n in range(ORGANISATIONS)), IDS))
    n = 2 * IDS
    scores = pl.DataFrame(
        {
            "row": range(n),
            "source": ["before.csv"] * IDS + ["after.csv"] * IDS,
            "source_row": [*range(2, IDS + 2)] * 2,
            "respondent": before + after,
            "occasion": ["before"] * IDS + ["after"] * IDS,
            "phase": ["all_ages"] * n,
            "organisation": schools * 2 if organised else [None] * n,
            "exclusion": pl.Series([0] * n, dtype=pl.Int8),
        },
        schema_overrides={"organisation": pl.String},
    )
    ledger = scores.select("row", comparison=pl.lit("change"), status=pl.lit("unmatched"))
    return scores, ledger, pl.DataFrame({"row": range(n)}).select([])


def _ids(rng: random.Random) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < IDS:
        made["".join(rng.choices(_LETTERS, k=8))] = None
    return list(made)


def _mistyped(rng: random.Random, right: str) -> str:
    place = rng.randrange(len(right))
    return right[:place] + rng.choice(_LETTERS.replace(right[place], "")) + right[place + 1 :]


if __name__ == "__main__":
    for case, measured in near_miss_bench().items():
        print(f"{case}: {measured}")
