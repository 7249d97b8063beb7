"""Power of a t-test, exactly: respondents for an effect, the effect for respondents, the power.

The statistic has the non-central t distribution (Cohen 1988, appendix; both tails counted, as R's
pwr does). Respondents of one organisation count for less by the design effect
1 + ((1 + cv^2) m - 1) ICC (Eldridge, Ashby & Kerry 2006, International Journal of Epidemiology
35:1292), and the degrees of freedom are those of the organisations.
"""

from math import ceil, floor, inf, isnan, nextafter, sqrt

from msgspec import Struct
from scipy import special

from peereval.errors import UsageError
from peereval.estimators.roots import root

DESIGNS = ("paired", "did")
# More pairs than any survey has: what these do not show, none will.
_MOST = 1 << 40
_ROUNDING = 1e-9


class Design(Struct, frozen=True):
    """What is compared, of whom. Effects are in standard deviations of change.

    ``kind``: change of one group, or the difference of two groups' changes (``treated``: share of
    the pairs in the first). ``icc``: of change, with matched pairs per organisation
    (``organisation_size``, its coefficient of variation ``size_variation``) or the number of
    ``organisations``. ``mixed``: each organisation has both groups, in equal shares, so that what
    organisations have in common cancels; else each has one.
    """

    kind: str = "paired"
    level: float = 0.95
    treated: float = 0.5
    icc: float = 0.0
    organisation_size: float | None = None
    organisations: int | None = None
    size_variation: float = 0.0
    mixed: bool = False

    @property
    def clustered(self) -> bool:
        """Whether the test goes by organisation."""
        return self.organisation_size is not None or self.organisations is not None


class Precision(Struct, frozen=True):
    """Standard error of an effect in standard deviations of change, and how it comes about."""

    std_error: float
    df: float
    design_effect: float
    organisations: int | None


class Plan(Struct, frozen=True):
    """A design with matched pairs, effect and power that go together; ``solved`` was not given.

    ``effect`` is in standard deviations of change; ``power`` is reached, ``asked`` the least that
    was asked for (the same unless pairs were worked out). ``correlation`` of before and after,
    where it was given; ``attrition``: share of respondents who are lost before the follow-up.
    """

    design: Design
    n: int
    effect: float
    power: float
    asked: float
    solved: str
    precision: Precision
    correlation: float | None = None
    attrition: float = 0.0

    @property
    def effect_before(self) -> float | None:
        """The effect in standard deviations before, the same as after; None if not known."""
        return None if self.correlation is None else self.effect * _change_sd(self.correlation)

    @property
    def respondents(self) -> int:
        """Who must answer before, so that enough are left to be matched."""
        return ceil(self.n / (1 - self.attrition) - _ROUNDING)


def _change_sd(correlation: float | None) -> float:
    """Standard deviation of change in standard deviations before; 1 where not known."""
    return 1.0 if correlation is None else sqrt(2 * (1 - correlation))


def power_of_t(noncentrality: float, df: float, level: float) -> float:
    """How likely a two-sided t-test rejects; ``noncentrality`` is effect over standard error."""
    critical = float(special.stdtrit(df, (1 + level) / 2))
    below, above = (
        float(special.nctdtr(df, abs(noncentrality), end)) for end in (-critical, critical)
    )
    # Where the chance is below 1e-14 the function gives none.
    return (0.0 if isnan(below) else below) + 1 - (0.0 if isnan(above) else above)


def noncentrality(df: float, power: float, level: float) -> float:
    """Effect over standard error at which a two-sided t-test rejects with this power.

    ``power`` is more than 1 - level: that is the power where there is nothing to be found.
    """
    high = 1.0
    while power_of_t(high, df, level) < power:
        high *= 2
    found = root(lambda effect: power_of_t(effect, df, level) - power, 0.0, high)
    assert found is not None  # a power is always a number
    while power_of_t(found, df, level) < power:
        found = nextafter(found, inf)
    return found


def precision(design: Design, n: int) -> Precision | None:
    """What ``n`` matched pairs give; None if they are too few for a test."""
    groups = 2 if design.kind == "did" else 1
    first = floor(n * design.treated + 0.5) if groups == 2 else n
    if not 0 < first < n + (groups == 1):
        return None
    inverse = 1 / first if groups == 1 else 1 / first + 1 / (n - first)
    effect, organisations = _design_effect(design, n)
    free = n - groups
    if organisations is not None:
        free = organisations - (groups if not design.mixed else 1)
    if free < 1:
        return None
    return Precision(sqrt(effect * inverse), free, effect, organisations)


