"""How a landlord's extracts are read: `mapping.toml`, loaded strictly.

Invariant: a mapping that loads names only fields, codes and formats that exist; whether its columns are in a
file is told by `Mapping.choose`. Every refusal names the file, the key and what to write there.
"""

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from producers.errors import LandlordError
from producers.extract.dates import KNOWN_FORMATS, FormatError, pattern_of
from producers.extract.fields import FIELDS, JOINED, ExtractKind, targets_of
from producers.extract.personal import tells_birth
from producers.extract.vocabulary import folded

VERSION = 1
Layout = Literal["moves", "leases", "dwellings"]
Coordinates = Literal["", "wgs84", "lambert93"]
DEFAULT_EMPTY = (
    *("", "-", "NULL", "null", "None", "NA", "N/A", "#N/A", "NaN", "(vide)", "sans objet"),
    *("00/00/0000", "00/0000", "0000-00-00", "00000000", "01/01/1900", "01/1900", "1900-01-01", "01/01/0001"),
    *("0001-01-01", "31/12/9999", "9999-12-31", "31/12/2999", "2999-12-31", "12/9999"),
)
_KEYS = {"name", "kind", "dates", "decimal", "coordinates", "empty", "empty_qpv", "ignored", "direction", "sheet"} | {
    "precision"
}
_TABLES = {"columns", "codes", "keep"}


class MappingError(LandlordError):
    """`mapping.toml` cannot be used: the message names the file, the key and the remedy."""


