"""What their codes and labels may mean: guesses by words, and the codes that RPLS itself defines.

RPLS codes: arrêté du 5 janvier 2010 relatif à l'alimentation du répertoire des logements locatifs, annexe.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from producers.extract.fields import FIELDS, IGNORE, ExtractKind, targets_of
from producers.extract.vocabulary import PLAIN_CODES, flag_of, folded

RPLS_FINANCING = {
    **{"10": "PLAI", "11": "PLA", "12": "PLA", "13": "PLUS", "14": "PLS", "16": "PLI", "17": "PCL"},
    **{"50": "HBM", "51": "PLR_PSR", "52": "HLMO", "53": "ILM", "54": "ILN"},
    **{"15": "autre", "49": "autre", "55": "autre", "99": "autre"},
}
# 3: empty for works, sale or demolition; 4: kept by an association; 5: occupied otherwise; 9: not applicable
RPLS_MODE = {"1": "let", "2": "vacant", "3": "works", "4": IGNORE, "5": IGNORE, "9": IGNORE}
_RPLS_UNSURE = frozenset({"3"})

# (words, code): the first that occurs in the label wins
_WORDS: dict[str, list[tuple[str, str]]] = {
    "direction": [
        (r"^(?:s|d|sor|dep|out)$|sorti|depart|resili|liberation|fin de bail", "out"),
        (r"^(?:e|a|ent|arr|in)$|entre|arrive|emmenag|attribution|signature|debut de bail", "in"),
        (r"parking|garage|box|commerce|local|cave|stationnement|loge", IGNORE),
    ],
    "status": [
        (r"annul|retir|retract|sans suite", "cancelled"),
        (r"annonc|prev|preavis|en cours|attente|a venir|projet", "announced"),
        (r"effect|realis|defini|valid|clos|clotur|termin|solde|sorti|entre", "effective"),
    ],
    "cancel_reason": [
        (r"retir|retract|maint|renonc|conge|desist", "notice_withdrawn"),
        (r"erreur|saisie|anomal", "mistake"),
        (r"doubl", "duplicate"),
    ],
    "reason": [
        (r"npnru|anru|demoli|renouvellement urbain|\bpru\b", "relogement_npnru"),
        (r"provisoire|temporaire|tiroir", "relogement_provisoire"),
        (r"relog", "relogement_autre"),
        (r"profession|emploi|travail|mutation pro", "emploi"),
        (r"autre (?:bailleur|organisme|hlm)|parc social|autre social", "autre_bailleur"),
        (r"mutation|echange|interne|meme (?:bailleur|organisme)", "mutation_interne"),
        (r"vente|acquisition du logement|vendu", "vente_occupant"),
        (r"accession|achat|proprie|acqui|acced", "accession"),
        (r"deces|deced|mort", "deces"),
        (r"ehpad|retraite|etablissement|foyer|medic|hebergement", "ehpad_etablissement"),
        (r"expuls.*(?:impay|dette|loyer)|impay|dette", "expulsion_impayes"),
        (r"expuls|judici|trouble|resiliation (?:jud|bail)|jugement", "expulsion_autre"),
        (r"abandon|cloche|furtif|disparu", "abandon"),
        (r"separ|divorc|rupture", "separation"),
        (r"prive|particulier", "conge_parc_prive"),
        (r"glissement|transfert|continu|cotitul", "glissement_bail"),
        (r"renouvell|avenant", "renouvellement"),
        (r"non rens|inconnu|^nr$|^nc$|indetermin|sans motif|non communiqu", "non_renseigne"),
        (r"^autres?\b|divers", "autre"),
    ],
    "nature": [
        (r"retour", "retour_relogement_provisoire"),
        (r"premier|1ere|neuf|mise en service|livraison|nouveau programme", "premiere_location"),
        (r"relog|npnru|anru|demoli", "relogement"),
        (r"mutation|echange|interne", "mutation_interne"),
        (r"glissement|transfert|continu|cotitul", "glissement_bail"),
        (r"renouvell|avenant", "renouvellement"),
        (r"reloc|attribution|location|externe|nouvelle? (?:entree|loc)|standard|normale?$", "relocation"),
        (r"non rens|inconnu|^nr$|^nc$", "non_renseigne"),
        (r"^autres?\b|divers", "autre"),
    ],
    "financing": [
        (r"plai|integration|tres social", "PLAI"),
        (r"plus", "PLUS"),
        (r"\bpls\b", "PLS"),
        (r"\bpli\b|interm", "PLI"),
        (r"\bpcl\b", "PCL"),
        (r"\bhbm\b", "HBM"),
        (r"\bhlm ?o?\b|ordinaire", "HLMO"),
        (r"\bplr\b|\bpsr\b", "PLR_PSR"),
        (r"\bilm\b", "ILM"),
        (r"\biln\b", "ILN"),
        (r"\bpla\b", "PLA"),
        (r"non rens|inconnu", "non_renseigne"),
        (r"autre|libre|divers|non conv", "autre"),
    ],
    "mode": [
        (r"travaux|rehab|technique", "works"),
        (r"demol", "demolition"),
        (r"vente|vendre|cession", "sale"),
        (r"vacan|libre|a louer|propos|vide", "vacant"),
        (r"associat|gardien|fonction|foyer|squat|commerce", IGNORE),
        (r"loue|occup|quittanc|en cours", "let"),
    ],
    "place": [
        (r"hors (?:de la )?(?:region|occitanie|france)|ailleurs|etranger", "elsewhere"),
        (r"meme (?:qpv|quartier)", "same_qpv"),
        (r"autre (?:qpv|quartier)", "other_qpv"),
        (r"meme (?:commune|ville)|^(?:commune|ville)$", "same_commune"),
        (r"epci|agglo|metropole|intercom|communaute", "same_epci"),
        (r"^(?:meme |autre commune du )?departement", "departement"),
        (r"^(?:meme |autre departement de la )?region|^occitanie", "region"),
        (r"inconnu|non rens|^n[rc]$", "unknown"),
    ],
    "household_type": [
        (r"monop|seul.* enf|isole.* enf", "monoparental"),
        (r"couple.*(?:sans|0)", "couple_sans_enf"),
        (r"couple.*(?:avec|enf|\+)|famille", "couple_enf"),
        (r"couple|marie|pacs|concubin", "couple_sans_enf"),
        (r"seul|isole|celib|veuf|divorc", "seul"),
        (r"autre", "autre"),
        (r"non rens|inconnu", "non_renseigne"),
    ],
}
_WORDS["destination"] = _WORDS["origin"] = _WORDS["place"]


class Guess(NamedTuple):
    """What a value may mean: `code` is empty if nobody can tell, `sure` where the code is defined as such."""

    code: str
    sure: bool


def reads_by_itself(kind: ExtractKind, name: str, text: str) -> bool:
    """Return whether a value needs no correspondence: it is our own code, a number of rooms, yes or no."""
    field = FIELDS[kind][name]
    if field.kind == "flag":
        return name == "cancelled" or flag_of(text) is not None
    plain = PLAIN_CODES.get(name)
    ours = {code.casefold() for code in targets_of(field)} - {IGNORE}
    return text.casefold() in ours or bool(plain and plain(text))


def guess(name: str, text: str) -> Guess:
    """Return what a value of a field may mean."""
    if name == "financing" and text in RPLS_FINANCING:
        return Guess(RPLS_FINANCING[text], True)
    if name == "mode" and text in RPLS_MODE:
        return Guess(RPLS_MODE[text], text not in _RPLS_UNSURE)
    label = folded(text)
    for words, code in _WORDS.get(name, []):
        if re.search(words, label):
            return Guess(code, False)
    return Guess("", False)


@lru_cache(maxsize=4_096)
def is_usual_word(word: str) -> bool:
    """Return whether a word is one that motives, places or households are told with, and so nobody's name."""
    label = folded(word)
    return any(re.search(words, label) for one in _WORDS.values() for words, _ in one)
