"""Measures of the whole country: ten million moves of ten years, counted again, kept up with, and asked for."""
