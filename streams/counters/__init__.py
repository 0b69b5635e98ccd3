"""Facts, daily, monthly and rolling counters, kept equal to a recount."""
