"""Whatever the file, importing it ends with perimeters or with a message, never with a trace."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.errors import LandlordError
from producers.location.importing import import_file
from producers.location.store import PerimeterStore
from schemas.territories import load
from tests.producers.location.makers import MIRAIL, OLD_MIRAIL, ON, centre, degrees, ring, shape_file, square

anywhere = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

numbers = st.one_of(st.floats(), st.integers(-200, 200), st.floats(1.3, 1.5), st.floats(43.5, 43.7))
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5), st.just(MIRAIL), st.just("31555, 31424"))
nested: Any = st.recursive(numbers | st.text(max_size=2), lambda some: st.lists(some, max_size=5), max_leaves=20)
kinds = st.sampled_from(["Polygon", "MultiPolygon", "Point", "LineString", "GeometryCollection", "Nonsense", None, 3])
geometries = st.one_of(
    scalars,
    st.fixed_dictionaries(
        {"type": kinds}, optional={"coordinates": nested, "geometries": st.lists(scalars, max_size=2)}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("Polygon"),
            "coordinates": st.lists(st.lists(st.tuples(numbers, numbers), max_size=6), max_size=3),
        }
    ),
)
properties = st.one_of(
    scalars,
    st.lists(scalars, max_size=2),
    st.dictionaries(st.sampled_from(["code_qp", "CODE_QP", "insee_com", "lib_qp"]), scalars),
)
features = st.one_of(
    scalars, st.fixed_dictionaries({}, optional={"type": scalars, "properties": properties, "geometry": geometries})
)
documents = st.one_of(
    scalars,
    st.lists(features, max_size=3),
    st.fixed_dictionaries(
        {"features": st.one_of(scalars, st.lists(features, max_size=4))},
        optional={
            "crs": st.one_of(
                scalars, st.fixed_dictionaries({"properties": st.one_of(scalars, st.just({"name": "EPSG:2154"}))})
            )
        },
    ),
)


def assert_taken_or_explained(folder: Path, path: Path) -> None:
    store = PerimeterStore(folder / "perimeters")
    try:
        import_file(path, store, load(), ON)
    except LandlordError as error:
        assert str(error).strip()
        assert path.name in str(error)
    for generation in (2015, 2024):
        store.read(generation)


@anywhere
@given(documents)
def test_any_json_is_taken_or_explained(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "q.geojson"
    path.write_text(json.dumps(document))
    assert_taken_or_explained(tmp_path, path)


@anywhere
@given(st.binary(max_size=300), st.sampled_from(["q.geojson", "q.csv", "q.shp", "q.zip", "q"]))
def test_any_bytes_are_explained(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LandlordError) as caught:
        import_file(path, PerimeterStore(tmp_path / "perimeters"), load(), ON)
    assert name in str(caught.value)


@anywhere
@given(st.data())
def test_a_shapefile_with_a_few_bytes_wrong_is_taken_or_explained(tmp_path: Path, data: st.DataObject) -> None:
    folder = shape_file(tmp_path / "f", [(OLD_MIRAIL, "Mirail", "Toulouse", [ring(degrees(square(OLD_MIRAIL)))])])
    part = folder / data.draw(st.sampled_from(["QP_WGS84.shp", "QP_WGS84.dbf", "QP_WGS84.shx", "QP_WGS84.prj"]))
    content = bytearray(part.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    part.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    assert_taken_or_explained(tmp_path, folder)


@anywhere
@given(st.data())
def test_an_archive_with_a_few_bytes_wrong_is_taken_or_explained(tmp_path: Path, data: st.DataObject) -> None:
    x, y = centre(MIRAIL)
    path = tmp_path / "q.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("q.geojson", json.dumps({"type": "FeatureCollection", "features": [], "x": x, "y": y}))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    assert_taken_or_explained(tmp_path, path)


lines = st.lists(
    st.lists(
        st.one_of(st.text(max_size=6), st.sampled_from(['="57"', MIRAIL, "31555", '"', '="a;b"'])), max_size=6
    ).map(";".join),
    max_size=5,
)


@anywhere
@given(st.sampled_from(["code_qp;lib_qp;insee_com", "code_qp;lib_qp", ""]), lines)
def test_any_table_is_taken_or_explained(tmp_path: Path, header: str, rows: list[str]) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8-sig", errors="replace")
    assert_taken_or_explained(tmp_path, path)
