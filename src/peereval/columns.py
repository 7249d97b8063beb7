"""THE vocabulary: every table's columns, and the closed lists of words in them.

Nothing else in peereval invents a column or a word of `results`. The table
contracts (`peereval.contracts`) and the tests are built from this module.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace


class Column(Struct, frozen=True):
    """One column: its type (``text``, ``integer``, ``number``, ``flag``), unit and meaning."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    nullable: bool = False
    allowed: tuple[str, ...] = ()


# --- names built from an outcome ----------------------------------------------------------


def item_column(scale: str, item: str) -> str:
    """Column of `answers` that holds the code of one item."""
    return f"{scale}_{item}"


def pre(outcome: str) -> str:
    """Column of `pairs` that holds the value before."""
    return f"pre_{outcome}"


def post(outcome: str) -> str:
    """Column of `pairs` that holds the value after."""
    return f"post_{outcome}"


def together(column: str) -> str:
    """Column of `pairs` like ``column``, of the pair in which all costed questions are complete."""
    return column.replace("_", "_together_", 1)


# --- the tables of the stages -------------------------------------------------------------

_RESPONSE = (
    Column("row", "integer", "number of the input row, in reading order; unique over all sources"),
    Column("source", "text", "export file that the row came from"),
    Column("source_row", "integer", "row in that file as a spreadsheet shows it (header = 1)"),
    Column("respondent", "text", "unique id, spaces around it removed", nullable=True),
    Column("occasion", "text", "administration of the survey that the row answers"),
    Column("phase", "text", "questionnaire version"),
    Column("organisation", "text", "school, college or youth organisation", nullable=True),
    Column(
        "role", "text", "mentor, mentee, both, neither, or as the study names it", nullable=True
    ),
)

#: Why a row is set aside before it is matched: its code in `exclusion`, then its ledger status.
#: What a study sets aside follows, one code after the other, all of status ``excluded``.
STAYS, TEST, UNFINISHED, DECLARED = range(4)

#: One row per export row. Then, where the study names them, ``day`` (days since 1970-01-01) and
#: ``year`` (number of the year group), and one integer column per item and per question (codes).
ANSWERS = (
    *_RESPONSE,
    Column("exclusion", "integer", "why the row is set aside; 0 if it stays"),
    Column("respondent_as_written", "text", "id as the export has it", nullable=True),
)

#: One row per export row. Then one column per outcome (denominator x score until people see it)
#: and, for people, one per characteristic.
SCORES = (
    *_RESPONSE,
    Column("exclusion", "integer", "why the row is set aside; 0 if it stays"),
    Column("n_answered", "integer", "items and questions answered, of all that the study uses"),
)

#: One row per respondent and comparison (and wave, when waves are pooled), for those
#: found at both occasions. Then `pre_` and `post_` of each outcome, both or neither; and of the
#: costed questions once more (`pre_together_`), where all of them are complete.
PAIRS = (
    Column("respondent", "text", "unique id"),
    Column("comparison", "text", "which occasions are compared"),
    Column("before", "text", "occasion of the earlier response"),
    Column("after", "text", "occasion of the later response"),
    Column("phase", "text", "questionnaire version, the same at both occasions"),
    Column("organisation", "text", "organisation at the earlier response", nullable=True),
    Column("role", "text", "role at the later response, else at the earlier", nullable=True),
    Column("pre_row", "integer", "input row of the earlier response: `row` of scores"),
    Column("post_row", "integer", "input row of the later response: `row` of scores"),
    Column("counted", "flag", "first pair of this respondent in this comparison"),
    Column("n_complete", "integer", "outcomes with both values"),
    Column("n_outcomes", "integer", "outcomes for which this pair is the one used"),
)

#: Where an input row went. The order is that in which a row is judged.
LEDGER_STATUSES: Mapping[str, str] = {
    "test_response": "a preview or test of the survey, as its platform marks it",
    "unfinished": "the survey was not finished, as its platform marks it",
    "excluded": "set aside by the study",
    "no_id": "no id, or no organisation where ids belong to one",
    "duplicate": "the respondent answered more than once at this occasion; another row was kept",
    "not_compared": "no comparison uses this occasion for this phase",
    "unmatched": "no response of this respondent at the other occasion",
    "phase_differs": "the respondent answered another questionnaire version at the other occasion",
    "conflict": "matched, but the two responses contradict each other, and the study drops such",
    "unscored": "matched, but no outcome is complete at both occasions",
    "pooled": "matched, but the respondent is counted with the pair of another wave",
    "used": "in at least one pair",
}

#: One row per input row and comparison that could use it (comparison empty if none could).
LEDGER = (
    Column("row", "integer", "number of the input row"),
    Column("source", "text", "export file"),
    Column("source_row", "integer", "row in that file as a spreadsheet shows it"),
    Column("respondent", "text", "unique id", nullable=True),
    Column("occasion", "text", "administration of the survey"),
    Column("phase", "text", "questionnaire version"),
    Column("comparison", "text", "comparison concerned; empty where none could use the row"),
    Column("status", "text", "where the row went", allowed=tuple(LEDGER_STATUSES)),
    Column("reason", "text", "why, in words"),
    Column("n_outcomes", "integer", "outcomes for which the row is in a pair"),
)

