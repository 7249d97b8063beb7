"""p values of tests that are judged together."""

from collections.abc import Sequence

_STATSMODELS = {"holm": "holm", "benjamini_hochberg": "fdr_bh"}


def adjusted_p(p_values: Sequence[float], method: str) -> list[float]:
    """p values adjusted by ``holm`` (Holm 1979) or ``benjamini_hochberg`` (1995); none missing."""
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, method=_STATSMODELS[method])[1]]
