"""The page: what was drawn, what was found, what it means."""

from collections.abc import Iterator
from dataclasses import dataclass

from validation import attrition, errors, power, verdicts
from validation.shares import DOUBT
from validation.surveys import MEAN_SIZE


@dataclass(frozen=True)
class Repeats:
    """Surveys of each cell, by part."""

    usual: int
    awkward: int
    power: int
    attrition: int


def page(
    repeats: Repeats,
    cells: errors.Cells,
    planned: dict[power.Case, power.Found],
    lost: attrition.Found,
) -> str:
    """The whole page, as Markdown."""
    lines = [
        *_opening(),
        *_errors(repeats, cells),
        *_awkward(repeats, cells),
        *_power(repeats, planned),
        *_attrition(repeats, lost),
    ]
    return "\n".join(lines) + "\n"


def _opening() -> Iterator[str]:
    yield f"""# Validation

Made by `make validate`; do not edit. Surveys are drawn from models of which the truth is known,
estimated by the estimators of peereval, and wrong verdicts are counted. Everything is seeded: the
same numbers come out again. `make validate` takes some minutes; `python benchmarks/validate.py
--quick --out out/validation.md` looks at a twentieth of the surveys.

A number is **bold** where it is more than {DOUBT:g} Monte-Carlo standard errors from what was
promised, so that chance hardly explains it.
"""


def _errors(repeats: Repeats, cells: errors.Cells) -> Iterator[str]:
    yield f"""## False alarms and coverage

**What was drawn.** Respondent i of organisation g has the score b before and b + c after,

    b ~ N(0, 1)
    c = T d + √ICC (u_g + T v_g) + √(1 - ICC) (√(1 - s²) e - s b),  s² = 1 / (4 (1 - ICC))

with u, v and e independent and normal, so that change has SD 1, before and after correlate at 0.5
and the share ICC of the variance of change lies between organisations. For one group T = 1 and
there is no v. For two, six in ten of every organisation are treated (T = 1), and the effect itself
differs between organisations (v). Organisations are unequal: gamma with mean {MEAN_SIZE} and a
coefficient of variation of 0.63, at least two respondents. d is 0 for false alarms, {errors.TRUTH}
for intervals. {repeats.usual:,} surveys are behind each share, and fewer for slow methods:
{_fewer(repeats.usual)}. The wild bootstrap has {errors.WILD_DRAWS} draws.

**What was found.** The headlines are {" and ".join(f"`{name}`" for name in errors.HEADLINES)}; a
study may declare others that are listed here. With so many surveys the Monte-Carlo standard error
of 5 in a hundred is {_error(repeats.usual):.2f}.
"""
    yield from verdicts.findings(cells)
    yield ""
    yield from verdicts.by_icc(cells)
    yield from verdicts.meanings(cells)
    yield ""
    yield from errors.error_tables(cells)


def _fewer(usual: int) -> str:
    return ", ".join(f"{usual // few:,} for `{name}`" for name, few in errors.ONE_IN.items())


def _error(of: int) -> float:
    return 100 * (errors.ALPHA * errors.LEVEL / of) ** 0.5


def _awkward(repeats: Repeats, cells: errors.Cells) -> Iterator[str]:
    yield f"""## Awkward surveys

As above at an ICC of {errors.AWKWARD_ICC}, but with something that no cluster-robust method likes;
false alarms in a hundred, {repeats.awkward:,} surveys each ({repeats.awkward // 5:,} for the
bootstrap). Refused: the program gives no number, and says why.
"""
    yield from errors.awkward_table(cells)
    yield """
The degrees of freedom that the headlines report tell a survey that they cannot serve from one that
they can. False alarms in a hundred by degrees of freedom, both headlines together:
"""
    yield from errors.df_table(cells)
    yield ""
    yield verdicts.few_degrees(cells)
    yield ""


def _power(repeats: Repeats, planned: dict[power.Case, power.Found]) -> Iterator[str]:
    yield f"""## Power

What `peereval power` computes beside how often the estimator found the effect in {repeats.power:,}
surveys drawn as planned. Effects are in standard deviations before. Of two groups, "even"
organisations have the same share of the treated, in "mixed" ones they are chosen one by one, and
"whole" ones are all one or the other. Respondents are lost one by one, by chance. The effect is the
same everywhere, but where "effect varies" is said: there it differs between organisations as it
does above, which `peereval power` does not ask about.
"""
    yield from power.power_findings(planned)
    yield ""
    yield from power.power_table(planned)
    yield ""


def _attrition(repeats: Repeats, lost: attrition.Found) -> Iterator[str]:
    low, high = attrition.SIZES
    usual = attrition.LOSSES[0]
    yield f"""## Attrition

**What was drawn.** {attrition.ORGANISATIONS} organisations of {low} to {high} respondents; six in
ten are treated (T), four in ten have a characteristic (m). With b the score before,

    c = 0.8 (√ICC u_g + √(1 - ICC) e) - 0.5 b - 0.4 (m - 0.4) + d (T - 0.6) + c₀,  ICC = {attrition.ICC}
    log odds of being followed up = -0.2 + 0.8 b - 0.8 (m - 0.4) + 0.7 (T - 0.6)

or -0.2 for everyone where the loss is by chance alone; c₀ = {usual.change} and d = {usual.effect}. Where "the lost did worse" the lost (of the
contrast: the lost of the treated) are {attrition.DELTA:g} SD lower later than others with the same
b, m, T and organisation, and c₀ and d are such that over all respondents nothing changed. Weights
and imputations know b, m and T. {repeats.attrition:,} surveys each, {attrition.IMPUTATIONS}
imputations. Bias is in standard deviations before, "held" are intervals in a hundred that hold the
truth about all respondents.
"""  # noqa: E501
    yield from attrition.attrition_findings(lost)
    yield ""
    yield """What nobody knows about the lost no method makes up for: weights and imputation take
away the bias that comes from what was known before, and none of what comes from what was not. There
the tipping point says how much worse the lost would have to be.
"""
    yield from attrition.attrition_tables(lost)
