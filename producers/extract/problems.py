"""What can be wrong or doubtful in an extract: one code, one French sentence and one remedy each.

Invariant: a problem's texts never hold a value of the file; the value stands apart, and is left out where the
column looks personal (`rows.py`).
"""

from typing import NamedTuple

from producers.errors import LandlordError
from producers.extract.records import RowProblem, Severity

HIDDEN = "(masqué)"


class ExtractError(LandlordError):
    """The file cannot be read as a table: the message says what it is, where, and what to do."""


class Kind(NamedTuple):
    """One kind of problem; `label_fr` heads the table of problems."""

    severity: Severity
    label_fr: str
    message_fr: str
    remedy_fr: str


KINDS: dict[str, Kind] = {
    # the row as a whole
    "ragged_row": Kind(
        "error",
        "Nombre de cellules différent de l'en-tête",
        "la ligne a {found} cellule(s), l'en-tête en a {expected} : un séparateur, un guillemet ou un retour à la "
        "ligne est de trop ou manque",
        "corriger la ligne dans le logiciel d'origine et refaire l'export, texte entre guillemets",
    ),
    "nul_byte": Kind(
        "error",
        "Caractère nul dans la ligne",
        "la ligne contient un caractère nul : le fichier est abîmé",
        "refaire l'export ou le transfert du fichier",
    ),
    "title_lines": Kind(
        "warning",
        "Lignes de titre au-dessus de l'en-tête",
        "l'en-tête est en ligne {header} : les lignes au-dessus sont laissées de côté",
        "rien à faire si la ligne {header} est bien l'en-tête ; sinon, supprimer les lignes de titre",
    ),
    "other_sheets": Kind(
        "warning",
        "Feuilles laissées de côté",
        "seule la feuille « {sheet} » est lue ; pas {others}",
        "rien à faire si elles n'ont pas de mouvements ; sinon, réunir les feuilles en un seul tableau",
    ),
    "total_row": Kind(
        "warning",
        "Ligne de total",
        "ligne de total, laissée de côté",
        "rien à faire ; l'export peut être réglé pour ne pas ajouter de total",
    ),
    "header_again": Kind(
        "warning",
        "En-tête répété",
        "l'en-tête est répété au milieu du fichier : la ligne est laissée de côté",
        "rien à faire ; l'export peut être réglé sans saut de page",
    ),
    "same_row_twice": Kind(
        "warning",
        "Ligne présente deux fois",
        "la même ligne est déjà en ligne {other} : celle-ci est laissée de côté",
        "rien à faire ; vérifier que l'export ne double pas les lignes (colocataires, titulaires multiples)",
    ),
    "duplicate_move": Kind(
        "error",
        "Deux mouvements pour le même bail",
        "ce bail a déjà {movement} en ligne {other}, avec un autre contenu",
        "garder une seule ligne par bail et par sens, la plus récente ; ou donner au bail son vrai numéro",
    ),
    "replaced_state": Kind(
        "warning",
        "État antérieur du même mouvement",
        "état antérieur (annulé ou annoncé) du mouvement de la ligne {other} : la ligne est laissée de côté",
        "rien à faire",
    ),
    "duplicate_dwelling": Kind(
        "error",
        "Logement présent deux fois",
        "ce logement est déjà en ligne {other}, avec un autre contenu",
        "garder une seule ligne par logement, ou choisir pour le logement un identifiant unique",
    ),
    "arrival_without_departure": Kind(
        "warning",
        "À confirmer : nouveau bail sans départ",
        "nouveau bail du même logement que la ligne {other} sans départ entre les deux : bail continué (décès, "
        "séparation, avenant) ? la ligne n'est pas comptée comme une entrée",
        "si un autre ménage est entré, ajouter la ligne du départ ; sinon, coder la nature « glissement_bail »",
    ),
    "long_void": Kind(
        "warning",
        "À confirmer : plus de deux ans de vacance",
        "le logement serait resté vide plus de deux ans depuis {since}",
        "vérifier les deux dates ; rien à faire si elles sont exactes",
    ),
    # identifiers
    "missing_lease": Kind(
        "error",
        "Numéro de bail absent",
        "le numéro de bail est vide : le mouvement ne peut pas être reconnu d'un envoi à l'autre",
        "compléter le numéro de bail",
    ),
    "missing_dwelling": Kind(
        "error",
        "Identifiant du logement absent",
        "l'identifiant du logement est vide",
        "compléter l'identifiant du logement",
    ),
    "bad_identifier": Kind(
        "error",
        "Identifiant abîmé",
        "l'identifiant a été abîmé par le tableur (notation scientifique ou caractère interdit)",
        "refaire l'export avec la colonne au format texte",
    ),
    # dates
    "missing_date": Kind(
        "error",
        "Date du mouvement absente",
        "la date du mouvement est vide",
        "indiquer la date de sortie (remise des clés) ou d'entrée, même prévue",
    ),
    "impossible_date": Kind(
        "error",
        "Date impossible",
        "cette date n'existe pas au calendrier",
        "corriger la date",
    ),
    "unreadable_date": Kind(
        "error",
        "Date illisible",
        "ce n'est pas une date aux formats attendus ({formats})",
        "corriger la date, ou ajouter son format à « dates » dans mapping.toml",
    ),
    "doubtful_date": Kind(
        "warning",
        "Date secondaire illisible",
        "{field} : ce n'est pas une date possible aux formats attendus ({formats}) ; elle n'est pas utilisée",
        "corriger la date, ou ajouter son format à « dates » dans mapping.toml",
    ),
    "date_too_old": Kind(
        "error",
        "Date antérieure à 1900",
        "la date est antérieure à 1900",
        "corriger la date, ou ajouter cette valeur à « empty » dans mapping.toml si elle veut dire « vide »",
    ),
    "too_far_ahead": Kind(
        "error",
        "Date trop lointaine",
        "date trop lointaine : au plus tard le {limit} pour un mouvement {status}",
        "corriger la date, ou le statut si le mouvement n'est qu'annoncé",
    ),
    "exit_before_entry": Kind(
        "error",
        "Sortie avant l'entrée",
        "la sortie précède l'entrée",
        "corriger l'une des deux dates",
    ),
    "notice_after_exit": Kind(
        "warning",
        "À confirmer : congé reçu après la sortie",
        "la date du congé est après celle de la sortie",
        "vérifier les deux dates",
    ),
    "overdue_announced": Kind(
        "warning",
        "Annoncé, et la date est passée",
        "le mouvement est toujours annoncé, mais sa date est passée : il n'est pas compté",
        "le passer à effectif avec sa date réelle, ou l'annuler",
    ),
    # codes
    "unknown_direction": Kind(
        "error",
        "Sens du mouvement inconnu",
        "le sens du mouvement n'est ni une entrée ni une sortie connue",
        "compléter [extract.codes.direction] dans mapping.toml",
    ),
    "unknown_code": Kind(
        "error",
        "Code inconnu",
        "{field} : ce code n'a pas de correspondance",
        "dire ce que veut dire ce code dans [extract.codes.{key}] de mapping.toml",
    ),
    "unknown_optional_code": Kind(
        "warning",
        "Code inconnu, compté comme inconnu",
        "{field} : ce code n'a pas de correspondance ; il est compté comme inconnu",
        "dire ce que veut dire ce code dans [extract.codes.{key}] de mapping.toml",
    ),
    "missing_reason": Kind(
        "warning",
        "Motif ou nature non renseigné",
        "{field} : rien n'est saisi ; compté comme « non renseigné »",
        "compléter si l'information est connue",
    ),
    # places
    "missing_commune": Kind(
        "error",
        "Commune absente",
        "la commune est vide",
        "compléter le code INSEE de la commune",
    ),
    "unknown_commune": Kind(
        "error",
        "Commune inconnue",
        "commune inconnue en Occitanie",
        "donner le code INSEE à 5 caractères de la commune actuelle (31555 pour Toulouse, et non le code postal)",
    ),
    "outside_region": Kind(
        "warning",
        "Commune hors d'Occitanie",
        "commune hors d'Occitanie : hors du champ de l'observatoire",
        "rien à faire si le code est exact",
    ),
    "ambiguous_commune": Kind(
        "error",
        "Plusieurs communes de ce nom",
        "plusieurs communes d'Occitanie portent ce nom",
        "donner le code INSEE, ou désigner une colonne « postal_code » dans mapping.toml",
    ),
    "lost_zero": Kind(
        "warning",
        "Zéro initial perdu",
        "le zéro initial du code a été perdu par le tableur : lu {read}",
        "mettre la colonne au format texte avant d'exporter",
    ),
    "unknown_qpv": Kind(
        "error",
        "Quartier prioritaire inconnu",
        "ce n'est le code d'aucun quartier prioritaire d'Occitanie",
        "corriger le code (QN03107M pour un quartier de 2024, QP031007 pour un quartier de 2015)",
    ),
    "qpv_other_generation": Kind(
        "warning",
        "Quartier d'une autre génération",
        "c'est un code de {generation} dans la colonne des quartiers de {expected} : il est pris pour {generation}",
        "corriger la colonne dans mapping.toml (qpv_2015, qpv_2024, ou qpv pour les deux mêlés)",
    ),
    "unknown_flag": Kind(
        "warning",
        "Indicateur QPV illisible",
        "l'indicateur QPV n'est ni oui (1) ni non (2) : il n'est pas utilisé",
        "corriger la valeur, ou la décrire dans [extract.codes.qpv_flag] de mapping.toml",
    ),
    "bad_coordinates": Kind(
        "warning",
        "Coordonnées illisibles ou hors de France",
        "les coordonnées sont illisibles ou hors de France : elles ne sont pas utilisées",
        "vérifier « coordinates » dans mapping.toml (wgs84 ou lambert93) et l'ordre des colonnes",
    ),
    "personal_value": Kind(
        "error",
        "Donnée qui semble personnelle",
        "la cellule contient ce qui ressemble à {what} : rien de la ligne n'est envoyé",
        "désigner une autre colonne dans mapping.toml, ou corriger la cellule",
    ),
    # dwellings
    "let_without_start": Kind(
        "warning",
        "Logement loué sans date de bail",
        "logement loué, mais la date du bail est vide",
        "compléter la date de prise d'effet du bail",
    ),
    "departure_after_start": Kind(
        "warning",
        "À confirmer : départ après le début du bail",
        "le dernier départ est après le début du bail en cours",
        "vérifier les deux dates, ou le mode d'occupation",
    ),
    "start_without_departure": Kind(
        "warning",
        "À confirmer : bail récent sans départ",
        "bail de moins de douze mois dans un logement déjà loué auparavant, sans date de départ : bail continué ?",
        "compléter la date de départ du dernier locataire, si un autre ménage est entré",
    ),
    "future_state": Kind(
        "error",
        "Date de l'état dans le futur",
        "la date est dans le futur : un état du parc ne peut pas la connaître",
        "corriger la date",
    ),
}


def problem(code: str, line: int, column: str = "", value: str = "", **facts: object) -> RowProblem:
    """Return the problem `code` of `KINDS`, its texts completed with `facts`."""
    kind = KINDS[code]
    return RowProblem(
        line,
        column,
        value,
        code,
        kind.severity,
        kind.message_fr.format(**facts),
        kind.remedy_fr.format(**facts),
    )
