# Other standardised mean changes, and the contrast of two groups over the pooled sd before.
suppressPackageStartupMessages(library(clubSandwich))

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

SIZES <- c("d_av", "d_rm", "glass_delta", "g_z", "g_rm", "g_glass")
NAMES <- as.vector(outer(c("", "_ci_low", "_ci_high"), SIZES, function(end, size) paste0(size, end)))

# The noncentrality at which `t` is the `probability` quantile.
noncentrality <- function(t, df, probability) {
  gap <- function(ncp) suppressWarnings(pt(t, df, ncp)) - probability
  width <- 3
  while (gap(t - width) < 0 || gap(t + width) > 0) width <- width + 1
  uniroot(gap, c(t - width, t + width), tol = 1e-13, maxiter = 10000)$root
}
correction <- function(df) exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))

three <- function(size, values, reason = "") {
  names <- paste0(size, c("", "_ci_low", "_ci_high"))
  if (reason != "") refused(names, reason) else do.call(rbind, Map(quantity, names, values))
}

size_rows <- function(d) {
  n <- nrow(d)
  if (n < 2) return(refused(NAMES, "one pair only"))
  change <- d$post - d$pre
  if (sd(change) == 0) return(refused(NAMES, "the change does not vary"))
  df <- n - 1
  d_z <- mean(change) / sd(change)
  limits <- sapply(c(0.975, 0.025), function(p) noncentrality(d_z * sqrt(n), df, p) / sqrt(n))
  z <- c(d_z, limits)
  r <- suppressWarnings(cor(d$pre, d$post))
  flat <- if (is.na(r)) "everyone has the same value at one of the occasions" else ""
  # With two pairs r is 1 or -1.
  if (flat == "" && r > 1 - 1e-12) flat <- "perfect correlation"
  av <- z * sd(change) / ((sd(d$pre) + sd(d$post)) / 2)
  # Lakens (2013), equation 9: mean change / sqrt(s1^2 + s2^2 - 2 r s1 s2) x sqrt(2 (1 - r)).
  rm <- z * sqrt(2 * (1 - r))
  # Bonett (2008): the standard error does not take the two standard deviations as equal.
  delta <- mean(change) / sd(d$pre)
  se <- sqrt(delta^2 / (2 * df) + var(change) / (df * var(d$pre)))
  glass <- delta + c(0, -1, 1) * qnorm(0.975) * se
  j <- correction(df)
  none <- if (df == 1) "J is 0 with one degree of freedom" else ""
  either <- function(one, two) if (one != "") one else two
  rbind(
    three("d_av", av), three("d_rm", rm, flat), three("glass_delta", glass),
    three("g_z", j * z, none), three("g_rm", j * rm, either(flat, none)), three("g_glass", j * glass, none)
  )
}

CONTRAST <- c("g_baseline", "g_baseline_ols_ci_low", "g_baseline_ols_ci_high", "g_baseline_cr2_ci_low", "g_baseline_cr2_ci_high")

# did.R says where CR2 of clubSandwich means nothing; the interval is then that of least squares.
contrast_rows <- function(d) {
  change <- d$post - d$pre
  treated <- d$group == "treated"
  if (length(unique(treated)) < 2) return(refused(CONTRAST, "one group only"))
  fit <- lm(change ~ treated)
  if (fit$df.residual < 1 || sum(residuals(fit)^2) < 1e-12) return(refused(CONTRAST, "the change does not vary"))
  within <- function(x) sum((x - mean(x))^2)
  df <- nrow(d) - 2
  spread <- sqrt((within(d$pre[treated]) + within(d$pre[!treated])) / df)
  to_g <- correction(df) / spread
  ols <- confint(fit)[2, ]
  cr2 <- tryCatch({
    limits <- conf_int(fit, vcov = vcovCR(fit, cluster = d$organisation, type = "CR2"), test = "Satterthwaite")
    c(limits$CI_L[2], limits$CI_U[2])
  }, error = function(e) c(NA, NA))
  do.call(rbind, Map(quantity, CONTRAST, to_g * c(coef(fit)[2], ols, cr2)))
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  cbind(dataset = name, rbind(size_rows(d), contrast_rows(d)))
}))
write_expected(expected, "more_effect_sizes.csv")
