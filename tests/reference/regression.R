# Cluster-robust tests beside CR2: CR1 and CR3 with G - 1 degrees of freedom, for the change of
# all, for the contrast of two groups, and for after on before and group (analysis of covariance).
suppressPackageStartupMessages(library(clubSandwich))

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

PARTS <- c("se", "statistic", "df", "p", "ci_low", "ci_high")
names_of <- function(prefix) paste(prefix, PARTS, sep = "_")
KINDS <- c(ols = "ols", cr1 = "CR1", cr2 = "CR2", cr3 = "CR3")

# Organisations without which some coefficient is not identified: there I - H has no inverse.
singular_organisations <- function(fit, organisation) {
  x <- model.matrix(fit)
  hat <- tcrossprod(qr.Q(qr(x)))
  smallest <- sapply(split(seq_along(organisation), organisation), function(rows) {
    min(eigen(diag(length(rows)) - hat[rows, rows, drop = FALSE], symmetric = TRUE)$values)
  })
  sum(smallest < 1e-8)
}

ols_rows <- function(fit, term, prefix) {
  line <- summary(fit)$coefficients[term, ]
  limits <- confint(fit, term, level = 0.95)
  values <- c(line[[2]], line[[3]], fit$df.residual, line[[4]], limits[1], limits[2])
  do.call(rbind, Map(quantity, names_of(prefix), values))
}

robust_rows <- function(fit, organisation, term, kind, prefix) {
  v <- vcovCR(fit, cluster = organisation, type = KINDS[[kind]])
  how <- if (kind == "cr2") "Satterthwaite" else "naive-t"
  row <- match(term, names(coef(fit)))
  test <- as.data.frame(coef_test(fit, vcov = v, test = how))[row, ]
  limits <- as.data.frame(conf_int(fit, vcov = v, level = 0.95, test = how))[row, ]
  df <- if (kind == "cr2") test$df_Satt else test$df_t
  p <- if (kind == "cr2") test$p_Satt else test$p_t
  values <- c(test$SE, test$tstat, df, p, limits$CI_L, limits$CI_U)
  do.call(rbind, Map(quantity, names_of(prefix), values))
}

model_rows <- function(fit, organisation, term, model, kinds) {
  prefixes <- paste(model, kinds, sep = "_")
  everything <- unlist(lapply(prefixes, names_of))
  clusters <- length(unique(organisation))
  value <- quantity(paste0(model, "_estimate"), coef(fit)[[term]])
  if (anyNA(coef(fit))) return(refused(c(value$quantity, everything), "a column of the model is redundant"))
  if (fit$df.residual < 1) return(rbind(value, refused(everything, "no residual degrees of freedom")))
  if (sum(residuals(fit)^2) < 1e-16 * length(residuals(fit))) {
    return(rbind(value, refused(everything, "the model leaves nothing over")))
  }
  singular <- singular_organisations(fit, organisation)
  rows <- lapply(kinds, function(kind) {
    prefix <- paste(model, kind, sep = "_")
    if (kind == "ols") return(ols_rows(fit, term, prefix))
    if (clusters < 2) return(refused(names_of(prefix), "one organisation"))
    if (singular > 0) return(refused(names_of(prefix), "I - H is singular for an organisation"))
    robust_rows(fit, organisation, term, kind, prefix)
  })
  rbind(value, do.call(rbind, rows))
}

all_rows <- function(d) {
  change <- d$post - d$pre
  treated <- as.numeric(d$group == "treated")
  rbind(
    quantity("n", nrow(d)),
    quantity("n_organisations", length(unique(d$organisation))),
    model_rows(lm(change ~ 1), d$organisation, "(Intercept)", "paired", c("cr1", "cr3")),
    model_rows(lm(change ~ treated), d$organisation, "treated", "did", c("cr1", "cr3")),
    model_rows(lm(post ~ pre + treated, d), d$organisation, "treated", "ancova", names(KINDS)),
    model_rows(lm(post ~ pre + treated, d), d$organisation, "pre", "slope", names(KINDS))
  )
}

# One set more: the treated all had the same before as each other, and so had the controls.
pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
flat <- pairs[pairs$dataset == "balanced", ]
flat$dataset <- "flat_before"
flat$pre <- ifelse(flat$group == "treated", 20, 22)
pairs <- rbind(pairs, flat)

expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  cbind(dataset = name, all_rows(pairs[pairs$dataset == name, ]))
}))
write_expected(expected, "regression.csv")
