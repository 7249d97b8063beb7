"""The appendix on how an economic evaluation is reported, in the order of CHEERS 2022.

The 28 items of Husereau et al. (2022), each with what the run knows of it. What only people know
comes from ``[statements]`` of the study, and is said to be missing where it is not there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from peereval.costing import TERM_NOTES, costed_questions
from peereval.estimators.cost_bootstrap import MOST_DRAWS
from peereval.pipeline import Run
from peereval.rendering.cheers_results import (
    FEWEST_SHOWN,
    counted_pairs,
    main_results,
    parameters,
    uncertainty_effects,
)
from peereval.studies import Question, Study

CITATION = (
    "Husereau D, Drummond M, Augustovski F, et al. Consolidated Health Economic Evaluation "
    "Reporting Standards 2022 (CHEERS 2022) statement. BMJ 2022;376:e067975. "
    "doi:10.1136/bmj-2021-067975"
)
NOT_STATED = "not stated in the study"
#: Section, topic and what is asked for, in words of our own.
_ASKED = (
    ("Title", "Title", "That this is an economic evaluation, and of what against what"),
    ("Abstract", "Abstract", "Context, methods, results and other analyses in short"),
    ("Introduction", "Background and objectives", "The question, and what hangs on its answer"),
    ("Methods", "Health economic analysis plan", "Whether there was a plan, and where it is"),
    ("Methods", "Study population", "Who they were"),
    ("Methods", "Setting and location", "What about the place may matter to the findings"),
    ("Methods", "Comparators", "What is compared, and why that"),
    ("Methods", "Perspective", "Whose costs count, and why theirs"),
    ("Methods", "Time horizon", "Over which time, and why that long"),
    ("Methods", "Discount rate", "What later costs are worth, and why"),
    ("Methods", "Selection of outcomes", "Which outcomes stand for benefit and harm"),
    ("Methods", "Measurement of outcomes", "How these were measured"),
    ("Methods", "Valuation of outcomes", "Whose values they were given, and how"),
    ("Methods", "Measurement and valuation of resources and costs", "How costs were arrived at"),
    ("Methods", "Currency, price date, and conversion", "In which money, of which year"),
    ("Methods", "Rationale and description of model", "A model, if there is one, and why"),
    ("Methods", "Analytics and assumptions", "How data were analysed, and what was assumed"),
    ("Methods", "Characterising heterogeneity", "How results differ between subgroups"),
    ("Methods", "Characterising distributional effects", "Who gains and who pays"),
    ("Methods", "Characterising uncertainty", "How it was found out how sure results are"),
    ("Methods", "Approach to engagement with patients and others affected by the study",
     "Whether those concerned had a say in the design"),
    ("Results", "Study parameters", "Every value that went in, its range and distribution"),
    ("Results", "Summary of main results", "Mean costs and outcomes, and what they come to"),
    ("Results", "Effect of uncertainty", "What the results hang on"),
    ("Results", "Effect of engagement with patients and others affected by the study",
     "What having a say changed"),
    ("Discussion", "Study findings, limitations, generalisability, and current knowledge",
     "What was found, what it does not say, and for whom it holds"),
    ("Other relevant information", "Source of funding", "Who paid, and what part they took"),
    ("Other relevant information", "Conflicts of interest", "What authors stand to gain"),
)  # fmt: skip
_COSTS, _STATEMENTS = "study.toml [costs]", "study.toml [statements]"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist: what is asked for (``gloss``), what there is, and where.

    ``text`` is sentences; several results are one a line.
    """

    number: int
    section: str
    topic: str
    gloss: str
    text: str
    where: str


def is_economic(study: Study) -> bool:
    """Whether a study counts costs, so that there is something to report."""
    return bool(study.costed) or study.programme is not None


def cheers_items(run: Run) -> tuple[Item, ...]:
    """All 28 items in order, as plain data; of groups of fewer than ten respondents no means."""
    study = run.study
    found = [*_opening(study), *_methods(run), *_costs(study), *_analysis(run), *_closing(run)]
    return tuple(
        Item(number, *asked, *said)
        for number, (asked, said) in enumerate(zip(_ASKED, found, strict=True), 1)
    )


