"""A panel of counts in a file, and what the detectors say of it, as a file."""
