"""What links the moves of a dwelling, of the whole country: counted again, kept up with, medians and survival."""
