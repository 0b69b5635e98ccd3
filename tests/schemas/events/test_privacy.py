"""No personal data passes under the names that a landlord's software gives it; the contract's own names pass."""

from datetime import date
from typing import Any

import pytest

from schemas.events.models import ControlTotal, Declaration, Move, MoveEvent, Stock, StockCell
from schemas.events.privacy import looks_personal
from schemas.events.reading import read_message
from schemas.events.rules import Rules
from schemas.territories import load
from tests.schemas.events.messages import SIREN, move, written


def problem_of(event: dict[str, Any]) -> Any:
    """Return why a well-formed event is refused, None if it is not."""
    ((_, read),) = read_message(written(event)).events
    return Rules(load()).check(read, SIREN, date(2026, 3, 10))


@pytest.mark.parametrize(
    "name",
    [
        *("nom", "Nom", "NOM_LOCATAIRE", "nom_usage", "nom_de_famille", "prenomTitulaire", "civilité", "nss", "NIR"),
        *("date_de_naissance", "dateNaissance", "birth_date", "adresse_logement", "libelle_voie", "code_postal"),
        *("num_tel", "mail_locataire", "e-mail", "wgs84_lat", "coord_x", "geom", "IDENT_REP", "ident_int", "num_bail"),
        *(
            "NUM_SS",
            "ddn",
            "DT_NAISS",
            "DTNAIS",
            "nee_le",
            "gsm",
            "TELPORT",
            "mél",
            "ADRMAIL",
            "ADR1",
            "LIBVOIE",
            "sexe",
        ),
        *(
            "cotitulaire",
            "signataire",
            "garant",
            "num_allocataire",
            "nationalite",
            "revenus",
            "profession",
            "employeur",
        ),
        *("x_nom", "X_DDN", "x", "x_l93", "y_lambert", "x_wgs84"),
    ],
)
def test_a_name_that_an_erp_would_give_to_personal_data_is_refused(name: str) -> None:
    problem = problem_of(move(**{name: "Personne fictive"}))
    assert (problem.reason, problem.pointer) == ("personal_data", f"/data/{name}")


def test_what_hides_inside_an_unknown_field_is_found() -> None:
    hidden = {"lignes": [{"code": 1}, {"detail": {"nom": "Personne fictive"}}]}
    assert problem_of(move(extra=hidden)).pointer == "/data/extra/lignes/1/detail/nom"


def test_no_field_of_the_contract_looks_personal() -> None:
    models = (Move, Stock, StockCell, Declaration, ControlTotal, MoveEvent)
    assert [name for model in models for name in model.model_fields if looks_personal(name)] == []


@pytest.mark.parametrize(
    "name", ["surface", "etage", "code_programme", "zone_abc", "dpe", "maj", "remark", "x_zone", "X_dpe"]
)
def test_an_ordinary_unknown_field_is_no_reason_to_refuse(name: str) -> None:
    assert not looks_personal(name)
