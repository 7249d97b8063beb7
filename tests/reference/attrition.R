# Who was followed up: invented respondents, Wilson's and Newcombe's intervals, standardised
# differences before, and the difference of means by clubSandwich.
suppressPackageStartupMessages(library(clubSandwich))

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = ncol(table), eol = "\n")
}

# --- data: read by missing_data.R too ------------------------------------------------------

# Answers before and after of respondents in unequal organisations; who answered low before is
# followed up less often. A blank score is missing; treated is 1 or 0.
people <- function(dataset, sizes, slope, coarse = 1, seed) {
  set.seed(seed)
  organisation <- rep(seq_along(sizes), sizes)
  n <- length(organisation)
  shift <- rnorm(length(sizes), sd = 1.5)[organisation]
  before <- round((12 + shift + rnorm(n, sd = 4)) / coarse) * coarse
  other <- round(0.5 * before + 8 + rnorm(n, sd = 3))
  gender <- sample(c("Female", "Male", "Other"), n, TRUE, c(.5, .42, .08))
  treated <- rbinom(n, 1, plogis((before - 12) / 12))
  after <- round((0.6 * before + 5 + treated + shift / 2 + rnorm(n, sd = 3)) / coarse) * coarse
  chance <- plogis(-0.3 + slope * (before - 12) / 4 + 0.5 * (gender == "Female"))
  after[runif(n) > chance] <- NA
  other[runif(n) < 0.07] <- NA
  data.frame(dataset, organisation = sprintf("s%02d", organisation), gender, treated,
             before, other, after)
}

followed <- rbind(
  people("unequal", c(3, 5, 8, 8, 12, 15, 19, 22, 27, 34, 41, 60), 0.8, seed = 51),
  people("few_organisations", c(30, 18, 25, 12, 40), 0.6, seed = 52),
  people("two_organisations", c(35, 28), 0.6, seed = 53),
  people("one_organisation", 60, 0.6, seed = 54),
  people("singletons", rep(1, 60), 0.7, seed = 55),
  people("ties", c(14, 16, 18, 20, 22, 24, 9), 0.5, coarse = 4, seed = 56)
)
flat <- subset(followed, dataset == "unequal")
flat$dataset <- "flat_before"
flat$before <- 9
# Nobody of one gender was followed up: R warns, and what it then prints means nothing.
hopeless <- subset(followed, dataset == "unequal")
hopeless$dataset <- "separated"
hopeless$after[hopeless$gender == "Male"] <- NA
everyone <- subset(followed, dataset == "unequal" & !is.na(after))
everyone$dataset <- "nobody_lost"
followed <- rbind(followed, flat, hopeless, everyone)
write.csv(followed, "data/followed.csv", row.names = FALSE, quote = FALSE, na = "", eol = "\n")

# --- shares --------------------------------------------------------------------------------

# R warns of small counts, which the interval of Wilson is made for.
wilson <- function(count, n) suppressWarnings(prop.test(count, n, correct = FALSE)$conf.int)

share_rows <- function(dataset, one, two) {
  p <- c(one[1] / one[2], two[1] / two[2])
  a <- wilson(one[1], one[2])
  b <- wilson(two[1], two[2])
  apart <- p[1] - p[2]
  cbind(dataset = dataset, rbind(
    quantity("count_one", one[1]),
    quantity("n_one", one[2]),
    quantity("count_two", two[1]),
    quantity("n_two", two[2]),
    quantity("share", p[1]),
    quantity("wilson_low", a[1]),
    quantity("wilson_high", a[2]),
    quantity("difference", apart),
    quantity("newcombe_low", apart - sqrt((p[1] - a[1])^2 + (b[2] - p[2])^2)),
    quantity("newcombe_high", apart + sqrt((a[2] - p[1])^2 + (p[2] - b[1])^2)),
    austin_rows(one, two)
  ))
}

standardised <- function(prefix, d, n1, n2) {
  se <- sqrt((n1 + n2) / (n1 * n2) + d^2 / (2 * (n1 + n2)))
  rbind(
    quantity(paste0(prefix, "_d"), d),
    quantity(paste0(prefix, "_se"), se),
    quantity(paste0(prefix, "_low"), d - qnorm(.975) * se),
    quantity(paste0(prefix, "_high"), d + qnorm(.975) * se)
  )
}

austin_rows <- function(one, two) {
  p <- c(one[1] / one[2], two[1] / two[2])
  standardised("share", (p[1] - p[2]) / sqrt(mean(p * (1 - p))), one[2], two[2])
}

# --- means ---------------------------------------------------------------------------------

MEAN_NAMES <- c("mean_d", "mean_se", "mean_low", "mean_high")
CR2_NAMES <- c("difference", "cr2_se", "cr2_df", "cr2_p", "cr2_ci_low", "cr2_ci_high")
refused <- function(names, reason) do.call(rbind, lapply(names, quantity, value = NA, note = reason))

mean_rows <- function(d) {
  lost <- is.na(d$after)
  a <- d$before[!lost]
  b <- d$before[lost]
  if (!length(b)) return(refused(c(MEAN_NAMES, CR2_NAMES), "nobody was lost"))
  if (sd(d$before) == 0) return(refused(c(MEAN_NAMES, CR2_NAMES), "values do not vary"))
  pooled <- sqrt(((length(a) - 1) * var(a) + (length(b) - 1) * var(b)) / (nrow(d) - 2))
  rbind(standardised("mean", (mean(a) - mean(b)) / pooled, length(a), length(b)), cr2_rows(d, !lost))
}

cr2_rows <- function(d, kept) {
  fit <- lm(before ~ kept, data = cbind(d, kept = as.numeric(kept)))
  if (length(unique(d$organisation)) == 1) return(refused(CR2_NAMES, "one organisation"))
  cr2 <- vcovCR(fit, cluster = d$organisation, type = "CR2")
  test <- coef_test(fit, vcov = cr2, test = "Satterthwaite")[2, ]
  limits <- conf_int(fit, vcov = cr2, level = 0.95, test = "Satterthwaite")[2, ]
  rbind(
    quantity("difference", coef(fit)[2]),
    quantity("cr2_se", test$SE),
    quantity("cr2_df", test$df_Satt),
    quantity("cr2_p", test$p_Satt),
    quantity("cr2_ci_low", limits$CI_L),
    quantity("cr2_ci_high", limits$CI_U)
  )
}

means <- do.call(rbind, lapply(unique(followed$dataset), function(name) {
  cbind(dataset = name, mean_rows(followed[followed$dataset == name, ]))
}))
shares <- rbind(
  share_rows("shares_report", c(393, 1004), c(371, 1502)),
  share_rows("shares_none", c(0, 20), c(7, 11)),
  share_rows("shares_all", c(15, 15), c(2, 40)),
  share_rows("shares_one_each", c(1, 1), c(0, 1)),
  share_rows("shares_alike", c(30, 60), c(50, 100))
)
write_expected(rbind(means, shares), "attrition.csv")
