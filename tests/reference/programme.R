# A programme's cost, net cost, and cost of a unit gained: sums by hand, equivalent annual cost and
# Fieller's limits by search, and the joint bootstrap within the error of simulation.

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(dataset, name, value, note = "") {
  data.frame(dataset = dataset, quantity = name, value = text_of(as.numeric(value)), note = note)
}

# --- answers: everything invented -----------------------------------------------------------------
labels <- c("Never", "Once", "Weekly")
weight <- c(Never = 0, Once = 1, Weekly = 12)
weight_low <- c(Never = 0, Once = 1, Weekly = 10)
weight_high <- c(Never = 0, Once = 1, Weekly = 16)
price <- c(nurse = 50, gp = 38)
set.seed(20261122)
draw_answers <- function(effect) {
  rows <- lapply(1:12, function(g) {
    n <- sample(8:20, 1)
    treated <- rbinom(n, 1, 0.6)
    school <- rnorm(1, 0, 0.5)
    before <- pmin(pmax(round(rnorm(n, 5, 2)), 0), 10)
    after <- pmin(pmax(round(0.6 * before + 2 + school + effect * treated + rnorm(n, 0, 1.2)), 0), 10)
    choose <- function(p) sample(labels, n, replace = TRUE, prob = p)
    data.frame(
      school = sprintf("s%02d", g), role = ifelse(treated == 1, "mentee", "neither"),
      mood_before = before, mood_after = after,
      nurse_before = choose(c(0.5, 0.4, 0.1)), nurse_after = choose(c(0.55, 0.37, 0.08)),
      gp_before = choose(c(0.6, 0.35, 0.05)), gp_after = choose(c(0.62, 0.33, 0.05))
    )
  })
  do.call(rbind, rows)
}
answers <- rbind(cbind(dataset = "sure", draw_answers(1.6)), cbind(dataset = "unsure", draw_answers(0.1)))
write.csv(answers, "data/programme.csv", row.names = FALSE, quote = FALSE)

# --- what a programme costs -----------------------------------------------------------------------
# The sum at the end of each year whose present value is what was paid: found by search.
annual <- function(paid, years, rate) {
  uniroot(function(a) sum(a / (1 + rate)^(1:years)) - paid, c(0, 2 * paid), tol = 1e-15 * paid)$root
}
participants <- 160
organisations <- 12
lines <- data.frame(
  id = c("lead", "kit", "badge"), quantity = c(40, 2, 1.5), low = c(30, NA, 1), high = c(60, NA, 3),
  price = c(20, 900, 4), price_low = c(15, 600, NA), price_high = c(26, 1300, NA),
  times = c(organisations, annual(1, 3, 0.035), participants / 1.035)
)
cost <- with(lines, quantity * price * times)

span <- 2 * qnorm(0.975)
deviation <- function(value, low, high) ifelse(is.na(low), 0.25 * value, (high - low) / span)
pert_mean <- function(low, mode, high) ifelse(is.na(low), mode, (low + 4 * mode + high) / 6)
pert_var <- function(low, mode, high) {
  m <- (low + 4 * mode + high) / 6
  ifelse(is.na(low), 0, (m - low) * (high - m) / 7)
}
q_mean <- with(lines, pert_mean(low, quantity, high))
q_var <- with(lines, pert_var(low, quantity, high))
p_sd <- with(lines, deviation(price, price_low, price_high))
psa_mean <- sum(lines$times * q_mean * lines$price) / participants
psa_var <- sum(lines$times^2 * ((q_var + q_mean^2) * (p_sd^2 + lines$price^2) - (q_mean * lines$price)^2))
expected <- rbind(
  quantity("declared", "lead", cost[1]), quantity("declared", "kit", cost[2]),
  quantity("declared", "badge", cost[3]), quantity("declared", "total", sum(cost)),
  quantity("declared", "per_participant", sum(cost) / participants),
  quantity("declared", "psa_mean", psa_mean), quantity("declared", "psa_sd", sqrt(psa_var) / participants)
)
for (case in list(c(900, 3, 0.035), c(5000, 10, 0.05), c(120, 2, 0.015), c(77, 25, 0.1))) {
  name <- sprintf("annual_%g_%g_%g", case[1], case[2], case[3])
  expected <- rbind(expected, quantity("declared", name, annual(case[1], case[2], case[3])))
}

