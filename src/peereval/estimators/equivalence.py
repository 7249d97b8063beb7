"""Whether an effect is smaller than the smallest effect of interest: two one-sided tests.

Schuirmann (1987, Journal of Pharmacokinetics and Biopharmaceutics 15:657). The effect is shown to
be small at the level alpha when its 1 - 2 alpha interval lies between minus and plus the margin.
"""

from collections.abc import Mapping

from msgspec.structs import replace
from scipy import special

from peereval.estimators.estimate import Estimate, probability, t_estimate
from peereval.significance import alpha_of

#: What can be said of an effect, by code. Never that there is none.
VERDICTS: Mapping[str, str] = {
    "change": "evidence of a {effect}",
    "small": "evidence that any {effect} is smaller than {margin}",
    "small_change": "evidence of a {effect}, and that it is smaller than {margin}",
    "undecided": "not enough evidence either way",
}


def equivalence(known: Estimate, margin: float, level: float) -> Estimate:
    """Two one-sided t-tests of an effect against plus and minus ``margin``, in its own units.

    ``known``: the effect with the standard error and degrees of freedom of its own test;
    ``level``: that of its interval (0.95 gives the interval at 0.90, and p below 0.05). The
    statistic is the way to the nearer margin in standard errors; p is the larger of the two.
    Without a standard error the reason is that of ``known``.
    """
    if known.value is None or known.std_error is None or known.df is None:
        reason = known.reason or "the effect has no standard error"
        return Estimate(n=known.n, n_organisations=known.n_organisations, reason=reason)
    narrow = t_estimate(
        known.value,
        known.std_error,
        known.df,
        max(0.0, 2 * level - 1),
        known.n,
        known.n_organisations,
        known.note,
    )
    inside = min(known.value + margin, margin - known.value) / known.std_error
    p_value = probability(float(special.stdtr(known.df, -inside)))
    return replace(narrow, statistic=inside, p_value=p_value)


def verdict(headline: Estimate, tost: Estimate, level: float) -> str:
    """Which of `VERDICTS` an effect's own test and its test of equivalence allow together."""
    differs, small = (
        test.p_value is not None and test.p_value < alpha_of(level) for test in (headline, tost)
    )
    if differs:
        return "small_change" if small else "change"
    return "small" if small else "undecided"


def verdict_text(code: str, effect: str, margin: str) -> str:
    """A verdict in words, of what is called ``effect`` and a margin with its unit."""
    return VERDICTS[code].format(effect=effect, margin=margin)
