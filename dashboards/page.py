"""What the dashboards share: their addresses, their links to each other, their clock and their language."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import dashboard as kinds

from dashboards.panels import Panel

TAG = "quartiers"
REGION = "region"
QUARTIER = "quartier"
CHAINE = "chaine"
TITLES = {REGION: "Région", QUARTIER: "Quartier", CHAINE: "Chaîne de traitement"}
TO_QUARTIER = (
    "Ouvrir le quartier",
    "/d/quartier?var-departement=${__data.fields.departement}&var-qpv=${__data.fields.Code}",
)
"""The link of a row that has the columns `departement` and `Code`."""


@dataclass(frozen=True)
class Page:
    """One dashboard: its address, what it is for, how often it is read anew and since when it shows."""

    uid: str
    description: str
    refresh: str
    since: str


def _link(uid: str) -> Any:
    return (
        sdk.DashboardLink(TITLES[uid])
        .type(kinds.DashboardLinkType.LINK)
        .icon("dashboard")
        .tooltip(f"Ouvrir « {TITLES[uid]} »")
        .url(f"/d/{uid}")
        .target_blank(False)
        .keep_time(False)
        .include_vars(False)
    )


def build(page: Page, panels: Iterable[Panel], variables: Iterable[Any] = ()) -> Any:
    """Return the dashboard of the SDK, ready for JSON; panels in the order in which they are read."""
    made = (
        sdk.Dashboard(TITLES[page.uid])
        .uid(page.uid)
        .description(page.description)
        .tags([TAG])
        .readonly()
        .timezone("Europe/Paris")
        .week_start("monday")
        .time(page.since, "now")
        .refresh(page.refresh)
        .tooltip(kinds.DashboardCursorSync.CROSSHAIR)
        .links([_link(uid) for uid in TITLES if uid != page.uid])
        .variables(list(variables))
    )
    for panel in panels:
        made.with_row(panel) if isinstance(panel, sdk.Row) else made.with_panel(panel)
    return made.build()
