"""Plain kafka-python consumers: receipts, alerts, archive."""
