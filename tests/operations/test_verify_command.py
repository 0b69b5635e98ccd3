"""`quartiers verify`, `--as-of` and `rebuild`: the proof as an operator calls it, and the mending of what it found."""

import dataclasses
import json
from datetime import date

import pytest

from operations.rebuild import rebuild, renew_territories
from operations.reference import load_reference
from operations.verify import verify
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import Territories, load
from tests.operations.conftest import Quartiers
from tests.streams.stage import Stage, message, move, stock

pytestmark = pytest.mark.services
CELL = {"commune": "31555", "qpv_2024": "QN03107M", "let": 40}
TAMPERED = {
    "daily": ("UPDATE core.daily_counter SET n = n + 1", "compteurs quotidiens"),
    "monthly": ("DELETE FROM core.monthly_counter", "compteurs mensuels"),
    "rolling": ("UPDATE core.rolling_counter SET n = 7", "fenêtres glissantes"),
    "stock": ("UPDATE core.stock_counter SET dwellings = 0", "parcs"),
}


def filled(stage: Stage) -> None:
    """Take moves inside and outside a QPV, and a stock."""
    inside = {"qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
    moves = [move(number=n, effective_on=f"2026-03-0{n}", **(inside if n % 2 else {})) for n in (1, 2, 3, 4)]
    stage.take(message(0, [*moves, move(number=9, direction="in"), stock(CELL)]))
    stage.assert_counters_equal_a_recount()


def test_equal_counters_end_with_0(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    filled(stage)
    said = quartiers("verify")
    assert said.code == 0
    assert "Recomptage de 5 mouvements" in said.out
    assert "Égal" in said.out


def test_an_empty_ledger_is_equal(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    assert quartiers("verify").code == 0


@pytest.mark.parametrize("grain", TAMPERED)
def test_a_tampered_counter_ends_with_1_is_printed_and_mended_by_rebuild(
    stage: Stage, here: Settings, quartiers: Quartiers, grain: str
) -> None:
    filled(stage)
    before = stage.everything()
    statement, words = TAMPERED[grain]
    stage.connection.execute(statement)
    said = quartiers("verify")
    assert said.code == 1
    assert "Des compteurs diffèrent." in said.out
    assert f"  {words} {{" in said.out
    assert "recompté" in said.out
    document = json.loads(quartiers("verify", "--json").out)
    assert not document["equal"]
    assert [name for name, n in document["differing"].items() if n] == [grain]
    assert document["differences"][0]["grain"] == grain
    mended = quartiers("rebuild")
    assert mended.code == 0
    assert f"{words} : " in mended.out
    assert quartiers("verify").code == 0
    assert stage.everything() == before


def test_what_a_machine_reads_of_equal_counters(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    filled(stage)
    said = quartiers("verify", "--json")
    document = json.loads(said.out)
    assert said.code == 0
    assert document["equal"] is True
    assert document["moves"] == 5
    assert document["as_of"] == "2026-03-15"
    assert document["differences"] == []
    assert all(document["compared"][grain] > 0 for grain in (*TAMPERED, "facts"))


def test_the_differences_listed_are_few_and_all_are_counted(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    stage.take(message(0, [move(number=n, effective_on=f"2026-01-{n:02d}") for n in range(1, 31)]))
    stage.connection.execute("DELETE FROM core.daily_counter")
    document = json.loads(quartiers("verify", "--json").out)
    assert document["differing"]["daily"] == 30
    assert len(document["differences"]) == 20


def test_the_past_as_it_was_known(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    stage.take(message(0, [move(number=n, effective_on="2026-03-01") for n in (1, 2)], day=date(2026, 3, 2)))
    stage.take(message(1, [move(number=1, revision=2, effective_on="2026-02-27")], day=date(2026, 3, 5)))
    said = quartiers("verify", "--as-of", "2026-03-04", "--json")
    assert (said.code, json.loads(said.out)) == (
        0,
        {"as_of": "2026-03-04", "months": [{"month": "2026-03", "direction": "out", "moves": 2}]},
    )
    later = quartiers("verify", "--as-of", "2026-03-05")
    assert "Connu au soir du 05/03/2026" in later.out
    assert [line.split()[1::2] for line in later.out.splitlines() if "départs" in line] == [
        ["2026-02", "départs", "1"],
        ["2026-03", "départs", "1"],
    ]
    assert json.loads(quartiers("verify", "--as-of", "2026-03-01", "--json").out)["months"] == []


def test_a_day_that_does_not_exist_is_refused(stage: Stage, here: Settings, quartiers: Quartiers) -> None:
    assert quartiers("verify", "--as-of", "2026-02-30").code == 2


def moved_to(territories: Territories, commune: str, epci: str) -> Territories:
    """Return the territories with a commune in another EPCI."""
    changed = dataclasses.replace(territories.communes[commune], epci=epci)
    return dataclasses.replace(territories, communes={**territories.communes, commune: changed})


def counted(stage: Stage, level: str, code: str) -> int:
    rows = stage.rows(
        "SELECT coalesce(sum(n), 0)::integer FROM core.monthly_counter JOIN core.territory USING (territory_id) "
        "WHERE level = %s AND code = %s",
        *(level, code),
    )
    return int(rows[0][0])


def test_new_tables_move_the_counters_to_the_new_perimeters_in_one_step(stage: Stage, settings: Settings) -> None:
    filled(stage)
    territories = load()
    old = territories.communes["31555"].epci
    new = next(code for code in territories.epcis if code != old)
    assert (counted(stage, "epci", old), counted(stage, "epci", new)) == (5, 0)
    try:
        with connect(settings, "migrator") as connection:
            written = renew_territories(connection, moved_to(territories, "31555", new))
        assert written["compteurs mensuels"] > 0
        assert (counted(stage, "epci", old), counted(stage, "epci", new)) == (0, 5)
        stage.assert_counters_equal_a_recount()
    finally:
        with connect(settings, "migrator") as connection:
            rebuild(connection, territories)
    assert (counted(stage, "epci", old), counted(stage, "epci", new)) == (5, 0)
    stage.assert_counters_equal_a_recount()


def test_the_same_tables_again_recount_nothing(stage: Stage, settings: Settings) -> None:
    filled(stage)
    with connect(settings, "migrator") as connection:
        assert renew_territories(connection, load()) == {}


def test_moves_that_carry_a_new_qpv_count_on_its_perimeter_once_it_is_known(stage: Stage, settings: Settings) -> None:
    """A table of QPVs that lacks a code: its moves count in the commune, and when it is known in the QPV too."""
    filled(stage)
    code = "QN03107M"
    assert counted(stage, "qpv_2024", code) == 2
    with connect(settings, "migrator") as connection:
        try:
            connection.execute(
                "DELETE FROM core.cell_territory USING core.territory AS t "
                "WHERE t.territory_id = cell_territory.territory_id AND t.code = %s",
                (code,),
            )
            connection.execute("DELETE FROM core.territory WHERE code = %s", (code,))
            connection.commit()
            rebuild(connection)
            connection.commit()
            assert counted(stage, "qpv_2024", code) == 0
            assert counted(stage, "commune", "31555") == 5
            stage.assert_counters_equal_a_recount()
        finally:
            connection.rollback()
            renew_territories(connection, load())
    assert counted(stage, "qpv_2024", code) == 2
    assert counted(stage, "commune", "31555") == 5
    stage.assert_counters_equal_a_recount()


def test_rebuilding_waits_for_the_batch_in_flight_and_keeps_it(stage: Stage, settings: Settings) -> None:
    filled(stage)
    with connect(settings, "migrator") as connection, stage.another_worker() as other:
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock_shared(7240001)")
            connection.execute("SET lock_timeout = '100ms'")
            connection.commit()
            with pytest.raises(Exception, match="lock timeout"):
                rebuild(connection, load())
        connection.rollback()
        rebuild(connection, load())
    stage.assert_counters_equal_a_recount()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core.nature SET nature_class = 'technical' WHERE direction = 'out'",
        "UPDATE core.nature SET nature_class = 'out_of_scope' WHERE direction = 'out'",
    ],
    ids=["another class", "no move any more"],
)
def test_what_a_move_counts_as_is_recounted_from_what_was_declared(stage: Stage, change: str) -> None:
    filled(stage)
    with connect(stage.settings, "migrator", autocommit=True) as owner:
        owner.execute(change)
        try:
            assert not verify(stage.connection).equal
            rebuild(owner)
            mended = verify(stage.connection)
            assert mended.equal, mended.differences
            assert stage.rows(
                "SELECT count(*) FROM core.move LEFT JOIN core.counted_move AS counted USING (landlord, move_id) "
                "WHERE move.flow IS DISTINCT FROM counted.flow"
            ) == [(0,)]
        finally:
            load_reference(owner, load())
            rebuild(owner)
    assert verify(stage.connection).equal
