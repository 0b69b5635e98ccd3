"""The map of the quartiers: markers at approximate centroids, on an empty background that asks the internet "
"nothing."""

from typing import Any

from grafana_foundation_sdk.builders import common, geomap
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import geomap as map_kinds

from dashboards import fields, page, palette, panels
from dashboards.fields import Field
from dashboards.source import STAFF, Query

EMPTY_TILE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
MIDDLE = (43.75, 2.15)
ZOOM = 8
RATES = fields.steps((None, "#FEE08B"), (8, "#FDAE61"), (10, "#F46D43"), (12, "#D53E4F"), (15, "#9E0142"))


def _layer(name: str, ref_id: str, style: dict[str, object], *, legend: bool, tooltip: bool) -> Any:
    place = common.FrameGeometrySource().mode(kinds.FrameGeometrySourceMode.COORDS)
    return (
        common.MapLayerOptions()
        .type("markers")
        .name(name)
        .config({"showLegend": legend, "style": style})
        .location(place.latitude("latitude").longitude("longitude"))
        .filter_data({"id": "byRefId", "options": ref_id})
        .tooltip(tooltip)
    )


def _nothing() -> Any:
    """Return the background: a tile that is one transparent point, held in its own address."""
    layer = common.MapLayerOptions().type("xyz").name("Fond vide")
    return layer.config({"url": EMPTY_TILE, "attribution": ""})


def _circles() -> dict[str, object]:
    return {
        "color": {"field": "Taux de départ", "fixed": palette.QUIET},
        "opacity": 0.85,
        "size": {"field": "Logements", "fixed": 6, "min": 5, "max": 18},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
        "symbolAlign": {"horizontal": "center", "vertical": "center"},
    }


def _names() -> dict[str, object]:
    return {
        "color": {"fixed": "text"},
        "opacity": 1,
        "size": {"fixed": 0, "min": 0, "max": 0},
        "text": {"field": "Département", "fixed": "", "mode": "field"},
        "textConfig": {"fontSize": 12, "offsetX": 0, "offsetY": 0, "textAlign": "center", "textBaseline": "middle"},
    }


def quartiers(number: int, at: panels.At) -> Any:
    """Return the map."""
    latitude, longitude = MIDDLE
    panel = (
        geomap.Panel()
        .view(geomap.MapViewConfig().id("coords").lat(latitude).lon(longitude).zoom(ZOOM).all_layers(True))
        .controls(geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(False).show_attribution(False))
        .basemap(_nothing())
        .layers(
            [
                _layer("Quartiers", "A", _circles(), legend=True, tooltip=True),
                _layer("Départements", "B", _names(), legend=False, tooltip=False),
            ]
        )
        .tooltip(geomap.TooltipOptions().mode(map_kinds.TooltipMode.DETAILS))
        .datasource(STAFF.reference())
        .with_target(Query("region/carte"))
        .with_target(Query("region/carte_departements", ref_id="B"))
        .no_value(panels.NO_DATA)
    )
    for field in (
        Field("Quartier", fields.TEXT, link=page.TO_QUARTIER),
        *(Field(name, fields.TEXT) for name in ("Code", "departement", "Commune", "Département")),
        Field("Taux de départ", fields.PERCENT, 1, thresholds=RATES, scheme="thresholds"),
        Field("Départs 12 mois", fields.COUNT, 0, mappings=fields.UNTOLD),
        fields.DWELLINGS,
        fields.COMPLETENESS,
        fields.STATUS,
        Field("longitude", "degree", 3),
        Field("latitude", "degree", 3),
    ):
        panel.override_by_name(field.name, field.properties())
    return panels.dressed(
        panel,
        number,
        "Carte des QPV · taux de départ, 12 mois déclarés",
        "Un rond par QPV (2024). Couleur : départs pour 100 logements « loués ou proposés » des 12 mois déclarés ; "
        "gris : pas de taux. Taille : logements. Positions approximatives : centre du périmètre de 2015, ou de la "
        "commune pour un nouveau QPV ; aucun fond de carte, rien n'est demandé à internet. Source : "
        "staff.declared_window. Unité : %.",
        at,
    )
