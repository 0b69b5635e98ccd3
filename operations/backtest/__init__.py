"""`quartiers backtest`: the measures of streams/backtest/ as a report in French with pictures."""