def cheers_page(run: Run) -> str:
    """The appendix as Markdown."""
    lines = [
        "# Reporting of the economic evaluation (CHEERS 2022)", "", run.study.title, "",
        f"The items of {CITATION}", "",
        "Made by peereval from the study and its results; what was not stated is said to be so.",
    ]  # fmt: skip
    if not run.study.protection.on:
        lines[2:2] = ["**Not for publication: small numbers are not protected**", ""]
    section = ""
    for item in cheers_items(run):
        if item.section != section:
            section = item.section
            lines += ["", f"## {section}"]
        said = item.text.splitlines()
        shown = [f"- {line}" for line in said] if len(said) > 1 else said
        lines += ["", f"### {item.number}. {item.topic}", "", f"*{item.gloss}.*", "", *shown, "",
                  f"Where: {item.where}"]  # fmt: skip
    return "\n".join(lines) + "\n"


Said = tuple[str, str]


def _stated(study: Study, key: str, beside: str = "") -> str:
    """What the study says of itself, and what the run knows beside it."""
    own = study.statements.get(key, "").strip() or NOT_STATED
    return f"{_sentence(own)} {beside}".strip()


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    ended = text if text.endswith((".", "?", "!")) else f"{text}."
    return ended[:1].upper() + ended[1:]


def _group(study: Study, name: str) -> str:
    titles = {group.id: group.title for group in study.groups}
    return titles.get(name, "all respondents")


def _costed(study: Study) -> list[Question]:
    return [question for question in study.questions if question.unit_cost]


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


# --- items 1 to 7 -------------------------------------------------------------------------


def _opening(study: Study) -> list[Said]:
    programme = study.programme
    what = f"cost of contacts of {_group(study, study.cost_group)} before and after"
    if programme:
        what = f"net cost of the programme: what it cost less the fall in the {what}"
    if programme and programme.outcomes:
        titles = _listed(study.scores[name].title for name in programme.outcomes)
        what += f", and per unit gained in {titles}"
    summary = (
        "Not written here. Items 5 to 11, 15, 20, 23 and 26 hold what a structured summary needs."
    )
    return [
        (f"{_sentence(study.title)} Economic part: {what}.", "study.toml, title"),
        (summary, "this appendix"),
        (_stated(study, "background"), _STATEMENTS),
    ]


# --- items 4 to 13 ------------------------------------------------------------------------


def _methods(run: Run) -> list[Said]:
    study = run.study
    ethics = study.statements.get("ethics", "").strip()
    beside = f"Ethics: {_sentence(ethics)} " if ethics else f"Ethics: {NOT_STATED}. "
    return [
        (_stated(study, "plan"), _STATEMENTS),
        (_stated(study, "population", f"{beside}{counted_pairs(run)}"), "results.csv, column n"),
        (_stated(study, "setting", _places(run)), _STATEMENTS),
        (_stated(study, "comparators", _comparators(study)), "study.toml [contrast]"),
        (_perspective(study), _COSTS),
        (_horizon(study), "study.toml [[occasions]], [[comparisons]]"),
        (_discounting(study), "study.toml [programme]"),
        (_outcomes(study), "study.toml [programme] outcomes"),
        (_measured(study), "study.toml [scales]; run.json, scales"),
        (_valued(study), "study.toml [programme] thresholds"),
    ]


def _places(run: Run) -> str:
    if not run.study.organisation:
        return "The study names no organisations."
    known = run.tables["pairs"]["organisation"].drop_nulls().n_unique()
    return f"Matched respondents are of {known:,} organisations."


def _comparators(study: Study) -> str:
    costs = (
        f"Cost of contacts: {_group(study, study.cost_group)} before and after, without a "
        "comparison group."
    )
    if not study.contrast:
        return f"{costs} The study has no contrast."
    treated, control = (_group(study, name) for name in study.contrast)
    return f"{costs} Outcomes: {treated} and {control}, by difference in change."


def _perspective(study: Study) -> str:
    parts = [_sentence(study.perspective.strip() or NOT_STATED)]
    if study.costed:
        contacts = _listed(question.title for question in _costed(study))
        parts.append(f"Counted are contacts: {contacts}.")
    if study.programme:
        lines = _listed(line.title for line in study.programme.costs)
        parts.append(f"Counted of the programme: {lines}.")
    else:
        parts.append("What the programme cost is not counted.")
    return " ".join([*parts, f"Reason: {_stated(study, 'reason_for_perspective')}"])


