"""What the demonstration says of outcomes and of reasons, in French."""

OUTCOMES = {
    "applied": "appliqués",
    "superseded": "remplacés : une révision plus récente était déjà là",
    "duplicate": "doublons",
    "out_of_scope": "hors champ (renouvellements, glissements de bail)",
    "quarantined": "en quarantaine",
}
REASONS = {
    "not_json": "n'est pas du JSON",
    "too_deep": "trop imbriqué",
    "empty_batch": "lot vide",
    "batch_too_large": "lot de plus de 500 événements",
    "message_too_large": "message trop grand une fois décompressé",
    "not_storable": "valeurs que la base ne peut pas tenir",
    "not_successor": "reprise d'un autre bailleur non enregistrée",
    "unknown_type": "type d'événement inconnu",
    "missing_field": "champ obligatoire absent",
    "invalid_field": "valeur impossible ou du mauvais type",
    "unknown_code": "code inconnu de sa liste",
    "unknown_commune": "commune inconnue",
    "unknown_qpv": "quartier prioritaire inconnu",
    "too_far_ahead": "date trop lointaine",
    "personal_data": "donnée personnelle interdite",
    "wrong_source": "source d'un autre bailleur",
    "too_far_back": "effet trop ancien",
    "folded_move": "mouvement déjà replié",
    "duplicate_cell": "deux lignes de stock pour un même lieu",
}


def reason(code: str) -> str:
    """Return what a reason code means, with the code."""
    return f"{REASONS.get(code, 'autre motif')} ({code})"
