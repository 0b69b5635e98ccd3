"""Write a proposed mapping as TOML, each line with its reason in French, what is unsure marked « à confirmer ».

Invariant: the text is valid TOML, whatever the names and values of the file; it loads once no column is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from producers.extract.draft.choice import Choice
from producers.extract.draft.codes import Guess
from producers.extract.fields import FIELDS, ExtractKind, targets_of

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_UNSURE = "à confirmer"
_KIND_FR = {"movements": "les mouvements (entrées, sorties)", "dwellings": "l'état du parc"}
TO_FILL = "à compléter"


@dataclass
class Proposal:
    """All that is proposed for one file."""

    name: str
    file: str
    kind: ExtractKind
    choices: dict[str, Choice]
    dates: list[str]
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    direction: str = ""
    coordinates: str = ""
    codes: dict[str, list[tuple[str, int, Guess]]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    keep: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unwritten: int = 0  # values that may name someone: a free text is no code

    def to_fill(self) -> list[tuple[str, str]]:
        """Return (field, their code) where a person must say what the code means."""
        return [(name, text) for name, values in self.codes.items() for text, _, found in values if not found.code]

    def to_confirm(self) -> list[str]:
        """Return the fields whose column is unsure."""
        return [name for name, choice in self.choices.items() if not choice.sure]


def quoted(text: str) -> str:
    """Return a TOML basic string."""
    made = "".join(
        _ESCAPES.get(one) or (one if one.isprintable() else f"\\u{ord(one):04x}" if ord(one) < 0x10000 else "?")
        for one in text
    )
    return f'"{made}"'


def _comment(text: str) -> str:
    return "# " + "".join(one if one.isprintable() else " " for one in text)


def banner_of(name: str) -> str:
    """Return the line that opens an extract's part of the file."""
    return _comment(f"──── Extrait « {name} » ────")


def write(proposal: Proposal) -> str:
    """Return the `[[extract]]` of a proposal, its banner first and a blank line last."""
    lines = [
        banner_of(proposal.name),
        _comment(f"Proposé d'après {proposal.file} : relire ce qui est marqué « {_UNSURE} » ou « {TO_FILL} »."),
        "[[extract]]",
        f"name = {quoted(proposal.name)}",
        f'kind = "{proposal.kind}"  # {_KIND_FR[proposal.kind]}',
        f"dates = [{', '.join(quoted(one) for one in proposal.dates)}]",
    ]
    if proposal.sheet:
        lines.append(f"sheet = {quoted(proposal.sheet)}  # feuille du classeur")
    if proposal.direction:
        lines.append(f'direction = "{proposal.direction}"  # toutes les lignes vont dans ce sens : {_UNSURE}')
    if proposal.coordinates:
        lines.append(f'coordinates = "{proposal.coordinates}"  # d\'après les valeurs')
    if {"qpv", "qpv_2024"} & proposal.choices.keys():
        lines.append(
            '# empty_qpv = "outside"  # à décider : ôter le # si une case QPV vide veut dire « hors quartier »'
        )
    if n := proposal.unwritten:
        several = n > 1
        lines.append(
            f"# {n} valeur{'s' if several else ''} semble{'nt' if several else ''} personnelle{'s' if several else ''} "
            f"et ne {'sont' if several else 'est'} pas recopiée{'s' if several else ''} : corriger la saisie."
        )
    lines += _ignored(proposal.ignored)
    lines += ["", "[extract.columns]"]
    lines += _columns(proposal)
    lines += _keep(proposal.keep)
    for name, values in proposal.codes.items():
        lines += _codes(proposal.kind, name, values)
    return "\n".join(lines) + "\n\n"


def _ignored(ignored: Mapping[str, str]) -> list[str]:
    if not ignored:
        return []
    lines = ["# Colonnes laissées de côté : ni lues, ni citées, ni envoyées.", "ignored = ["]
    lines += [f"    {quoted(name)},{'  ' + _comment(why) if why else ''}" for name, why in ignored.items()]
    return [*lines, "]"]


def _columns(proposal: Proposal) -> list[str]:
    lines = []
    order = list(FIELDS[proposal.kind])
    for name, choice in sorted(proposal.choices.items(), key=lambda pair: order.index(pair[0])):
        label = FIELDS[proposal.kind][name].label_fr
        doubt = "" if choice.sure else f" : {_UNSURE}"
        lines.append(f"{name} = {quoted(choice.column)}  {_comment(f'{label} ({choice.why}){doubt}')}")
    for name in proposal.missing:
        lines.append(f'# {name} = ""  # {FIELDS[proposal.kind][name].label_fr} : colonne non trouvée, {TO_FILL}')
    return lines


def _keep(keep: Mapping[str, Sequence[tuple[str, bool]]]) -> list[str]:
    if not keep:
        return []
    lines = ["", f"# Seules les lignes qui ont l'une de ces valeurs sont lues : {_UNSURE}", "[extract.keep]"]
    for column, values in keep.items():
        left = ", ".join(text for text, kept in values if not kept)
        kept = ", ".join(quoted(text) for text, kept in values if kept)
        lines.append(f"{quoted(column)} = [{kept}]  {_comment(f'laissés de côté : {left}')}")
    return lines


def _codes(kind: ExtractKind, name: str, values: Sequence[tuple[str, int, Guess]]) -> list[str]:
    targets = targets_of(FIELDS[kind][name])
    lines = ["", _comment(f"{FIELDS[kind][name].label_fr} : leur code = le nôtre, parmi {', '.join(targets)}")]
    lines.append(f"[extract.codes.{name}]")
    for text, count, found in values:
        said = f"{count} fois"
        label = targets.get(found.code, "")
        said += f" ; {label}" if label else f" ; {TO_FILL}"
        said += "" if found.sure or not found.code else f" : {_UNSURE}"
        lines.append(f"{quoted(text)} = {quoted(found.code)}  {_comment(said)}")
    return lines
