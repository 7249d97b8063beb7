# One group, before and after: the paired t test and cluster-robust standard errors.
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

T_NAMES <- c("t_se", "t_statistic", "t_df", "t_p", "t_ci_low", "t_ci_high")
CR2_NAMES <- c("cr2_se", "cr2_statistic", "cr2_df", "cr2_p", "cr2_ci_low", "cr2_ci_high")
CLUSTER_NAMES <- c("cr1_se", "cr1s_se", CR2_NAMES, "cr3_se")

describe <- function(d) {
  change <- d$post - d$pre
  spread <- function(x) if (length(x) > 1) sd(x) else NA
  short <- if (nrow(d) < 2) "one pair only" else ""
  rbind(
    quantity("n", nrow(d)),
    quantity("n_organisations", length(unique(d$organisation))),
    quantity("mean_pre", mean(d$pre)),
    quantity("mean_post", mean(d$post)),
    quantity("sd_pre", spread(d$pre), short),
    quantity("sd_post", spread(d$post), short),
    quantity("correlation", cor(d$pre, d$post), short),
    quantity("mean_change", mean(change)),
    quantity("sd_change", spread(change), short)
  )
}

t_rows <- function(d) {
  test <- tryCatch(t.test(d$post, d$pre, paired = TRUE), error = identity)
  if (inherits(test, "error")) return(refused(T_NAMES, paste("t.test:", conditionMessage(test))))
  rbind(
    quantity("t_se", test$stderr),
    quantity("t_statistic", test$statistic),
    quantity("t_df", test$parameter),
    quantity("t_p", test$p.value),
    quantity("t_ci_low", test$conf.int[1]),
    quantity("t_ci_high", test$conf.int[2])
  )
}

cluster_rows <- function(d) {
  change <- d$post - d$pre
  if (nrow(d) > 1 && sd(change) == 0) {
    # clubSandwich answers here with rounding error (constant shift) or 0 / 0 (no change).
    return(refused(CLUSTER_NAMES, "the change does not vary"))
  }
  fit <- lm(change ~ 1)
  se <- function(type) sqrt(vcovCR(fit, cluster = d$organisation, type = type)[1, 1])
  cr2 <- tryCatch(vcovCR(fit, cluster = d$organisation, type = "CR2"), error = identity)
  if (inherits(cr2, "error")) return(refused(CLUSTER_NAMES, paste("clubSandwich:", conditionMessage(cr2))))
  test <- coef_test(fit, vcov = cr2, test = "Satterthwaite")
  limits <- conf_int(fit, vcov = cr2, level = 0.95, test = "Satterthwaite")
  rbind(
    quantity("cr1_se", se("CR1")),
    quantity("cr1s_se", se("CR1S")),
    quantity("cr2_se", test$SE),
    quantity("cr2_statistic", test$tstat),
    quantity("cr2_df", test$df_Satt),
    quantity("cr2_p", test$p_Satt),
    quantity("cr2_ci_low", limits$CI_L),
    quantity("cr2_ci_high", limits$CI_U),
    quantity("cr3_se", se("CR3"))
  )
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  cbind(dataset = name, rbind(describe(d), t_rows(d), cluster_rows(d)))
}))
write_expected(expected, "paired.csv")
