"""Rules that every dashboard keeps, read from its JSON: what a reader would miss, and what Grafana gets wrong.

Each rule is a function from a dashboard to the faults it finds; `RULES` holds them all.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from dashboards.source import DATASOURCE_TYPE, SOURCES, STAFF, Source

Json = dict[str, Any]
Faults = Iterator[str]
Rule = Callable[[Json], Faults]
WORDS_ONLY = {"text", "row"}
COUNTED_FROM_ZERO = {"timeseries", "barchart", "trend", "xychart"}
LINES = {"timeseries", "trend"}
DESCRIBED = ("Source : ", "Unité : ")
SCHEMA_VERSION = 42
WHO_IS_COUNTED = "locataires du parc social seulement"


def panels_of(dashboard: Json) -> Iterator[Json]:
    """Yield every panel, those inside a collapsed row too."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def queries_of(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Yield (where, SQL) of every panel's targets and of every query variable."""
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield f"panneau {panel.get('id')} {target.get('refId')}", target.get("rawSql", "")
    for variable in dashboard.get("templating", {}).get("list", []):
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable.get("query", "")


def _asking(dashboard: Json) -> Iterator[Json]:
    return (panel for panel in panels_of(dashboard) if panel["type"] not in WORDS_ONLY)


def _defaults(panel: Json) -> Json:
    found: Json = panel.get("fieldConfig", {}).get("defaults", {})
    return found


def is_classic(dashboard: Json) -> Faults:
    """Classic JSON of the schema that file provisioning takes; uid, tags, Paris time; not editable by hand."""
    if dashboard.get("schemaVersion") != SCHEMA_VERSION:
        yield f"schemaVersion {dashboard.get('schemaVersion')} au lieu de {SCHEMA_VERSION}"
    for name in ("uid", "title", "description", "tags", "refresh"):
        if not dashboard.get(name):
            yield f"le tableau de bord n'a pas de {name}"
    if dashboard.get("timezone") != "Europe/Paris":
        yield "l'heure n'est pas celle de Paris"
    if dashboard.get("editable") is not False:
        yield "le tableau de bord est modifiable à la main"


def has_ids(dashboard: Json) -> Faults:
    """Every panel, row included, has an id of its own above zero: links and alerts name panels by it."""
    numbers = Counter(panel.get("id") for panel in panels_of(dashboard))
    for number, times in numbers.items():
        if not number:
            yield "un panneau n'a pas d'identifiant"
        elif times > 1:
            yield f"l'identifiant {number} sert {times} fois"


def has_words(dashboard: Json) -> Faults:
    """Every panel has a title and a description; one that counts says from where and in what unit."""
    for panel in panels_of(dashboard):
        if not panel.get("title"):
            yield f"le panneau {panel.get('id')} n'a pas de titre"
        if panel["type"] == "row":
            continue
        description = panel.get("description", "")
        if not description:
            yield f"le panneau {panel.get('id')} n'a pas de description"
        elif panel["type"] not in WORDS_ONLY:
            for word in DESCRIBED:
                if word not in description:
                    yield f"la description du panneau {panel.get('id')} ne dit pas « {word.strip()} »"


def has_units(dashboard: Json) -> Faults:
    """Every column that a panel dresses has a unit, its own or the panel's."""
    for panel in _asking(dashboard):
        default = _defaults(panel).get("unit")
        overrides = panel.get("fieldConfig", {}).get("overrides", [])
        if not overrides and not default:
            yield f"le panneau {panel.get('id')} n'a pas d'unité"
        for override in overrides:
            if not default and not any(one["id"] == "unit" for one in override["properties"]):
                yield f"la colonne {override['matcher']['options']} du panneau {panel.get('id')} n'a pas d'unité"


def starts_at_zero(dashboard: Json) -> Faults:
    """The axis of a chart starts at zero."""
    for panel in _asking(dashboard):
        if panel["type"] in COUNTED_FROM_ZERO and _defaults(panel).get("min") != 0:
            yield f"l'axe du panneau {panel.get('id')} ne part pas de zéro"


def leaves_gaps(dashboard: Json) -> Faults:
    """A null is a gap: no line is drawn across it."""
    for panel in _asking(dashboard):
        if panel["type"] in LINES and _defaults(panel).get("custom", {}).get("spanNulls") is not False:
            yield f"le panneau {panel.get('id')} relie les points par-dessus les trous"