#: One row per outcome, comparison, phase, role and organisation. Sums are of the
#: whole-number values (denominator x score), so they are exact.
CELLS = (
    Column("outcome", "text", "what is compared"),
    Column("comparison", "text", "which occasions are compared"),
    Column("phase", "text", "questionnaire version"),
    Column("role", "text", "role; empty where unknown"),
    Column("organisation", "text", "organisation; empty where unknown"),
    Column("n", "integer", "pairs"),
    Column("sum_pre", "integer", "sum of values before"),
    Column("sum_post", "integer", "sum of values after"),
    Column("sum_pre_sq", "integer", "sum of squares before"),
    Column("sum_post_sq", "integer", "sum of squares after"),
    Column("sum_pre_post", "integer", "sum of products"),
)

#: One row per outcome, comparison, phase, role, organisation and pair of values.
HISTOGRAMS = (
    *CELLS[:5],
    Column("pre", "integer", "value before"),
    Column("post", "integer", "value after"),
    Column("n", "integer", "pairs with these two values"),
)

#: One row per outcome, comparison, phase, role and pair of values, all organisations together.
DISTRIBUTIONS = tuple(column for column in HISTOGRAMS if column.name != "organisation")

#: Faults of single answers, counted. Restricted: it shows what respondents wrote.
FAULTS = (
    Column("code", "text", "stable code of the fault"),
    Column("source", "text", "export file"),
    Column("column", "text", "column of the export"),
    Column("value", "text", "what was found"),
    Column("n", "integer", "rows with that value"),
    Column("first_row", "integer", "first such row as a spreadsheet shows it"),
    Column("found", "text", "what is wrong with it"),
)

#: What was changed in the exports before they were used, row by row. Restricted.
CHANGES = (
    Column("source", "text", "export file"),
    Column("source_row", "integer", "row in that file as a spreadsheet shows it"),
    Column("column", "text", "column of the export"),
    Column("as_written", "text", "what the export has"),
    Column("used", "text", "what was used instead; empty for nothing"),
    Column("reason", "text", "why it was changed"),
)

#: Answers that are missing for a declared reason, counted.
MISSING = (
    Column("source", "text", "export file"),
    Column("column", "text", "column of the export"),
    Column("reason", "text", "why it is no answer, as the study names it"),
    Column("n", "integer", "cells"),
)

#: What each step of making ids alike did, in the order in which the steps are taken.
ID_STEPS = (
    Column("step", "text", "as_written, then the steps of the study"),
    Column("n_changed", "integer", "ids, of those in any export, that the step changed"),
    Column("n_joined", "integer", "ids of one occasion that became the same as another by it"),
    Column("n_matched", "integer", "respondents found at both occasions of a comparison after it"),
)

#: Several responses of one respondent at one occasion. Restricted.
DUPLICATES = (
    Column("respondent", "text", "unique id"),
    Column("organisation", "text", "organisation of the row kept", nullable=True),
    Column("occasion", "text", "administration of the survey"),
    Column(
        "kind",
        "text",
        "how the rows differ",
        allowed=("identical", "more_complete", "contradictory"),
    ),
    Column("n_rows", "integer", "rows of this respondent at this occasion"),
    Column("rows", "text", "the rows, each as file: row"),
    Column("kept", "text", "the row that was kept, as file: row; empty for none"),
)

#: Pairs whose two responses contradict each other. One row per pair and kind. Restricted.
CONFLICTS = (
    Column("respondent", "text", "unique id"),
    Column("comparison", "text", "which occasions are compared"),
    Column(
        "kind",
        "text",
        "what contradicts",
        allowed=("organisation", "phase", "year_group", "dates"),
    ),
    Column("before_source", "text", "export file of the earlier response"),
    Column("before_row", "integer", "its row as a spreadsheet shows it"),
    Column("before", "text", "what the earlier response says", nullable=True),
    Column("after_source", "text", "export file of the later response"),
    Column("after_row", "integer", "its row as a spreadsheet shows it"),
    Column("after", "text", "what the later response says", nullable=True),
    Column("done", "text", "what was done", allowed=("kept", "dropped")),
)

