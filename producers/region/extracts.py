"""What one landlord of the region would export from its software: a month's movements, and its stock at a date.

The identifiers are natural ones (contract, dwelling) and stay the same from month to month, so that a later or a
corrected export speaks of the same leases. Names, birth dates, phones and addresses are fictitious.
Pure: the same region, landlord and month give the same rows; flaws are put in by `extract_flaws.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from producers.region.draws import Ints, day_number, day_of, first_day, month_number, months_of, stream
from producers.region.dwellings import ALWAYS, FINANCING, ROOMS
from producers.region.households import CODES, PLACES
from producers.region.register import FIRST_KEY, NO_NOTICE
from producers.region.simulate import Region
from producers.region.tenancies import DEMOLITION, MISTAKE, SALE_TO_TENANT, WITHDRAWN
from schemas.territories import load

MOVES_HEADER = (
    *("N° contrat", "Réf. logement", "Nom locataire", "Prénom", "Date de naissance", "Téléphone", "Adresse"),
    *("Code INSEE", "Commune", "Code QPV", "Sens", "Date congé", "Date effet", "Date entrée", "Motif", "Destination"),
    *("Statut", "Type logement", "Financement"),
)
STOCK_HEADER = (
    *("IDENT_REP", "IDENT_INT", "DEPCOM", "QPV", "TYPECONST", "NBPIECE", "SURFHAB", "CONSTRUCT", "LOCAT", "FINAN"),
    *("CONV", "MODE", "BAIL", "REMLOCDATE", "DATE_DEP_DERLOCAT"),
)
# their words for our codes; one that nobody can guess
_MOTIVES = {
    "conge_parc_prive": "Départ parc privé",
    "accession": "Accession à la propriété",
    "mutation_interne": "Mutation interne",
    "autre_bailleur": "Autre bailleur social",
    "relogement_npnru": "Relogement ANRU",
    "relogement_autre": "Relogement",
    "relogement_provisoire": "Relogement provisoire",
    "vente_occupant": "Vente au locataire",
    "deces": "Décès",
    "ehpad_etablissement": "Maison de retraite",
    "expulsion_impayes": "Expulsion pour impayés",
    "expulsion_autre": "Expulsion",
    "abandon": "Abandon du logement",
    "separation": "Séparation",
    "emploi": "Raison professionnelle",
    "autre": "CONV",
    "non_renseigne": "",
    "glissement_bail": "Glissement de bail",
    "renouvellement": "Avenant",
    "premiere_location": "Première mise en location",
    "relocation": "Attribution",
    "relogement": "Relogement",
    "retour_relogement_provisoire": "Retour de relogement provisoire",
}
_PLACES = {
    "same_qpv": "Même quartier",
    "other_qpv": "Autre quartier prioritaire",
    "same_commune": "Même commune",
    "same_epci": "Même agglomération",
    "departement": "Département",
    "region": "Région",
    "elsewhere": "Hors région",
    "unknown": "",
}
_FINANCING = {"PLAI": "10", "PLUS": "13", "PLS": "14", "PLI": "16", "HLMO": "52", "ILM": "53"}
_SURFACES = (28, 45, 63, 78, 92, 110)
_AHEAD = 130  # days: a notice of three months, and some more
_NAMES = ("FICTIF", "EXEMPLE", "INVENTÉ", "IMAGINAIRE", "SUPPOSÉ", "ANONYME")
_FIRST_NAMES = ("Camille", "Dominique", "Claude", "Andréa", "Maël", "Noé")


@dataclass(frozen=True)
class Export:
    """A table as the landlord's software gives it: the header and the rows, all text."""

    header: tuple[str, ...]
    rows: list[list[str]]


def landlord_with_qpvs(region: Region) -> int:
    """Return the landlord, by its number in the roster, that owns most dwellings in QPVs of 2024."""
    inside = np.array([cell.qpv_2024 is not None for cell in region.dwellings.cells])[region.dwellings.cell]
    return int(np.bincount(region.dwellings.landlord[inside], minlength=len(region.landlords)).argmax())


def dwelling_reference(number: int) -> str:
    """Return a dwelling's identifier in the landlord's software."""
    return f"LG{number:07d}"


def contract_reference(dwelling: int, lease: int) -> str:
    """Return a contract's number in the landlord's software."""
    return f"C{dwelling:07d}-{lease + 1:02d}"


def movements(region: Region, number: int, month: date, seed: int) -> Export:
    """Return the movements of a month: entries and exits, notices under way, notices withdrawn since."""
    first, last = first_day(month_number(month)), first_day(month_number(month) + 1)
    register = region.register
    own = (register.landlord == number) & (register.key == FIRST_KEY) & (register.origin != MISTAKE)
    real = own & (register.origin != WITHDRAWN)
    done = real & (register.effective >= first) & (register.effective < last)
    noticed = ~register.arrival & (register.notice != NO_NOTICE) & (register.notice < last)
    ahead = real & noticed & (register.effective >= last) & (register.effective < last + _AHEAD)
    withdrawn = own & (register.origin == WITHDRAWN) & noticed
    kept = withdrawn & (register.notice >= first)
    previous = first_day(month_number(month) - 1)
    given_up = withdrawn & (register.notice >= previous) & (register.notice < first)
    lots = ((done, "Réalisé"), (ahead | kept, "Préavis en cours"), (given_up, "Congé annulé"))
    rows = [_movement(region, int(row), status, seed) for mask, status in lots for row in np.flatnonzero(mask)]
    return Export(MOVES_HEADER, rows)


