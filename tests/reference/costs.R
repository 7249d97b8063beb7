# Cost of contacts: the saving (before less after) per respondent, for each question on the
# respondents who answered it both times, and in total on those who answered every question.
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

contacts <- read.csv("data/contacts.csv", stringsAsFactors = FALSE, na.strings = "")
weights <- read.csv("data/contact_weights.csv", stringsAsFactors = FALSE)
unit_costs <- read.csv("data/contact_unit_costs.csv", stringsAsFactors = FALSE)

cost_of <- function(question, occasion) {
  answer <- contacts[[paste(question, occasion, sep = "_")]]
  per_contact <- unit_costs$unit_cost[unit_costs$question == question]
  weights$contacts[match(answer, weights$label)] * per_contact
}

saving_rows <- function(pre, post) {
  both <- !is.na(pre) & !is.na(post)
  pre <- pre[both]
  post <- post[both]
  organisation <- contacts$organisation[both]
  saving <- pre - post
  test <- t.test(pre, post, paired = TRUE)
  fit <- lm(saving ~ 1)
  cr2 <- vcovCR(fit, cluster = organisation, type = "CR2")
  robust <- coef_test(fit, vcov = cr2, test = "Satterthwaite")
  limits <- conf_int(fit, vcov = cr2, level = 0.95, test = "Satterthwaite")
  rbind(
    quantity("n", length(saving)),
    quantity("n_organisations", length(unique(organisation))),
    quantity("cost_pre", mean(pre)),
    quantity("cost_post", mean(post)),
    quantity("saving_per_respondent", mean(saving)),
    quantity("sd_saving", sd(saving)),
    quantity("t_se", test$stderr),
    quantity("t_statistic", test$statistic),
    quantity("t_df", test$parameter),
    quantity("t_p", test$p.value),
    quantity("t_ci_low", test$conf.int[1]),
    quantity("t_ci_high", test$conf.int[2]),
    quantity("cr2_se", robust$SE),
    quantity("cr2_statistic", robust$tstat),
    quantity("cr2_df", robust$df_Satt),
    quantity("cr2_p", robust$p_Satt),
    quantity("cr2_ci_low", limits$CI_L),
    quantity("cr2_ci_high", limits$CI_U)
  )
}

questions <- unit_costs$question
pre <- sapply(questions, cost_of, "pre")
post <- sapply(questions, cost_of, "post")
each <- lapply(questions, function(q) cbind(question = q, saving_rows(pre[, q], post[, q])))
# rowSums is missing where any question is; saving_rows then drops the respondent.
total <- saving_rows(rowSums(pre), rowSums(post))
expected <- rbind(do.call(rbind, each), cbind(question = "all_contacts", total))
write_expected(expected, "costs.csv")
