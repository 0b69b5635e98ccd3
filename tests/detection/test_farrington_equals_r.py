"""Farrington Flexible equals R's `farringtonFlexible`: every bound to 1e-8, every alarm.

Everywhere: against what R has answered on our own synthetic series, committed beside `bounds.R` which asked. Where R
and its package surveillance are installed (Debian: apt-get install r-cran-surveillance), also on the package's own
series, and the committed answers are asked for again.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from streams.detection.verdicts import Verdict
from tests.detection.oracle_bounds import Compared, compared

ORACLE = Path(__file__).parent / "oracle"
METHODS = {"delta", "nbPlugin", "muan"}


def ask(kind: str, folder: Path) -> Path:
    """Have R answer into a folder; skip with the reason where it cannot."""
    if (program := shutil.which("Rscript")) is None:
        pytest.skip("Rscript is not installed (Debian: apt-get install r-cran-surveillance): committed answers only")
    there = subprocess.run(
        [program, "-e", "quit(status = !requireNamespace('surveillance', quietly = TRUE))"], check=False
    )
    if there.returncode:
        pytest.skip("R has no package surveillance (Debian: apt-get install r-cran-surveillance)")
    subprocess.run([program, ORACLE / "bounds.R", kind, folder], check=True, capture_output=True)
    return folder


def assert_equal(one: Compared) -> int:
    """Hold one comparison; return how many bounds it has."""
    said = f"{one.name}, {one.method}"
    # Where neither the references nor the count hold an event, R bounds what it expects to be 1e-10 or so: nothing.
    nothing = one.ours.verdict == Verdict.NO_EVENTS
    assert (np.isnan(one.upper[nothing]) | (one.expected[nothing] < 1e-8)).all(), said
    bounded = ~np.isnan(one.upper) & ~nothing
    np.testing.assert_allclose(one.ours.upper[bounded], one.upper[bounded], rtol=0, atol=1e-8, err_msg=said)
    np.testing.assert_allclose(one.ours.expected[bounded], one.expected[bounded], rtol=1e-9, err_msg=said)
    np.testing.assert_array_equal(one.ours.alarm, one.alarm, err_msg=said)
    # R gives no bound where too few events were seen of late: neither do we, and we say so.
    silent = one.ours.verdict[~bounded & ~nothing]
    assert np.isin(silent, [Verdict.TOO_FEW_EVENTS, Verdict.NO_CONVERGENCE]).all(), said
    return int(bounded.sum())


def test_bounds_on_our_own_series() -> None:
    found = compared(ORACLE, "own")
    assert {one.method for one in found} == METHODS
    assert len({one.name for one in found}) >= 8
    assert sum(assert_equal(one) for one in found) > 350
    assert sum(one.alarm.sum() for one in found) > 5


def test_bounds_on_the_packages_series(tmp_path: Path) -> None:
    found = compared(ask("package", tmp_path), "package")
    assert {one.method for one in found} == METHODS
    assert len({one.name for one in found}) >= 8
    assert sum(assert_equal(one) for one in found) > 250


def test_the_committed_answers_are_what_r_answers(tmp_path: Path) -> None:
    ask("own", tmp_path)
    assert (tmp_path / "own_series.csv").read_bytes() == (ORACLE / "own_series.csv").read_bytes()
    for again, before in zip(compared(tmp_path, "own"), compared(ORACLE, "own"), strict=True):
        np.testing.assert_allclose(again.upper, before.upper, rtol=1e-10)
