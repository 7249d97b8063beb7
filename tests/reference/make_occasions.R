# Makes data/occasions.csv: scores of invented respondents at three to six occasions.
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20261122)

# `lost` is the chance of no answer at an occasion, growing with each; `between` and `within` are
# standard deviations of respondents and of their answers, `drift` that of an organisation's change.
draw <- function(dataset, sizes, shifts, between = 4, within = 3, drift = 0.5, lost = 0.1) {
  n <- sum(sizes)
  organisation <- rep(seq_along(sizes), sizes)
  level <- rnorm(n, 22, between)
  pace <- rnorm(length(sizes), 0, drift)[organisation]
  k <- length(shifts)
  values <- sapply(seq_len(k), function(o) {
    value <- round(level + shifts[o] + (o - 1) * pace + rnorm(n, 0, within))
    value <- pmin(pmax(value, 7), 35)
    value[o > 1 & runif(n) < lost * (o - 1)] <- NA
    value
  })
  values <- cbind(values, matrix(NA, n, 6 - k))
  colnames(values) <- paste0("o", 1:6)
  data.frame(dataset, respondent = seq_len(n), organisation = sprintf("org_%02d", organisation),
             occasions = k, values)
}

three <- draw("three", c(4, 6, 9, 11, 12, 14, 15, 18, 21, 26), c(0, 1, 0.6))
six <- draw("six", c(5, 8, 12, 9, 14, 30, 22, 7, 40, 28), c(0, 2, 2.2, 1.8, 1.5, 1), lost = 0.04)
five_organisations <- draw("five_organisations", c(8, 12, 9, 15, 11), c(0, 0.5, 1, 1), lost = 0.05)
alone <- draw("alone", rep(1, 24), c(0, 1, 2), lost = 0.08)
# Respondents who are more alike than chance would make them: no variance between.
no_between <- draw("no_between", rep(9, 8), c(0, 0.5, 1), between = 0, lost = 0.05)
no_between$o2 <- 44 - no_between$o1 + rep(c(0, 1, -1), 24)
ties <- draw("ties", c(6, 9, 10, 12, 8, 11, 13), c(0, 0, 0), lost = 0.05)
for (o in c("o2", "o3")) {
  same <- runif(nrow(ties)) < 0.7 & !is.na(ties[[o]])
  ties[[o]][same] <- ties$o1[same]
}
# Nearly nobody stays: few have all occasions, none of an organisation in part.
sparse <- draw("sparse", c(9, 14, 8, 11, 10, 12), c(0, 1, 1, 2), lost = 0.22)

occasions <- rbind(three, six, five_organisations, alone, no_between, ties, sparse)
write.csv(occasions, file.path("data", "occasions.csv"), row.names = FALSE, quote = FALSE,
          eol = "\n", na = "")
