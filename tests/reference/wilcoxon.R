# Signed ranks: Wilcoxon's test, and the Hodges-Lehmann estimate from the Walsh averages.
suppressPackageStartupMessages(library(coin))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
refused <- function(names, reason) do.call(rbind, lapply(names, quantity, value = NA, note = reason))
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

TEST_NAMES <- c("v", "p", "coin_z", "coin_p")
EXACT_NAMES <- c("exact_estimate", "exact_ci_low", "exact_ci_high")

# wilcox.test leaves zeros out, and is exact below 50 pairs without ties and zeros.
is_exact <- function(change) length(change) < 50 && !any(change == 0) && !anyDuplicated(abs(change))

test_rows <- function(change) {
  if (all(change == 0)) return(refused(TEST_NAMES, "nobody changed"))
  exact <- is_exact(change)
  theirs <- suppressWarnings(wilcox.test(change))
  stopifnot(grepl("exact", theirs$method) == exact)
  # coin: zeros left out, ties in the variance, no correction for continuity.
  how <- if (exact) "exact" else "asymptotic"
  other <- wilcoxsign_test(change ~ rep(0, length(change)), zero.method = "Wilcoxon", distribution = how)
  rbind(
    quantity("v", theirs$statistic),
    quantity("p", theirs$p.value),
    quantity("coin_z", statistic(other)),
    quantity("coin_p", pvalue(other))
  )
}

# Where the test is exact wilcox.test takes its interval from the Walsh averages too; elsewhere it
# searches for a root, which stops early and leaves zeros out.
exact_rows <- function(change) {
  if (!is_exact(change)) return(refused(EXACT_NAMES, "wilcox.test is not exact"))
  # It warns when there are too few pairs for the level and then gives the widest interval.
  theirs <- suppressWarnings(wilcox.test(change, conf.int = TRUE))
  short <- if (length(change) < 6) "the level cannot be reached with so few pairs" else ""
  rbind(
    quantity("exact_estimate", theirs$estimate),
    quantity("exact_ci_low", theirs$conf.int[1], short),
    quantity("exact_ci_high", theirs$conf.int[2], short)
  )
}

# All changes, zeros too. The limits are the averages of rank k from both ends: k from the signed
# rank distribution where the test is exact, else the nearest whole number by the normal one.
walsh_rows <- function(change) {
  n <- length(change)
  both <- outer(change, change, "+") / 2
  averages <- sort(both[upper.tri(both, diag = TRUE)])
  k <- if (is_exact(change)) {
    qsignrank(0.025, n)
  } else {
    floor(n * (n + 1) / 4 + 0.5 - qnorm(0.975) * sqrt(n * (n + 1) * (2 * n + 1) / 24))
  }
  limits <- if (k < 1) {
    refused(c("walsh_ci_low", "walsh_ci_high"), "too few pairs")
  } else {
    rbind(
      quantity("walsh_ci_low", averages[k]),
      quantity("walsh_ci_high", averages[length(averages) + 1 - k])
    )
  }
  rbind(quantity("n", n), quantity("pseudo_median", median(averages)), limits)
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)[c("dataset", "pre", "post")]
pairs <- rbind(pairs, read.csv("data/rank_pairs.csv", stringsAsFactors = FALSE))
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  change <- d$post - d$pre
  cbind(dataset = name, rbind(walsh_rows(change), test_rows(change), exact_rows(change)))
}))
write_expected(expected, "wilcoxon.csv")