#: Pairs of unmatched ids so alike that one may be a typing error of the other. Restricted: a
#: person fills in the last three columns and hands the table back.
NEAR_MISSES = (
    Column("organisation", "text", "organisation of both; empty where unknown"),
    Column("before", "text", "occasion of the earlier response"),
    Column("after", "text", "occasion of the later response"),
    Column("before_id", "text", "id at the earlier occasion, as used"),
    Column("after_id", "text", "id at the later occasion, as used"),
    Column("before_source", "text", "export file of the earlier response"),
    Column("before_row", "integer", "its row as a spreadsheet shows it"),
    Column("after_source", "text", "export file of the later response"),
    Column("after_row", "integer", "its row as a spreadsheet shows it"),
    Column("kind", "text", "how the two ids differ"),
    Column("explanation", "text", "the same in words"),
    Column("agree", "text", "characteristics that are the same in both"),
    Column("differ", "text", "characteristics that are not"),
    Column("n_candidates", "integer", "near misses that share one of the two ids, itself included"),
    Column("suggested", "flag", "the best of its candidates, with nothing against it"),
    Column("decision", "text", "accept or reject", allowed=("accept", "reject", "")),
    Column("decided_by", "text", "who decided"),
    Column("decided_on", "text", "when, as YYYY-MM-DD"),
)

# --- results ------------------------------------------------------------------------------

ANALYSES: Mapping[str, str] = {
    "flow": "how many were invited, responded, could be matched and were analysed",
    "near_misses": "headline estimates if every near miss of an id were one respondent",
    "paired": "change of the same respondents from before to after",
    "did": "difference-in-differences: change of one group less change of another",
    "band_change": "share of respondents in each band before and after",
    "prevalence_change": "share who answered yes, or at least once, before and after",
    "contact_distribution": "share of respondents with each frequency of contact before and after",
    "cost": "cost of contacts per respondent before and after",
    "cost_sensitivity": "cost change under other prices, weights and costs that are counted",
    "cost_concentration": "how few respondents make most of the cost, and how few its change "
    "hangs on",
    "programme_cost": "what the programme used, and what that cost",
    "cost_effectiveness": "what the programme cost after the change in the cost of contacts, and "
    "for what gain in an outcome",
    "equivalence": "whether a change or contrast is smaller than the smallest effect of interest",
    "clustering": "how alike respondents of one organisation are, and what could have been seen",
    "subgroup": "change and contrast by level of a characteristic, and whether levels differ",
    "band_migration": "who moved from which band to which",
    "individual_change": "how many respondents changed more than measurement error explains",
    "balance": "how the groups of the contrast differ before, unweighted and weighted",
    "attrition": "who was followed up, and how those who were not differ",
    "missing_data": "headline estimates under other assumptions about those not followed up",
    "occasions": "change over more than two occasions of the same respondents",
    "reliability": "how well a scale measures, by phase and occasion",
    "benchmark": "means beside the verified norm of a scale",
    "tabulation": "survey tables: how many chose each answer, and how far columns differ",
    "families": "how many tests are judged together",
    "agreement": "whether other estimators agree with the headline",
    "evidence_level": "how strong the design is, on the Maryland scale",
}

