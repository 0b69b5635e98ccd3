"""INSEE's RPLS on QPVs: its file taken in, and our arrival rate reconciled with its mobility rate."""
