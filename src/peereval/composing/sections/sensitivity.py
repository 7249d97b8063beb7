"""What would change the conclusions: other estimators, near misses, missing data, claims."""

from collections.abc import Iterator, Sequence

import polars as pl

from peereval.composing.columns import chart, head, text
from peereval.composing.content import Content, Place, Row
from peereval.composing.figures import specification
from peereval.composing.model import Block, Cell, Figure, Listed, Paragraph, Run, Section, Table
from peereval.composing.sentences import paragraph, runs
from peereval.judging.claims import NO, UNTESTED, YES
from peereval.publishing import PhaseOutcomes

#: What stands in a released claim for a test that was kept back.
KEPT_BACK = "kept back"


def sensitivity(content: Content) -> Section | None:
    """The section; None where nothing was computed beside the headlines."""
    parts = tuple(
        part
        for make in (_estimators, _near_misses, _missing_data, _claims)
        if (part := make(content))
    )
    if not parts:
        return None
    words = content.words
    return Section(
        "sensitivity",
        words("report.sensitivity.title"),
        (paragraph(words, "report.sensitivity.intro"),),
        parts,
    )


def _section(content: Content, name: str, tables: list[Block]) -> Section | None:
    """A section with its introduction; None without tables."""
    if not tables:
        return None
    words = content.words
    intro = paragraph(words, f"report.sensitivity.{name}.intro", level=content.level)
    title = words(f"report.sensitivity.{name}.title")
    return Section(f"sensitivity-{name.replace('_', '-')}", title, (intro, *tables))


def _where(content: Content, place: Place) -> str:
    return f"{content.title(place.phase)}: {content.title(place.comparison)}"


def _questions(
    content: Content, phase: PhaseOutcomes, place: Place
) -> Iterator[tuple[str, str, Place]]:
    """Analysis, title and place of each change and contrast of a phase and comparison."""
    for name in phase.outcomes:
        yield "paired", content.title(name), place.at(outcome=name)
    for name in phase.outcomes if content.contrast else ():
        title = content.words("report.sensitivity.difference", outcome=content.title(name))
        yield "did", title, place.at(outcome=name, group=content.contrast)


# --- other estimators -----------------------------------------------------------------------


def _estimators(content: Content) -> Section | None:
    tables: list[Block] = []
    for phase, _, place in content.compared():
        rows = [
            (text(title), content.cell(row, "percent"))
            for analysis, title, here in _questions(content, phase, place)
            if (row := _agreement(content, analysis, here))
        ]
        if rows:
            tables.append(_agreement_table(content, place, rows))
            tables += _apart(content, phase, place)
    return _section(content, "estimators", tables)


def _apart(content: Content, phase: PhaseOutcomes, place: Place) -> Iterator[Figure]:
    """Every estimator side by side, of the questions that some of them answer otherwise."""
    for analysis, _, here in _questions(content, phase, place):
        row = _agreement(content, analysis, here)
        if row and row["estimate"] is not None and row["estimate"] < 1:
            names = (here.phase, here.comparison, here.group, here.outcome, analysis)
            yield from chart(content, specification, *names)


def _agreement(content: Content, analysis: str, place: Place) -> Row | None:
    at = place.at(level=analysis)
    return content.find("agreement", "comparison_of_methods", "share_agreeing", at)


