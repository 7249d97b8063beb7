# Two one-sided tests against a margin, written out from t and from CR2 of clubSandwich.
suppressPackageStartupMessages(library(clubSandwich))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

ALPHA <- 0.05

# p of "the effect is at most -margin" and of "it is at least margin"; the larger counts.
tost <- function(prefix, effect, se, df, margin) {
  p_low <- pt((effect + margin) / se, df, lower.tail = FALSE)
  p_high <- pt((effect - margin) / se, df)
  half <- qt(1 - ALPHA, df) * se
  values <- c(
    margin = margin, effect = effect, p_low = p_low, p_high = p_high, p = max(p_low, p_high),
    ci_low = effect - half, ci_high = effect + half
  )
  do.call(rbind, lapply(names(values), function(name) {
    quantity(paste(prefix, name, sep = "_"), values[[name]])
  }))
}

# t.test gives the same p for the paired design.
check_paired <- function(d, margin) {
  low <- t.test(d$post, d$pre, paired = TRUE, mu = -margin, alternative = "greater")$p.value
  high <- t.test(d$post, d$pre, paired = TRUE, mu = margin, alternative = "less")$p.value
  max(low, high)
}

cr2 <- function(fit, organisation, name) {
  coef_test(fit, vcov = vcovCR(fit, cluster = organisation, type = "CR2"), test = "Satterthwaite")[name, ]
}

change_rows <- function(d, share) {
  change <- d$post - d$pre
  margin <- share * sd(d$pre)
  fit <- lm(change ~ 1)
  plain <- tost("change_t", mean(change), sd(change) / sqrt(nrow(d)), nrow(d) - 1, margin)
  stopifnot(all.equal(as.numeric(plain$value[5]), check_paired(d, margin)))
  test <- cr2(fit, d$organisation, 1)
  rbind(plain, tost("change_cr2", test$beta, test$SE, test$df_Satt, margin))
}

contrast_rows <- function(d, share) {
  change <- d$post - d$pre
  treated <- as.numeric(d$group == "treated")
  n <- table(treated)
  variances <- tapply(d$pre, treated, var)
  margin <- share * sqrt(sum((n - 1) * variances) / (sum(n) - 2))
  fit <- lm(change ~ treated)
  line <- summary(fit)$coefficients["treated", ]
  test <- cr2(fit, d$organisation, 2)
  rbind(
    tost("did_t", line[["Estimate"]], line[["Std. Error"]], fit$df.residual, margin),
    tost("did_cr2", test$beta, test$SE, test$df_Satt, margin)
  )
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
chosen <- c("balanced", "unequal", "few", "some_singletons", "ties", "ceiling", "large_effect")
expected <- do.call(rbind, lapply(chosen, function(name) {
  d <- pairs[pairs$dataset == name, ]
  share <- if (name == "large_effect") 0.5 else 0.2
  cbind(dataset = name, rbind(change_rows(d, share), contrast_rows(d, share)))
}))
write_expected(expected, "equivalence.csv")
