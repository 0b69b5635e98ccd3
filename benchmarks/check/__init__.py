"""`quartiers check` on a file of a million rows: seconds and resident memory."""
