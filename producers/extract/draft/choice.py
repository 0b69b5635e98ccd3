"""Which column is which field: by the words of its header and by what its cells look like.

Invariant: a column is chosen once (but for a motive that serves both directions), and each choice says why.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from producers.extract.draft.profile import Profile
from producers.extract.fields import ExtractKind
from producers.extract.vocabulary import folded, rooms_code

_N = r"(?:n|no|num|numero|nr|ref|reference|id|ident|identifiant|code|cod|cle|cd)"
_D = r"(?:date|dt|dat|d|jour|mois)"


@dataclass(frozen=True)
class Choice:
    """A field's column, why it was chosen, and whether a person should look at it."""

    column: str
    why: str
    sure: bool


@dataclass(frozen=True)
class _Rule:
    """`strong` and `weak` words of a header, and how much of the cells must look right (0 to 1)."""

    strong: str
    weak: str = r"(?!)"
    content: Callable[[Profile], float] = field(default=lambda _: 1.0)
    said: str = ""
    alone: float = 2.0  # contents that suffice without any word of the header
    first: str = r"(?!)"  # words that decide between two columns that fit as well


def _dates(one: Profile) -> float:
    return one.formats[0][1] if one.formats and one.formats[0][0] != "aaaa" else 0.0


def _years_or_dates(one: Profile) -> float:
    return one.formats[0][1] if one.formats else 0.0


def _identifier(one: Profile) -> float:
    return 0.0 if one.formats or one.filled == 0 else 1.0 if one.unique > 0.05 else 0.3


def _few(one: Profile) -> float:
    return 1.0 if one.few and not (one.formats and one.formats[0][0] != "aaaa") else 0.0


def _very_few(one: Profile) -> float:
    return 1.0 if one.few and one.distinct <= 8 and not one.formats else 0.0


def _rooms(one: Profile) -> float:
    return one.share({text for text in one.values if rooms_code(text)})


def _flag(one: Profile) -> float:
    return 1.0 if 0 < one.distinct <= 3 else 0.0


def _degrees(low: float, high: float, metres: tuple[float, float]) -> Callable[[Profile], float]:
    return lambda one: max(one.within(low, high), one.within(*metres))


def _cancelled(one: Profile) -> float:
    return max(_dates(one), _flag(one))


