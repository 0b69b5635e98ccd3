"""The published contract, version 1: what a landlord may send.

Models are *open*: an unknown field is ignored, so that a newer minor version is accepted.
Fields that look like personal data are refused by name (`privacy.py`).
"""
