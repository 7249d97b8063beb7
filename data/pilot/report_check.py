"""Compare the results of a run with every number that the 2020 evaluation report printed.

    python report_check.py RESULTS [PUBLISHED_CSV]

RESULTS is every result of a run, as CSV or Parquet: OUT/restricted/results.parquet.
Prints one line per number with a verdict: equal, explained (with the reason) or DIFFERENT.
Ends with 1 if any number is DIFFERENT or has no row in the results. What is compared is in
PUBLISHED_CSV, or else in published_numbers.csv beside this file:

value  the estimate times ``scale``, rounded half up to the report's digits
base   the number of respondents behind the row (column n)
star   1 if the p value is below .05, else 0

A note that begins with "explained X:" excuses a number only if ours prints as X.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

PUBLISHED = Path(__file__).with_name("published_numbers.csv")
HEADINGS = ("number", "printed", "ours", "verdict")


def main(arguments: list[str]) -> int:
    """Print the comparison; 0 if all is equal or explained, 1 if not, 2 for wrong usage."""
    if len(arguments) not in (1, 2):
        print("usage: report_check.py RESULTS [PUBLISHED_CSV]", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    if not path.is_file():
        print(f"There is no results file {path}: run peereval analyse first", file=sys.stderr)
        return 2
    printed = Path(arguments[1]) if len(arguments) == 2 else PUBLISHED
    results = {row["estimate_id"]: row for row in _rows(path)}
    lines = [_compare(published, results) for published in _rows(printed)]
    _print_table(lines)
    counts = Counter(verdict.split(" ")[0] for _, _, _, verdict in lines)
    print(
        f"\n{len(lines)} numbers: {counts['equal']} equal, {counts['explained']} explained, "
        f"{counts['DIFFERENT']} different"
    )
    return 1 if counts["DIFFERENT"] else 0


def _rows(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        import polars as pl

        texts = pl.read_parquet(path).with_columns(pl.all().cast(pl.String).fill_null(""))
        return texts.to_dicts()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _compare(
    published: Mapping[str, str], results: Mapping[str, Mapping[str, str]]
) -> tuple[str, str, str, str]:
    number, printed = published["number"], published["printed"]
    row = results.get(published["estimate_id"])
    if row is None:
        return number, printed, "", f"DIFFERENT (no row {published['estimate_id']})"
    try:
        ours = _ours(published, row)
    except ArithmeticError:
        return number, printed, "", f"DIFFERENT (not a number; {row['status']} {row['note']})"
    if Decimal(ours) == Decimal(printed):
        return number, printed, ours, "equal"
    expected, reason = _excuse(published["note"])
    if expected and Decimal(ours) == Decimal(expected):
        return number, printed, ours, f"explained ({reason})"
    return number, printed, ours, "DIFFERENT"


def _ours(published: Mapping[str, str], row: Mapping[str, str]) -> str:
    """What our results print for a published number."""
    if published["kind"] == "base":
        return str(Decimal(row["n"]).normalize().quantize(Decimal(1)))
    if published["kind"] == "star":
        return str(int(Decimal(row["p_value"]) < Decimal("0.05")))
    value = Decimal(row["estimate"]) * Decimal(published["scale"])
    rounded = value.quantize(Decimal(1).scaleb(-int(published["digits"])), rounding=ROUND_HALF_UP)
    # Minus nothing is nothing.
    return str(abs(rounded) if rounded.is_zero() else rounded)


def _excuse(note: str) -> tuple[str, str]:
    """The number that a note expects instead of the printed one, and why; empty if none."""
    if not note.startswith("explained "):
        return "", ""
    expected, _, reason = note.removeprefix("explained ").partition(": ")
    return expected, reason


def _print_table(lines: Iterable[tuple[str, str, str, str]]) -> None:
    lines = [HEADINGS, *lines]
    widths = [max(len(line[n]) for line in lines) for n in range(3)]
    for number, printed, ours, verdict in lines:
        print(f"{number:<{widths[0]}}  {printed:>{widths[1]}}  {ours:>{widths[2]}}  {verdict}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
