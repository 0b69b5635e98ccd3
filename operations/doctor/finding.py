"""One finding of the doctor."""

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "absent", "bad"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and the remedy. `absent` is no fault: something optional, or not yet made."""

    state: State
    label: str
    found: str
    remedy: str = ""


def good(label: str, found: str) -> Finding:
    """Return a finding that is as it should be."""
    return Finding("good", label, found)


def absent(label: str, found: str, remedy: str = "") -> Finding:
    """Return a finding of something that is not there and need not be."""
    return Finding("absent", label, found, remedy)


def bad(label: str, found: str, remedy: str) -> Finding:
    """Return a finding of something needed that is wrong."""
    return Finding("bad", label, found, remedy)
