"""Mutated events beside good ones: how much slower the worker is."""
