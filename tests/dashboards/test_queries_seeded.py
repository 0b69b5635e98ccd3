"""Every query of every panel and variable, run as Grafana would on a simulated region: its answer has its shape."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import psycopg
import pytest
from scipy.stats import poisson

from dashboards import palette
from dashboards.asked import Asked, every_query
from dashboards.source import PUBLIC
from schemas.events.reasons import REASONS
from schemas.indicators import indicators
from tests.dashboards.queries import QUARTIER, answer, dressed
from tests.dashboards.shapes import check, check_figures

pytestmark = pytest.mark.services
QUERIES = [asked for asked in every_query() if asked.uid != PUBLIC]
CLOCKS = {"Âge du dernier enregistrement"}
EVERY = pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.name)


@EVERY
def test_an_answer_has_the_shape_that_its_panel_reads(asked: Asked, seeded: psycopg.Connection[Any]) -> None:
    check(asked, answer(seeded, asked))


def test_every_column_that_a_panel_dresses_is_answered(seeded: psycopg.Connection[Any]) -> None:
    wanted: dict[tuple[str, int], set[str]] = {}
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for asked in QUERIES:
        if asked.format != "variable":
            key = (asked.uid, asked.panel["id"])
            wanted[key] = set(dressed(asked.panel))
            found[key] |= set(answer(seeded, asked).types)
    assert {key: names - found[key] for key, names in wanted.items() if names - found[key]} == {}


@EVERY
def test_an_answer_does_not_depend_on_the_time_zone_of_the_session(
    asked: Asked, seeded: psycopg.Connection[Any]
) -> None:
    def still(zone: str) -> list[dict[str, Any]]:
        rows = answer(seeded, asked, zone=zone).rows
        return [{name: value for name, value in row.items() if name not in CLOCKS} for row in rows]

    assert still("UTC") == still("Europe/Paris") == still("America/Los_Angeles")


def named(title: str, uid: str) -> list[Asked]:
    return [asked for asked in QUERIES if asked.uid == uid and asked.panel.get("title", "").startswith(title)]


def rows(seeded: psycopg.Connection[Any], uid: str, title: str, index: int = 0) -> list[dict[str, Any]]:
    return answer(seeded, named(title, uid)[index]).rows


def test_months_are_those_of_paris(seeded: psycopg.Connection[Any]) -> None:
    for row in rows(seeded, "region", "Départs et arrivées par mois"):
        month: datetime = row["Mois"]
        assert (month.hour, month.day) in {(23, 31), (23, 30), (23, 29), (23, 28), (22, 31), (22, 30)}


def test_the_bars_are_the_months_of_the_table(seeded: psycopg.Connection[Any]) -> None:
    bars = rows(seeded, "region", "Départs et arrivées par mois")
    windows = {row["Fenêtre"]: row for row in rows(seeded, "region", "Tout le parc social")}
    for window, months in (("1 mois", 1), ("3 mois", 3), ("12 mois", 12)):
        for count in ("Départs", "Arrivées"):
            assert windows[window][count] == sum(row[count] for row in bars[-months:])


def test_the_list_has_the_108_quartiers_and_its_links_lead_to_variables_that_exist(
    seeded: psycopg.Connection[Any],
) -> None:
    listed = rows(seeded, "region", "Les 108 QPV")
    assert len(listed) == 108
    (variable,) = (asked for asked in QUERIES if asked.format == "variable" and asked.panel["name"] == "qpv")
    for departement in {row["departement"] for row in listed}:
        values = answer(seeded, variable, {"departement": departement, "qpv": ""}).rows
        inside = {row["Code"] for row in listed if row["departement"] == departement}
        assert {value["__value"] for value in values} == inside


def test_the_sum_of_the_quartiers_is_the_figure_of_the_region(seeded: psycopg.Connection[Any]) -> None:
    (whole,) = rows(seeded, "region", "QPV de la région")
    shown = [row for row in rows(seeded, "region", "Les 108 QPV") if row["Solde 12 m"] is not None]
    assert whole["QPV comptés"] == len(shown)
    assert whole["Départs"] == sum(row["Dép. 12 m"] for row in shown)
    assert whole["Logements"] == sum(row["Logements"] for row in shown)
    assert float(whole["Taux de départ"]) == pytest.approx(100 * whole["Départs"] / float(whole["Logements"]))


def test_a_line_ends_at_the_rate_of_the_table_beside_it(seeded: psycopg.Connection[Any]) -> None:
    beside = {row["Territoire"]: row for row in rows(seeded, "quartier", "Les mêmes taux")}
    assert set(beside) == set(palette.COMPARED)
    end = rows(seeded, "quartier", "Taux de départ, 12 mois glissants")[-1]
    assert set(end) - {"time", "Au moins", "Au plus"} == set(beside)
    for name, row in beside.items():
        if row["Statut"] == "value":
            assert float(end[name]) == pytest.approx(float(row["Taux de départ"]), abs=0.01)
        else:
            assert end[name] is None, "a rate of a minority of the dwellings is drawn"
    assert beside["Ce quartier"]["Statut"] == "value"


def test_a_rate_is_departures_over_dwellings_within_its_interval(seeded: psycopg.Connection[Any]) -> None:
    for row in rows(seeded, "quartier", "Les mêmes taux"):
        rate = 100 * float(row["Départs"]) / float(row["Logements"])
        assert float(row["Taux de départ"]) == pytest.approx(rate, abs=0.01)
        assert row["Au moins"] < row["Taux de départ"] < row["Au plus"]


def test_a_difference_is_told_only_when_the_intervals_are_apart(seeded: psycopg.Connection[Any]) -> None:
    for uid, title in (("quartier", "Les mêmes taux"), ("indicateurs", "L'indicateur choisi, comparé")):
        own, *others = rows(seeded, uid, title)
        assert own["Écart"] == "référence"
        for row in others:
            apart = own["Au moins"] > row["Au plus"] or own["Au plus"] < row["Au moins"]
            assert (row["Écart"] in ("plus haut ici", "plus bas ici")) == apart, row


def test_all_indicators_of_a_territory_are_those_of_the_registry(seeded: psycopg.Connection[Any]) -> None:
    wanted = {one.name for one in indicators().values() if one.numerator is not None and 12 in one.windows}
    assert {row["Indicateur"] for row in rows(seeded, "indicateurs", "Tous les indicateurs")} == wanted


@pytest.mark.parametrize("niveau", ["commune", "epci", "departement", "region", "qpv_2015"])
@pytest.mark.parametrize("asked", [one for one in QUERIES if "${territoire:" in one.sql], ids=lambda asked: asked.name)
def test_a_territory_of_every_level_can_be_asked_for(
    asked: Asked, niveau: str, seeded: psycopg.Connection[Any]
) -> None:
    codes = {"commune": "30189", "epci": "243000643", "departement": "30", "region": "76", "qpv_2015": "QP030001"}
    variables = QUARTIER | {"niveau": niveau, "territoire": codes[niveau]}
    got = answer(seeded, asked, variables)
    if asked.format != "variable":
        assert got.rows
    if asked.panel["type"] == "stat":
        check_figures(got)


def test_the_classes_of_a_path_and_the_unknown_make_the_departures(seeded: psycopg.Connection[Any]) -> None:
    told = seeded.execute("""
        SELECT sum(path.departures)::integer, min(measure.departures), count(path.departures)
        FROM staff.path JOIN staff.measure USING (territory_id, part, month)
        WHERE window_months = 12 AND path.month = path.through AND measure.departures > 0
        GROUP BY territory_id, part, month HAVING count(path.departures) > 0""").fetchall()
    assert len(told) > 100
    for classes, whole, shown in told:
        assert classes == whole if shown == 8 else classes < whole


@pytest.mark.parametrize("view", ["indicator", "compared_indicator"])
def test_no_figure_stands_on_a_count_of_moves_under_the_threshold(view: str, seeded: psycopg.Connection[Any]) -> None:
    quartiers = [one for (one,) in seeded.execute("SELECT territory_id FROM staff.qpv WHERE departement = '31'")]
    small = seeded.execute(
        f"SELECT DISTINCT indicator FROM staff.{view} WHERE territory_id = ANY (%s) AND window_months = 12 "
        "AND month > '2025-06-01' AND (numerator > 0 AND numerator < 5 OR numerator < 0)",
        (quartiers,),
    ).fetchall()
    assert {code for (code,) in small} <= {"vacancy_rate", "long_vacancy_rate", "balance", "completeness"}


def test_a_month_without_a_bar_has_a_word_in_the_ribbon(seeded: psycopg.Connection[Any]) -> None:
    variables = {"departement": "09", "qpv": "QN00903I"}
    (bars,) = named("Départs et arrivées par mois déclaré", "quartier")
    (ribbon,) = named("Ce que vaut chaque mois", "quartier")
    words = {row["time"]: row for row in answer(seeded, ribbon, variables).rows}
    shown = answer(seeded, bars, variables).rows
    assert any(row["Départs"] is None for row in shown)
    for row in shown:
        for count in ("Départs", "Arrivées"):
            assert (row[count] is not None) == (words[row["Mois"]][count] == "value")


def test_open_alerts_are_those_that_may_be_lifted_or_wait_for_an_answer(seeded: psycopg.Connection[Any]) -> None:
    opened = rows(seeded, "alertes", "Alertes ouvertes sur des quartiers")
    assert [(row["Code"], row["Genre"], row["Niveau"], row["État"], row["Hasard"]) for row in opened] == [
        ("QN03001I", "departures_up", "alert", "provisional", "< 0,001"),
        ("QN03107M", "departures_up", "alert", "confirmed", "< 0,0001"),
        ("QN03001I", "arrivals_down", "watch", "provisional", "< 0,01"),
    ]
    assert [row["Voisins"] for row in opened] == ["1 sur 2"] * 3
    assert [row["Couverture"] for row in opened] == [91] * 3
    (state,) = rows(seeded, "alertes", "Ouvertes en ce moment")
    counted = [state[name] for name in ("Alertes sur un quartier", "À surveiller", "Sur des déclarations")]
    assert [*counted, state["Sans avis de l'équipe"]] == [2, 1, 2, 4]


def test_the_evidence_of_an_alert_is_a_count_that_staff_is_shown_or_nothing(seeded: psycopg.Connection[Any]) -> None:
    for row in rows(seeded, "alertes", "Alertes ouvertes sur des quartiers"):
        ((count, rehoused),) = seeded.execute(
            "SELECT departures, departures_rehoused FROM staff.measure JOIN staff.qpv USING (territory_id) "
            "WHERE code = %s AND part = 'all' AND window_months = 1 AND staff.month_start(month) = %s",
            (row["Code"], row["Mois"]),
        ).fetchall()
        if row["Genre"] == "departures_up":
            assert row["Observé"] in (None, count - (rehoused or 0) if count is not None else None)
        assert (row["Attendu"] is None) == (row["Observé"] is None)


def test_a_point_of_the_funnel_is_what_staff_is_shown_of_twelve_months(seeded: psycopg.Connection[Any]) -> None:
    (departures, _, bounds) = (answer(seeded, asked).rows for asked in named("Observé et attendu", "alertes"))
    shown = dict(
        seeded.execute(
            "SELECT name || ' (' || code || ')', departures - coalesce(departures_rehoused, 0) FROM staff.measure "
            "JOIN staff.qpv USING (territory_id) WHERE part = 'all' AND window_months = 12 AND month = '2025-10-01' "
            "AND departures IS NOT NULL"
        ).fetchall()
    )
    assert len(departures) > 20
    for row in departures:
        assert row["Observé"] == shown[row["Quartier"]]
        assert row["Observé"] == 0 or row["Observé"] >= 5
        assert row["Attendu"] >= 5
        assert row["Départs"] == pytest.approx(row["Observé"] / row["Attendu"])
    for row in bounds:
        assert row["99,8 %, bas"] < row["95 %, bas"] < 1 < row["95 %, haut"] < row["99,8 %, haut"]
    assert bounds[0]["Attendu borné"] <= min(row["Attendu"] for row in departures)


def test_the_bounds_of_the_funnel_are_those_of_a_poisson_count(seeded: psycopg.Connection[Any]) -> None:
    *_, bounds = (answer(seeded, asked).rows for asked in named("Observé et attendu", "alertes"))
    for row in bounds:
        expected = row["Attendu borné"]
        for name, share in (("95 %", 0.025), ("99,8 %", 0.001)):
            assert row[f"{name}, haut"] * expected == pytest.approx(float(poisson.isf(share, expected)), abs=1.2)
            assert row[f"{name}, bas"] * expected == pytest.approx(float(poisson.ppf(share, expected)), abs=1.2)


def test_the_budget_tells_what_chance_alone_would_raise(seeded: psycopg.Connection[Any]) -> None:
    months = rows(seeded, "alertes", "Le budget de fausses alertes")
    assert len(months) == 14
    for row in months:
        assert (row["Tests"], row["Signaux dus au hasard"], row["Alertes dues au hasard"]) == (540, 5.4, 0.2)
        assert row["QPV sans verdict"] == 2
    counted = [(row["Signaux"], row["Alertes"], row["Levées"], row["Écartées"]) for row in months[:4]]
    assert counted == [(2, 1, 0, 0), (1, 1, 0, 1), (2, 2, 1, 0), (1, 0, 0, 0)]
    history = rows(seeded, "alertes", "Alertes par mois examiné")
    told = [(row["Confirmées"], row["Provisoires"], row["Levées"], row["À surveiller"]) for row in history[:-5:-1]]
    assert told == [(0, 1, 0, 1), (1, 0, 0, 0), (1, 0, 1, 0), (0, 0, 0, 1)]


def test_the_coverage_of_a_month_counts_every_quartier_once(seeded: psycopg.Connection[Any]) -> None:
    for row in rows(seeded, "alertes", "Couverture des mois examinés"):
        assert sum(value for name, value in row.items() if name != "Mois") == 108


def test_the_chain_counts_every_event_once(seeded: psycopg.Connection[Any]) -> None:
    (total,) = rows(seeded, "chaine", "Sort des événements · depuis le début")
    landlords = rows(seeded, "chaine", "Bailleur par bailleur")
    reasons = rows(seeded, "chaine", "Motifs de refus")
    for outcome in palette.OUTCOMES:
        assert total[outcome] == sum(row[outcome] for row in landlords)
    assert total["Refusés"] == sum(row["Refusés"] for row in reasons)
    assert {row["Motif"] for row in reasons} <= REASONS.keys()


def test_the_chain_shows_what_waits(seeded: psycopg.Connection[Any]) -> None:
    (state,) = rows(seeded, "chaine", "État de la chaîne")
    landlords = rows(seeded, "chaine", "Bailleur par bailleur")
    assert state["Messages en attente"] == sum(row["En attente"] for row in landlords) == 3 * len(landlords)
    assert state["Trous de lecture"] == 0
    assert 0 <= state["Âge du dernier enregistrement"] < 3600
