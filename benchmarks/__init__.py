"""Side-by-side measurements; results are committed with the machine described."""
