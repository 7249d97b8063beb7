# Means of organisations given all others: normal model, flat priors on the mean and on the
# standard deviation between organisations (Bayesian Data Analysis, 5.4), by R's own integrals.
sets <- list(
  eight_schools = list(y = c(28, 8, -3, 7, -1, 1, 18, 12), s = c(15, 10, 16, 11, 9, 11, 10, 18)),
  nothing_between = list(y = c(0.1, -0.2, 0.05, 0.15, -0.1, 0), s = c(1, 0.8, 1.2, 0.9, 2, 1.5)),
  much_between = list(y = c(-5, -2, 0, 3, 6, 9, -8), s = c(0.5, 0.4, 0.6, 0.5, 0.7, 0.3, 2)),
  five = list(y = c(1, 2, 0.5, -1, 1.5), s = c(0.3, 0.9, 0.5, 1.4, 0.7)),
  alike = list(y = rep(2, 5), s = c(0.3, 0.9, 0.5, 1.4, 0.7))
)
out <- NULL
note <- function(set, name, value) out <<- rbind(out, data.frame(dataset = set, quantity = name, value = value))
for (set in names(sets)) {
  y <- sets[[set]]$y; s2 <- sets[[set]]$s^2
  log_density <- function(tau) sapply(tau, function(t) {
    v <- s2 + t^2; p <- sum(1 / v); m <- sum(y / v) / p
    -0.5 * log(p) - 0.5 * sum(log(v)) - 0.5 * sum((y - m)^2 / v)
  })
  grid <- exp(seq(-8, 8, length.out = 4000)); top <- max(log_density(grid))
  density <- function(tau) exp(log_density(tau) - top)
  over <- function(f) {
    cuts <- c(0, exp(seq(-4, 9, by = 0.5)), Inf)
    sum(sapply(seq_len(length(cuts) - 1), function(i)
      integrate(f, cuts[i], cuts[i + 1], rel.tol = 1e-11, abs.tol = 0, subdivisions = 2000, stop.on.error = FALSE)$value))
  }
  whole <- over(density)
  note(set, "spread", over(function(t) t * density(t)) / whole)
  parts <- function(t, j) {
    v <- s2 + t^2; p <- sum(1 / v); m <- sum(y / v) / p; own <- t^2 / v[j]
    c(own * y[j] + (1 - own) * m, sqrt(s2[j] * own + (1 - own)^2 / p), own)
  }
  for (j in seq_along(y)) {
    of <- function(k) over(function(t) sapply(t, function(a) parts(a, j)[k]) * density(t)) / whole
    note(set, paste0("mean_", j), of(1)); note(set, paste0("own_weight_", j), of(3))
    below <- function(q) over(function(t) sapply(t, function(a) { p <- parts(a, j); pnorm(q, p[1], p[2]) }) * density(t)) / whole
    reach <- c(min(y) - 30 * max(sqrt(s2)), max(y) + 30 * max(sqrt(s2)))
    for (tail in c(0.025, 0.975))
      note(set, sprintf("q%03.0f_%d", tail * 1000, j), uniroot(function(q) below(q) - tail, reach, tol = 1e-11)$root)
  }
}
out$value <- sprintf("%.17g", out$value)
write.csv(out, "expected/shrinkage.csv", row.names = FALSE, quote = FALSE)
