"""Published claims, looked at again: what survives clustering, multiplicity and equivalence."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from peereval.columns import CLAIMS
from peereval.judging.headline import Row, headline_rows
from peereval.judging.verdicts import equivalence_row
from peereval.significance import alpha_of
from peereval.studies import Claim, Study

#: The method of the report this project began with, then the clustered one, by kind of outcome.
_PLAIN = {
    "paired": ("paired_t", "mean_change"),
    "did": ("did_ols", "did"),
    "prevalence_change": ("paired_t", "share_change"),
    "band_change": ("stuart_maxwell", "marginal_homogeneity"),
}
_CLUSTERED = {
    "paired": ("paired_cr2", "mean_change"),
    "did": ("did_cr2", "did"),
    "prevalence_change": ("paired_cr2", "share_change"),
}
YES, NO, UNTESTED = "yes", "no", "not tested"


def judge_claims(results: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`claims`: one row per claim and outcome, with whether each way of looking bears it out.

    A claim of a change survives where the test finds one (and equivalence does not show it to
    be small), and the verdict says which way it went and what could not be tested; a claim of
    none survives a test that finds none, but is only shown where equivalence finds any effect
    smaller than the smallest of interest.
    """
    rows = {row["estimate_id"]: row for row in results.iter_rows(named=True)}
    heads = {_place(row): row for row in headline_rows(results, study)}
    made = [_judge(claim, rows, heads, study) for claim in study.claims]
    schema = {column.name: pl.String for column in CLAIMS}
    return pl.DataFrame(made, schema=schema, orient="row")


def _place(row: Row) -> tuple[str, ...]:
    return tuple(row[key] for key in ("analysis", "phase", "comparison", "group", "outcome"))


def _judge(
    claim: Claim, rows: Mapping[str, Row], heads: Mapping[tuple[str, ...], Row], study: Study
) -> dict[str, Any]:
    analysis, group = _analysis(claim, study), _group(claim, study)
    where = f"{claim.phase}.{claim.comparison}.{group}.{claim.outcome}"
    alpha, effect = alpha_of(study.ci_level), not claim.says.startswith("no_")

    def row_of(methods: Mapping[str, tuple[str, str]]) -> Row | None:
        method, estimand = methods.get(analysis, ("", ""))
        return rows.get(f"{analysis}.{method}.{where}.{estimand}")

    head = heads.get((analysis, claim.phase, claim.comparison, group, claim.outcome))
    equal = equivalence_row(_of_claim(claim, group), rows)
    verdicts = {
        "as_published": _found(row_of(_PLAIN), "p_value", alpha, effect),
        "clustering": _found(row_of(_CLUSTERED), "p_value", alpha, effect),
        "multiplicity": _found(head, "p_adjusted", alpha, effect),
        "equivalence": _shown(equal, alpha, effect),
    }
    return {
        "claim": claim.id, "text": claim.text, "says": claim.says, "phase": claim.phase,
        "comparison": claim.comparison, "group": group, "outcome": claim.outcome,
        **verdicts, "verdict": _verdict(verdicts, claim, head),
    }  # fmt: skip


def _of_claim(claim: Claim, group: str) -> Row:
    return {
        "phase": claim.phase, "comparison": claim.comparison, "group": group,
        "outcome": claim.outcome,
    }  # fmt: skip


def _analysis(claim: Claim, study: Study) -> str:
    if claim.says.endswith("difference"):
        return "did"
    if claim.outcome in study.bands:
        return "band_change"
    return "paired" if claim.outcome in study.scores else "prevalence_change"


def _group(claim: Claim, study: Study) -> str:
    return "_v_".join(study.contrast or ()) if claim.says.endswith("difference") else claim.group


def _found(row: Row | None, column: str, alpha: float, effect: bool) -> str:
    if row is None or row[column] is None:
        return UNTESTED
    return YES if (row[column] < alpha) == effect else NO


def _shown(row: Row | None, alpha: float, effect: bool) -> str:
    """Of a claim of none: it is shown. Of a claim of a change: it is not shown to be small."""
    if row is None:
        return UNTESTED
    small = row["p_value"] < alpha
    return YES if small != effect else NO


def _verdict(found: Mapping[str, str], claim: Claim, head: Row | None) -> str:
    tests = {found[name] for name in ("as_published", "clustering", "multiplicity")}
    if tests == {UNTESTED}:
        return UNTESTED
    if claim.says.startswith("no_"):
        return _of_none(found)
    if YES not in tests:
        return "not found by any of the tests"
    if _is_other_way(claim, head):
        return f"not borne out{_way(head)}"
    return _of_change(found, head)


def _is_other_way(claim: Claim, head: Row | None) -> bool:
    """Whether an effect goes against the direction that the claim gives it, if it gives one."""
    if not claim.direction or head is None or not head["estimate"]:
        return False
    return bool((head["estimate"] > 0) != (claim.direction == "up"))


def _of_change(found: Mapping[str, str], head: Row | None) -> str:
    """Of a claim of an effect: what it survives, and which way the effect goes."""
    failed = [name for name in ("clustering", "multiplicity") if found[name] == NO]
    if failed:
        return f"does not survive {' and '.join(failed)}"
    untested = [name for name in ("clustering", "multiplicity") if found[name] == UNTESTED]
    said = [f"survives{_way(head)}"]
    if untested:
        said.append(f"{' and '.join(untested)} not tested")
    if found["equivalence"] == NO:
        said.append("smaller than the smallest effect of interest")
    return ", ".join(said)


def _of_none(found: Mapping[str, str]) -> str:
    """Of a claim of none: an effect that is found, else what equivalence says."""
    alone = found["as_published"] if found["clustering"] == UNTESTED else found["clustering"]
    untested = _NOT_CLUSTERED if found["clustering"] == UNTESTED else ""
    if found["multiplicity"] == NO or alone == NO:
        small = _SMALL if found["equivalence"] == YES else ""
        among = "" if found["multiplicity"] == NO else _NOT_AMONG
        return f"{_WRONG}{among}{small}{untested}"
    return _NONE[found["equivalence"]] + (untested if found["equivalence"] == YES else "")


def _way(head: Row | None) -> str:
    """Which way an effect goes: a claim that gives no direction says so in words alone."""
    if head is None or not head["estimate"]:
        return ""
    higher = head["estimate"] > 0
    if head["analysis"] == "did":
        return ": higher for the treated" if higher else ": lower for the treated"
    return ": it rose" if higher else ": it fell"


_WRONG = "an effect is found where none was claimed"
_NOT_AMONG = " (not when adjusted for multiplicity)"
_SMALL = ", smaller than the smallest effect of interest"
_NOT_CLUSTERED = ", clustering not tested"
#: What a claim of none comes to where no test finds one, by what equivalence says.
_NONE = {
    YES: "shown: any effect is smaller than the smallest effect of interest",
    NO: "not shown: an effect of interest cannot be excluded",
    UNTESTED: "not shown: whether an effect could be of interest was not tested",
}
