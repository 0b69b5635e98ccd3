"""A real broker, a real worker, landlords of the test's own."""

from tests.streams.faults.harness import stage

__all__ = ["stage"]
