# Intraclass correlation by one-way analysis of variance, what follows from it, and the smallest
# effect that could have been seen.
suppressPackageStartupMessages({
  library(clubSandwich)
  library(pwr)
})

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

icc_rows <- function(name, values, organisation) {
  sizes <- as.numeric(table(organisation))
  if (length(sizes) < 2 || all(sizes == 1)) return(quantity(name, NA, "not identified"))
  if (diff(range(values)) == 0) return(quantity(name, NA, "the values do not vary"))
  squares <- summary(aov(values ~ factor(organisation)))[[1]]
  between <- squares[1, "Mean Sq"]
  within <- squares[2, "Mean Sq"]
  free <- squares[, "Df"]
  n0 <- (sum(sizes) - sum(sizes^2) / sum(sizes)) / (length(sizes) - 1)
  bound <- function(p) {
    ratio <- between / within / qf(p, free[1], free[2])
    (ratio - 1) / (ratio + n0 - 1)
  }
  icc <- (between - within) / (between + (n0 - 1) * within)
  rbind(
    quantity(name, icc),
    quantity(paste0(name, "_ci_low"), bound(0.975)),
    quantity(paste0(name, "_ci_high"), bound(0.025)),
    if (name == "icc_change") {
      m <- sum(sizes^2) / sum(sizes)
      rbind(
        quantity("design_effect", 1 + (m - 1) * icc),
        quantity("effective_n", sum(sizes) / (1 + (m - 1) * icc))
      )
    }
  )
}

# Noncentrality with power .8, from the noncentral t of R.
multiplier <- function(df) {
  critical <- qt(0.975, df)
  power <- function(ncp) pt(critical, df, ncp, lower.tail = FALSE) + pt(-critical, df, ncp)
  uniroot(function(ncp) power(ncp) - 0.8, c(0.1, 37), tol = 1e-13)$root
}

pooled_sd <- function(d) {
  sqrt(sum(tapply(d$pre, d$group, function(x) sum((x - mean(x))^2))) / (nrow(d) - 2))
}

mde_rows <- function(d) {
  change <- d$post - d$pre
  cr2 <- function(fit, row) {
    v <- vcovCR(fit, cluster = d$organisation, type = "CR2")
    coef_test(fit, vcov = v, test = "Satterthwaite")[row, ]
  }
  one <- cr2(lm(change ~ 1), 1)
  treated <- as.numeric(d$group == "treated")
  two <- cr2(lm(change ~ treated), 2)
  # pwr answers for pairs that are taken as independent.
  plain <- pwr.t.test(n = nrow(d), power = 0.8, type = "paired")$d * sd(change) / sd(d$pre)
  rbind(
    quantity("mde_change_cr2", multiplier(one$df_Satt) * one$SE / sd(d$pre)),
    quantity("mde_did_cr2", multiplier(two$df_Satt) * two$SE / pooled_sd(d)),
    quantity("mde_change_t_exact", multiplier(nrow(d) - 1) * sd(change) / sqrt(nrow(d)) / sd(d$pre)),
    quantity("mde_change_t_pwr", plain, "pwr searches to about 1e-5")
  )
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
tested <- c("balanced", "unequal", "few", "some_singletons", "ties", "ceiling", "large_effect")
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  cbind(dataset = name, rbind(
    icc_rows("icc_baseline", d$pre, d$organisation),
    icc_rows("icc_change", d$post - d$pre, d$organisation),
    if (name %in% tested) mde_rows(d)
  ))
}))
write_expected(expected, "clustering.csv")
