# A mean beside that of a norm: one sample, and two samples by Welch, simple and clustered.
suppressPackageStartupMessages(library(clubSandwich))

NORM <- list(mean = 23.5, sd = 4.25, n = 412)

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
PARTS <- c("value", "se", "statistic", "df", "p", "ci_low", "ci_high")
six <- function(prefix, value, se, df) {
  margin <- qt(0.975, df) * se
  numbers <- c(value, se, value / se, df, 2 * pt(-abs(value / se), df), value - margin, value + margin)
  do.call(rbind, Map(quantity, paste(prefix, PARTS, sep = "_"), numbers))
}
refused <- function(prefix, reason)
  do.call(rbind, lapply(paste(prefix, PARTS, sep = "_"), quantity, value = NA, note = reason))

# A sample with exactly the mean and standard deviation of the norm, so that t.test can be asked.
of_norm <- function() {
  x <- qnorm(ppoints(NORM$n))
  (x - mean(x)) / sd(x) * NORM$sd + NORM$mean
}

simple_rows <- function(x, when) {
  names <- paste(when, c("simple", "simple_fixed"), sep = "_")
  if (length(x) < 2 || sd(x) == 0) return(do.call(rbind, lapply(names, refused, "no variation")))
  two <- t.test(x, of_norm(), var.equal = FALSE)
  one <- t.test(x, mu = NORM$mean)
  rbind(
    six(names[1], mean(x) - NORM$mean, two$stderr, two$parameter),
    six(names[2], mean(x) - NORM$mean, one$stderr, one$parameter)
  )
}

clustered_rows <- function(x, organisation, when) {
  names <- paste(when, c("clustered", "clustered_fixed"), sep = "_")
  if (length(x) < 2 || sd(x) == 0) return(do.call(rbind, lapply(names, refused, "no variation")))
  fit <- lm(x ~ 1)
  cr2 <- tryCatch(vcovCR(fit, cluster = organisation, type = "CR2"), error = identity)
  if (inherits(cr2, "error"))
    return(do.call(rbind, lapply(names, refused, paste("clubSandwich:", conditionMessage(cr2)))))
  test <- coef_test(fit, vcov = cr2, test = "Satterthwaite")
  ours <- test$SE^2
  theirs <- NORM$sd^2 / NORM$n
  df <- (ours + theirs)^2 / (ours^2 / test$df_Satt + theirs^2 / (NORM$n - 1))
  rbind(
    six(names[1], mean(x) - NORM$mean, sqrt(ours + theirs), df),
    six(names[2], mean(x) - NORM$mean, test$SE, test$df_Satt)
  )
}

pairs <- read.csv("data/pairs.csv")
table <- do.call(rbind, lapply(split(pairs, pairs$dataset), function(d) {
  rows <- rbind(
    simple_rows(d$pre, "before"), simple_rows(d$post, "after"),
    clustered_rows(d$pre, d$organisation, "before"), clustered_rows(d$post, d$organisation, "after")
  )
  cbind(dataset = d$dataset[1], rows)
}))
write.csv(table, "expected/benchmarks.csv", row.names = FALSE, quote = ncol(table), eol = "\n")
