# Reference results for tables of numbers: medians with the interval of order statistics, quartiles,
# the rank sum test with the Hodges-Lehmann shift, Mood's median test and the sign test.
# Run from tests/reference: Rscript number_tables.R

number <- function(dataset, quantity, value) {
  text <- if (is.na(value)) "NA" else sprintf("%.17g", value)
  data.frame(dataset = dataset, quantity = quantity, value = text, row.names = NULL)
}
rows <- list()

# The k-th values from both ends, k from the binomial (Conover 1999, section 3.2).
of_order <- function(x) {
  n <- length(x)
  k <- qbinom(0.025, n, 0.5)
  if (k < 1) return(c(NA, NA))
  sort(x)[c(k, n - k + 1)]
}

samples <- list(
  mentors = list(c(2, 3, 3, 1, 4, 5, 3, 2, 8, 20, 3, 1, 2, 6), c(1, 2, 2, 3, 1, 1, 2, 5, 2, 30, 4)),
  no_ties = list(c(1.5, 2.25, 7, 9, 11.5, 13), c(0.5, 3, 4, 5.75, 6, 8, 10, 12)),
  tiny = list(c(3, 5), c(4, 4, 9)),
  far = list(c(100, 120, 90, 105, 130, 99), c(1, 2, 3, 2, 1, 4, 3)),
  zeros = list(c(0, 0, 0, 1, 0, 2, 0, 0, 0, 0), c(0, 3, 0, 0, 1, 0, 4)),
  many = list(c(1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 12, 3, 2, 40, 4, 5), c(0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 1, 2, 30, 2, 1)),
  negative = list(c(-5, -2.5, 0, 3, 3, 7.125), c(-1, -1, 2, 2, 4, 6, 8))
)
for (name in names(samples)) {
  one <- samples[[name]][[1]]; two <- samples[[name]][[2]]
  tied <- anyDuplicated(c(one, two)) > 0
  test <- wilcox.test(one, two, exact = !tied, correct = TRUE)
  shifts <- sort(outer(one, two, "-"))
  m <- length(one); n <- length(two)
  k <- floor(m * n / 2 + 0.5 + qnorm(0.025) * sqrt(m * n * (m + n + 1) / 12))
  middle <- median(c(one, two))
  above <- rbind(c(sum(one > middle), sum(one <= middle)), c(sum(two > middle), sum(two <= middle)))
  pearson <- suppressWarnings(chisq.test(above, correct = FALSE))
  limits <- of_order(two)
  fences <- quantile(two, c(0.25, 0.75), type = 7) + c(-1.5, 1.5) * IQR(two)
  rows <- c(rows, list(
    number(name, "median", median(two)), number(name, "median_low", limits[1]), number(name, "median_high", limits[2]),
    number(name, "lower_quartile", quantile(two, 0.25, type = 7)), number(name, "upper_quartile", quantile(two, 0.75, type = 7)),
    number(name, "n_outliers", sum(two < fences[1] | two > fences[2])),
    number(name, "mean", mean(two)), number(name, "sd", sd(two)),
    number(name, "w", test$statistic[[1]]), number(name, "w_p", test$p.value),
    number(name, "shift", median(shifts)),
    number(name, "shift_low", if (k < 1) NA else shifts[k]), number(name, "shift_high", if (k < 1) NA else shifts[m * n + 1 - k]),
    number(name, "difference", median(one) - median(two)),
    number(name, "smallest_expected", min(pearson$expected)),
    number(name, "mood_statistic", pearson$statistic[[1]]), number(name, "mood_p", pearson$p.value),
    number(name, "mood_fisher_p", fisher.test(above)$p.value)
  ))
}

changes <- list(
  pupils = c(1, 2, 0, -1, 3, 3, 0, 2, 1, 5, -2, 4),
  all_up = c(1, 2, 3, 4, 5, 6),
  halves = c(-0.5, -1.5, 0.25, -2, -0.75, 0, 0, -3, 1, -4, -0.5),
  two = c(1, -1)
)
for (name in names(changes)) {
  change <- changes[[name]]
  limits <- of_order(change)
  up <- sum(change > 0)
  rows <- c(rows, list(
    number(name, "median", median(change)), number(name, "median_low", limits[1]), number(name, "median_high", limits[2]),
    number(name, "up", up), number(name, "sign_p", binom.test(up, sum(change != 0))$p.value)
  ))
}

write.csv(do.call(rbind, rows), file.path("expected", "number_tables.csv"), row.names = FALSE, quote = FALSE, eol = "\n")
