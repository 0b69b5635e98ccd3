"""What two sides must agree on: events, code lists, territories, the published contract, migrations."""
