"""Least squares from sums by cluster, with standard errors that allow for clusters.

CR1 is Liang & Zeger (1986, Biometrika 73:13) times G / (G - 1); CR2 and CR3 are those of Bell &
McCaffrey (2002, Survey Methodology 28:169) with independent errors as the working model; the
degrees of freedom of CR2 and the joint test HTZ are those of Pustejovsky & Tipton (2018, Journal
of Business & Economic Statistics 36:672), all as in the R package clubSandwich.

In the coordinates Z = X L with L L' = (X'X)^-1 the share of cluster g in the design is
S_g = Z_g'Z_g, and Z_g'(I - Z_g Z_g')^a = (I - S_g)^a Z_g' for any power a. So sums by cluster are
all that is needed, whatever the number of respondents.
"""

from collections.abc import Sequence
from math import fsum, prod, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.clustered import too_few
from peereval.estimators.estimate import Estimate, probability, t_estimate
from peereval.plurals import count_of

Numbers = NDArray[np.float64]

#: Power of I - S_g by which the residuals of a cluster are adjusted.
_POWERS = {"cr1": 0.0, "cr2": -0.5, "cr3": -1.0}

# A cluster whose share of some direction of the design is this close to 1 holds all of it.
_WHOLE = 1 - 1e-9
# Columns are independent if the smallest eigenvalue of their correlations is above this.
_DEPENDENT = 1e-10
# What is left over is rounding if it is this small beside what it was taken from.
_NOISE = 1e-12

_NO_PAIRS = "no matched pairs"
_ALIKE = "the columns of the model cannot be told apart, so it has no single solution"
_HELD = (
    "without one of the organisations there would be no estimate, so how much organisations vary "
    "is unknown"
)
_EXACT = "the model leaves nothing over, so there is nothing to test against"
_SAME = "the result is the same in every organisation, so there is nothing to test against"


class Products(Struct, frozen=True):
    """Products of a design X and an outcome y, summed by cluster.

    ``xtx``: X'X, shape (G, p, p); or (G, p), its diagonal, where no two columns are ever both
    different from 0. ``xty``: X'y, (G, p). ``yty``: y'y, (G,). ``n``: rows, (G,); clusters
    without rows may be among them. Values far from 0 are to be `centred` before: what cancels
    in the sums is lost.
    """

    xtx: Numbers
    xty: Numbers
    yty: Numbers
    n: NDArray[np.int64]


class Shares(Struct, frozen=True):
    """S_g of every cluster, by its eigenvalues (G, p), between 0 and 1, and eigenvectors (G, p, p).

    ``axes`` is None where every S_g is diagonal.
    """

    values: Numbers
    axes: Numbers | None

    def times(self, factors: Numbers, vectors: Numbers) -> Numbers:
        """A function of S_g, given by its eigenvalues, times ``vectors``: (G, p, q).

        ``vectors``: (p, q) for all clusters, or (G, p, q).
        """
        if self.axes is None:
            return factors[:, :, None] * vectors
        turned: Numbers = self.axes @ (factors[:, :, None] * (self.axes.swapaxes(1, 2) @ vectors))
        return turned

    def powers(self, power: float, vectors: Numbers) -> Numbers:
        """(I - S_g) ** power times ``vectors``."""
        return self.times((1 - self.values) ** power, vectors)


class Fit(Struct, frozen=True):
    """Least squares of one outcome. With a ``reason`` there is no solution, and no array.

    ``columns``: the order in which the columns were taken. ``root``: L, of shape (p, p), and
    ``solution``: Z'y, (p), in that order. ``scores``: Z_g' e_g, (G, p); ``sizes``: by cluster,
    the sum of the squares of what they are differences of. ``yty`` and ``rss``: sums of squares
    of y and of what is left over. ``n``: rows; ``n_clusters``: clusters with rows.
    """

    columns: NDArray[np.intp]
    root: Numbers
    solution: Numbers
    shares: Shares
    scores: Numbers
    sizes: Numbers
    yty: float
    rss: float
    n: int
    n_clusters: int
    reason: str = ""

    @property
    def coefficients(self) -> Numbers:
        """One a column, in the order of the products."""
        found: Numbers = (self.root @ self.solution)[np.argsort(self.columns)]
        return found


def least_squares(products: Products) -> Fit:
    """The fit of y on X. Clusters and columns may come in any order: the numbers are the same."""
    columns = _order_of_columns(products)
    kept = _in_order(products, columns)
    root = _root(kept.xtx.sum(axis=0)) if kept.n.size else None
    if root is None:
        return _unsolved(_ALIKE if kept.n.size else _NO_PAIRS, kept)
    shares, turned = _shares(kept.xtx, root), kept.xty @ root
    solution = turned.sum(axis=0)
    fitted = shares.times(shares.values, solution[:, None])[:, :, 0]
    yty = fsum(kept.yty.tolist())
    return Fit(
        columns=columns,
        root=root,
        solution=solution,
        shares=shares,
        scores=turned - fitted,
        sizes=np.sum(turned**2 + fitted**2, axis=1),
        yty=yty,
        rss=max(yty - fsum(solution**2), 0.0),
        n=int(kept.n.sum()),
        n_clusters=kept.n.size,
    )


