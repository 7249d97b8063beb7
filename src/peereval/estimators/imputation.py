"""Multiple imputation of later scores, from sums by organisation.

Of those who were followed up, the later score is regressed on what was known before, with a
random intercept of organisation: y = X beta + b_g + e. With the prior b_g ~ N(0, t s^2),
beta ~ N(0, s^2) for all columns but the first (which is flat), p(s^2) = 1 / s^2 and an intraclass
correlation t / (1 + t) that may be anything from 0 to 1 (Daniels 1999, Can J Stat 27:567), the
posterior of t is a curve, computed at `_STEPS` points, and that of everything else given t is
normal and chi-square. So each draw is from the posterior itself: no chain has to converge. Without
organisations this is Rubin (1987, Multiple imputation for nonresponse in surveys, p. 167).

The missing scores of an organisation enter a mean, and its CR2, by their sum alone, and that is
what is drawn. An imputation that knows no organisations would make them too alike, and the
standard error too small.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Imputations: not fewer than the per cent that are missing (White, Royston & Wood 2011).
DRAWS = 100

_STEPS = 80


class Regression(Struct, frozen=True):
    """Posterior of the later score given what was known before, at each variance ratio.

    ``ratio`` (L,) and its ``weight`` (L,); ``mean`` (L, p) of beta, ``root`` (L, p, p) with
    covariance s^2 root root', ``rest`` (L,) the sum of squares of s^2, with ``df``; ``n`` (G,),
    ``x`` (G, p) and ``y`` (G,): respondents and sums by organisation.
    """

    ratio: Numbers
    weight: Numbers
    mean: Numbers
    root: Numbers
    rest: Numbers
    df: int
    n: Numbers
    x: Numbers
    y: Numbers


class Drawn(Struct, frozen=True):
    """Draws of the parameters: ``beta`` (m, p), ``intercept`` (m, G), ``sd`` (m,)."""

    beta: Numbers
    intercept: Numbers
    sd: Numbers


def regress(y: Numbers, x: Numbers, organisation: Integers, n_organisations: int) -> Regression:
    """The posterior, from respondents who were followed up.

    ``y`` (n,): later scores, standardised. ``x`` (n, p): what was known before, the first column
    1, measured columns standardised; columns that depend on each other do no harm.
    ``organisation`` (n,): numbers below ``n_organisations`` (some may have nobody here).
    """
    n, x_sums, y_sums = _by_organisation(y, x, organisation, n_organisations)
    # Evenly spaced in the root of the intraclass correlation: finest where it matters.
    half = (np.arange(_STEPS) + 0.5) / _STEPS
    ratio = half**2 / (1 - half**2)
    shrink = ratio[:, None] / (1 + ratio[:, None] * n)
    prior = np.diag(np.r_[0.0, np.ones(x.shape[1] - 1)])
    a = x.T @ x + prior - np.einsum("lg,gi,gj->lij", shrink, x_sums, x_sums, optimize=True)
    lower = np.linalg.cholesky(a)
    root = np.linalg.inv(lower).transpose(0, 2, 1)
    half_way = np.einsum("lji,lj->li", root, x.T @ y - shrink @ (x_sums * y_sums[:, None]))
    rest = y @ y - shrink @ y_sums**2 - (half_way**2).sum(axis=1)
    df = len(y) - 1
    determinants = np.log1p(ratio[:, None] * n).sum(axis=1)
    determinants += 2 * np.log(np.einsum("lii->li", lower)).sum(axis=1)
    log = np.log(half) - (determinants + df * np.log(rest)) / 2
    weight = np.exp(log - log.max())
    mean = np.einsum("lij,lj->li", root, half_way)
    return Regression(ratio, weight / weight.sum(), mean, root, rest, df, n, x_sums, y_sums)


def _by_organisation(
    y: Numbers, x: Numbers, organisation: Integers, n_organisations: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Respondents, and sums of x and of y."""
    x_sums = np.zeros((n_organisations, x.shape[1]))
    np.add.at(x_sums, organisation, x)
    n, y_sums = (
        np.bincount(organisation, values, n_organisations).astype(float)
        for values in (np.ones_like(y), y)
    )
    return n, x_sums, y_sums


def draw(posterior: Regression, n_draws: int, rng: np.random.Generator) -> Drawn:
    """Independent draws of the parameters and of the intercepts of the organisations."""
    at = rng.choice(len(posterior.ratio), n_draws, p=posterior.weight)
    sd = np.sqrt(posterior.rest[at] / rng.chisquare(posterior.df, n_draws))
    noise = rng.standard_normal((n_draws, posterior.mean.shape[1]))
    beta = posterior.mean[at] + sd[:, None] * np.einsum("mij,mj->mi", posterior.root[at], noise)
    ratio = posterior.ratio[at, None]
    shrink = ratio / (1 + ratio * posterior.n)
    centre = shrink * (posterior.y - beta @ posterior.x.T)
    noise = rng.standard_normal((n_draws, len(posterior.n)))
    return Drawn(beta, centre + sd[:, None] * np.sqrt(shrink) * noise, sd)


def impute_sums(
    drawn: Drawn, x_sums: Numbers, counts: Numbers, rng: np.random.Generator
) -> Numbers:
    """Sums of missing later scores by organisation, one row a draw: shape (m, G).

    ``x_sums`` (G, p) and ``counts`` (G,): of those who were not followed up.
    """
    expected = drawn.beta @ x_sums.T + drawn.intercept * counts
    noise = rng.standard_normal(expected.shape)
    return expected + drawn.sd[:, None] * np.sqrt(counts) * noise


class Combined(Struct, frozen=True):
    """Estimates combined over imputations; each number may be an array.

    ``missing`` is the fraction of missing information.
    """

    value: Numbers
    std_error: Numbers
    df: Numbers
    missing: Numbers


def combine(values: Numbers, variances: Numbers, df_complete: float) -> Combined:
    """Rubin's rules, with the degrees of freedom of Barnard & Rubin (1999, Biometrika 86:948).

    ``values`` and ``variances``: of each completed data set, along the last axis (two or more).
    ``df_complete``: degrees of freedom if nothing were missing.
    """
    m = values.shape[-1]
    within, between = variances.mean(axis=-1), values.var(axis=-1, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    share = extra / total
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
    # 1 / df = 1 / old + 1 / observed, old = (m - 1) / share^2, which has no end at 0.
    df = 1 / (share**2 / (m - 1) + 1 / observed)
    missing = share + (1 - share) * 2 / (df + 3)
    return Combined(values.mean(axis=-1), np.sqrt(total), df, missing)
