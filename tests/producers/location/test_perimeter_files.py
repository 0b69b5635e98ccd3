"""Official perimeters are read whatever their dress, and what is wrong with a file is said in French."""

import zipfile
from pathlib import Path

import pytest
from shapely import area, box, symmetric_difference
from shapely.geometry import Polygon

from producers.errors import LandlordError
from producers.location.perimeter_files import read_layer
from producers.location.perimeters import Imported, perimeters_of
from schemas.territories import load
from tests.producers.location.makers import (
    MIRAIL,
    OFFICIAL,
    OLD_MIRAIL,
    OLD_PRADETTES,
    PRADETTES,
    centre,
    degrees,
    geojson,
    needs_official_files,
    ring,
    shape_file,
    square,
)

CODE = {"code_qp": MIRAIL, "lib_qp": "Grand Mirail", "insee_com": "31555"}


def imported(path: Path, *, everywhere: bool = False) -> Imported:
    (found,) = perimeters_of(read_layer(path), load(), everywhere=everywhere)
    return found


def refused(path: Path) -> str:
    with pytest.raises(LandlordError) as caught:
        perimeters_of(read_layer(path), load())
    return str(caught.value)


def assert_is_the_square(found: Imported, code: str = MIRAIL) -> None:
    (one,) = found.perimeters
    assert one.code == code
    assert area(symmetric_difference(one.shape, square(code))) < 1.0


def test_a_geojson_of_2024_gives_code_name_communes_and_shape_in_metres(tmp_path: Path) -> None:
    found = imported(geojson(tmp_path / "qp2024.geojson", [(CODE, degrees(square(MIRAIL)))]))
    assert (found.generation, found.source, found.mended, found.problems) == (2024, "qp2024.geojson", [], [])
    assert (found.perimeters[0].name, found.perimeters[0].communes) == ("Grand Mirail", ("31555",))
    assert_is_the_square(found)


def test_a_byte_order_mark_and_a_declared_lambert_93_are_coped_with(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "q.json", [(CODE, square(MIRAIL))], crs="urn:ogc:def:crs:EPSG::2154", encoding="utf-8-sig"
    )
    assert_is_the_square(imported(path))


@pytest.mark.parametrize("crs", [None, "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:nonsense"])
def test_metres_that_are_said_to_be_degrees_are_known_as_lambert_93(tmp_path: Path, crs: str | None) -> None:
    assert_is_the_square(imported(geojson(tmp_path / "q.geojson", [(CODE, square(MIRAIL))], crs=crs)))


@pytest.mark.parametrize(
    ("text", "communes"),
    [("31555, 31424", ("31555", "31424")), ("31555;31424", ("31555", "31424")), (9261, ("09261",)), (None, ())],
)
def test_communes_are_several_or_numbers_or_absent(tmp_path: Path, text: object, communes: tuple[str, ...]) -> None:
    path = geojson(tmp_path / "q.geojson", [({**CODE, "insee_com": text}, degrees(square(MIRAIL)))])
    assert imported(path).perimeters[0].communes == communes


def test_heights_are_dropped_and_parts_of_one_qpv_are_put_together(tmp_path: Path) -> None:
    x, y = centre(MIRAIL)
    west = {"type": "Polygon", "coordinates": [[[*point, 120.0] for point in ring(degrees(box(x - 200, y, x, y + 9)))]]}
    east = degrees(box(x, y, x + 200, y + 9))
    found = imported(geojson(tmp_path / "q.geojson", [(CODE, west), ({**CODE, "insee_com": "31424"}, east)]))
    (one,) = found.perimeters
    assert one.communes == ("31424", "31555")
    assert one.shape.area == pytest.approx(400 * 9, rel=1e-3)
    assert not one.shape.has_z