METHODS: Mapping[str, str] = {
    "count": "a count",
    "descriptive": "computed on the matched pairs, without a test",
    "paired_t": "paired t-test (Student 1908): pairs taken as independent",
    "paired_cr2": "mean change with the CR2 cluster-robust standard error and Satterthwaite "
    "degrees of freedom, clustered by organisation (Bell & McCaffrey 2002; Pustejovsky & "
    "Tipton 2018)",
    "paired_cr1": "mean change with the CR1 cluster-robust standard error (factor G / (G - 1)) and "
    "G - 1 degrees of freedom (Liang & Zeger 1986)",
    "paired_cr3": "mean change with the CR3 cluster-robust standard error and G - 1 degrees of "
    "freedom (Bell & McCaffrey 2002)",
    "paired_wild": "restricted wild cluster bootstrap of mean change (Cameron, Gelbach & Miller "
    "2008; Webb 2023)",
    "paired_multilevel": "mean change with a random intercept of organisation, by restricted "
    "maximum likelihood; standard error and degrees of freedom of Kenward & Roger (1997)",
    "wilcoxon": "Wilcoxon signed-rank test (1945), which leaves out pairs without change, with the "
    "Hodges-Lehmann estimate and interval (1963), which do not; pairs taken as independent",
    "bayes_factor": "Bayes factor of the paired t-test, Cauchy prior of scale 0.707 (Rouder et al. "
    "2009); pairs taken as independent",
    "trimmed": "mean of changes without the highest and lowest fifth (Tukey & McLaughlin 1963; "
    "Yuen 1974); pairs taken as independent",
    "effect_size": "standardised mean change or contrast, of the definition and with the interval "
    "that its estimand names; of one group's change, pairs taken as independent",
    "did_ols": "least squares of change on group: pooled-variance t-test of two mean changes "
    "(Student 1908)",
    "did_cr2": "least squares of change on group with CR2 standard error and Satterthwaite degrees "
    "of freedom, clustered by organisation (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018)",
    "did_cr1": "least squares of change on group with CR1 standard error and G - 1 degrees of "
    "freedom (Liang & Zeger 1986)",
    "did_cr3": "least squares of change on group with CR3 standard error and G - 1 degrees of "
    "freedom (Bell & McCaffrey 2002)",
    "did_wild": "restricted wild cluster bootstrap of the difference of two mean changes (Cameron, "
    "Gelbach & Miller 2008; Webb 2023)",
    "did_permutation": "permutation of the groups within organisations (Ernst 2004); the estimate "
    "is the mean difference within organisations",
    "did_multilevel": "change on group with a random intercept of organisation (and a random "
    "effect of group where groups are mixed), by restricted maximum likelihood; standard error "
    "and degrees of freedom of Kenward & Roger (1997)",
    "did_weighted": "difference of two mean changes, control group weighted by the odds of being "
    "treated given what was known before (effect on the treated; Stuart 2010), CR2; weights taken "
    "as known",
    "ancova_ols": "least squares of after on before and group (Vickers & Altman 2001)",
    "ancova_cr2": "least squares of after on before and group (Vickers & Altman 2001), with CR2 "
    "standard error and Satterthwaite degrees of freedom (Pustejovsky & Tipton 2018)",
    "tost_cr2": "two one-sided tests with CR2 standard error (Schuirmann 1987)",
    "tost_t": "two one-sided t-tests, pairs taken as independent (Schuirmann 1987)",
    "wald_htz": "cluster-robust Wald test that all levels, or labels, are alike, approximate "
    "Hotelling distribution (Pustejovsky & Tipton 2018)",
    "share": "share of respondents",
    "stuart_maxwell": "test of marginal homogeneity (Stuart 1955; Maxwell 1970); pairs taken as "
    "independent",
    "bowker": "test of symmetry: as many moved one way as the other (Bowker 1948); pairs taken as "
    "independent",
    "wilson": "share with Wilson's interval (Wilson 1927); respondents taken as independent",
    "newcombe": "difference of paired shares with Newcombe's interval (Newcombe 1998, method 10); "
    "pairs taken as independent",
    "jacobson_truax": "reliable change index (Jacobson & Truax 1991) from the standard deviation "
    "of all pairs before; shares with Wilson's interval",
    "published_threshold": "change of at least a published threshold; shares with Wilson's "
    "interval",
    "smd": "standardised difference of two means or shares, respondents taken as independent "
    "(Austin 2009)",
    "smd_weighted": "standardised difference with the control group weighted by the odds of being "
    "treated; divided by the standard deviation without weights (Stuart 2010)",
    "means_cr2": "difference of two means with CR2 standard error and Satterthwaite degrees of "
    "freedom, clustered by organisation (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018)",
    "newcombe_independent": "difference of the shares of two groups with Newcombe's interval "
    "(Newcombe 1998, Stat Med 17:873, method 10)",
    "quantiles": "quantiles over organisations (Hyndman & Fan 1996, type 7)",
    "logit_weights": "weighted by the inverse of the fitted chance of being followed up (Seaman & "
    "White 2013)",
    "multiple_imputation": "later scores imputed many times, combined by Rubin's rules",
    "tipping_point": "later scores imputed as if those not followed up had done worse by delta "
    "(Carpenter & Kenward 2013)",
    "anova": "one-way analysis of variance estimate (Donner 1986)",
    "normal_theory": "computed from the standard error reached and the t distribution",
    "cronbach": "Cronbach's alpha, interval of Feldt (1965): respondents taken as independent",
    "omega_total": "McDonald's omega of one factor, fitted by maximum likelihood (McDonald 1999)",
    "omega_hierarchical": "McDonald's omega of a general factor (McDonald 1999), by Schmid & "
    "Leiman (1957)",
    "longitudinal_cfa": "confirmatory factor analysis of both occasions, loadings and intercepts "
    "held equal",
    "item_analysis": "one item against the others of its score",
    "pearson": "Pearson correlation",
    "repeated_measures": "contrasts of occasions on respondents with all of them, CR2",
    "hotelling": "Hotelling's T-squared test that all occasions have one mean, respondents taken "
    "as independent (Hotelling 1931)",
    "mixed_model": "occasions with a random intercept of respondent, by restricted maximum "
    "likelihood on every response of those who answered at the first; standard error and degrees "
    "of freedom of Kenward & Roger (1997); organisations are not in the model",
    "norm_difference": "difference from a norm's mean",
    "pooled_z": "z test of two independent shares with their pooled variance, no correction for "
    "continuity; interval of Newcombe (1998, method 10)",
    "fisher": "Fisher's exact test of two independent shares; interval of Newcombe (1998, "
    "method 10)",
    "n1_chi_square": "Pearson's chi-square times (N - 1) / N (E. S. Pearson 1947; Campbell 2007); "
    "interval of Newcombe (1998, method 10)",
    "student": "mean with Student's interval, respondents taken as independent",
    "welch_t": "difference of two independent means (Welch 1947)",
    "sample": "computed from the answers, without a test; quartiles of type 7 (Hyndman & Fan 1996)",
    "order_statistics": "median with the interval of order statistics (Conover 1999), respondents "
    "taken as independent",
    "mann_whitney": "rank sum test (Mann & Whitney 1947), with the Hodges-Lehmann shift and its "
    "interval (1963); respondents taken as independent",
    "mood_median": "median test: chi-square of how many are above the common median (Mood 1950), "
    "or Fisher's exact test where an expected count is below 5; respondents taken as independent",
    "cohen_kappa": "agreement of two coders beyond chance (Cohen 1960), standard error of Fleiss, "
    "Cohen & Everitt (1969)",
    "fleiss_kappa": "agreement of three coders or more beyond chance (Fleiss 1971)",
    "sign_test": "median change with the interval of order statistics, and the exact sign test, "
    "which leaves out pairs without change; pairs taken as independent",
    "holm": "p values adjusted by the method of Holm (1979)",
    "benjamini_hochberg": "p values adjusted by the method of Benjamini & Hochberg (1995)",
    "maryland": "Maryland scientific methods scale (Sherman et al. 1997)",
    "comparison_of_methods": "comparison of the interval and direction of every other estimator",
    "cost_bootstrap": "percentile interval of draws of organisations, then of respondents within "
    "them; means are arithmetic; on the wide side (Davison & Hinkley 1997)",
    "cost_bootstrap_organisations": "percentile interval of draws of organisations, each with the "
    "respondents it has (Davison & Hinkley 1997)",
    "cost_psa": "probabilistic sensitivity: joint draws of respondents, of unit costs (gamma) and "
    "of contacts of a label (PERT), each price and weight once for before and after (Briggs, "
    "Claxton & Sculpher 2006)",
    "one_way": "one unit cost or one label's contacts at its low or high, all others as declared",
    "declared": "computed from what the study declares, without a test",
    "programme_bootstrap": "draws of organisations, then of respondents within them, with "
    "costs and outcomes of the same respondents; what the programme cost is taken as exact; "
    "limits are percentiles",
    "programme_psa": "the same with every unit cost drawn too (gamma), and contacts of a label and "
    "quantities of the programme (PERT)",
    "fieller": "limits of a ratio from the variances and covariance of the draws (Fieller 1954)",
    "concentration": "computed from every respondent's cost, without a test",
    "mcnemar_exact": "exact conditional test of paired shares (McNemar 1947); pairs taken as "
    "independent",
    "mcnemar_midp": "mid-p test of paired shares (Fagerland, Lydersen & Laake 2013); pairs "
    "taken as independent",
}

