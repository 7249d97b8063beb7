# The published data of Woodworth, O'Brien-Malone, Diamond & Schuz (2018, CC BY 4.0), not in this
# repository. Give the path of the item file as an argument or in WOODWORTH_ITEMS; with neither
# the script stops and expected/woodworth.csv stays as it is.

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value) data.frame(quantity = name, value = text_of(as.numeric(value)))
write_expected <- function(table, name) {
  write.csv(table, file.path("expected", name), row.names = FALSE, quote = FALSE, eol = "\n")
}

arguments <- commandArgs(trailingOnly = TRUE)
path <- if (length(arguments) > 0) arguments[1] else Sys.getenv("WOODWORTH_ITEMS")
if (path == "") {
  message("woodworth.R: no data file given, expected/woodworth.csv left as it is")
  quit(save = "no", status = 0)
}

items <- read.csv(path)
ahi_items <- items[sprintf("ahi%02d", 1:24)]
cesd_items <- items[sprintf("cesd%02d", 1:20)] - 1
reversed <- c(4, 8, 12, 16)
cesd_items[reversed] <- 3 - cesd_items[reversed]
scores <- data.frame(
  id = items$id,
  occasion = items$occasion,
  intervention = items$intervention,
  answered = rowSums(!is.na(ahi_items)) + rowSums(!is.na(cesd_items)),
  ahi_total = rowSums(ahi_items),
  cesd_total = rowSums(cesd_items)
)
agree <- c(
  ahi_total = sum(scores$ahi_total == items$ahiTotal),
  cesd_total = sum(scores$cesd_total == items$cesdTotal)
)

# Two sheets of one person at one occasion: the most complete counts, and of equals the last.
keep_one <- function(rows) {
  rows <- rows[rows$answered == max(rows$answered), ]
  rows[nrow(rows), ]
}
one_each <- do.call(rbind, lapply(split(scores, list(scores$id, scores$occasion), drop = TRUE), keep_one))
pairs <- merge(
  one_each[one_each$occasion == 0, ], one_each[one_each$occasion == 1, ],
  by = c("id", "intervention"), suffixes = c("_pre", "_post")
)
stopifnot(nrow(pairs) == 147)

noncentrality <- function(t, df, probability) {
  gap <- function(ncp) suppressWarnings(pt(t, df, ncp)) - probability
  uniroot(gap, c(t - 10, t + 10), tol = 1e-13, maxiter = 10000)$root
}

score_rows <- function(score) {
  pre <- pairs[[paste0(score, "_pre")]]
  post <- pairs[[paste0(score, "_post")]]
  n <- length(pre)
  test <- t.test(post, pre, paired = TRUE)
  change <- post - pre
  d_z <- mean(change) / sd(change)
  d_z_limits <- sapply(c(0.975, 0.025), function(p) noncentrality(d_z * sqrt(n), n - 1, p)) / sqrt(n)
  df <- n - 1
  j <- exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
  to_g_av <- j * sd(change) / ((sd(pre) + sd(post)) / 2)
  treated <- as.numeric(pairs$intervention <= 3)
  fit <- lm(change ~ treated)
  line <- summary(fit)$coefficients["treated", ]
  did_limits <- confint(fit, "treated", level = 0.95)
  cbind(outcome = score, rbind(
    quantity("rows_scored", nrow(items)),
    quantity("rows_equal_to_authors_total", agree[[score]]),
    quantity("n", n),
    quantity("mean_pre", mean(pre)),
    quantity("sd_pre", sd(pre)),
    quantity("mean_post", mean(post)),
    quantity("sd_post", sd(post)),
    quantity("correlation", cor(pre, post)),
    quantity("mean_change", mean(change)),
    quantity("t_se", test$stderr),
    quantity("t_statistic", test$statistic),
    quantity("t_df", test$parameter),
    quantity("t_p", test$p.value),
    quantity("t_ci_low", test$conf.int[1]),
    quantity("t_ci_high", test$conf.int[2]),
    quantity("d_z", d_z),
    quantity("d_z_ci_low", d_z_limits[1]),
    quantity("d_z_ci_high", d_z_limits[2]),
    quantity("g_av", d_z * to_g_av),
    quantity("g_av_ci_low", d_z_limits[1] * to_g_av),
    quantity("g_av_ci_high", d_z_limits[2] * to_g_av),
    quantity("n_treated", sum(treated)),
    quantity("n_control", sum(1 - treated)),
    quantity("did", line[["Estimate"]]),
    quantity("ols_se", line[["Std. Error"]]),
    quantity("ols_statistic", line[["t value"]]),
    quantity("ols_df", fit$df.residual),
    quantity("ols_p", line[["Pr(>|t|)"]]),
    quantity("ols_ci_low", did_limits[1]),
    quantity("ols_ci_high", did_limits[2])
  ))
}

write_expected(rbind(score_rows("ahi_total"), score_rows("cesd_total")), "woodworth.csv")
