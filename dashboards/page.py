"""What the dashboards share: their addresses, their links to each other, their clock and their language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import dashboard as kinds

from dashboards import variables
from dashboards.panels import Panel
from dashboards.source import PUBLIC

TAG = "quartiers"
REGION = "region"
QUARTIER = "quartier"
INDICATEURS = "indicateurs"
PARCOURS = "parcours"
OCCUPATION = "occupation"
COUVERTURE = "couverture"
ALERTES = "alertes"
CHAINE = "chaine"
CONSIGNES = "consignes"
TITLES = {
    REGION: "Région",
    QUARTIER: "Quartier",
    INDICATEURS: "Indicateurs",
    PARCOURS: "Parcours",
    OCCUPATION: "Occupation",
    COUVERTURE: "Couverture",
    ALERTES: "Alertes",
    CHAINE: "Chaîne de traitement",
    CONSIGNES: "Consignes",
    PUBLIC: "La mobilité dans le parc social, en chiffres publiés",
}
CHOOSING = {
    QUARTIER: variables.QUARTIER,
    **dict.fromkeys((INDICATEURS, PARCOURS, OCCUPATION, COUVERTURE), variables.TERRITOIRE),
}
"""How a page's territory is chosen; the others have none."""
TO_QUARTIER = (
    "Ouvrir le quartier",
    "/d/quartier?var-departement=${__data.fields.departement}&var-qpv=${__data.fields.Code}",
)
"""The link of a row that has the columns `departement` and `Code`."""
TO_INDICATEURS = (
    "Ouvrir ses indicateurs",
    "/d/indicateurs?var-niveau=${__data.fields.niveau}&var-territoire=${__data.fields.Code}",
)
"""The link of a row that has the columns `niveau` and `Code`."""

FIRST_CONSIGNE = 2
"""The panel of the first *consigne*; the others follow."""


@dataclass(frozen=True)
class Page:
    """One dashboard: its address, what it is for, how often it is read anew and since when it shows."""

    uid: str
    description: str
    refresh: str
    since: str


def address(uid: str, source: str) -> str:
    """Return the address of a page as a link of the page `source` gives it: the territory is kept."""
    return f"/d/{uid}" + variables.CARRIED.get((CHOOSING.get(source, ""), CHOOSING.get(uid, "")), "")


def consigne(name: str, names: Sequence[str]) -> str:
    """Return the address of a *consigne*, of all of them in the order of their panels."""
    return f"/d/{CONSIGNES}?viewPanel=panel-{FIRST_CONSIGNE + names.index(name)}"


def _links(source: str) -> list[Any]:
    if source == PUBLIC:
        return []
    return [_link(uid, source) for uid in TITLES if uid not in (source, PUBLIC)]


def _link(uid: str, source: str) -> Any:
    return (
        sdk.DashboardLink(TITLES[uid])
        .type(kinds.DashboardLinkType.LINK)
        .icon("dashboard")
        .tooltip(f"Ouvrir « {TITLES[uid]} »")
        .url(address(uid, source))
        .target_blank(False)
        .keep_time(False)
        .include_vars(False)
    )


def build(page: Page, panels: Iterable[Panel], chosen: Iterable[Any] = ()) -> Any:
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
        .links(_links(page.uid))
        .variables(list(chosen))
    )
    for panel in panels:
        made.with_row(panel) if isinstance(panel, sdk.Row) else made.with_panel(panel)
    return made.build()