def _design_effect(design: Design, n: int) -> tuple[float, int | None]:
    """How much larger the variance is than of independent pairs; and the organisations."""
    if not design.clustered:
        return 1.0, None
    if design.organisations is not None:
        count, size = min(design.organisations, n), n / min(design.organisations, n)
    else:
        size = design.organisation_size or 1.0
        count = floor(n / size + _ROUNDING)
    if design.mixed:
        return 1 - design.icc, count
    return 1 + ((1 + design.size_variation**2) * size - 1) * design.icc, count


def power_at(design: Design, n: int, effect: float) -> float:
    """Power to find ``effect`` with ``n`` matched pairs; 0 if they are too few for a test."""
    known = precision(design, n)
    return power_of_t(effect / known.std_error, known.df, design.level) if known else 0.0


def smallest_n(design: Design, effect: float, power: float) -> int | None:
    """Fewest matched pairs, in whole organisations of a given size; None where none are enough."""
    size = design.organisation_size if design.organisations is None else None

    def enough(count: int) -> bool:
        return power_at(design, ceil(count * (size or 1) - _ROUNDING), effect) >= power

    high = 1
    while not enough(high):
        high *= 2
        if high > _MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return ceil(high * (size or 1) - _ROUNDING)


def normal_n(design: Design, effect: float, power: float) -> float:
    """Independent pairs by the normal approximation: (z of the level + z of power)^2 / effect^2.

    Of two groups that over t (1 - t), with t the share of the treated.
    """
    z = float(special.ndtri((1 + design.level) / 2) + special.ndtri(power))
    share = design.treated * (1 - design.treated) if design.kind == "did" else 1.0
    return (z / effect) ** 2 / share


def plan_study(
    design: Design,
    n: int | None = None,
    effect: float | None = None,
    power: float | None = None,
    correlation: float | None = None,
    attrition: float = 0.0,
) -> Plan:
    """Works out whichever of matched pairs, effect and power is not given.

    ``effect`` is in standard deviations of change; with the ``correlation`` of before and after
    in standard deviations before. Raises ``UsageError`` for a design or numbers that cannot be,
    and where no number of pairs in so many organisations is enough.
    """
    _check(design, n, effect, power)
    _check_respondents(correlation, attrition)
    if effect is not None:
        effect /= _change_sd(correlation)
    solved = "n" if n is None else "effect" if effect is None else "power"
    n = _enough(design, effect, power) if n is None else n
    known = precision(design, n)
    if known is None:
        raise UsageError(f"{n} matched pairs are too few for a test of this design")
    if effect is None:
        assert power is not None
        effect = noncentrality(known.df, power, design.level) * known.std_error
        return Plan(design, n, effect, power, power, solved, known, correlation, attrition)
    reached = power_at(design, n, effect)
    return Plan(design, n, effect, reached, power or reached, solved, known, correlation, attrition)


def _enough(design: Design, effect: float | None, power: float | None) -> int:
    assert effect is not None
    assert power is not None
    n = smallest_n(design, effect, power)
    if n is None:
        most = power_at(design, _MOST, effect)
        raise UsageError(
            f"{design.organisations} organisations give a power of {most:.0%} at the most for "
            f"this effect, however many pairs each has: {power:.0%} needs more organisations"
        )
    return n


def _check(design: Design, n: int | None, effect: float | None, power: float | None) -> None:
    given = sum(value is not None for value in (n, effect, power))
    size, count = design.organisation_size, design.organisations
    wrong = {
        "two of n, effect and power are needed; the third is worked out": given != 2,
        f"a design is one of {', '.join(DESIGNS)}": design.kind not in DESIGNS,
        "the level must be from 0.5 to below 1": not 0.5 <= design.level < 1,
        "n must be 2 or more": n is not None and n < 2,
        "the effect must be more than 0": effect is not None and not 0 < effect < 100,
        "the power must be more than 1 - level, and less than 1": power is not None
        and not 1 - design.level < power < 1,
        "the share of the treated must lie between 0 and 1": not 0 < design.treated < 1,
        "the intraclass correlation must be from 0 to below 1": not 0 <= design.icc < 1,
        "give the size of organisations or their number, not both": bool(size and count),
        "an intraclass correlation needs the size of organisations, or their number": design.icc > 0
        and not design.clustered,
        "organisations must be 2 or more": count is not None and count < 2,
        "an organisation needs at least one pair": size is not None and size < 1,
        "the variation of sizes must be 0 or more": design.size_variation < 0,
        "mixed organisations are of a did design, with organisations": design.mixed
        and not (design.kind == "did" and design.clustered),
    }
    if faults := [said for said, is_so in wrong.items() if is_so]:
        raise UsageError("; ".join(faults))


def _check_respondents(correlation: float | None, attrition: float) -> None:
    if correlation is not None and not -1 < correlation < 1:
        raise UsageError("the correlation must lie between -1 and 1")
    if not 0 <= attrition < 1:
        raise UsageError("the attrition must be from 0 to below 1: the share that is lost")
