"""Read a landlord's extract: a file of moves or of dwellings, into records, with what is wrong of each row."""
