"""Locate a dwelling in the QPVs of both generations, from what an extract has, with method and quality."""
