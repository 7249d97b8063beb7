"""Which tests are judged together, whether estimators agree, and what claims survive."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.columns import names
from peereval.errors import StudyError
from peereval.estimating import result_table
from peereval.estimators.equivalence import equivalence as equivalence_test
from peereval.estimators.estimate import Estimate, Key
from peereval.judging import (
    adjust,
    agreement_rows,
    evidence_rows,
    find_in_results,
    headline_rows,
    judge_claims,
    verdict_of,
)
from peereval.studies import Study
from support.surveys import CALM, CONTRAST, MOOD, draw_survey, make_survey

CONTRASTED = "helped_v_others"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def study_with(folder: Path, **settings: Any) -> Study:
    return make_survey(folder, draw_survey(1, 2, 1), MOOD, CALM, **settings)


def row(
    method: str, p: float | None, outcome: str = "mood_total", group: str = "all", **more: Any
) -> dict[str, Any]:
    """A row about a change (or of the contrast, by its method) that has a p value, or none."""
    analysis = more.pop("analysis", "did" if method.startswith(("did", "ancova")) else "paired")
    estimand = more.pop("estimand", "did" if analysis == "did" else "mean_change")
    key = Key(analysis, "young", "short", group, outcome, "points")
    if p is None:
        return key.row(method, estimand, Estimate(n=9, reason="too few"), more.pop("level", ""))
    interval = {"ci_low": 0.1, "ci_high": 0.9} if p < 0.05 else {"ci_low": -0.4, "ci_high": 1.4}
    numbers = {"value": 0.5, "ci_level": 0.95, "n": 90, **interval, **more}
    return key.row(method, estimand, Estimate(p_value=p, **numbers))


def adjusted(rows: list[dict[str, Any]], study: Study) -> dict[str, float | None]:
    """Estimate id -> adjusted p value, of rows that have any p value."""
    results, _ = adjust(result_table(rows), study)
    return {
        each["estimate_id"]: each["p_adjusted"]
        for each in results.iter_rows(named=True)
        if each["p_value"] is not None
    }


# --- headlines --------------------------------------------------------------------------------


def test_the_plain_test_stands_in_where_the_declared_one_has_no_number(folder: Path) -> None:
    rows = [row("paired_t", 0.01), row("paired_cr2", None)]
    (headline,) = headline_rows(result_table(rows), study_with(folder))
    assert headline["method"] == "paired_t"


def test_the_declared_estimator_is_the_headline_even_if_the_plain_one_is_smaller(
    folder: Path,
) -> None:
    rows = [row("paired_cr2", 0.2), row("paired_t", 0.01)]
    (headline,) = headline_rows(result_table(rows), study_with(folder))
    assert headline["method"] == "paired_cr2"


def test_a_study_may_declare_another_headline(folder: Path) -> None:
    study = study_with(folder, statistics={"headline_did": "ancova_cr2"})
    rows = [
        row("did_cr2", 0.2, group=CONTRASTED),
        row("ancova_cr2", 0.3, group=CONTRASTED, estimand="adjusted_difference"),
    ]
    (headline,) = headline_rows(result_table(rows), study)
    assert headline["method"] == "ancova_cr2"


# --- families ---------------------------------------------------------------------------------


def test_primary_outcomes_are_one_family_by_holm_and_the_others_another(folder: Path) -> None:
    study = study_with(folder, statistics={"primary": ["mood_total"]})
    rows = [row("paired_cr2", 0.03), row("paired_cr2", 0.04, "calm_total")]
    _, families = adjust(result_table(rows), study)
    assert {(f["method"], f["level"], f["estimate"]) for f in families} == {
        ("holm", "paired_primary_outcomes", 1),
        ("benjamini_hochberg", "paired_other_outcomes", 1),
    }


def test_tests_without_a_p_value_neither_count_nor_spoil_the_others(folder: Path) -> None:
    study = study_with(folder, statistics={"primary": ["mood_total", "calm_total"]})
    rows = [row("paired_cr2", 0.03), row("paired_cr2", None, "calm_total")]
    assert list(adjusted(rows, study).values()) == [0.03]


def test_only_headlines_are_adjusted(folder: Path) -> None:
    rows = [row("paired_t", 0.01), row("paired_cr2", 0.02), row("wilcoxon", 0.001)]
    found = adjusted(rows, study_with(folder))
    assert [p for p in found.values() if p is not None] == [0.02]


def test_a_declared_family_holds_what_it_names(folder: Path) -> None:
    family = {"id": "both", "adjust": "holm", "analyses": ["paired", "did"]}
    study = study_with(folder, families=[family])
    rows = [row("paired_cr2", 0.02), row("did_cr2", 0.03, group=CONTRASTED)]
    results, (said,) = adjust(result_table(rows), study)
    assert results["p_adjusted"].to_list() == [0.04, 0.04]
    assert (said["level"], said["estimate"]) == ("both", 2)


def test_a_declared_family_without_tests_says_so(folder: Path) -> None:
    # The contrast is of two groups and of none of them alone.
    family = {"id": "helped", "analyses": ["did"], "groups": ["helped"]}
    study = study_with(folder, families=[family], contrast=CONTRAST)
    _, families = adjust(result_table([row("did_cr2", 0.03, group=CONTRASTED)]), study)
    said = {each["level"]: (each["status"], each["note"]) for each in families}
    assert said["helped"][0] == "not_estimable"
    assert said["helped"][1].startswith("no headline test is in this family")


def test_groups_are_families_of_their_own(folder: Path) -> None:
    rows = [row("paired_cr2", 0.02), row("paired_cr2", 0.04, group="helped")]
    assert list(adjusted(rows, study_with(folder)).values()) == [0.02, 0.04]


# --- agreement --------------------------------------------------------------------------------


def agreement(rows: list[dict[str, Any]], study: Study) -> dict[str, Any]:
    (said,) = agreement_rows(result_table(rows), study)
    return said


def test_estimators_that_find_the_same_agree(folder: Path) -> None:
    rows = [row("paired_cr2", 0.02), row("paired_t", 0.001)]
    assert agreement(rows, study_with(folder))["estimate"] == 1


def test_an_estimator_that_finds_none_is_named(folder: Path) -> None:
    rows = [row("paired_cr2", 0.02), row("paired_t", 0.001), row("paired_wild", 0.2)]
    said = agreement(rows, study_with(folder))
    assert said["estimate"] == 0.5
    assert "not: paired_wild" in said["note"]


def test_an_estimator_that_finds_the_opposite_does_not_agree(folder: Path) -> None:
    other = row("paired_t", 0.01, value=-0.5, ci_low=-0.9, ci_high=-0.1)
    assert agreement([row("paired_cr2", 0.02), other], study_with(folder))["estimate"] == 0


def test_a_median_of_0_does_not_hide_what_its_test_finds(folder: Path) -> None:
    ranks = row("wilcoxon", 0.01, estimand="pseudo_median", value=0.0, ci_low=0.0, ci_high=0.5)
    assert agreement([row("paired_cr2", 0.2), ranks], study_with(folder))["estimate"] == 0
    assert agreement([row("paired_cr2", 0.02), ranks], study_with(folder))["estimate"] == 1


def test_nothing_is_said_of_a_headline_alone(folder: Path) -> None:
    assert not list(agreement_rows(result_table([row("paired_cr2", 0.02)]), study_with(folder)))


# --- evidence ---------------------------------------------------------------------------------


def test_a_change_without_a_comparison_is_the_lowest_level_of_evidence() -> None:
    (said,) = evidence_rows(result_table([row("paired_cr2", 0.02)]))
    assert said["estimate"] == 1
    assert "without a comparison group" in said["note"]


def test_an_adjusted_contrast_is_at_most_level_three() -> None:
    rows = [
        row("did_cr2", 0.02, group=CONTRASTED),
        row("ancova_cr2", 0.1, group=CONTRASTED, estimand="adjusted_difference"),
    ]
    assert sorted(each["estimate"] for each in evidence_rows(result_table(rows))) == [2, 3]


def test_evidence_says_nothing_of_how_the_groups_came_about(folder: Path) -> None:
    """They may be in different organisations, and chance may have made them."""
    said = " ".join(
        each["note"]
        for each in evidence_rows(
            result_table(
                [
                    row("did_cr2", 0.02, group=CONTRASTED),
                    row("did_weighted", 0.02, group=CONTRASTED),
                ]
            )
        )
    )
    assert "chose" not in said
    assert "in the same organisations" not in said


# --- claims -----------------------------------------------------------------------------------


def verdict(says: str, rows: list[dict[str, Any]], folder: Path, **more: str) -> str:
    claim = {"id": "said", "says": says, "outcomes": ["mood_total"], "phase": "young", **more}
    study = study_with(folder, claims=[{**claim, "comparison": "short"}], contrast=CONTRAST)
    results, _ = adjust(result_table(rows), study)
    claims = judge_claims(results, study)
    assert claims.columns == names("claims")
    return str(claims["verdict"].item())


def equivalence(p: float, group: str = "all") -> dict[str, Any]:
    return row("tost_cr2", p, group=group, analysis="equivalence", estimand="equivalence")


def test_a_change_survives_if_the_clustered_and_adjusted_tests_find_it(folder: Path) -> None:
    rows = [row("paired_t", 0.001), row("paired_cr2", 0.01), equivalence(0.6)]
    assert verdict("change", rows, folder) == "survives: it rose"


def test_a_change_the_other_way_is_said_to_be(folder: Path) -> None:
    fell = {"value": -0.5, "ci_low": -0.9, "ci_high": -0.1}
    rows = [row("paired_t", 0.001, **fell), row("paired_cr2", 0.01, **fell), equivalence(0.6)]
    assert verdict("change", rows, folder) == "survives: it fell"


def test_a_claim_with_a_direction_needs_an_effect_in_it(folder: Path) -> None:
    fell = {"value": -0.5, "ci_low": -0.9, "ci_high": -0.1}
    rows = [row("paired_t", 0.001, **fell), row("paired_cr2", 0.01, **fell), equivalence(0.6)]
    assert verdict("change", rows, folder, direction="down") == "survives: it fell"
    assert verdict("change", rows, folder, direction="up") == "not borne out: it fell"


@pytest.mark.parametrize(
    ("says", "direction", "found"),
    [("change", "sideways", "direction"), ("no_change", "up", "a claim of none has no direction")],
)
def test_a_direction_that_means_nothing_is_refused(
    folder: Path, says: str, direction: str, found: str
) -> None:
    with pytest.raises(StudyError, match=found):
        verdict(says, [row("paired_t", 0.001)], folder, direction=direction)


def test_a_change_survives_no_clustering_that_was_not_tested(folder: Path) -> None:
    rows = [row("paired_t", 0.001), row("paired_cr2", None), equivalence(0.6)]
    assert verdict("change", rows, folder) == "survives: it rose, clustering not tested"


def test_a_change_that_no_test_finds_is_not_lost_by_clustering(folder: Path) -> None:
    rows = [row("paired_t", 0.3), row("paired_cr2", 0.4), equivalence(0.6)]
    assert verdict("change", rows, folder) == "not found by any of the tests"


def test_a_change_that_only_the_plain_test_finds_does_not_survive_clustering(folder: Path) -> None:
    rows = [row("paired_t", 0.001), row("paired_cr2", 0.09), equivalence(0.6)]
    assert verdict("change", rows, folder) == "does not survive clustering and multiplicity"


def test_a_change_may_be_lost_among_many_tests(folder: Path) -> None:
    rows = [row("paired_t", 0.03), row("paired_cr2", 0.04), row("paired_cr2", 0.5, "calm_total")]
    assert verdict("change", rows, folder) == "does not survive multiplicity"


def test_a_change_smaller_than_what_is_of_interest_is_said_to_be(folder: Path) -> None:
    rows = [row("paired_t", 0.001), row("paired_cr2", 0.01), equivalence(0.01)]
    assert "smaller than the smallest effect of interest" in verdict("change", rows, folder)


def test_a_large_p_alone_does_not_show_that_nothing_changed(folder: Path) -> None:
    rows = [row("paired_t", 0.3), row("paired_cr2", 0.4), equivalence(0.2)]
    assert verdict("no_change", rows, folder).startswith("not shown")


def test_equivalence_shows_that_a_change_is_small(folder: Path) -> None:
    rows = [row("paired_t", 0.3), row("paired_cr2", 0.4), equivalence(0.01)]
    assert verdict("no_change", rows, folder).startswith("shown")


def test_a_claim_of_none_is_contradicted_by_an_effect(folder: Path) -> None:
    rows = [row("paired_t", 0.001), row("paired_cr2", 0.001), equivalence(0.7)]
    assert "where none was claimed" in verdict("no_change", rows, folder)


def test_an_effect_where_none_was_claimed_may_be_small_or_lost_among_many(folder: Path) -> None:
    rows = [row("paired_t", 0.001), row("paired_cr2", 0.04), equivalence(0.01)]
    wrong = "an effect is found where none was claimed"
    small = ", smaller than the smallest effect of interest"
    assert verdict("no_change", rows, folder) == f"{wrong}{small}"
    among = " (not when adjusted for multiplicity)"
    rows.append(row("paired_cr2", 0.5, "calm_total"))
    assert verdict("no_change", rows, folder) == f"{wrong}{among}{small}"


def test_what_is_shown_without_organisations_says_so(folder: Path) -> None:
    plain = row("tost_t", 0.01, analysis="equivalence", estimand="equivalence")
    said = verdict("no_change", [row("paired_t", 0.3), row("paired_cr2", None), plain], folder)
    assert said.startswith("shown")
    assert said.endswith("clustering not tested")


def test_a_claim_of_none_of_what_could_not_be_tested_is_not_tested(folder: Path) -> None:
    assert verdict("no_change", [row("paired_t", None)], folder) == "not tested"


def test_a_claim_about_the_groups_is_judged_by_the_contrast(folder: Path) -> None:
    rows = [
        row("did_ols", 0.3, group=CONTRASTED),
        row("did_cr2", 0.4, group=CONTRASTED),
        equivalence(0.01, CONTRASTED),
    ]
    assert verdict("no_difference", rows, folder).startswith("shown")


def test_claims_without_results_are_not_tested(folder: Path) -> None:
    assert verdict("change", [row("paired_t", 0.2, "calm_total")], folder) == "not tested"


def test_nothing_the_program_says_of_a_claim_calls_a_large_p_no_effect() -> None:
    from peereval.judging import claims

    said = [claims._WRONG, *claims._NONE.values()]
    assert not [words for words in said if "no effect" in words]


def test_results_keep_their_rows_and_order_when_they_are_adjusted(folder: Path) -> None:
    before = result_table([row("paired_t", 0.01), row("paired_cr2", 0.02)])
    after, _ = adjust(before, study_with(folder))
    assert after.drop("p_adjusted").equals(before.drop("p_adjusted"))
    assert after.columns == before.columns
    assert after["p_adjusted"].dtype == pl.Float64


# --- findings ---------------------------------------------------------------------------------


def codes(rows: list[dict[str, Any]], study: Study) -> list[str]:
    return [finding.code for finding in find_in_results(result_table(rows), study)]


def contrasts(ancova: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        row("did_cr2", 0.01, group=CONTRASTED),
        row("ancova_cr2", 0.5, group=CONTRASTED, estimand="adjusted_difference", **ancova),
    ]


def test_contrast_and_covariance_that_part_are_a_finding(folder: Path) -> None:
    study = study_with(folder, contrast=CONTRAST)
    assert codes(contrasts({"value": -0.2}), study) == ["STA001"]


def test_contrast_and_covariance_that_agree_are_none(folder: Path) -> None:
    study = study_with(folder, contrast=CONTRAST)
    same = {"value": 0.45, "ci_low": 0.05, "ci_high": 0.85}
    assert codes(contrasts(same), study) == []


def test_many_tests_without_a_primary_outcome_are_a_note(folder: Path) -> None:
    many = Key("families", "young").row("holm", "n_tests", Estimate(9, n=9), "paired")
    assert codes([many], study_with(folder)) == ["STA002"]
    declared = study_with(folder, statistics={"primary": ["mood_total"]})
    assert codes([many], declared) == []


@pytest.mark.parametrize("headline", [{"headline_change": "paired_t"}, {"headline_did": "did_ols"}])
def test_a_headline_that_knows_no_organisations_is_a_finding(
    folder: Path, headline: dict[str, str]
) -> None:
    study = study_with(folder, contrast=CONTRAST, statistics=headline)
    assert codes([], study) == ["STA003"]


def test_without_organisations_the_plain_test_is_no_finding(folder: Path) -> None:
    columns = {"respondent": "id", "role": "role"}
    study = study_with(folder, columns=columns, statistics={"headline_change": "paired_t"})
    assert codes([], study) == []


@pytest.mark.parametrize(("icc", "found"), [(0.1, ["STA004"]), (0.09, [])])
def test_organisations_that_changed_differently_are_a_finding(
    folder: Path, icc: float, found: list[str]
) -> None:
    rows = [row("anova", 1, analysis="clustering", estimand="icc_change", value=icc)]
    assert codes(rows, study_with(folder)) == found


@pytest.mark.parametrize(("organisations", "found"), [(5, ["STA005"]), (6, [])])
def test_a_bootstrap_of_five_organisations_is_a_finding(
    folder: Path, organisations: int, found: list[str]
) -> None:
    study = study_with(folder, statistics={"headline_change": "paired_wild"})
    assert codes([row("paired_wild", 0.0625, n_organisations=organisations)], study) == found


# --- readings ---------------------------------------------------------------------------------


def test_a_headline_is_held_against_the_margin_itself() -> None:
    """The contrast of changes is near 0, the difference adjusted for before is not."""
    numbers = {"std_error": 0.1, "df": 20.0}
    did = Estimate(0.01, p_value=0.92, **numbers)
    tost = Key("equivalence", "young", "short", CONTRASTED, "mood_total").row(
        "tost_cr2", "equivalence", equivalence_test(did, 0.5, 0.95)
    )
    rows = {tost["estimate_id"]: tost}
    same = row("did_cr2", 0.92, group=CONTRASTED, value=0.01, **numbers)
    assert verdict_of(same, rows, 0.95) == "small"
    apart = row(
        "ancova_cr2", 0.07, group=CONTRASTED, estimand="adjusted_difference", value=0.45, **numbers
    )
    assert verdict_of(apart, rows, 0.95) == "undecided"
