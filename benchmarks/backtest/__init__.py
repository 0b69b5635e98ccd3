"""The fictitious region in arrival order: a database filled as months went by, and the backtest over it."""
