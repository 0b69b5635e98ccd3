"""Secrecy beside Tau-Argus."""
