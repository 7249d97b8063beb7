# Do all levels of a characteristic change alike, and is the contrast of the groups alike at all
# levels? The cluster-robust Wald test with CR2 and the HTZ distribution; makes its own data.
suppressPackageStartupMessages(library(clubSandwich))
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20200704)

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

# ---- data/subgroups.csv: scores before and after, with a level and a group -----------------

draw <- function(dataset, sizes, shares, by_organisation = FALSE, group_by_organisation = FALSE) {
  organisation <- rep(seq_along(sizes), sizes)
  n <- sum(sizes)
  levels <- seq_along(shares)
  level <- sample(levels, n, replace = TRUE, prob = shares)
  if (by_organisation) level <- rep(levels, length.out = length(sizes))[organisation]
  treated <- runif(n) < 0.55
  if (group_by_organisation) treated <- organisation %% 2 == 0
  pre <- pmin(pmax(round(rnorm(n, 22, 4.5)), 7), 35)
  change <- 0.6 * treated + 0.5 * level + rnorm(length(sizes), 0, 1)[organisation] + rnorm(n, 0, 4)
  data.frame(
    dataset,
    organisation = sprintf("org_%02d", organisation),
    group = ifelse(treated, "treated", "control"),
    level = sprintf("level_%02d", level),
    pre, post = round(pre + change)
  )
}

unequal <- c(2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 16, 19, 23, 28, 34, 41, 50, 60)
one_organisation <- draw("level_in_one_organisation", c(12, 15, 9, 14, 20, 11, 13), c(1, 1, 1))
one_organisation$level[one_organisation$level == "level_03"] <- "level_01"
one_organisation$level[one_organisation$organisation == "org_04"][1:6] <- "level_03"
ties <- draw("ties", c(12, 15, 9, 14, 20, 11, 13, 16), c(2, 3, 3))
still <- runif(nrow(ties)) < 0.7
ties$post[still] <- ties$pre[still]
flat <- draw("same_change_in_each_level", c(12, 15, 9, 14, 20, 11), c(1, 1))
flat$post <- flat$pre + ifelse(flat$level == "level_01", 1, 3)

data <- rbind(
  draw("two_levels", rep(10, 12), c(1, 1)),
  draw("two_unequal", unequal, c(1, 6)),
  draw("three_unequal", unequal, c(5, 3, 1)),
  draw("levels_of_organisations", c(12, 9, 15, 22, 8, 13, 10, 17, 11, 14, 9, 16), c(1, 1, 1), TRUE),
  draw("groups_of_organisations", c(12, 9, 15, 22, 8, 13, 10, 17, 11, 14, 9, 16), c(1, 2, 1), FALSE, TRUE),
  draw("five_organisations", c(14, 18, 12, 25, 20), c(3, 2)),
  draw("too_few_for_so_many", c(30, 28, 34, 25, 31), rep(1, 6)),
  draw("twelve_levels", c(unequal, unequal), rep(1, 12)),
  draw("singletons", rep(1, 60), c(1, 1, 1)),
  one_organisation, ties, flat
)
write.csv(data, "data/subgroups.csv", row.names = FALSE, quote = FALSE, eol = "\n")

# ---- expected/subgroups.csv -----------------------------------------------------------------

TEST <- c("statistic", "df_num", "df", "p")
DIFFERENCE <- c("estimate", "se", "statistic", "df", "p", "ci_low", "ci_high")

singular <- function(fit, organisation) {
  q <- qr.Q(qr(model.matrix(fit)))
  any(sapply(split(seq_len(nrow(q)), organisation), function(rows) {
    max(svd(q[rows, , drop = FALSE])$d) > 1 - 1e-9
  }))
}

# `fit` has a column for each cell; `contrasts` are rows of zeros and ones and minus ones.
test_rows <- function(fit, organisation, contrasts, prefix) {
  names <- paste(prefix, TEST, sep = "_")
  if (nrow(contrasts) == 1) names <- c(names, paste(prefix, "difference", DIFFERENCE, sep = "_"))
  if (anyNA(coef(fit))) return(refused(names, "a cell is empty"))
  if (sum(residuals(fit)^2) < 1e-16 * nrow(model.matrix(fit))) return(refused(names, "no residual"))
  if (singular(fit, organisation)) return(refused(names, "I - H is singular for an organisation"))
  v <- vcovCR(fit, cluster = organisation, type = "CR2")
  test <- suppressWarnings(Wald_test(fit, constraints = contrasts, vcov = v, test = "HTZ"))
  values <- c(test$Fstat, test$df_num, test$df_denom, test$p_val)
  note <- if (test$df_denom <= 0) "no denominator degrees of freedom are left" else ""
  if (note != "") values <- rep(NA, 4)
  rows <- do.call(rbind, Map(quantity, names[1:4], values, note))
  if (nrow(contrasts) > 1) return(rows)
  t <- linear_contrast(fit, vcov = v, contrasts = contrasts, level = 0.95, test = "Satterthwaite", p_values = TRUE)
  values <- c(t$Est, t$SE, t$Est / t$SE, t$df, t$p_val, t$CI_L, t$CI_U)
  rbind(rows, do.call(rbind, Map(quantity, names[-(1:4)], values)))
}

# Level 1 less each of the others.
apart <- function(k) cbind(1, -diag(k - 1))

all_rows <- function(d) {
  change <- d$post - d$pre
  level <- factor(d$level)
  k <- nlevels(level)
  cell <- interaction(factor(d$group, c("treated", "control")), level)
  rbind(
    quantity("n", nrow(d)),
    quantity("n_organisations", length(unique(d$organisation))),
    test_rows(lm(change ~ 0 + level), d$organisation, apart(k), "levels"),
    test_rows(lm(change ~ 0 + cell), d$organisation, apart(k) %x% t(c(1, -1)), "contrasts"),
    test_rows(lm(post ~ 0 + level + pre, d), d$organisation, cbind(apart(k), 0), "adjusted")
  )
}

data <- read.csv("data/subgroups.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(data$dataset), function(name) {
  cbind(dataset = name, all_rows(data[data$dataset == name, ]))
}))
write_expected(expected, "subgroups.csv")
