# Power of t-tests with R's own functions: pwr, power.t.test, and the noncentral t for clusters.
suppressPackageStartupMessages(library(pwr))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

power_of <- function(ncp, df, level = 0.95) {
  critical <- qt((1 + level) / 2, df)
  pt(critical, df, ncp, lower.tail = FALSE) + pt(-critical, df, ncp)
}
multiplier <- function(df, power, level = 0.95) {
  uniroot(function(ncp) power_of(ncp, df, level) - power, c(1e-6, 37), tol = 1e-13)$root
}
# Whole pairs, from power.t.test's own search.
whole <- function(n) ceiling(n - 1e-6)

one_group <- do.call(rbind, lapply(c(0.1, 0.2, 0.35, 0.5, 0.8), function(d) {
  sizes <- c(10, 50, 196, 393)
  rbind(
    quantity(sprintf("n_for_%g_at_0.8", d), whole(power.t.test(
      delta = d, power = 0.8, type = "paired", strict = TRUE, tol = 1e-10
    )$n)),
    quantity(sprintf("n_for_%g_at_0.9", d), whole(pwr.t.test(d = d, power = 0.9, type = "paired")$n)),
    do.call(rbind, lapply(sizes, function(n) {
      quantity(sprintf("power_of_%g_with_%d", d, n), pwr.t.test(n = n, d = d, type = "paired")$power)
    }))
  )
}))
one_group <- rbind(one_group, do.call(rbind, lapply(c(5, 106, 163, 212, 371, 393), function(n) {
  quantity(sprintf("effect_with_%d_at_0.8", n), multiplier(n - 1, 0.8) / sqrt(n))
})))

two_groups <- do.call(rbind, lapply(list(c(249, 124), c(184, 166), c(20, 20), c(8, 30)), function(n) {
  label <- sprintf("%d_%d", n[1], n[2])
  rbind(
    quantity(paste0("power_of_0.3_with_", label), pwr.t2n.test(n1 = n[1], n2 = n[2], d = 0.3)$power),
    quantity(
      paste0("effect_at_0.8_with_", label), multiplier(sum(n) - 2, 0.8) * sqrt(1 / n[1] + 1 / n[2])
    )
  )
}))
two_groups <- rbind(two_groups, do.call(rbind, lapply(c(0.2, 0.3, 0.5), function(d) {
  n <- power.t.test(delta = d, power = 0.8, type = "two.sample", strict = TRUE, tol = 1e-10)$n
  quantity(sprintf("n_of_each_for_%g_at_0.8", d), whole(n))
})))

# Organisations of m pairs (coefficient of variation cv) with an intraclass correlation of change.
by_organisation <- do.call(rbind, apply(expand.grid(
  groups = c(8, 15, 28), m = c(5, 14), icc = c(0, 0.02, 0.05, 0.1), cv = c(0, 0.6)
), 1, function(row) {
  inflation <- 1 + ((1 + row[["cv"]]^2) * row[["m"]] - 1) * row[["icc"]]
  n <- row[["groups"]] * row[["m"]]
  treated <- floor(n / 2 + 0.5)
  halves <- 1 / (1 / treated + 1 / (n - treated))
  label <- sprintf("%d_of_%d_icc_%g_cv_%g", row[["groups"]], row[["m"]], row[["icc"]], row[["cv"]])
  rbind(
    quantity(paste0("change_", label), power_of(0.3 * sqrt(n / inflation), row[["groups"]] - 1)),
    quantity(paste0("separate_", label), power_of(0.5 * sqrt(halves / inflation), row[["groups"]] - 2)),
    quantity(
      paste0("mixed_", label), power_of(0.3 * sqrt(halves / (1 - row[["icc"]])), row[["groups"]] - 1)
    )
  )
}, simplify = FALSE))

# Degrees of freedom that are not whole, as CR2 has them.
multipliers <- do.call(rbind, lapply(c(1.2, 2, 3.7, 8, 27.4, 392), function(df) {
  rbind(
    quantity(sprintf("multiplier_%g_at_0.8", df), multiplier(df, 0.8)),
    quantity(sprintf("multiplier_%g_at_0.9_level_0.9", df), multiplier(df, 0.9, 0.9))
  )
}))

expected <- rbind(
  cbind(dataset = "paired", one_group),
  cbind(dataset = "did", two_groups),
  cbind(dataset = "clusters", by_organisation),
  cbind(dataset = "t", multipliers)
)
write_expected(expected, "power.csv")
