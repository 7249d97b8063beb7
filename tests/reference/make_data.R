# Makes every file in data/. All of it is invented; no answer of a person is in it.
# The draws are rounded to whole scores, so the files are the same on every machine.
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20180401)

write_data <- function(table, name) {
  write.csv(table, file.path("data", name), row.names = FALSE, quote = FALSE, eol = "\n")
}

# ---- pairs.csv: scores before and after -------------------------------------------------

LOW <- 7
HIGH <- 35
within_scale <- function(x) pmin(pmax(round(x), LOW), HIGH)

# Scores with a pre-post correlation near .6; `icc` is the share of the variance of the change
# that lies between organisations.
draw_pairs <- function(sizes, icc = 0.05, shift = 0.8, effect = 0.6, mean_pre = 22) {
  organisation <- rep(seq_along(sizes), sizes)
  n <- sum(sizes)
  sd_change <- 4
  treated <- rbinom(n, 1, 0.55) == 1
  pre <- within_scale(rnorm(n, mean_pre, 4.5))
  of_organisation <- rnorm(length(sizes), 0, sd_change * sqrt(icc))[organisation]
  of_respondent <- rnorm(n, 0, sd_change * sqrt(1 - icc))
  regression <- -0.35 * (pre - mean_pre)
  post <- within_scale(pre + regression + shift + effect * treated + of_organisation + of_respondent)
  data.frame(organisation, treated, pre, post)
}

named <- function(dataset, pairs) {
  data.frame(
    dataset,
    respondent = sprintf("r%04d", seq_len(nrow(pairs))),
    organisation = sprintf("org_%02d", pairs$organisation),
    group = ifelse(pairs$treated, "treated", "control"),
    pre = pairs$pre,
    post = pairs$post
  )
}

balanced <- draw_pairs(rep(10, 12))
unequal <- draw_pairs(c(2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 19, 23, 28, 34, 41, 50, 60))
few <- draw_pairs(c(9, 14, 7, 22, 11, 17))
five <- draw_pairs(c(8, 12, 5, 19, 10))
two_clusters <- draw_pairs(c(14, 21))
one_cluster <- draw_pairs(25)
singletons <- draw_pairs(rep(1, 30))
some_singletons <- draw_pairs(c(1, 1, 1, 6, 9, 1, 14, 20, 1, 3))
group_by_org <- draw_pairs(c(6, 9, 11, 13, 8, 15, 10, 7, 12, 18))
group_by_org$treated <- group_by_org$organisation %% 2 == 1
# The treated fill organisation 3, which holds nobody else.
one_org_holds_group <- draw_pairs(c(10, 12, 16, 9, 14, 11, 8))
one_org_holds_group$treated <- one_org_holds_group$organisation == 3
# The treated sit in organisation 3 beside controls of that organisation.
one_org_holds_group_mixed <- draw_pairs(c(10, 12, 16, 9, 14, 11, 8))
one_org_holds_group_mixed$treated <- one_org_holds_group_mixed$organisation == 3 &
  one_org_holds_group_mixed$treated
ties <- draw_pairs(c(6, 10, 12, 8, 14, 9, 11, 10))
ties$post <- ifelse(runif(nrow(ties)) < 0.7, ties$pre, ties$post)
constant_shift <- draw_pairs(c(8, 7, 9, 6, 10))
constant_shift$post <- constant_shift$pre + 2
identical <- draw_pairs(c(8, 7, 9, 6, 10))
identical$post <- identical$pre
one_pair <- data.frame(organisation = 1, treated = TRUE, pre = 20, post = 23)
two_pairs <- data.frame(organisation = 1:2, treated = c(TRUE, FALSE), pre = c(20, 18), post = c(23, 19))
ceiling <- draw_pairs(c(12, 10, 15, 9, 14, 20, 11, 13), mean_pre = 33)
large_effect <- draw_pairs(c(9, 12, 10, 14, 8, 13, 11, 10), shift = 7)

pairs <- rbind(
  named("balanced", balanced),
  named("unequal", unequal),
  named("few", few),
  named("five", five),
  named("two_clusters", two_clusters),
  named("one_cluster", one_cluster),
  named("singletons", singletons),
  named("some_singletons", some_singletons),
  named("group_by_org", group_by_org),
  named("one_org_holds_group", one_org_holds_group),
  named("one_org_holds_group_mixed", one_org_holds_group_mixed),
  named("ties", ties),
  named("constant_shift", constant_shift),
  named("identical", identical),
  named("one_pair", one_pair),
  named("two_pairs", two_pairs),
  named("ceiling", ceiling),
  named("large_effect", large_effect)
)
write_data(pairs, "pairs.csv")

# ---- band_tables.csv: counts of band before by band after -------------------------------

band_table <- function(dataset, counts) {
  k <- sqrt(length(counts))
  data.frame(dataset, pre = rep(seq_len(k), each = k), post = rep(seq_len(k), times = k), n = counts)
}

