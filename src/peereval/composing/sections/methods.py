"""Methods: what was run, in the words of the vocabulary, with the works that they cite."""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from peereval.columns import ANALYSES, METHODS
from peereval.composing.columns import head, text
from peereval.composing.content import Content
from peereval.composing.model import Block, Listed, Paragraph, Run, Section, Table
from peereval.composing.sentences import paragraph, runs

_REFERENCES = Path(__file__).parents[1] / "references.toml"


def methods(content: Content) -> Section:
    """The section on methods, of what the results hold and of nothing else."""
    words = content.words
    blocks: list[Block] = [
        paragraph(words, "report.methods.intro", level=content.level),
        *_headlines(content),
        *_evidence(content),
        run_methods(content),
    ]
    parts = (_scales(content), _choices(content), _references(content))
    return Section(
        "methods", words("report.methods.title"), tuple(blocks), tuple(p for p in parts if p)
    )


def _headlines(content: Content) -> Iterator[Paragraph]:
    used = set(content.publication.results["method"])
    for analysis, (method, _) in content.publication.headlines.items():
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


def run_methods(content: Content) -> Table:
    """Every analysis that was run with each of its methods."""
    words = content.words
    pairs = content.publication.results.select("analysis", "method").unique(maintain_order=True)
    there = set(pairs.iter_rows())
    rows = tuple(
        (
            text(words(f"vocabulary.analyses.{analysis}")),
            text(words(f"vocabulary.methods.{method}")),
            text(method),
        )
        for analysis in ANALYSES
        for method in METHODS
        if (analysis, method) in there
    )
    columns = head(content, "question_answered", texts=["method", "method_id"])
    return Table("methods-run", words("report.methods.table_title"), columns, rows)


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
    return Section("methods-scales", words("report.methods.scales"), (Listed(items),))


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
    return Section("methods-choices", words("report.methods.choices"), (Listed(said), software))


# --- references -----------------------------------------------------------------------------


def _references(content: Content) -> Section | None:
    cited = list(references_of(content))
    if not cited:
        return None
    items = tuple(Paragraph((Run(f"{each}."),)) for each in cited)
    return Section(
        "methods-references", content.words("report.methods.references"), (Listed(items),)
    )


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
