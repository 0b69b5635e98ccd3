"""The Faust application: ingest, ledger, counters, windows, published layer."""
