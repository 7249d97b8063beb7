# How many changed by more than error of measurement explains: Jacobson & Truax (1991).

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

CASES <- list(alpha_84 = 0.84, alpha_60 = 0.6, alpha_97 = 0.97)
POINTS <- c(points_3 = 3, points_2.5 = 2.5)

wilson <- function(count, n) suppressWarnings(prop.test(count, n, correct = FALSE)$conf.int[1:2])
share_rows <- function(case, reliable, change) {
  n <- length(change)
  counts <- c(
    share_improved = sum(reliable & change > 0),
    share_deteriorated = sum(reliable & change < 0),
    share_no_reliable_change = sum(!reliable)
  )
  do.call(rbind, lapply(names(counts), function(name) {
    names <- paste0(case, "_", name, c("", "_ci_low", "_ci_high"))
    do.call(rbind, Map(quantity, names, c(counts[[name]] / n, wilson(counts[[name]], n))))
  }))
}

# Each person's index is the change over the standard error of a difference.
index_rows <- function(case, d) {
  change <- d$post - d$pre
  name <- paste0(case, "_threshold")
  if (nrow(d) < 2) return(refused(name, "one pair only"))
  error <- sd(d$pre) * sqrt(1 - CASES[[case]])
  index <- change / sqrt(2 * error^2)
  rbind(quantity(name, 1.96 * sqrt(2 * error^2)), share_rows(case, abs(index) > 1.96, change))
}

points_rows <- function(case, d) {
  change <- d$post - d$pre
  share_rows(case, abs(change) >= POINTS[[case]], change)
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  d <- pairs[pairs$dataset == name, ]
  rows <- c(lapply(names(CASES), index_rows, d), lapply(names(POINTS), points_rows, d))
  cbind(dataset = name, do.call(rbind, rows))
}))
write_expected(expected, "individual_change.csv")