def _horizon(study: Study) -> str:
    titles = study.occasion_titles
    spans = _listed(
        f"{comparison.title}: "
        + _listed(f"{titles[before]} to {titles[after]}" for before, after in comparison.pairs)
        for comparison in study.comparisons
    )
    term = TERM_NOTES[study.cost_uncertainty.term] if study.costed else ""
    said = f"{spans}. Contacts are those of one term at each occasion ({term})." if term else (
        f"{spans}."
    )  # fmt: skip
    return _stated(study, "horizon", f"{said} Nothing is extrapolated beyond.")


def _discounting(study: Study) -> str:
    programme = study.programme
    later = [
        line for line in (programme.costs if programme else ())
        if line.useful_life > 1 or line.year > 1
    ]  # fmt: skip
    if programme is None or not later:
        return "Nothing is discounted: all costs that are counted are taken to lie within a year."
    rate = programme.discount_rate
    said = "3.5% a year (Green Book)" if rate is None else f"{float(100 * rate):g}% a year"
    lines = _listed(
        f"{line.title}" + (f" (lasts {line.useful_life} years)" if line.useful_life > 1 else "")
        + (f" (paid in year {line.year})" if line.year > 1 else "")
        for line in later
    )  # fmt: skip
    return (
        f"{said}, beyond the first year alone: {lines}. What lasts longer counts with the "
        "equivalent annual cost of one year. Outcomes are not discounted."
    )


def _outcomes(study: Study) -> str:
    programme = study.programme
    if programme is None or not programme.outcomes:
        said = "Costs alone: no outcome is set against them."
    else:
        said = _listed(study.scores[name].title for name in programme.outcomes) + "."
    return _stated(study, "reason_for_outcomes", said)


def _measured(study: Study) -> str:
    programme = study.programme
    wanted = set(programme.outcomes if programme else ())
    scales = [
        part.scale for part in study.scales
        if wanted & {score.outcome for score in part.scale.scores}
    ]  # fmt: skip
    said = "Answers of the respondents themselves to the same questions at both occasions."
    if not scales:
        return said
    return f"{said} Scales: {_listed(f'{s.title} (version {s.version})' for s in scales)}."


def _valued(study: Study) -> str:
    programme = study.programme
    if programme is None or not programme.outcomes:
        return "No outcome is valued in money or in quality-adjusted life years."
    worth = ", ".join(f"{float(each):,g}" for each in programme.thresholds)
    return (
        "Outcomes are in the units of their scales: none is turned into utility or money. Net "
        f"benefit is shown at {worth} {study.currency} a unit; no threshold is official."
    )


# --- items 14 and 15 ----------------------------------------------------------------------


def _costs(study: Study) -> list[Said]:
    where = "study.toml [frequencies], [[questions]], [programme]; run.json, unit_costs"
    return [(_resources(study), where), (_currency(study), "run.json, unit_costs")]


def _resources(study: Study) -> str:
    parts = []
    if study.costed:
        sources = _listed(
            f"{q.title}: {_source(q.unit_cost)}" for q in _costed(study) if q.unit_cost
        )
        parts.append(
            "Contacts are those that respondents remember, by label, times a unit cost. "
            f"Sources: {sources}."
        )
    if study.programme:
        lines = _listed(
            f"{line.title}: {float(line.quantity):,g} {line.unit} per {line.per} "
            f"({line.source}), {_source(line.unit_cost)}"
            for line in study.programme.costs
        )
        parts.append(f"Programme: {lines}.")
    return " ".join(parts)


def _source(cost: Any) -> str:
    low, high = cost.low, cost.high
    spread = (
        f", {float(low):,g} to {float(high):,g}" if low is not None and high is not None else ""
    )
    return f"{float(cost.value):,.2f}{spread} {cost.unit} ({cost.source.rstrip('.')})"


def _currency(study: Study) -> str:
    used = [q.unit_cost for q in study.questions if q.unit_cost]
    used += [line.unit_cost for line in (study.programme.costs if study.programme else ())]
    years = _listed(cost.price_year for cost in used)
    said = f"{study.currency}, in prices of {years}."
    if not study.conversions:
        return f"{said} No price was converted."
    how = _listed(
        f"{each.cost.definition or name} from {each.cost.price_year} by {each.index.title} "
        f"({each.index.vintage}), x {float(each.factor):.4f}"
        for name, each in study.conversions.items()
    )
    return f"{said} Converted: {how}."


