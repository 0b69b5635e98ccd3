"""The demonstration: five simulated years, then days that stream in at an accelerated clock, then the proof."""
