# Change of cost and how sure it is: concentration, one parameter at a time, winsorised, leaving
# out, all by hand; and the bootstraps, within the error of simulation.
suppressPackageStartupMessages(library(boot))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(dataset, name, value, note = "") {
  data.frame(dataset = dataset, quantity = name, value = text_of(as.numeric(value)), note = note)
}

contacts <- read.csv("data/contacts.csv", stringsAsFactors = FALSE, na.strings = "")
weights <- read.csv("data/contact_weights.csv", stringsAsFactors = FALSE)
unit_costs <- read.csv("data/contact_unit_costs.csv", stringsAsFactors = FALSE)
questions <- unit_costs$question
complete <- contacts[complete.cases(contacts), ]

# Ranges of this script alone: see test_cost_uncertainty.py for the same numbers.
low_cost <- c(teacher = 2.92, school_nurse = 42.04, gp = 31)
high_cost <- c(teacher = 17.55, school_nurse = 65.54, gp = 48)
low_weight <- c(54, 10.8, 2.5, 1.5, 1, 0)
high_weight <- c(73, 14.6, 3.4, 2.5, 1, 0)
names(low_weight) <- names(high_weight) <- weights$label
base_weight <- setNames(weights$contacts, weights$label)
base_cost <- setNames(unit_costs$unit_cost, questions)

cost <- function(rows, end, prices = base_cost, per_label = base_weight) {
  rowSums(sapply(questions, function(q) per_label[rows[[paste(q, end, sep = "_")]]] * prices[q]))
}
saving_of <- function(rows, ...) cost(rows, "pre", ...) - cost(rows, "post", ...)

top_share <- function(x, share) {
  x <- sort(x, decreasing = TRUE)
  k <- share * length(x)
  whole <- floor(k)
  part <- if (whole < length(x)) (k - whole) * x[whole + 1] else 0
  (sum(head(x, whole)) + part) / sum(x)
}
gini <- function(x) {
  n <- length(x)
  x <- sort(x)
  sum((2 * seq_len(n) - n - 1) * x) / (n * sum(x))
}
# Every number of respondents removed, by brute force: the m that pull hardest.
to_turn <- function(s) {
  side <- sign(sum(s))
  left <- side * (sum(s) - cumsum(s[order(-side * s)]))
  found <- which(left < -1e-9)
  if (length(found)) found[1] else NA
}

exact <- function(name, rows) {
  before <- cost(rows, "pre")
  after <- cost(rows, "post")
  saving <- before - after
  found <- list(quantity(name, "n", nrow(rows)), quantity(name, "saving", mean(saving)))
  add <- function(...) found[[length(found) + 1]] <<- quantity(name, ...)
  for (end in c("before", "after")) {
    x <- if (end == "before") before else after
    for (percent in c(1, 5, 10)) add(paste("top", percent, end, sep = "_"), top_share(x, percent / 100))
    add(paste("gini", end, sep = "_"), gini(x))
    answers <- unlist(rows[paste(questions, if (end == "before") "pre" else "post", sep = "_")])
    paid <- base_weight[answers] * rep(base_cost, each = nrow(rows))
    add(paste("daily", end, sep = "_"), sum(paid[answers == "About once a day"]) / sum(paid))
  }
  without <- (sum(saving) - saving) / (length(saving) - 1)
  add("without_respondent_lowest", min(without))
  add("without_respondent_highest", max(without))
  out <- sapply(unique(rows$organisation), function(g) mean(saving[rows$organisation != g]))
  add("without_organisation_lowest", min(out))
  add("without_organisation_highest", max(out))
  add("n_to_turn_sign", to_turn(saving))
  for (percent in c(95, 99)) {
    limit <- quantile(c(before, after), percent / 100, type = 7)
    add(paste0("winsorised_", percent), mean(pmin(before, limit) - pmin(after, limit)))
  }
  for (q in questions) for (end in c("low", "high")) {
    prices <- base_cost
    prices[q] <- if (end == "low") low_cost[q] else high_cost[q]
    add(paste("one_way", q, end, sep = "_"), mean(saving_of(rows, prices)))
  }
  for (place in 1:4) for (end in c("low", "high")) {
    per_label <- base_weight
    per_label[place] <- if (end == "low") low_weight[place] else high_weight[place]
    add(paste("one_way_label", place, end, sep = "_"), mean(saving_of(rows, base_cost, per_label)))
  }
  do.call(rbind, found)
}

# --- by simulation: so many draws, one after the other --------------------------------------------
draws <- 40000
two_stage <- function(saving, organisation, within = TRUE) {
  groups <- split(saving, organisation)
  replicate(draws, {
    chosen <- groups[sample.int(length(groups), replace = TRUE)]
    if (within) chosen <- lapply(chosen, function(s) s[sample.int(length(s), replace = TRUE)])
    mean(unlist(chosen))
  })
}
pert <- function(n, low, mode, high) {
  if (high <= low) return(rep(mode, n))
  low + (high - low) * rbeta(n, 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low))
}
summarised <- function(dataset, name, drawn) {
  rbind(
    quantity(dataset, paste0(name, "_mean"), mean(drawn)), quantity(dataset, paste0(name, "_sd"), sd(drawn)),
    quantity(dataset, paste0(name, "_low"), quantile(drawn, 0.025)),
    quantity(dataset, paste0(name, "_high"), quantile(drawn, 0.975)),
    quantity(dataset, paste0(name, "_above_zero"), mean(drawn > 1e-9))
  )
}

simulated <- function(name, rows) {
  saving <- saving_of(rows)
  by_label <- sapply(questions, function(q) sapply(weights$label, function(label)
    (rows[[paste(q, "pre", sep = "_")]] == label) - (rows[[paste(q, "post", sep = "_")]] == label)),
    simplify = "array")
  places <- split(seq_len(nrow(rows)), rows$organisation)
  net <- apply(by_label, 2:3, mean)
  psa <- replicate(draws, {
    chosen <- places[sample.int(length(places), replace = TRUE)]
    chosen <- unlist(lapply(chosen, function(p) p[sample.int(length(p), replace = TRUE)]))
    deviation <- (high_cost - low_cost) / (2 * qnorm(0.975))
    shape <- (base_cost / deviation)^2
    prices <- rgamma(length(questions), shape, shape / base_cost)
    per_label <- mapply(pert, 1, low_weight, base_weight, high_weight)
    c(sum(outer(per_label, prices) * apply(by_label[chosen, , ], 2:3, mean)),
      sum(outer(per_label, prices) * net))
  })
  rbind(
    summarised(name, "bootstrap", two_stage(saving, rows$organisation)),
    summarised(name, "organisations", two_stage(saving, rows$organisation, FALSE)),
    summarised(name, "respondents", boot(saving, function(s, i) mean(s[i]), draws)$t[, 1]),
    summarised(name, "psa", psa[1, ]),
    quantity(name, "parameter_sd", sd(psa[2, ]))
  )
}

set.seed(20261122)
few <- complete[complete$organisation %in% sort(unique(complete$organisation))[1:6], ]
expected <- rbind(
  exact("all", complete), exact("few", few), exact("one_organisation_less", complete[-(1:20), ]),
  simulated("all", complete), simulated("few", few)
)
write.csv(expected, "expected/cost_uncertainty.csv", row.names = FALSE, quote = ncol(expected), eol = "\n")
