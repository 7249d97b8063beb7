"""Survey tables against R: two shares, two means, and a whole table from its export (tables.R)."""

from pathlib import Path

import pytest

import peereval as pe
from peereval.estimators.proportions import (
    compare_means,
    compare_shares,
    fisher,
    mean_of,
    n1_chi_square,
    pooled_z,
)
from support.reference import close, expected

EXPECTED = expected("tables")
DATA = Path(__file__).with_name("data") / "table_answers.csv"

SHARES = {
    "counselling": (14, 34, 28, 39),
    "external_agency": (9, 34, 25, 39),
    "peer_support": (8, 34, 15, 39),
    "clinical": (2, 34, 9, 39),
    "other": (4, 34, 3, 39),
    "equal": (10, 40, 20, 80),
    "tiny": (1, 3, 0, 4),
    "one_each": (1, 1, 0, 1),
    "none_of_one": (0, 25, 6, 31),
    "all_of_one": (25, 25, 28, 31),
    "unequal": (3, 7, 500, 2000),
    "large": (120345, 250000, 121345, 250000),
    "far": (5, 400, 390, 400),
}
MEANS = {
    "satisfaction": ((4, 3, 3, 2, 3, 4, 1, 3, 3, 2), (3, 3, 2, 1, 4, 2, 2)),
    "unequal": ((1, 5), (2, 3, 3, 4, 2, 3, 1, 1, 2, 5, 4, 3)),
    "one_flat": ((3, 3, 3), (1, 2, 4, 4)),
}


@pytest.mark.parametrize("name", SHARES)
def test_two_shares_are_tested_as_r_does(name: str) -> None:
    a, n, b, m = SHARES[name]
    theirs = EXPECTED[name]
    for test, statistic, p in (
        (pooled_z, "z_squared", "z_p"),
        (n1_chi_square, "n1_chi_square", "n1_p"),
    ):
        z, p_value = test((a, n), (b, m))
        close(z**2, theirs[statistic])
        close(p_value, theirs[p])
    close(fisher((a, n), (b, m))[1], theirs["fisher_p"])


@pytest.mark.parametrize("name", SHARES)
def test_a_difference_has_the_interval_of_newcombe(name: str) -> None:
    a, n, b, m = SHARES[name]
    _, found = compare_shares((a, n), (b, m), 0.95, "fisher")
    for ours, quantity in (
        (found.value, "difference"),
        (found.ci_low, "ci_low"),
        (found.ci_high, "ci_high"),
    ):
        close(ours, EXPECTED[name][quantity])


@pytest.mark.parametrize(
    ("name", "small", "method"),
    [
        ("counselling", "fisher", "pooled_z"),
        ("clinical", "fisher", "pooled_z"),  # expected 5.1
        ("other", "fisher", "fisher"),  # expected 3.3
        ("other", "n1_chi_square", "n1_chi_square"),
        ("tiny", "n1_chi_square", "fisher"),  # expected 0.4: too few for it as well
    ],
)
def test_the_test_follows_from_the_expected_counts(name: str, small: str, method: str) -> None:
    a, n, b, m = SHARES[name]
    used, found = compare_shares((a, n), (b, m), 0.95, small)
    p = {"pooled_z": "z_p", "n1_chi_square": "n1_p", "fisher": "fisher_p"}[method]
    assert used == method
    assert ("below 5" in found.note) == (method != "pooled_z")
    close(found.p_value, EXPECTED[name][p])


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [
        ((0, 0), (3, 9), "nobody answered"),
        ((0, 12), (0, 9), "everyone, or nobody"),
        ((12, 12), (9, 9), "everyone, or nobody"),
    ],
)
def test_shares_that_cannot_differ_are_not_tested(
    one: tuple[int, int], two: tuple[int, int], reason: str
) -> None:
    _, found = compare_shares(one, two, 0.95, "fisher")
    assert reason in found.reason
    assert (found.value, found.p_value, found.ci_low) == (None, None, None)


def sums(values: tuple[int, ...]) -> tuple[int, int, int]:
    return len(values), sum(values), sum(value * value for value in values)


@pytest.mark.parametrize("name", MEANS)
def test_means_and_their_difference_are_those_of_r(name: str) -> None:
    one, two = map(sums, MEANS[name])
    theirs, mean, difference = EXPECTED[name], mean_of(two, 0.95), compare_means(one, two, 0.95)
    close(mean.value, theirs["mean"])
    close(mean.std_error, theirs["mean_se"])
    close(mean.ci_low, theirs["mean_low"])
    close(mean.ci_high, theirs["mean_high"])
    close(difference.value, theirs["mean_difference"])
    close(difference.statistic, theirs["welch_t"])
    close(difference.df, theirs["welch_df"])
    close(difference.p_value, theirs["welch_p"])
    close(difference.ci_low, theirs["welch_low"])
    close(difference.ci_high, theirs["welch_high"])


def test_means_without_variance_have_no_test() -> None:
    flat = (3, 9, 27)
    assert mean_of(flat, 0.95).ci_low is None
    assert mean_of(flat, 0.95).value == 3
    assert "vary" in compare_means(flat, flat, 0.95).reason
    assert "fewer than two" in compare_means((1, 3, 9), (4, 9, 25), 0.95).reason
    assert mean_of((0, 0, 0), 0.95).reason


# --- a whole table ------------------------------------------------------------------------

STUDY = """
format = 1
id = "several"

[columns]
respondent = "id"
characteristics = { group = "group" }

[[occasions]]
id = "once"

[[phases]]
id = "people"
outcomes = []

[breakdowns.g]
characteristic = "group"
levels = { x = "x", y = "y", z = "z" }

[[sources]]
file = "table_answers.csv"
occasion = "once"

[matching]
near_misses = false

[[tables]]
id = "several"
kind = "multi"
breakdowns = ["g"]
columns = { a = "a", b = "b", c = "c", d = "d" }
"""


@pytest.mark.parametrize("adjust", ["holm", "benjamini_hochberg"])
def test_a_table_of_several_answers_is_that_of_r(tmp_path: Path, adjust: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(f'{STUDY}adjust = "{adjust}"\n', encoding="utf-8")
    results = pe.analyse(pe.load_study(path, DATA.parent)).tables["results"]
    rows = {row["estimate_id"]: row for row in results.iter_rows(named=True)}
    theirs = EXPECTED["several"]
    for group, ours in (("all", "all"), ("x", "g_x"), ("y", "g_y"), ("z", "g_z")):
        base = rows[f"tabulation.count.people.once.{ours}.several.n_answering"]
        close(base["estimate"], theirs[f"base_{group}"])
        for option in "abcd":
            share = rows[f"tabulation.wilson.people.once.{ours}.several.{option}.share_choosing"]
            close(share["estimate"], theirs[f"share_{group}_{option}"])
            assert share["n"] == theirs[f"base_{group}"]
    mean = rows["tabulation.student.people.once.all.several.mean_options"]
    close(mean["estimate"], theirs["mean_all"])
    for one, two in ("xy", "xz", "yz"):
        where = f"people.once.g_{one}_v_g_{two}.several"
        tests = {
            option: rows[f"tabulation.pooled_z.{where}.{option}.share_difference"]
            for option in "abcd"
        }
        tests["mean"] = rows[f"tabulation.welch_t.{where}.difference_in_mean_options"]
        for name, test in tests.items():
            close(test["p_value"], theirs[f"p_{one}_{two}_{name}"])
            close(test["p_adjusted"], theirs[f"{adjust}_{one}_{two}_{name}"])