# --- items 16 to 21 -----------------------------------------------------------------------


def _analysis(run: Run) -> list[Said]:
    study = run.study
    full = study.statistics.depth == "full"
    return [
        ("No decision model: everything is of the respondents themselves.", "not applicable"),
        (_analytics(run), "results.csv, notes; run.json, settings"),
        (_heterogeneity(study), "results.csv, analyses cost, subgroup, cost_concentration"),
        (_stated(study, "distribution", _distribution(full)), _STATEMENTS),
        (_uncertainty(study), "results.csv, analyses cost, cost_sensitivity, cost_effectiveness"),
        (_stated(study, "engagement"), _STATEMENTS),
    ]


def _analytics(run: Run) -> str:
    study = run.study
    said = [
        "Arithmetic means of matched respondents. A question is costed on those who answered it "
        "at both occasions, the total on those who answered all costed questions; nothing missing "
        "is filled in for costs.",
        "Positive cost changes are falls (before minus after).",
    ]
    if study.programme:
        served = ", ".join(f"{name} {n:,}" for name, n in study.programme.participants.items())
        said.append(
            f"Participants that the programme served, as declared: {served}. Net cost per "
            "participant takes those who were not matched to have changed as the matched did."
        )
    said.append(f"peereval {version('peereval')}, {run.engine}.")
    return " ".join(said)


def _heterogeneity(study: Study) -> str:
    phases = _listed(phase.title for phase in study.phases if costed_questions(study, phase.id))
    parts = [f"Costs by phase: {phases}." if phases else "No costs of contacts."]
    named = ", ".join(study.subgroups.characteristics)
    parts.append(f"Outcomes by {named}." if named else "No characteristic is analysed by level.")
    return " ".join(parts)


def _distribution(full: bool) -> str:
    if not full:
        return ""
    return "How few respondents make most of the cost is in the results (cost_concentration)."


def _uncertainty(study: Study) -> str:
    if study.statistics.depth != "full":
        return "Headlines alone were computed: t-tests and CR2 intervals of the cost change."
    draws = f"{min(study.statistics.draws, MOST_DRAWS):,}"
    parts = [
        f"Bootstrap of organisations, then respondents ({draws} draws, seed "
        f"{study.statistics.seed}), percentile intervals of {study.ci_level:.0%}; probabilistic "
        "sensitivity with gamma unit costs and PERT contacts; one-way sensitivity; leaving out "
        "respondents and organisations."
    ]
    if study.cost_uncertainty.scenarios:
        titles = _listed(each.title for each in study.cost_uncertainty.scenarios)
        parts.append(f"Scenarios: {titles}.")
    if study.programme and study.programme.outcomes:
        parts.append(
            "Cost and outcome are drawn together; Fieller's limits beside percentiles of the ratio."
        )
    return " ".join(parts)


# --- items 22 to 28 -----------------------------------------------------------------------


def _closing(run: Run) -> list[Said]:
    study = run.study
    return [
        (parameters(study), "run.json, unit_costs, programme; study.toml [frequencies]"),
        (main_results(run), "results.csv, analyses cost, programme_cost, cost_effectiveness"),
        (uncertainty_effects(run), "results.csv, analyses cost_sensitivity, cost_concentration"),
        (_stated(study, "effect_of_engagement"), _STATEMENTS),
        (_stated(study, "findings", _limits(study)), _STATEMENTS),
        (_stated(study, "funding"), _STATEMENTS),
        (_stated(study, "interests"), _STATEMENTS),
    ]


def _limits(study: Study) -> str:
    parts = [
        "Limits of the analysis: contacts are as remembered; only those who answered twice are in "
        "it; the cost of contacts has no comparison group, so its change need not be due to the "
        "programme."
    ] if study.costed else []  # fmt: skip
    if study.programme is None:
        parts.append("What the programme cost is not known to the study.")
    parts.append(f"Means of fewer than {FEWEST_SHOWN} respondents are not shown here.")
    return " ".join(parts)


def appendix(run: Run) -> Mapping[str, str]:
    """File name -> text of the appendix; nothing where a study counts no costs."""
    return {"cheers.md": cheers_page(run)} if is_economic(run.study) else {}
