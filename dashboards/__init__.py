"""Grafana as code: builders, generated JSON, provisioning, lint."""
