"""Are the intervals and tests what they say? Simulated surveys, of which the truth is known.

    python benchmarks/validate.py [--quick] [--out docs/validation.md]

Surveys are drawn from a known model and estimated by the estimators of peereval; wrong verdicts
are counted. Seeded: the page is the same on every machine. Minutes, on as many processors as
there are; `--quick` takes a twentieth of the surveys.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]


def main(arguments: list[str]) -> None:
    """Draw, estimate, count, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the surveys")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "validation.md")
    options = parser.parse_args(arguments)
    # Many small matrices: threads of BLAS would only wait for each other. The workers inherit it.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from validation import attrition, errors, page, power

    few = 20 if options.quick else 1
    repeats = page.Repeats(10_000 // few, 5_000 // few, 10_000 // few, 2_000 // few)
    start = time.perf_counter()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        cells = asked(pool, errors.count, errors.MODELS, repeats.usual)
        cells |= asked(pool, errors.count, errors.AWKWARD_MODELS, repeats.awkward)
        planned = asked(pool, power.found_power, power.CASES, repeats.power)
        lost = asked(pool, attrition.tally, attrition.QUESTIONS, repeats.attrition)
    options.out.write_text(page.page(repeats, cells, planned, lost), encoding="utf-8")
    print(f"{options.out}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


def asked(
    pool: ProcessPoolExecutor, answer: Callable[..., Any], questions: Sequence[Any], repeats: int
) -> dict[Any, Any]:
    """The answer to each question, worked out side by side."""
    answers = pool.map(answer, questions, [repeats] * len(questions))
    found = {}
    for question, one in zip(questions, answers, strict=True):
        found[question] = one
        print(f"{answer.__name__}: {len(found)} of {len(questions)}", file=sys.stderr)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
