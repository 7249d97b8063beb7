"""Linear mixed models by restricted maximum likelihood, from cross-products of units.

y = X b + Z u + e within each unit, the effects u independent of each other with variances
s2 * ratio, e with variance s2. Everything that the criterion, its derivatives and Kenward and
Roger's inference (1997, Biometrics 53:983) need is a sum over units of small matrices: V has
an inverse of the size of Z (Woodbury), so no row is read. The optimum is where the derivative
is 0, or a ratio that is 0 while its derivative says so: no tolerance of a search stands between.
"""

from itertools import product
from math import fsum, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

#: Ratios from which the best is improved; where the last is the best, nothing varies within units.
_STARTS = (0.0, 0.02, 0.1, 0.3, 1.0, 4.0, 30.0, 1e3, 1e6)
_STEPS = 60
# Steps square their error: after one as small as this there is none left to see.
_SETTLED = 1e-7
#: Variances whose information is so nearly the same cannot be told apart.
_ALIKE = 1e12


class Products(Struct, frozen=True):
    """Cross-products of T = [X, y] and Z, by kind of unit: units of one kind share Z'Z.

    ``n``: rows; ``whole``: T'T, shape (t, t). By kind: ``units``, how many there are;
    ``inner``: Z'Z, shape (kinds, q, q); ``outer``: the sum over its units of T'Z times T'Z,
    shape (kinds, t, q, t, q).
    """

    n: int
    whole: Numbers
    units: Numbers
    inner: Numbers
    outer: Numbers

    @property
    def fixed(self) -> int:
        """Columns of X."""
        return len(self.whole) - 1

    @property
    def random(self) -> int:
        """Columns of Z."""
        return int(self.inner.shape[1])


class Contrast(Struct, frozen=True):
    """A combination of coefficients: its value, standard error and degrees of freedom."""

    value: float
    std_error: float
    df: float


class Fit(Struct, frozen=True):
    """A fitted model: coefficients, residual variance, and the ratios of the others to it."""

    coefficients: Numbers
    variance: float
    ratios: Numbers
    covariance: Numbers
    adjusted: Numbers
    slopes: Numbers
    spread: Numbers

    def contrast(self, weights: Numbers) -> Contrast:
        """Of one combination, with Kenward and Roger's standard error and degrees of freedom."""
        plain = float(weights @ self.covariance @ weights)
        slopes = np.array([plain, *(float(weights @ s @ weights) for s in self.slopes)])
        df = 2 * plain * plain / float(slopes @ self.spread @ slopes)
        return Contrast(
            float(weights @ self.coefficients),
            sqrt(self.variance * float(weights @ self.adjusted @ weights)),
            df,
        )

    def least_squares(self, products: Products, weights: Numbers) -> Contrast:
        """The same combination by ordinary least squares, as a check of the model."""
        p = products.fixed
        inverse = np.linalg.inv(products.whole[:p, :p])
        b = inverse @ products.whole[:p, p]
        left = float(products.whole[p, p] - products.whole[p, :p] @ b)
        scale = max(left, 0.0) / (products.n - p)
        return Contrast(
            float(weights @ b), sqrt(scale * float(weights @ inverse @ weights)), products.n - p
        )


def fit(products: Products) -> Fit | None:
    """The model at its restricted maximum; None where the variances cannot be told apart.

    That is where nothing varies within units, or where no unit has two rows.
    """
    start = _start(products)
    if start is None:
        return None
    at = _forms(products, start)
    settled = None if _spread(at) is None else _settle(products, start, at)
    if settled is None:
        return None
    ratios, at = settled
    spread = _spread(at)
    return None if spread is None else _inferred(at, ratios, spread)


# --- the criterion ------------------------------------------------------------------------