def _movement(region: Region, row: int, status: str, seed: int) -> list[str]:
    register, dwellings = region.register, region.dwellings
    dwelling, lease = int(register.dwelling[row]), int(register.lease[row])
    cell = dwellings.cells[int(dwellings.cell[dwelling])]
    arrival, effective, notice = bool(register.arrival[row]), int(register.effective[row]), int(register.notice[row])
    began = "" if arrival else _day(first_day(int(register.tenancy[row])))
    return [
        contract_reference(dwelling, lease),
        dwelling_reference(dwelling),
        *_tenant(dwelling, lease, seed),
        cell.commune,
        load().communes[cell.commune].name.upper(),
        cell.qpv_2024 or "",
        "E" if arrival else "S",
        "" if notice == NO_NOTICE else _day(notice),
        _day(effective),
        began,
        _MOTIVES[CODES[int(register.reason[row])]],
        "" if arrival else _PLACES[PLACES[int(register.place[row])]],
        status,
        ROOMS[int(register.rooms[row])],
        FINANCING[int(dwellings.financing[dwelling])],
    ]


def _tenant(dwelling: int, lease: int, seed: int) -> list[str]:
    """Return a fictitious tenant: the phone numbers are of the range kept for fiction."""
    draw = stream(seed, "tenant", str(dwelling), str(lease)).integers(0, 1 << 30, 4).tolist()
    born = date(1940 + draw[0] % 66, 1 + draw[1] % 12, 1 + draw[2] % 28)
    return [
        _NAMES[draw[0] % len(_NAMES)],
        _FIRST_NAMES[draw[1] % len(_FIRST_NAMES)],
        f"{born:%d/%m/%Y}",
        f"01 99 00 {draw[2] % 100:02d} {draw[3] % 100:02d}",
        f"{1 + draw[3] % 80} rue de l'Exemple",
    ]


def _day(number: int) -> str:
    return f"{day_of(number):%d/%m/%Y}"


def stock(region: Region, number: int, day: date, seed: int) -> Export:
    """Return the stock at the morning of a day, in the columns of RPLS."""
    return Export(STOCK_HEADER, list(_stock_rows(region, number, day_number(day), seed)))


def _stock_rows(region: Region, number: int, day: int, seed: int) -> Iterator[list[str]]:
    dwellings, cells = region.dwellings, region.dwellings.cells
    last_move, departed, next_move = _moves_around(region, day)
    rng = stream(seed, "stock", region.landlords[number].siren)
    built = rng.integers(1955, 2015, dwellings.cell.size)
    tenure = (rng.gamma(1.05, 120.0, dwellings.cell.size)).astype(np.int64)
    works = rng.random(dwellings.cell.size) < 0.012
    register = region.register
    # Of every export: a tenancy that has not moved began on the same day in all of them.
    began = int(months_of(register.effective.min(keepdims=True))[0])
    for one in np.flatnonzero((dwellings.landlord == number) & (dwellings.opens <= day)).tolist():
        row, cell = int(last_move[one]), cells[int(dwellings.cell[one])]
        opened = int(dwellings.opens[one])
        year = day_of(opened).year if opened != ALWAYS else int(built[one])
        let, since = True, max(began - int(tenure[one]), (year - 1970) * 12)
        left = ""
        if row >= 0:
            let = bool(register.arrival[row])
            since = int(register.tenancy[row]) if not let else int(months_of(register.effective[row : row + 1])[0])
            if not let and int(register.origin[row]) in (DEMOLITION, SALE_TO_TENANT):
                continue
        elif int(next_move[one]) >= 0 and not register.arrival[int(next_move[one])]:
            since = int(register.tenancy[int(next_move[one])])
        if int(departed[one]) >= 0:
            left = _month(int(register.effective[int(departed[one])]))
        empty = works[one] and row < 0
        mode = "3" if empty else "1" if let else "2"
        yield [
            f"{3100000000 + one}",
            dwelling_reference(one),
            cell.commune,
            "1" if cell.qpv_2024 else "2",
            "C",
            str(int(dwellings.rooms[one]) + 1),
            str(_SURFACES[int(dwellings.rooms[one])]),
            str(year),
            str(year),
            _FINANCING[FINANCING[int(dwellings.financing[one])]],
            "1",
            mode,
            _month(first_day(int(since))) if mode == "1" else "",
            left if mode == "2" else "",
            left,
        ]


def _month(number: int) -> str:
    return f"{day_of(number):%m/%Y}"


def _moves_around(region: Region, day: int) -> tuple[Ints, Ints, Ints]:
    """Return, by dwelling, the rows of its last move before a day, its last departure and its next move; -1: none."""
    register = region.register
    real = ~np.isin(register.origin, [MISTAKE, WITHDRAWN]) & (register.key == FIRST_KEY)
    size = region.dwellings.cell.size
    found = []
    before = real & (register.effective < day)
    for mask, order in ((before, 1), (before & ~register.arrival, 1), (real & (register.effective >= day), -1)):
        rows = np.flatnonzero(mask)
        rows = rows[np.lexsort((register.arrival[rows], register.effective[rows]))[::order]]
        chosen = np.full(size, -1, dtype=np.int64)
        chosen[register.dwelling[rows]] = rows
        found.append(chosen)
    return found[0], found[1], found[2]


def landlord_numbered(region: Region, siren: str) -> int | None:
    """Return the number of the landlord of that SIREN, None if the region has none."""
    return next((number for number, one in enumerate(region.landlords) if one.siren == siren), None)
