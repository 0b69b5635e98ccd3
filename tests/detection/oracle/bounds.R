# What `farringtonFlexible` of the R package surveillance answers: the oracle of tests/detection.
#   Rscript bounds.R own FOLDER       our own synthetic series: own_series.csv and own_bounds.csv, which are committed
#   Rscript bounds.R package FOLDER   the package's series: package_series.csv and package_bounds.csv, never committed
# The package is run, not read.
suppressMessages(library(surveillance))
arguments <- commandArgs(trailingOnly = TRUE)
digits <- function(x) ifelse(is.na(x), "", sprintf("%.17g", x))

run <- function(name, series, last, settings) {
  n <- nrow(series)
  do.call(rbind, lapply(seq_len(nrow(settings)), function(i) {
    s <- settings[i, ]
    control <- list(range = (n - last + 1):n, b = s$b, w = s$w, noPeriods = s$noPeriods, alpha = s$alpha,
                    weightsThreshold = s$weightsThreshold, pThresholdTrend = s$pThresholdTrend,
                    thresholdMethod = s$thresholdMethod, populationOffset = s$populationOffset,
                    pastWeeksNotIncluded = if (is.na(s$pastNotIncluded)) NULL else s$pastNotIncluded,
                    trend = s$trend, reweight = s$reweight, limit54 = c(s$cases, s$period))
    found <- suppressWarnings(try(farringtonFlexible(series, control), silent = TRUE))
    if (inherits(found, "try-error")) return(NULL)  # the package stops on some all but empty references: nothing to compare
    data.frame(series = name, s, row.names = NULL, position = control$range, upper = digits(upperbound(found)[, 1]),
               alarm = alarms(found)[, 1], expected = digits(found@control$expected[, 1]),
               pvalue = digits(found@control$pvalue[, 1]))
  }))
}

setting <- function(thresholdMethod, b = 5, w = 3, noPeriods = 1, alpha = 0.05, weightsThreshold = 2.58,
                    pThresholdTrend = 0.05, pastNotIncluded = NA, trend = TRUE, reweight = TRUE, cases = 5, period = 4,
                    populationOffset = FALSE)
  data.frame(thresholdMethod, b, w, noPeriods, alpha, weightsThreshold, pThresholdTrend, pastNotIncluded, trend,
             reweight, cases, period, populationOffset)

methods <- c("delta", "nbPlugin", "muan")
weekly <- do.call(rbind, lapply(methods, function(m) rbind(
  setting(m),
  setting(m, noPeriods = 10, pastNotIncluded = 26, pThresholdTrend = 1, alpha = 0.01),
  setting(m, b = 4, w = 2, noPeriods = 5, weightsThreshold = 1, alpha = 0.005),
  setting(m, b = 3, w = 1, pastNotIncluded = 0, alpha = 0.1, cases = 0, period = 1))))
monthly <- do.call(rbind, lapply(methods, function(m) rbind(
  setting(m),
  setting(m, w = 1, noPeriods = 4, pastNotIncluded = 2, pThresholdTrend = 1, alpha = 0.01),
  setting(m, b = 4, w = 2, trend = FALSE, alpha = 0.025),
  setting(m, b = 3, w = 1, reweight = FALSE, weightsThreshold = 1))))

count <- function(mean, phi) if (phi > 1) rnbinom(length(mean), size = mean / (phi - 1), prob = 1 / phi) else
  rpois(length(mean), mean)
made <- function(n, frequency, level, season, trend, phi) {
  t <- 1:n
  y <- count(exp(level + season * cos(2 * pi * t / frequency) + trend * t / frequency), phi)
  outbreaks <- sample(n, 5)
  y[outbreaks] <- 3 * y[outbreaks] + 4
  y
}

own <- function() {
  set.seed(20261128)
  series <- list(); bounds <- list()
  put <- function(name, sts, settings, labels) {
    series[[name]] <<- data.frame(series = name, period = labels, count = observed(sts)[, 1],
                                  exposure = sts@populationFrac[, 1])
    bounds[[name]] <<- run(name, sts, 4, settings)
  }
  number <- function(y, f) sts(y, frequency = f, start = c(2000, 1))
  y <- made(330, 52, 1.5, 0.4, 0, 1.4);   put("weekly_small", number(y, 52), weekly, 1:330)
  y <- made(330, 52, 4, 0.8, 0.15, 3);    put("weekly_rising", number(y, 52), weekly, 1:330)
  y <- made(330, 52, -1, 0.2, 0, 1);      put("weekly_rare", number(y, 52), weekly, 1:330)
  y <- made(100, 12, 2, 0.3, 0, 1.3);     put("monthly_small", number(y, 12), monthly, 1:100)
  y <- made(100, 12, 5, 0.3, -0.1, 2);    put("monthly_falling", number(y, 12), monthly, 1:100)
  monday <- as.Date("2012-01-02") + 7 * (0:339)  # 2015 has 53 weeks, and 29 February 2016 is a Monday
  y <- made(340, 52, 3, 0.6, 0.1, 2)
  put("iso_weeks", sts(y, frequency = 52, epoch = monday), weekly, strftime(monday, "%G-W%V"))
  monday <- as.Date("2014-12-29") + 7 * (0:322)
  y <- made(323, 52, 3, 0.6, 0, 2)
  put("iso_weeks_after_53", sts(y, frequency = 52, epoch = monday), weekly, strftime(monday, "%G-W%V"))
  month <- seq(as.Date("2015-01-01"), by = "1 month", length.out = 100)
  y <- made(100, 12, 3, 0.3, 0.2, 1.5)
  put("dated_months", sts(y, frequency = 12, epoch = month), monthly, strftime(month, "%Y-%m"))
  at_risk <- round(500 * exp(cumsum(rnorm(100, 0.004, 0.01))))
  y <- count(at_risk * 0.012 * exp(0.3 * cos(2 * pi * (1:100) / 12)), 1.3)
  put("monthly_exposed", sts(y, frequency = 12, start = c(2000, 1), population = matrix(at_risk)),
      transform(monthly, populationOffset = TRUE), 1:100)
  list(series = do.call(rbind, series), bounds = do.call(rbind, bounds))
}

package_series <- function() {
  names <- c("abattoir", "ha", "k1", "m2", "m5", "s1", "salmonella.agona", "meningo.age", "rotaBB",
             "salmNewport", "momo")
  series <- list(); bounds <- list()
  for (name in names) {
    data(list = name, package = "surveillance", envir = environment())
    one <- get(name)
    if (inherits(one, "disProg")) one <- disProg2sts(one)
    if (ncol(one) > 1) one <- one[, 1]
    settings <- if (one@freq == 12) monthly else weekly
    settings$b <- pmin(settings$b, (nrow(one) - 15) %/% one@freq)  # short series go back fewer years
    labels <- if (one@epochAsDate) strftime(epoch(one), if (one@freq == 52) "%G-W%V" else "%Y-%m") else
      as.character(seq_len(nrow(one)))
    series[[name]] <- data.frame(series = name, frequency = one@freq, period = labels, count = observed(one)[, 1])
    bounds[[name]] <- run(name, one, 4, settings)
  }
  list(series = do.call(rbind, series), bounds = do.call(rbind, bounds))
}

found <- if (arguments[1] == "own") own() else package_series()
write.csv(found$series, file.path(arguments[2], paste0(arguments[1], "_series.csv")), row.names = FALSE, quote = FALSE)
write.csv(found$bounds, file.path(arguments[2], paste0(arguments[1], "_bounds.csv")), row.names = FALSE, quote = FALSE,
          na = "")
