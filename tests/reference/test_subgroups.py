"""Tests that all levels of a characteristic are alike, against numbers computed by R."""

import numpy as np
import polars as pl
import pytest

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate
from peereval.estimators.regression import Products, joint_test, least_squares
from peereval.estimators.subgroups import interaction
from peereval.moments import ClusterSums, value_sums
from support.reference import FOLDER, close, expected

LEVEL = 0.95
TEST = {"statistic": "statistic", "df": "df", "p": "p_value"}
DIFFERENCE = TEST | {
    "estimate": "value", "se": "std_error", "ci_low": "ci_low", "ci_high": "ci_high",
}  # fmt: skip


R, PAIRS = expected("subgroups"), pl.read_csv(FOLDER / "data" / "subgroups.csv")


def sums_of(name: str, mine: pl.Expr, shift: int = 0, clustered: bool = True) -> ClusterSums:
    """Sums over every organisation of a data set, of the rows that are meant."""
    rows = PAIRS.filter(dataset=name).with_columns(mine.cast(pl.Int64).alias("n"))
    before, after = (rows[end].to_numpy() + shift for end in ("pre", "post"))
    return value_sums(rows, before, after, 1, clustered)


def levels_of(name: str, what: str, shift: int = 0) -> list[tuple[ClusterSums, ...]]:
    """By level, the sums of everyone (``levels``) or of the two groups (``contrasts``)."""
    groups = {"levels": (pl.lit(True),)}.get(
        what, tuple(pl.col("group") == group for group in ("treated", "control"))
    )
    levels = sorted(PAIRS.filter(dataset=name)["level"].unique())
    return [
        tuple(sums_of(name, (pl.col("level") == level) & group, shift) for group in groups)
        for level in levels
    ]


def same(ours: Estimate, fields: dict[str, str], name: str, prefix: str) -> None:
    for quantity, field in fields.items():
        wanted = R[name][f"{prefix}_{quantity}"]
        if wanted is None:
            assert ours.reason, prefix
            assert getattr(ours, field) is None
        else:
            close(getattr(ours, field), wanted, quantity)


@pytest.mark.parametrize("what", ["levels", "contrasts"])
@pytest.mark.parametrize("name", R)
def test_all_levels_alike(name: str, what: str) -> None:
    found = interaction(levels_of(name, what), LEVEL)
    same(found["wald_htz"], TEST, name, what)
    if f"{what}_difference_p" in R[name]:
        same(found["did_cr2"], DIFFERENCE, name, f"{what}_difference")
    else:
        assert set(found) == {"wald_htz"}
    freedom = R[name][f"{what}_df_num"]
    if freedom is not None:
        note = f"F with {freedom:.0f} numerator degree{'s' * (freedom > 1)} of freedom"
        assert found["wald_htz"].note == note


@pytest.mark.parametrize("name", R)
def test_all_levels_alike_of_those_who_were_alike_before(name: str) -> None:
    """A model whose clusters share directions: nothing is diagonal."""
    rows = PAIRS.filter(dataset=name)
    levels = sorted(rows["level"].unique())
    parts = []
    for mine in rows.partition_by("organisation"):
        x = np.column_stack(
            [*((mine["level"] == level).to_numpy() for level in levels), mine["pre"]]
        )
        y = mine["post"].to_numpy().astype(float)
        parts.append((x.T @ x, x.T @ y, y @ y, len(y)))
    fit = least_squares(Products(*(np.array(column) for column in zip(*parts, strict=True))))
    others = len(levels) - 1
    contrasts = np.column_stack([np.ones(others), -np.eye(others), np.zeros(others)])
    same(joint_test(fit, contrasts, len(parts)), TEST, name, "adjusted")


@pytest.mark.parametrize("name", ["two_levels", "two_unequal", "five_organisations"])
def test_of_two_levels_the_test_is_that_of_their_contrast(name: str) -> None:
    one, two = (groups[0] for groups in levels_of(name, "levels"))
    plain = contrast_cr2((one, two), LEVEL)
    general = interaction([(one,), (two,)], LEVEL)["did_cr2"]
    for field in DIFFERENCE.values():
        assert getattr(general, field) == pytest.approx(getattr(plain, field), rel=1e-12), field


def test_order_of_levels_and_distance_from_zero_change_no_number() -> None:
    given = interaction(levels_of("three_unequal", "contrasts"), LEVEL)["wald_htz"]
    far = interaction(levels_of("three_unequal", "contrasts", 2_000_000_000), LEVEL)["wald_htz"]
    turned = interaction(levels_of("three_unequal", "contrasts")[::-1], LEVEL)["wald_htz"]
    assert given == far
    assert (given.statistic, given.df) == pytest.approx((turned.statistic, turned.df), rel=1e-12)


def test_reasons_are_said() -> None:
    def reason(name: str) -> str:
        return interaction(levels_of(name, "levels"), LEVEL)["wald_htz"].reason

    assert "too few organisations to test 5 at once" in reason("too_few_for_so_many")
    assert "without one of the organisations" in reason("level_in_one_organisation")
    assert "leaves nothing over" in reason("same_change_in_each_level")
    everyone = sums_of("two_levels", pl.lit(True), clustered=False)
    nobody = sums_of("two_levels", pl.lit(False), clustered=False)
    found = interaction([(everyone,), (everyone,)], LEVEL)
    assert all("names no organisation column" in each.reason for each in found.values())
    found = interaction([(everyone,), (nobody,)], LEVEL)
    assert found["wald_htz"].reason == "one level has no matched pairs"
