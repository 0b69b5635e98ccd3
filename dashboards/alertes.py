"""*Alertes*: what is open and on what it stands, what became of the others, what chance alone would have raised."""

from typing import Any

from dashboards import fields, funnel, page, palette, panels
from dashboards.fields import Field
from dashboards.source import Query
from schemas.alerts.kinds import DECLARATIONS_FR, KINDS
from schemas.alerts.wording import LEVELS_FR, STATES_FR

PAGE = page.Page(
    page.ALERTES,
    "Les alertes statistiques : ouvertes, confirmées ou levées, et ce que le hasard seul en aurait fait naître.",
    refresh="1m",
    since="now-2y",
)
HOW_TO_READ = """\
Une alerte est **un signal, jamais une cause** : un compte sort de ce que le passé laissait attendre.
*Provisoire* : des déclarations tardives peuvent la lever. Un compte secret le reste : l'**ampleur** est une classe.
Vue, écartée : `quartiers alert ack`, `dismiss` ; d'où elle vient : `explain`. **Locataires du parc social seulement.**
"""
LEVELS = fields.words(
    {"alert": (LEVELS_FR["alert"], palette.BAD), "watch": (LEVELS_FR["watch"], palette.WARNING)},
)
STATES = fields.words(
    {
        "provisional": (STATES_FR["provisional"], palette.WARNING),
        "confirmed": (STATES_FR["confirmed"], palette.BAD),
        "lifted": (STATES_FR["lifted"], palette.GOOD),
    }
)
SAID = fields.words(
    {
        "acknowledged": ("vue", palette.GOOD),
        "dismissed": ("écartée", palette.QUIET),
        "none": ("attendu", palette.WARNING),
    }
)
GENRES = fields.words({one.code: (one.name_fr.replace(" inhabituellement", ""), "text") for one in KINDS})
ON_DECLARATIONS = fields.words({code: (name, "text") for code, name in DECLARATIONS_FR.items()})
SOME = fields.steps((None, palette.GOOD), (1, palette.WARNING))
SECRET = fields.null_as("secret", palette.HELD_BACK)


def state() -> Any:
    """Return what is open now."""
    return panels.figures(
        2,
        "Ouvertes en ce moment",
        "Ouverte : encore provisoire, ou alerte confirmée dont l'équipe n'a rien dit. « À surveiller » : p < 0,01, "
        "sans les seuils d'une alerte. Source : staff.alert, staff.alert_evidence, staff.alert_family. Unité : "
        "alertes, mois.",
        (0, 0, 15, 5),
        Query("alertes/etat"),
        [
            *(
                Field(name, fields.COUNT, 0, thresholds=SOME, scheme="thresholds")
                for name in ("Alertes sur un quartier", "À surveiller", "Sur des déclarations", "Sans avis de l'équipe")
            ),
            Field("Dernier mois examiné", fields.MONTH, mappings=fields.UNTOLD),
        ],
        value_size=34,
    )


def opened() -> Any:
    """Return the open alerts on quartiers, with their evidence as far as it may be shown."""
    return panels.rows(
        4,
        "Alertes ouvertes sur des quartiers",
        "Cliquez un quartier pour l'ouvrir. Ampleur : observé sur attendu, en classes. Hasard : chance d'un compte "
        "aussi inhabituel si rien n'avait changé. Observé, attendu : mouvements du mois, arrondis, là où le compte du "
        "mois n'est pas secret. Couverture : logements déclarés quand elle fut calculée. Voisins : quartiers de ses "
        "communes qui vont dans le même sens, de moitié au moins. Source : staff.alert, staff.alert_evidence. Unité : "
        "mouvements, %, dates.",
        (0, 6, 24, 11),
        Query("alertes/ouvertes"),
        [
            Field("N°", fields.TEXT, width=44),
            Field("Mois", fields.MONTH, width=76),
            Field("Code", fields.TEXT, width=108, link=page.TO_QUARTIER),
            Field("Quartier", fields.TEXT, link=page.TO_QUARTIER, filterable=True),
            Field("Dépt", fields.TEXT, width=54),
            Field("departement", fields.TEXT, hidden=True),
            Field("Genre", fields.TEXT, width=158, mappings=GENRES, filterable=True),
            Field("Niveau", fields.TEXT, width=94, mappings=LEVELS, cell="color-text"),
            Field("État", fields.TEXT, width=90, mappings=STATES, cell="color-text"),
            Field("Ampleur", fields.TEXT, width=218),
            Field("Hasard", fields.TEXT, width=78, mappings=fields.UNTOLD),
            Field("Observé", fields.COUNT, 0, "text", width=76, mappings=SECRET, cell="color-text"),
            Field("Attendu", fields.COUNT, 0, width=74, mappings=fields.UNTOLD),
            Field("Couverture", fields.PERCENT, 0, width=94, mappings=fields.UNTOLD),
            Field("Voisins", fields.TEXT, width=78, mappings=fields.UNTOLD),
            Field("Depuis", fields.DAY, width=94),
            Field("Avis", fields.TEXT, width=74, mappings=SAID, cell="color-text"),
        ],
    )


