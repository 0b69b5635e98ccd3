"""The columns of `core.cell_month` and `core.observed_month`, by who knows them."""

from collections.abc import Iterable

DESTINATIONS = ("same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere")
MOVES = (
    "departures",
    "departures_same_landlord",
    "departures_other_landlord",
    "departures_rehoused",
    "departures_reason_unknown",
    *(f"left_{place}" for place in DESTINATIONS),
    "arrivals",
    "first_lettings",
    "arrivals_same_landlord",
    "arrivals_rehoused",
    *(f"came_{place}" for place in DESTINATIONS),
    "sold_to_tenant",
)
"""Known from the facts."""
LINKED = ("relet_dwellings_12_months", "notices", "notices_withdrawn")
"""Known from the ledger only: they need the moves of a dwelling, or what does not count as a move."""
STATES = ("dwellings", "vacant", "vacant_over_3_months", "first_let_within_12_months", "out_of_market")
"""Known from the stocks."""
MEASURES = MOVES + LINKED + STATES
COVERED = ("landlords", "declared_landlords", "all_dwellings")
"""Of `core.observed_month` alone: who is there, and who has declared."""


def listed(names: Iterable[str], form: str = "{}") -> str:
    """Return the names, each written into `form`, as a list of SQL."""
    return ", ".join(form.format(name) for name in names)


def any_of(names: Iterable[str], form: str = "{} <> 0") -> str:
    """Return the SQL condition that one of the names is not nought."""
    return " OR ".join(form.format(name) for name in names)
