"""The stage, for every test of this folder."""

from tests.streams.faults.harness import stage

__all__ = ["stage"]
