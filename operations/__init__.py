"""The `quartiers` command line: services, migrations, verification."""