def _agreement_table(content: Content, place: Place, rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(
        f"sensitivity-estimators-{place.phase}-{place.comparison}",
        content.words("report.sensitivity.estimators.table", where=_where(content, place)),
        head(content, "outcome", "agreeing"),
        tuple(rows),
        caption=content.words("report.sensitivity.estimators.caption"),
    )


# --- near misses ----------------------------------------------------------------------------


def _near_misses(content: Content) -> Section | None:
    tables: list[Block] = []
    for phase, _, place in content.compared():
        rows = [
            cells
            for analysis, title, here in _questions(content, phase, place)
            if (cells := _moved(content, analysis, title, here))
        ]
        if rows:
            tables.append(
                Table(
                    f"sensitivity-near-misses-{place.phase}-{place.comparison}",
                    content.words(
                        "report.sensitivity.near_misses.table", where=_where(content, place)
                    ),
                    head(
                        content,
                        "outcome",
                        "n",
                        "as_matched",
                        "n_accepted",
                        "accepted",
                        "from",
                        "to",
                    ),
                    tuple(rows),
                    caption=content.words("report.sensitivity.near_misses.caption"),
                )
            )
    return _section(content, "near_misses", tables)


def _moved(content: Content, analysis: str, title: str, place: Place) -> tuple[Cell, ...] | None:
    """A headline as matched and with every near miss accepted; None where it stays the same."""
    now = content.headline(analysis, place)
    if now is None:
        return None
    then = content.find("near_misses", now["method"], now["estimand"], place)
    if then is None or (then["n"], then["estimate"]) == (now["n"], now["estimate"]):
        return None
    return (
        text(title), content.cell(now, "count", "n"), content.cell(now, "2"),
        content.cell(then, "count", "n"),
        *(content.cell(then, "2", name) for name in ("estimate", "ci_low", "ci_high")),
    )  # fmt: skip


# --- missing data ---------------------------------------------------------------------------


def _missing_data(content: Content) -> Section | None:
    tables: list[Block] = []
    for phase, _, place in content.compared():
        rows = [
            cells for name in phase.outcomes if (cells := _filled(content, place.at(outcome=name)))
        ]
        if rows:
            tables.append(_missing_table(content, place, tuple(rows)))
    return _section(content, "missing_data", tables)


def _missing_table(content: Content, place: Place, rows: tuple[tuple[Cell, ...], ...]) -> Table:
    words = content.words
    return Table(
        f"sensitivity-missing-{place.phase}-{place.comparison}",
        words("report.sensitivity.missing_data.table", where=_where(content, place)),
        head(
            content, "outcome", "change", "weighted", "weighted_from", "weighted_to",
            "imputed", "imputed_from", "imputed_to", "tipping",
        ),
        rows,
        caption=words("report.sensitivity.missing_data.caption", level=content.level),
    )  # fmt: skip


def _filled(content: Content, place: Place) -> tuple[Cell, ...] | None:
    weighted, imputed = (
        content.find("missing_data", method, "mean_change", place)
        for method in ("logit_weights", "multiple_imputation")
    )
    if weighted is None and imputed is None:
        return None
    tipping = content.find("missing_data", "tipping_point", "tipping_delta", place)
    fields = ("estimate", "ci_low", "ci_high")
    return (
        text(content.title(place.outcome)),
        content.cell(content.headline("paired", place), "2"),
        *(content.cell(row, "2", name) for row in (weighted, imputed) for name in fields),
        content.cell(tipping, "2"),
    )


# --- claims ---------------------------------------------------------------------------------


def _claims(content: Content) -> Section | None:
    claims = content.publication.claims
    if claims.is_empty():
        return None
    items = [_claim(content, str(said), rows) for (said,), rows in
             claims.group_by(["text"], maintain_order=True)]  # fmt: skip
    return _section(content, "claims", [Listed(tuple(items)), _tested_claims(content)])


def _claim(content: Content, said: str, rows: pl.DataFrame) -> Paragraph:
    """A claim, and each verdict with the outcomes it is on."""
    words = content.words
    parts = [
        Run(r.text, strong=True) for r in runs(words, "report.sensitivity.claims.claim", claim=said)
    ]
    outcomes: dict[str, list[str]] = {}
    for row in rows.iter_rows(named=True):
        outcomes.setdefault(verdict_of_claim(row), []).append(content.title(row["outcome"]))
    for verdict, names in outcomes.items():
        meaning = words(f"report.sensitivity.claims.{verdict}")
        parts += runs(
            words, "report.sensitivity.claims.verdict", verdict=meaning, outcomes=", ".join(names)
        )
    return Paragraph(tuple(parts))


def verdict_of_claim(row: Row) -> str:
    """What is left of a claim, as `peereval.judging.judge_claims` has it.

    Of a claim of an effect ``survives``, ``does_not_survive`` or ``not_found``; of a claim of
    none ``contradicted``, ``shown`` or ``not_shown``; ``untested`` or ``kept_back`` of either.
    """
    alone, clustered, among = (row[name] for name in ("as_published", "clustering", "multiplicity"))
    if KEPT_BACK in (alone, clustered, among):
        return "kept_back"
    if {alone, clustered, among} == {UNTESTED}:
        return "untested"
    if not row["says"].startswith("no_"):
        if YES not in (alone, clustered, among):
            return "not_found"
        return "does_not_survive" if NO in (clustered, among) else "survives"
    by_test = alone if clustered == UNTESTED else clustered
    if NO in (among, by_test):
        return "contradicted"
    return "shown" if row["equivalence"] == YES else "not_shown"


def _tested_claims(content: Content) -> Table:
    """Each claim and outcome: whether each way of looking bears it out."""
    words = content.words
    looks = ("as_published", "clustering", "multiplicity", "equivalence")
    rows = tuple(
        (
            text(row["text"]),
            text(content.title(row["outcome"])),
            *(text(words(f"report.answer.{row[name].replace(' ', '_')}")) for name in looks),
        )
        for row in content.publication.claims.iter_rows(named=True)
    )
    title = words("report.sensitivity.claims.table")
    caption = words("report.sensitivity.claims.caption")
    columns = head(content, "claim", texts=["outcome", *looks])
    return Table("sensitivity-claims", title, columns, rows, caption)