_CODED, _DATED = "quelques valeurs distinctes", "des dates"
_PLACE = {
    "commune": _Rule(
        r"insee|depcom|com(?:mune)? code|code? com|codcom",
        r"commune|ville|localite",
        lambda one: one.communes,
        "codes INSEE connus",
        0.8,
    ),
    "commune_name": _Rule(
        r"commune|ville|localite|libcom|lib com",
        content=lambda one: one.commune_names,
        said="noms de communes connus",
        alone=0.95,
    ),
    "postal_code": _Rule(r"code postal|codepostal|^cp$|^cp | cp$", content=lambda one: one.within(1000, 98999)),
    "qpv_2024": _Rule(r"qpv|quartier", content=lambda one: one.qpvs(2024), said="codes de QPV de 2024", alone=0.6),
    "qpv_2015": _Rule(r"qpv|quartier|zus", content=lambda one: one.qpvs(2015), said="codes de QPV de 2015", alone=0.6),
    "qpv_flag": _Rule(r"qpv|quartier prio|^zus", content=_flag, said="deux ou trois valeurs"),
    "x": _Rule(
        r"^x$|coord.* x|x (?:l|lambert|wgs)|^x |longitude|^lon$|^lng$", content=_degrees(-6, 10.5, (1e5, 1.3e6))
    ),
    "y": _Rule(r"^y$|coord.* y|y (?:l|lambert|wgs)|^y |latitude|^lat$", content=_degrees(41, 51.5, (6e6, 7.2e6))),
}
_DESCRIPTION = {
    "rooms": _Rule(
        r"typologie|typo\b|nb ?(?:de )?pieces|nbpiece|pieces|^nb ?p$|^rooms$"
        r"|type (?:de )?(?:logement|logt|lgt)|t[yp]p? logt",
        r"^type$|^typ",
        _rooms,
        "nombres de pièces",  # never by its contents alone: codes 1 to 6 of anything look so
    ),
    "financing": _Rule(r"finan|type (?:de )?pret|categorie (?:de )?financement", r"pret\b", _few, _CODED),
}
_LEASE = _Rule(
    rf"\b{_N} ?(?:du |de |d )?(?:bail|contrat|location|occupation)|^bail$|^contrat$|numbail|nobail|idbail|refbail"
    r"|numcontrat|bail (?:num|ref|id)|contrat (?:num|ref|id)|lease",
    rf"{_N}.*(?:locataire|client|dossier|occupant)|dossier|locataire",
    _identifier,
    "identifiants presque tous différents",
)
_DWELLING = _Rule(
    rf"ident int|ident rep|\b{_N} ?(?:du |de |d )?(?:logement|logt|lgt|module|lot|ug|unite|bien|appart|local|esi|up)"
    r"|^(?:logement|module|lot|ug|up|bien|esi|lgt|logt)$|logement (?:num|ref|id)|^unit id$|unite de gestion"
    r"|reflog|codlog|numlog",
    r"logement|module|^lot|patrimoine",
    _identifier,
    "identifiants",
    # the landlord's own: a file of movements has it too, the RPLS number stands in the state alone
    first=r"ident int",
)
_MOVEMENTS = {
    **_PLACE,
    "lease": _LEASE,
    "dwelling": _DWELLING,
    "direction": _Rule(
        r"^sens|type (?:de |du )?(?:mvt|mouvement)|nature (?:de |du )?(?:mvt|mouvement)|^(?:mvt|mouvement)$"
        r"|entree sortie|code (?:mvt|mouvement)|^move type$",
        content=_very_few,
        said=_CODED,
    ),
    "planned_exit_on": _Rule(
        r"(?:prev|theo|estim).*(?:sortie|depart|fin)|(?:sortie|depart|fin).*(?:prev|theo|estim)"
        r"|fin (?:de |du )?preavis",
        content=_dates,
        said=_DATED,
    ),
    "cancelled": _Rule(r"annul|retract|retrait", content=_cancelled, said="des dates, ou oui et non"),
    "notice_received_on": _Rule(r"conge|preavis|notif|resiliation", content=_dates, said=_DATED),
    "exit_on": _Rule(
        r"sortie|depart\b|fin (?:de |du )?(?:bail|location|contrat|occupation)|remise (?:des )?cle|liberation"
        r"|restitution|date fin\b|dtsort|datsor|datfin",
        r"etat des lieux|\bedl\b",
        _dates,
        _DATED,
    ),
    "entry_on": _Rule(
        r"entree|emmenag|debut|prise d effet|effet (?:du )?bail|(?:date|dt) (?:du )?bail|signature|arrivee|dtent|datent"
        r"|datdeb",
        content=_dates,
        said=_DATED,
    ),
    "effective_on": _Rule(
        r"(?:date|dt|dat).*(?:mouvement|mvt|effet|evenement|operation)|^(?:date|dt)$|datemvt|^move date$",
        r"\bdate\b",
        _dates,
        _DATED,
    ),
    "status": _Rule(r"statut|etat (?:du )?(?:mouvement|mvt|conge|dossier)|avancement", r"^etat", _very_few, _CODED),
    "reason": _Rule(
        r"motif|raison|cause|^cod ?mot|^reason",
        content=lambda one: _few(one) if "annul" not in folded(one.name) else 0.0,
        said=_CODED,
    ),
    "nature": _Rule(
        r"nature|type (?:d )?(?:entree|attribution|location|bail)|motif (?:d )?entree", content=_few, said=_CODED
    ),
    "destination": _Rule(r"destination|devenir|relog.*vers", content=_few, said=_CODED),
    "origin": _Rule(r"provenance|origine", content=_few, said=_CODED),
    **_DESCRIPTION,
    "household_type": _Rule(
        r"(?:type|compo|structure|situation).*(?:menage|famil|foyer)|situation famil", content=_few, said=_CODED
    ),
    "household_size": _Rule(
        r"(?:nb|nbre|nombre).*(?:pers|occupant|habitant)|taille.*(?:menage|foyer)",
        content=lambda one: one.within(1, 15),
    ),
    "holder_age": _Rule(r"^age\b|\bage (?:du |de )?(?:titulaire|locataire)|tranche d age", content=_few, said=_CODED),
}
_DWELLINGS = {
    **_PLACE,
    "dwelling": _DWELLING,
    "mode": _Rule(
        r"^mode$|mode (?:d )?occup|occupation|etat (?:du )?(?:logement|logt|lot)"
        r"|situation (?:du )?(?:logement|logt|lot)|statut",
        content=_few,
        said=_CODED,
    ),
    "last_departure_on": _Rule(
        r"dep derlocat|derlocat|dernier.*(?:depart|sortie)|(?:depart|sortie)|liberation", content=_dates, said=_DATED
    ),
    "vacant_since": _Rule(r"remlocdate|remise en location|vacan|disponib", content=_dates, said=_DATED),
    "tenancy_started_on": _Rule(
        r"^bail$|(?:date|dt|debut|effet).*(?:bail|contrat|location|entree)|entree", content=_dates, said=_DATED
    ),
    "first_let_on": _Rule(
        r"^locat$|premiere.*(?:location|mise)|1ere.*(?:location|mise)|annee.*location|mise en service",
        content=_years_or_dates,
        said="des années ou des dates",
    ),
    "lease": _LEASE,
    **_DESCRIPTION,
}
_RULES: dict[ExtractKind, dict[str, _Rule]] = {"movements": _MOVEMENTS, "dwellings": _DWELLINGS}
_SURE, _ENOUGH = 0.75, 0.35
_RPLS = re.compile(r"^(?:nbpiece|surfhab|construct|finan|remlocdate|date dep derlocat|depcom|mode|ident rep|locat)$")


