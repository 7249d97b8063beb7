"""How far people who coded the same answers agree."""

from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from peereval.estimators.estimate import Estimate

Flags = npt.NDArray[np.int64]
TOO_FEW = "no response was coded by all of them"
ALL_ALIKE = "everyone gave it to every response, or to none: there is nothing to agree on"


def agreement(flags: Flags) -> Estimate:
    """Share of responses on which all coders agree.

    ``flags``: 1 where a coder gave the theme, else 0; a row for each response, a column for each
    coder.
    """
    n = len(flags)
    if not n:
        return Estimate(reason=TOO_FEW)
    return Estimate(float((flags == flags[:, :1]).all(axis=1).mean()), n=n)


def kappa(flags: Flags, level: float) -> tuple[str, Estimate]:
    """Method, and agreement of coders beyond chance; ``flags`` as in `agreement`.

    Of two coders Cohen's kappa (1960), with the large-sample standard error of Fleiss, Cohen &
    Everitt (1969); of more Fleiss' (1971), without one. Responses are taken as independent. Not
    estimable where all gave the theme to all responses, or to none.
    """
    method = "cohen_kappa" if flags.shape[1] == 2 else "fleiss_kappa"
    n = len(flags)
    if not n:
        return method, Estimate(reason=TOO_FEW)
    if flags.min() == flags.max():
        return method, Estimate(n=n, reason=ALL_ALIKE)
    return method, _cohen(flags, level) if method == "cohen_kappa" else _fleiss(flags)


def _cohen(flags: Flags, level: float) -> Estimate:
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.zeros((2, 2), dtype=np.int64)
    np.add.at(table, (flags[:, 0], flags[:, 1]), 1)
    found: Any = cohens_kappa(table)
    value, variance = float(found.kappa), float(found.var_kappa)
    if not variance > 0:
        note = "no interval: they agree on every response" if value == 1 else "no interval"
        return Estimate(value, n=len(flags), note=note)
    error = sqrt(variance)
    reach = float(special.ndtri((1 + level) / 2)) * error
    return Estimate(
        value, error, ci_low=max(value - reach, -1.0), ci_high=min(value + reach, 1.0),
        ci_level=level, n=len(flags), note="responses taken as independent",
    )  # fmt: skip


def _fleiss(flags: Flags) -> Estimate:
    from statsmodels.stats.inter_rater import fleiss_kappa

    given = flags.sum(axis=1)
    table = np.column_stack([given, flags.shape[1] - given])
    note = f"{flags.shape[1]} coders"
    return Estimate(float(fleiss_kappa(table)), n=len(flags), note=note)
