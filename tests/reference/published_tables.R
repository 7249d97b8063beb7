# Stars of published tables: two shares by pooled z and Fisher, paired shares by McNemar, adjusted.
text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(dataset, name, value, note = "") {
  data.frame(dataset = dataset, quantity = name, value = text_of(value), note = note)
}

# Counts and bases: a of n, b of m. The first three are rows of the table of support in the pilots'
# report; the others are small, sparse, equal, empty, unequal and large.
pairs <- list(
  counselling = c(14, 34, 28, 39), external_agency = c(9, 34, 25, 39),
  clinical_psychology = c(2, 34, 9, 39), small = c(1, 4, 3, 5), sparse = c(0, 12, 3, 15),
  equal = c(10, 20, 15, 30), none = c(0, 20, 0, 30), all = c(20, 20, 30, 30),
  unequal = c(3, 8, 400, 1200), large = c(5200, 10000, 5050, 10000), opposite = c(0, 9, 9, 9)
)
z_of <- function(x) {
  if (x[1] + x[3] == 0 || x[1] + x[3] == x[2] + x[4]) return(NA)
  prop.test(c(x[1], x[3]), c(x[2], x[4]), correct = FALSE)$p.value
}
fisher_of <- function(x) fisher.test(matrix(c(x[1], x[2] - x[1], x[3], x[4] - x[3]), 2))$p.value
rows <- lapply(names(pairs), function(name) {
  x <- suppressWarnings(pairs[[name]])
  z <- suppressWarnings(z_of(x))
  note <- if (is.na(z)) "both shares are 0 or 1: 0 / 0" else ""
  rbind(
    do.call(rbind, Map(function(q, v) quantity(name, q, v), c("a", "n", "b", "m"), x)),
    quantity(name, "pooled_z", z, note),
    quantity(name, "fisher", fisher_of(x))
  )
})

# Of the same n respondents a before and b after; p is least if only as many changed as must, and
# most if as many changed as can.
paired <- list(
  nearly_sure = c(46, 66, 212), many = c(31, 71, 100), few = c(2, 5, 40), equal_shares = c(7, 7, 30),
  nobody = c(0, 0, 25), everybody = c(0, 25, 25)
)
mcnemar_of <- function(gained, lost) {
  if (gained + lost == 0) return(1)
  mcnemar.test(matrix(c(0, lost, gained, 0), 2), correct = FALSE)$p.value
}
exact_of <- function(gained, lost) {
  if (gained + lost == 0) 1 else binom.test(gained, gained + lost)$p.value
}
more <- lapply(names(paired), function(name) {
  x <- paired[[name]]
  both <- max(0, x[1] + x[2] - x[3]):min(x[1], x[2]) # who may have said yes at both occasions
  p <- sapply(both, function(k) mcnemar_of(x[2] - k, x[1] - k))
  exact <- sapply(both, function(k) exact_of(x[2] - k, x[1] - k))
  rbind(
    do.call(rbind, Map(function(q, v) quantity(name, q, v), c("before", "after", "n"), x)),
    quantity(name, "mcnemar_low", min(p)), quantity(name, "mcnemar_high", max(p)),
    quantity(name, "mcnemar_exact_low", min(exact)), quantity(name, "mcnemar_exact_high", max(exact))
  )
})

# The sixteen rows of that table: of 34 and of 39, whole numbers that give the printed per cents
# (the row without one left out).
primary <- c(24, 24, 25, 22, 25, 14, 15, 19, 9, 17, 13, 11, 8, 2, 4)
other <- c(32, 26, 24, 26, 22, 28, 22, 15, 25, 14, 10, 10, 7, 9, 3)
family <- mapply(function(a, b) z_of(c(a, 34, b, 39)), primary, other)
last <- lapply(c("holm", "BH"), function(method) {
  data.frame(dataset = "support", quantity = sprintf("%s_%d", method, seq_along(family)),
             value = text_of(p.adjust(family, method)), note = "")
})
counts <- data.frame(
  dataset = "support",
  quantity = c(sprintf("primary_%d", seq_along(primary)), sprintf("other_%d", seq_along(other))),
  value = text_of(c(primary, other)), note = ""
)
expected <- do.call(rbind, c(rows, more, list(counts), last))
write.csv(expected, file.path("expected", "published_tables.csv"), row.names = FALSE, quote = 4,
          eol = "\n")
