# Two standardised mean changes. d_z divides by the sd of the change; g_av by the mean of the sds
# before and after, times the small sample correction J.
suppressPackageStartupMessages(library(effectsize))

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

NAMES <- c(
  "d_z", "d_z_ci_low", "d_z_ci_high", "correction_j", "g_av", "g_av_ci_low", "g_av_ci_high", "g_z",
  "effectsize_d_z", "effectsize_d_z_ci_low", "effectsize_d_z_ci_high",
  "effectsize_g_z", "effectsize_g_z_ci_low", "effectsize_g_z_ci_high"
)

# The noncentrality at which `t` is the `probability` quantile.
noncentrality <- function(t, df, probability) {
  gap <- function(ncp) suppressWarnings(pt(t, df, ncp)) - probability
  width <- 3
  while (gap(t - width) < 0 || gap(t + width) > 0) width <- width + 1
  uniroot(gap, c(t - width, t + width), tol = 1e-13, maxiter = 10000)$root
}

correction <- function(df) exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))

effect_rows <- function(d) {
  n <- nrow(d)
  if (n < 2) return(refused(NAMES, "one pair only"))
  change <- d$post - d$pre
  sd_change <- sd(change)
  if (sd_change == 0) return(refused(NAMES, "the change does not vary"))
  df <- n - 1
  d_z <- mean(change) / sd_change
  t <- d_z * sqrt(n)
  d_z_low <- noncentrality(t, df, 0.975) / sqrt(n)
  d_z_high <- noncentrality(t, df, 0.025) / sqrt(n)
  j <- correction(df)
  sd_mean <- (sd(d$pre) + sd(d$post)) / 2
  to_g_av <- j * sd_change / sd_mean
  no_j <- if (df == 1) "J is 0 with one degree of freedom" else ""
  g <- function(name, value) if (df == 1) quantity(name, NA, no_j) else quantity(name, value)
  # With two pairs effectsize warns that the scores look like a grouping.
  theirs_d <- suppressWarnings(cohens_d(d$post, d$pre, paired = TRUE, ci = 0.95))
  theirs_g <- if (df == 1) NULL else hedges_g(d$post, d$pre, paired = TRUE, ci = 0.95)
  rbind(
    quantity("d_z", d_z),
    quantity("d_z_ci_low", d_z_low),
    quantity("d_z_ci_high", d_z_high),
    quantity("correction_j", j, no_j),
    g("g_av", d_z * to_g_av),
    g("g_av_ci_low", d_z_low * to_g_av),
    g("g_av_ci_high", d_z_high * to_g_av),
    g("g_z", d_z * j),
    quantity("effectsize_d_z", theirs_d$Cohens_d),
    quantity("effectsize_d_z_ci_low", theirs_d$CI_low),
    quantity("effectsize_d_z_ci_high", theirs_d$CI_high),
    g("effectsize_g_z", theirs_g$Hedges_g),
    g("effectsize_g_z_ci_low", theirs_g$CI_low),
    g("effectsize_g_z_ci_high", theirs_g$CI_high)
  )
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  cbind(dataset = name, effect_rows(pairs[pairs$dataset == name, ]))
}))
write_expected(expected, "effect_sizes.csv")
