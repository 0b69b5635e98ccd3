"""The fictitious region, five years in arrival order, and `quartiers backtest` over it: writes `docs/backtest/`.

`python -m benchmarks.backtest`: a database of its own (instance `bench-backtest`), no broker; three minutes on one
core. The same code writes the same report.
"""

import json
import sys
from datetime import date
from pathlib import Path

from rich.progress import Progress

from benchmarks.backtest.filling import fill
from operations.backtest.run import on_history
from operations.migrate import migrate
from operations.reference import load_reference
from operations.services import database_service
from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load
from streams.measures.refresh import recount

INSTANCE = "bench-backtest"
SPAN = (date(2021, 1, 1), date(2026, 1, 1))
SEED = 2026
RESULT = Path(__file__).parents[2] / "docs" / "backtest"


def main() -> None:
    """Fill an empty database, then judge."""
    settings = Settings.load(INSTANCE)
    database_service.start(settings, print)
    try:
        with connect(settings, "postgres", "postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {settings.database_name} WITH (FORCE)")
        migrate(settings)
        with connect(settings, "migrator") as connection:
            load_reference(connection, load())
        region = simulate(*SPAN, SEED)
        with Progress(transient=True) as progress:
            task = progress.add_task("Events taken", total=None)
            taken = fill(settings, region, SPAN, lambda n: progress.update(task, completed=n))
        print(f"{taken} events taken", file=sys.stderr)
        with connect(settings, "ingest", autocommit=True) as connection:
            recount(connection)
        truth = settings.instance_dir / "incidents.json"
        truth.write_text(json.dumps([vars(one) for one in region.incidents], default=str), encoding="utf-8")
        on_history(settings, truth, (None, None), SEED, RESULT, "python -m benchmarks.backtest")
    finally:
        database_service.stop(settings)


if __name__ == "__main__":
    main()
