"""Propose a `mapping.toml` from a file's headers and contents: what is unsure is said, for a person to confirm."""
