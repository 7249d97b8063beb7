"""Multiple testing: the tests that are judged together, and their adjusted p values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from peereval.estimators.adjusting import adjusted_p
from peereval.estimators.estimate import Estimate, Key
from peereval.judging.headline import Row, headline_rows
from peereval.studies import ADJUSTMENTS, ALL, Family, Study

_TIERS = {True: "primary", False: "other"}
_WORDS = {"holm": "Holm", "benjamini_hochberg": "Benjamini-Hochberg"}


def adjust(results: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Results with ``p_adjusted`` of every headline test, and one row per family.

    A family is a list of headline tests. Those the study declares come first; what is in none
    of them falls into families by phase and analysis, of everyone and the contrast together
    and of each further group: primary outcomes by Holm, all others by Benjamini & Hochberg. A
    test without a p value is in no family. The rows count the tests (``n_tests``); a declared
    family that holds none says so.
    """
    families = _families(headline_rows(results, study), study)
    adjusted: dict[str, float] = {}
    rows = []
    for family, tests in families.items():
        p_values = [test["p_value"] for test in tests]
        new = adjusted_p(p_values, family.adjust) if p_values else []
        adjusted |= {t["estimate_id"]: p for t, p in zip(tests, new, strict=True)}
        rows.append(_row(family, tests, study))
    found = pl.Series("p_adjusted", [adjusted.get(i) for i in results["estimate_id"]], pl.Float64)
    # Tables have families of their own: theirs are adjusted already.
    return results.with_columns(pl.coalesce(found, "p_adjusted")), rows


def _families(tests: Iterable[Row], study: Study) -> Mapping[Family, list[Row]]:
    found: dict[Family, list[Row]] = defaultdict(list, {family: [] for family in study.families})
    for test in tests:
        if test["p_value"] is not None:
            found[_family_of(test, study)].append(test)
    return found


def _family_of(test: Row, study: Study) -> Family:
    for family in study.families:
        if _holds(family, test):
            return family
    primary = test["outcome"] in study.statistics.primary
    everyone = test["group"] in (ALL, "_v_".join(study.contrast or ()))
    parts = (test["analysis"], "" if everyone else test["group"], _TIERS[primary], "outcomes")
    name = "_".join(part for part in parts if part)
    return Family(name, ADJUSTMENTS[not primary], phases=(test["phase"],))


def _holds(family: Family, test: Row) -> bool:
    wanted = {
        "analysis": family.analyses,
        "outcome": family.outcomes,
        "phase": family.phases,
        "comparison": family.comparisons,
        "group": family.groups,
    }
    return all(not names or test[key] in names for key, names in wanted.items())


def _row(family: Family, tests: Sequence[Row], study: Study) -> dict[str, Any]:
    phases = {test["phase"] for test in tests}
    key = Key("families", phases.pop() if len(phases) == 1 else "", unit="tests")
    if not tests:
        none = Estimate(reason="no headline test is in this family, or another family holds it")
        return key.row(family.adjust, "n_tests", none, level=family.id)
    note = f"{len(tests)} tests judged together by {_WORDS[family.adjust]}"
    if len(tests) == 1:
        note = "one test: there is nothing to adjust it for"
    if not study.statistics.primary:
        note += "; the study declares no primary outcome"
    count = Estimate(len(tests), n=max(test["n"] for test in tests), note=note)
    return key.row(family.adjust, "n_tests", count, level=family.id)
