"""What is doubtful about a matching, besides duplicates and conflicts."""

from collections.abc import Iterator

import polars as pl

from peereval.errors import Fault
from peereval.pairing.conflicts import has
from peereval.plurals import count_of
from peereval.studies import Comparison, Study

#: The role of those who are mentor and mentee at once.
TWO_ROLES = "both"


def find_loose_ends(
    pairs: pl.DataFrame, contradictions: pl.DataFrame, ledger: pl.DataFrame, study: Study
) -> tuple[Fault, ...]:
    """By comparison: respondents without a role or with two, responses without a partner.

    Who is mentor and mentee at once is counted (CON009). That nobody has a partner is a finding
    of its own (CON008).

    ``pairs`` and ``contradictions`` as `pair_scores` gives them; ``ledger`` as `write_ledger`.
    """
    return tuple(
        fault
        for comparison in study.comparisons
        for fault in (
            *(_roles(pairs, contradictions, comparison, study) if study.groups else ()),
            *_without_partner(ledger, comparison, study),
        )
    )


def _roles(
    pairs: pl.DataFrame, contradictions: pl.DataFrame, comparison: Comparison, study: Study
) -> Iterator[Fault]:
    here = pl.col("counted") & (pl.col("comparison") == comparison.id)
    unknown = pairs.filter(here & pl.col("role").is_null()).height
    if unknown:
        found = f"the role of {count_of(unknown, 'matched respondent')} is not known"
        fix = "Counted among all, and in no group"
        yield _of("CON005", found, fix, comparison, study, unknown, study.role)
    changed = contradictions.filter(here & has("role")).height
    if changed:
        found = f"{count_of(changed, 'matched respondent')} gave one role earlier and another later"
        fix = "The later one counts"
        yield _of("CON006", found, fix, comparison, study, changed, study.role)
    both = pairs.filter(here & (pl.col("role") == TWO_ROLES)).height
    if both:
        matched = count_of(both, "matched respondent is|matched respondents are")
        found = f"{matched} both mentor and mentee"
        fix = f"Counted among {groups_of_both(study)}"
        yield _of("CON009", found, fix, comparison, study, both, study.role)


def groups_of_both(study: Study) -> str:
    """Titles of the groups in which those count who are mentor and mentee at once."""
    titles = [group.title for group in study.groups if TWO_ROLES in group.roles]
    return ", ".join(titles) or "all, and in no group"


def nobody_matched(pairs: pl.DataFrame, study: Study) -> tuple[Fault, ...]:
    """The fault of a whole study in which no comparison has a matched respondent (CON010)."""
    if not study.comparisons or pairs["counted"].any():
        return ()
    found = "no respondent is matched in any comparison, so that nothing is compared"
    fix = "Compare the ids of the occasions; restricted/ledger.csv says where each response went"
    return (Fault("CON010", found, fix, study.path.name),)


def _without_partner(ledger: pl.DataFrame, comparison: Comparison, study: Study) -> Iterator[Fault]:
    here = ledger.filter(pl.col("comparison") == comparison.id)
    mine = here.filter(pl.col("status") == "unmatched")
    if mine.height == here.height:
        found = "nobody was found at both occasions, so nothing is compared"
        fix = "See that the ids are written alike, and that each export is of its occasion"
        yield _of("CON008", found, fix, comparison, study, 1)
    earlier = {before for before, _ in comparison.pairs}
    left = mine.filter(pl.col("occasion").is_in(sorted(earlier))).height
    late = mine.height - left
    if mine.height:
        have = "response at the later occasion has|responses at the later occasion have"
        found = f"{count_of(late, have)} no earlier one, and {left:,} at the earlier no later one"
        fix = "Listed in restricted/ledger.csv, as unmatched"
        yield _of("CON007", found, fix, comparison, study, mine.height)


def _of(
    code: str,
    found: str,
    fix: str,
    comparison: Comparison,
    study: Study,
    count: int,
    column: str = "",
) -> Fault:
    place = f"comparisons {comparison.id}"
    return Fault(code, found, fix, study.path.name, column=column, count=count, place=place)
