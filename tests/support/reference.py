"""Numbers computed by R, ours beside them, and the pairs that they were computed from.

With the name of a file in the environment variable `RECORD_COMPARISONS` every comparison is
written there too: `make compared` makes docs/compared_with_r.md of it.
"""

import csv
import os
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest

from peereval.moments import ClusterSums, value_sums

FOLDER = Path(__file__).parents[1] / "reference"
PAIRS = pl.read_csv(FOLDER / "data" / "pairs.csv")
RECORD = os.environ.get("RECORD_COMPARISONS")


class RNumber(float):
    """A number of R's that knows where it stands."""

    place: tuple[str, str, str]

    @classmethod
    def at(cls, value: str, *place: str) -> "RNumber":
        """``place``: file of expected numbers, data set and quantity."""
        number = cls(value)
        file, dataset, quantity = place
        number.place = (file, dataset, quantity)
        return number


def expected(name: str) -> dict[str, dict[str, float | None]]:
    """Data set -> quantity -> R's number (None where R gives none)."""
    table: dict[str, dict[str, float | None]] = defaultdict(dict)
    with (FOLDER / "expected" / f"{name}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            first = row.get("dataset") or row.get("question") or row["outcome"]
            known = row["value"] != "NA"
            number = RNumber.at(row["value"], name, first, row["quantity"]) if known else None
            table[first][row["quantity"]] = number
    return dict(table)


def close(
    ours: float | None,
    theirs: float | None,
    what: str = "",
    rel: float = 1e-8,
    abs: float = 1e-10,  # noqa: A002 - as pytest.approx calls it
) -> None:
    """Both programs have the number, and it is the same."""
    assert ours is not None, what
    assert theirs is not None, what
    record(ours, theirs, rel, abs)
    assert ours == pytest.approx(theirs, rel=rel, abs=abs), what


class Like:
    """As `pytest.approx` of a number of R's, for comparisons of several numbers at once."""

    # So that numbers of numpy ask this, and do not look into it.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, theirs: float | None) -> None:
        assert theirs is not None, "R gives no number"
        self.theirs = theirs

    def __eq__(self, ours: object) -> bool:
        if isinstance(ours, float | int):
            record(ours, self.theirs, 1e-8, 1e-10)
        return ours == pytest.approx(self.theirs, rel=1e-8, abs=1e-10)

    def __repr__(self) -> str:
        return f"{self.theirs:.17g} (R)"


def like(theirs: float | None) -> Like:
    """A number that equals ours where it is R's, to 1e-8."""
    return Like(theirs)


def record(ours: float, theirs: float, rel: float, abs_: float) -> None:
    """Write a comparison down, if that is asked for and the number is R's own."""
    if RECORD and isinstance(theirs, RNumber):
        with Path(RECORD).open("a", encoding="utf-8", newline="") as file:
            row = (*theirs.place, repr(float(ours)), repr(float(theirs)), rel, abs_)
            csv.writer(file, lineterminator="\n").writerow(row)


def change_sums(rows: pl.DataFrame) -> tuple[ClusterSums]:
    """Sums of some pairs, by organisation."""
    counts = rows.with_columns(n=pl.lit(1))
    before, after = counts["pre"].to_numpy(), counts["post"].to_numpy()
    return (value_sums(counts, before, after, 1, clustered=True),)


def contrast_sums(rows: pl.DataFrame) -> tuple[ClusterSums, ClusterSums]:
    """Sums of the treated and of the control pairs, over the same organisations."""
    empty = rows.select("organisation", pre=pl.lit(0), post=pl.lit(0), n=pl.lit(0)).unique()
    treated, control = (
        pl.concat(
            [
                rows.filter(group=group).select("organisation", "pre", "post", n=pl.lit(1)),
                empty,
            ],
            how="vertical_relaxed",
        )
        for group in ("treated", "control")
    )
    sums = (
        value_sums(each, each["pre"].to_numpy(), each["post"].to_numpy(), 1, clustered=True)
        for each in (treated, control)
    )
    one, two = sums
    return one, two
