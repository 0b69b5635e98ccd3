"""Hide the departures of one year by commune, beside Tau-Argus, and write `benchmarks/results/suppression.md`.

`python -m benchmarks.suppression`: one table of the ladder région > département > EPCI > commune, same threshold.
Tau-Argus (through pytauargus) solves one table at one date for the fewest departures hidden. The project's engine is
asked for the first vintage of the same ladder: it also keeps single months from being told by the vintages to come.
"""

import os
import platform
import tempfile
import time
from collections import Counter
from contextlib import chdir
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytauargus

from benchmarks.machine import machine
from producers.region import simulate
from schemas.codes import code_list
from schemas.territories import load
from streams.secrecy.lattice import OUTSIDE, Cell, build_lattice
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, Counts
from streams.secrecy.suppression import start

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
FIRST = 12 * 2025
THRESHOLD, PROTECTION, SAFETY = 11, 4, 36
WITHHELD = ("U", "M")
"""Tau-Argus' marks of what is unsafe by itself, and of what is hidden with it."""
SHARES = (1.0, 0.3, 0.1)
RESULT = Path(__file__).parents[1] / "results" / "suppression.md"
Moves = Counter[tuple[str, int]]


class Hidden(NamedTuple):
    """What was held back, and in how many seconds."""

    cells: int
    hidden: int
    moves: int
    seconds: float


def departures() -> Moves:
    """Return the simulated region's effective departures of 2025 by commune and month."""
    reasons, found = code_list("departure_reason"), Moves()
    region = simulate(date(2024, 1, 1), date(2026, 1, 1), seed=2026, scale=SCALE)
    for move in region.truth(lambda direction, content: repr((direction, content)).encode()).moves.values():
        month = 12 * move.effective_on.year + move.effective_on.month - 1
        if move.direction != "out" or move.status != "effective" or not FIRST <= month < FIRST + MONTHS:
            continue
        if reasons[move.reason].nature_class not in {"technical", "out_of_scope"}:
            found[move.commune, month] += 1
    return found


def thinned(moves: Moves, share: float) -> Moves:
    """Return a random share of moves: the same places with fewer departures, of which more must be hidden."""
    random = np.random.default_rng(2026)
    return +Moves({key: int(random.binomial(n, share)) for key, n in sorted(moves.items())})


def by_tau_argus(moves: Moves) -> Hidden:
    """Hide by optimal suppression: a frequency rule, one record a departure."""
    communes = load().communes
    records = [
        (commune, communes[commune].epci, communes[commune].departement, 1.0)
        for (commune, _), n in moves.items()
        for _ in range(n)
    ]
    frame = pd.DataFrame(records, columns=["commune", "epci", "departement", "n"])
    # It leaves its logs in the folder where it runs.
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        started = time.perf_counter()
        result = pytauargus.protect(
            frame,
            ["commune"],
            "n",
            f"FREQ({THRESHOLD},{SAFETY})",
            "OPT(1)",
            hrc={"commune": "commune > epci > departement"},
            workdir=folder,
        )
        seconds = time.perf_counter() - started
        rows = [row for row in result.tables[0].rows if row["n"]]
    hidden = [row for row in rows if row["status"] in WITHHELD]
    return Hidden(len(rows), len(hidden), round(sum(float(row["n"]) for row in hidden)), seconds)


def by_ours(moves: Moves) -> Hidden:
    """Hide as the first vintage does, without its margin for entering and without dominance."""
    communes = load().communes
    keys = sorted({commune for commune, _ in moves})
    numbers: dict[tuple[str, str], int] = {}
    cells = []
    for key in keys:
        one = communes[key]
        rungs = ("commune", key), ("epci", one.epci), ("departement", one.departement), ("region", one.region)
        places = [numbers.setdefault(rung, len(numbers)) for rung in rungs]
        cells.append(Cell(OUTSIDE, False, places[0], places[1], places[2], tuple(places)))
    lattice = build_lattice(cells, {number: level for (level, _), number in numbers.items()})
    x = np.zeros((1, lattice.atoms, MONTHS), dtype=np.int64)
    for (commune, month), n in moves.items():
        x[0, lattice.atom_of[keys.index(commune)], month - FIRST] += n
    peopled, consents = np.ones(lattice.figures, dtype=bool), np.ones(1, dtype=bool)
    limits = Limits(THRESHOLD, PROTECTION, 1.0, 1.0, insiders=False)
    started = time.perf_counter()
    _, shown = start(lattice, Month(FIRST + MONTHS - 1, Counts.of(FIRST, x), peopled, consents), limits)
    seconds = time.perf_counter() - started
    whole = np.array([part == "all" for part in lattice.parts])
    hidden = whole & ~shown.shown[MONTHS]
    n = x[0].sum(axis=1) @ lattice.members[: lattice.figures].T.astype(np.int64)
    return Hidden(int(whole.sum()), int(hidden.sum()), int(n[hidden].sum()), seconds)


def main() -> None:
    """Run both and write the result."""
    moves = departures()
    lines = []
    for share in SHARES:
        some = thinned(moves, share)
        for name, one in (("Tau-Argus, `OPT(1)`", by_tau_argus(some)), ("Data & Quartiers", by_ours(some))):
            lines.append(
                f"| {some.total():,} | {name} | {one.cells} | {one.hidden} | {one.moves:,} | {one.seconds:.1f} |"
            )
    communes = len({commune for commune, _ in moves})
    text = f"""# Suppression beside Tau-Argus

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.suppression`, on {machine()},
Python {platform.python_version()}, pytauargus {version("pytauargus")}.

Simulated departures of 2025 in {communes} communes, then random shares of them, on the ladder région > département >
EPCI > commune; threshold {THRESHOLD}. Tau-Argus protects this one table at this one date. Ours also keeps what is
hidden from being told by later vintages (a difference of two windows of 12 months). Figures of several levels hold the
same departures: moves held back are counted at each level.

| departures | | figures | held back | moves held back | seconds |
|---|---|---|---|---|---|
{chr(10).join(lines)}
"""
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
