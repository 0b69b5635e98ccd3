"""*Occupation*: what stands empty and for how long, how long people stay, and the notices that announce departures."""

from dataclasses import replace
from typing import Any

from dashboards import fields, page, palette, panels, territory, variables
from dashboards.fields import Field
from dashboards.help import described
from dashboards.source import Query

PAGE = page.Page(
    page.OCCUPATION,
    "Vacance, délai de relocation, ancienneté des partants, survie des baux, préavis : comment un parc est occupé.",
    refresh="5m",
    since="now-5y",
)
HOW_TO_READ = """\
**Locataires du parc social seulement**, mois déclarés. Vide et proposé : « vacant ». Vide pour travaux, démolition ou
vente : hors du marché, non compté. « Au moins », « au plus » : intervalle à 95 %. Un trou n'est pas un zéro.
"""
BESIDE = "Le dénominateur et la complétude sont dans le tableau voisin."


def _with_band(name: str, unit: str, colour: str) -> list[Field]:
    return [
        Field(name, unit, 1, colour, line={"lineWidth": 3}),
        *fields.band(unit),
    ]


def _number(name: str, unit: str, width: int) -> Field:
    return Field(name, unit, 1, width=width, mappings=fields.UNTOLD)


def vacancy() -> list[Any]:
    """Return what stands empty: over the years, then beside the places around."""
    lines = panels.lines(
        4,
        "Taux de vacance et de vacance de plus de trois mois, par mois déclaré",
        described(
            ["vacancy_rate", "long_vacancy_rate"],
            f"Bande grise : intervalle du taux de vacance. {BESIDE}",
            "staff.indicator",
            "%",
        ),
        (0, 5, 24, 9),
        [Query("occupation/vacance", "time_series")],
        [
            *_with_band("Vacance", fields.PERCENT, palette.DEPARTURES),
            Field("Vacance de plus de 3 mois", fields.PERCENT, 1, palette.BAD),
        ],
        fields.PERCENT,
    )
    table = panels.rows(
        5,
        "La même vacance, comparée à ce qui l'entoure · dernier mois complet",
        described(["vacancy_rate"], "Même mois pour tous.", "staff.compared_indicator", "%, logements"),
        (0, 14, 24, 8),
        Query("occupation/vacance_comparee"),
        [
            Field("Territoire", fields.TEXT),
            *(_number(name, fields.PERCENT, 82) for name in ("Vacance", "Au moins", "Au plus")),
            _number("Plus de 3 mois", fields.PERCENT, 122),
            _number("Au moins (3 m)", fields.PERCENT, 126),
            _number("Au plus (3 m)", fields.PERCENT, 120),
            Field("Vacants", fields.COUNT, 0, width=80, mappings=fields.UNTOLD),
            replace(fields.DWELLINGS, width=92),
            replace(fields.COMPLETENESS, cell="color-text", width=98),
            replace(fields.STATUS, width=124),
        ],
    )
    return [lines, table]