def test_a_shapefile_in_cp1252_that_says_nothing_of_it_keeps_its_accents(tmp_path: Path) -> None:
    folder = shape_file(tmp_path / "f", [(OLD_MIRAIL, "Cœur d’été", "Séméac", [ring(degrees(square(OLD_MIRAIL)))])])
    found = imported(folder)
    assert found.generation == 2015
    assert found.perimeters[0].name == "Cœur d’été"
    assert_is_the_square(found, OLD_MIRAIL)


def test_a_shapefile_in_utf_8_too(tmp_path: Path) -> None:
    records = [(OLD_MIRAIL, "Près Saint-Jean", "Alès", [ring(degrees(square(OLD_MIRAIL)))])]
    assert imported(shape_file(tmp_path / "f", records, encoding="utf-8")).perimeters[0].name == "Près Saint-Jean"


def test_a_cpg_that_lies_is_not_believed(tmp_path: Path) -> None:
    folder = shape_file(tmp_path / "f", [(OLD_MIRAIL, "Près", "Alès", [ring(degrees(square(OLD_MIRAIL)))])])
    (folder / "QP_WGS84.cpg").write_text("UTF-8")
    assert imported(folder).perimeters[0].name == "Près"


@pytest.mark.parametrize("epsg", [2154, None])
def test_a_shapefile_in_lambert_93_is_known_by_its_prj_or_by_its_metres(tmp_path: Path, epsg: int | None) -> None:
    records = [(OLD_MIRAIL, "Mirail", "Toulouse", [ring(square(OLD_MIRAIL))])]
    assert_is_the_square(imported(shape_file(tmp_path / "f", records, name="QP", epsg=epsg)), OLD_MIRAIL)


def test_a_shp_a_folder_and_a_zip_give_the_same(tmp_path: Path) -> None:
    folder = shape_file(tmp_path / "f", [(OLD_MIRAIL, "Mirail", "Toulouse", [ring(degrees(square(OLD_MIRAIL)))])])
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("__MACOSX/._QP_WGS84.shp", b"nothing")
        for part in folder.iterdir():
            archive.write(part, f"QP/{part.name}")
    found = [imported(path) for path in (folder, folder / "QP_WGS84.shp", tmp_path / "f.zip")]
    assert found[0].perimeters == found[1].perimeters == found[2].perimeters
    assert found[0].sha256 == found[1].sha256 == found[2].sha256
    assert [one.source for one in found] == ["f", "QP_WGS84.shp", "f.zip"]


def test_of_several_layers_the_one_in_degrees_is_taken(tmp_path: Path) -> None:
    folder = shape_file(
        tmp_path / "f", [(OLD_MIRAIL, "L93", "Toulouse", [ring(square(OLD_MIRAIL))])], name="QP_LB93", epsg=2154
    )
    shape_file(folder, [(OLD_MIRAIL, "WGS", "Toulouse", [ring(degrees(square(OLD_MIRAIL)))])])
    assert imported(folder).perimeters[0].name == "WGS"


def test_layers_that_nothing_tells_apart_are_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        geojson(tmp_path / f"{name}.geojson", [(CODE, degrees(square(MIRAIL)))])
    assert "plusieurs couches (a.geojson, b.geojson)" in refused(tmp_path)


def test_a_self_touching_ring_is_mended_without_losing_ground_and_told(tmp_path: Path) -> None:
    x, y = centre(MIRAIL)
    # Two squares drawn in one stroke that meet in a point.
    bow = Polygon(
        [(x, y), (x + 100, y), (x + 100, y + 100), (x, y + 100), (x, y), (x - 100, y), (x - 100, y - 100), (x, y - 100)]
    )
    assert not bow.is_valid
    found = imported(geojson(tmp_path / "q.geojson", [(CODE, degrees(bow))]))
    assert found.mended == [MIRAIL]
    assert found.perimeters[0].shape.is_valid
    assert found.perimeters[0].shape.area == pytest.approx(20_000, rel=1e-3)


