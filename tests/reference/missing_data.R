# Those not followed up: weights from a logistic regression, Rubin's rules, the posterior that
# missing scores are drawn from, and what mice imputes from the same answers.
# Run attrition.R first: it makes data/followed.csv.
suppressPackageStartupMessages({
  library(clubSandwich)
  library(mice)
})

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

followed <- read.csv("data/followed.csv", stringsAsFactors = FALSE)

# --- weights -------------------------------------------------------------------------------

TEST_NAMES <- c("estimate", "se", "df", "p", "ci_low", "ci_high")

of_fit <- function(prefix, fit, d, row) {
  names <- paste0(prefix, TEST_NAMES)
  if (length(unique(d$organisation)) == 1) return(refused(names, "one organisation"))
  cr2 <- vcovCR(fit, cluster = d$organisation, type = "CR2")
  test <- coef_test(fit, vcov = cr2, test = "Satterthwaite")[row, ]
  limits <- conf_int(fit, vcov = cr2, level = 0.95, test = "Satterthwaite")[row, ]
  values <- c(coef(fit)[row], test$SE, test$df_Satt, test$p_Satt, limits$CI_L, limits$CI_U)
  do.call(rbind, Map(quantity, names, values))
}

# As near to the maximum as doubles allow; on columns of similar size.
chances <- function(formula, d) {
  for (name in c("before", "other")) if (sd(d[[name]]) > 0) d[[name]] <- scale(d[[name]])[, 1]
  suppressWarnings(
    fitted(glm(formula, binomial, d, control = glm.control(epsilon = 1e-12, maxit = 60)))
  )
}

weight_rows <- function(d) {
  d$lacks <- as.numeric(is.na(d$other))
  d$other[is.na(d$other)] <- mean(d$other, na.rm = TRUE)
  d$followed <- as.numeric(!is.na(d$after))
  names <- c("weight_sum", "weight_largest", paste0("change_", TEST_NAMES), paste0("did_", TEST_NAMES))
  if (all(d$followed == 1)) return(refused(names, "nobody was lost"))
  # Where some were certain to be lost or kept R stops at a chance near 0 or 1, with or without a
  # warning: what it then prints means nothing.
  chance <- chances(followed ~ before + other + lacks + gender, d)
  if (min(chance, 1 - chance) < 1e-6) return(refused(names, "separated: a chance is 0 or 1"))
  d$w <- 1 / chance
  d$w_group <- 1 / chances(followed ~ before + other + lacks + gender + treated, d)
  d$change <- d$after - d$before
  kept <- d[d$followed == 1, ]
  rbind(
    quantity("weight_sum", sum(kept$w)),
    quantity("weight_largest", max(kept$w)),
    of_fit("change_", lm(change ~ 1, kept, weights = w), kept, 1),
    of_fit("did_", lm(change ~ treated, kept, weights = w_group), kept, 2)
  )
}

weights <- do.call(rbind, lapply(unique(followed$dataset), function(name) {
  cbind(dataset = name, weight_rows(followed[followed$dataset == name, ]))
}))

# --- Rubin's rules -------------------------------------------------------------------------

set.seed(61)
draws <- function(dataset, m, between, within, df) {
  data.frame(dataset, df, value = round(rnorm(m, 0.4, between), 6),
             variance = round(within * exp(rnorm(m, 0, 0.05)), 8))
}
imputed <- rbind(
  draws("pool_usual", 20, 0.12, 0.05, 17.25),
  draws("pool_two", 2, 0.1, 0.03, 6.5),
  draws("pool_mostly_missing", 100, 0.6, 0.04, 11),
  draws("pool_hardly_missing", 20, 0.01, 0.05, 26.125),
  draws("pool_few_df", 5, 0.2, 0.05, 1.75)
)
write.csv(imputed, "data/imputed.csv", row.names = FALSE, quote = FALSE, eol = "\n")

pool_rows <- function(d) {
  pooled <- pool.scalar(d$value, d$variance, n = d$df[1] + 1, k = 1)
  rbind(
    quantity("value", pooled$qbar),
    quantity("se", sqrt(pooled$t)),
    quantity("df", pooled$df),
    quantity("missing", pooled$fmi)
  )
}
pools <- do.call(rbind, lapply(unique(imputed$dataset), function(name) {
  cbind(dataset = name, pool_rows(imputed[imputed$dataset == name, ]))
}))

