"""What was imported stays as it was, is replaced whole, and damage is said."""

from datetime import date
from pathlib import Path

import pytest
import shapely

from producers.errors import LandlordError
from producers.location.official_list import ImportedList, ListedQpv
from producers.location.perimeters import Imported
from producers.location.store import Origin, PerimeterStore
from tests.producers.location.makers import MIRAIL, ON, PRADETTES, perimeter


@pytest.fixture
def store(tmp_path: Path) -> PerimeterStore:
    return PerimeterStore(tmp_path / "perimeters")


def imported(*codes: str, source: str = "qp2024.geojson") -> Imported:
    return Imported(2024, source, "ab" * 32, [perimeter(code) for code in codes], [MIRAIL])


def test_nothing_is_there_before_an_import(store: PerimeterStore) -> None:
    assert (store.read(2015), store.read(2024), store.read_list()) == (None, None, None)


def test_perimeters_come_back_as_they_were_with_their_origin(store: PerimeterStore) -> None:
    store.keep(imported(MIRAIL, PRADETTES), ON)
    stored = store.read(2024)
    assert stored is not None
    assert stored.origin == Origin("qp2024.geojson", ON, "ab" * 32, 2, (MIRAIL,))
    assert [one.code for one in stored.perimeters] == [MIRAIL, PRADETTES]
    assert shapely.equals_exact(stored.perimeters[0].shape, perimeter(MIRAIL).shape)
    assert store.read(2015) is None


def test_a_new_import_replaces_the_former_whole(store: PerimeterStore) -> None:
    store.keep(imported(MIRAIL, PRADETTES), ON)
    store.keep(imported(PRADETTES, source="new.geojson"), date(2026, 12, 1))
    stored = store.read(2024)
    assert stored is not None
    assert (stored.origin.source, stored.origin.count) == ("new.geojson", 1)
    assert [path.name for path in store.folder.iterdir()] == ["qpv_2024.json"]


def test_the_list_comes_back(store: PerimeterStore) -> None:
    qpvs = [ListedQpv(MIRAIL, "Grand Mirail", ("31555", "31424"))]
    store.keep_list(ImportedList("liste.csv", "cd" * 32, qpvs), ON)
    assert store.read_list() == (Origin("liste.csv", ON, "cd" * 32, 1), tuple(qpvs))


@pytest.mark.parametrize("spoil", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "perimeters": [{}]}'])
def test_a_damaged_file_is_said_with_the_remedy(store: PerimeterStore, spoil: str) -> None:
    store.keep(imported(MIRAIL), ON)
    (store.folder / "qpv_2024.json").write_text(spoil)
    with pytest.raises(LandlordError, match=r"qpv_2024\.json est abîmé.*quartiers perimeters import"):
        store.read(2024)


def test_a_damaged_shape_or_list_too(store: PerimeterStore) -> None:
    store.keep(imported(MIRAIL), ON)
    path = store.folder / "qpv_2024.json"
    text = path.read_text()
    for wkb in ("00", "0101000000000000000000F03F000000000000F03F"):
        cut = text[: text.index('"wkb": "') + 8] + wkb + text[text.rindex('"}]') :]
        path.write_text(cut)
        with pytest.raises(LandlordError, match="est abîmé"):
            store.read(2024)
    (store.folder / "list_2024.json").write_text('{"format": 1, "qpvs": [{"code": "x"}]}')
    with pytest.raises(LandlordError, match="est abîmé"):
        store.read_list()