def test_ground_drawn_twice_stays_inside(tmp_path: Path) -> None:
    x, y = centre(MIRAIL)
    twice = [(x, y), (x + 100, y), (x + 100, y + 100), (x, y + 100)]
    found = imported(geojson(tmp_path / "q.geojson", [(CODE, degrees(Polygon([*twice, *twice])))]))
    assert found.perimeters[0].shape.area == pytest.approx(10_000, rel=1e-3)


def test_what_has_no_ground_is_told_and_left_out(tmp_path: Path) -> None:
    features = [
        (CODE, degrees(square(MIRAIL))),
        ({"code_qp": PRADETTES}, None),
        ({"code_qp": "QN03105M"}, {"type": "Point", "coordinates": [1.4, 43.6]}),
    ]
    found = imported(geojson(tmp_path / "q.geojson", features))
    assert_is_the_square(found)
    assert found.problems == [
        f"objet 2 ({PRADETTES}) : sans géométrie, laissé de côté",
        "objet 3 (QN03105M) : ce n'est pas une surface aux coordonnées lisibles, laissé de côté",
    ]


def test_a_record_without_a_shape_too(tmp_path: Path) -> None:
    records = [
        (OLD_MIRAIL, "Mirail", "Toulouse", [ring(degrees(square(OLD_MIRAIL)))]),
        (OLD_PRADETTES, "Pradettes", "Toulouse", None),
    ]
    found = imported(shape_file(tmp_path / "f", records))
    assert_is_the_square(found, OLD_MIRAIL)
    assert found.problems == [f"objet 2 ({OLD_PRADETTES}) : sans géométrie, laissé de côté"]


def test_only_the_region_is_kept_unless_asked_and_never_overseas(tmp_path: Path) -> None:
    elsewhere = degrees(square(MIRAIL))
    features = [
        (CODE, degrees(square(MIRAIL))),
        ({"code_qp": "QN03301N"}, elsewhere),
        ({"code_qp": "QN97401N"}, elsewhere),
    ]
    path = geojson(tmp_path / "q.geojson", features)
    assert [one.code for one in imported(path).perimeters] == [MIRAIL]
    assert imported(path).left_out == 2
    assert [one.code for one in imported(path, everywhere=True).perimeters] == [MIRAIL, "QN03301N"]


def test_a_code_that_is_none_is_told_and_the_others_stay(tmp_path: Path) -> None:
    features = [(CODE, degrees(square(MIRAIL))), ({"code_qp": "QN0310"}, degrees(square(MIRAIL)))]
    found = imported(geojson(tmp_path / "q.geojson", features))
    assert_is_the_square(found)
    assert found.problems == ["objet 2 : « QN0310 » n'est pas un code de QPV, laissé de côté"]


def test_a_file_with_nothing_of_the_region_replaces_nothing(tmp_path: Path) -> None:
    elsewhere = geojson(tmp_path / "q.geojson", [({"code_qp": "QN03301N"}, degrees(square(MIRAIL)))])
    assert "aucun périmètre utilisable (1 d'une autre région)" in refused(elsewhere)
    shapeless = geojson(tmp_path / "s.geojson", [(CODE, None)])
    assert f"objet 1 ({MIRAIL}) : sans géométrie" in refused(shapeless)


def test_both_generations_in_one_file_are_told_apart(tmp_path: Path) -> None:
    features = [(CODE, degrees(square(MIRAIL))), ({"code_qp": OLD_MIRAIL}, degrees(square(OLD_MIRAIL)))]
    found = perimeters_of(read_layer(geojson(tmp_path / "q.geojson", features)), load())
    assert [(one.generation, one.perimeters[0].code) for one in found] == [(2015, OLD_MIRAIL), (2024, MIRAIL)]


def test_swapped_axes_are_seen_and_nothing_is_taken(tmp_path: Path) -> None:
    swapped = [[latitude, longitude] for longitude, latitude in ring(degrees(square(MIRAIL)))]
    path = geojson(tmp_path / "q.geojson", [(CODE, {"type": "Polygon", "coordinates": [swapped]})])
    assert "longitude et latitude sont-elles inversées" in refused(path)


