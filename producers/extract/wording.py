"""The report of a check, as a clerk reads it."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from producers.extract.check import Report
from producers.extract.fields import FIELDS, targets_of
from producers.extract.mapping import ExtractMapping
from producers.extract.personal import quotable
from producers.extract.problems import KINDS
from producers.extract.reading import Extract

_MONTHS_SHOWN = 24
_STATUS_FR = {
    "effective": ("effectif", "effectifs"),
    "announced": ("annoncé", "annoncés"),
    "cancelled": ("annulé", "annulés"),
}


def number_fr(value: int) -> str:
    """Return a whole number with thin spaces."""
    return f"{value:,}".replace(",", "\u202f")


def count_fr(value: int, one: str, several: str) -> str:
    """Return a number with the word that goes with it."""
    return f"{number_fr(value)} {several if value > 1 else one}"


def opening(extract: Extract) -> str:
    """Return the line that says how the file is read."""
    table, mapping = extract.table, extract.mapping
    how = (
        f"feuille « {table.workbook.sheet} »"
        if table.workbook is not None
        else _format(table.encoding, table.delimiter)
    )
    kind = "mouvements" if extract.kind == "movements" else "état du parc"
    return f"{table.path.name} : {kind}, lu comme l'extrait « {mapping.name} » ({how}, {len(table.header)} colonnes)"


def _format(encoding: str, delimiter: str) -> str:
    names = {"\t": "tabulation", ";": "point-virgule", ",": "virgule", "|": "barre verticale"}
    return f"CSV {encoding}, {names.get(delimiter, '')}"


def problems_table(report: Report) -> RenderableType:
    """Return the table of problems by kind, errors first, the commonest first."""
    grid = Grid(title="Problèmes par nature", title_justify="left")
    for title in ("", "Nature", "Lignes", "Premières lignes"):
        grid.add_column(title, justify="right" if title == "Lignes" else "left", overflow="fold")
    order = sorted(report.by_code.items(), key=lambda pair: (KINDS[pair[0]].severity != "error", -pair[1].count))
    for code, found in order:
        kind = KINDS[code]
        mark = Text("erreur", style="red") if kind.severity == "error" else Text("attention", style="yellow")
        lines = ", ".join(str(line) for line in found.lines) + (", …" if found.count > len(found.lines) else "")
        grid.add_row(mark, kind.label_fr, number_fr(found.count), lines)
    return grid


def listed(report: Report) -> RenderableType:
    """Return the first problems one by one: line, column, value, what is wrong, what to do."""
    grid = Grid(title="Premiers problèmes", title_justify="left", show_lines=True)
    for title in ("Ligne", "Colonne", "Valeur", "Constat", "Remède"):
        grid.add_column(title, overflow="fold")
    for one in report.shown():
        style = "red" if one.severity == "error" else "yellow"
        grid.add_row(
            str(one.line), Text(one.column), Text(one.value), Text(one.message_fr, style=style), Text(one.remedy_fr)
        )
    return grid


def summary(report: Report, mapping: ExtractMapping, further: Iterable[str] = ()) -> RenderableType:
    """Return the short account: what the file holds, by month, and how much of it is wrong."""
    lines = [_holdings(report, mapping)]
    if report.moves:
        months = report.months()
        lines.append("Mouvements effectifs par mois (départs, entrées) :")
        if len(months) > _MONTHS_SHOWN:
            lines.append(f"  … {len(months) - _MONTHS_SHOWN} mois plus anciens")
        lines += [f"  {month} : {number_fr(out)}, {number_fr(into)}" for month, out, into in months[-_MONTHS_SHOWN:]]
    if left := mapping.to_fill:
        labels = FIELDS[mapping.kind]
        said = ", ".join(f"{labels[name].label_fr} « {quotable('', theirs)} »" for name, theirs in left[:10]) + (
            " …" if len(left) > 10 else ""
        )
        lines.append(f"{count_fr(len(left), 'code reste', 'codes restent')} à compléter dans mapping.toml : {said}")
    lines += further
    errors, warnings = report.count("error"), report.count("warning")
    lines.append(
        f"{count_fr(errors, 'erreur', 'erreurs')}, {count_fr(warnings, 'avertissement', 'avertissements')}. "
        + ("Les lignes en erreur ne seraient pas envoyées. Rien n'a été envoyé." if errors else "Rien n'a été envoyé.")
    )
    return Group(*(Text(line) for line in lines))


def next_step(file: Path, errors: int) -> str:
    """Return what to type next."""
    if errors:
        return "Corrigez ces lignes (ou mapping.toml si un code y manque), puis contrôlez de nouveau."
    return f"Pour essayer sans rien compter : quartiers publish {file} --sandbox --wait"


def _holdings(report: Report, mapping: ExtractMapping) -> str:
    rows = count_fr(report.rows, "ligne lue", "lignes lues")
    if mapping.kind == "dwellings":
        labels = targets_of(FIELDS["dwellings"]["mode"])
        modes = ", ".join(f"{labels[mode].lower()} {number_fr(count)}" for mode, count in report.modes.most_common())
        return f"{rows}, {count_fr(report.records, 'logement', 'logements')}{f' ({modes})' if modes else ''}"
    statuses = ", ".join(count_fr(count, *_STATUS_FR[status]) for status, count in report.statuses.most_common())
    return f"{rows}, {count_fr(report.records, 'mouvement', 'mouvements')}{f' ({statuses})' if statuses else ''}"
