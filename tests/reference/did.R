# Treated against control: the difference of the two mean changes, change ~ treated.
suppressPackageStartupMessages({
  library(sandwich)
  library(clubSandwich)
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

OLS_NAMES <- c("ols_se", "ols_statistic", "ols_df", "ols_p", "ols_ci_low", "ols_ci_high")
CR2_NAMES <- c("cr2_se", "cr2_statistic", "cr2_df", "cr2_p", "cr2_ci_low", "cr2_ci_high")
CLUSTER_NAMES <- c("cr1_stata_se", "cr1_se", CR2_NAMES, "cr3_se")
LOST <- paste(
  "without one of the organisations the two groups cannot be compared (I - H is singular):",
  "its part of the variance is lost"
)

describe <- function(d) {
  change <- d$post - d$pre
  of <- function(group, f) f(change[d$group == group])
  rbind(
    quantity("n", nrow(d)),
    quantity("n_treated", sum(d$group == "treated")),
    quantity("n_control", sum(d$group == "control")),
    quantity("n_organisations", length(unique(d$organisation))),
    quantity("mean_change_treated", of("treated", mean)),
    quantity("mean_change_control", of("control", mean))
  )
}

ols_rows <- function(fit) {
  line <- summary(fit)$coefficients["treated", ]
  limits <- confint(fit, "treated", level = 0.95)
  rbind(
    quantity("ols_se", line[["Std. Error"]]),
    quantity("ols_statistic", line[["t value"]]),
    quantity("ols_df", fit$df.residual),
    quantity("ols_p", line[["Pr(>|t|)"]]),
    quantity("ols_ci_low", limits[1]),
    quantity("ols_ci_high", limits[2])
  )
}

# Organisations without which the effect is not identified: there I - H has no inverse, so CR3
# does not exist and CR2 drops what the organisation would have added.
singular_organisations <- function(fit, organisation) {
  x <- model.matrix(fit)
  hat <- x %*% solve(crossprod(x)) %*% t(x)
  smallest <- sapply(split(seq_along(organisation), organisation), function(rows) {
    min(eigen(diag(length(rows)) - hat[rows, rows, drop = FALSE], symmetric = TRUE)$values)
  })
  sum(smallest < 1e-8)
}

cluster_rows <- function(fit, organisation) {
  cr2 <- tryCatch(vcovCR(fit, cluster = organisation, type = "CR2"), error = identity)
  if (inherits(cr2, "error")) return(refused(CLUSTER_NAMES, paste("clubSandwich:", conditionMessage(cr2))))
  singular <- singular_organisations(fit, organisation)
  note <- if (singular > 0) LOST else ""
  se <- function(v) sqrt(v["treated", "treated"])
  test <- coef_test(fit, vcov = cr2, test = "Satterthwaite")[2, ]
  limits <- conf_int(fit, vcov = cr2, level = 0.95, test = "Satterthwaite")[2, ]
  rbind(
    quantity("singular_organisations", singular),
    quantity("cr1_stata_se", se(vcovCL(fit, cluster = organisation, type = "HC1")), note),
    quantity("cr1_se", se(vcovCR(fit, cluster = organisation, type = "CR1")), note),
    quantity("cr2_se", test$SE, note),
    quantity("cr2_statistic", test$tstat, note),
    quantity("cr2_df", test$df_Satt, note),
    quantity("cr2_p", test$p_Satt, note),
    quantity("cr2_ci_low", limits$CI_L, note),
    quantity("cr2_ci_high", limits$CI_U, note),
    if (singular > 0) {
      quantity("cr3_se", NA, note)
    } else {
      quantity("cr3_se", se(vcovCR(fit, cluster = organisation, type = "CR3")))
    }
  )
}

all_rows <- function(d) {
  everything <- c("did", OLS_NAMES, CLUSTER_NAMES)
  if (length(unique(d$group)) < 2) return(refused(everything, "one of the two groups is empty"))
  treated <- as.numeric(d$group == "treated")
  change <- d$post - d$pre
  fit <- lm(change ~ treated)
  if (fit$df.residual == 0) {
    rest <- refused(c(OLS_NAMES, CLUSTER_NAMES), "one pair in each group: no residual degrees of freedom")
  } else if (max(tapply(change, treated, function(x) diff(range(x)))) == 0) {
    # What R gives here is rounding error or 0 / 0.
    rest <- refused(c(OLS_NAMES, CLUSTER_NAMES), "the change does not vary within the groups")
  } else {
    rest <- rbind(ols_rows(fit), cluster_rows(fit, d$organisation))
  }
  # Not coef(fit): lm leaves rounding error of 1e-15 where the difference is exactly 0.
  did <- mean(change[treated == 1]) - mean(change[treated == 0])
  stopifnot(all.equal(did, coef(fit)[["treated"]]))
  rbind(quantity("did", did), rest)
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  cbind(dataset = name, rbind(describe(d), all_rows(d)))
}))
write_expected(expected, "did.csv")
