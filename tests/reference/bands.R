# Did the spread over ordered bands change? Stuart-Maxwell (equal margins) and Bowker (symmetry).
suppressPackageStartupMessages(library(coin))

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
test_names <- function(prefix) paste0(prefix, c("_statistic", "_df", "_p"))
test_rows <- function(prefix, statistic, df, note = "") {
  p <- pchisq(statistic, df, lower.tail = FALSE)
  do.call(rbind, Map(quantity, test_names(prefix), c(statistic, df, p), note))
}

coin_rows <- function(counts) {
  # coin warns of bands nobody moved into or out of; it leaves them out, as the test should.
  test <- suppressWarnings(mh_test(as.table(counts), distribution = "asymptotic"))
  names <- test_names("stuart_maxwell_coin")
  if (!is.finite(statistic(test))) return(refused(names, "coin gives NaN: nobody moved"))
  values <- c(statistic(test), test@statistic@df, pvalue(test))
  do.call(rbind, Map(quantity, names, as.numeric(values)))
}

margins <- function(counts) {
  difference <- rowSums(counts) - colSums(counts)
  s <- -(counts + t(counts))
  diag(s) <- rowSums(counts) + colSums(counts) - 2 * diag(counts)
  list(difference = difference, s = s)
}

# The textbook form: leave the last band out and invert.
matrix_rows <- function(counts) {
  m <- margins(counts)
  keep <- seq_len(nrow(counts) - 1)
  s <- m$s[keep, keep]
  if (qr(s)$rank < length(keep)) {
    return(refused(test_names("stuart_maxwell_matrix"), "S is singular"))
  }
  d <- m$difference[keep]
  test_rows("stuart_maxwell_matrix", drop(t(d) %*% solve(s) %*% d), length(keep))
}

# With all bands and the generalised inverse; the degrees of freedom are the rank of S, which is
# the number of bands less the number of groups of bands with no move between them.
ginv_rows <- function(counts) {
  m <- margins(counts)
  e <- eigen(m$s, symmetric = TRUE)
  kept <- e$values > 1e-9 * max(1, e$values)
  if (!any(kept)) return(refused(test_names("stuart_maxwell_ginv"), "nobody moved"))
  projected <- drop(t(e$vectors[, kept, drop = FALSE]) %*% m$difference)
  test_rows("stuart_maxwell_ginv", sum(projected^2 / e$values[kept]), sum(kept))
}

bowker_rows <- function(counts) {
  test <- mcnemar.test(counts, correct = FALSE)
  theirs <- if (is.finite(test$statistic)) {
    do.call(rbind, Map(quantity, test_names("bowker"), c(test$statistic, test$parameter, test$p.value)))
  } else {
    refused(test_names("bowker"), "mcnemar.test gives NaN: two bands with no move between them (0 / 0)")
  }
  above <- counts[upper.tri(counts)]
  below <- t(counts)[upper.tri(counts)]
  moved <- above + below > 0
  if (!any(moved)) return(rbind(theirs, refused(test_names("bowker_moved_pairs"), "nobody moved")))
  statistic <- sum((above - below)[moved]^2 / (above + below)[moved])
  rbind(theirs, test_rows("bowker_moved_pairs", statistic, sum(moved)))
}

tables <- read.csv("data/band_tables.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(tables$dataset), function(name) {
  long <- tables[tables$dataset == name, ]
  counts <- unclass(xtabs(n ~ pre + post, long))
  attr(counts, "call") <- NULL
  cbind(dataset = name, rbind(
    quantity("n", sum(counts)), quantity("n_bands", nrow(counts)),
    coin_rows(counts), matrix_rows(counts), ginv_rows(counts), bowker_rows(counts)
  ))
}))
write_expected(expected, "bands.csv")
