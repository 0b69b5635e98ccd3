"""What a landlord types: each module registers its own commands with `register(app)`."""
