# Bayes factor of the paired t test, Cauchy prior of scale 0.707 on the standardised change.
suppressPackageStartupMessages(library(BayesFactor))

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

SCALE <- 0.707
NAMES <- c("t", "df", "bf10", "bf10_integral")

# Equation 1 of Rouder et al. (2009), over the logarithm of g and beside its highest point, so that
# neither a narrow peak nor small numbers are lost.
integral <- function(t, n) {
  df <- n - 1
  log_of <- function(x) {
    a <- 1 + n * exp(x) * SCALE^2
    -log(a) / 2 - (df + 1) / 2 * log1p(t^2 / (a * df)) - log(2 * pi) / 2 - x / 2 - exp(-x) / 2 +
      (df + 1) / 2 * log1p(t^2 / df)
  }
  peak <- optimize(log_of, c(-10, 40), maximum = TRUE, tol = 1e-10)
  part <- function(from, to) {
    f <- function(x) exp(log_of(x) - peak$objective)
    integrate(f, from, to, rel.tol = 1e-12, subdivisions = 2000)$value
  }
  # Tails beyond these are below 1e-20 of the whole.
  ends <- peak$maximum + c(-12, -4, -1, 0, 1, 4, 12, 40, 110)
  exp(peak$objective) * sum(mapply(part, head(ends, -1), tail(ends, -1)))
}

factor_rows <- function(change) {
  n <- length(change)
  if (n < 2) return(refused(NAMES, "one pair only"))
  if (sd(change) == 0) return(refused(NAMES, "the change does not vary"))
  t <- unname(t.test(change)$statistic)
  theirs <- extractBF(ttestBF(x = change, rscale = SCALE), onlybf = TRUE)
  rbind(
    quantity("t", t), quantity("df", n - 1),
    quantity("bf10", theirs), quantity("bf10_integral", integral(t, n))
  )
}

# Only t and n: far from the middle, where BayesFactor itself is off, and many pairs.
grid <- expand.grid(n = c(2, 5, 40, 373, 5000, 1e6), t = c(0, 0.4, 2, 6, 20, 30))
grid_rows <- do.call(rbind, Map(function(t, n) {
  name <- sprintf("t_%s_n_%.0f", t, n)
  cbind(dataset = name, rbind(
    quantity("t", t), quantity("df", n - 1), quantity("bf10_integral", integral(t, n))
  ))
}, grid$t, grid$n))

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  cbind(dataset = name, factor_rows(d$post - d$pre))
}))
write_expected(rbind(expected, grid_rows), "bayes_factor.csv")
