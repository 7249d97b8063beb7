# Two independent shares, and two independent means: the tests of survey tables.
# prop.test(correct = FALSE) is the pooled z test; the N-1 chi-square is Pearson's times (N - 1) / N.
text_of <- function(x) sprintf("%.17g", x)
number <- function(dataset, quantity, value, note = "")
  data.frame(dataset = dataset, quantity = quantity, value = text_of(value), note = note)

shares <- list(
  counselling = c(14, 34, 28, 39), external_agency = c(9, 34, 25, 39), peer_support = c(8, 34, 15, 39),
  clinical = c(2, 34, 9, 39), other = c(4, 34, 3, 39), equal = c(10, 40, 20, 80), tiny = c(1, 3, 0, 4),
  one_each = c(1, 1, 0, 1), none_of_one = c(0, 25, 6, 31), all_of_one = c(25, 25, 28, 31),
  unequal = c(3, 7, 500, 2000), large = c(120345, 250000, 121345, 250000), far = c(5, 400, 390, 400)
)
newcombe <- function(x1, n1, x2, n2) {
  one <- suppressWarnings(prop.test(x1, n1, correct = FALSE))$conf.int
  two <- suppressWarnings(prop.test(x2, n2, correct = FALSE))$conf.int
  a <- x1 / n1; b <- x2 / n2
  c(a - b - sqrt((a - one[1])^2 + (two[2] - b)^2), a - b + sqrt((one[2] - a)^2 + (b - two[1])^2))
}
rows <- list()
for (name in names(shares)) {
  s <- shares[[name]]
  z <- suppressWarnings(prop.test(c(s[1], s[3]), c(s[2], s[4]), correct = FALSE))
  table <- matrix(c(s[1], s[2] - s[1], s[3], s[4] - s[3]), 2)
  n <- sum(table)
  pearson <- suppressWarnings(chisq.test(table, correct = FALSE))$statistic[[1]]
  limits <- newcombe(s[1], s[2], s[3], s[4])
  rows <- c(rows, list(
    number(name, "difference", s[1] / s[2] - s[3] / s[4]),
    number(name, "z_squared", z$statistic[[1]]),
    number(name, "z_p", z$p.value),
    number(name, "n1_chi_square", pearson * (n - 1) / n),
    number(name, "n1_p", pchisq(pearson * (n - 1) / n, 1, lower.tail = FALSE)),
    number(name, "fisher_p", fisher.test(table)$p.value),
    number(name, "ci_low", limits[1]), number(name, "ci_high", limits[2])
  ))
}

means <- list(
  satisfaction = list(c(4, 3, 3, 2, 3, 4, 1, 3, 3, 2), c(3, 3, 2, 1, 4, 2, 2)),
  unequal = list(c(1, 5), c(2, 3, 3, 4, 2, 3, 1, 1, 2, 5, 4, 3)),
  one_flat = list(c(3, 3, 3), c(1, 2, 4, 4))
)
for (name in names(means)) {
  one <- means[[name]][[1]]; two <- means[[name]][[2]]
  welch <- t.test(one, two)
  own <- t.test(two)
  rows <- c(rows, list(
    number(name, "mean", mean(two)), number(name, "mean_se", sd(two) / sqrt(length(two))),
    number(name, "mean_low", own$conf.int[1]), number(name, "mean_high", own$conf.int[2]),
    number(name, "mean_difference", mean(one) - mean(two)), number(name, "welch_t", welch$statistic[[1]]),
    number(name, "welch_df", welch$parameter[[1]]), number(name, "welch_p", welch$p.value),
    number(name, "welch_low", welch$conf.int[1]), number(name, "welch_high", welch$conf.int[2])
  ))
}

# One table from the rows of an export: bases and shares of a question with several answers as SPSS
# makes them (per cent of cases), by group, and the z tests of it adjusted.
answers <- read.csv(file.path("data", "table_answers.csv"), na.strings = "")
options <- c("a", "b", "c", "d")
answered <- rowSums(!is.na(answers[options])) > 0
cases <- answers[answered, ]
number_of <- function(rows) colSums(!is.na(rows[options]))
for (group in c("x", "y", "z")) {
  mine <- cases[!is.na(cases$group) & cases$group == group, ]
  rows <- c(rows, list(number("several", paste0("base_", group), nrow(mine)),
    number("several", paste0("share_", group, "_", options), number_of(mine) / nrow(mine))))
}
rows <- c(rows, list(number("several", "base_all", nrow(cases)),
  number("several", paste0("share_all_", options), number_of(cases) / nrow(cases)),
  number("several", "mean_all", mean(rowSums(!is.na(cases[options]))))))
p <- c(); named <- c()
for (pair in list(c("x", "y"), c("x", "z"), c("y", "z"))) {
  numbers <- lapply(pair, function(g) rowSums(!is.na(cases[!is.na(cases$group) & cases$group == g, options])))
  p <- c(p, t.test(numbers[[1]], numbers[[2]])$p.value)
  named <- c(named, paste0(pair[1], "_", pair[2], "_mean"))
}
for (pair in list(c("x", "y"), c("x", "z"), c("y", "z"))) for (option in options) {
  parts <- lapply(pair, function(g) cases[!is.na(cases$group) & cases$group == g, option])
  counts <- sapply(parts, function(v) sum(!is.na(v))); bases <- sapply(parts, length)
  p <- c(p, suppressWarnings(prop.test(counts, bases, correct = FALSE))$p.value)
  named <- c(named, paste0(pair[1], "_", pair[2], "_", option))
}
rows <- c(rows, list(number("several", paste0("p_", named), p),
  number("several", paste0("holm_", named), p.adjust(p, "holm")),
  number("several", paste0("benjamini_hochberg_", named), p.adjust(p, "BH"))))

write.csv(do.call(rbind, rows), file.path("expected", "tables.csv"), row.names = FALSE, quote = 4, eol = "\n")
