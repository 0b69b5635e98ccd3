"""Local services: Kafka, PostgreSQL and workers as processes of this machine, one instance a folder."""
