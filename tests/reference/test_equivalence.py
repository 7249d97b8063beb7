"""Two one-sided tests against t and CR2 in R (equivalence.R), and statsmodels."""

import pytest

from peereval.estimating.effects import pooled_sd_before
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.did import did_ols
from peereval.estimators.equivalence import VERDICTS, equivalence, verdict, verdict_text
from peereval.estimators.estimate import Estimate
from peereval.estimators.paired import paired_t
from support.reference import PAIRS, change_sums, close, contrast_sums, expected

LEVEL = 0.95


EXPECTED = expected("equivalence")


@pytest.mark.parametrize("kind", ["t", "cr2"])
@pytest.mark.parametrize("of", ["change", "did"])
@pytest.mark.parametrize("name", EXPECTED)
def test_two_one_sided_tests(name: str, of: str, kind: str) -> None:
    rows = PAIRS.filter(dataset=name)
    parts = change_sums(rows) if of == "change" else contrast_sums(rows)
    if kind == "cr2":
        known = contrast_cr2(parts, LEVEL)
    else:
        known = did_ols(*parts, LEVEL) if of == "did" else paired_t(*parts, LEVEL)
    theirs = {key.removeprefix(f"{of}_{kind}_"): value for key, value in EXPECTED[name].items()}
    sd = pooled_sd_before(parts)
    assert sd is not None
    margin = (0.5 if name == "large_effect" else 0.2) * sd
    ours = equivalence(known, margin, LEVEL)
    for quantity, value in {
        "margin": margin, "effect": ours.value, "p": ours.p_value,
        "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        close(value, theirs[quantity], quantity)
    assert ours.ci_level == pytest.approx(0.9)
    # The same decision by the interval and by p.
    assert ours.ci_low is not None and ours.ci_high is not None and ours.p_value is not None
    assert (-margin < ours.ci_low and ours.ci_high < margin) == (ours.p_value < 1 - LEVEL)


@pytest.mark.parametrize("margin", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("name", ["balanced", "ties", "ceiling", "singletons"])
def test_paired_is_that_of_statsmodels(name: str, margin: float) -> None:
    from statsmodels.stats.weightstats import ttost_paired

    rows = PAIRS.filter(dataset=name)
    before, after = (rows[end].to_numpy().astype(float) for end in ("pre", "post"))
    theirs = ttost_paired(after, before, -margin, margin)[0]
    ours = equivalence(paired_t(*change_sums(rows), LEVEL), margin, LEVEL)
    assert ours.p_value == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (0.0, "small", "evidence that any change is smaller than 1 points"),
        (0.5, "small_change", "evidence of a change, and that it is smaller than 1 points"),
        (3.0, "change", "evidence of a change"),
        (-3.0, "change", "evidence of a change"),
        (-0.5, "small_change", "evidence of a change, and that it is smaller than 1 points"),
    ],
)
def test_verdicts(value: float, code: str, said: str) -> None:
    known = known_estimate(value, 0.1)
    found = verdict(known, equivalence(known, 1.0, LEVEL), LEVEL)
    assert (found, verdict_text(found, "change", "1 points")) == (code, said)


def test_too_little_is_known_either_way() -> None:
    known = known_estimate(0.2, 2.0)
    found = verdict(known, equivalence(known, 1.0, LEVEL), LEVEL)
    assert verdict_text(found, "change", "1 points") == "not enough evidence either way"


def test_what_was_not_tested_is_no_evidence() -> None:
    nothing = Estimate(reason="no matched pairs", n=0)
    tost = equivalence(nothing, 1.0, LEVEL)
    assert (tost.reason, tost.p_value) == ("no matched pairs", None)
    assert verdict(nothing, tost, LEVEL) == "undecided"


def test_no_verdict_denies_an_effect() -> None:
    for said in VERDICTS.values():
        assert "no effect" not in said
        assert "no {effect}" not in said


def known_estimate(value: float, std_error: float) -> Estimate:
    p_value = 0.01 if abs(value) > 2 * std_error else 0.6
    return Estimate(value=value, std_error=std_error, df=20, p_value=p_value, n=50)
