"""A model of who is followed up, and the weights that make up for it."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.covariates import independent

Numbers = NDArray[np.float64]

#: A fitted chance nearer to 0 or 1 than this comes of groups all or none of whom were followed up.
SEPARATED = 1e-6
_MOST_STEPS, _SETTLED = 25, 1e-10

NOBODY_LOST = "everyone was followed up, so there is nothing to weight"
SEPARATION = (
    "what was known before tells exactly who was followed up: some had no chance of it, and no "
    "weight makes up for that"
)


def chances_of_follow_up(design: Numbers, followed: NDArray[np.bool_]) -> Numbers | str:
    """Fitted chance that each respondent is followed up; or why there is none.

    ``design``: what is known before, shape (n, p), with a column of 1; columns that say nothing
    new are left out. ``followed``: shape (n,). Logistic regression by maximum likelihood, of
    which the inverse chances are the weights of those followed up (Robins, Rotnitzky & Zhao 1995,
    J Am Stat Assoc 90:106).
    """
    if followed.all():
        return NOBODY_LOST
    if not followed.any():
        return "no matched pairs"
    if _all_or_none_of_a_level(design, followed):
        return SEPARATION
    chances = _fitted(independent(design), followed.astype(float))
    if chances is None:
        return SEPARATION
    edge = np.minimum(chances, 1 - chances)
    return chances if bool((edge >= SEPARATED).all()) else SEPARATION


def _fitted(design: Numbers, followed: Numbers) -> Numbers | None:
    """Chances at the maximum of the likelihood, by Newton's steps; None where it has none."""
    slopes = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        chances = special.expit(design @ slopes)
        curve = (design.T * (chances * (1 - chances))) @ design
        try:
            step = np.linalg.solve(curve, design.T @ (followed - chances))
        except np.linalg.LinAlgError:
            return None
        slopes += step
        if bool((np.abs(step) <= _SETTLED).all()):
            return special.expit(design @ slopes)
    return None


def _all_or_none_of_a_level(design: Numbers, followed: NDArray[np.bool_]) -> bool:
    """Whether a column of 0 and 1 has a level all or none of whom were followed up.

    Then the likelihood has no maximum: seen at once here, and else after many steps.
    """
    levels = design[:, ((design == 0) | (design == 1)).all(axis=0)]
    there = levels[:, levels.min(axis=0) < levels.max(axis=0)] == 1
    return not all(
        (some.any(axis=0) & ~some.all(axis=0)).all() for some in (there[followed], there[~followed])
    )
