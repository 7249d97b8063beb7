# Makes data/weighting.csv: invented pairs of two groups that differ before.
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(20261123)

# `pull`: how much a lower score before makes it more likely to be treated.
draw <- function(dataset, sizes, pull = 0.4, effect = 1) {
  n <- sum(sizes)
  organisation <- rep(seq_along(sizes), sizes)
  gender <- sample(c("Female", "Male", "Other", ""), n, replace = TRUE, prob = c(48, 44, 4, 4))
  year <- sample(c("Year 7", "Year 8", "Year 9"), n, replace = TRUE, prob = c(5, 4, 3))
  pre <- pmin(pmax(round(rnorm(n, 22, 4.5)), 7), 35)
  treated <- rbinom(n, 1, plogis(0.2 - pull * (pre - 22) / 4.5 + 0.5 * (gender == "Female") -
                                   0.3 * (year == "Year 9")))
  of_organisation <- rnorm(length(sizes), 0, 1)[organisation]
  post <- round(pre - 0.35 * (pre - 22) + effect * treated + of_organisation + rnorm(n, 0, 3.5))
  data.frame(dataset, organisation = sprintf("org_%02d", organisation), treated, pre,
             post = pmin(pmax(post, 7), 35), gender, year)
}

typical <- draw("typical", c(12, 15, 9, 22, 18, 30, 8, 14, 25, 11))
steep <- draw("steep", c(5, 9, 14, 20, 31, 42, 16, 8), pull = 1.4)
few <- draw("few", c(14, 9, 21, 17, 12))
small <- draw("small", rep(4, 9))
alike <- draw("alike", c(20, 16, 24, 19, 13, 22), pull = 0, effect = 0)
by_organisation <- draw("by_organisation", c(10, 14, 9, 16, 12, 18, 11, 13))
by_organisation$treated <- as.numeric(as.integer(factor(by_organisation$organisation)) %% 2)
# Whoever scores low is treated: nobody is left to compare.
separated <- draw("separated", c(12, 9, 14, 10, 11, 13))
separated$treated <- as.numeric(separated$pre < 22)
# A whole year group was treated.
whole_year <- draw("whole_year", c(15, 12, 18, 14, 20, 16))
whole_year$treated[whole_year$year == "Year 8"] <- 1

weighting <- rbind(typical, steep, few, small, alike, by_organisation, separated, whole_year)
write.csv(weighting, file.path("data", "weighting.csv"), row.names = FALSE, quote = FALSE,
          eol = "\n")
