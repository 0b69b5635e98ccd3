"""Territories of one's own: from a file to a level that is counted as every other."""

from pathlib import Path

import pytest

from operations import own_territories as own
from operations.verify import verify
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load
from streams.measures.refresh import refresh
from tests.operations.conftest import Quartiers
from tests.streams.stage import Stage, declaration, message, move, stock

GOOD = "code;nom;membre\nCV-TLSE;Contrat de ville de Toulouse;QN03107M\nCV-TLSE;Contrat de ville de Toulouse;31555\n"
INSIDE = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
BORDER = {"commune": "65440", "qpv_2024": "QN06503M", "qpv_2015": "QP065003"}
COUNTED = """
SELECT part, month::text, dwellings, departures FROM core.observed_month JOIN core.territory USING (territory_id)
WHERE level = 'own' AND code = %s AND departures > 0 ORDER BY 1
"""


def test_a_file_is_read_into_territories_and_their_members() -> None:
    (one,) = own.read(GOOD, load())
    assert one == own.OwnTerritory("CV-TLSE", "Contrat de ville de Toulouse", ("QN03107M", "31555"))
    assert own.read("\ufeff" + GOOD.replace(";", ","), load()) == [one]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ligne 1 : colonne « code » absente"),
        ("code;nom\nA;B\n", "ligne 1 : colonne « membre » absente"),
        ("code;nom;membre\n", "aucun territoire"),
        ("code;nom;membre\nA;B;QN99999X\n", "ligne 2, colonne membre : « QN99999X » n'est ni un QPV"),
        ("code;nom;membre\nA;;31555\n", "ligne 2, colonne nom : vide"),
        ("code;nom;membre\nA B;N;31555\n", "ligne 2, colonne code : « A B »"),
        ("code;nom;membre\n31555;N;31555\n", "ligne 2, colonne code : 31555 est déjà le code d'un territoire officiel"),
        ("code;nom;membre\nA;N;31555\nA;M;31557\n", "ligne 3, colonne nom : A s'appelle « N » plus haut"),
        ("code;nom;membre\nA;N;31555\nA;N;31555\n", "ligne 3, colonne membre : 31555 est déjà membre de A"),
    ],
)
def test_a_fault_is_said_with_its_line_and_column(text: str, said: str) -> None:
    with pytest.raises(own.OwnTerritoryError, match="(?s)" + said.replace("(", r"\(")):
        own.read(text, load())


def test_every_fault_of_a_file_is_said_at_once() -> None:
    with pytest.raises(own.OwnTerritoryError) as caught:
        own.read("code;nom;membre\nA;N;nulle-part\nA;N;31555\nB;;31555\n", load())
    assert [line.split(",")[0] for line in str(caught.value).splitlines()] == ["ligne 2", "ligne 4"]


def filled(stage: Stage) -> None:
    moves = [move(number=n, effective_on="2026-02-10", **(INSIDE if n % 2 else {})) for n in (1, 2, 3)]
    moves.append(move(number=4, effective_on="2026-02-10", **BORDER))
    cells = [{**INSIDE, "let": 40}, {"commune": "31555", "let": 100}, {**BORDER, "let": 7}]
    stage.take(message(0, [*moves, stock(*cells), declaration()]))


@pytest.mark.services
def test_a_territory_is_counted_as_every_other_and_a_cell_once(
    stage: Stage, here: Settings, quartiers: Quartiers, tmp_path: Path
) -> None:
    file = tmp_path / "contrats.csv"
    file.write_text(GOOD, encoding="utf-8")
    filled(stage)
    assert quartiers("territory", "import", str(file)).code == 0
    try:
        # QN03107M lies in 31555: its three cells are there once.
        assert stage.rows(COUNTED, "CV-TLSE") == [
            ("all", "2026-02-01", 140, 3),
            ("hors_qpv", "2026-02-01", 100, 1),
            ("qpv", "2026-02-01", 40, 2),
        ]
        assert "CV-TLSE" in quartiers("territory", "list").out
        stage.take(message(1, [move(number=9, effective_on="2026-02-11", **INSIDE)]))
        refresh(stage.connection)
        assert stage.rows(COUNTED, "CV-TLSE")[0][-1] == 4
        verdict = verify(stage.connection)
        assert verdict.equal, verdict.differences
    finally:
        gone = quartiers("territory", "remove", "CV-TLSE")
    assert gone.code == 0
    assert stage.rows("SELECT code FROM core.territory WHERE level = 'own'") == []
    assert verify(stage.connection).equal


@pytest.mark.services
def test_an_import_replaces_the_members_and_leaves_other_territories(stage: Stage, here: Settings) -> None:
    filled(stage)
    first = [own.OwnTerritory("A", "Un", ("31555",)), own.OwnTerritory("B", "Deux", ("QP065003",))]
    with connect(here, "migrator") as connection:
        try:
            own.keep(connection, first)
            own.keep(connection, [own.OwnTerritory("A", "Un autre", ("QN06503M",))])
            assert own.known(connection) == [own.OwnTerritory("A", "Un autre", ("QN06503M",)), first[1]]
            connection.commit()
            assert stage.rows(COUNTED, "A") == stage.rows(COUNTED, "B")
            assert stage.rows(COUNTED, "A")[0][2:] == (7, 1)
        finally:
            for code in ("A", "B"):
                own.remove(connection, code)


@pytest.mark.services
def test_what_is_not_known_is_not_removed(here: Settings, quartiers: Quartiers) -> None:
    said = quartiers("territory", "remove", "NULLE-PART")
    assert said.code == 1
    assert "NULLE-PART n'est pas connu ici" in said.err + said.out
