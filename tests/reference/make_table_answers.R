# Answers to a question with several answers: one column for each option, ticked or blank.
# Four hundred respondents in three groups, some of no group and some who ticked nothing.
set.seed(23)
n <- 400
group <- sample(c("x", "y", "z", NA), n, replace = TRUE, prob = c(0.4, 0.3, 0.25, 0.05))
chance <- list(x = c(0.6, 0.3, 0.2, 0.4), y = c(0.5, 0.45, 0.2, 0.25), z = c(0.7, 0.3, 0.35, 0.3))
ticked <- t(sapply(group, function(g) runif(4) < if (is.na(g)) rep(0.4, 4) else chance[[g]]))
answers <- data.frame(id = sprintf("k%03d", seq_len(n)), group = group)
for (k in 1:4) answers[[letters[k]]] <- ifelse(ticked[, k], "Yes", NA)
write.csv(answers, file.path("data", "table_answers.csv"), row.names = FALSE, quote = FALSE, na = "", eol = "\n")