@dataclass(frozen=True)
class ExtractMapping:
    """How one extract is read. `columns` gives the headers of each field; several are joined with `/`.

    `empty_qpv` is `outside` where an empty cell of the quartier's column means: in none.
    `precision` is `mois` where the landlord lets no day leave.
    `codes` gives, by field, their text (casefolded) -> our code, empty where it is still to be filled in. `keep`
    gives, by column, the values of the rows to read. `direction` holds where every row goes the same way.
    """

    path: Path
    name: str
    kind: ExtractKind
    columns: dict[str, tuple[str, ...]]
    dates: tuple[str, ...] = ("jj/mm/aaaa",)
    decimal: str = ","
    coordinates: Coordinates = ""
    empty: frozenset[str] = frozenset(DEFAULT_EMPTY)
    empty_qpv: Literal["", "outside"] = ""
    ignored: tuple[str, ...] = ()
    direction: Literal["", "out", "in"] = ""
    sheet: str = ""
    precision: Literal["jour", "mois"] = "jour"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    keep: dict[str, frozenset[str]] = field(default_factory=dict)
    to_fill: tuple[tuple[str, str], ...] = ()  # (field, their code) of each code that has no correspondence yet

    @property
    def layout(self) -> Layout:
        """One row a move, one row a lease (an entry, an exit, or both), or one row a dwelling."""
        if self.kind == "dwellings":
            return "dwellings"
        return "moves" if "effective_on" in self.columns else "leases"

    @property
    def by_month(self) -> bool:
        """Whether no day leaves, only months."""
        return self.precision == "mois"

    @property
    def empty_qpv_unsaid(self) -> bool:
        """Whether there is a column of today's quartiers and nobody said what an empty cell means."""
        return not self.empty_qpv and not {"qpv", "qpv_2024"}.isdisjoint(self.columns)

    def used(self) -> set[str]:
        """Return the headers that are read."""
        return {name for names in self.columns.values() for name in names} | set(self.keep)

    def absent(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are read and that a file of that header has not."""
        present = {folded(name) for name in header}
        return [name for name in sorted(self.used()) if folded(name) not in present]


@dataclass(frozen=True)
class Mapping:
    """All the extracts of one landlord."""

    path: Path
    extracts: tuple[ExtractMapping, ...]

    def choose(self, header: Sequence[str], file: str) -> ExtractMapping:
        """Return the extract whose columns are all in the file.

        Raises MappingError naming the columns that are absent, or the extracts between which it cannot choose.
        """
        absent = [one.absent(header) for one in self.extracts]
        fitting = [one for one, missing in zip(self.extracts, absent, strict=True) if not missing]
        if not fitting:
            _, nearest = min(
                (len(missing) / max(1, len(one.used())), index)
                for index, (one, missing) in enumerate(zip(self.extracts, absent, strict=True))
            )
            _refuse_absent(self.extracts[nearest], absent[nearest], header, file)
        widest = max(len(one.used()) for one in fitting)
        best = [one for one in fitting if len(one.used()) == widest]
        if len(best) > 1:
            names = ", ".join(f"« {one.name} »" for one in best)
            raise MappingError(
                f"{self.path} : {file} convient à plusieurs extraits ({names}). Les distinguer par leurs colonnes."
            )
        return best[0]


def _refuse_absent(one: ExtractMapping, missing: list[str], header: Sequence[str], file: str) -> None:
    name = missing[0]
    close = difflib.get_close_matches(folded(name), [folded(other) for other in header], 1)
    hint = next((other for other in header if close and folded(other) == close[0]), "")
    said = f" (le fichier a « {hint} »)" if hint else ""
    more = f", ni {len(missing) - 1} autre(s) colonne(s)" if len(missing) > 1 else ""
    raise MappingError(
        f"{one.path}, extrait « {one.name} » : {file} n'a pas de colonne « {name} »{said}{more}. Corriger "
        "[extract.columns], ou proposer une correspondance avec : quartiers mapping draft FICHIER"
    )


def load_mapping(path: Path) -> Mapping:
    """Read `mapping.toml`. Raises MappingError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MappingError(
            f"{path} n'existe pas. Le proposer depuis un extrait avec : quartiers mapping draft FICHIER"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} ne peut pas être lu ({error}). L'enregistrer en UTF-8.") from None
    return parse_mapping(text, path)


def parse_mapping(text: str, path: Path) -> Mapping:
    """Return the mapping that a text holds; `path` is only named in messages. Raises MappingError."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingError(
            f"{path} n'est pas du TOML valide : {error}. Vérifier cette ligne : ce qui a un accent, une "
            "espace ou un signe s'écrit entre guillemets, à gauche comme à droite du signe égal."
        ) from None
    _refuse_unknown(path, "", document, {"version", "extract"})
    if document.get("version", VERSION) != VERSION:
        raise MappingError(f"{path}, clé version : {document['version']!r} inconnue. Mettre {VERSION}.")
    entries = document.get("extract", [])
    if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
        raise MappingError(f"{path} ne décrit aucun extrait. Il faut au moins une section [[extract]].")
    return Mapping(path, tuple(_Reader(path, number, one).read() for number, one in enumerate(entries, 1)))


def _refuse_unknown(path: Path, where: str, found: AnyMapping[str, Any], known: Iterable[str]) -> None:
    names = sorted(known)
    for key in found:
        if key not in names:
            close = difflib.get_close_matches(key, names, 1)
            said = f"vouliez-vous « {close[0]} » ?" if close else f"clés possibles : {', '.join(names)}."
            raise MappingError(f"{path}, {where + ', ' if where else ''}clé « {key} » inconnue : {said}")


class _Reader:
    """Reads one `[[extract]]`."""

    def __init__(self, path: Path, number: int, entry: dict[str, Any]) -> None:
        self.path, self.entry = path, entry
        name = entry.get("name")
        self.where = f"extrait « {name} »" if isinstance(name, str) and name else f"extrait n° {number}"
        self.name = name if isinstance(name, str) and name else str(number)

    def _error(self, key: str, what: str) -> MappingError:
        return MappingError(f"{self.path}, {self.where}, clé {key} : {what}")

    def read(self) -> ExtractMapping:
        """Return the extract; MappingError for the first thing that is wrong."""
        _refuse_unknown(self.path, self.where, self.entry, _KEYS | _TABLES)
        kind = self._choice("kind", "", get_args(ExtractKind))
        if not kind:
            raise self._error("kind", "absente. Mettre « movements » (mouvements) ou « dwellings » (état du parc).")
        columns = self._columns(kind)
        made = ExtractMapping(
            self.path,
            self.name,
            kind,
            columns,
            tuple(self._texts("dates", ["jj/mm/aaaa"])),
            self._choice("decimal", ",", (",", ".")),
            self._choice("coordinates", "", ("", "wgs84", "lambert93")),
            frozenset((*DEFAULT_EMPTY, *self._texts("empty", []))),
            self._choice("empty_qpv", "", ("", "outside")),
            tuple(self._texts("ignored", [])),
            self._choice("direction", "", ("", "out", "in")),
            self._text("sheet"),
            self._choice("precision", "jour", ("jour", "mois")),
            self._codes(kind, columns),
            self._keep(),
            self._to_fill(),
        )
        self._check(made)
        return made

    def _text(self, key: str) -> str:
        value = self.entry.get(key, "")
        if not isinstance(value, str):
            raise self._error(key, "il faut un texte entre guillemets.")
        return value

    def _choice(self, key: str, default: str, allowed: Sequence[str]) -> Any:
        value = self.entry.get(key, default)
        if value not in (*allowed, default):
            raise self._error(
                key, f"{value!r} n'est pas possible : {', '.join(f'« {one} »' for one in allowed if one)}."
            )
        return value

    def _texts(self, key: str, default: list[str]) -> list[str]:
        value = self.entry.get(key, default)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._error(key, 'il faut une liste de textes, par exemple ["jj/mm/aaaa"].')
        return value

    def _table(self, key: str) -> dict[str, Any]:
        value = self.entry.get(key, {})
        if not isinstance(value, dict):
            raise self._error(key, f"il faut une section [extract.{key}].")
        return value

    def _columns(self, kind: ExtractKind) -> dict[str, tuple[str, ...]]:
        table = self._table("columns")
        _refuse_unknown(self.path, f"{self.where}, [extract.columns]", table, FIELDS[kind])
        columns = {}
        for name, value in table.items():
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
                raise self._error(f"columns.{name}", "il faut le nom d'une colonne entre guillemets.")
            if len(names) > 1 and name not in JOINED:
                raise self._error(
                    f"columns.{name}", f"une seule colonne (plusieurs : {', '.join(sorted(JOINED))} seulement)."
                )
            if kept := tuple(one.strip() for one in names if one.strip()):
                columns[name] = kept
        return columns

    def _codes(self, kind: ExtractKind, columns: dict[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
        coded = {name: one for name, one in FIELDS[kind].items() if one.kind in ("code", "flag")}
        tables = self._table("codes")
        _refuse_unknown(self.path, f"{self.where}, [extract.codes]", tables, coded)
        read: dict[str, dict[str, str]] = {}
        for name, table in tables.items():
            key = f"codes.{name}"
            if name not in columns:
                raise self._error(key, f"aucune colonne n'est donnée pour « {name} » dans [extract.columns].")
            if not isinstance(table, dict):
                raise self._error(key, f"il faut une section [extract.{key}].")
            targets = targets_of(coded[name])
            read[name] = {}
            for theirs, ours in table.items():
                if not isinstance(ours, str) or (ours and ours not in targets):
                    raise self._error(
                        f'{key}."{theirs}"', f"« {ours} » n'est pas un de nos codes : {', '.join(targets)}."
                    )
                read[name][theirs.strip().casefold()] = ours
        return read

    def _to_fill(self) -> tuple[tuple[str, str], ...]:
        tables: dict[str, dict[str, str]] = self.entry.get("codes", {})
        return tuple((name, theirs) for name, table in tables.items() for theirs, ours in table.items() if not ours)

    def _keep(self) -> dict[str, frozenset[str]]:
        kept = {}
        for column, values in self._table("keep").items():
            if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
                raise self._error(f"keep.{column}", 'il faut une liste de textes, par exemple ["LOG"].')
            kept[column] = frozenset(one.strip().casefold() for one in values)
        return kept

    def _check(self, made: ExtractMapping) -> None:
        columns = made.columns
        for one in made.dates:
            try:
                pattern_of(one)
            except FormatError:
                raise self._error(
                    "dates",
                    f"« {one} » n'est pas un format de date. Exemples : {', '.join(KNOWN_FORMATS[:4])}, mm/aaaa.",
                ) from None
        for name, (header, *_) in columns.items():
            if FIELDS[made.kind][name].kind == "date" and tells_birth(header):
                raise self._error(f"columns.{name}", f"« {header} » est une date de naissance : elle n'est pas lue.")
        required = ["dwelling"] if made.kind == "dwellings" else ["lease", "dwelling"]
        required += ["mode"] if made.kind == "dwellings" else []
        for name in required:
            if name not in columns:
                raise self._error(
                    f"columns.{name}", f"absente. Donner la colonne : {FIELDS[made.kind][name].label_fr}."
                )
        if not {"commune", "commune_name"} & columns.keys():
            raise self._error("columns.commune", "absente. Donner la colonne du code INSEE, ou commune_name.")
        if ("x" in columns) != ("y" in columns):
            raise self._error("columns.x et y", "les deux colonnes de coordonnées vont ensemble.")
        if "x" in columns and not made.coordinates:
            raise self._error("coordinates", "absente. Mettre « wgs84 » ou « lambert93 ».")
        if made.empty_qpv and {"qpv", "qpv_2024"}.isdisjoint(columns):
            raise self._error("empty_qpv", "ne sert pas sans colonne qpv ou qpv_2024. L'ôter.")
        if both := sorted(made.used() & set(made.ignored)):
            raise self._error("ignored", f"la colonne « {both[0]} » est aussi lue. L'ôter de l'une des deux listes.")
        if made.kind == "movements":
            self._check_dates(made)

    def _check_dates(self, made: ExtractMapping) -> None:
        by_lease = {"entry_on", "exit_on", "planned_exit_on"} & made.columns.keys()
        by_move = {"effective_on", "planned_on", "direction"} & made.columns.keys()
        if by_lease and by_move:
            raise self._error(
                "columns", "une ligne par mouvement (effective_on) ou une ligne par bail (entry_on, exit_on) : choisir."
            )
        if not by_lease and "effective_on" not in made.columns:
            raise self._error(
                "columns.effective_on", "absente. Donner la date du mouvement, ou entry_on et exit_on pour des baux."
            )
        if not by_lease and ("direction" in made.columns) == bool(made.direction):
            raise self._error(
                "columns.direction",
                "donner la colonne du sens, ou direction = « out » ou « in » si le fichier n'en a qu'un.",
            )
        if by_lease and made.direction:
            raise self._error("direction", "ne sert pas quand une ligne est un bail. L'ôter.")
