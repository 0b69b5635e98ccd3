"""Grafana's own alert rules: what it watches beside the dashboards, each with its panel and its *consigne*.

Invariant: a rule is one query of one number (its other columns are labels) and one limit above which it fires; so a
test asks the database and compares. Grafana shows them; who is told is the notifier's (consumers/notifier/).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards import page
from dashboards.source import STAFF, sql

FILE = Path(__file__).parent / "provisioning" / "alerting" / "quartiers.json"
FOLDER = "Alertes"
INTERVAL = "1m"
EXPRESSION = "__expr__"


@dataclass(frozen=True)
class Rule:
    """A rule: it fires while its query's number is above `limit`, once that has lasted `lasting`.

    `consigne`: the file of `docs/runbooks/` that says what to do. `summary` and `description` are Grafana's templates.
    """

    uid: str
    title: str
    query: str
    limit: float
    lasting: str
    dashboard: str
    panel: int
    consigne: str
    summary: str
    description: str
    severity: str


RULES = (
    Rule(
        uid="quartiers-alertes",
        title="Alerte ouverte sur un quartier",
        query="regles/alertes_quartiers",
        limit=0,
        lasting="0s",
        dashboard=page.ALERTES,
        panel=4,
        consigne="alerte-sur-un-quartier",
        summary="{{ $labels.quartier }} : {{ $labels.niveau }}, {{ $values.A.Value }} ouverte(s)",
        description="Un compte sort de ce que le passé laissait attendre ; la cause n'est pas établie.",
        severity="information",
    ),
    Rule(
        uid="quartiers-declarations",
        title="Alerte ouverte sur les déclarations d'un bailleur",
        query="regles/alertes_declarations",
        limit=0,
        lasting="0s",
        dashboard=page.ALERTES,
        panel=11,
        consigne="alerte-sur-les-declarations",
        summary="{{ $labels.bailleur }} : {{ $values.A.Value }} alerte(s) sur ses déclarations",
        description="Les chiffres de ce bailleur ne sont pas encore à croire ; rien n'est dit des quartiers.",
        severity="information",
    ),
    Rule(
        uid="quartiers-fraicheur",
        title="Plus aucun événement reçu",
        query="regles/fraicheur",
        limit=72,
        lasting="5m",
        dashboard=page.CHAINE,
        panel=2,
        consigne="plus-rien-recu",
        summary="Aucun événement enregistré depuis {{ $values.A.Value }} heures",
        description="Aucun bailleur n'a rien envoyé depuis trois jours, ou rien n'arrive jusqu'à la base.",
        severity="attention",
    ),
    Rule(
        uid="quartiers-agent",
        title="L'agent ne regarde plus ses sujets",
        query="regles/agent",
        limit=120,
        lasting="2m",
        dashboard=page.CHAINE,
        panel=2,
        consigne="agent-arrete",
        summary="Aucun agent n'a regardé Kafka depuis {{ $values.A.Value }} secondes",
        description="L'agent est arrêté, ou coupé de Kafka ou de la base : plus rien n'est compté.",
        severity="urgent",
    ),
    Rule(
        uid="quartiers-retard",
        title="Des messages attendent sans être enregistrés",
        query="regles/retard",
        limit=15,
        lasting="10m",
        dashboard=page.CHAINE,
        panel=7,
        consigne="messages-en-attente",
        summary="{{ $labels.bailleur }} : rien d'enregistré depuis {{ $values.A.Value }} minutes",
        description="Des messages de ce bailleur sont dans Kafka et l'agent n'en enregistre plus aucun.",
        severity="urgent",
    ),
    Rule(
        uid="quartiers-envois",
        title="Des accusés ou des alertes ne partent plus",
        query="regles/envois",
        limit=15,
        lasting="5m",
        dashboard=page.CHAINE,
        panel=2,
        consigne="envois-bloques",
        summary="Le plus ancien message à envoyer attend depuis {{ $values.A.Value }} minutes",
        description="Des accusés ou des étapes d'alertes restent dans la base, faute de Kafka ou de sujet.",
        severity="attention",
    ),
)


def written(rule: Rule) -> dict[str, Any]:
    """Return a rule as Grafana's file provisioning takes it: the query A, and the limit B, which is its condition."""
    limit = {"type": "gt", "params": [rule.limit]}
    threshold = {"type": "threshold", "expression": "A", "conditions": [{"evaluator": limit, "type": "query"}]}
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "B",
        "data": [
            _data(
                "A", STAFF.uid, {"rawSql": sql(rule.query), "rawQuery": True, "editorMode": "code", "format": "table"}
            ),
            _data("B", EXPRESSION, threshold),
        ],
        "for": rule.lasting,
        # No row is nothing to say; a query that fails is.
        "noDataState": "OK",
        "execErrState": "Error",
        "dashboardUid": rule.dashboard,
        "panelId": rule.panel,
        "annotations": {
            # Grafana's pages and messages find the panel by these.
            "__dashboardUid__": rule.dashboard,
            "__panelId__": str(rule.panel),
            "summary": rule.summary,
            "description": rule.description,
            "runbook_url": page.consigne(rule.consigne, [one.consigne for one in RULES]),
        },
        "labels": {"service": "quartiers", "gravite": rule.severity},
        "isPaused": False,
    }


def _data(ref_id: str, source: str, model: dict[str, Any]) -> dict[str, Any]:
    reference = {"uid": source, "type": EXPRESSION if source == EXPRESSION else "grafana-postgresql-datasource"}
    return {
        "refId": ref_id,
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": source,
        "model": {"refId": ref_id, "datasource": reference, **model},
    }


def text() -> str:
    """Return the file: one group, in one folder."""
    group = {
        "orgId": 1,
        "name": "quartiers",
        "folder": FOLDER,
        "interval": INTERVAL,
        "rules": [written(rule) for rule in RULES],
    }
    return json.dumps({"apiVersion": 1, "groups": [group]}, indent=1, ensure_ascii=False) + "\n"
