"""What the demonstration says of outcomes and of reasons, in French."""

from schemas.events.reasons import REASONS

OUTCOMES = {
    "applied": "appliqués",
    "superseded": "remplacés : une révision plus récente était déjà là",
    "duplicate": "doublons",
    "out_of_scope": "hors champ (renouvellements, glissements de bail)",
    "quarantined": "en quarantaine",
}


def reason(code: str) -> str:
    """Return what a reason code means, with the code."""
    known: dict[str, str] = {one: meaning.word_fr for one, meaning in REASONS.items()}
    return f"{known.get(code, 'autre motif')} ({code})"
