"""Agreement of coders against R (coders.R)."""

import numpy as np
import pytest

from peereval.estimators.kappa import Flags, agreement, kappa
from support.reference import close, expected

EXPECTED = expected("coders")
# Responses with the theme by both, by the first alone, by the second alone, by neither.
PAIRS = {
    "most": (20, 5, 10, 65),
    "few": (3, 1, 0, 6),
    "against": (1, 9, 8, 2),
    "rare": (1, 2, 0, 197),
    "chance": (5, 5, 5, 5),
}
SEVERAL = {
    "mixed": ((1, 1, 1), (1, 0, 1), (0, 0, 0), (0, 1, 0), (1, 1, 1), (0, 0, 0), (0, 0, 1)),
    "four": ((1, 1, 1, 0), (0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 1), (0, 0, 0, 0)),
}


def flags_of(counts: tuple[int, ...]) -> Flags:
    return np.repeat(np.array([[1, 1], [1, 0], [0, 1], [0, 0]]), counts, axis=0)


@pytest.mark.parametrize("name", PAIRS)
def test_two_coders_agree_as_in_r(name: str) -> None:
    flags, theirs = flags_of(PAIRS[name]), EXPECTED[name]
    method, found = kappa(flags, 0.95)
    assert method == "cohen_kappa"
    close(found.value, theirs["kappa"])
    close(found.std_error, theirs["se"])
    close(agreement(flags).value, theirs["agreement"])


@pytest.mark.parametrize("name", SEVERAL)
def test_more_coders_agree_as_in_r(name: str) -> None:
    flags, theirs = np.array(SEVERAL[name]), EXPECTED[name]
    method, found = kappa(flags, 0.95)
    assert method == "fleiss_kappa"
    close(found.value, theirs["kappa"])
    close(agreement(flags).value, theirs["agreement"])
    assert found.ci_low is None


def test_what_cannot_be_said_is_not() -> None:
    assert kappa(np.zeros((0, 2), dtype=np.int64), 0.95)[1].reason
    assert kappa(np.zeros((9, 2), dtype=np.int64), 0.95)[1].reason
    assert kappa(np.ones((9, 3), dtype=np.int64), 0.95)[1].reason
    _, perfect = kappa(flags_of((4, 0, 0, 6)), 0.95)
    assert perfect.value == 1
    assert perfect.ci_low is None
    _, wide = kappa(flags_of((3, 1, 0, 1)), 0.95)
    assert wide.ci_high is not None
    assert wide.ci_high <= 1