ESTIMANDS: Mapping[str, str] = {
    "n_invited": "young people asked to answer at one occasion",
    "n_responses": "rows in the exports of one occasion",
    "n_eligible": "responses that are not set aside and have an id, one a respondent and occasion",
    "n_matched": "respondents found at both occasions, each counted once",
    "n_analysed": "respondents with the outcome at both occasions",
    "mean_pre": "mean before, of those with both values",
    "sd_pre": "standard deviation before (n - 1)",
    "mean_post": "mean after, of those with both values",
    "sd_post": "standard deviation after (n - 1)",
    "correlation": "Pearson correlation of before and after",
    "mean_change": "mean of after minus before",
    "d_z": "mean change / standard deviation of change; interval from the non-central t "
    "distribution (Cumming & Finch 2001)",
    "g_av": "mean change / mean of the two standard deviations, times Hedges' exact correction; "
    "interval as d_av",
    "did": "mean change of the treated group minus mean change of the control group",
    "d_av": "mean change / mean of the two standard deviations (Lakens 2013); interval of d_z in "
    "these units (Algina & Keselman 2003)",
    "d_rm": "mean change / standard deviation of change, times sqrt(2 (1 - correlation)) (Lakens "
    "2013); interval of d_z in these units (Algina & Keselman 2003)",
    "g_z": "d_z and its interval times Hedges' exact correction",
    "g_rm": "d_rm and its interval times Hedges' exact correction",
    "glass_delta": "mean change / standard deviation before; interval of Bonett (2008)",
    "g_glass": "glass_delta and its interval times Hedges' exact correction (Becker 1988)",
    "g_baseline": "difference of mean changes / pooled standard deviation before, times Hedges' "
    "exact correction; interval of the difference (CR2, else least squares) in these units",
    "pseudo_median": "Hodges-Lehmann: median of the means of all pairs of changes",
    "trimmed_mean_change": "mean of the middle three fifths of changes",
    "bf10": "how many times as likely the data are with a change as without",
    "adjusted_difference": "difference after, between respondents who were alike before",
    "equivalence": "that the effect is smaller than the smallest effect of interest, either way",
    "interaction": "that all levels changed alike, or that the contrast is alike at all levels",
    "symmetry": "that as many moved from one band to another as back",
    "share_moved": "share who were in the first band before and in the second after",
    "share_up": "share who moved to a higher band",
    "share_down": "share who moved to a lower band",
    "share_improved": "share who changed reliably for the better",
    "share_deteriorated": "share who changed reliably for the worse",
    "share_no_reliable_change": "share who did not change reliably",
    "threshold": "change in points that counts as reliable",
    "icc_baseline": "share of the variance before that lies between organisations",
    "icc_change": "share of the variance of change that lies between organisations",
    "design_effect": "how many times the variance of a mean is larger because of clustering",
    "effective_n": "respondents who would say as much if they were independent",
    "minimum_detectable_effect": "smallest effect that would be found with 80% power, in baseline "
    "standard deviations",
    "variance_between": "variance of the random intercept of organisation",
    "variance_of_effect": "variance of the random effect of group: how far the contrast differs "
    "between organisations",
    "retention": "share of eligible respondents before who were followed up",
    "difference_in_retention": "retention of the treated group minus retention of the control "
    "group",
    "n_organisations_lost": "organisations of which nobody was followed up",
    "difference_before": "mean before of those followed up minus mean of those who were not",
    "standardised_difference": "difference of means / pooled standard deviation (shares: Austin "
    "2009)",
    "tipping_delta": "by how much those not followed up would have to be worse for the conclusion "
    "to change",
    "mean_at_occasion": "mean at one occasion, of respondents with every occasion",
    "any_change": "that all occasions have the same mean",
    "sustained_change": "mean of the last occasion minus before, of respondents with all occasions",
    "alpha": "Cronbach's alpha",
    "alpha_if_dropped": "Cronbach's alpha without the item",
    "omega_total": "McDonald's omega total",
    "omega_hierarchical": "McDonald's omega hierarchical",
    "longitudinal_invariance": "that items measure alike at both occasions",
    "item_rest_correlation": "correlation of an item with the sum of the others",
    "share_missing": "share of responses without an answer",
    "share_floor": "share with the lowest possible score",
    "share_ceiling": "share with the highest possible score",
    "test_retest": "correlation of before and after, of those expected to be stable",
    "standard_error_of_measurement": "standard deviation x sqrt(1 - reliability)",
    "difference_from_norm": "mean minus the mean of the norm",
    "n_tests": "tests judged together",
    "share_agreeing": "share of other estimators whose interval and direction agree",
    "maryland_level": "level on the Maryland scale, 1 to 5",
    "n_answering": "respondents who answered the question: the base of its shares",
    "n_choosing": "respondents who chose the answer, or any of those counted together",
    "share_choosing": "share of those who answered the question that chose the answer",
    "share_difference": "share of the first column minus share of the second",
    "mean_score": "mean of the values on the scale, of those who gave one",
    "mean_options": "mean number of answers chosen, of those who answered the question",
    "difference_in_mean_score": "mean score of the first column minus that of the second",
    "difference_in_mean_options": "mean number of answers of the first column minus that of the "
    "second",
    "n_not_coded": "respondents who gave an answer to which nobody gave a theme",
    "n_not_codeable": "respondents whose answer says nothing that can be coded",
    "coder_kappa": "agreement of coders on whether a response has the theme, beyond chance",
    "share_coders_agreeing": "share of responses on which all coders agree about the theme",
    "n_outliers": "respondents whose number is an outlier by the rule of the study",
    "median": "median of the numbers given",
    "lower_quartile": "number that a quarter of those given are below",
    "upper_quartile": "number that a quarter of those given are above",
    "mean_number": "mean of the numbers given",
    "sd_number": "standard deviation of the numbers given (n - 1)",
    "shift_of_numbers": "Hodges-Lehmann: median of all differences of a number of the first column "
    "and one of the second",
    "difference_in_median": "median of the first column minus that of the second",
    "median_pre": "median before, of those with both numbers",
    "median_post": "median after, of those with both numbers",
    "median_change": "median of after minus before",
    "share_pre": "share before",
    "share_post": "share after",
    "share_change": "share after minus share before",
    "marginal_homogeneity": "that the distribution over the bands is the same before and after",
    "cost_pre": "mean cost per respondent before",
    "cost_post": "mean cost per respondent after",
    "saving_per_respondent": "mean cost before minus after: positive is a saving",
    "probability_cost_fell": "share of draws in which the mean cost after was below that before",
    "share_of_variance_sampling": "share of the variance of the joint draws due to who was asked",
    "share_of_variance_parameters": "share of the variance of the joint draws due to unit costs "
    "and contacts of a label",
    "programme_cost": "what the programme cost in a phase, or one line or kind of it",
    "programme_cost_per_participant": "what the programme cost for each participant it served",
    "net_cost_per_participant": "programme cost per participant minus the fall in the cost of "
    "contacts per respondent: positive costs more",
    "net_cost_per_respondent": "programme cost per matched respondent minus the fall in the cost "
    "of contacts: positive costs more",
    "probability_net_cost_negative": "share of draws in which the cost of contacts fell by more "
    "than the programme cost per participant",
    "gain": "change of the outcome for the better, beyond that of the control group where there is "
    "one",
    "cost_per_unit_gained": "net cost per participant divided by the gain",
    "share_of_draws": "share of draws in one quadrant of the cost-effectiveness plane",
    "correlation_of_cost_and_gain": "Pearson correlation of net cost and gain over draws",
    "net_monetary_benefit": "gain x threshold minus net cost per participant",
    "probability_cost_effective": "share of draws with a net monetary benefit above 0",
    "swing": "how far the cost change at the high of one parameter is from that at its low",
    "share_of_cost": "share of all cost that the respondents with the highest costs, or the "
    "answers of one label, make",
    "gini": "Gini coefficient of cost over respondents: 0 is the same cost for everyone",
    "saving_leaving_one_out": "mean cost before minus after without one respondent, or without "
    "one organisation: the lowest and the highest there is",
    "n_to_turn_sign": "fewest respondents without whom the cost change has the other sign",
}

