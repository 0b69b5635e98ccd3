"""The data map of the DPO's folder: what is kept row by row, of whom, for how long, and who may read it.

Columns and rights are read from a database that has the newest schema; what a table is for, and how long, is said here.
Invariant (a test): every table that can hold a pseudonym, or what a landlord sent, is said here.
"""

from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from runtime.settings import ROOT

FILE = ROOT / "docs" / "rgpd" / "cartographie.md"
BEGIN, END = "<!-- généré : quartiers retention map -->", "<!-- fin -->"


class Kept(NamedTuple):
    """What a table holds, and for how long."""

    what: str
    kept: str


TABLES = {
    "core.move": Kept(
        "Registre des mouvements, une ligne par départ ou arrivée, sous pseudonymes",
        "jusqu'à 25 mois après le mois de l'effet, puis repli",
    ),
    "core.dwelling_move": Kept(
        "Les mêmes mouvements par logement : relocations, délais, anciennetés", "comme le registre, replié avec lui"
    ),
    "core.tombstone": Kept(
        "Trace d'un mouvement replié ou effacé : ce qu'il faut pour refuser un envoi tardif",
        "sans limite : ne dit rien",
    ),
    "core.quarantine": Kept(
        "Événements refusés ; leur contenu peut porter ce que le bailleur n'aurait pas dû envoyer",
        "contenu : 30 jours ; motif et position : sans limite ; contenu trop ancien : jamais",
    ),
    "core.outbox": Kept("Accusés de réception qui attendent leur envoi", "quelques secondes"),
    "core.fact": Kept(
        "Comptes signés par jour de réception et mois d'effet, sans pseudonyme",
        "jour de réception et mois d'entrée : comme le registre ; puis mois et année",
    ),
    "core.daily_counter": Kept("Comptes par jour et lieu", "jour : comme le registre ; puis mois"),
    "core.folded": Kept(
        "Base des lignes repliées : ce qu'elles ont apporté aux comptes, sans pseudonyme",
        "sans limite ; le jour d'une ligne effacée avant terme : comme le registre",
    ),
    "core.linked_base": Kept(
        "Base des lignes repliées : relocations, préavis, délais, anciennetés, par mois et lieu", "sans limite"
    ),
    "core.stock": Kept("Parc d'un bailleur à une date (les comptes sont dans core.stock_cell)", "sans limite : agrégé"),
    "core.declaration": Kept("Jusqu'où les envois d'un bailleur sont complets", "sans limite : agrégé"),
    "core.detection_run": Kept(
        "Séries données aux détecteurs (comptes par quartier, mois et bailleur) : toute alerte se recalcule",
        "sans limite : agrégé",
    ),
    "core.published_key": Kept("Clé qui décide des arrondis publiés, tirée au hasard ; aucune donnée", "sans limite"),
    "core.counts": Kept("Mouvements d'un bailleur qui n'envoie que des comptes", "sans limite : agrégé"),
}
NATURES = {
    "move_id": "pseudonyme du bail",
    "dwelling": "pseudonyme du logement",
    "landlord": "SIREN du bailleur",
    "payload": "contenu reçu ou à envoyer",
    "content_hash": "empreinte",
    "message_fr": "phrase, qui peut citer l'envoi",
    "pointer": "pointeur, qui peut citer l'envoi",
    "household_type": "ménage, en classe",
    "household_size": "ménage, en classe",
    "holder_age": "ménage, en classe",
    "reason": "motif",
    "tenancy_started_on": "mois d'entrée",
    "tenancy_month": "mois d'entrée",
    "effective_on": "date de l'effet",
    "notice_received_on": "date du préavis",
    "cell_id": "lieu : commune et QPV",
}
READERS = ("observatory", "public_reader", "analyst")
COLUMNS = """
SELECT attname, has_column_privilege('observatory', attrelid, attnum, 'SELECT'),
    has_column_privilege('public_reader', attrelid, attnum, 'SELECT'),
    has_column_privilege('analyst', attrelid, attnum, 'SELECT')
FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
# A pseudonym is a UUID; what a landlord sent is bytes.
SENSITIVE = """
SELECT DISTINCT format('%s.%s', nspname, relname) FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE nspname IN ('core', 'staff', 'published') AND relkind IN ('r', 'p', 'm')
    AND (atttypid IN ('uuid'::regtype, 'bytea'::regtype) OR attname IN ('dwelling', 'move_id', 'payload'))
"""


def sensitive_tables(connection: psycopg.Connection[Any]) -> set[str]:
    """Return the tables that can hold a pseudonym, or what a landlord sent."""
    return {row[0] for row in connection.execute(SENSITIVE).fetchall()}


def tables(connection: psycopg.Connection[Any]) -> str:
    """Return the generated part of the map: a table of columns for each of `TABLES`."""
    return "\n".join(_of_table(connection, name, kept) for name, kept in TABLES.items())


def _of_table(connection: psycopg.Connection[Any], name: str, kept: Kept) -> str:
    lines = [
        f"### `{name}`",
        "",
        f"{kept.what}. Durée : {kept.kept}.",
        "",
        "| colonne | nature | lue par |",
        "|---|---|---|",
    ]
    for column, *readable in connection.execute(COLUMNS, (name,)).fetchall():
        readers = [f"`{role}`" for role, may in zip(READERS, readable, strict=True) if may]
        lines.append(f"| `{column}` | {NATURES.get(column, '–')} | {', '.join(readers) or 'le programme seul'} |")
    return "\n".join([*lines, ""])


def refreshed(text: str, connection: psycopg.Connection[Any]) -> str:
    """Return the page with its generated part made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables(connection)}\n{END}{rest.partition(END)[2]}"


def write(connection: psycopg.Connection[Any], file: Path = FILE) -> None:
    """Make the page's generated part anew."""
    file.write_text(refreshed(file.read_text(encoding="utf-8"), connection), encoding="utf-8")
