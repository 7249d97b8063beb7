"""No kind of ids or names that schools commonly give is in what a run writes by chance.

Otherwise the last look would refuse the report of whoever gives them.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from string import ascii_uppercase

import polars as pl
import pytest

from peereval.bundled import bundled
from peereval.disclosure.egress import search
from peereval.disclosure.kept import what_is_kept
from peereval.studies import load_study
from peereval.wording import words

_NAMES = ("Mia", "Leo", "Ada", "Max", "Zoe", "Will", "Rose", "Mark", "Grace", "Hope", "May")
_LETTERS = [f"{one}{other}" for one, other in product(ascii_uppercase, repeat=2)]

IDS: Mapping[str, Sequence[str]] = {
    "numbers": [str(n) for n in range(1, 5000)],
    "padded to three": [f"{n:03d}" for n in range(1, 1000)],
    "padded to four": [f"{n:04d}" for n in range(1, 5000)],
    "ID and number": [f"ID{n:03d}" for n in range(1, 1000)],
    "P and number": [f"P{n}" for n in range(1, 1000)],
    "letter and number": [f"{one}{n}" for one in ascii_uppercase[:8] for n in range(1, 250)],
    "initials and day": [f"{two}{n:02d}" for two in _LETTERS for n in range(1, 32)],
    "name and number": [f"{name}{n}" for name in _NAMES for n in range(1, 100)],
    "name, blank, number": [f"{name} {n}" for name in _NAMES for n in range(1, 100)],
    "class and place": [f"{y}{c}-{n:02d}" for y in range(7, 12) for c in "ABC" for n in range(31)],
    "decimals": [f"{n / 10:.1f}" for n in range(1, 1000)],
    "day of birth": [f"{d:02d}{m:02d}{y:02d}" for d in range(1, 29) for m in range(1, 13)
                     for y in range(5, 10)],
    "letters": [f"{two}{one}" for two in _LETTERS for one in ascii_uppercase],
}  # fmt: skip
ORGANISATIONS: Mapping[str, Sequence[str]] = {
    "numbers": [str(n) for n in range(1, 101)],
    "letters": [*ascii_uppercase],
    "letter and number": [f"S{n}" for n in range(1, 101)],
    "school and number": [f"School {n}" for n in range(1, 101)],
    "primary school and number": [f"Primary school {n}" for n in range(1, 101)],
    "school and letter": [f"School {one}" for one in ascii_uppercase],
}


def refused(output: Path, column: str, given: Sequence[str]) -> set[str]:
    """Files that the last look would not let go if the survey had other ids, or other names."""
    study = load_study(bundled("data") / "pilot" / "study.toml")
    nothing = {"respondent": pl.String, "organisation": pl.String}
    scores = pl.DataFrame({column: given}, schema_overrides=nothing)
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in nothing if name != column]
    tables = {
        "scores": scores.with_columns(missing),
        "faults": pl.DataFrame(schema={"value": pl.String}),
        "changes": pl.DataFrame(schema={"as_written": pl.String}),
        "results": pl.read_parquet(output / "restricted" / "results.parquet"),
    }
    kept = what_is_kept(study, tables, words().texts.values())
    files = [path for path in sorted(output.rglob("*")) if path.is_file()]
    open_files = [path for path in files if path.relative_to(output).parts[0] != "restricted"]
    apart = [path for path in open_files if path.relative_to(output).parts[0] == "organisations"]
    both = (apart, [path for path in open_files if path not in apart])
    return {fault.file for some in both for fault in search(some, output, kept)}


@pytest.mark.parametrize("kind", IDS)
def test_ids_that_people_give_are_in_no_report_by_chance(kind: str, output: Path) -> None:
    assert refused(output, "respondent", IDS[kind]) == set()


@pytest.mark.parametrize("kind", ORGANISATIONS)
def test_names_that_people_give_are_in_no_report_by_chance(kind: str, output: Path) -> None:
    assert refused(output, "organisation", ORGANISATIONS[kind]) == set()