def durations() -> list[Any]:
    """Return the two medians: over the years, then beside the places around."""
    delay = panels.lines(
        7,
        "Délai médian de relocation, 12 mois glissants déclarés",
        described(
            ["relocation_delay"],
            "Bande grise : intervalle à 95 % de la médiane. Combien de relocations sont derrière, et la complétude : "
            "tableau du dessous et « Le territoire ».",
            "staff.median",
            "jours",
        ),
        (0, 23, 12, 8),
        [Query("occupation/delai", "time_series")],
        _with_band("Médiane", fields.DAYS, palette.DEPARTURES),
        fields.DAYS,
    )
    tenure = panels.lines(
        8,
        "Ancienneté médiane des partants, 12 mois glissants déclarés",
        described(["tenure_at_departure"], "Bande grise : intervalle à 95 % de la médiane.", "staff.median", "mois"),
        (12, 23, 12, 8),
        [Query("occupation/anciennete", "time_series")],
        _with_band("Médiane", fields.MONTHS_LONG, palette.ARRIVALS),
        fields.MONTHS_LONG,
    )
    table = panels.rows(
        9,
        "Les mêmes médianes, comparées · 12 mois déclarés",
        "Délai de relocation en jours et ancienneté des partants en mois, leur intervalle à 95 %, et combien de "
        "mouvements sont derrière (arrondi à 5 vers le bas). Une médiane ne se somme pas : un QPV à cheval sur deux "
        "communes n'a pas de « reste de sa commune ». Source : staff.median. Unité : jours, mois, mouvements.",
        (0, 31, 24, 8),
        Query("occupation/medianes"),
        [
            Field("Territoire", fields.TEXT),
            _number("Délai de relocation", fields.DAYS, 150),
            _number("Délai, au moins", fields.DAYS, 124),
            _number("Délai, au plus", fields.DAYS, 118),
            Field("Relocations", fields.COUNT, 0, width=96, mappings=fields.UNTOLD),
            replace(fields.STATUS, name="Statut du délai", width=120),
            _number("Ancienneté", fields.MONTHS_LONG, 110),
            _number("Ancienneté, au moins", fields.MONTHS_LONG, 170),
            _number("Ancienneté, au plus", fields.MONTHS_LONG, 164),
            replace(fields.DEPARTURES, width=76, mappings=fields.UNTOLD, cell="color-text"),
            replace(fields.STATUS, name="Statut de l'ancienneté", width=172),
        ],
    )
    return [delay, tenure, table]


def survival() -> list[Any]:
    """Return how long tenancies last: all of them beside the places around, then by year of entry."""
    curve = panels.curve(
        11,
        "Sas ou nasse : combien sont encore là après tant d'années",
        described(
            ["tenancy_survival"],
            "Toutes années d'entrée ensemble ; bande grise : intervalle à 95 %. La courbe s'arrête au premier âge où "
            "trop peu de ménages sont observés, ou trop peu sont partis pour que cela se dise.",
            "staff.survival",
            "%",
        ),
        (0, 40, 12, 10),
        Query("occupation/survie"),
        Field("Années", fields.YEARS),
        [
            *_with_band("Ce territoire", fields.PERCENT, palette.DEPARTURES),
            Field("QPV du département", fields.PERCENT, 0, palette.AROUND),
            Field("QPV de la région", fields.PERCENT, 0, palette.INTERNAL),
            Field("Région", fields.PERCENT, 0, palette.QUIET),
        ],
    )
    cohorts = panels.rows(
        12,
        "Encore là, par année d'entrée",
        described(
            ["tenancy_survival"],
            "Une ligne par année d'entrée. « — » : pas encore observé, ou secret.",
            "staff.survival",
            "%",
        ),
        (12, 40, 12, 10),
        Query("occupation/cohortes"),
        [
            Field("Entrés en", fields.TEXT),
            *(
                Field(age, fields.PERCENT, 0, width=112, mappings=fields.UNTOLD)
                for age in ("1 an", "2 ans", "3 ans", "5 ans", "10 ans")
            ),
        ],
    )
    return [curve, cohorts]


def notices() -> Any:
    """Return the notices, which announce departures one to three months ahead."""
    return panels.bars(
        14,
        "Préavis reçus, retirés, et départs, par mois",
        described(
            ["notices", "notices_withdrawn_share"],
            "Un préavis annonce un départ d'un à trois mois à l'avance ; retiré, il n'en annonce plus. Un trou est un "
            "mois secret ou non déclaré.",
            "staff.measure",
            "préavis, mouvements par mois",
        ),
        (0, 51, 24, 8),
        Query("occupation/preavis"),
        fields.MONTHS,
        [
            Field("Préavis reçus", fields.COUNT, 0, palette.INTERNAL),
            Field("Préavis retirés", fields.COUNT, 0, palette.QUIET),
            fields.DEPARTURES,
        ],
    )


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            *territory.header(HOW_TO_READ),
            panels.row(3, "Logements vides", 4),
            *vacancy(),
            panels.row(6, "Durées", 22),
            *durations(),
            panels.row(10, "Sas ou nasse", 39),
            *survival(),
            panels.row(13, "Préavis, indicateur avancé", 50),
            notices(),
        ],
        variables.territory(),
    )