# --- ratios, quadrants and curves of given draws --------------------------------------------------
fieller <- function(cost, gain, v, level = 0.95) {
  z2 <- qnorm((1 + level) / 2)^2
  if (gain^2 <= z2 * v[2, 2]) return(c(NA, NA))
  # The ratios at which cost - R gain is z standard errors from 0, either side of the estimate.
  far <- function(r) (cost - r * gain)^2 - z2 * (v[1, 1] - 2 * r * v[1, 2] + r^2 * v[2, 2])
  r <- cost / gain
  step <- abs(r) + sqrt(v[1, 1]) / abs(gain) + 1
  while (far(r - step) < 0 || far(r + step) < 0) step <- 2 * step
  find <- function(a, b) uniroot(far, c(a, b), tol = 1e-14)$root
  c(find(r - step, r), find(r, r + step))
}
thresholds <- c(0, 20, 50, 100, 500)
of_draws <- function(dataset, cost, gain, at_cost, at_gain) {
  out <- list()
  add <- function(name, value) out[[length(out) + 1]] <<- quantity(dataset, name, value)
  add("north_east", mean(cost > 0 & gain > 0))
  add("north_west", mean(cost > 0 & gain <= 0))
  add("south_east", mean(cost <= 0 & gain > 0))
  add("south_west", mean(cost <= 0 & gain <= 0))
  add("correlation", cor(cost, gain))
  limits <- fieller(at_cost, at_gain, cov(cbind(cost, gain)))
  add("fieller_low", limits[1])
  add("fieller_high", limits[2])
  ratio <- sort(ifelse(gain > 0, cost / gain, Inf))
  add("ratio_low", quantile(ratio, 0.025, type = 1))
  add("ratio_high", if (is.finite(quantile(ratio, 0.975, type = 1))) quantile(ratio, 0.975, type = 1) else NA)
  for (t in thresholds) {
    benefit <- t * gain - cost
    add(sprintf("effective_%g", t), mean(benefit > 0))
    add(sprintf("benefit_low_%g", t), quantile(benefit, 0.025))
    add(sprintf("benefit_high_%g", t), quantile(benefit, 0.975))
  }
  do.call(rbind, out)
}
n <- 500
given <- rbind(
  data.frame(dataset = "given_sure", cost = round(rnorm(n, 90, 30), 6), gain = round(rnorm(n, 1.5, 0.3), 6)),
  data.frame(dataset = "given_negative", cost = round(rnorm(n, -20, 30), 6), gain = round(rnorm(n, 1.1, 0.5), 6)),
  data.frame(dataset = "given_unsure", cost = round(rnorm(n, 40, 30), 6), gain = round(rnorm(n, 0.2, 0.5), 6))
)
write.csv(given, "data/programme_draws.csv", row.names = FALSE, quote = FALSE)
for (name in unique(given$dataset)) {
  d <- given[given$dataset == name, ]
  expected <- rbind(expected, of_draws(name, d$cost, d$gain, mean(d$cost), mean(d$gain)))
}

# --- everything drawn, one draw after the other ---------------------------------------------------
pert <- function(low, mode, high) {
  if (is.na(low) || high <= low) return(mode)
  low + (high - low) * rbeta(1, 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low))
}
gamma_of <- function(value, sd) rgamma(1, (value / sd)^2, (value / sd)^2 / value)
saved <- function(rows, prices, per_label) {
  pay <- function(end) sapply(names(price), function(q) per_label[rows[[paste0(q, end)]]] * prices[q])
  mean(rowSums(pay("_before")) - rowSums(pay("_after")))
}
gained <- function(rows) {
  change <- rows$mood_after - rows$mood_before
  mean(change[rows$role == "mentee"]) - mean(change[rows$role == "neither"])
}
draws <- 20000
one_draw <- function(rows, places, vary) {
  chosen <- places[sample.int(length(places), replace = TRUE)]
  rows <- rows[unlist(lapply(chosen, function(p) p[sample.int(length(p), replace = TRUE)])), ]
  treated <- rows[rows$role == "mentee", ]
  if (!vary) return(c(sum(cost) / participants - saved(treated, price, weight), gained(rows)))
  prices <- c(nurse = gamma_of(50, 20 / span), gp = gamma_of(38, 0.25 * 38))
  per_label <- c(Never = 0, Once = 1, Weekly = pert(10, 12, 16))
  paid <- sapply(seq_len(nrow(lines)), function(i) with(lines[i, ],
    times * pert(low, quantity, high) * gamma_of(price, deviation(price, price_low, price_high))))
  c(sum(paid) / participants - saved(treated, prices, per_label), gained(rows))
}
for (name in unique(answers$dataset)) {
  rows <- answers[answers$dataset == name, ]
  treated <- rows[rows$role == "mentee", ]
  at_cost <- sum(cost) / participants - saved(treated, price, weight)
  expected <- rbind(expected, quantity(name, "n_treated", nrow(treated)), quantity(name, "n", nrow(rows)),
    quantity(name, "net_cost", at_cost), quantity(name, "gain", gained(rows)),
    quantity(name, "net_cost_per_respondent", sum(cost) / nrow(treated) - saved(treated, price, weight)),
    quantity(name, "ratio", at_cost / gained(rows)))
  places <- split(seq_len(nrow(rows)), rows$school)
  for (vary in c(FALSE, TRUE)) {
    drawn <- t(replicate(draws, one_draw(rows, places, vary)))
    kind <- paste(name, if (vary) "psa" else "bootstrap", sep = "_")
    expected <- rbind(expected, of_draws(kind, drawn[, 1], drawn[, 2], at_cost, gained(rows)))
    for (what in 1:2) {
      x <- drawn[, what]
      word <- c("net_cost", "gain")[what]
      expected <- rbind(expected, quantity(kind, paste0(word, "_mean"), mean(x)),
        quantity(kind, paste0(word, "_sd"), sd(x)), quantity(kind, paste0(word, "_low"), quantile(x, 0.025)),
        quantity(kind, paste0(word, "_high"), quantile(x, 0.975)))
    }
  }
}
write.csv(expected, "expected/programme.csv", row.names = FALSE, quote = FALSE)
