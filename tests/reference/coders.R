# Agreement of coders: Cohen's kappa with its large-sample standard error (psych), and Fleiss' kappa by
# its formula (Fleiss 1971), themes being given or not.
# Run from tests/reference: Rscript coders.R

number <- function(dataset, quantity, value) {
  data.frame(dataset = dataset, quantity = quantity, value = sprintf("%.17g", value), row.names = NULL)
}
rows <- list()

pairs <- list(
  most = c(20, 5, 10, 65), few = c(3, 1, 0, 6), against = c(1, 9, 8, 2), rare = c(1, 2, 0, 197), chance = c(5, 5, 5, 5)
)
for (name in names(pairs)) {
  counts <- pairs[[name]]  # both, first alone, second alone, neither
  table <- matrix(c(counts[1], counts[3], counts[2], counts[4]), 2)
  found <- psych::cohen.kappa(table)
  rows <- c(rows, list(number(name, "kappa", found$kappa), number(name, "se", sqrt(found$var.kappa)),
    number(name, "agreement", (counts[1] + counts[4]) / sum(counts))))
}

three <- list(
  mixed = rbind(c(1, 1, 1), c(1, 0, 1), c(0, 0, 0), c(0, 1, 0), c(1, 1, 1), c(0, 0, 0), c(0, 0, 1)),
  four = rbind(c(1, 1, 1, 0), c(0, 0, 0, 0), c(1, 1, 1, 1), c(0, 1, 0, 1), c(0, 0, 0, 0))
)
for (name in names(three)) {
  flags <- three[[name]]; m <- ncol(flags); given <- cbind(rowSums(flags), m - rowSums(flags))
  within <- (rowSums(given^2) - m) / (m * (m - 1))
  by_chance <- sum(colMeans(given / m)^2)
  rows <- c(rows, list(number(name, "kappa", (mean(within) - by_chance) / (1 - by_chance)),
    number(name, "agreement", mean(apply(flags, 1, function(f) length(unique(f)) == 1)))))
}
write.csv(do.call(rbind, rows), file.path("expected", "coders.csv"), row.names = FALSE, quote = FALSE, eol = "\n")
