# Yes or no, before and after. b and c are the counts that changed, one way and the other.

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

# binom.test refuses no trials at all; with nobody changed the only possible result was seen.
exact_rows <- function(b, c) {
  if (b + c == 0) return(quantity("exact_p", 1, "nobody changed: binom.test refuses, 1 by convention"))
  quantity("exact_p", binom.test(b, b + c)$p.value)
}

# Twice the one-sided mid-p: 2 P(X < m) + P(X = m), m = min(b, c), X ~ Binomial(b + c, 1/2).
# For b = c this is 1. Fagerland, Lydersen & Laake (2013) agree for b != c (the exact p less
# P(X = m)) but define 1 - P(X = m) / 2 for b = c; both are given.
mid_p_rows <- function(b, c) {
  least <- min(b, c)
  at <- dbinom(least, b + c, 0.5)
  doubled <- 2 * pbinom(least - 1, b + c, 0.5) + at
  fagerland <- if (b == c) 1 - at / 2 else 2 * pbinom(least, b + c, 0.5) - at
  note <- if (b + c == 0) "nobody changed" else ""
  rbind(quantity("mid_p", doubled, note), quantity("mid_p_fagerland", fagerland, note))
}

asymptotic_rows <- function(counts, correct, prefix) {
  names <- paste0(prefix, c("_statistic", "_df", "_p"))
  test <- mcnemar.test(counts, correct = correct)
  if (!is.finite(test$statistic)) return(refused(names, "nobody changed: 0 / 0"))
  do.call(rbind, Map(quantity, names, c(test$statistic, test$parameter, test$p.value)))
}

tables <- read.csv("data/mcnemar.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(seq_len(nrow(tables)), function(i) {
  row <- tables[i, ]
  counts <- matrix(c(row$a, row$c, row$b, row$d), 2)
  cbind(dataset = row$dataset, rbind(
    quantity("n", sum(counts)),
    exact_rows(row$b, row$c),
    mid_p_rows(row$b, row$c),
    asymptotic_rows(counts, FALSE, "asymptotic"),
    asymptotic_rows(counts, TRUE, "corrected")
  ))
}))
write_expected(expected, "mcnemar.csv")
