"""What a result gives away, by what it is: the vocabulary of disclosure control.

A result whose analysis and estimand are not here is withheld (rule ``unclassified``).
"""

from collections.abc import Iterator, Mapping

#: Kind -> what a result of that kind gives away.
KINDS: Mapping[str, str] = {
    "base": "how many respondents stand behind other results",
    "share": "with its base, how many respondents are of one sort; of no table",
    "margin": "with its base, how many respondents were in one category before or after",
    "moves": "how many respondents moved from one category to another",
    "part": "how many respondents changed in one of three ways",
    "choice": "how many respondents chose an answer of a survey table",
    "choice_contrast": "how many chose an answer in two columns of a survey table",
    "mean": "a number computed of every respondent in its base",
    "contrast": "the means of two groups, with what else is known of them",
    "interaction": "the means of all levels of a characteristic",
    "level_shares": "how many respondents of two groups are of one level",
    "retention": "how many were followed up, and how many were not",
    "followed_up": "the means of those who were followed up and of those who were not",
    "one": "the value of one respondent or organisation",
    "count": "a count of respondents, by itself",
    "cost": "with its base, the contacts of every respondent in it",
    "near": "the same as a headline, of a few respondents more",
    "median": "the value of the respondents in the middle",
    "kappa": "with the share agreeing, how many each of two coders gave a theme",
    "quantile": "the value of the respondents a quarter from the end",
    "nothing": "nothing about respondents",
}

_MEANS = (
    "mean_pre sd_pre mean_post sd_post correlation mean_change d_z d_av d_rm g_av g_z g_rm "
    "glass_delta g_glass pseudo_median trimmed_mean_change bf10"
)
_COSTS = (
    "cost_pre cost_post saving_per_respondent probability_cost_fell share_of_variance_sampling "
    "share_of_variance_parameters swing"
)

#: Analysis -> kind -> estimands.
_GIVEN: Mapping[str, Mapping[str, str]] = {
    "flow": {"base": "n_invited n_responses n_eligible n_matched n_analysed"},
    "near_misses": {"near": "mean_change did adjusted_difference pseudo_median"},
    "paired": {"mean": _MEANS},
    "did": {"contrast": "did g_baseline adjusted_difference"},
    "band_change": {"margin": "share_pre share_post", "moves": "marginal_homogeneity"},
    "band_migration": {"moves": "share_moved symmetry share_up share_down share_change"},
    "prevalence_change": {"margin": "share_pre share_post", "moves": "share_change"},
    "contact_distribution": {
        "margin": "share_pre share_post",
        "moves": "share_change marginal_homogeneity symmetry interaction any_change",
    },
    "individual_change": {
        "part": "share_improved share_deteriorated share_no_reliable_change",
        "mean": "threshold",
    },
    "cost": {"cost": _COSTS},
    "cost_sensitivity": {"cost": _COSTS},
    "cost_concentration": {
        "cost": "share_of_cost gini",
        "one": "saving_leaving_one_out",
        "count": "n_to_turn_sign",
    },
    "programme_cost": {"nothing": "programme_cost programme_cost_per_participant"},
    "cost_effectiveness": {
        "cost": "net_cost_per_participant net_cost_per_respondent probability_net_cost_negative "
        "share_of_variance_sampling share_of_variance_parameters "
        "cost_per_unit_gained share_of_draws correlation_of_cost_and_gain net_monetary_benefit "
        "probability_cost_effective swing",
        "contrast": "gain",
    },
    "equivalence": {"mean": "equivalence"},
    "clustering": {
        "mean": "variance_between variance_of_effect icc_baseline icc_change design_effect "
        "effective_n minimum_detectable_effect",
    },
    "subgroup": {"mean": "mean_change", "contrast": "did", "interaction": "interaction"},
    "balance": {"level_shares": "standardised_difference"},
    "attrition": {
        "retention": "retention difference_in_retention",
        "level_shares": "standardised_difference",
        "followed_up": "difference_before",
        "nothing": "n_organisations_lost",
    },
    "missing_data": {"mean": "mean_change did tipping_delta"},
    "occasions": {"mean": "mean_at_occasion mean_change sustained_change any_change"},
    "reliability": {
        "mean": "alpha omega_total omega_hierarchical longitudinal_invariance alpha_if_dropped "
        "item_rest_correlation standard_error_of_measurement test_retest",
        "share": "share_floor share_ceiling share_missing",
    },
    "benchmark": {"mean": "difference_from_norm"},
    "tabulation": {
        "base": "n_answering",
        "choice": "n_choosing share_choosing",
        "choice_contrast": "share_difference",
        "margin": "share_pre share_post",
        "moves": "share_change",
        "mean": "mean_score mean_options mean_pre mean_post mean_change mean_number sd_number",
        "contrast": "difference_in_mean_score difference_in_mean_options difference_in_median "
        "shift_of_numbers",
        "median": "median median_pre median_post median_change pseudo_median",
        "quantile": "lower_quartile upper_quartile",
        "count": "n_outliers n_not_codeable n_not_coded",
        "share": "share_coders_agreeing",
        "kappa": "coder_kappa",
    },
    "families": {"nothing": "n_tests"},
    "agreement": {"mean": "share_agreeing"},
    "evidence_level": {"nothing": "maryland_level"},
}  # fmt: skip


def _flat() -> Iterator[tuple[tuple[str, str], str]]:
    for analysis, kinds in _GIVEN.items():
        for kind, estimands in kinds.items():
            for estimand in estimands.split():
                yield (analysis, estimand), kind


#: (analysis, estimand) -> kind.
GIVES: Mapping[tuple[str, str], str] = dict(_flat())
