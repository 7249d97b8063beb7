# Controls weighted by their odds of being treated: glm, then lm with weights and CR2.
suppressPackageStartupMessages({
  library(clubSandwich)
  library(survey)
})

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}

FEWEST <- 10
# Levels of fewer than ten share one, and join the most frequent if even together they are fewer
# than ten; no answer is a level like others.
pooled <- function(x) {
  counts <- table(x)
  rare <- counts[x] < FEWEST
  other <- if (sum(rare) < FEWEST) names(which.max(counts)) else "rare"
  factor(ifelse(rare, other, x))
}
# Columns for all levels but one; none where there is one level only.
columns_of <- function(x) {
  levels <- pooled(ifelse(x == "", "not known", x))
  if (nlevels(levels) < 2) return(NULL)
  model.matrix(~ levels)[, -1, drop = FALSE]
}

differences <- function(d, weights) {
  one <- d$treated == 1
  mean_of <- function(x, rows, w) sum(x[rows] * w[rows]) / sum(w[rows])
  apart <- function(x, w) mean_of(x, one, w) - mean_of(x, !one, w)
  n <- c(sum(one), sum(!one))
  sd_pooled <- sqrt(((n[1] - 1) * var(d$pre[one]) + (n[2] - 1) * var(d$pre[!one])) / (sum(n) - 2))
  female <- as.numeric(d$gender == "Female")
  share <- c(mean(female[one]), mean(female[!one]))
  sd_share <- sqrt(mean(share * (1 - share)))
  same <- rep(1, nrow(d))
  rbind(
    quantity("smd_pre", apart(d$pre, same) / sd_pooled),
    quantity("smd_pre_weighted", apart(d$pre, weights) / sd_pooled),
    quantity("smd_female", apart(female, same) / sd_share),
    quantity("smd_female_weighted", apart(female, weights) / sd_share)
  )
}

rows_of <- function(d) {
  design <- cbind(scale(d$pre), columns_of(d$gender), columns_of(d$year))
  model <- suppressWarnings(glm(
    d$treated ~ design, family = binomial, control = glm.control(epsilon = 1e-14, maxit = 100)
  ))
  chance <- fitted(model)
  if (min(chance, 1 - chance) < 1e-6) {
    return(quantity("estimate", NA, "glm: chances of 0 or 1, the groups are separated"))
  }
  d$change <- d$post - d$pre
  d$weight <- ifelse(d$treated == 1, 1, chance / (1 - chance))
  fit <- lm(change ~ treated, d, weights = weight)
  cr2 <- vcovCR(fit, cluster = d$organisation, type = "CR2")
  test <- coef_test(fit, vcov = cr2, test = "Satterthwaite")[2, ]
  limits <- conf_int(fit, vcov = cr2, test = "Satterthwaite")[2, ]
  # A second opinion on the estimate: its standard error has no correction for few clusters.
  survey <- svydesign(ids = ~ organisation, weights = ~ weight, data = d)
  surveyed <- coef(svyglm(change ~ treated, survey))[["treated"]]
  control <- d$weight[d$treated == 0]
  rbind(
    quantity("estimate", test$beta),
    quantity("se", test$SE),
    quantity("statistic", test$tstat),
    quantity("df", test$df_Satt),
    quantity("p", test$p_Satt),
    quantity("ci_low", limits$CI_L),
    quantity("ci_high", limits$CI_U),
    quantity("survey_estimate", surveyed),
    quantity("effective", sum(control)^2 / sum(control^2)),
    quantity("largest", max(control) / mean(control)),
    differences(d, d$weight)
  )
}

weighting <- read.csv("data/weighting.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(weighting$dataset), function(name) {
  cbind(dataset = name, rows_of(weighting[weighting$dataset == name, ]))
}))
write.csv(expected, file.path("expected", "weighting.csv"), row.names = FALSE,
          quote = ncol(expected), eol = "\n")
