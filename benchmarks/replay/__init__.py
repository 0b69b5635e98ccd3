"""End to end, Kafka to committed counters, beside bare binary COPY of the same rows, in one run."""
