"""From a file to a proposed mapping, and from the proposal into the landlord's `mapping.toml`.

Invariant: no value of a column that looks personal, and no identifier, is written in the proposal.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from producers.extract.draft.choice import Choice, choose, kind_of
from producers.extract.draft.codes import Guess, guess, reads_by_itself
from producers.extract.draft.profile import Profile, profile
from producers.extract.draft.text import Proposal, banner_of, write
from producers.extract.fields import FIELDS, ExtractKind
from producers.extract.mapping import DEFAULT_EMPTY, MappingError, parse_mapping
from producers.extract.personal import may_name_someone
from producers.extract.rows import is_total
from producers.extract.tables import Table, first_table, open_table
from producers.extract.vocabulary import folded

_NAME_FR = {"movements": "mouvements", "dwellings": "parc"}
_REQUIRED: dict[ExtractKind, tuple[str, ...]] = {
    "movements": ("lease", "dwelling", "commune"),
    "dwellings": ("dwelling", "commune", "mode"),
}
_MOST_CODES = 80
_EMPTY = frozenset(DEFAULT_EMPTY)
_LOT = re.compile(
    r"type (?:de )?(?:lot|local|bien|produit)|nature (?:du )?(?:lot|local|bien)|categorie (?:de )?lot|usage"
)
_NOT_HOMES = re.compile(r"park|garage|box|stationn|commerc|bureau|cave|cellier|local|jardin|antenne|panneau")
_HEADER = """# mapping.toml : comment lire les extraits de votre logiciel. Un texte entre guillemets par valeur.
# Vérifier avec : quartiers check FICHIER
version = 1