def standard_error(fit: Fit, contrast: Sequence[float] | Numbers, kind: str) -> float:
    """Standard error of a combination of the coefficients; ``kind``: ols, cr1, cr2 or cr3."""
    direction = _directions(fit, contrast)
    if kind == "ols":
        return sqrt(fit.rss / (fit.n - len(fit.root)) * float(np.sum(direction**2)))
    return sqrt(_squares(_parts(fit, direction, kind)))


def satterthwaite(fit: Fit, contrast: Sequence[float] | Numbers) -> float:
    """Degrees of freedom of CR2: 2 / (relative variance), errors independent and alike."""
    return 2 / float(_relative_variances(fit, _directions(fit, contrast))[0, 0])


def estimate(
    fit: Fit,
    contrast: Sequence[float] | Numbers,
    kind: str,
    level: float,
    n_organisations: int,
    note: str = "",
    unit: float = 1.0,
) -> Estimate:
    """A combination of the coefficients, with its test and interval.

    ``kind``: ols (n - p degrees of freedom), cr1 and cr3 (G - 1), or cr2 (Satterthwaite).
    ``unit``: how many steps of y make one of the estimate's (the denominator of a score).
    Not estimable where the fit has no solution or leaves nothing over, and, but for ols, below
    `FEWEST_ORGANISATIONS`, or when one cluster holds a whole direction of the design.
    """
    reason = why_not(fit, kind, n_organisations)
    if not reason and kind != "ols" and _is_noise(fit, _directions(fit, contrast), kind):
        reason = _SAME
    if reason:
        return Estimate(n=fit.n, n_organisations=n_organisations, reason=reason)
    df: float = fit.n - len(fit.root) if kind == "ols" else fit.n_clusters - 1
    if kind == "cr2":
        df = satterthwaite(fit, contrast)
    value = float(_directions(fit, contrast)[:, 0] @ fit.solution) / unit
    error = standard_error(fit, contrast, kind) / unit
    return t_estimate(value, error, df, level, fit.n, n_organisations, note)


def joint_test(fit: Fit, contrasts: Numbers, n_organisations: int, note: str = "") -> Estimate:
    """HTZ: Wald test with CR2 that every row of ``contrasts`` (q, p) is 0.

    The statistic is (eta - q + 1) / (eta q) times the quadratic form, with the F distribution of
    q and eta - q + 1 degrees of freedom; the latter is ``df``, the note says the former. Not
    estimable as `estimate`, and where eta is less than q: too few organisations to test so many
    at once.
    """
    q, reason = len(contrasts), why_not(fit, "cr2", n_organisations)
    if reason:
        return Estimate(n=fit.n, n_organisations=n_organisations, reason=reason)
    # Combinations with the same hypothesis, but uncorrelated under the working model.
    basis, _ = np.linalg.qr(_directions(fit, contrasts))
    found = basis.T @ fit.solution
    parts = _parts(fit, basis, "cr2")
    eta = q * (q + 1) / float(_relative_variances(fit, basis).sum())
    spread = np.linalg.eigvalsh(parts.T @ parts)
    if _is_noise(fit, basis, "cr2"):
        reason = _SAME
    elif eta <= q - 1 or spread[0] <= _NOISE * spread[-1]:
        reason = f"too few organisations to test {q} at once"
    if reason:
        return Estimate(n=fit.n, n_organisations=n_organisations, reason=reason)
    df = eta - q + 1
    statistic = df / (eta * q) * float(found @ np.linalg.solve(parts.T @ parts, found))
    return Estimate(
        statistic=statistic,
        df=df,
        p_value=probability(float(special.fdtrc(q, df, statistic))),
        n=fit.n,
        n_organisations=n_organisations,
        note="; ".join(
            filter(None, (f"F with {count_of(q, 'numerator degree')} of freedom", note))
        ),
    )


def why_not(fit: Fit, kind: str, n_organisations: int) -> str:
    """Why there is no estimate of this kind, or an empty text."""
    if fit.reason:
        return fit.reason
    if kind != "ols" and (reason := too_few(n_organisations)):
        return reason
    if fit.n <= len(fit.root):
        pairs = count_of(fit.n, "matched pair")
        return f"{pairs}: too few for a model with {len(fit.root)} parameters"
    if fit.rss <= _NOISE * fit.yty:
        return _EXACT
    if kind != "ols" and float(fit.shares.values.max()) >= _WHOLE:
        return _HELD
    return ""


# --- inside a fit ---------------------------------------------------------------------------


