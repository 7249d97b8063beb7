"""When a p value counts as found."""


def alpha_of(level: float) -> float:
    """The share, 1 - level of the interval, below which a p value counts as found.

    Without the error of its binary form, for which a p value of exactly 0.05 would be below.
    """
    return round(1 - level, 12)