# --- the posterior, from whole matrices ----------------------------------------------------

# y ~ N(X beta, s^2 (I + t Z Z')), beta ~ N(0, s^2) but for the first, which is flat, and
# p(s^2) = 1 / s^2: log of the posterior of t (up to a constant) and what is conditional on it.
given_ratio <- function(y, x, organisation, ratio) {
  z <- outer(organisation, unique(organisation), "==") + 0
  v <- diag(length(y)) + ratio * z %*% t(z)
  inverse <- solve(v)
  a <- t(x) %*% inverse %*% x + diag(c(0, rep(1, ncol(x) - 1)))
  mean <- solve(a, t(x) %*% inverse %*% y)
  rest <- as.numeric(t(y) %*% inverse %*% y - t(mean) %*% a %*% mean)
  log <- -(determinant(v)$modulus + determinant(a)$modulus + (length(y) - 1) * log(rest)) / 2
  list(log = as.numeric(log), mean = mean, rest = rest, covariance = solve(a))
}

design_of <- function(d) {
  z <- function(x) (x - mean(x)) / sqrt(mean((x - mean(x))^2))
  cbind(1, z(d$before), as.numeric(d$gender == "Male"), as.numeric(d$gender == "Other"))
}

posterior_rows <- function(d, steps = 80) {
  kept <- !is.na(d$after)
  x <- design_of(d)[kept, ]
  y <- d$after[kept]
  y <- (y - mean(y)) / sqrt(mean((y - mean(y))^2))
  icc <- ((seq_len(steps) - 0.5) / steps)^2
  given <- lapply(icc / (1 - icc), given_ratio, y = y, x = x, organisation = d$organisation[kept])
  # Spaced evenly in the root of the intraclass correlation, of which the density is then 2 root.
  log <- sapply(given, `[[`, "log") + log(sqrt(icc))
  weight <- exp(log - max(log))
  weight <- weight / sum(weight)
  rests <- sapply(given, `[[`, "rest")
  means <- sapply(given, `[[`, "mean")
  spread <- sapply(given, function(g) g$covariance[2, 2])
  rbind(
    quantity("icc", sum(weight * icc)),
    quantity("icc_squared", sum(weight * icc^2)),
    quantity("rest", sum(weight * rests)),
    quantity("slope", sum(weight * means[2, ])),
    quantity("level", sum(weight * means[4, ])),
    quantity("slope_variance", sum(weight * spread))
  )
}
POSTERIORS <- c("unequal", "few_organisations", "singletons", "one_organisation", "ties")
posteriors <- do.call(rbind, lapply(POSTERIORS, function(name) {
  cbind(dataset = paste0("posterior_", name), posterior_rows(followed[followed$dataset == name, ]))
}))

# --- what mice imputes ---------------------------------------------------------------------

# A random intercept of organisation by lme4, as Jolani (2018, 2l.lmer): the mean of all later
# scores over many imputations, and how it varies between them.
mice_rows <- function(d, m = 200) {
  frame <- data.frame(
    organisation = as.integer(factor(d$organisation)), before = d$before,
    male = as.numeric(d$gender == "Male"), other = as.numeric(d$gender == "Other"), after = d$after
  )
  predictors <- make.predictorMatrix(frame)
  predictors["after", ] <- c(-2, 1, 1, 1, 0)
  made <- mice(frame, m = m, maxit = 1, method = c("", "", "", "", "2l.lmer"),
               predictorMatrix = predictors, seed = 71, printFlag = FALSE)
  means <- sapply(seq_len(m), function(i) mean(complete(made, i)$after))
  rbind(
    quantity("imputations", m),
    quantity("mean_after", mean(means)),
    quantity("sd_between", sd(means)),
    quantity("mean_seen", mean(d$after, na.rm = TRUE))
  )
}
mices <- do.call(rbind, lapply(c("unequal", "ties"), function(name) {
  cbind(dataset = paste0("mice_", name), mice_rows(followed[followed$dataset == name, ]))
}))

write_expected(rbind(weights, pools, posteriors, mices), "missing_data.csv")
