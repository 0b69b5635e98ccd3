"""`python -m benchmarks.locate`: locate 300,000 points in both generations, write `benchmarks/results/locate.md`.

The perimeters of 2015 are the official ones where `../shared/data` beside the repository has them, else polygons made
about each QPV's point. Those of 2024 have the shapes of the QPVs they come from: the same work, not the same answers.
"""

import os
import platform
import resource
import statistics
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime
from math import cos, pi, sin
from pathlib import Path

import numpy as np
import pyproj
import shapely
from shapely import Polygon

from benchmarks.machine import machine
from producers.location.locator import OfficialLocator, open_locator
from producers.location.perimeter_files import read_layer
from producers.location.perimeters import Imported, Perimeter, perimeters_of
from producers.location.place import Location, Whereabouts
from producers.location.projection import to_lambert_93
from producers.location.store import PerimeterStore
from producers.workspace import Workspace
from schemas.territories import Qpv, Territories, load

POINTS = int(os.environ.get("BENCH_POINTS", "300000"))
GOAL_S = 30
TRIES = 3
SINGLES = 2_000
CORNERS = 200
ON = date(2026, 11, 1)
OFFICIAL = Path(__file__).parents[3] / "shared" / "data" / "qpv" / "official_qpv2015_shapefile"
RESULT = Path(__file__).parents[1] / "results" / "locate.md"


def made(qpv: Qpv) -> Perimeter:
    """Return a jagged polygon about the QPV's point, some 300 m across."""
    (x,), (y,) = to_lambert_93([qpv.longitude], [qpv.latitude])
    turns = [(2 * pi * corner / CORNERS, 250.0 if corner % 2 else 350.0) for corner in range(CORNERS)]
    shape = Polygon([(x + radius * cos(turn), y + radius * sin(turn)) for turn, radius in turns])
    return Perimeter(qpv.code, qpv.name, qpv.communes, shape)


def former_perimeters(territories: Territories) -> tuple[Imported, str]:
    """Return the perimeters of 2015, and whose they are."""
    if OFFICIAL.is_dir():
        (imported,) = perimeters_of(read_layer(OFFICIAL), territories)
        return imported, "official"
    return Imported(2015, "made", "", [made(qpv) for qpv in territories.qpvs_of(2015)]), "made"


def present_perimeters(territories: Territories, former: Imported) -> Imported:
    """Return a perimeter for each QPV of 2024: the shapes it comes from, a made one for a new QPV."""
    shapes = {one.code: one.shape for one in former.perimeters}
    perimeters = [
        Perimeter(qpv.code, qpv.name, qpv.communes, shapely.union_all([shapes[code] for code in qpv.lineage]))
        if qpv.lineage
        else made(qpv)
        for qpv in territories.qpvs_of(2024)
    ]
    return Imported(2024, "made", "", perimeters)


def dwellings(territories: Territories, count: int) -> list[Whereabouts]:
    """Return dwellings of the communes with a QPV: within a few kilometres of one, denser towards it."""
    draw = np.random.default_rng(2026)
    qpvs = territories.qpvs_of(2015)
    chosen = draw.integers(0, len(qpvs), count)
    spread = draw.choice([0.003, 0.02], size=count, p=[0.6, 0.4])
    east, north = draw.normal(0, 1, (2, count)) * spread
    return [
        Whereabouts(
            qpvs[index].communes[0],
            longitude=qpvs[index].longitude + right,
            latitude=qpvs[index].latitude + up,
        )
        for index, right, up in zip(chosen.tolist(), east.tolist(), north.tolist(), strict=True)
    ]


def timed(locator: OfficialLocator, places: list[Whereabouts]) -> tuple[float, float, list[Location]]:
    """Return seconds of wall clock and of processor, and the locations."""
    started, busy = time.perf_counter(), time.process_time()
    found = locator.locate_all(places, ON)
    return time.perf_counter() - started, time.process_time() - busy, found


def main() -> None:
    """Measure, print and keep the table."""
    territories = load()
    former, whose = former_perimeters(territories)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        store = PerimeterStore(workspace.perimeters)
        for imported in (former, present_perimeters(territories, former)):
            store.keep(imported, ON)
        started = time.perf_counter()
        locator = open_locator(workspace, territories)
        opening = time.perf_counter() - started
    places = dwellings(territories, POINTS)
    load_average = os.getloadavg()[0]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runs = [timed(locator, places) for _ in range(TRIES)]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    singles = [locator.locate(place, ON) for place in places[:SINGLES]]
    single = (time.perf_counter() - started) / SINGLES
    assert singles == runs[0][2][:SINGLES], "one by one and all at once differ"
    corners = sum(int(shapely.get_num_coordinates(one.shape)) for one in former.perimeters)
    statuses = Counter(one.qpv_status for one in runs[0][2])
    processor = statistics.median(run for _, run, _ in runs)
    seconds = statistics.median(run for run, _, _ in runs)
    text = f"""# Locating: dwellings in the perimeters of both generations

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.locate`: {machine()}. Python {platform.python_version()},
shapely {shapely.__version__} (GEOS {shapely.geos_version_string}), pyproj {pyproj.__version__}; one process, one thread.
Load average of the machine at the start: {load_average:.1f}.

{POINTS:,} dwellings with coordinates (degrees), near the QPVs, against the {len(former.perimeters)} perimeters of 2015 ({whose}, {corners:,} corners)
and 108 of 2024 (the shapes of the QPVs they come from). Everything counted: projection, both generations, 15 m to a border,
consistency with the commune, the location of each dwelling.

| measurement | result |
|---|---|
| opening the locator from the landlord's folder | {opening * 1000:.0f} ms |
| **{POINTS:,} points, median of {TRIES}** | **{seconds:.1f} s** (goal: under {GOAL_S} s) |
| of which processor, one core | {processor:.1f} s |
| rate | {POINTS / seconds:,.0f} points/s |
| peak memory that this added, all {POINTS:,} results held | {max(after - before, 0) / 1024:.0f} MB |
| one at a time, {SINGLES:,} calls, same answers | {single * 1e6:.0f} µs a call |
| inside, outside, uncertain, unknown | {", ".join(f"{statuses[status]:,}" for status in ("inside", "outside", "uncertain", "unknown"))} |
"""  # noqa: E501
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