def _shrink(inner: Numbers, ratios: Numbers) -> tuple[Numbers, Numbers]:
    """K of V^-1 = I - Z K Z', and a matrix whose determinant is V's; by ratios and kind of unit."""
    root = np.sqrt(ratios)[..., None, :]
    scaled = np.eye(inner.shape[-1]) + root.swapaxes(-1, -2) * inner * root
    if inner.shape[-1] == 1:
        inverse: Numbers = 1 / scaled
    else:
        inverse = np.asarray(np.linalg.inv(scaled), dtype=np.float64)
    return root.swapaxes(-1, -2) * inverse * root, scaled


def _criteria(products: Products, ratios: Numbers) -> Numbers:
    """-2 x the restricted log likelihood, up to a constant: by row of ``ratios``."""
    p = products.fixed
    k, scaled = _shrink(products.inner, ratios[:, None, :])
    a = products.whole - np.einsum("rukl,uakbl->rab", k, products.outer)
    whole, inside = np.linalg.slogdet(a)[1], np.linalg.slogdet(a[:, :p, :p])[1]
    # |A| = |X' V^-1 X| times the residual sum of squares.
    logs = np.linalg.slogdet(scaled)[1]
    criteria: Numbers = logs @ products.units + inside + (products.n - p) * (whole - inside)
    return criteria


def _start(products: Products) -> Numbers | None:
    """The best of a few ratios; None where it is the largest of them, or nothing is left over."""
    tried = np.array(list(product(_STARTS, repeat=products.random)))
    criteria = _criteria(products, tried)
    best = tried[int(np.argmin(criteria))]
    return best if np.isfinite(criteria).all() and best.max() < _STARTS[-1] else None


# --- its derivatives ----------------------------------------------------------------------


class _Forms(Struct, frozen=True):
    """Quadratic forms at some ratios, V_i = Z_i Z_i' being the derivatives of V.

    ``first``: T'V^-1 V_i V^-1 T; ``second``: T'V^-1 V_i V^-1 V_j V^-1 T; ``trace``: of
    V^-1 V_i; ``traces``: of V^-1 V_i V^-1 V_j; ``phi``: (X'V^-1 X)^-1; ``left``: y'Py.
    """

    n: int
    first: Numbers
    second: Numbers
    trace: Numbers
    traces: Numbers
    phi: Numbers
    b: Numbers
    left: float


def _forms(products: Products, ratios: Numbers) -> _Forms:
    inner, q, p = products.inner, products.random, products.fixed
    k, _ = _shrink(inner, ratios)
    f = np.eye(q) - inner @ k
    c = f @ inner
    kinds = len(inner)
    weights = np.concatenate(
        [
            k[:, None],
            np.einsum("uik,uil->uikl", f, f),
            np.einsum("uij,uik,ujl->uijkl", c, f, f).reshape(kinds, q * q, q, q),
        ],
        axis=1,
    )
    sums = _exact(np.einsum("umkl,uakbl->umab", weights, products.outer))
    traces = _exact(products.units[:, None] * np.diagonal(c, axis1=1, axis2=2))
    a = products.whole - sums[0]
    phi = np.linalg.inv(a[:p, :p])
    b = phi @ a[:p, p]
    return _Forms(
        products.n,
        sums[1 : q + 1],
        sums[q + 1 :].reshape(q, q, p + 1, p + 1),
        traces,
        _exact(products.units[:, None, None] * c * c),
        phi,
        b,
        float(a[p, p] - a[p, :p] @ b),
    )


def _exact(terms: Numbers) -> Numbers:
    """Sums over units, exactly rounded: neither their order nor a change of sign matters."""
    columns = terms.reshape(len(terms), -1).T.tolist()
    return np.array([fsum(column) for column in columns]).reshape(terms.shape[1:])


def _information(at: _Forms) -> Numbers:
    """Twice the expected information: of the scale of V first, then of each ratio.

    Elements are tr(P V_i P V_j), with V itself for the scale, for which P V P = P.
    """
    q, p = len(at.trace), len(at.b)
    first, second = at.first[:, :p, :p], at.second[:, :, :p, :p]
    turned = np.array([at.phi @ form for form in first])
    made = np.empty((q + 1, q + 1))
    made[0, 0] = at.n - p
    made[0, 1:] = made[1:, 0] = at.trace - np.trace(turned, axis1=1, axis2=2)
    for i, j in product(range(q), repeat=2):
        middle = float(np.trace(at.phi @ second[i, j]))
        made[i + 1, j + 1] = at.traces[i, j] - 2 * middle + float(np.trace(turned[i] @ turned[j]))
    return made