def test_a_wrong_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("rien")
    (tmp_path / "empty.geojson").write_text("")
    (tmp_path / "list.geojson").write_text("[1, 2]")
    (tmp_path / "cut.geojson").write_bytes(geojson(tmp_path / "q.geojson", [(CODE, square(MIRAIL))]).read_bytes()[:200])
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 not an archive")
    assert "n'existe pas" in refused(tmp_path / "none.geojson")
    assert "ni un GeoJSON, ni un shapefile" in refused(tmp_path / "notes.txt")
    assert "ni un GeoJSON, ni un shapefile" in refused(tmp_path / "bad.zip")
    for name in ("empty", "list", "cut"):
        assert f"{name}.geojson n'est pas un GeoJSON lisible" in refused(tmp_path / f"{name}.geojson")


def test_a_layer_of_something_else_is_named_by_its_columns(tmp_path: Path) -> None:
    path = geojson(tmp_path / "communes.geojson", [({"nom": "Toulouse"}, degrees(square(MIRAIL)))])
    assert "une colonne code_qp" in refused(path)
    assert "(vu : nom)" in refused(path)
    empty = geojson(tmp_path / "none.geojson", [])
    assert "aucun objet" in refused(empty)


def test_a_damaged_or_locked_archive_is_said_so(tmp_path: Path) -> None:
    inside = geojson(tmp_path / "q.geojson", [(CODE, degrees(square(MIRAIL)))])
    path = tmp_path / "q.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inside, "q.geojson")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Feature", b"feature", 1))
    assert "q.zip ne peut pas être lu" in refused(path)
    # Bit 0 of the flags, in the local header and in the directory, says that the content is encrypted.
    locked = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[content.index(signature) + offset] |= 1
    path.write_bytes(locked)
    assert "q.zip ne peut pas être lu" in refused(path)


def test_unknown_coordinates_are_refused(tmp_path: Path) -> None:
    path = geojson(tmp_path / "q.geojson", [(CODE, box(5e8, 5e8, 6e8, 6e8))])
    assert "système de coordonnées inconnu (premier point : 600000000, 500000000)" in refused(path)


def test_a_shapefile_without_its_table_or_damaged_is_said_so(tmp_path: Path) -> None:
    folder = shape_file(tmp_path / "f", [(OLD_MIRAIL, "Mirail", "Toulouse", [ring(degrees(square(OLD_MIRAIL)))])])
    content = (folder / "QP_WGS84.shp").read_bytes()
    (folder / "QP_WGS84.shp").write_bytes(content[:60])
    assert "est abîmé" in refused(folder)
    (folder / "QP_WGS84.dbf").unlink()
    assert "il manque le fichier .dbf" in refused(folder)


@needs_official_files
@pytest.mark.parametrize("name", ["official_qpv2015_shapefile", "qpv2015_occitanie_wgs84.geojson"])
def test_the_official_perimeters_of_2015_are_all_there(name: str) -> None:
    found = imported(OFFICIAL / name)
    assert {one.code for one in found.perimeters} == {qpv.code for qpv in load().qpvs_of(2015)}
    assert found.mended == ["QP034021"]
    assert found.problems == []
    names = {one.code: one.name for one in found.perimeters}
    assert names["QP030001"].startswith("Près Saint Jean - Cévennes")


@needs_official_files
def test_all_1514_records_are_read_and_the_invalid_ones_mended() -> None:
    found = imported(OFFICIAL / "official_qpv2015_shapefile", everywhere=True)
    assert len(found.perimeters) + found.left_out == 1514
    assert len(found.mended) == 28
    assert all(one.shape.is_valid and one.shape.area > 1000 for one in found.perimeters)


@needs_official_files
def test_the_official_sample_of_2024_is_read() -> None:
    found = imported(OFFICIAL / "qpv2024_sample_occitanie.geojson")
    assert len(found.perimeters) == 5
    assert {one.code for one in found.perimeters} <= set(load().qpvs)
