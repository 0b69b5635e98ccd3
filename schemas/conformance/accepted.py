"""Messages that must be taken, each with what must become of its events where the ledger knows none of them."""

from typing import Any, NamedTuple

from schemas.codes import CURRENT_VERSION
from schemas.conformance.events import CELL, COUNT, counts, declaration, event, move, stock, written
from schemas.events.models import MOVE_OUT


class Acceptance(NamedTuple):
    """Good events, one message of them, and how many end how."""

    name: str
    events: tuple[Any, ...]
    outcomes: dict[str, int]

    @property
    def payload(self) -> bytes:
        """The bytes to send: one event is no batch."""
        return written(list(self.events) if len(self.events) > 1 else self.events[0])


APPLIED = {"applied": 1}
WHOLE_HOUSEHOLD: dict[str, Any] = {
    "notice_received_on": "2024-12-01",
    "qpv_2015": "QP031007",
    "location_method": "address",
    "location_quality": "certain",
    "financing": "PLUS",
    "place": "same_commune",
    "tenancy_started_on": "2014-05",
    "household_type": "couple_enf",
    "household_size": "3-4",
    "holder_age": "40-49",
}
GOOD_MESSAGES = (
    Acceptance("depart", (move(),), APPLIED),
    Acceptance("depart-complet", (move(**WHOLE_HOUSEHOLD),), APPLIED),
    Acceptance("arrivee", (move(direction="in"),), APPLIED),
    Acceptance("premiere-location", (move(direction="in", reason="premiere_location"),), APPLIED),
    Acceptance("annonce", (move(status="announced"),), APPLIED),
    Acceptance("annulation", (move(status="cancelled", cancel_reason="mistake"),), APPLIED),
    Acceptance(
        "annulation-d-une-date-absurde",
        (move(status="cancelled", cancel_reason="mistake", effective_on="2999-01-01"),),
        APPLIED,
    ),
    Acceptance("date-au-mois", (move(date_precision="month", effective_on="2025-02-01"),), APPLIED),
    Acceptance("hors-de-tout-qpv", (move(qpv_2024=None),), APPLIED),
    Acceptance("commune-de-l-ariege", (move(commune="09122", qpv_2024=None),), APPLIED),
    Acceptance("motif-non-renseigne", (move(reason="non_renseigne"),), APPLIED),
    Acceptance("bail-qui-glisse", (move(reason="glissement_bail"),), {"out_of_scope": 1}),
    Acceptance("champ-d-une-version-mineure-a-venir", (move(heating="gaz"),), APPLIED),
    Acceptance("extension-de-cloudevents", (event(MOVE_OUT, move()["data"], traceparent="00-1"),), APPLIED),
    Acceptance(
        "code-d-une-liste-a-venir", (move(reason="teletravail", code_list_version=CURRENT_VERSION + 1),), APPLIED
    ),
    Acceptance("identifiant-accentue", (move() | {"id": "départ-n°1"},), APPLIED),
    Acceptance("instant-avec-fuseau", (move() | {"time": "2025-03-09T09:12:44.250+01:00"},), APPLIED),
    Acceptance("lot-de-trois", (move(1), move(2), move(3, "in")), {"applied": 3}),
    Acceptance("lot-avec-un-doublon", (move(), move()), {"applied": 1, "duplicate": 1}),
    Acceptance("lot-dans-le-desordre", (move(revision=2), move(revision=1)), {"applied": 1, "superseded": 1}),
    Acceptance("lot-avec-une-correction", (move(), move(revision=2, rooms="T4")), {"applied": 2}),
    Acceptance("parc", (stock(CELL),), APPLIED),
    Acceptance(
        "parc-detaille",
        (stock(CELL, {"commune": "31555", "let": 9, "tenancies_by_start_year": {"2014": 4, "unknown": 5}}),),
        APPLIED,
    ),
    Acceptance("declaration", (declaration(),), APPLIED),
    Acceptance("declaration-des-qpv", (declaration(scope="qpv_only", complete_from="2024-01-01"),), APPLIED),
    Acceptance("comptes", (counts(COUNT, COUNT | {"direction": "in", "reason": "relocation"}),), APPLIED),
    Acceptance("mois-sans-aucun-mouvement", (counts(),), APPLIED),
    Acceptance("mouvement-d-une-autre-region", (move(commune="75056", qpv_2024=None),), {"out_of_scope": 1}),
    Acceptance("parc-avec-une-autre-region", (stock(CELL, {"commune": "75056", "let": 3}),), APPLIED),
    Acceptance("logement-non-localise", (move(qpv_2024=None, qpv_status="uncertain"),), APPLIED),
    Acceptance("lot-mele", (move(), stock(CELL), declaration(control_totals=[])), {"applied": 3}),
)
