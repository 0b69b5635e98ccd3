"""How fast dwellings are located."""
