# The groups permuted within organisations: the normal approximation by coin, and every permutation
# of small data.
suppressPackageStartupMessages(library(coin))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

z_of <- function(change, d) {
  group <- factor(d$group, levels = c("treated", "control"))
  as.numeric(statistic(oneway_test(change ~ group | factor(d$organisation)), type = "standardized"))
}

# The difference that leaves |z| = 1.96 when it is taken from every treated pair.
limit <- function(change, d, estimate, far) {
  treated <- d$group == "treated"
  critical <- qnorm(0.975)
  excess <- function(delta) abs(z_of(change - delta * treated, d)) - critical
  uniroot(excess, sort(c(estimate, far)), tol = 1e-13)$root
}

mixed_only <- function(d) {
  both <- tapply(d$group, d$organisation, function(g) length(unique(g)) == 2)
  d[d$organisation %in% names(both)[both], ]
}

approximation <- function(d) {
  d <- mixed_only(d)
  if (nrow(d) == 0) return(quantity("z", NA, "no organisation has both groups"))
  change <- d$post - d$pre
  if (all(ave(change, d$organisation) == change)) return(quantity("z", NA, "change does not vary"))
  treated <- as.numeric(d$group == "treated")
  several <- length(unique(d$organisation)) > 1
  fit <- if (several) lm(change ~ treated + factor(d$organisation)) else lm(change ~ treated)
  estimate <- coef(fit)[["treated"]]
  z <- z_of(change, d)
  se <- estimate / z
  rbind(
    quantity("n", nrow(d)),
    quantity("n_organisations", length(unique(d$organisation))),
    quantity("difference", estimate),
    quantity("se", se),
    quantity("z", z),
    quantity("p", pvalue(oneway_test(
      change ~ factor(d$group, levels = c("treated", "control")) | factor(d$organisation)
    ))),
    quantity("ci_low", limit(change, d, estimate, estimate - 6 * se)),
    quantity("ci_high", limit(change, d, estimate, estimate + 6 * se))
  )
}

# Every labelling of one organisation: its number of treated may be any of its pairs.
labellings <- function(treated) {
  apply(combn(length(treated), sum(treated)), 2, function(chosen) {
    as.numeric(seq_along(treated) %in% chosen)
  })
}

# Sums over all combinations of one labelling for each organisation.
all_sums <- function(parts) Reduce(function(a, b) as.vector(outer(a, b, "+")), parts)

exact <- function(d) {
  d <- mixed_only(d)
  change <- d$post - d$pre
  treated <- as.numeric(d$group == "treated")
  rows <- split(seq_len(nrow(d)), d$organisation)
  # Deviations from the mean of all labellings, of any values.
  deviations <- function(values) {
    all_sums(lapply(rows, function(r) {
      colSums(values[r] * labellings(treated[r])) - sum(treated[r]) * mean(values[r])
    }))
  }
  own <- function(values) {
    sum(sapply(rows, function(r) sum((values[r] - mean(values[r])) * treated[r])))
  }
  effects <- deviations(change)
  weights <- deviations(treated)
  p_at <- function(delta) {
    mean(abs(effects - delta * weights) >= abs(own(change) - delta * own(treated)) - 1e-9)
  }
  estimate <- own(change) / own(treated)
  search <- function(side) {
    near <- 0
    far <- 60
    if (p_at(estimate + side * far) > 0.05) return(NA)
    for (i in 1:50) {
      middle <- (near + far) / 2
      if (p_at(estimate + side * middle) > 0.05) near <- middle else far <- middle
    }
    estimate + side * far
  }
  rbind(
    quantity("exact_permutations", length(effects)),
    quantity("exact_p", p_at(0)),
    quantity("exact_ci_low", search(-1)),
    quantity("exact_ci_high", search(1))
  )
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
of <- function(name, organisations = NULL) {
  d <- pairs[pairs$dataset == name, ]
  if (is.null(organisations)) d else d[d$organisation %in% sprintf("org_%02d", organisations), ]
}
small <- list(
  small_unequal = of("unequal", 2:6),
  small_singletons = of("some_singletons", 1:5),
  small_ties = of("ties", c(1, 4)),
  small_one = of("five", 1)
)
expected <- rbind(
  do.call(rbind, lapply(unique(pairs$dataset), function(name) {
    cbind(dataset = name, approximation(of(name)))
  })),
  do.call(rbind, lapply(names(small), function(name) {
    cbind(dataset = name, rbind(approximation(small[[name]]), exact(small[[name]])))
  }))
)
write_expected(expected, "permutation.csv")
