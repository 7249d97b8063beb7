# Change with a random intercept of organisation, and change ~ group with a random effect of group
# as well, by restricted maximum likelihood; inference of Kenward and Roger.
absent <- Filter(function(name) !requireNamespace(name, quietly = TRUE),
                 c("lme4", "nlme", "pbkrtest", "numDeriv"))
if (length(absent)) {
  message("multilevel.R needs ", toString(absent), ": expected/multilevel.csv stays as it is")
  quit(status = 0)
}
suppressPackageStartupMessages({
  library(lme4)
  library(pbkrtest)
})

text_of <- function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x))
quantity <- function(name, value, note = "") {
  if (!is.finite(value) && note == "") note <- sprintf("R gives %s", format(value))
  if (!is.finite(value)) value <- NA
  data.frame(quantity = name, value = text_of(as.numeric(value)), note = note)
}

LAX <- lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10), calc.derivs = FALSE,
  check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore", check.nobs.vs.nRE = "ignore",
  check.nlev.gtr.1 = "ignore", check.conv.singular = "ignore"
)

# lme4 stops when the criterion no longer falls visibly, some 1e-6 from its minimum: a few steps
# of Newton on lme4's own criterion end where its derivative is 0.
polished <- function(formula, d) {
  parts <- lFormula(formula, d, REML = TRUE, control = LAX)
  criterion <- do.call(mkLmerDevfun, c(parts, list(control = LAX)))
  theta <- optimizeLmer(criterion, optimizer = "bobyqa", control = list(rhoend = 1e-10))$par
  theta[theta < 1e-4] <- 0
  free <- theta > 0
  at <- function(x) { theta[free] <- x; criterion(theta) }
  if (any(free)) {
    for (i in 1:4) {
      x <- theta[free]
      theta[free] <- x - solve(numDeriv::hessian(at, x), numDeriv::grad(at, x))
    }
  }
  value <- criterion(theta)
  # At the boundary the criterion may not fall on the way in.
  for (i in which(!free)) {
    inside <- theta
    inside[i] <- 0.02
    stopifnot(criterion(inside) >= value - 1e-9)
  }
  criterion(theta)
  mkMerMod(environment(criterion), list(par = theta, fval = value, conv = 0, message = ""),
           parts$reTrms, parts$fr)
}

inference <- function(fit, which) {
  contrast <- as.numeric(names(fixef(fit)) == which)
  value <- fixef(fit)[[which]]
  adjusted <- vcovAdj(fit)
  se <- sqrt(as.numeric(contrast %*% as.matrix(adjusted) %*% contrast))
  df <- get_Lb_ddf(fit, contrast)
  rbind(
    quantity("estimate", value),
    quantity("model_se", sqrt(vcov(fit)[which, which])),
    quantity("se", se),
    quantity("statistic", value / se),
    quantity("df", df),
    quantity("p", 2 * pt(-abs(value / se), df)),
    quantity("ci_low", value - qt(0.975, df) * se),
    quantity("ci_high", value + qt(0.975, df) * se)
  )
}

variances <- function(fit) {
  found <- as.data.frame(VarCorr(fit))
  of <- function(group) found$vcov[found$grp == group]
  rbind(
    quantity("variance_between", of("organisation")),
    if ("organisation.1" %in% found$grp) quantity("variance_of_effect", of("organisation.1")),
    quantity("variance_within", of("Residual"))
  )
}

# A second opinion: nlme searches on the logarithm of the standard deviations, so it never
# reaches 0, and stops at about 1e-6.
second <- function(fixed, random, d, which) {
  fit <- tryCatch(
    nlme::lme(fixed, d, random = random, method = "REML",
              control = nlme::lmeControl(msTol = 1e-12, tolerance = 1e-12, maxIter = 500,
                                         msMaxIter = 500, returnObject = TRUE)),
    error = identity
  )
  if (inherits(fit, "error")) {
    return(quantity("nlme_estimate", NA, paste("nlme:", conditionMessage(fit))))
  }
  rbind(
    quantity("nlme_estimate", nlme::fixef(fit)[[which]]),
    quantity("nlme_se", sqrt(fit$varFix[which, which])),
    quantity("nlme_variance_between", as.numeric(nlme::VarCorr(fit)["(Intercept)", "Variance"]))
  )
}

named <- function(model, rows) {
  rows$quantity <- paste(model, rows$quantity, sep = "_")
  rows
}

models <- function(d) {
  d$change <- d$post - d$pre
  d$half <- ifelse(d$group == "treated", 0.5, -0.5)
  both <- sum(rowSums(table(d$organisation, d$group) > 0) == 2)
  alone <- all(table(d$organisation) == 1)
  flat <- length(unique(d$change)) == 1
  reason <- if (length(unique(d$organisation)) < 2) {
    "one organisation"
  } else if (alone) {
    "no organisation holds two pairs"
  } else if (flat) {
    "the change does not vary"
  }
  if (!is.null(reason)) {
    return(rbind(quantity("paired_estimate", NA, reason), quantity("did_estimate", NA, reason)))
  }
  one <- polished(change ~ 1 + (1 | organisation), d)
  simple <- polished(change ~ half + (1 | organisation), d)
  rbind(
    named("paired", rbind(inference(one, "(Intercept)"), variances(one),
                          second(change ~ 1, ~ 1 | organisation, d, "(Intercept)"))),
    named("did", rbind(inference(simple, "half"), variances(simple),
                       second(change ~ half, ~ 1 | organisation, d, "half"))),
    if (both >= 5) {
      mixed <- polished(change ~ half + (1 | organisation) + (0 + half | organisation), d)
      named("mixed", rbind(inference(mixed, "half"), variances(mixed)))
    }
  )
}

pairs <- read.csv("data/pairs.csv", stringsAsFactors = FALSE)
# A random effect of group that is clearly there: three sets of the shared data, the changes of
# the treated moved by organisation, and one in which the largest organisation is different.
moved <- function(name, by) {
  d <- pairs[pairs$dataset == name, ]
  number <- as.integer(factor(d$organisation))
  d$post <- d$post + ifelse(d$group == "treated", by[(number - 1) %% length(by) + 1], 0)
  d$dataset <- paste0(name, "_moved")
  d
}
pairs <- rbind(
  pairs,
  moved("unequal", c(3, -2, 0, 4, -3)),
  moved("balanced", c(5, -4, 1, 0)),
  moved("some_singletons", c(2, 0, -3)),
  moved("large_effect", c(1, -1, 6))
)

expected <- do.call(rbind, lapply(unique(pairs$dataset), function(name) {
  cbind(dataset = name, models(pairs[pairs$dataset == name, ]))
}))
write.csv(expected, file.path("expected", "multilevel.csv"), row.names = FALSE,
          quote = ncol(expected), eol = "\n")
