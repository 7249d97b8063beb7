"""Stars of published tables against R (published_tables.R), and GRIM against published answers."""

from fractions import Fraction

import pytest

from peereval.published_tables.cells import read_cell
from peereval.published_tables.rounding import whole_numbers
from peereval.published_tables.tests_of_shares import (
    PValue,
    adjusted,
    between,
    fisher,
    pooled_z,
    within,
)
from support.reference import close, expected

EXPECTED = expected("published_tables")
INDEPENDENT = [name for name, case in EXPECTED.items() if "fisher" in case]
PAIRED = [name for name, case in EXPECTED.items() if "mcnemar_low" in case]


def whole(dataset: str, *quantities: str) -> list[int]:
    found = [EXPECTED[dataset][quantity] for quantity in quantities]
    return [int(value) for value in found if value is not None]


def one(number: int) -> range:
    return range(number, number + 1)


@pytest.mark.parametrize("dataset", INDEPENDENT)
def test_two_shares_are_tested_as_r_does(dataset: str) -> None:
    a, n, b, m = whole(dataset, "a", "n", "b", "m")
    close(fisher(a, n, b, m), EXPECTED[dataset]["fisher"])
    if EXPECTED[dataset]["pooled_z"] is None:
        assert pooled_z(a, n, b, m) == 1  # the same share in both: R divides 0 by 0
    else:
        close(pooled_z(a, n, b, m), EXPECTED[dataset]["pooled_z"])


@pytest.mark.parametrize("test", ["pooled_z", "fisher"])
@pytest.mark.parametrize("dataset", INDEPENDENT)
def test_which_group_comes_first_does_not_matter(dataset: str, test: str) -> None:
    a, n, b, m = whole(dataset, "a", "n", "b", "m")
    there, back = between(test, one(a), n, one(b), m), between(test, one(b), m, one(a), n)
    assert there.low == there.high
    assert there.low == pytest.approx(back.low, rel=1e-12)


@pytest.mark.parametrize("test", ["mcnemar", "mcnemar_exact"])
@pytest.mark.parametrize("dataset", PAIRED)
def test_the_limits_of_mcnemar_are_those_of_every_table_with_these_margins(
    dataset: str, test: str
) -> None:
    before, after, n = whole(dataset, "before", "after", "n")
    found = within(test, one(before), one(after), n)
    close(found.low, EXPECTED[dataset][f"{test}_low"])
    close(found.high, EXPECTED[dataset][f"{test}_high"])


@pytest.mark.parametrize(("method", "theirs"), [("holm", "holm"), ("benjamini_hochberg", "BH")])
def test_tests_of_a_table_are_adjusted_as_r_does(method: str, theirs: str) -> None:
    case = EXPECTED["support"]
    places = range(1, sum(name.startswith("primary_") for name in case) + 1)
    family = []
    for place in places:
        a, b = whole("support", f"primary_{place}", f"other_{place}")
        p = pooled_z(a, 34, b, 39)
        family.append(PValue(p, p))
    for place, ours in zip(places, adjusted(family, method), strict=True):
        close(ours.low, case[f"{theirs}_{place}"])
        assert ours.low == ours.high


# Brown & Heathers 2017: 5.19 of 28 whole scores is impossible, and 5.18 is not. The others are the
# answers of the R package scrutiny (grim_map) on its example data, means and per cents.
MEANS = {
    ("5.19", 28): False, ("5.18", 28): True,
    ("7.22", 32): True, ("4.74", 25): False, ("5.23", 29): False, ("2.57", 24): False,
    ("6.77", 27): False, ("2.68", 28): True, ("7.01", 29): False, ("7.38", 26): True,
    ("3.14", 27): False, ("6.89", 31): False, ("5.00", 25): True, ("0.24", 28): False,
}  # fmt: skip
SHARES = {"67.4": False, "54.2": False, "54.0": True, "69.8": False, "68.1": False, "55.4": False}


@pytest.mark.parametrize("case", MEANS, ids=str)
def test_means_are_possible_where_others_find_them_so(case: tuple[str, int]) -> None:
    mean, n = case
    assert bool(whole_numbers(read_cell(mean), Fraction(n))) == MEANS[case]


@pytest.mark.parametrize("share", SHARES)
def test_shares_of_150_are_possible_where_others_find_them_so(share: str) -> None:
    assert bool(whole_numbers(read_cell(share), Fraction(150, 100))) == SHARES[share]


@pytest.mark.parametrize("mean", ["5.90", "5.71", "3.50", "3.82", "4.61", "5.24"])
def test_a_mean_of_three_items_has_a_finer_grain(mean: str) -> None:
    cell = read_cell(mean)
    of_one = {"5.90": True, "5.71": False, "3.50": True, "3.82": True, "4.61": False, "5.24": False}
    assert bool(whole_numbers(cell, Fraction(40))) == of_one[mean]
    assert whole_numbers(cell, Fraction(3 * 40))


# Halves go up in most programs and down in some: 2.025 = 162 / 80 is printed as 2.02 or 2.03.
@pytest.mark.parametrize("mean", ["2.02", "2.03", "2.04", "2.05"])
def test_halves_may_have_been_rounded_either_way(mean: str) -> None:
    assert whole_numbers(read_cell(mean), Fraction(80))


@pytest.mark.parametrize("base", [7, 30, 39, 73, 366, 1001])
@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_every_share_that_can_be_is_possible_and_no_other(base: int, decimals: int) -> None:
    """By brute force: each count of a base, rounded both ways by hand in whole numbers."""
    scale = 100 * 10**decimals
    can_be = set()
    for count in range(base + 1):
        whole_part, rest = divmod(count * scale, base)
        can_be |= {whole_part} if 2 * rest <= base else set()
        can_be |= {whole_part + 1} if 2 * rest >= base else set()
    for printed in range(0, scale + 1, 1 if decimals < 2 else 13):
        text = f"{printed // 10**decimals}"
        text += f".{printed % 10**decimals:0{decimals}d}" if decimals else ""
        found = whole_numbers(read_cell(text), Fraction(base, 100))
        assert bool(found) == (printed in can_be), text
