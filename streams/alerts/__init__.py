"""Alerts: the detectors of streams/detection on what was declared, kept with their evidence, confirmed or lifted."""
