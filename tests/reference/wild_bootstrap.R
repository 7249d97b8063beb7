# Restricted wild cluster bootstrap with every pattern of signs, from single rows.
# p: each draw fitted again by lm, its standard error from sandwich. The interval needs the test
# at many nulls; there all draws are fitted at once by the same formulas in matrices, which must
# give the p of lm.
suppressPackageStartupMessages(library(sandwich))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

# Ties are ties of arithmetic, not of rounding.
at_least <- function(t_star, t) abs(t_star) >= abs(t) * (1 - 1e-11)
# CR1 with the factor G / (G - 1) only: HC0 by cluster, with cadjust.
cr1_se <- function(fit, organisation, name) {
  sqrt(vcovCL(fit, cluster = organisation, type = "HC0", cadjust = TRUE)[name, name])
}

# The signs of each draw, by row of the data.
all_signs <- function(organisation) {
  names <- sort(unique(organisation))
  patterns <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(names))))
  t(patterns)[match(organisation, names), , drop = FALSE]
}

# mean change: x is a column of ones; difference: ones and treated. The null is of the last column.
lm_test <- function(y, x, organisation, weights) {
  data <- data.frame(x)
  formula <- reformulate(colnames(x), "y", intercept = FALSE)
  name <- colnames(x)[ncol(x)]
  data$y <- y
  fit <- lm(formula, data)
  t <- coef(fit)[[name]] / cr1_se(fit, organisation, name)
  restricted <- if (ncol(x) == 1) rep(0, length(y)) else rep(mean(y), length(y))
  t_star <- apply(weights, 2, function(w) {
    data$y <- restricted + w * (y - restricted)
    again <- lm(formula, data)
    coef(again)[[name]] / cr1_se(again, organisation, name)
  })
  c(se = cr1_se(fit, organisation, name), statistic = t, p = mean(at_least(t_star, t)))
}

matrix_p <- function(y, x, organisation, weights, null) {
  k <- ncol(x)
  solved <- solve(crossprod(x))
  t_of <- function(ys) {
    beta <- solved %*% crossprod(x, ys)
    residuals <- ys - x %*% beta
    pull <- as.vector(x %*% solved[, k])
    scores <- rowsum(pull * residuals, organisation)
    g <- nrow(scores)
    (beta[k, ] - null) / sqrt(g / (g - 1) * colSums(scores^2))
  }
  moved <- y - x[, k] * null
  restricted <- x[, k] * null + (if (k == 1) 0 else mean(moved))
  t_star <- t_of(restricted + weights * (y - restricted))
  # A draw that fits exactly has no standard error: it is as extreme as can be.
  t_star[is.nan(t_star)] <- Inf
  mean(at_least(t_star, t_of(matrix(y))))
}

# The null on one side of the estimate at which p falls to .05, by halving; NA if it never does.
limit <- function(p_at, estimate, step) {
  near <- 0
  far <- 2
  while (p_at(estimate + far * step) > 0.05) {
    far <- 2 * far
    if (far > 1000) return(NA)
  }
  for (i in 1:48) {
    middle <- (near + far) / 2
    if (p_at(estimate + middle * step) > 0.05) near <- middle else far <- middle
  }
  estimate + far * step
}

rows_of <- function(prefix, y, x, organisation) {
  weights <- all_signs(organisation)
  test <- lm_test(y, x, organisation, weights)
  p_at <- function(null) matrix_p(y, x, organisation, weights, null)
  stopifnot(isTRUE(all.equal(p_at(0), test[["p"]])))
  estimate <- qr.coef(qr(x), y)[[ncol(x)]]
  low <- limit(p_at, estimate, -test[["se"]])
  high <- limit(p_at, estimate, test[["se"]])
  none <- if (is.na(low) || is.na(high)) "no null is rejected at this level" else ""
  rbind(
    quantity(paste0(prefix, "_se"), test[["se"]]),
    quantity(paste0(prefix, "_statistic"), test[["statistic"]]),
    quantity(paste0(prefix, "_p"), test[["p"]]),
    quantity(paste0(prefix, "_ci_low"), low, none),
    quantity(paste0(prefix, "_ci_high"), high, none)
  )
}

# Webb's weights, a large number of draws: what a smaller number must come near to.
webb_p <- function(y, x, organisation, draws = 100000) {
  names <- sort(unique(organisation))
  points <- c(-sqrt(1.5), -1, -sqrt(0.5), sqrt(0.5), 1, sqrt(1.5))
  drawn <- matrix(sample(points, length(names) * draws, replace = TRUE), length(names))
  parts <- split(seq_len(draws), rep(1:10, length.out = draws))
  mean(sapply(parts, function(part) {
    matrix_p(y, x, organisation, drawn[match(organisation, names), part], 0)
  }))
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
enumerated <- c(
  "five", "few", "one_org_holds_group", "ties", "ceiling", "large_effect", "some_singletons",
  "group_by_org"
)
set.seed(20180402)
expected <- do.call(rbind, lapply(enumerated, function(name) {
  d <- pairs[pairs$dataset == name, ]
  y <- d$post - d$pre
  one <- cbind(one = rep(1, nrow(d)))
  both <- cbind(one = 1, treated = as.numeric(d$group == "treated"))
  holds <- max(table(d$organisation[d$group == "treated"])) == sum(d$group == "treated")
  cbind(dataset = name, rbind(
    rows_of("mean_change", y, one, d$organisation),
    if (!holds) rows_of("did", y, both, d$organisation),
    if (length(unique(d$organisation)) >= 10) rbind(
      quantity("mean_change_webb_p", webb_p(y, one, d$organisation), "100,000 draws"),
      quantity("did_webb_p", webb_p(y, both, d$organisation), "100,000 draws")
    )
  ))
}))
write_expected(expected, "wild_bootstrap.csv")
