"""Why an event is refused, or doubted: each code with what its sender must do, in French, and an example.

Codes are part of the contract: one is never renamed nor given another meaning. Whatever can refuse an event
takes its code from here, so that no refusal comes without a remedy.
"""

from typing import Literal, NamedTuple

ReasonCode = Literal[
    "not_json",
    "too_deep",
    "empty_batch",
    "batch_too_large",
    "message_too_large",
    "unknown_type",
    "missing_field",
    "invalid_field",
    "unknown_code",
    "wrong_source",
    "personal_data",
    "too_far_ahead",
    "too_far_back",
    "folded_move",
    "unknown_commune",
    "unknown_qpv",
    "duplicate_cell",
    "not_successor",
    "not_storable",
    "same_revision_other_content",
    "moves_beside_counts",
]


class Reason(NamedTuple):
    """What a code means: a few French words for a table, the remedy in one French sentence, an example of the fault."""

    word_fr: str
    remedy_fr: str
    example: str


REASONS: dict[ReasonCode, Reason] = {
    "not_json": Reason(
        "pas du JSON",
        "Écrivez le message en JSON, encodé en UTF-8 sans marque d'ordre des octets, puis renvoyez-le en entier.",
        '{"specversion": "1.0", "id": "7f3a"',
    ),
    "too_deep": Reason(
        "trop imbriqué",
        "Retirez les objets et tableaux imbriqués qui ne sont pas dans le contrat, puis renvoyez l'événement.",
        '{"data": {"x": [[[[[…]]]]]}}',
    ),
    "empty_batch": Reason("lot vide", "N'envoyez un lot que s'il contient au moins un événement.", "[]"),
    "batch_too_large": Reason(
        "lot trop grand",
        "Coupez le lot en messages de 500 événements au plus, puis renvoyez-les tous : rien de ce lot n'a été pris.",
        "un tableau de 501 événements",
    ),
    "message_too_large": Reason(
        "message trop grand",
        "Coupez le lot en messages d'un mébioctet au plus une fois décompressés, puis renvoyez-les tous.",
        "un message compressé qui fait plus de 1 048 576 octets une fois décompressé",
    ),
    "unknown_type": Reason(
        "type inconnu",
        "Donnez à « type » l'une des valeurs du contrat : move-out, move-in, stock, declaration ou counts, v1.",
        '"type": "fr.data-quartiers.tenancy.move-around.v1"',
    ),
    "missing_field": Reason(
        "champ absent",
        "Ajoutez le champ indiqué par le pointeur : il est obligatoire, puis renvoyez l'événement.",
        '"data": {"move_id": "…", "status": "effective"} sans "revision"',
    ),
    "invalid_field": Reason(
        "champ invalide",
        "Corrigez la valeur que désigne le pointeur d'après le schéma publié, puis renvoyez l'événement.",
        '"effective_on": "30/02/2026"',
    ),
    "unknown_code": Reason(
        "code inconnu",
        "Employez une valeur publiée ; si elle est d'une liste plus récente, annoncez-la dans code_list_version.",
        '"reason": "depart_sur_mars"',
    ),
    "wrong_source": Reason(
        "mauvaise source",
        "Publiez sur votre propre sujet Kafka, avec votre SIREN dans « source ».",
        '"source": "urn:siren:987654321" sur le sujet de 123456789',
    ),
    "personal_data": Reason(
        "donnée personnelle",
        "Retirez ce champ : aucune donnée personnelle n'a sa place ici ; puis renvoyez l'événement sans lui.",
        '"data": {"nom": "…"}',
    ),
    "too_far_ahead": Reason(
        "date trop lointaine",
        "Vérifiez la date ; si elle est juste, renvoyez l'événement quand elle sera assez proche.",
        '"status": "effective", "effective_on": "2999-01-01"',
    ),
    "too_far_back": Reason(
        "effet trop ancien",
        "Vérifiez la date ; si elle est juste et que votre historique reste à reprendre, demandez à l'observatoire "
        "d'ouvrir une fenêtre de reprise, puis renvoyez l'événement ; sinon, ne l'envoyez plus.",
        '"effective_on": "2019-04-01", reçu en 2026',
    ),
    "folded_move": Reason(
        "mouvement replié",
        "Ne renvoyez plus ce mouvement : il reste compté tel qu'il l'était et ne se corrige plus ; si le compte est "
        "faux, signalez-le à l'observatoire.",
        "une révision d'un mouvement de plus de 25 mois, ou effacé à votre demande",
    ),
    "unknown_commune": Reason(
        "commune inconnue",
        "Donnez le code INSEE (et non postal) d'une commune actuelle d'Occitanie, celle où se trouve le logement.",
        '"commune": "31000"',
    ),
    "unknown_qpv": Reason(
        "QPV inconnu",
        "Donnez le code officiel d'un quartier d'Occitanie de la bonne génération, ou laissez le champ vide hors QPV.",
        '"qpv_2024": "QN03199N"',
    ),
    "duplicate_cell": Reason(
        "ligne en double",
        "Réunissez en une seule ligne les logements de même commune, mêmes quartiers et même typologie.",
        'deux lignes de stock {"commune": "31555", "rooms": "T3"}',
    ),
    "not_successor": Reason(
        "reprise non enregistrée",
        "Vérifiez le SIREN de l'ancien bailleur ; si la reprise est réelle, faites-la enregistrer à l'observatoire.",
        '"former_landlord": "987654321" sans fusion enregistrée',
    ),
    "not_storable": Reason(
        "valeur démesurée",
        "Signalez-le à l'observatoire avec la position du message : le contrat ne prévoyait pas ces valeurs.",
        "des valeurs hors de toute mesure",
    ),
    "same_revision_other_content": Reason(
        "révision réemployée",
        "Donnez à chaque nouveau contenu une révision plus grande que les précédentes, et renvoyez le bon.",
        'deux contenus sous "revision": 5',
    ),
    "moves_beside_counts": Reason(
        "lignes et comptes",
        "D'un mois, envoyez les mouvements ou leurs comptes, pas les deux : annulez ces mouvements, ou renvoyez les "
        "comptes de ce mois sans aucune ligne.",
        "les comptes de mars, dont un mouvement est déjà compté",
    ),
}


def remedy(code: ReasonCode) -> str:
    """Return what to do about a code, in French."""
    return REASONS[code].remedy_fr
