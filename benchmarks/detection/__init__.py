"""How often the detectors cry wolf, and what they find: simulated panels of which the truth is known."""
