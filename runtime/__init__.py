"""Settings, connections, the clock and logging: what every room needs to run."""
