"""What a column of an extract may be: the names that `mapping.toml` uses, for each kind of extract.

Invariant: a field of kind `code` names the code list its values end in; nothing else is accepted there.
"""

from typing import Literal, NamedTuple

from schemas.codes import code_list

ExtractKind = Literal["movements", "dwellings"]
FieldKind = Literal["identifier", "date", "code", "commune", "qpv", "flag", "number", "text"]


class Field(NamedTuple):
    """One field: its French name, what its cells hold, and the list of its codes."""

    label_fr: str
    kind: FieldKind
    codes: str = ""


_PLACE = {
    "commune": Field("commune (code INSEE)", "commune"),
    "commune_name": Field("commune (nom)", "text"),
    "postal_code": Field("code postal (pour départager deux communes du même nom)", "text"),
    "qpv": Field("quartier prioritaire (2024 ou 2015)", "qpv"),
    "qpv_2024": Field("quartier prioritaire de 2024", "qpv"),
    "qpv_2015": Field("quartier prioritaire de 2015", "qpv"),
    "qpv_flag": Field("indicateur QPV (1 oui, 2 non)", "flag"),
    "x": Field("longitude, ou X en Lambert 93", "number"),
    "y": Field("latitude, ou Y en Lambert 93", "number"),
    "address": Field("adresse du logement (jamais envoyée)", "text"),
}
_COMMON = {
    "lease": Field("numéro de bail", "identifier"),
    "dwelling": Field("identifiant du logement", "identifier"),
    "rooms": Field("nombre de pièces", "code", "rooms"),
    "financing": Field("financement", "code", "financing"),
}
FIELDS: dict[ExtractKind, dict[str, Field]] = {
    "movements": {
        **_COMMON,
        **_PLACE,
        "direction": Field("sens (entrée ou sortie)", "code", "direction"),
        "effective_on": Field("date du mouvement", "date"),
        "planned_on": Field("date prévue du mouvement", "date"),
        "entry_on": Field("date d'entrée", "date"),
        "exit_on": Field("date de sortie", "date"),
        "planned_exit_on": Field("date de sortie prévue", "date"),
        "tenancy_started_on": Field("début du bail", "date"),
        "notice_received_on": Field("date du congé", "date"),
        "status": Field("statut", "code", "status"),
        "cancelled": Field("annulation (date, ou oui)", "flag"),
        "cancel_reason": Field("motif d'annulation", "code", "cancel_reason"),
        "reason": Field("motif de départ", "code", "departure_reason"),
        "nature": Field("nature de l'entrée", "code", "arrival_nature"),
        "place": Field("origine ou destination", "code", "place_class"),
        "destination": Field("destination du ménage sorti", "code", "place_class"),
        "origin": Field("origine du ménage entré", "code", "place_class"),
        "household_type": Field("type de ménage", "code", "household_type"),
        "household_size": Field("nombre de personnes", "code", "household_size"),
        "holder_age": Field("âge du titulaire (en années, ou en classes)", "code", "holder_age"),
    },
    "dwellings": {
        **_COMMON,
        **_PLACE,
        "mode": Field("mode d'occupation", "code", "mode"),
        "tenancy_started_on": Field("date du bail en cours", "date"),
        "last_departure_on": Field("date de départ du dernier locataire", "date"),
        "vacant_since": Field("date de remise en location", "date"),
        "first_let_on": Field("première mise en location", "date"),
    },
}
# fields that may be several columns put together
JOINED = frozenset({"lease", "dwelling", "address"})
# a code that means: this row is not ours (a car park, a shop, a caretaker's dwelling)
IGNORE = "ignore"
_MODES = {
    "let": "Loué",
    "vacant": "Proposé à la location, vacant",
    "works": "Vide : travaux",
    "demolition": "Vide : démolition",
    "sale": "Vide : vente",
}
_FLAGS = {"yes": "Oui", "no": "Non"}
# what stands for nothing said, in the lists that have it
UNSAID = {"reason": "non_renseigne", "nature": "non_renseigne", "rooms": "unknown", "place": "unknown"}


def targets_of(field: Field) -> dict[str, str]:
    """Return what the values of a field may end in: {code: French label}."""
    if field.kind == "flag":
        return _FLAGS
    if field.codes == "mode":
        return {**_MODES, IGNORE: "Laissé de côté"}
    labels = {code: entry.label_fr for code, entry in code_list(field.codes).items()}
    return {**labels, IGNORE: "Laissé de côté"} if field.codes == "direction" else labels
