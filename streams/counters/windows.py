"""Roll the live windows to a new day. A window of w days at `as_of` holds the days as_of - w + 1 .. as_of.

Moving from day a to day b adds the days (a, b] and takes away (a - w, b - w]: one statement for any number
of missed nights. The row of `window_state` is taken FOR UPDATE: no batch is in flight meanwhile.
"""

from datetime import date
from typing import Any

import psycopg

ROLL = """
INSERT INTO core.rolling_counter AS c (territory_id, window_days, flow, landlord, n)
SELECT territory_id, window_days, flow, landlord, sum(n)
FROM (SELECT cell_id, window_days, flow, landlord, sum(n) AS n
      FROM core.rolling_window JOIN core.daily_counter ON day > %(a)s AND day <= %(b)s
      GROUP BY 1, 2, 3, 4
      UNION ALL
      SELECT cell_id, window_days, flow, landlord, -sum(n)
      FROM core.rolling_window JOIN core.daily_counter ON day > %(a)s - window_days AND day <= %(b)s - window_days
      GROUP BY 1, 2, 3, 4) AS change
JOIN core.cell_territory USING (cell_id)
GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4
ON CONFLICT (territory_id, window_days, flow, landlord) DO UPDATE SET n = c.n + excluded.n
"""


def roll_windows(connection: psycopg.Connection[Any], today: date) -> int:
    """Bring the live windows to `today`, in one transaction; return how many days they moved.

    A clock that went back moves nothing: 0.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT as_of FROM core.window_state")
        row = cursor.fetchone()
        if row is None or row[0] >= today:
            return 0
        cursor.execute("SELECT as_of FROM core.window_state FOR UPDATE")
        as_of: date = cursor.fetchall()[0][0]
        if as_of >= today:
            return 0
        cursor.execute(ROLL, {"a": as_of, "b": today})
        cursor.execute("DELETE FROM core.rolling_counter WHERE n = 0")
        cursor.execute("UPDATE core.window_state SET as_of = %s", (today,))
        return (today - as_of).days


def start_windows(connection: psycopg.Connection[Any], as_of: date) -> None:
    """Set the windows to end at `as_of` and recount them, whatever they were: for a new or restored database."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM core.window_state FOR UPDATE")
        cursor.execute("UPDATE core.window_state SET as_of = %s", (as_of,))
        cursor.execute("DELETE FROM core.rolling_counter")
        cursor.execute(
            "INSERT INTO core.rolling_counter (territory_id, window_days, flow, n, landlord) "
            "SELECT territory_id, window_days, flow, n, landlord FROM core.rolling_recount"
        )