STATUSES: Mapping[str, str] = {
    "ok": "estimated",
    "not_estimable": "could not be estimated; the note says why",
    "suppressed": "withheld so that no respondent can be identified",
}

#: One row per estimate. Nothing is rounded.
RESULTS = (
    Column("estimate_id", "text", "readable key of the row; unique"),
    Column("analysis", "text", "question answered", allowed=tuple(ANALYSES)),
    Column("method", "text", "how", allowed=tuple(METHODS)),
    Column("phase", "text", "questionnaire version"),
    Column(
        "comparison",
        "text",
        "which occasions are compared; of a table at one occasion that one; empty where none are",
    ),
    Column("group", "text", "whose pairs; empty where not by group"),
    Column("outcome", "text", "what is compared; empty for counts of respondents"),
    Column("level", "text", "band, occasion or category; empty where there is none"),
    Column("estimand", "text", "what the number is", allowed=tuple(ESTIMANDS)),
    Column("estimate", "number", "the number", nullable=True),
    Column("std_error", "number", "its standard error", "as the estimate", nullable=True),
    Column("statistic", "number", "test statistic", nullable=True),
    Column("df", "number", "degrees of freedom", nullable=True),
    Column("p_value", "number", "two-sided p value", nullable=True),
    Column("p_adjusted", "number", "p value adjusted within its family", nullable=True),
    Column("ci_low", "number", "lower limit of the interval", "as the estimate", nullable=True),
    Column("ci_high", "number", "upper limit of the interval", "as the estimate", nullable=True),
    Column("ci_level", "number", "level of the interval", "share", nullable=True),
    Column(
        "n",
        "integer",
        "matched pairs (or responses) behind the row; of a programme's cost its participants",
        "respondents",
    ),
    Column("n_organisations", "integer", "organisations behind the row", "organisations"),
    Column("unit", "text", "unit of the estimate"),
    Column("better", "text", "direction that is good", allowed=("higher", "lower", "")),
    Column("status", "text", "whether there is an estimate", allowed=tuple(STATUSES)),
    Column("note", "text", "why there is none, or what to know about it"),
)

