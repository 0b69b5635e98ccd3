"""The published layer: monthly frozen vintages, and what staff is shown, both decided by `streams/secrecy/`."""
