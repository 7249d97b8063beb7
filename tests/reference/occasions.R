# More than two occasions: respondents with all of them, and a mixed model of every response.
absent <- Filter(function(name) !requireNamespace(name, quietly = TRUE),
                 c("clubSandwich", "lme4", "nlme", "pbkrtest", "numDeriv"))
if (length(absent)) {
  message("occasions.R needs ", toString(absent), ": expected/occasions.csv stays as it is")
  quit(status = 0)
}
suppressPackageStartupMessages({
  library(clubSandwich)
  library(lme4)
  library(pbkrtest)
})

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}
test_rows <- function(prefix, estimate, se, df) {
  limit <- qt(0.975, df) * se
  rbind(
    quantity(paste0(prefix, "_estimate"), estimate),
    quantity(paste0(prefix, "_se"), se),
    quantity(paste0(prefix, "_df"), df),
    quantity(paste0(prefix, "_p"), 2 * pt(-abs(estimate / se), df)),
    quantity(paste0(prefix, "_ci_low"), estimate - limit),
    quantity(paste0(prefix, "_ci_high"), estimate + limit)
  )
}

stacked <- function(values, d) {
  k <- ncol(values)
  data.frame(
    y = as.vector(values),
    occasion = factor(rep(colnames(values), each = nrow(values)), levels = colnames(values)),
    respondent = rep(d$respondent, k),
    organisation = rep(d$organisation, k)
  )
}

# ---- respondents with all occasions ------------------------------------------------------

complete_rows <- function(values, d) {
  whole <- complete.cases(values)
  values <- values[whole, , drop = FALSE]
  d <- d[whole, ]
  n <- nrow(values)
  k <- ncol(values)
  long <- stacked(values, d)
  fit <- lm(y ~ 0 + occasion, long)
  cr2 <- vcovCR(fit, cluster = long$organisation, type = "CR2")
  wald <- tryCatch(Wald_test(fit, constrain_equal(1:k), vcov = cr2, test = "HTZ"),
                   error = identity)
  change <- values[, -1] - values[, 1]
  hotelling <- anova(lm(change ~ 1), test = "Hotelling-Lawley")["(Intercept)", ]
  pairs <- combn(k, 2)
  changes <- do.call(rbind, lapply(seq_len(ncol(pairs)), function(p) {
    i <- pairs[1, p]
    j <- pairs[2, p]
    name <- paste0("o", i, "_o", j)
    contrast <- replace(numeric(k), c(i, j), c(-1, 1))
    clustered <- linear_contrast(fit, vcov = cr2, contrasts = t(contrast))
    plain <- t.test(values[, j], values[, i], paired = TRUE)
    rbind(
      test_rows(paste0("cr2_", name), clustered$Est, clustered$SE, clustered$df),
      test_rows(paste0("t_", name), plain$estimate, plain$stderr, plain$parameter)
    )
  }))
  means <- do.call(rbind, lapply(seq_len(k), function(i) {
    one <- lm(values[, i] ~ 1)
    at <- conf_int(one, vcov = vcovCR(one, cluster = d$organisation, type = "CR2"))
    rbind(quantity(paste0("mean_o", i), at$beta), quantity(paste0("mean_se_o", i), at$SE),
          quantity(paste0("mean_ci_low_o", i), at$CI_L))
  }))
  rbind(
    quantity("n_complete", n),
    means,
    changes,
    if (inherits(wald, "error")) {
      quantity("htz_p", NA, "clubSandwich: too few organisations for so many at once")
    } else {
      rbind(quantity("htz_statistic", wald$Fstat), quantity("htz_df", wald$df_denom),
            quantity("htz_p", wald$p_val))
    },
    quantity("hotelling_statistic", hotelling[["approx F"]]),
    quantity("hotelling_df", hotelling[["den Df"]]),
    quantity("hotelling_p", hotelling[["Pr(>F)"]])
  )
}

# ---- every response ----------------------------------------------------------------------

LAX <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE, check.nobs.vs.nlev = "ignore",
                   check.nobs.vs.nRE = "ignore", check.conv.singular = "ignore")

# As in multilevel.R: Newton on lme4's own criterion, until its derivative is 0.
polished <- function(formula, d) {
  parts <- lFormula(formula, d, REML = TRUE, control = LAX)
  criterion <- do.call(mkLmerDevfun, c(parts, list(control = LAX)))
  theta <- optimizeLmer(criterion, optimizer = "bobyqa", control = list(rhoend = 1e-10))$par
  if (theta < 1e-4) {
    theta <- 0
    stopifnot(criterion(0.02) >= criterion(0))
  } else {
    for (i in 1:4) theta <- theta - numDeriv::grad(criterion, theta) /
      as.numeric(numDeriv::hessian(criterion, theta))
  }
  value <- criterion(theta)
  mkMerMod(environment(criterion), list(par = theta, fval = value, conv = 0, message = ""),
           parts$reTrms, parts$fr)
}

model_rows <- function(values, d) {
  long <- stacked(values, d)
  long <- long[!is.na(long$y), ]
  k <- ncol(values)
  fit <- polished(y ~ 0 + occasion + (1 | respondent), long)
  adjusted <- as.matrix(vcovAdj(fit))
  pairs <- combn(k, 2)
  changes <- do.call(rbind, lapply(seq_len(ncol(pairs)), function(p) {
    i <- pairs[1, p]
    j <- pairs[2, p]
    contrast <- replace(numeric(k), c(i, j), c(-1, 1))
    test_rows(
      paste0("mixed_o", i, "_o", j),
      sum(contrast * fixef(fit)),
      sqrt(as.numeric(contrast %*% adjusted %*% contrast)),
      get_Lb_ddf(fit, contrast)
    )
  }))
  second <- nlme::lme(y ~ 0 + occasion, long, random = ~ 1 | respondent, method = "REML",
                      control = nlme::lmeControl(msTol = 1e-12, tolerance = 1e-12))
  last <- replace(numeric(k), c(1, k), c(-1, 1))
  rbind(
    quantity("n_responses", nrow(long)),
    quantity("n_respondents", length(unique(long$respondent))),
    quantity("variance_respondent", as.data.frame(VarCorr(fit))$vcov[1]),
    changes,
    quantity("nlme_last", sum(last * nlme::fixef(second))),
    quantity("nlme_last_se", sqrt(as.numeric(last %*% second$varFix %*% last)))
  )
}

occasions <- read.csv("data/occasions.csv", stringsAsFactors = FALSE)
expected <- do.call(rbind, lapply(unique(occasions$dataset), function(name) {
  d <- occasions[occasions$dataset == name, ]
  values <- as.matrix(d[, paste0("o", seq_len(d$occasions[1]))])
  cbind(dataset = name, rbind(complete_rows(values, d), model_rows(values, d)))
}))
write.csv(expected, file.path("expected", "occasions.csv"), row.names = FALSE,
          quote = ncol(expected), eol = "\n")
