"""Sums of large whole numbers are exact, or refused in words: they never wrap."""

from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.errors import PeerevalError
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.paired import paired_t
from peereval.estimators.sums import totals
from peereval.moments import cluster_sums, value_sums
from peereval.pipeline import analyse
from support.studies import make_scale, make_study

ITEMS = [f"i{n}" for n in range(22)]
SCHOOLS = "abcdef"


def test_score_as_fine_as_can_be_is_summed_exactly_or_refused(tmp_path: Path, engine: str) -> None:
    """Two pairs in each of the three roles of a school: together more than 64 bits hold."""
    rule = {"id": "mean", "rule": "mean", "of": ITEMS, "range": [0, 9], "min_answered": 11}
    scale = make_scale("fine", " ".join(ITEMS), rule, labels={str(c): c for c in range(10)})
    rng = np.random.default_rng(1)
    answers = rng.integers(7, 10, size=(36, 2, len(ITEMS)))
    rows = [
        {"id": f"k{k}", "school": SCHOOLS[k % 6], "role": ("mentor", "mentee", "both")[k // 12]}
        | {"when": when}
        | {item: str(code) for item, code in zip(ITEMS, answers[k, end], strict=True)}
        for k in range(36)
        for end, when in enumerate(("b1", "f1"))
    ]
    try:
        results = analyse(make_study(tmp_path, rows, scale), engine).tables["results"]
    except PeerevalError as refusal:
        assert "fine" in str(refusal)
        return
    means = answers.mean(axis=2)
    change = means[:, 1] - means[:, 0]
    row = results.filter(method="paired_t", group="all").row(0, named=True)
    assert row["estimate"] == pytest.approx(change.mean(), rel=1e-10)
    assert row["std_error"] == pytest.approx(change.std(ddof=1) / 6, rel=1e-10)
    for end, name in enumerate(("sd_pre", "sd_post")):
        row = results.filter(estimand=name, group="all").row(0, named=True)
        assert row["estimate"] == pytest.approx(means[:, end].std(ddof=1), rel=1e-10)


def test_cells_of_several_roles_are_added_up_exactly() -> None:
    """Each cell fits 64 bits; those of one organisation together do not."""
    most = (1 << 63) - 1
    cells = pl.DataFrame(
        {"organisation": ["north"] * 3, "role": ["mentor", "mentee", "both"]}
        | {name: [value] * 3 for name, value in (("n", 5), ("sum_pre", 7), ("sum_post", 8))}
        | dict.fromkeys(("sum_pre_sq", "sum_post_sq", "sum_pre_post"), [most] * 3)
    )
    whole = totals(cluster_sums(cells, 1, True))
    assert (whole.n, whole.pre, whole.post) == (15, 21, 24)
    assert (whole.pre_sq, whole.post_sq, whole.pre_post) == (3 * most,) * 3


@pytest.mark.parametrize("respondents", [1_000, 100_000, 1_000_000, 10_000_000, 100_000_000])
def test_costs_of_any_number_of_respondents_are_summed_exactly(respondents: int) -> None:
    """Values in hundredths of a penny, up to a visit a day; ten organisations."""
    denominator, most = 10_000, 140_000_000
    rng = np.random.default_rng(2)
    before, after = rng.integers(0, most, size=(2, 40))
    counts = pl.DataFrame(
        {"organisation": [f"o{n % 10}" for n in range(40)], "n": [respondents // 40] * 40}
    )
    sums = value_sums(counts, before, after, denominator, True)

    size = respondents // 40 * 40
    change = [int(b) - int(a) for a, b in zip(before, after, strict=True)]
    total, squares = sum(change), sum(value**2 for value in change)
    mean = Fraction(total, 40 * denominator)
    # n copies of 40 people: sums grow n times, and so does the scatter about the mean.
    scatter = Fraction(squares * 40 - total**2, 40) * (respondents // 40) / denominator**2
    error = sqrt(scatter / (size - 1) / size)
    plain = paired_t(sums, 0.95)
    assert plain.value == pytest.approx(float(mean), rel=1e-12)
    assert plain.std_error == pytest.approx(error, rel=1e-12)

    shares = [sum(change[n::10]) * (respondents // 40) for n in range(10)]
    residuals = [float(Fraction(part, denominator) - mean * size / 10) for part in shares]
    adjusted = [sqrt(1 / (1 - 1 / 10)) * value / size for value in residuals]
    robust = contrast_cr2((sums,), 0.95)
    assert robust.value == pytest.approx(float(mean), rel=1e-12)
    assert robust.std_error == pytest.approx(sqrt(sum(v * v for v in adjusted)), rel=1e-12)
    assert robust.df == pytest.approx(9, rel=1e-9)
    assert robust.n == size
