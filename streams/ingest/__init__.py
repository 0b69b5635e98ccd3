"""From bytes to a committed batch."""
