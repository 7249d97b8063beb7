"""Methods: first what a reader needs to judge a number, then what was run, in detail.

Everything follows from the results: what was not run is not spoken of.
"""

from collections.abc import Iterator

from peereval.composing.content import Content
from peereval.composing.model import Block, Listed, Paragraph, Run, Section
from peereval.composing.sections.methods_run import methods_run, references
from peereval.composing.sentences import Part, listed, paragraph, runs
from peereval.judging import HEADLINES

#: Analyses that a question of the study stands behind, in the order in which they are told.
_ASKED = {
    "change": "paired",
    "contrast": "did",
    "services": "prevalence_change",
    "costs": "cost",
    "programme": "programme_cost",
    "tables": "tabulation",
}


def methods(content: Content) -> Section:
    """The section on methods, of what the results hold and of nothing else."""
    parts = (_asked(content), _compared(content), _sure(content), _must_not(content))
    details = (*methods_run(content), _scales(content), _choices(content), references(content))
    technical = Section(
        "methods-detail",
        content.words("report.methods.detail"),
        (*_detail(content),),
        tuple(part for part in details if part),
    )
    return Section("methods", content.words("report.methods.title"), (), (*parts, technical))


# --- in plain words -------------------------------------------------------------------------


def _plain(content: Content, part: str, said: dict[str, dict[str, Part]]) -> Section:
    """Some sentences under a heading: their names, and what fills their gaps."""
    items = tuple(
        paragraph(content.words, f"report.methods.{part}.{name}", **gaps)
        for name, gaps in said.items()
    )
    title = content.words(f"report.methods.{part}.title")
    return Section(f"methods-{part.replace('_', '-')}", title, (Listed(items),))


def _contrasted(content: Content) -> dict[str, Part]:
    """The two groups of the contrast by their titles; nothing where there is none."""
    names = [content.title(name) for name in content.publication.contrast]
    return {"treated": names[0], "control": names[1]} if names else {}


def _asked(content: Content) -> Section:
    ran = set(content.publication.results["analysis"])
    outcomes = {name for phase in content.publication.phases for name in phase.outcomes}
    gaps: dict[str, dict[str, Part]] = {
        "change": {"n": len(outcomes)},
        "contrast": _contrasted(content),
    }
    said = {name: gaps.get(name, {}) for name, analysis in _ASKED.items() if analysis in ran}
    return _plain(content, "asked", said)


def _compared(content: Content) -> Section:
    publication = content.publication
    ran = set(publication.results["analysis"])
    said: dict[str, dict[str, Part]] = {}
    if publication.comparisons and ran - {"tabulation", "flow"}:
        titles = [f"“{each.title}”" for each in publication.comparisons]
        said["same"] = {"comparisons": listed(content.words, titles)}
    if "did" in ran:
        said["contrast"] = _contrasted(content)
    elif "paired" in ran:
        said["nobody"] = {}
    if "tabulation" in ran:
        said["tables"] = {}
    return _plain(content, "compared", said)


def _sure(content: Content) -> Section:
    results = content.publication.results
    said: dict[str, dict[str, Part]] = {"interval": {"level": content.level}}
    if content.organisations > 1:
        said["clusters"] = {}
    elif "paired" in set(results["analysis"]):
        said["independent"] = {}
    if results["p_value"].is_not_null().any():
        said["found"] = {"share": f"{100 * content.alpha:.0f}%"}
    if results["p_adjusted"].is_not_null().any():
        said["many"] = {}
    if "paired" in set(results["analysis"]):
        said["undecided"] = {}
    return _plain(content, "sure", said)


def _must_not(content: Content) -> Section:
    ran = set(content.publication.results["analysis"])
    said: dict[str, dict[str, Part]] = {}
    if "paired" in ran:
        said["cause_contrast" if "did" in ran else "cause"] = _contrasted(content)
        said["nothing"] = {}
        said["everybody"] = {}
    if "tabulation" in ran:
        said["unnamed"] = {}
    if "tabulation" in ran and "paired" not in ran:
        said["asked_only"] = {}
    if "cost" in ran:
        said["saving"] = {}
    said["single"] = {}
    return _plain(content, "must_not", said)


# --- in detail ------------------------------------------------------------------------------


def _detail(content: Content) -> Iterator[Block]:
    yield paragraph(content.words, "report.methods.intro", level=content.level)
    yield from _headlines(content)
    yield from _evidence(content)


def _headlines(content: Content) -> Iterator[Paragraph]:
    for analysis, (declared, _) in content.publication.headlines.items():
        used = set(content.ran(analysis))
        method = declared if declared in used else HEADLINES[analysis][0]
        if method in used:
            yield paragraph(
                content.words, f"report.methods.headline.{analysis}",
                method=content.words(f"vocabulary.methods.{method}"),
            )  # fmt: skip


def _evidence(content: Content) -> Iterator[Paragraph]:
    """How strong the design is, of change and of the contrast."""
    for row in content.of(analysis="evidence_level", status="ok"):
        key = f"report.methods.evidence.{row['level']}"
        if key in content.words:
            yield paragraph(content.words, key, rank=content.number(row, "count"))


def _scales(content: Content) -> Section | None:
    """Instruments with their version and their source."""
    words = content.words
    sources = {
        each.scale: (each.citation, each.doi)
        for each in content.publication.outcomes.values()
        if each.scale
    }
    if not sources:
        return None
    items = tuple(
        Paragraph(
            (
                *runs(words, "report.methods.scale", scale=name, citation=cited.rstrip(".")),
                *_doi(doi),
            )
        )
        for name, (cited, doi) in sources.items()
    )
    title = words("report.methods.scales")
    return Section("methods-instruments", title, (Listed(items),), folded=True)


def _doi(doi: str) -> tuple[Run, ...]:
    return (Run(" "), Run(f"doi:{doi}", link=f"https://doi.org/{doi}")) if doi else ()


def _choices(content: Content) -> Section:
    """Choices of the study that decide a number."""
    words, settings = content.words, content.publication.run["settings"]
    statistics = settings["statistics"]
    primary = [content.title(name) for name in statistics["primary"]]
    items = [
        ("primary", {"outcomes": ", ".join(primary)}) if primary else ("no_primary", {}),
        (f"duplicates_{settings['duplicates']}", {}),
        (f"pooling_{settings['pooling']}", {}),
        ("randomness", {"draws": f"{statistics['draws']:,}", "seed": str(statistics["seed"])}),
        ("margin", {"margin": f"{statistics['smallest_effect']:g}"}),
        ("adjustment", {}),
    ]
    said = tuple(
        paragraph(words, f"report.methods.choice.{name}", **parts) for name, parts in items
    )
    versions = ", ".join(f"{n} {v}" for n, v in content.publication.run["packages"].items())
    software = paragraph(words, "report.methods.software", versions=versions)
    title = words("report.methods.choices")
    return Section("methods-choices", title, (Listed(said), software), folded=True)
