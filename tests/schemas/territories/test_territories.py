"""The packaged territories: complete, consistent, and honest about what they do not know."""

import re
from collections import Counter
from pathlib import Path

import pytest

import schemas.territories
from schemas.territories import Qpv, Territories, load
from schemas.territories.checks import departement_of_qpv
from schemas.territories.models import departement_of_commune

OCCITANIE = {"09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"}


@pytest.fixture(scope="module")
def territories() -> Territories:
    return load()


def test_all_of_occitanie_is_there(territories: Territories) -> None:
    assert len(territories.communes) == 4446
    assert len(territories.epcis) == 164
    assert set(territories.departements) == OCCITANIE
    assert set(territories.regions) == {"76"}
    by_departement = Counter(commune.departement for commune in territories.communes.values())
    assert by_departement["31"] == 586
    assert by_departement["48"] == 152


def test_every_commune_has_an_epci_and_inhabitants_are_about_six_millions(territories: Territories) -> None:
    communes = territories.communes.values()
    assert all(commune.epci in territories.epcis for commune in communes)
    assert {commune.epci for commune in communes} == set(territories.epcis)
    assert 6_000_000 < sum(commune.population or 0 for commune in communes) < 6_300_000


def test_the_ladder_of_toulouse(territories: Territories) -> None:
    toulouse = territories.communes["31555"]
    assert (toulouse.name, toulouse.epci, toulouse.departement, toulouse.region) == (
        "Toulouse",
        "243100518",
        "31",
        "76",
    )
    assert territories.epcis[toulouse.epci].name == "Toulouse Métropole"
    assert territories.departements["31"].name == "Haute-Garonne"
    assert territories.regions["76"].name == "Occitanie"


def test_both_generations_have_their_number_of_qpvs(territories: Territories) -> None:
    assert len(territories.qpvs_of(2024)) == 108
    assert len(territories.qpvs_of(2015)) == 105
    assert Counter(qpv.statut for qpv in territories.qpvs_of(2024)) == {"M": 65, "I": 33, "N": 10}
    assert {qpv.statut for qpv in territories.qpvs_of(2015)} == {""}
    codes = [qpv.code for qpv in territories.qpvs_of(2024)]
    assert codes == sorted(codes)


def test_another_generation_is_refused(territories: Territories) -> None:
    with pytest.raises(ValueError, match="2016"):
        territories.qpvs_of(2016)


def test_a_qpv_of_two_communes_keeps_both_in_both_generations(territories: Territories) -> None:
    old, new = territories.qpvs["QP065003"], territories.qpvs["QN06503M"]
    assert old.communes == new.communes == ("65417", "65440")
    assert [territories.communes[code].name for code in old.communes] == ["Séméac", "Tarbes"]
    assert old.epci == new.epci == ("200069300",)
    assert territories.qpvs["QN03016M"].communes == ("30051", "30132", "30307")


def test_the_lineage_leads_from_2024_to_2015_and_uses_no_code_twice(territories: Territories) -> None:
    lineage = [code for qpv in territories.qpvs_of(2024) for code in qpv.lineage]
    assert len(lineage) == len(set(lineage))
    old = {qpv.code for qpv in territories.qpvs_of(2015)}
    assert old - set(lineage) == {"QP031009", "QP031015", "QP031018", "QP034015"}
    assert territories.qpvs["QN03105M"].lineage == ("QP031005", "QP031016")
    assert all(qpv.lineage == () for qpv in territories.qpvs_of(2015))


def test_a_modified_qpv_keeps_every_commune_of_its_predecessors(territories: Territories) -> None:
    for qpv in territories.qpvs_of(2024):
        before = {commune for code in qpv.lineage for commune in territories.qpvs[code].communes}
        assert before <= set(qpv.communes), qpv.code


def test_the_stock_of_a_2024_qpv_is_that_of_its_old_perimeters(territories: Territories) -> None:
    for qpv in territories.qpvs_of(2024):
        before = [territories.qpvs[code] for code in qpv.lineage]
        known = [old.dwellings for old in before if old.dwellings is not None]
        assert qpv.dwellings == (sum(known) if known else None), qpv.code
        if len(before) == 1:
            assert qpv.vacancy_percent == before[0].vacancy_percent, qpv.code
            assert qpv.rotation_percent == before[0].rotation_percent, qpv.code
        else:
            assert qpv.vacancy_percent is None, qpv.code
            assert qpv.rotation_percent is None, qpv.code