band_tables <- rbind(
  band_table("three_typical", c(250, 18, 9, 27, 21, 12, 14, 17, 25)),
  band_table("three_sparse", c(9, 1, 0, 2, 1, 1, 0, 3, 2)),
  band_table("three_symmetric", c(40, 7, 3, 7, 22, 5, 3, 5, 11)),
  # Same shares before and after, yet the moves run in a circle.
  band_table("three_same_margins", c(30, 10, 2, 2, 25, 10, 10, 2, 20)),
  band_table("three_large", c(2510, 310, 120, 262, 640, 205, 88, 171, 402)),
  band_table("three_zero_off_diagonal", c(60, 8, 0, 15, 20, 6, 0, 9, 12)),
  band_table("three_one_way", c(40, 0, 0, 12, 18, 0, 5, 7, 9)),
  # Nobody is ever in band 2.
  band_table("three_empty_category", c(50, 0, 6, 0, 0, 0, 15, 0, 20)),
  # Band 2 holds people, but nobody moves into or out of it.
  band_table("three_still_category", c(50, 0, 6, 0, 17, 0, 15, 0, 20)),
  # Nobody is in band 3 before, some are after.
  band_table("three_empty_row", c(50, 9, 4, 15, 20, 3, 0, 0, 0)),
  band_table("three_diagonal_only", c(50, 0, 0, 0, 20, 0, 0, 0, 10)),
  band_table("four_typical", c(120, 22, 9, 3, 31, 64, 18, 7, 14, 25, 40, 11, 5, 8, 19, 28)),
  band_table("four_sparse", c(6, 1, 0, 0, 2, 3, 1, 0, 1, 2, 2, 0, 0, 0, 3, 1)),
  # Nobody is ever in band 4.
  band_table("four_empty_category", c(30, 8, 3, 0, 14, 22, 6, 0, 7, 9, 15, 0, 0, 0, 0, 0)),
  band_table("four_zero_off_diagonal", c(45, 9, 0, 2, 17, 30, 8, 0, 0, 13, 25, 6, 5, 0, 10, 18)),
  # Moves only between 1 and 2 and between 3 and 4: the test has two degrees of freedom, not three.
  band_table("four_two_islands", c(40, 8, 0, 0, 19, 30, 0, 0, 0, 0, 25, 4, 0, 0, 13, 20)),
  band_table("four_diagonal_only", c(10, 0, 0, 0, 0, 20, 0, 0, 0, 0, 15, 0, 0, 0, 0, 5))
)
write_data(band_tables, "band_tables.csv")

# ---- mcnemar.csv: counts, b = no before and yes after, c = yes before and no after -------

mcnemar <- read.csv(stringsAsFactors = FALSE, text = "
dataset,a,b,c,d
typical,40,12,25,60
small,5,1,4,6
b_zero,20,0,7,30
c_zero,20,9,0,30
one_discordant,10,1,0,12
no_discordant,30,0,0,25
equal_small,8,3,3,9
equal_one,8,1,1,9
equal_large,100,55,55,210
one_apart,50,20,21,70
twenty_four_discordant,33,7,17,41
twenty_five_discordant,33,7,18,41
large,850,212,268,1100
very_large,4000,1500,1710,9000
strong,60,5,48,90
no_concordant,0,6,14,0
")
write_data(mcnemar, "mcnemar.csv")

# ---- contacts.csv: how often, before and after, with blanks ------------------------------

labels <- c(
  "About once a day", "About once a week", "About once a month",
  "Less than once a month", "Once", "Not at all"
)
weights <- c(63.33, 12.67, 2.9, 2, 1, 0)
unit_costs <- c(teacher = 8.77, school_nurse = 54.49, gp = 38)
use <- list(
  teacher = c(0.10, 0.22, 0.20, 0.15, 0.13, 0.20),
  school_nurse = c(0.01, 0.03, 0.06, 0.08, 0.12, 0.70),
  gp = c(0.01, 0.02, 0.05, 0.10, 0.22, 0.60)
)

sizes <- c(8, 15, 11, 20, 9, 17, 13, 24, 6, 12, 10, 5)
n <- sum(sizes)
contacts <- data.frame(
  respondent = sprintf("c%04d", seq_len(n)),
  organisation = sprintf("org_%02d", rep(seq_along(sizes), sizes))
)
for (question in names(use)) {
  before <- sample(labels, n, replace = TRUE, prob = use[[question]])
  # Some answer the same again; the others draw afresh.
  after <- ifelse(runif(n) < 0.45, before, sample(labels, n, replace = TRUE, prob = use[[question]]))
  contacts[[paste0(question, "_pre")]] <- ifelse(runif(n) < 0.06, "", before)
  contacts[[paste0(question, "_post")]] <- ifelse(runif(n) < 0.08, "", after)
}
write_data(contacts, "contacts.csv")
write_data(data.frame(label = labels, contacts = weights), "contact_weights.csv")
write_data(data.frame(question = names(unit_costs), unit_cost = unit_costs), "contact_unit_costs.csv")

# ---- rank_pairs.csv: changes without ties, as many as the exact tests are for -------------

# Changes 1, 2, ... n, of which those in `down` are falls; `still` more pairs do not change.
rank_pairs_of <- function(dataset, n, down, still = 0) {
  change <- c(ifelse(seq_len(n) %in% down, -seq_len(n), seq_len(n)), rep(0, still))
  pre <- 60 + (7 * seq_along(change)) %% 11
  data.frame(dataset, pre, post = pre + change)
}

write_data(rbind(
  rank_pairs_of("three", 3, 2),
  rank_pairs_of("five_up", 5, c()),
  rank_pairs_of("six", 6, c(1, 3)),
  rank_pairs_of("ten_balanced", 10, c(1, 4, 5, 8, 9)),
  rank_pairs_of("twelve", 12, c(2, 5, 11)),
  rank_pairs_of("twenty_five", 25, seq(3, 25, 3)),
  rank_pairs_of("forty_nine", 49, seq(2, 49, 3)),
  rank_pairs_of("fifty", 50, seq(2, 50, 3)),
  rank_pairs_of("zeros_without_ties", 14, c(3, 6, 8), still = 9)
), "rank_pairs.csv")
