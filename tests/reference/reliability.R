# How well scales measure: Cronbach's alpha, Feldt's interval, items, error of measurement,
# and the correlation of before and after.
suppressPackageStartupMessages(library(psych))

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

# Feldt (1965): (1 - alpha) / (1 - population alpha) has an F distribution.
feldt <- function(alpha, n, k) {
  c(1 - (1 - alpha) * qf(.975, n - 1, (n - 1) * (k - 1)), 1 - (1 - alpha) * qf(.025, n - 1, (n - 1) * (k - 1)))
}

item_rows <- function(x, varies, ours) {
  do.call(rbind, lapply(seq_len(ncol(x)), function(i) {
    name <- sprintf("i%d", i)
    # psych drops an item without variance, so that what it gives is of the others.
    at <- match(i, which(varies))
    rest <- if (is.na(at)) NA else cor(x[, i], rowSums(x[, -i, drop = FALSE]))
    dropped <- if (is.na(at)) NA else ours$alpha.drop$raw_alpha[at]
    few <- sum(varies) < 3
    note <- if (is.na(at)) "no variance" else ""
    rbind(
      quantity(paste0("item_rest_", name), rest, note),
      quantity(paste0("item_rest_psych_", name), if (is.na(at)) NA else ours$item.stats$r.drop[at], note),
      quantity(paste0("alpha_if_dropped_", name), if (few) NA else dropped, if (few) "one item would be left" else note)
    )
  }))
}

alpha_rows <- function(d) {
  used <- d[, colSums(!is.na(d)) > 0]
  x <- as.matrix(used[complete.cases(used), ])
  varies <- apply(x, 2, var) > 0
  k <- sum(varies)
  n <- nrow(x)
  ours <- suppressWarnings(suppressMessages(alpha(x, warnings = FALSE)))
  value <- ours$total$raw_alpha
  limits <- feldt(value, n, k)
  theirs <- alpha.ci(value, n.obs = n, n.var = k, p.val = .05, digits = 17)
  rows <- rbind(
    quantity("n", n),
    quantity("n_responses", nrow(d)),
    quantity("n_items", k),
    quantity("alpha", value),
    quantity("ci_low", limits[1]),
    quantity("ci_high", limits[2]),
    quantity("ci_low_psych", theirs$lower.ci),
    quantity("ci_high_psych", theirs$upper.ci),
    quantity("standard_error_of_measurement", sd(rowSums(x)) * sqrt(1 - value), if (value < 0) "alpha is negative" else ""),
    item_rows(x, varies, ours)
  )
  if (k == 2) {
    r <- cor(x[, varies])[1, 2]
    rows <- rbind(rows, quantity("spearman_brown", 2 * r / (1 + r)))
  }
  missing <- colSums(is.na(used)) / nrow(used)
  rbind(rows, do.call(rbind, Map(quantity, paste0("share_missing_", names(missing)), missing)))
}

items <- read.csv("data/items.csv")
expected <- do.call(rbind, lapply(unique(items$dataset), function(name) {
  cbind(dataset = name, alpha_rows(items[items$dataset == name, -1]))
}))
write_expected(expected, "reliability.csv")

retest_rows <- function(d) {
  names <- c("test_retest", "test_retest_ci_low", "test_retest_ci_high")
  if (nrow(d) < 3) return(refused(names, "cor.test needs three pairs"))
  test <- suppressWarnings(cor.test(d$pre, d$post))
  limits <- if (is.null(test$conf.int)) c(NA, NA) else test$conf.int
  do.call(rbind, Map(quantity, names, c(test$estimate, limits)))
}
pairs <- read.csv("data/pairs.csv")
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  cbind(dataset = name, retest_rows(pairs[pairs$dataset == name, ]))
}))
write_expected(expected, "test_retest.csv")
