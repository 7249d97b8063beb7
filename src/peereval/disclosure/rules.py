"""The rules of disclosure control: what each keeps back, in words for a reader of the log."""

from collections.abc import Mapping

#: Rule -> what it keeps back. Released notes and the summary by rule quote these words.
RULES: Mapping[str, str] = {
    "unclassified": "nobody has said yet what such a result gives away",
    "small_count": "a count of few respondents, or of all but few",
    "nobody_or_all": "nobody, or everybody, of a small group",
    "small_base": "fewer respondents than a mean or a test may be shown of",
    "few_organisations": "respondents of too few organisations",
    "single_points": "the value of one respondent, of one organisation, or of very few",
    "linked": "computed from a result that is kept back, which it would give away",
    "labels": "with what a contact costs it would say how many gave each answer",
    "table_of_moves": "a test or share of moves, of which few respondents made some",
    "differencing": "with other results of this run it would give away what is kept back",
    "occasions": "nearly the same respondents as in another comparison",
    "near_misses": "differs from the headline by few respondents",
    "earlier_release": "differs by few respondents from what was released before",
    "rounding": "exact, where counts are rounded",
}