def test_rpls_speaks_of_the_present_perimeter_only_where_it_is_identical(territories: Territories) -> None:
    speaking = {qpv.code for qpv in territories.qpvs_of(2024) if qpv.rpls_on_this_perimeter}
    assert len(speaking) == 33
    assert all(code.endswith("I") for code in speaking)
    assert all(qpv.rpls_on_this_perimeter for qpv in territories.qpvs_of(2015))


def test_the_2024_columns_fool_nobody() -> None:
    header = (Path(schemas.territories.__file__).parent / "qpv_2024.csv").read_text("utf-8").splitlines()[0]
    rpls = [column for column in header.split(",") if "rpls" in column]
    assert len(rpls) == 3
    assert all(column.endswith("_old_perimeter") for column in rpls)


def test_the_grand_mirail_is_known_by_its_figures(territories: Territories) -> None:
    mirail = territories.qpvs["QP031007"]
    assert (mirail.dwellings, mirail.vacancy_percent, mirail.rotation_percent) == (9231, 1.9, 7.4)
    secret = territories.qpvs["QP009002"]
    assert (secret.dwellings, secret.vacancy_percent, secret.rotation_percent) == (None, None, None)


def test_every_centroid_lies_in_occitanie(territories: Territories) -> None:
    for qpv in territories.qpvs.values():
        assert -0.33 < qpv.longitude < 4.85, qpv.code
        assert 42.33 < qpv.latitude < 45.05, qpv.code


def near(one: Qpv, longitude: float, latitude: float) -> bool:
    return abs(one.longitude - longitude) < 0.06 and abs(one.latitude - latitude) < 0.06


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [
        ("QN03107M", 1.40, 43.57),
        ("QN03415I", 3.67, 43.42),
        ("QN04801N", 3.50, 44.52),
        ("QN03421N", 3.43, 43.63),
        ("QN01205N", 3.08, 44.10),
        ("QN06503M", 0.08, 43.23),
    ],
)
def test_centroids_are_where_the_towns_are(
    territories: Territories, code: str, longitude: float, latitude: float
) -> None:
    assert near(territories.qpvs[code], longitude, latitude)


def test_the_source_of_a_centroid_follows_from_the_history(territories: Territories) -> None:
    assert {qpv.centroid_source for qpv in territories.qpvs_of(2015)} == {"perimeter_2015"}
    for qpv in territories.qpvs_of(2024):
        guessed = qpv.centroid_source in {"commune", "town_centre"}
        assert guessed == (qpv.statut == "N"), qpv.code
        if qpv.centroid_source == "predecessor":
            before = [territories.qpvs[code] for code in qpv.lineage]
            assert qpv.longitude == pytest.approx(sum(old.longitude for old in before) / len(before), abs=1.1e-3)
            assert qpv.latitude == pytest.approx(sum(old.latitude for old in before) / len(before), abs=1.1e-3)
    sources = Counter(qpv.centroid_source for qpv in territories.qpvs_of(2024))
    assert sources == {"predecessor": 93, "perimeter_2024": 5, "commune": 6, "town_centre": 4}


def test_the_default_is_read_once_and_a_copy_gives_the_same(territories: Territories, tmp_path: Path) -> None:
    assert load() is territories
    for path in Path(schemas.territories.__file__).parent.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert load(tmp_path) == territories


def test_departements_in_codes_of_corsica_and_overseas() -> None:
    assert departement_of_qpv("QP02A001") == departement_of_qpv("QN02A01M") == "2A"
    assert departement_of_qpv("QP031007") == "31"
    assert departement_of_qpv("QP009001") == "09"
    assert departement_of_qpv("QP974001") == departement_of_commune("97411") == "974"
    assert departement_of_commune("2B033") == "2B"


def test_the_tables_name_no_machine_and_no_registry() -> None:
    for path in Path(schemas.territories.__file__).parent.iterdir():
        if path.suffix in {".csv", ".md", ".py"}:
            assert not re.search(r"https?://|/(work|tmp|home)/", path.read_text("utf-8")), path.name