"""


def draft(path: Path, sheet: str = "") -> Proposal:
    """Return what is proposed for a file; `sheet` names a workbook's sheet (empty: the first that has a header).

    Raises ExtractError if it cannot be read as a table.
    """
    table = open_table(path, sheet) if sheet else first_table(path)
    profiles = profile(table.header, (row for row in table.rows() if not is_total(row)))
    kind = kind_of(profiles)
    choices = choose(kind, [one for one in profiles if one.name not in table.duplicated and not one.of_a_person])
    by_name = {one.name: one for one in profiles}
    proposal = Proposal(_NAME_FR[kind], path.name, kind, choices, _formats(kind, choices, by_name))
    if table.workbook is not None and len(table.workbook.sheets) > 1:
        proposal.sheet, proposal.other_sheets = table.workbook.sheet, table.workbook.other_tables
    if "x" in choices:
        lambert = by_name[choices["x"].column].within(100_000, 1_300_000) > 0.5
        proposal.coordinates = "lambert93" if lambert else "wgs84"
    if kind == "movements" and "effective_on" in choices and "direction" not in choices:
        leaving = re.search(r"sort|depart|conge|resil", folded(path.stem))
        proposal.direction = "out" if leaving or "reason" in choices else "in"
    proposal.keep = _lots(profiles, choices)
    proposal.codes = _codes(table, kind, choices)
    proposal.unwritten = _without_persons(proposal)
    proposal.ignored = _ignored(profiles, choices, proposal.keep)
    proposal.missing = _missing(kind, choices)
    return proposal


def _formats(kind: ExtractKind, choices: dict[str, Choice], profiles: dict[str, Profile]) -> list[str]:
    """Return the date formats of the columns that hold dates, the commonest first."""
    found: Counter[str] = Counter()
    for name, choice in choices.items():
        if FIELDS[kind][name].kind == "date":
            for text, share in profiles[choice.column].formats:
                if text != "aaaa" or name == "first_let_on":
                    found[text] += round(share * 100)
    return [text for text, _ in found.most_common()] or ["jj/mm/aaaa"]


def _codes(table: Table, kind: ExtractKind, choices: dict[str, Choice]) -> dict[str, list[tuple[str, int, Guess]]]:
    """Read the whole file for the values of the coded columns; return those that need a correspondence."""
    coded = [name for name in choices if FIELDS[kind][name].kind in ("code", "flag")]
    index = {name: table.header.index(choices[name].column) for name in coded}
    seen: dict[str, Counter[str]] = {name: Counter() for name in coded}
    heading = index.get("direction")
    outcomes: dict[str, str] = {}
    for row in table.rows():
        if row.fault is not None or row.cells == table.header or is_total(row):
            continue
        way = ""
        if heading is not None:
            text = row.cells[heading]
            way = outcomes.setdefault(text, guess("direction", text).code)
        for name in coded:
            if (way == "out" and name == "nature") or (way == "in" and name == "reason"):
                continue
            text = row.cells[index[name]]
            if text not in _EMPTY and (text in seen[name] or len(seen[name]) < _MOST_CODES):
                seen[name][text] += 1
    return {name: values for name in coded if (values := _values(kind, name, seen[name]))}


def _values(kind: ExtractKind, name: str, seen: Counter[str]) -> list[tuple[str, int, Guess]]:
    values = []
    folded_seen: set[str] = set()
    for text, count in seen.most_common():
        if text.casefold() in folded_seen or reads_by_itself(kind, name, text):
            continue
        folded_seen.add(text.casefold())
        values.append((text, count, guess(name, text)))
    return values


def _without_persons(proposal: Proposal) -> int:
    """Take the values that may name someone out of a proposal; return how many there were."""
    codes = {name: [one for one in values if not may_name_someone(one[0])] for name, values in proposal.codes.items()}
    keep = {name: [one for one in values if not may_name_someone(one[0])] for name, values in proposal.keep.items()}
    taken = sum(map(len, proposal.codes.values())) + sum(map(len, proposal.keep.values()))
    proposal.codes, proposal.keep = {name: values for name, values in codes.items() if values}, keep
    return taken - sum(map(len, codes.values())) - sum(map(len, keep.values()))


def _lots(profiles: Sequence[Profile], choices: dict[str, Choice]) -> dict[str, list[tuple[str, bool]]]:
    """Return the column that tells dwellings from car parks and shops, if some rows are not dwellings."""
    used = {choice.column for choice in choices.values()}
    for one in profiles:
        if one.name in used or not one.few or not _LOT.search(folded(one.name)):
            continue
        values = [(text, not _NOT_HOMES.search(folded(text))) for text, _ in one.values.most_common()]
        if any(kept for _, kept in values) and not all(kept for _, kept in values):
            return {one.name: values}
    return {}


def _ignored(
    profiles: Sequence[Profile], choices: dict[str, Choice], keep: dict[str, list[tuple[str, bool]]]
) -> dict[str, str]:
    """Return every other column, and why it is left aside."""
    used = {choice.column for choice in choices.values()} | keep.keys()
    return {
        one.name: f"semble personnelle ({one.personal})" if one.personal else ""
        for one in profiles
        if one.name not in used
    }


def _missing(kind: ExtractKind, choices: dict[str, Choice]) -> list[str]:
    missing = [name for name in _REQUIRED[kind] if name not in choices]
    if "commune_name" in choices and "commune" in missing:
        missing.remove("commune")
    if kind == "movements" and not {"effective_on", "entry_on", "exit_on"} & choices.keys():
        missing.append("exit_on")
    return missing


def merge(proposal: Proposal, path: Path, *, force: bool) -> str:
    """Return the text of `mapping.toml` with the proposal in it; other extracts stay as they are.

    Raises MappingError if the file already describes an extract of that name and `force` does not allow it.
    """
    section = write(proposal)
    if not path.exists():
        return _HEADER + section
    text = path.read_text(encoding="utf-8-sig")
    existing = parse_mapping(text, path)
    if proposal.name not in [one.name for one in existing.extracts]:
        return text.rstrip("\n") + "\n\n" + section
    if not force:
        raise MappingError(
            f"{path} décrit déjà l'extrait « {proposal.name} » : rien n'est écrit. Ajouter --force pour remplacer "
            "cette partie, ou --name pour en ajouter une autre."
        )
    start = text.find(banner_of(proposal.name))
    if start < 0:
        raise MappingError(
            f"{path} : la partie « {proposal.name} » a perdu sa ligne de titre et ne peut pas être remplacée. "
            "L'effacer, ou renommer le fichier, puis recommencer."
        )
    end = text.find("\n# ────", start + 1)
    return text[:start] + section + (text[end + 1 :] if end >= 0 else "")
