"""`python -m benchmarks.check`: measure, print, and write `benchmarks/results/check.md`."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.check.rows import write_export
from benchmarks.machine import machine

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
RESULT = Path(__file__).parents[1] / "results" / "check.md"


class Cost(NamedTuple):
    """Seconds on the clock and of processor, and peak resident megabytes, of a command."""

    seconds: float
    processor: float
    megabytes: float
    output: str


def measure(*arguments: str) -> Cost:
    """Run a command of `quartiers` in a process of its own."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        command = [sys.executable, "-m", "operations", *arguments]
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        said.seek(0)
        output = said.read()
    if process.returncode not in (0, 1) or "Traceback" in output:
        raise RuntimeError(output)
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output)


def main() -> None:
    """Measure the draft, then the check without and with an annotated copy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = folder / "small.csv", folder / "large.csv"
        write_export(small, ROWS // 10)
        write_export(large, ROWS)
        draft = measure("mapping", "draft", str(large), "--folder", name)
        tenth = measure("check", str(small), "--folder", name)
        whole = measure("check", str(large), "--folder", name)
        annotated = measure("check", str(large), "--folder", name, "--annotated", str(folder / "annotated.csv"))
        size = large.stat().st_size / 1e6
    text = f"""# Check: a landlord's extract, offline

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.check`, on {machine()}, Python {platform.python_version()},
while the machine's load was {os.getloadavg()[1]:.1f}: with more processes than cores, seconds of processor tell more than seconds.

{ROWS:,} rows of movements, {size:.0f} MB of CSV (cp1252, semicolons, 15 columns), Lambert 93 coordinates converted, one row in a
hundred with a flaw. The file is read twice: once for what only the whole file can tell (duplicates, arrivals with no
departure before), once row by row.

| command | seconds | seconds of processor | peak resident memory |
|---|---|---|---|
| `quartiers mapping draft` | {draft.seconds:.0f} | {draft.processor:.0f} | {draft.megabytes:.0f} MB |
| `quartiers check`, a tenth of the rows | {tenth.seconds:.0f} | {tenth.processor:.0f} | {tenth.megabytes:.0f} MB |
| **`quartiers check`, {ROWS:,} rows** | **{whole.seconds:.0f}** | {whole.processor:.0f} | **{whole.megabytes:.0f} MB** |
| the same with `--annotated` | {annotated.seconds:.0f} | {annotated.processor:.0f} | {annotated.megabytes:.0f} MB |
"""  # noqa: E501
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(whole.output)
    print(text)


if __name__ == "__main__":
    main()
