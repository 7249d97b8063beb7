# Makes data/items.csv: answers to the items of scales, each data set another case. All invented.
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20181201)

WIDTH <- 20

# Answers that have one thing in common, as strongly as `loadings` says.
draw_items <- function(n, loadings, low = 1, high = 5, shift = 0) {
  common <- rnorm(n)
  sapply(loadings, function(loading) {
    value <- loading * common + sqrt(max(0, 1 - loading^2)) * rnorm(n)
    pmin(pmax(round((low + high) / 2 + shift + value * (high - low) / 4), low), high)
  })
}

# Answers in parts: what all have in common, what each part has, and the rest.
draw_parts <- function(n, sizes, general = 0.6, low = 0, high = 4) {
  common <- rnorm(n)
  do.call(cbind, lapply(sizes, function(size) {
    part <- general * common + sqrt(1 - general^2) * rnorm(n)
    sapply(seq_len(size), function(i) {
      value <- 0.75 * part + 0.65 * rnorm(n)
      pmin(pmax(round((low + high) / 2 + value * (high - low) / 4), low), high)
    })
  }))
}

named <- function(dataset, items) {
  wide <- matrix(NA, nrow(items), WIDTH)
  wide[, seq_len(ncol(items))] <- items
  colnames(wide) <- paste0("i", seq_len(WIDTH))
  data.frame(dataset, wide)
}

blank_some <- function(items, share) {
  items[runif(length(items)) < share] <- NA
  items
}

typical <- draw_items(150, c(.7, .6, .75, .5, .65, .7, .55))
twelve <- draw_items(310, seq(.35, .8, length.out = 12))
unequal_spread <- cbind(
  draw_items(120, c(.7, .6), 0, 1), draw_items(120, c(.8, .5), 1, 5), draw_items(120, c(.6, .7), 0, 10)
)
missing <- blank_some(draw_items(140, c(.6, .7, .65, .5, .75, .6)), 0.06)
not_reversed <- draw_items(130, c(.7, .65, -.6, .7, .6))
two_items <- draw_items(90, c(.75, .7))
three_items <- draw_items(100, c(.7, .8, .6))
binary <- draw_items(160, c(.6, .7, .5, .65, .55, .6), 0, 1)
ceiling_ <- draw_items(200, c(.6, .7, .65, .5, .7, .6, .55, .6, .7, .5), shift = 1.6)
unrelated <- draw_items(110, rep(0, 5))
negative <- draw_items(60, c(.6, -.6, 0))
one_constant <- cbind(draw_items(80, c(.7, .6, .75, .5)), 3)
few <- draw_items(4, c(.7, .6, .75, .5, .65))
improper <- {
  x <- draw_items(70, c(.5, .4, .6, .5), 0, 4)
  x[, 2] <- pmin(4, pmax(0, x[, 1] + rbinom(70, 1, .08)))
  x
}
three_parts <- draw_parts(260, c(4, 3, 5))
four_parts <- draw_parts(420, c(5, 5, 5, 5), general = 0.55, high = 2)
five_parts <- draw_parts(380, c(4, 4, 4, 4, 4), general = 0.7)

items <- rbind(
  named("typical", typical),
  named("twelve", twelve),
  named("unequal_spread", unequal_spread),
  named("missing", missing),
  # The third item asks the other way round, and nobody has turned it.
  named("not_reversed", not_reversed),
  named("two_items", two_items),
  named("three_items", three_items),
  named("binary", binary),
  named("ceiling", ceiling_),
  named("unrelated", unrelated),
  named("negative", negative),
  # Everyone gives the fifth item the same answer.
  named("one_constant", one_constant),
  # Fewer respondents than items: the covariance matrix has no inverse.
  named("few", few),
  # Two items are almost the same: one factor fits best with an item without error.
  named("improper", improper),
  named("three_parts", three_parts),
  named("four_parts", four_parts),
  named("five_parts", five_parts)
)
write.csv(items, file.path("data", "items.csv"), row.names = FALSE, quote = FALSE, na = "", eol = "\n")
