"""Every query of every dashboard, on the demonstration's five years."""
