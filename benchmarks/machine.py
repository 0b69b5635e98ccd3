"""What a result must say of where it was measured."""

import os
import platform
from pathlib import Path
from typing import Any

import psycopg


def machine() -> str:
    """Return one line on this machine."""
    names = [line.split(":")[1] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return f"{os.cpu_count()} cores ({names[0].strip() if names else platform.machine()}), {memory:.0f} GiB"


def load() -> str:
    """Return the load average of the last five minutes, and whether other work took part of the cores."""
    average, cores = os.getloadavg()[1], os.cpu_count() or 1
    shared = "; other work ran on the same cores, which lengthens every time" if average > cores + 1 else ""
    return f"load average {average:.1f}{shared}"


def versions(connection: psycopg.Connection[Any]) -> str:
    """Return the versions of the database and its memory."""
    server, buffers, timescale = connection.execute(
        "SELECT current_setting('server_version'), current_setting('shared_buffers'), extversion "
        "FROM pg_extension WHERE extname = 'timescaledb'"
    ).fetchall()[0]
    return (
        f"PostgreSQL {server.split()[0]}, TimescaleDB {timescale} (Apache edition), `shared_buffers` {buffers}, "
        f"Python {platform.python_version()}"
    )
