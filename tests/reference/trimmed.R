# Mean of the changes without the lowest and the highest fifth, from the sorted changes.

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

NAMES <- c("trimmed_mean", "trimmed_se", "trimmed_statistic", "trimmed_df", "trimmed_p", "trimmed_ci_low", "trimmed_ci_high")

# Tukey & McLaughlin (1963), Yuen (1974): S / (h (h - 1)), S the winsorised sum of squares.
trimmed_rows <- function(change) {
  n <- length(change)
  if (n < 2) return(refused(NAMES, "one pair only"))
  g <- floor(0.2 * n)
  h <- n - 2 * g
  sorted <- sort(change)
  winsorised <- pmin(pmax(sorted, sorted[g + 1]), sorted[n - g])
  s <- sum((winsorised - mean(winsorised))^2)
  if (s == 0) return(refused(NAMES, "what is left does not vary"))
  middle <- mean(change, trim = 0.2)
  se <- sqrt(s / (h * (h - 1)))
  reach <- qt(0.975, h - 1) * se
  t <- middle / se
  values <- c(middle, se, t, h - 1, 2 * pt(-abs(t), h - 1), middle - reach, middle + reach)
  do.call(rbind, Map(quantity, NAMES, values))
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)[c("dataset", "pre", "post")]
pairs <- rbind(pairs, read.csv("data/rank_pairs.csv", stringsAsFactors = FALSE))
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  cbind(dataset = name, trimmed_rows(d$post - d$pre))
}))
write_expected(expected, "trimmed.csv")