def has_legend(dashboard: Json) -> Faults:
    """A chart of two series or more has its legend on."""
    for panel in _asking(dashboard):
        legend = panel.get("options", {}).get("legend")
        if panel["type"] in COUNTED_FROM_ZERO | {"state-timeline"} and not (legend or {}).get("showLegend"):
            yield f"le panneau {panel.get('id')} n'a pas de légende"


def source_of(dashboard: Json) -> Source:
    """Return the data source that its first asking panel names; the staff's where that is none of ours."""
    uids = ((panel.get("datasource") or {}).get("uid") for panel in _asking(dashboard))
    return SOURCES.get(next(uids, None) or "", STAFF)


def asks_one_source(dashboard: Json) -> Faults:
    """Panels, targets and variables name one and the same data source of ours, by its fixed uid."""
    uid = source_of(dashboard).uid
    wanted = {"type": DATASOURCE_TYPE, "uid": uid}
    for panel in _asking(dashboard):
        if not panel.get("targets"):
            yield f"le panneau {panel.get('id')} ne demande rien"
        for found in (panel, *panel.get("targets", [])):
            if found.get("datasource") != wanted:
                yield f"le panneau {panel.get('id')} n'a pas la source {uid}"
    for variable in dashboard.get("templating", {}).get("list", []):
        if variable["type"] == "query" and variable.get("datasource") != wanted:
            yield f"la variable {variable['name']} n'a pas la source {uid}"


def quotes_variables(dashboard: Json) -> Faults:
    """Every variable in SQL is `${name:sqlstring}`."""
    for where, query in queries_of(dashboard):
        for found in re.finditer(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)\w+|\[\[\w+", query):
            if found[2] != "sqlstring":
                yield f"{where} : {found[0]} n'est pas en :sqlstring"


def knows_its_variables(dashboard: Json) -> Faults:
    """Every variable in SQL is one of the dashboard's."""
    known = {variable["name"] for variable in dashboard.get("templating", {}).get("list", [])}
    for where, query in queries_of(dashboard):
        for name in re.findall(r"\$\{(\w+):", query):
            if name not in known:
                yield f"{where} : variable {name} inconnue"


def reads_its_schema_only(dashboard: Json) -> Faults:
    """Queries read the schema of their data source, where secrets are held back, and no other."""
    wanted = source_of(dashboard).schema
    for where, query in queries_of(dashboard):
        for schema in ("core", *(other.schema for other in SOURCES.values() if other.schema != wanted)):
            if re.search(rf"\b{schema}\s*\.", query):
                yield f"{where} lit le schéma {schema}"
        if not re.search(rf"\b{wanted}\.", query):
            yield f"{where} ne lit rien de {wanted}"


def says_who_is_counted(dashboard: Json) -> Faults:
    """A page says that it counts the tenants of the social stock, and nobody else."""
    words = " ".join(panel.get("options", {}).get("content", "") for panel in panels_of(dashboard))
    if WHO_IS_COUNTED not in " ".join(words.split()).lower():
        yield f"aucun texte ne dit « {WHO_IS_COUNTED} »"


def promises_no_trend(dashboard: Json) -> Faults:
    """No arrow of a trend, and no figure coloured by its sign: a small difference is chance."""
    for panel in _asking(dashboard):
        if panel.get("options", {}).get("showPercentChange"):
            yield f"le panneau {panel.get('id')} montre une variation sans son intervalle"


def keeps_clear_of_traps(dashboard: Json) -> Faults:
    """What Grafana is known to get wrong: months grouped in seconds, nested parentheses, comments, leftover windows."""
    for where, query in queries_of(dashboard):
        if "$__timeGroup" in query or "$__unixEpochGroup" in query:
            yield f"{where} : $__timeGroup coupe les mois en secondes UTC"
        for macro, argument in re.findall(r"\$(__\w+)\(([^)]*)\)", query):
            if "(" in argument:
                yield f"{where} : une parenthèse dans l'argument de ${macro}"
        if "--" in query:
            yield f"{where} : deux tirets coupent la requête"
        if ":window" in query:
            yield f"{where} : la fenêtre n'a pas de durée"


RULES: tuple[Rule, ...] = (
    is_classic,
    has_ids,
    has_words,
    has_units,
    starts_at_zero,
    leaves_gaps,
    has_legend,
    asks_one_source,
    quotes_variables,
    knows_its_variables,
    reads_its_schema_only,
    says_who_is_counted,
    promises_no_trend,
    keeps_clear_of_traps,
)


def faults(dashboard: Json) -> list[str]:
    """Return what is wrong with a dashboard, by every rule."""
    return [f"{rule.__name__} : {fault}" for rule in RULES for fault in rule(dashboard)]
