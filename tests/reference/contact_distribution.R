# Did the spread over labels of frequency change? Each label, and all of them by organisation.
suppressPackageStartupMessages({
  library(clubSandwich)
  library(coin)
})

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(dataset, name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(dataset = dataset, quantity = name, value = text_of(as.numeric(value)), note = note)
}

contacts <- read.csv("data/contacts.csv", stringsAsFactors = FALSE, na.strings = "")
weights <- read.csv("data/contact_weights.csv", stringsAsFactors = FALSE)
labels <- weights$label[order(weights$contacts)]

of_question <- function(question) {
  d <- data.frame(
    organisation = contacts$organisation,
    pre = factor(contacts[[paste0(question, "_pre")]], labels),
    post = factor(contacts[[paste0(question, "_post")]], labels)
  )
  d <- d[complete.cases(d), ]
  net <- sapply(labels, function(l) (d$post == l) - (d$pre == l))
  each <- do.call(rbind, lapply(seq_along(labels), function(k) {
    name <- paste0("label_", k - 1)
    shares <- rbind(
      quantity(question, paste0(name, "_pre"), mean(d$pre == labels[k])),
      quantity(question, paste0(name, "_post"), mean(d$post == labels[k]))
    )
    # What is 0 in every organisation has no standard error but that of rounding.
    if (all(rowsum(net[, k], d$organisation) == 0)) return(shares)
    fit <- lm(net[, k] ~ 1)
    found <- coef_test(fit, vcov = vcovCR(fit, cluster = d$organisation, type = "CR2"),
                       test = "Satterthwaite")
    rbind(
      shares,
      quantity(question, paste0(name, "_change"), found$beta),
      quantity(question, paste0(name, "_se"), found$SE),
      quantity(question, paste0(name, "_df"), found$df_Satt),
      quantity(question, paste0(name, "_p"), found$p_Satt)
    )
  }))
  moved <- colSums(abs(net)) > 0
  active <- net[, moved, drop = FALSE]
  long <- data.frame(
    y = as.vector(active),
    label = factor(rep(seq_len(ncol(active)), each = nrow(active))),
    organisation = rep(d$organisation, ncol(active))
  )
  fit <- lm(y ~ 0 + label, long)
  cr2 <- vcovCR(fit, cluster = long$organisation, type = "CR2")
  wald <- Wald_test(fit, constrain_equal(seq_len(ncol(active))), vcov = cr2, test = "HTZ")
  # As many directions vary as labels but one; else what R inverts is rounding.
  spread <- eigen(cr2, symmetric = TRUE, only.values = TRUE)$values
  whole <- sum(spread > 1e-12 * spread[1]) >= ncol(active) - 1
  tested <- function(name, value) {
    if (whole) return(quantity(question, name, value))
    quantity(question, name, NA, "a label changed by nothing in every organisation")
  }
  independent <- suppressWarnings(mh_test(table(d$pre, d$post), distribution = "asymptotic"))
  rbind(
    quantity(question, "n", nrow(d)),
    each,
    tested("wald_statistic", wald$Fstat),
    tested("wald_df", wald$df_denom),
    tested("wald_p", wald$p_val),
    quantity(question, "stuart_maxwell_statistic", as.numeric(statistic(independent))),
    quantity(question, "stuart_maxwell_p", as.numeric(pvalue(independent)))
  )
}

expected <- do.call(rbind, lapply(c("teacher", "school_nurse", "gp"), of_question))
write.csv(expected, "expected/contact_distribution.csv", row.names = FALSE,
          quote = ncol(expected), eol = "\n")
