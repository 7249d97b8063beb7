# McDonald's omega: total, of one factor; hierarchical, of the general factor of several parts.
# Needs GPArotation beside psych.
suppressPackageStartupMessages({
  library(psych)
  library(lavaan)
  library(GPArotation)
})

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

# factanal stops at seven digits unless told not to. Its bound: an item keeps at least LEAST.
LEAST <- 0.005
fit_ml <- function(correlation, factors) {
  for (factr in c(1, 10, 100, 1000)) {
    fit <- tryCatch(
      factanal(covmat = correlation, factors = factors, rotation = "none", control =
        list(lower = LEAST, opt = list(factr = factr, pgtol = 0, maxit = 10000))),
      error = function(e) NULL
    )
    if (!is.null(fit)) return(fit)
  }
  NULL
}

complete_items <- function(d) {
  used <- d[, colSums(!is.na(d)) > 0]
  x <- as.matrix(used[complete.cases(used), ])
  x[, apply(x, 2, var) > 0]
}

total_rows <- function(x) {
  k <- ncol(x)
  if (k < 3) return(quantity("omega_total", NA, "fewer than three items"))
  if (qr(cov(x))$rank < k) return(quantity("omega_total", NA, "the covariance matrix has no inverse"))
  fit <- fit_ml(cor(x), 1)
  if (is.null(fit)) return(quantity("omega_total", NA, "factanal finds no solution"))
  if (min(fit$uniquenesses) < LEAST * 1.001) return(quantity("omega_total", NA, "improper: an item without error"))
  spread <- sqrt(diag(cov(x)))
  common <- sum(fit$loadings[, 1] * spread)^2
  value <- common / (common + sum(fit$uniquenesses * spread^2))
  model <- paste("f =~", paste(colnames(x), collapse = " + "))
  sem <- cfa(model, sample.cov = cov(x), sample.nobs = nrow(x), std.lv = TRUE,
    control = list(rel.tol = 1e-15, x.tol = 1e-12, abs.tol = 0, iter.max = 10000))
  part <- lavInspect(sem, "est")
  theirs <- sum(part$lambda)^2 / (sum(part$lambda)^2 + sum(diag(part$theta)))
  rbind(quantity("omega_total", value), quantity("omega_total_lavaan", theirs))
}

# As psych::schmid, on the covariance matrix and to the last digit: maximum likelihood, oblimin
# rotation from varimax, one factor of the factors, and what each item has of that.
general_loadings <- function(x, parts) {
  fit <- fit_ml(cor(x), parts)
  loadings <- unclass(varimax(fit$loadings, eps = 1e-14)$loadings)
  dimnames(loadings) <- NULL
  best <- suppressWarnings(GPFoblq(loadings, method = "quartimin", eps = 1e-9, maxit = 50000))
  turn <- diag(sign(colSums(best$loadings)))
  oblique <- best$loadings %*% turn
  among <- turn %*% best$Phi %*% turn
  top <- if (parts == 3) {
    sqrt(c(among[1, 2] * among[1, 3] / among[2, 3], among[1, 2] * among[2, 3] / among[1, 3],
      among[1, 3] * among[2, 3] / among[1, 2]))
  } else {
    abs(fit_ml(among, 1)$loadings[, 1])
  }
  list(general = drop(oblique %*% top), uniquenesses = fit$uniquenesses)
}

hierarchical_rows <- function(x, parts) {
  ours <- general_loadings(x, parts)
  spread <- sqrt(diag(cov(x)))
  theirs <- suppressMessages(suppressWarnings(
    omega(cor(x), nfactors = parts, fm = "ml", n.obs = nrow(x), plot = FALSE)))
  rbind(
    quantity("omega_hierarchical", sum(ours$general * spread)^2 / sum(cov(x))),
    quantity("omega_hierarchical_correlations", sum(ours$general)^2 / sum(cor(x))),
    quantity("omega_hierarchical_psych", theirs$omega_h, "psych stops at about five digits")
  )
}

PARTS <- c(three_parts = 3, four_parts = 4, five_parts = 5)
items <- read.csv("data/items.csv")
expected <- do.call(rbind, lapply(unique(items$dataset), function(name) {
  x <- complete_items(items[items$dataset == name, -1])
  rows <- total_rows(x)
  if (name %in% names(PARTS)) rows <- rbind(rows, hierarchical_rows(x, PARTS[[name]]))
  cbind(dataset = name, rows)
}))
write_expected(expected, "omega.csv")