def _spread(at: _Forms) -> Numbers | None:
    """Variances and covariances of those parameters; None where they cannot be told apart."""
    information = _information(at)
    if not np.linalg.cond(information) < _ALIKE:
        return None
    return np.asarray(2 * np.linalg.inv(information), dtype=np.float64)


def _derivatives(at: _Forms) -> tuple[Numbers, Numbers]:
    """Gradient and second derivatives of the criterion in the ratios."""
    q, p = len(at.trace), len(at.b)
    information = _information(at)
    residual = np.append(-at.b, 1.0)
    pulls = np.array([form @ residual for form in at.first])
    single = pulls @ residual / at.left
    double = np.array(
        [
            [
                residual @ at.second[i, j] @ residual - pulls[i, :p] @ at.phi @ pulls[j, :p]
                for j in range(q)
            ]
            for i in range(q)
        ]
    )
    degrees = at.n - p
    gradient = information[0, 1:] - degrees * single
    bends = degrees * (2 * double / at.left - np.outer(single, single)) - information[1:, 1:]
    return gradient, (bends + bends.T) / 2


def _settle(products: Products, ratios: Numbers, at: _Forms) -> tuple[Numbers, _Forms] | None:
    """Newton's steps, never below 0, until they no longer move; None where they do not settle."""
    value = float(_criteria(products, ratios[None])[0])
    for _ in range(_STEPS):
        gradient, bends = _derivatives(at)
        free = (ratios > 0) | (gradient < 0)
        step = np.zeros_like(ratios)
        step[free] = -_downhill(bends[np.ix_(free, free)], gradient[free])
        settled = np.all(np.abs(step) <= _SETTLED * ratios)
        ratios, value = _shorten(products, ratios, step, value)
        if ratios.max() >= _STARTS[-1]:
            return None
        at = _forms(products, ratios)
        if settled:
            return ratios, at
    return None


def _downhill(bends: Numbers, gradient: Numbers) -> Numbers:
    """Newton's direction; with every bend taken as upward, where the criterion bends down."""
    values, vectors = np.linalg.eigh(bends)
    upward = np.maximum(np.abs(values), 1e-8 * np.abs(values).max(initial=0.0) + 1e-300)
    turned: Numbers = vectors @ ((vectors.T @ gradient) / upward)
    return turned


def _shorten(
    products: Products, ratios: Numbers, step: Numbers, value: float
) -> tuple[Numbers, float]:
    """The longest of the step, its half, its quarter, ... that does not make matters worse."""
    share = 1.0
    while True:
        moved = np.clip(ratios + share * step, 0.0, _STARTS[-1])
        reached = float(_criteria(products, moved[None])[0])
        # The criterion itself is rounded: near the end it cannot tell better from worse.
        if reached <= value + 1e-11 * products.n or share < 1e-9:
            return moved, reached
        share /= 2


def _inferred(at: _Forms, ratios: Numbers, spread: Numbers) -> Fit:
    """Kenward and Roger's covariance of the coefficients; all over the residual variance."""
    q, p = len(ratios), len(at.b)
    first, phi = at.first[:, :p, :p], at.phi
    more = np.zeros((p, p))
    for i, j in product(range(q), repeat=2):
        more += spread[i + 1, j + 1] * (at.second[i, j, :p, :p] - first[i] @ phi @ first[j])
    return Fit(
        coefficients=at.b,
        variance=at.left / (at.n - p),
        ratios=ratios,
        covariance=phi,
        adjusted=phi + 2 * phi @ ((more + more.T) / 2) @ phi,
        slopes=np.array([phi @ form @ phi for form in first]),
        spread=spread,
    )
