"""Take in one file given by the user, whatever it is, and say what the folder holds and lacks."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from producers.location.official_list import ImportedList, read_list
from producers.location.perimeter_files import read_layer
from producers.location.perimeters import Imported, perimeters_of
from producers.location.store import Origin, PerimeterStore
from schemas.territories import Territories
from schemas.territories.checks import departement_of_qpv
from schemas.territories.models import GENERATIONS

SHOWN = 8


def import_file(
    path: Path, store: PerimeterStore, territories: Territories, on: date, *, everywhere: bool = False
) -> list[Imported | ImportedList]:
    """Store what an official file holds and return it; `on` is the day of the import.

    Raises LandlordError for a file that is none of those expected; then nothing is replaced.
    """
    if path.suffix.lower() == ".csv":
        listed = read_list(path, territories, everywhere=everywhere)
        store.keep_list(listed, on)
        return [listed]
    imported = perimeters_of(read_layer(path), territories, everywhere=everywhere)
    for one in imported:
        store.keep(one, on)
    return [*imported]


def told(imported: Imported | ImportedList, territories: Territories) -> Iterator[str]:
    """Yield what a clerk should know of an import, a French sentence a line."""
    left_out = f" ; {imported.left_out} d'ailleurs, laissés de côté" if imported.left_out else ""
    if isinstance(imported, ImportedList):
        yield f"Liste officielle de 2024 : {_quartiers(len(imported.qpvs))}{left_out}."
        codes = [one.code for one in imported.qpvs]
    else:
        yield f"Périmètres de {imported.generation} : {_quartiers(len(imported.perimeters))}{left_out}."
        codes = [one.code for one in imported.perimeters]
        if imported.mended:
            yield f"  Contours invalides, réparés : {_some(imported.mended)}."
        if missing := missing_codes(codes, imported.generation, territories):
            yield f"  Attention, il manque {_quartiers(len(missing))} de la région : {_some(missing)}."
            yield "  Dans leurs communes, un point ne pourra pas être dit hors quartier. Importez le fichier complet."
    if strangers := unknown_codes(codes, territories):
        yield f"  Codes que l'observatoire ne connaît pas, inutilisés : {_some(strangers)}. Signalez-les-lui."
    for problem in imported.problems:
        yield f"  {problem}"


def shown(store: PerimeterStore, territories: Territories) -> Iterator[str]:
    """Yield what the folder holds and what is missing, a French sentence a line."""
    for generation in GENERATIONS:
        stored = store.read(generation)
        if stored is None:
            yield f"Périmètres de {generation} : non importés."
            continue
        yield f"Périmètres de {generation} : {_described(stored.origin)}."
        if missing := missing_codes([one.code for one in stored.perimeters], generation, territories):
            yield f"  Il manque {_quartiers(len(missing))} de la région : {_some(missing)}."
    listed = store.read_list()
    if listed is None:
        yield "Liste officielle de 2024 : non importée (facultative : les tables du programme suffisent)."
    else:
        origin, qpvs = listed
        yield f"Liste officielle de 2024 : {_described(origin)}."
        if missing := missing_codes([one.code for one in qpvs], 2024, territories):
            yield f"  Il manque {_quartiers(len(missing))} de la région : {_some(missing)}."


def missing_codes(codes: list[str], generation: int, territories: Territories) -> list[str]:
    """Return the known QPVs of `generation` that are not among `codes`."""
    return sorted({qpv.code for qpv in territories.qpvs_of(generation)}.difference(codes))


def unknown_codes(codes: list[str], territories: Territories) -> list[str]:
    """Return the codes of the observed départements that the tables do not know."""
    from_here = [code for code in codes if departement_of_qpv(code) in territories.departements]
    return sorted(set(from_here).difference(territories.qpvs))


def _described(origin: Origin) -> str:
    return (
        f"{_quartiers(origin.count)}, importation du {origin.imported_on:%d/%m/%Y}, fichier {origin.source} "
        f"(SHA-256 {origin.sha256[:12]})"
    )


def _quartiers(count: int) -> str:
    return f"{count} quartier{'s' if count > 1 else ''}"


def _some(codes: list[str]) -> str:
    more = f" et {len(codes) - SHOWN} autres" if len(codes) > SHOWN else ""
    return ", ".join(codes[:SHOWN]) + more
