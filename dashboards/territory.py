"""What the pages of one territory of any level begin with: which territory, and what its figures are worth."""

from dataclasses import replace
from typing import Any

from dashboards import fields, panels
from dashboards.fields import Field
from dashboards.source import Query

SHORT = {f"Quartier prioritaire ({year})": (f"QPV {year}", "text") for year in (2015, 2024)}
"""The two levels whose names do not fit in a figure."""


def header(how_to_read: str) -> list[Any]:
    """Return the panels of the first four rows: who the territory is, and how to read the page (ids 1 and 2)."""
    return [
        panels.figures(
            1,
            "Le territoire",
            "Nom, niveau, code, périmètre (QPV de 2024), dernier mois où 80 % des logements sont déclarés, logements "
            "« loués ou proposés » des bailleurs déclarants (moyenne des 12 mois finissant à ce mois), complétude et "
            "statut. Source : staff.territory, staff.declared_window. Unité : logements, %.",
            (0, 0, 16, 4),
            Query("territoire/entete"),
            [
                Field("Territoire", fields.TEXT),
                Field("Niveau", fields.TEXT, mappings=fields.words(SHORT)),
                *(Field(name, fields.TEXT) for name in ("Code", "Périmètre")),
                fields.THROUGH,
                fields.DWELLINGS,
                fields.COMPLETENESS,
                replace(fields.STATUS, cell=None),
            ],
            value_size=14,
        ),
        panels.words(2, "Comment lire", "Ce que disent les chiffres de cette page.", (16, 0, 8, 4), how_to_read),
    ]