def expected() -> Any:
    """Return the funnel."""
    return funnel.funnel(
        5,
        "Observé et attendu, 12 mois",
        "Un point par quartier et par sens : mouvements des 12 derniers mois montrés, sur ce que les détecteurs "
        "attendaient. Entre les lignes grises : 95 % des points par hasard ; entre les rouges : 99,8 %, si les "
        "mouvements étaient indépendants ; ils le sont un peu moins, et seul le test d'un mois fait une alerte. Les "
        "relogements dont le nombre est secret sont dans l'observé. Les comptes secrets n'ont pas de point. "
        "Source : staff.expected_window. Unité : rapport, mouvements.",
        (0, 18, 14, 12),
        [Query("alertes/entonnoir_departs"), Query("alertes/entonnoir_arrivees", ref_id="B")],
        Query("alertes/entonnoir_bornes", ref_id="C"),
    )


def history() -> Any:
    """Return what became of alerts, by month examined."""
    return panels.bars(
        6,
        "Alertes par mois examiné",
        "Alertes sur des quartiers nées de chaque mois, selon ce qu'elles sont devenues, et signaux à surveiller qui "
        "tiennent. 24 derniers mois. Source : staff.alert, staff.alert_family. Unité : alertes.",
        (14, 18, 10, 12),
        Query("alertes/historique"),
        fields.MONTHS,
        [
            Field("Confirmées", fields.COUNT, 0, palette.BAD),
            Field("Provisoires", fields.COUNT, 0, palette.WARNING),
            Field("Levées", fields.COUNT, 0, palette.GOOD),
            Field("À surveiller", fields.COUNT, 0, palette.QUIET),
        ],
    )


def budget() -> list[Any]:
    """Return what chance alone would have raised, and how much of the stock each month spoke of."""
    table = panels.rows(
        8,
        "Le budget de fausses alertes",
        "Tests du mois, tous genres ensemble ; signaux que le hasard seul ferait naître (au plus 1 test sur 100) et "
        "signaux nés ; alertes qu'il ferait naître (tests fois la limite de la famille, au plus 1 alerte sur 10) et "
        "alertes nées, puis levées, ou écartées par l'équipe. QPV sans verdict : moins de la moitié déclarée, ou trop "
        "peu d'histoire. Source : staff.alert_family, staff.alert. Unité : tests, alertes, QPV.",
        (0, 31, 14, 11),
        Query("alertes/budget"),
        [
            Field("Mois", fields.MONTH, width=84),
            Field("Tests", fields.COUNT, 0, width=68),
            Field("Signaux dus au hasard", fields.COUNT, 1, label="Signaux, hasard", width=128),
            Field("Signaux", fields.COUNT, 0, width=84),
            Field("Alertes dues au hasard", fields.COUNT, 1, label="Alertes, hasard", width=122),
            Field("Alertes", fields.COUNT, 0, palette.BAD, cell="color-text", width=76),
            Field("Levées", fields.COUNT, 0, palette.GOOD, cell="color-text", width=74),
            Field("Écartées", fields.COUNT, 0, width=82),
            Field("QPV sans verdict", fields.COUNT, 0),
        ],
    )
    coverage = panels.bars(
        9,
        "Couverture des mois examinés",
        "QPV (2024) selon la part de leurs logements déclarée ce mois, telle qu'elle est connue maintenant. Sous la "
        "moitié : pas de verdict, ce qui n'est pas « pas d'alerte ». 24 derniers mois. Source : staff.completeness, "
        "staff.alert_family. Unité : QPV.",
        (14, 31, 10, 11),
        Query("alertes/couverture"),
        fields.MONTHS,
        [
            Field("80 % et plus", fields.COUNT, 0, palette.GOOD),
            Field("De 50 à 80 %", fields.COUNT, 0, palette.WARNING),
            Field("Moins de 50 %", fields.COUNT, 0, palette.BAD),
            Field("Non couverts", fields.COUNT, 0, palette.QUIET),
        ],
    )
    return [table, coverage]


def declarations() -> Any:
    """Return the alerts on what landlords send."""
    return panels.rows(
        11,
        "Alertes sur les déclarations des bailleurs",
        "Silence, envoi groupé de vieux mouvements, passé renvoyé sous de nouveaux identifiants, excès dans presque "
        "tous les quartiers d'un bailleur : ses chiffres ne sont pas encore à croire ; rien n'est dit des "
        "quartiers. Ouvertes d'abord, 200 au plus. Source : staff.alert. Unité : dates.",
        (0, 43, 24, 10),
        Query("alertes/declarations"),
        [
            Field("N°", fields.TEXT, width=52),
            Field("Bailleur", fields.TEXT, width=240, filterable=True),
            Field("SIREN", fields.TEXT, width=100),
            Field("Genre", fields.TEXT, width=330, mappings=ON_DECLARATIONS, filterable=True),
            Field("État", fields.TEXT, width=96, mappings=STATES, cell="color-text"),
            Field("Depuis", fields.DAY, width=100),
            Field("Fin", fields.DAY, width=100, mappings=fields.UNTOLD),
            Field("Ce qui est dit", fields.TEXT, wrapped=True),
            Field("Avis", fields.TEXT, width=84, mappings=SAID, cell="color-text"),
        ],
    )


def build() -> Any:
    """Return the dashboard."""
    return page.build(
        PAGE,
        [
            state(),
            panels.words(1, "Comment lire", "Ce que dit cette page.", (15, 0, 9, 5), HOW_TO_READ),
            panels.row(3, "Ouvertes", 5),
            opened(),
            panels.row(7, "Ce que le passé laissait attendre", 17),
            expected(),
            history(),
            panels.row(10, "Ce que vaut l'examen", 30),
            *budget(),
            panels.row(12, "Déclarations", 42),
            declarations(),
        ],
    )
