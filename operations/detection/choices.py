"""What may be chosen on the command line of `quartiers detect`, in its words. Light to load: `--help` needs it."""

from enum import StrEnum


class Method(StrEnum):
    """The detectors."""

    POOLED = "pooled"
    FARRINGTON = "farrington"


class Epoch(StrEnum):
    """What a year back is: so many periods, or the same date."""

    DATES = "dates"
    INDEX = "index"
