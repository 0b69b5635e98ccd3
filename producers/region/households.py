"""What is said about a move: reason or nature, origin or destination, and coarse household classes."""

from dataclasses import dataclass

import numpy as np

from producers.region.draws import Bools, Floats, Ints, months_of, pick, stream
from producers.region.dwellings import Dwellings
from producers.region.tenancies import (
    DECANT,
    DECANT_RETURN,
    DEMOLITION,
    FIRST_LETTING,
    MISTAKE,
    ORDINARY,
    SALE_TO_TENANT,
    TRANSFER,
    WITHDRAWN,
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
# years at the beginning of a tenancy: edges and shares between them
_ENTRY_YEARS = np.array([18.0, 25.0, 30.0, 40.0, 50.0, 60.0, 75.0, 85.0])
_ENTRY_SHARES = np.array([0.14, 0.16, 0.27, 0.19, 0.12, 0.09, 0.03])
_CLASS_EDGES = _ENTRY_YEARS[1:-1]
_OLDEST = 97.0
_CHILDREN_LEFT = 60.0
# how much more often the holders of an age class leave for a reason; the first reasons choose first
_WEIGHTS_BY_AGE = {
    "ehpad_etablissement": (0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 5.0),
    "deces": (0.02, 0.03, 0.06, 0.2, 0.6, 2.0, 8.0),
    "emploi": (1.0, 1.2, 1.2, 1.0, 0.6, 0.02, 0.0),
}


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
    """Draw what is said about each move: a household is drawn once for its tenancy, and grows older in it."""
    rng = stream(seed, "households")
    age, kind, household_size = _tenants(rng, moves)
    holder_age = np.searchsorted(_CLASS_EDGES, age, side="right").astype(np.int64)
    reason = _given_age(rng, _reasons(rng, moves), holder_age, moves)
    inside_cells = np.array([bool(cell.qpv_2024 or cell.qpv_2015) for cell in dwellings.cells])
    place = _places(rng, inside_cells[dwellings.cell[moves.dwelling]], moves, reason)
    return Households(reason, place, kind, household_size, holder_age)


def _tenants(rng: np.random.Generator, moves: Moves) -> tuple[Floats, Ints, Ints]:
    """Return each move's holder's age (years), household type and size; from 60 on the children have left."""
    _, tenancy = np.unique(moves.dwelling * 1024 + moves.lease, return_inverse=True)
    count = int(tenancy.max()) + 1 if tenancy.size else 0
    band = pick(rng, _ENTRY_SHARES, count)
    entry = _ENTRY_YEARS[band] + rng.random(count) * np.diff(_ENTRY_YEARS)[band]
    kinds = pick(rng, _TYPE_SHARES, count)
    ladder = np.cumsum(_SIZE_GIVEN_TYPE, axis=1)[kinds]
    sizes = (rng.random(count)[:, None] >= ladder).sum(axis=1).clip(0, 3)
    elapsed = np.maximum(months_of(moves.effective) - moves.tenancy, 0) / 12
    longest = np.zeros(count)
    np.maximum.at(longest, tenancy, elapsed)
    entry = np.minimum(entry, np.maximum(_OLDEST - longest, _ENTRY_YEARS[0]))
    age = np.asarray(entry[tenancy] + elapsed, dtype=np.float64)
    kind, size = kinds[tenancy], sizes[tenancy].astype(np.int64)
    for before, after in (("couple_enf", "couple_sans_enf"), ("monoparental", "seul")):
        alone = (age >= _CHILDREN_LEFT) & (kind == HOUSEHOLD_TYPES.index(before))
        kind[alone] = HOUSEHOLD_TYPES.index(after)
        size[alone] = int(after == "couple_sans_enf")
    return age, kind, size


def _given_age(rng: np.random.Generator, reason: Ints, holder_age: Ints, moves: Moves) -> Ints:
    """Hand the reasons drawn for ordinary departures out again so that they fit the age: their shares hold.

    A reason for which nobody has the age is left unsaid.
    """
    free = np.flatnonzero(~moves.arrival & np.isin(moves.origin, [ORDINARY, WITHDRAWN, MISTAKE]))
    pool, result = reason[free], reason.copy()
    for code, weights in _WEIGHTS_BY_AGE.items():
        index = reason_index(code, arrival=False)
        weight = np.array(weights)[holder_age[free]]
        wanted = int((pool == index).sum())
        able = min(wanted, int((weight > 0).sum()))
        wait = np.where(weight > 0, rng.exponential(size=free.size) / np.maximum(weight, 1e-12), np.inf)
        chosen = np.argsort(wait, kind="stable")[:able]
        result[free[chosen]] = index
        unsaid = np.full(wanted - able, reason_index("non_renseigne", arrival=False), dtype=np.int64)
        free, pool = np.delete(free, chosen), np.concatenate([pool[pool != index], unsaid])
    result[free] = rng.permutation(pool)
    return result


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