#: What stands in a released table for a number, or beside one.
MARKERS: Mapping[str, str] = {
    "": "a number as it is",
    "c": "kept back, so that nobody can be identified",
    "u": "on a small base: not reliable",
    "x": "could not be estimated; the note says why",
    "z": "does not apply",
    "low": "not zero, but it would be rounded to zero",
    "s": "statistically significant after adjustment within its family",
}

#: Results that may be published: `RESULTS` with what kept back blank, and why.
RELEASED = (
    *(replace(column, nullable=column.nullable or column.name == "n") for column in RESULTS),
    Column("marker", "text", "what stands for the number", allowed=tuple(MARKERS)),
)

#: Every result that disclosure control kept back. Restricted.
SUPPRESSIONS = (
    Column("estimate_id", "text", "row of results"),
    Column("rule", "text", "rule that kept it back"),
    Column("because_of", "text", "row that it would have given away; empty where itself"),
)

#: Published claims, looked at again. One row per claim and outcome.
CLAIMS = (
    Column("claim", "text", "id of the claim in the study"),
    Column("text", "text", "what was claimed"),
    Column("says", "text", "change, no_change, difference or no_difference"),
    Column("phase", "text", "questionnaire version"),
    Column("comparison", "text", "which occasions are compared"),
    Column("group", "text", "whose pairs"),
    Column("outcome", "text", "what is compared"),
    Column("as_published", "text", "whether the unclustered test says so: yes, no, not tested"),
    Column("clustering", "text", "whether the clustered test says so"),
    Column("multiplicity", "text", "whether the test adjusted within its family says so"),
    Column("equivalence", "text", "whether the equivalence test bears it out"),
    Column("verdict", "text", "all of it in words"),
)

