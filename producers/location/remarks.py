"""What a clerk should look at after locating: code, sentence and remedy, in French. The first that holds is told."""

from typing import NamedTuple


class Remark(NamedTuple):
    """A remark on a dwelling's place."""

    message_fr: str
    remedy_fr: str


OUTSIDE_REGION = "outside_region"
UNKNOWN_COMMUNE = "unknown_commune"

REMARKS: dict[str, Remark] = {
    OUTSIDE_REGION: Remark("commune hors région, non envoyé", "Rien à faire : l'observatoire ne suit que l'Occitanie."),
    UNKNOWN_COMMUNE: Remark("commune inconnue", "Écrivez le code INSEE de la commune (5 caractères), pas le postal."),
    "unknown_qpv": Remark(
        "code de quartier prioritaire inconnu",
        "Corrigez-le (QN03107M pour 2024, QP031007 pour 2015) ou laissez la case vide.",
    ),
    "wrong_generation": Remark(
        "code de quartier de l'autre génération dans cette colonne",
        "Un code de 2024 commence par QN, un code de 2015 par QP : vérifiez les colonnes de mapping.toml.",
    ),
    "code_not_in_commune": Remark(
        "le quartier indiqué n'est pas dans cette commune", "Vérifiez le code du quartier et celui de la commune."
    ),
    "code_and_point_differ": Remark(
        "les coordonnées ou l'adresse ne sont pas dans le quartier indiqué ; le code a été retenu",
        "Vérifiez le code du quartier et les coordonnées.",
    ),
    "point_swapped": Remark(
        "longitude et latitude inversées, point ignoré", "Inversez les deux colonnes dans mapping.toml."
    ),
    "point_outside_region": Remark(
        "coordonnées hors de la région, point ignoré",
        "Vérifiez les coordonnées et leur système (WGS 84 ou Lambert 93) dans mapping.toml.",
    ),
    "commune_far_from_point": Remark(
        "les coordonnées ou l'adresse sont loin de la commune indiquée", "Vérifiez la commune et les coordonnées."
    ),
    "no_perimeters": Remark(
        "coordonnées sans emploi : les périmètres de 2024 ne sont pas importés",
        "Téléchargez-les sur data.gouv.fr, puis : quartiers perimeters import FICHIER",
    ),
    "perimeters_incomplete": Remark(
        "le fichier des périmètres importé ne contient pas tous les quartiers de la commune",
        "Importez le fichier national complet : quartiers perimeters import FICHIER",
    ),
    "address_not_found": Remark(
        "adresse non trouvée par le service de géocodage", "Complétez l'adresse (numéro, voie) ou les coordonnées."
    ),
    "flag_without_qpv": Remark(
        "indicateur QPV à 1 dans une commune sans quartier prioritaire", "Vérifiez l'indicateur et la commune."
    ),
}

_ORDER = {code: rank for rank, code in enumerate(REMARKS)}


def first_of(remarks: list[str]) -> str:
    """Return the remark that matters most, an empty text for none."""
    return min(remarks, key=_ORDER.__getitem__, default="")