def kind_of(profiles: Sequence[Profile]) -> ExtractKind:
    """Return what the file is: RPLS-style columns, or a mode of occupation without an exit, make it a state."""
    names = [folded(one.name) for one in profiles]
    if sum(1 for name in names if _RPLS.match(name)) >= 4:
        return "dwellings"
    has_mode = any(_score(_DWELLINGS["mode"], one) >= _SURE for one in profiles)
    moves = ("exit_on", "direction", "reason")
    has_moves = any(_score(_MOVEMENTS[name], one) >= _SURE for name in moves for one in profiles)
    return "dwellings" if has_mode and not has_moves else "movements"


def _score(rule: _Rule, one: Profile) -> float:
    """Return from 0 to 1 how well a column fits: its words times its contents."""
    words = folded(one.name)
    content = rule.content(one) if one.filled else 0.0
    if re.search(rule.strong, words):
        # an empty column with the right name is that column, but nothing shows it
        return content if one.filled else _ENOUGH
    if re.search(rule.weak, words):
        return 0.6 * content
    return 0.9 * content if content >= rule.alone else 0.0


def _rank(rule: _Rule, one: Profile) -> tuple[float, bool]:
    return _score(rule, one), bool(re.search(rule.first, folded(one.name)))


def choose(kind: ExtractKind, profiles: Sequence[Profile]) -> dict[str, Choice]:
    """Return the column of each field that one was found for."""
    taken: set[str] = set()
    choices: dict[str, Choice] = {}
    for name, rule in _RULES[kind].items():
        if name in ("commune_name", "postal_code") and "commune" in choices:
            continue
        left = [one for one in profiles if one.name not in taken]
        best = max(left, key=partial(_rank, rule), default=None)
        if best is None or (score := _score(rule, best)) < _ENOUGH:
            continue
        choices[name] = Choice(best.name, _why(rule, best), score >= _SURE)
        taken.add(best.name)
    if kind == "movements":
        _settle_layout(choices)
    return choices


def _why(rule: _Rule, one: Profile) -> str:
    named = re.search(rule.strong, folded(one.name)) or re.search(rule.weak, folded(one.name))
    reasons = ["nom de la colonne"] if named else []
    if not one.filled:
        reasons.append("colonne vide")
    elif rule.said:
        share = rule.content(one)
        reasons.append(f"{rule.said}, {share:.0%}".replace("%", " %") if share < 0.995 else rule.said)
    return " ; ".join(reasons) or "d'après les valeurs"


def _settle_layout(choices: dict[str, Choice]) -> None:
    """Decide between one row a move (a direction and its date) and one row a lease (entry, exit)."""
    if "direction" in choices and "effective_on" in choices:
        if "entry_on" in choices:
            choices["tenancy_started_on"] = choices.pop("entry_on")
        choices.pop("exit_on", None)
        if "planned_exit_on" in choices:
            choices["planned_on"] = choices.pop("planned_exit_on")
    elif {"entry_on", "exit_on", "planned_exit_on"} & choices.keys():
        choices.pop("direction", None)
        choices.pop("effective_on", None)
    by_move = "effective_on" in choices
    shared = choices.get("reason")
    if by_move and shared and "nature" not in choices and not re.search("depart|sortie", folded(shared.column)):
        # one column of motives for both directions
        choices["nature"] = Choice(shared.column, "même colonne que le motif : les deux sens y sont", False)