#: What one organisation may see of itself: one row per organisation, phase, comparison and
#: outcome; an empty outcome counts respondents alone. Restricted: it goes to that organisation.
ORGANISATIONS = (
    Column("organisation", "text", "school, college or youth organisation"),
    Column("phase", "text", "questionnaire version"),
    Column("comparison", "text", "which occasions are compared"),
    Column("outcome", "text", "what is compared; empty for counts of respondents"),
    Column("n_before", "integer", "responses before, of this organisation", nullable=True),
    Column("n_after", "integer", "responses after, of this organisation", nullable=True),
    Column("n", "integer", "its matched pairs", "respondents", nullable=True),
    Column("mean_pre", "number", "its mean before", "as the score", nullable=True),
    Column("mean_post", "number", "its mean after", "as the score", nullable=True),
    Column("mean_change", "number", "its mean after minus before", "as the score", nullable=True),
    Column("ci_low", "number", "lower limit of the interval of that", nullable=True),
    Column("ci_high", "number", "upper limit of the interval of that", nullable=True),
    Column("shrunk_change", "number", "its change, given that of all others", nullable=True),
    Column("shrunk_low", "number", "lower limit of the interval of that", nullable=True),
    Column("shrunk_high", "number", "upper limit of the interval of that", nullable=True),
    Column("own_weight", "number", "how much of it is its own", "share", nullable=True),
    Column("n_all", "integer", "matched pairs of all organisations", nullable=True),
    Column("n_organisations", "integer", "organisations with a pair", nullable=True),
    Column("mean_pre_all", "number", "mean before of all", "as the score", nullable=True),
    Column("mean_post_all", "number", "mean after of all", "as the score", nullable=True),
    Column("uniform", "flag", "everybody in it has one score before, or one score after"),
    Column("ci_level", "number", "level of the intervals", "share"),
    Column("unit", "text", "unit of the score"),
    Column("better", "text", "direction that is good", allowed=("higher", "lower", "")),
    Column("status", "text", "whether there is an estimate", allowed=tuple(STATUSES)),
    Column("note", "text", "why there is none, or what to know about it"),
)

#: Quotations that may be shown: chosen and edited by a person, and looked at again.
QUOTATIONS = (
    Column("table", "text", "id of the table of themes"),
    Column("theme", "text", "theme that it is an example of"),
    Column("phase", "text", "questionnaire version of whoever said it"),
    Column("role", "text", "role of whoever said it; empty where unknown"),
    Column("quotation", "text", "what was said, as a person edited it"),
)

#: Chosen quotations that may not be shown. Restricted.
QUOTATIONS_WITHHELD = (
    Column("table", "text", "id of the table of themes"),
    Column("source", "text", "export file"),
    Column("source_row", "integer", "row in that file as a spreadsheet shows it"),
    Column("reason", "text", "why it is withheld, all reasons"),
    Column("quotation", "text", "what was chosen"),
)

#: Draws of net cost and gain: points of the cost-effectiveness plane, none of them a respondent.
COST_EFFECTIVENESS = (
    Column("phase", "text", "questionnaire version"),
    Column("comparison", "text", "which occasions are compared"),
    Column("group", "text", "whose costs are counted"),
    Column("outcome", "text", "what was gained"),
    Column("draw", "integer", "number of the draw"),
    Column("net_cost", "number", "net cost per participant of this draw, in the study's currency"),
    Column("gain", "number", "gain of this draw, in the unit of the outcome"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "answers": ANSWERS,
    "scores": SCORES,
    "pairs": PAIRS,
    "ledger": LEDGER,
    "cells": CELLS,
    "histograms": HISTOGRAMS,
    "distributions": DISTRIBUTIONS,
    "faults": FAULTS,
    "changes": CHANGES,
    "missing": MISSING,
    "id_steps": ID_STEPS,
    "duplicates": DUPLICATES,
    "conflicts": CONFLICTS,
    "near_misses": NEAR_MISSES,
    "results": RESULTS,
    "released": RELEASED,
    "suppressions": SUPPRESSIONS,
    "organisations": ORGANISATIONS,
    "claims": CLAIMS,
    "quotations": QUOTATIONS,
    "quotations_withheld": QUOTATIONS_WITHHELD,
    "cost_effectiveness": COST_EFFECTIVENESS,
}

#: Columns that stages make on the way, beside those of the tables.
_WORKING = {
    "rank", "best", "n_rows", "order", "usable_order", "complete",
    "first", "wave", "exclusion", "day", "year", "conflict", "post_conflict", "post_day",
    "post_year", "standing", "post_phase", "pre_role", "post_role", "post_organisation",
    "matched", "role_before",
}  # fmt: skip

#: Names that no item, score, band or question of a study may have.
TAKEN = frozenset(_WORKING | {c.name for c in (*ANSWERS, *SCORES, *PAIRS)})

RESULT_KEYS = ("analysis", "method", "phase", "comparison", "group", "outcome", "level", "estimand")


def names(table: str) -> list[str]:
    """Names of the fixed columns of a table, in order."""
    return [column.name for column in TABLES[table]]
