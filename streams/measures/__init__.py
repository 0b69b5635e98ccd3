"""Measures of moves and of the stock, from which every indicator is made."""
