"""How changes, and organisations, are distributed: more of it would say what each of few is.

Mean and standard deviation of whole numbers leave many sets of them. With ranks and what trimming
leaves, one is left of few respondents; with every way of accounting for organisations, the size
and the mean of each of few organisations.
"""

from collections.abc import Iterator, Mapping

from peereval.disclosure.sheet import Sheet

#: What is ranked, or trimmed, needs eight times the base, as quartiles do.
RANKED = ("wilcoxon", "trimmed")
_OF_RESPONDENTS = 8
#: As many times the organisations that a group needs, as for quartiles of organisations.
_OF_ORGANISATIONS = 4
#: Ways of accounting for organisations, of which one is shown: the headline, or else CR2.
BY_ORGANISATION: Mapping[str, tuple[str, ...]] = {
    "paired": ("paired_cr2", "paired_cr1", "paired_cr3", "paired_wild", "paired_multilevel"),
    "did": ("did_cr2", "did_cr1", "did_cr3", "did_wild", "did_multilevel", "did_permutation"),
}
#: How alike respondents of one organisation are.
_ALIKE = ("anova", "paired_multilevel", "did_multilevel")


def protect_shapes(sheet: Sheet) -> None:
    """Ranks of few respondents, and what is said of few organisations."""
    for place in sheet.where(analysis=("paired", "tabulation"), method=RANKED):
        if 0 < sheet.rows[place]["n"] < _OF_RESPONDENTS * sheet.protection.base:
            sheet.withhold(place, "single_points")
    if sheet.study.organisation:
        _protect_organisations(sheet)


def _protect_organisations(sheet: Sheet) -> None:
    least = _OF_ORGANISATIONS * sheet.protection.organisations
    others = frozenset(_others(sheet))
    for place, row in enumerate(sheet.rows):
        if not 0 < row["n_organisations"] < least:
            continue
        if (row["analysis"], row["method"]) in others:
            sheet.withhold(place, "few_organisations")
        elif place not in sheet.steps:
            sheet.short.add(place)


def _others(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Analysis and method of what is said of organisations beside that."""
    statistics = sheet.study.statistics
    for analysis, chosen in (("paired", statistics.headline_change),
                             ("did", statistics.headline_did)):  # fmt: skip
        methods = BY_ORGANISATION[analysis]
        kept = chosen if chosen in methods else methods[0]
        yield from ((analysis, method) for method in methods if method != kept)
    yield from (("clustering", method) for method in _ALIKE)
