"""Shares of labels before and after against R (contact_distribution.R); what is not tested."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.contact_distribution import (
    Choices,
    choices,
    distribution_rows,
    same_margins,
)
from peereval.estimators.estimate import Key
from support.reference import close, expected

HERE = Path(__file__).parent
R = expected("contact_distribution")
LABELS = (
    "Not at all", "Once", "Less than once a month", "About once a month", "About once a week",
    "About once a day",
)  # fmt: skip
CODES = {label: code for code, label in enumerate(LABELS)}


def answers(question: str) -> pl.DataFrame:
    rows = pl.read_csv(HERE / "data" / "contacts.csv")
    named = rows.select("organisation", pre=f"{question}_pre", post=f"{question}_post").drop_nulls()
    coded = named.with_columns(
        pl.col("pre", "post").replace_strict(CODES, return_dtype=pl.Int64), n=pl.lit(1, pl.Int64)
    )
    return coded.group_by("organisation", "pre", "post").agg(pl.col("n").sum())


def chosen(question: str) -> Choices:
    return choices(answers(question), len(LABELS), clustered=True)


@pytest.mark.parametrize("question", R)
def test_every_label_and_all_together(question: str) -> None:
    theirs, ours = R[question], chosen(question)
    assert ours.size == theirs["n"]
    key = Key("contact_distribution", "all_ages")
    rows = {
        (row["level"], row["method"], row["estimand"]): row
        for row in distribution_rows(key, answers(question), LABELS, 0.95, True)
    }
    for code, label in enumerate(LABELS):
        name = f"label_{code}"
        close(rows[label, "share", "share_pre"]["estimate"], theirs[f"{name}_pre"])
        close(rows[label, "share", "share_post"]["estimate"], theirs[f"{name}_post"])
        change = rows[label, "paired_cr2", "share_change"]
        if f"{name}_change" not in theirs:
            assert change["status"] == "not_estimable"
            continue
        for column, theirs_name in (("estimate", "change"), ("std_error", "se"), ("df", "df"),
                                    ("p_value", "p")):  # fmt: skip
            close(change[column], theirs[f"{name}_{theirs_name}"], f"{label} {column}")
    together = rows["", "wald_htz", "marginal_homogeneity"]
    if theirs["wald_p"] is None:
        assert together["status"] == "not_estimable"
    else:
        close(together["statistic"], theirs["wald_statistic"])
        close(together["df"], theirs["wald_df"])
        close(together["p_value"], theirs["wald_p"])
    apart = rows["", "stuart_maxwell", "marginal_homogeneity"]
    close(apart["statistic"], theirs["stuart_maxwell_statistic"])
    close(apart["p_value"], theirs["stuart_maxwell_p"])


def test_order_of_rows_names_and_labels_changes_no_number() -> None:
    counts = answers("teacher")
    usual = same_margins(choices(counts, 6, clustered=True))
    names = counts["organisation"].unique().sort()
    other = dict(zip(names, reversed(names.to_list()), strict=True))
    renamed = counts.reverse().with_columns(pl.col("organisation").replace_strict(other))
    assert same_margins(choices(renamed, 6, clustered=True)) == usual
    turned = counts.with_columns(
        pl.lit(5).sub(pl.col(name)).alias(name) for name in ("pre", "post")
    )
    found = same_margins(choices(turned, 6, clustered=True))
    assert found.p_value == pytest.approx(usual.p_value, rel=1e-12)


def test_two_labels_are_tested_as_one_of_them() -> None:
    """With two labels, that both stayed alike is that one did: F of 1 is t squared."""
    counts = answers("teacher").with_columns((pl.col("pre", "post") > 0).cast(pl.Int64))
    two = choices(counts, 2, clustered=True)
    together, one = same_margins(two), contrast_cr2((two.of(1),), 0.95)
    assert one.statistic is not None
    assert together.statistic == pytest.approx(one.statistic**2, rel=1e-9)
    assert together.p_value == pytest.approx(one.p_value, rel=1e-9)


def moved(*pairs: tuple[int, int], organisations: int = 8) -> pl.DataFrame:
    rows = [(f"o{g}", *pair, 1 + g % 3) for g in range(organisations) for pair in pairs]
    return pl.DataFrame(rows, ["organisation", "pre", "post", "n"], orient="row")


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (moved((0, 0)).clear(), "no matched pairs"),
        (moved((0, 0), (2, 2)), "nobody chose another label"),
        (moved((0, 1), (1, 0), organisations=4), "4 organisations: a cluster-robust test"),
        (moved((0, 1), (2, 3), (3, 2)), "respondents moved within sets of labels only, so not all "
         "labels are tested together"),
        (moved((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), organisations=5),
         "the result is the same in every organisation"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_says_why(counts: pl.DataFrame, reason: str) -> None:
    found = same_margins(choices(counts, 6, clustered=True))
    assert (found.p_value, found.statistic) == (None, None)
    assert found.reason.startswith(reason)
    rows = list(distribution_rows(Key("x", "y"), counts, LABELS, 0.95, clustered=True))
    assert all(np.isfinite(row["estimate"] or 0) for row in rows)


def test_pairs_without_an_organisation_stand_together_and_are_said_to() -> None:
    counts = answers("teacher")
    blank = counts.with_columns(pl.col("organisation").replace({"org_01": ""}))
    found = same_margins(choices(blank, 6, clustered=True))
    assert found.n_organisations == counts["organisation"].n_unique() - 1
    assert "without an organisation stood together as one" in found.note
    alone = choices(counts, 6, clustered=False)
    assert "names no organisation column" in same_margins(alone).reason
    assert replace(found, note="").p_value == pytest.approx(
        same_margins(choices(counts, 6, clustered=True)).p_value
    )
