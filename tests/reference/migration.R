# Who moved up and down between bands, and the difference of two shares of the same people.

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

# Wilson's interval is that of prop.test without correction for continuity.
wilson <- function(count, n) suppressWarnings(prop.test(count, n, correct = FALSE)$conf.int[1:2])
share_rows <- function(name, count, n) {
  do.call(rbind, Map(quantity, paste0(name, c("", "_ci_low", "_ci_high")), c(count / n, wilson(count, n))))
}

# Newcombe (1998, Statistics in Medicine 17:2635), method 10, written out: a = neither, b = after
# only, c = before only, d = both.
newcombe_rows <- function(a, b, c, d) {
  n <- a + b + c + d
  after <- (b + d) / n
  before <- (c + d) / n
  one <- wilson(b + d, n)
  two <- wilson(c + d, n)
  bare <- a * d - b * c
  top <- if (bare > n / 2) bare - n / 2 else if (bare >= 0) 0 else bare
  bottom <- as.numeric(a + b) * (c + d) * (a + c) * (b + d)
  phi <- if (bottom == 0) 0 else top / sqrt(bottom)
  root <- function(x, y) sqrt(x^2 - 2 * phi * x * y + y^2)
  rbind(
    quantity("difference", after - before),
    quantity("difference_ci_low", after - before - root(after - one[1], two[2] - before)),
    quantity("difference_ci_high", after - before + root(one[2] - after, before - two[1]))
  )
}

tables <- read.csv("data/band_tables.csv", stringsAsFactors = FALSE)
bands <- do.call(rbind, lapply(unique(tables$dataset), function(name) {
  d <- tables[tables$dataset == name, ]
  n <- sum(d$n)
  cbind(dataset = name, rbind(
    share_rows("share_up", sum(d$n[d$post > d$pre]), n),
    share_rows("share_down", sum(d$n[d$post < d$pre]), n)
  ))
}))
twos <- read.csv("data/mcnemar.csv", stringsAsFactors = FALSE)
twos <- do.call(rbind, lapply(seq_len(nrow(twos)), function(i) {
  row <- twos[i, ]
  cbind(dataset = paste0("two_", row$dataset), newcombe_rows(row$a, row$b, row$c, row$d))
}))
write_expected(rbind(bands, twos), "migration.csv")
