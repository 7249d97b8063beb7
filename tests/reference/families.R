# Adjusted p values: p.adjust of base R.
text_of <- function(x) sprintf("%.17g", x)
cases <- list(
  ordered = c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205),
  shuffled = c(0.2, 0.0004, 0.03, 0.9, 0.011, 0.011, 0.5),
  ties = c(0.02, 0.02, 0.02, 0.02),
  one = 0.03,
  nearly_one = c(0.8, 0.99, 1),
  very_small = c(1e-300, 1e-12, 0.04)
)
rows <- do.call(rbind, lapply(names(cases), function(name) {
  p <- cases[[name]]
  rbind(
    data.frame(dataset = name, quantity = sprintf("p_%d", seq_along(p)), value = text_of(p)),
    data.frame(dataset = name, quantity = sprintf("holm_%d", seq_along(p)),
               value = text_of(p.adjust(p, "holm"))),
    data.frame(dataset = name, quantity = sprintf("benjamini_hochberg_%d", seq_along(p)),
               value = text_of(p.adjust(p, "BH")))
  )
}))
rows$note <- ""
write.csv(rows, file.path("expected", "families.csv"), row.names = FALSE, quote = 4, eol = "\n")
