"""RPLS in the database: a vintage is replaced as a whole, and where there is none the census is unknown."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from operations.rpls.importing import import_rpls
from operations.rpls.reading import RplsError, parse_rpls

pytestmark = pytest.mark.services
SOURCE = "INSEE, RPLS 2024"
CENSUS = "SELECT year, dwellings, source FROM core.census JOIN core.territory USING (territory_id) WHERE code = %s"


@pytest.fixture
def kept(database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    yield database
    database.execute("DELETE FROM core.rpls_qpv")


def file_of(*lines: str) -> Any:
    return parse_rpls("\n".join(("codgeo;nbLsPls;txVac;txRot", *lines)), "rpls.csv")


def census(database: psycopg.Connection[Any], code: str) -> list[tuple[Any, ...]]:
    return database.execute(CENSUS, (code,)).fetchall()


def test_a_quartier_of_2024_has_a_census_once_its_file_is_imported(kept: psycopg.Connection[Any]) -> None:
    assert census(kept, "QN03107M") == []
    done = import_rpls(kept, file_of("QN03107M;1200;3,1;8,2", "QN97501N;10;;", "QN03117N;;;"), 2024, SOURCE)
    assert (done.kept, done.secret, done.elsewhere) == (2, 1, 1)
    assert "QN03108I" not in {"QN03107M", "QN03117N"}.intersection(done.missing)
    assert census(kept, "QN03107M") == [(2024, 1200, SOURCE)]
    assert census(kept, "QN03117N") == []


def test_an_identical_perimeter_has_that_of_2015_and_a_modified_one_none(kept: psycopg.Connection[Any]) -> None:
    query = """
        SELECT t.statut, count(census.territory_id) FROM core.territory AS t
        JOIN core.qpv_lineage ON qpv_2024 = t.code JOIN core.rpls USING (qpv_2015)
        LEFT JOIN core.census USING (territory_id)
        WHERE rpls.dwellings IS NOT NULL GROUP BY 1
    """
    counts = dict(kept.execute(query).fetchall())
    assert counts["I"] > 20
    assert counts["M"] == 0


def test_a_second_import_replaces_the_vintage_of_its_generation_only(kept: psycopg.Connection[Any]) -> None:
    import_rpls(kept, file_of("QP031007;900;;"), 2024, SOURCE)
    import_rpls(kept, file_of("QN03107M;1200;;", "QN03108M;100;;"), 2024, SOURCE)
    import_rpls(kept, file_of("QN03107M;1300;;"), 2024, SOURCE)
    assert kept.execute("SELECT code, dwellings FROM core.rpls_qpv ORDER BY 1").fetchall() == [
        ("QN03107M", 1300),
        ("QP031007", 900),
    ]


def test_nothing_is_written_of_a_faulty_file_or_a_dry_run(kept: psycopg.Connection[Any]) -> None:
    with pytest.raises(RplsError, match="ligne 3, colonne 2"):
        import_rpls(kept, file_of("QN03107M;1200;;", "QN03108M;x;;"), 2024, SOURCE)
    assert import_rpls(kept, file_of("QN03107M;1200;;"), 2024, SOURCE, dry_run=True).kept == 1
    assert kept.execute("SELECT count(*) FROM core.rpls_qpv").fetchall() == [(0,)]


def test_a_file_of_another_region_is_refused(kept: psycopg.Connection[Any]) -> None:
    with pytest.raises(RplsError, match="Aucun quartier de la région"):
        import_rpls(kept, file_of("QN97501N;10;;"), 2024, SOURCE)
