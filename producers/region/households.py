"""What is said about a move: reason or nature, origin or destination, and coarse household classes."""

from dataclasses import dataclass

import numpy as np

from producers.region.draws import Bools, Floats, Ints, pick, stream
from producers.region.dwellings import Dwellings
from producers.region.tenancies import (
    DECANT,
    DECANT_RETURN,
    DEMOLITION,
    FIRST_LETTING,
    SALE_TO_TENANT,
    TRANSFER,
    Moves,
)
from schemas.codes import code_list

REASONS = tuple(code_list("departure_reason"))
NATURES = tuple(code_list("arrival_nature"))
CODES = REASONS + NATURES  # a move's `reason` column is an index in this list
PLACES = tuple(code_list("place_class"))
HOUSEHOLD_TYPES = ("seul", "couple_sans_enf", "couple_enf", "monoparental", "autre")
HOUSEHOLD_SIZES = ("1", "2", "3-4", "5+")
HOLDER_AGES = ("moins_25", "25-29", "30-39", "40-49", "50-59", "60-74", "75+")
OUT_OF_SCOPE = np.array(
    [code_list("departure_reason")[code].nature_class == "out_of_scope" for code in REASONS]
    + [code_list("arrival_nature")[code].nature_class == "out_of_scope" for code in NATURES]
)
WITHOUT_NOTICE = frozenset(
    {"deces", "expulsion_impayes", "expulsion_autre", "abandon", "glissement_bail", "renouvellement"}
)

_REASON_SHARES = {
    "conge_parc_prive": 0.20,
    "accession": 0.09,
    "mutation_interne": 0.17,
    "autre_bailleur": 0.11,
    "relogement_autre": 0.01,
    "deces": 0.08,
    "ehpad_etablissement": 0.04,
    "expulsion_impayes": 0.025,
    "expulsion_autre": 0.005,
    "abandon": 0.02,
    "separation": 0.06,
    "emploi": 0.05,
    "autre": 0.06,
    "non_renseigne": 0.08,
}
_NATURE_SHARES = {
    "relocation": 0.72,
    "mutation_interne": 0.17,
    "relogement": 0.03,
    "non_renseigne": 0.05,
    "autre": 0.03,
}
# ONPV: 30 % of movers stay in the QPV, 10 % go to another, 60 % leave
_PLACE_INSIDE = {
    "same_qpv": 0.30,
    "other_qpv": 0.10,
    "same_commune": 0.15,
    "same_epci": 0.10,
    "departement": 0.08,
    "region": 0.05,
    "elsewhere": 0.11,
    "unknown": 0.11,
}
_PLACE_OUTSIDE = {
    "other_qpv": 0.05,
    "same_commune": 0.33,
    "same_epci": 0.17,
    "departement": 0.15,
    "region": 0.07,
    "elsewhere": 0.11,
    "unknown": 0.12,
}
_TYPE_SHARES = np.array([0.42, 0.10, 0.21, 0.22, 0.05])
_SIZE_GIVEN_TYPE = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0.65, 0.35], [0, 0.38, 0.5, 0.12], [0, 0.5, 0.35, 0.15]]
)
_AGE_OUT = np.array([0.08, 0.12, 0.24, 0.19, 0.14, 0.13, 0.10])
_AGE_IN = np.array([0.14, 0.16, 0.27, 0.19, 0.12, 0.09, 0.03])


@dataclass(frozen=True)
class Households:
    """Columns by move, as indices in the tuples of this module."""

    reason: Ints
    place: Ints
    household_type: Ints
    household_size: Ints
    holder_age: Ints


def _shares(codes: tuple[str, ...], shares: dict[str, float]) -> Floats:
    return np.array([shares.get(code, 0.0) for code in codes])


def reason_index(code: str, arrival: bool) -> int:
    """Return the index in CODES of a departure reason or an arrival nature."""
    return len(REASONS) + NATURES.index(code) if arrival else REASONS.index(code)


def describe(moves: Moves, dwellings: Dwellings, seed: int) -> Households:
    """Draw what is said about each move."""
    rng = stream(seed, "households")
    size = moves.dwelling.size
    reason = _reasons(rng, moves)
    inside_cells = np.array([bool(cell.qpv_2024 or cell.qpv_2015) for cell in dwellings.cells])
    place = _places(rng, inside_cells[dwellings.cell[moves.dwelling]], moves, reason)
    kind = pick(rng, _TYPE_SHARES, size)
    ladder = np.cumsum(_SIZE_GIVEN_TYPE, axis=1)[kind]
    household_size = (rng.random(size)[:, None] >= ladder).sum(axis=1).clip(0, 3)
    age = np.where(moves.arrival, pick(rng, _AGE_IN, size), pick(rng, _AGE_OUT, size))
    age[reason == reason_index("deces", arrival=False)] = len(HOLDER_AGES) - 1
    return Households(reason, place, kind, household_size.astype(np.int64), age.astype(np.int64))


def _reasons(rng: np.random.Generator, moves: Moves) -> Ints:
    size = moves.dwelling.size
    leaving = pick(rng, _shares(REASONS, _REASON_SHARES), size)
    coming = len(REASONS) + pick(rng, _shares(NATURES, _NATURE_SHARES), size)
    reason = np.where(moves.arrival, coming, leaving)
    renewal = moves.dwelling % 3 == 0
    for origin, code in (
        (DEMOLITION, "relogement_npnru"),
        (DECANT, "relogement_provisoire"),
        (SALE_TO_TENANT, "vente_occupant"),
    ):
        reason[moves.origin == origin] = reason_index(code, arrival=False)
    reason[moves.origin == DECANT_RETURN] = reason_index("retour_relogement_provisoire", arrival=True)
    reason[moves.origin == FIRST_LETTING] = reason_index("premiere_location", arrival=True)
    for arrival in (False, True):
        same = (moves.origin == TRANSFER) & (moves.arrival == arrival)
        reason[same & renewal] = reason_index("renouvellement", arrival)
        reason[same & ~renewal] = reason_index("glissement_bail", arrival)
    return reason.astype(np.int64)


def _places(rng: np.random.Generator, inside: Bools, moves: Moves, reason: Ints) -> Ints:
    """Draw origin and destination classes; of the dead and of those who vanish none is known.

    Those without a place are taken from the share of `unknown`, so that the shares of all movers hold.
    """
    unknown = PLACES.index("unknown")
    nowhere = np.isin(reason, [reason_index(code, arrival=False) for code in ("deces", "abandon")])
    leaving = ~moves.arrival
    share = float(nowhere[leaving].mean()) if leaving.any() else 0.0
    place = np.full(reason.size, unknown, dtype=np.int64)
    for known, lost in ((leaving & ~nowhere, share), (moves.arrival, 0.0)):
        for where, table in ((inside, _PLACE_INSIDE), (~inside, _PLACE_OUTSIDE)):
            shares = _shares(PLACES, table)
            shares[unknown] = max(shares[unknown] - lost, 0.0)
            rows = np.flatnonzero(known & where)
            place[rows] = pick(rng, shares, rows.size)
    return place
