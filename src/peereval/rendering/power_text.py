"""A planned survey, as a person reads it in a terminal, and as a program does."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace
from scipy import special

from peereval.estimators.power import Design, Plan, normal_n, power_at, smallest_n
from peereval.rendering.numbers import fixed

_WHAT = {"paired": "Change of one group", "did": "Difference of the changes of two groups"}
_SOLVED = {
    "n": "matched pairs that are needed",
    "effect": "smallest effect that is found",
    "power": "power",
}


def power_lines(plan: Plan) -> Iterator[str]:
    """Everything about a plan, line by line; what was worked out is marked."""
    yield f"{_WHAT[plan.design.kind]}: {_SOLVED[plan.solved]}"
    yield ""
    for name, (what, value) in _facts(plan).items():
        yield f"{'>' if name == plan.solved else ' '} {what:<24}{value}"
    if notes := list(_notes(plan)):
        yield ""
        yield from notes


def power_record(plan: Plan) -> dict[str, Any]:
    """The same for programs; nothing is rounded."""
    design, known = plan.design, plan.precision
    return {
        "design": design.kind,
        "solved": plan.solved,
        "n": plan.n,
        "effect_in_sd_of_change": plan.effect,
        "effect_in_sd_before": plan.effect_before,
        "power": plan.power,
        "level": design.level,
        "treated": design.treated if design.kind == "did" else None,
        "icc": design.icc,
        "organisations": known.organisations,
        "mixed": design.mixed,
        "design_effect": known.design_effect,
        "std_error_in_sd_of_change": known.std_error,
        "df": known.df,
        "correlation": plan.correlation,
        "attrition": plan.attrition,
        "respondents_before": plan.respondents,
        "n_by_normal_approximation": _approximated(plan),
    }


def _facts(plan: Plan) -> dict[str, tuple[str, str]]:
    design, known = plan.design, plan.precision
    before = plan.effect_before
    facts = {"n": ("Matched pairs", f"{plan.n:,}{_split(design, plan.n)}")}
    if plan.attrition:
        lost = f"{plan.respondents:,}, of whom {plan.attrition:.0%} are lost"
        facts["respondents"] = ("Respondents before", lost)
    facts["effect"] = ("Effect", f"{fixed(plan.effect, 3)} standard deviations of change")
    if before is not None:
        text = f"{fixed(before, 3)} standard deviations before (correlation {plan.correlation:g})"
        facts["before"] = ("", text)
    facts["power"] = ("Power", f"{fixed(100 * plan.power, 1)}%, two-sided, level {design.level:g}")
    if known.organisations is not None:
        each = f"{known.organisations:,}, of {fixed(plan.n / known.organisations, 1)} pairs"
        facts["organisations"] = ("Organisations", each + (", mixed" if design.mixed else ""))
        inflation = f"{fixed(known.design_effect, 2)} (intraclass correlation {design.icc:g})"
        facts["design_effect"] = ("Design effect", inflation)
    facts["df"] = ("Degrees of freedom", f"{known.df:g}")
    return facts


def _split(design: Design, n: int) -> str:
    if design.kind != "did":
        return ""
    first = int(n * design.treated + 0.5)
    return f" ({first:,} and {n - first:,})"


def _approximated(plan: Plan) -> float | None:
    """Only where pairs were asked for: of the power asked for, not of the one reached."""
    if plan.solved != "n" or plan.design.clustered:
        return None
    return normal_n(plan.design, plan.effect, plan.asked)


def _notes(plan: Plan) -> Iterator[str]:
    design = plan.design
    if (rough := _approximated(plan)) is not None:
        yield from _approximation(plan, rough)
    elif plan.solved == "n":
        alone = replace(design, organisations=None, organisation_size=None, mixed=False, icc=0.0)
        n = smallest_n(alone, plan.effect, plan.asked)
        yield f"Of respondents who are independent of one another {n:,} pairs would do."
    if design.kind == "did" and design.clustered and not design.mixed:
        yield "Each organisation is taken to have one of the two groups (--mixed: both)."
    if design.clustered and (design.mixed or design.size_variation or plan.attrition):
        yield "Unequal shares, sizes or losses by organisation cost up to 5 points of power more,"
        yield "effects that differ between organisations up to 9 (docs/validation.md)."


def _approximation(plan: Plan, rough: float) -> Iterator[str]:
    """How nearly the same comes out by the normal distribution."""
    design, n = plan.design, round(rough)
    z = [float(special.ndtri(share)) for share in ((1 + design.level) / 2, plan.asked)]
    share = f" / ({design.treated:g} x {1 - design.treated:g})" if design.kind == "did" else ""
    sum_of_z = f"({z[0]:.5f} + {z[1]:.5f})^2 / {plan.effect:.4g}^2{share}"
    yield f"Normal approximation: {sum_of_z} = {fixed(rough, 1)}."
    reached = fixed(100 * power_at(design, n, plan.effect), 2)
    exactly = f"{n:,} pairs have a power of {reached}%; the exact answer is {plan.n:,}."
    yield f"By the t distribution {exactly}"
    if design == Design() and (plan.effect, plan.asked) == (0.2, 0.8):
        yield 'The report on the pilots says "around 196": it is the normal approximation,'
        yield "on standard deviations of change, of pupils taken as independent of one another."