def _order_of_columns(products: Products) -> NDArray[np.intp]:
    """An order of the columns by their values, whoever names them first."""
    own = products.xtx
    if own.ndim == 3:
        own = np.diagonal(own, axis1=1, axis2=2)
    keys = [
        [fsum(part[:, column].tolist()) for part in (own**2, products.xty**2, products.xty, own)]
        for column in range(own.shape[1])
    ]
    return np.lexsort(np.array(keys).T)


def _in_order(products: Products, columns: NDArray[np.intp]) -> Products:
    """Clusters with rows, in an order of their values; columns in the order given."""
    there = products.n > 0
    xtx = products.xtx[there][:, columns]
    if xtx.ndim == 3:
        xtx = xtx[:, :, columns]
    xty, yty, n = products.xty[there][:, columns], products.yty[there], products.n[there]
    clusters = np.lexsort([*xtx.reshape(len(n), prod(xtx.shape[1:])).T, *xty.T, yty, n])
    return Products(xtx[clusters], xty[clusters], yty[clusters], n[clusters])


def _unsolved(reason: str, kept: Products) -> Fit:
    none, n = np.empty(0), int(kept.n.sum())
    return Fit(
        none.astype(np.intp), none, none, Shares(none, None), none, none, 0.0, 0.0, n,
        kept.n.size, reason,
    )  # fmt: skip


def _root(total: Numbers) -> Numbers | None:
    """L with L L' = (X'X)^-1; None where the columns depend on each other."""
    diagonal = total if total.ndim == 1 else np.diagonal(total)
    if not (diagonal > 0).all():
        return None
    scale = 1 / np.sqrt(diagonal)
    if total.ndim == 1:
        return np.diag(scale)
    values, vectors = np.linalg.eigh(scale[:, None] * total * scale)
    if values[0] <= _DEPENDENT:
        return None
    root: Numbers = scale[:, None] * vectors / np.sqrt(values)
    return root


def _shares(xtx: Numbers, root: Numbers) -> Shares:
    if xtx.ndim == 2:
        return Shares(np.minimum(xtx * np.diag(root) ** 2, 1.0), None)
    values, axes = np.linalg.eigh(root.T @ xtx @ root)
    return Shares(np.clip(values, 0.0, 1.0), axes)


def _directions(fit: Fit, contrasts: Sequence[float] | Numbers) -> Numbers:
    """Combinations (p) or (q, p) of the coefficients in the coordinates Z: (p, q)."""
    rows = np.atleast_2d(np.asarray(contrasts, dtype=float))[:, fit.columns]
    directions: Numbers = fit.root.T @ rows.T
    return directions


def _parts(fit: Fit, directions: Numbers, kind: str) -> Numbers:
    """What each cluster adds to the combinations: (G, q), their squares summing to the variance."""
    adjusted = fit.shares.powers(_POWERS[kind], directions)
    factor = sqrt(fit.n_clusters / (fit.n_clusters - 1)) if kind == "cr1" else 1.0
    parts: Numbers = factor * np.einsum("gpq,gp->gq", adjusted, fit.scores)
    return parts


def _squares(parts: Numbers) -> float:
    return fsum((parts**2).ravel().tolist())


def _is_noise(fit: Fit, directions: Numbers, kind: str) -> bool:
    """Whether the organisations differ by no more than rounding."""
    reach = np.sum(fit.shares.powers(_POWERS[kind], directions) ** 2, axis=(1, 2))
    return _squares(_parts(fit, directions, kind)) <= _NOISE**2 * fsum(reach * fit.sizes)


def _relative_variances(fit: Fit, directions: Numbers) -> Numbers:
    """Variances of the entries of the CR2 matrix of orthogonal ``directions`` (p, q): (q, q).

    Relative to its expectation, when errors are independent and alike. What clusters g and h add
    along directions s and t has the covariance own_g[s, t] (if g is h) less spoke_g[s]'spoke_h[t],
    so the sums over pairs of clusters need p x p numbers for each s and t.
    """
    adjusted = fit.shares.powers(_POWERS["cr2"], directions / np.linalg.norm(directions, axis=0))
    spokes = fit.shares.times(fit.shares.values, adjusted)
    own = np.einsum("gps,gpt->gst", adjusted, spokes)
    inner = np.einsum("gps,gpt->gst", spokes, spokes)
    clusters, p, q = spokes.shape
    flat = spokes.reshape(clusters, p * q)
    crossed = (flat.T @ flat).reshape(p, q, p, q)
    one, two = (np.diagonal(part, axis1=1, axis2=2) for part in (own, inner))
    found: Numbers = (
        np.einsum("gs,gt->st", one, one - two)
        - np.einsum("gs,gt->st", two, one)
        + np.einsum("gst,gst->st", own, own - 2 * inner)
        + np.einsum("asbt,asbt->st", crossed, crossed)
        + np.einsum("asbt,bsat->st", crossed, crossed)
    )
    return found
