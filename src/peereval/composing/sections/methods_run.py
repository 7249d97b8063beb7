"""What was run, method by method, and the works that the texts of it cite."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import polars as pl

from peereval.columns import ANALYSES
from peereval.composing.content import Content
from peereval.composing.model import Listed, Paragraph, Run, Section
from peereval.composing.sentences import as_runs, paragraph

_REFERENCES = Path(__file__).parents[1] / "references.toml"

#: Methods that belong together, in the order of the report: each once.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "change": (
        "descriptive", "paired_t", "paired_cr2", "paired_cr1", "paired_cr3", "paired_wild",
        "paired_multilevel", "wilcoxon", "sign_test", "bayes_factor", "trimmed", "effect_size",
    ),
    "difference": (
        "did_ols", "did_cr2", "did_cr1", "did_cr3", "did_wild", "did_permutation",
        "did_multilevel", "did_weighted", "ancova_ols", "ancova_cr2",
    ),
    "size": ("tost_cr2", "tost_t", "anova", "normal_theory"),
    "shares": (
        "count", "share", "wilson", "newcombe", "mcnemar_exact", "mcnemar_midp", "stuart_maxwell",
        "bowker", "wald_htz",
    ),
    "costs": (
        "declared", "cost_bootstrap", "cost_bootstrap_organisations", "cost_psa", "one_way",
        "concentration", "programme_bootstrap", "programme_psa", "fieller",
    ),
    "tables": (
        "sample", "student", "order_statistics", "pooled_z", "fisher", "n1_chi_square", "welch_t",
        "mann_whitney", "mood_median", "cohen_kappa", "fleiss_kappa",
    ),
    "occasions": ("repeated_measures", "hotelling", "mixed_model"),
    "individual": ("jacobson_truax", "published_threshold"),
    "missing": (
        "smd", "smd_weighted", "means_cr2", "newcombe_independent", "quantiles", "logit_weights",
        "multiple_imputation", "tipping_point",
    ),
    "scales": (
        "cronbach", "omega_total", "omega_hierarchical", "longitudinal_cfa", "item_analysis",
        "pearson", "norm_difference",
    ),
    "judging": ("holm", "benjamini_hochberg", "comparison_of_methods", "maryland"),
}  # fmt: skip


def methods_run(content: Content) -> tuple[Section, ...]:
    """A part for each family of which a method was run; what is of detail is folded."""
    used = used_for(content)
    cited = {text: _anchor(n) for n, text in enumerate(references_of(content), start=1)}
    return tuple(
        Section(
            f"methods-{family}",
            content.words(f"report.methods.family.{family}"),
            (Listed(tuple(_method(content, name, used[name], cited) for name in there)),),
            folded=True,
        )
        for family, names in FAMILIES.items()
        if (there := [name for name in names if name in used])
    )


def used_for(content: Content) -> dict[str, list[str]]:
    """Every method that gave anything -> the analyses that it was used for, in their order.

    What could not be estimated anywhere was not used; what was and is kept back was.
    """
    results = content.publication.results.filter(pl.col("status") != "not_estimable")
    pairs = results.select("analysis", "method").unique(maintain_order=True)
    there = set(pairs.iter_rows())
    methods = dict.fromkeys(pairs["method"])
    return {name: [each for each in ANALYSES if (each, name) in there] for name in methods}


def _method(
    content: Content, name: str, analyses: list[str], cited: Mapping[str, str]
) -> Paragraph:
    """A method with the works that it cites, and what it was used for."""
    words = content.words
    text = words(f"vocabulary.methods.{name}")
    questions = "; ".join(words(f"vocabulary.analyses.{analysis}") for analysis in analyses)
    linked = tuple(_linked(text[:1].upper() + text[1:], cited))
    return paragraph(words, "report.methods.method", method=linked, questions=questions)


def _linked(text: str, cited: Mapping[str, str]) -> Iterator[Run]:
    """A text whose citations lead to the works that they name."""
    rest = 0
    for start, end, anchor in sorted(_citations(text, cited)):
        if start >= rest:
            yield from as_runs(text[rest:start])
            yield Run(text[start:end], link=f"#{anchor}")
            rest = end
    yield from as_runs(text[rest:])


def _citations(text: str, cited: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Where a text cites which work, brackets apart."""
    for key, work in works().items():
        pattern = r"\)? \(?".join(map(re.escape, key.split()))
        if work in cited and (found := re.search(pattern, text)):
            yield found.start(), found.end(), cited[work]


# --- references -----------------------------------------------------------------------------


def references(content: Content) -> Section | None:
    """Every work that is cited, by its first author."""
    cited = list(references_of(content))
    if not cited:
        return None
    items = tuple(Paragraph((Run(f"{text}."),), id=_anchor(n)) for n, text in enumerate(cited, 1))
    title = content.words("report.methods.references")
    return Section("methods-references", title, (Listed(items),), folded=True)


def _anchor(number: int) -> str:
    return f"reference-{number}"


def references_of(content: Content) -> Iterator[str]:
    """Works that the texts of the methods and estimands of the results cite, in their order."""
    results = content.publication.results
    named = [f"vocabulary.methods.{name}" for name in results["method"].unique()]
    named += [f"vocabulary.estimands.{name}" for name in results["estimand"].unique()]
    said = plain(" ".join(content.words.texts[name] for name in named))
    found = {text: None for cited, text in works().items() if cited in said}
    yield from sorted(found, key=str.casefold)


@lru_cache
def works() -> dict[str, str]:
    """How a text cites a work -> the work."""
    raw = tomllib.loads(_REFERENCES.read_text(encoding="utf-8"))
    return {plain(each["cited"]): each["text"] for each in raw["references"]}


def plain(text: str) -> str:
    """A text without round brackets: authors are cited in and outside of them."""
    return text.replace("(", "").replace(")", "")
