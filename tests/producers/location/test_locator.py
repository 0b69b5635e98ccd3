"""Where a dwelling is, from what the extract has: priority, both generations, doubt, and remarks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from producers.location.geocoding import Found, Query
from producers.location.locator import OfficialLocator, open_locator
from producers.location.official_list import ListedQpv
from producers.location.perimeter_files import read_layer
from producers.location.perimeters import Perimeter, perimeters_of
from producers.location.place import Location, Whereabouts
from producers.location.projection import to_degrees
from producers.location.store import PerimeterStore
from producers.workspace import Workspace
from schemas.territories import load
from tests.producers.location.makers import (
    IN_TIME_OF_2015,
    MIRAIL,
    OF_2015,
    OF_2024,
    OFFICIAL,
    OLD_MIRAIL,
    OLD_PRADETTES,
    ON,
    PAMIERS,
    PRADETTES,
    SAINT_GIRONS,
    TOULOUSE,
    VILLAGE,
    centre,
    needs_official_files,
    perimeter,
)

MODIFIED, FORMER = "QN00901M", "QP009001"
ONLY_PAMIERS, ONLY_OLD_PAMIERS = "QN00903I", "QP009003"


def located(
    place: Whereabouts,
    *,
    on: date = ON,
    of_2024: Sequence[Perimeter] = (),
    of_2015: Sequence[Perimeter] = (),
    listed: Sequence[ListedQpv] = (),
) -> Location:
    return OfficialLocator(load(), {2024: of_2024, 2015: of_2015}, listed).locate(place, on)


def at(code: str, east: float = 0.0, north: float = 0.0, commune: str = TOULOUSE, **rest: object) -> Whereabouts:
    """Return a place so many metres from a QPV's centre."""
    x, y = centre(code)
    longitude, latitude = to_degrees([x + east], [y + north])
    return replace(
        Whereabouts(commune, longitude=float(longitude[0]), latitude=float(latitude[0])),
        **rest,  # type: ignore[arg-type]
    )


def said(location: Location) -> tuple[object, ...]:
    """Return all but the commune."""
    return (
        location.qpv_status,
        location.qpv_2024,
        location.qpv_2015,
        location.method,
        location.quality,
        location.remark,
    )


UNKNOWN = ("unknown", None, None, "unknown", "unknown")


def test_a_code_given_is_taken() -> None:
    assert said(located(Whereabouts(TOULOUSE, qpv_2024=MIRAIL))) == ("inside", MIRAIL, None, "code", "certain", "")


def test_codes_of_both_generations_are_kept() -> None:
    place = Whereabouts(TOULOUSE, qpv_2024=MIRAIL, qpv_2015=OLD_MIRAIL)
    assert said(located(place)) == ("inside", MIRAIL, OLD_MIRAIL, "code", "certain", "")


def test_an_identical_perimeter_gives_the_code_of_the_other_generation() -> None:
    expected = ("inside", PRADETTES, OLD_PRADETTES, "code", "certain", "")
    assert said(located(Whereabouts(TOULOUSE, qpv_2015=OLD_PRADETTES))) == expected
    assert said(located(Whereabouts(TOULOUSE, qpv_2024=PRADETTES))) == expected


def test_a_modified_perimeter_does_not_and_today_remains_unknown() -> None:
    assert said(located(Whereabouts(TOULOUSE, qpv_2015=OLD_MIRAIL))) == (
        "unknown",
        None,
        OLD_MIRAIL,
        "code",
        "certain",
        "",
    )


def test_no_lineage_is_followed_but_that_of_an_identical_perimeter() -> None:
    for qpv in load().qpvs_of(2024):
        found = located(Whereabouts(qpv.communes[0], qpv_2024=qpv.code))
        assert found.qpv_2015 == (qpv.lineage[0] if qpv.statut == "I" else None), qpv.code
    for qpv in load().qpvs_of(2015):
        found = located(Whereabouts(qpv.communes[0], qpv_2015=qpv.code))
        same = [one.code for one in load().qpvs_of(2024) if one.statut == "I" and one.lineage == (qpv.code,)]
        assert [found.qpv_2024] == (same or [None]), qpv.code


def test_a_code_of_another_commune_is_taken_with_a_remark() -> None:
    found = located(Whereabouts("31424", qpv_2024=MIRAIL))
    assert said(found) == ("inside", MIRAIL, None, "code", "uncertain", "code_not_in_commune")
    assert found.commune == "31424"


def test_a_qpv_over_several_communes_is_at_home_in_each() -> None:
    for commune in ("30051", "30132", "30307"):
        assert located(Whereabouts(commune, qpv_2024="QN03016M")).remark == ""


def test_the_official_list_may_add_a_commune_to_a_qpv_but_no_qpv() -> None:
    listed = [ListedQpv(MIRAIL, "", ("31555", "31424")), ListedQpv("QN03199N", "", ("31555",))]
    assert located(Whereabouts("31424", qpv_2024=MIRAIL), listed=listed).remark == ""
    assert located(Whereabouts(TOULOUSE, qpv_2024="QN03199N"), listed=listed).remark == "unknown_qpv"


def test_so_may_the_perimeters_and_a_commune_merged_since_is_followed() -> None:
    drawn = [replace(perimeter("QN00903I"), communes=("09225", "09255"))]
    assert located(Whereabouts("09056", qpv_2024="QN00903I"), of_2024=drawn).remark == ""
    assert located(Whereabouts("09056", qpv_2024="QN00903I")).remark == "code_not_in_commune"


@pytest.mark.parametrize("code", ["QN03199N", "QN031", "mirail", "QP0310077"])
def test_an_unknown_code_is_told_and_the_next_means_is_tried(code: str) -> None:
    assert said(located(Whereabouts(TOULOUSE, qpv_2024=code))) == (*UNKNOWN, "unknown_qpv")
    found = located(at(MIRAIL, qpv_2024=code), of_2024=OF_2024)
    assert said(found) == ("inside", MIRAIL, None, "coordinates", "certain", "unknown_qpv")


def test_a_code_in_the_column_of_the_other_generation_is_understood_and_told() -> None:
    found = located(Whereabouts(TOULOUSE, qpv_2024=OLD_MIRAIL, qpv_2015=MIRAIL))
    assert said(found) == ("inside", MIRAIL, OLD_MIRAIL, "code", "certain", "wrong_generation")
    both = located(Whereabouts(TOULOUSE, qpv_2024=OLD_PRADETTES, qpv_2015=OLD_MIRAIL))
    assert both.qpv_2015 == OLD_MIRAIL


def test_a_point_inside_gives_both_generations() -> None:
    found = located(at(MIRAIL), of_2024=OF_2024, of_2015=OF_2015)
    assert said(found) == ("inside", MIRAIL, OLD_MIRAIL, "coordinates", "certain", "")


def test_a_point_in_the_open_is_outside() -> None:
    found = located(at(MIRAIL, east=-2_000), of_2024=OF_2024, of_2015=OF_2015)
    assert said(found) == ("outside", None, None, "coordinates", "certain", "")


@pytest.mark.parametrize("east", [186.0, 214.0])
def test_near_the_border_codes_are_left_out_in_and_out(east: float) -> None:
    found = located(at(MIRAIL, east=east), of_2024=OF_2024, of_2015=OF_2015)
    assert said(found) == ("uncertain", None, None, "coordinates", "uncertain", "")


@pytest.mark.parametrize(("east", "status"), [(184.0, "inside"), (216.0, "outside")])
def test_fifteen_metres_further_it_is_sure(east: float, status: str) -> None:
    assert located(at(MIRAIL, east=east), of_2024=OF_2024, of_2015=OF_2015).qpv_status == status


def test_a_doubt_about_one_generation_is_none_about_the_other() -> None:
    of_2015 = [perimeter(OLD_MIRAIL, half=600.0)]
    found = located(at(MIRAIL, east=200), of_2024=OF_2024, of_2015=of_2015)
    assert said(found) == ("uncertain", None, OLD_MIRAIL, "coordinates", "uncertain", "")
    found = located(at(MIRAIL, east=200), of_2024=[perimeter(MIRAIL, half=600.0)], of_2015=OF_2015)
    assert said(found) == ("inside", MIRAIL, None, "coordinates", "certain", "")


def test_without_perimeters_coordinates_tell_nothing_and_that_is_said() -> None:
    assert said(located(at(MIRAIL))) == (*UNKNOWN, "no_perimeters")


def test_with_the_perimeters_of_2015_alone_today_is_known_by_lineage_only() -> None:
    assert said(located(at(PRADETTES), of_2015=OF_2015)) == (
        "inside",
        PRADETTES,
        OLD_PRADETTES,
        "coordinates",
        "certain",
        "",
    )
    assert said(located(at(MIRAIL), of_2015=OF_2015)) == (
        "unknown",
        None,
        OLD_MIRAIL,
        "coordinates",
        "certain",
        "no_perimeters",
    )


def test_a_file_that_lacks_a_qpv_of_the_commune_cannot_say_outside() -> None:
    lacking = [one for one in OF_2024 if one.code != PRADETTES]
    found = located(at(MIRAIL, east=-2_000), of_2024=lacking)
    assert said(found) == (*UNKNOWN, "perimeters_incomplete")
    assert located(at(MIRAIL), of_2024=lacking).qpv_2024 == MIRAIL


def test_a_code_goes_before_coordinates_and_a_contradiction_is_told() -> None:
    found = located(at(PRADETTES, qpv_2024=MIRAIL), of_2024=OF_2024)
    assert said(found) == ("inside", MIRAIL, None, "code", "uncertain", "code_and_point_differ")
    outside = located(at(MIRAIL, east=-2_000, qpv_2024=MIRAIL), of_2024=OF_2024)
    assert said(outside) == ("inside", MIRAIL, None, "code", "uncertain", "code_and_point_differ")
    assert said(located(at(MIRAIL, qpv_2024=MIRAIL), of_2024=OF_2024)) == (
        "inside",
        MIRAIL,
        None,
        "code",
        "certain",
        "",
    )


def test_a_code_of_2015_leaves_today_to_the_coordinates() -> None:
    found = located(at(MIRAIL, qpv_2015=OLD_MIRAIL), of_2024=OF_2024)
    assert said(found) == ("inside", MIRAIL, OLD_MIRAIL, "coordinates", "certain", "")


def test_coordinates_go_before_the_flag() -> None:
    assert located(at(MIRAIL, qpv_flag=False), of_2024=OF_2024).qpv_status == "inside"
    assert located(at(MIRAIL, east=-2_000, qpv_flag=True), of_2024=OF_2024).qpv_status == "outside"
    assert located(at(MIRAIL, east=200, qpv_flag=True), of_2024=OF_2024).qpv_status == "uncertain"


def test_the_flag_alone_says_inside_but_not_which_or_outside() -> None:
    assert said(located(Whereabouts(TOULOUSE, qpv_flag=True))) == ("inside", None, None, "flag", "uncertain", "")
    assert said(located(Whereabouts(TOULOUSE, qpv_flag=False))) == ("outside", None, None, "flag", "certain", "")


def test_the_flag_in_a_commune_with_one_qpv_names_it_unsurely() -> None:
    found = located(Whereabouts(PAMIERS, qpv_flag=True))
    assert said(found) == ("inside", ONLY_PAMIERS, ONLY_OLD_PAMIERS, "flag", "uncertain", "")
    found = located(Whereabouts(SAINT_GIRONS, qpv_flag=True))
    assert said(found) == ("inside", MODIFIED, None, "flag", "uncertain", "")


def test_a_flag_of_before_2024_speaks_of_the_qpvs_of_2015() -> None:
    found = located(Whereabouts(SAINT_GIRONS, qpv_flag=True), on=IN_TIME_OF_2015)
    assert said(found) == ("inside", None, FORMER, "flag", "uncertain", "")
    found = located(Whereabouts(PAMIERS, qpv_flag=True), on=IN_TIME_OF_2015)
    assert said(found) == ("inside", ONLY_PAMIERS, ONLY_OLD_PAMIERS, "flag", "uncertain", "")
    found = located(Whereabouts(SAINT_GIRONS, qpv_flag=False), on=IN_TIME_OF_2015)
    assert said(found) == ("outside", None, None, "flag", "uncertain", "")


def test_the_flag_in_a_commune_without_any_qpv_is_told() -> None:
    assert said(located(Whereabouts(VILLAGE, qpv_flag=True))) == (*UNKNOWN, "flag_without_qpv")


def test_nothing_but_a_commune_is_unknown_unless_the_commune_has_no_qpv() -> None:
    assert said(located(Whereabouts(TOULOUSE))) == (*UNKNOWN, "")
    assert said(located(Whereabouts(VILLAGE))) == ("outside", None, None, "flag", "certain", "")


def test_a_merged_commune_is_followed() -> None:
    assert located(Whereabouts("09255"), on=ON).commune == "09056"


def test_a_commune_of_another_region_is_told_from_an_unknown_one() -> None:
    assert said(located(Whereabouts("33063", qpv_flag=True))) == (*UNKNOWN, "outside_region")
    assert said(located(Whereabouts("31999", qpv_2024=MIRAIL))) == (*UNKNOWN, "unknown_commune")
    assert located(Whereabouts("33063")).commune == "33063"


def test_a_point_in_a_qpv_of_another_commune_is_told() -> None:
    found = located(at(MIRAIL, commune="31424"), of_2024=OF_2024)
    assert said(found) == ("inside", MIRAIL, None, "coordinates", "uncertain", "commune_far_from_point")
    assert found.commune == "31424"


def test_a_point_far_from_the_commune_is_told_and_one_beside_it_is_not() -> None:
    assert located(at(MIRAIL, east=40_000), of_2024=OF_2024).remark == "commune_far_from_point"
    assert located(at(MIRAIL, east=-3_000), of_2024=OF_2024).remark == ""
    montpellier = at("QN03411I", east=-2_000, commune=VILLAGE)
    assert located(montpellier, of_2024=OF_2024).remark == "commune_far_from_point"
    assert located(at(MIRAIL, east=-3_000, commune=VILLAGE), of_2024=OF_2024).remark == ""


def test_swapped_and_impossible_coordinates_are_told_and_not_used() -> None:
    good = at(MIRAIL, qpv_flag=True)
    swapped = replace(good, longitude=good.latitude, latitude=good.longitude)
    assert said(located(swapped, of_2024=OF_2024)) == ("inside", None, None, "flag", "uncertain", "point_swapped")
    for longitude, latitude in ((0.0, 0.0), (570_000.0, 6_278_000.0), (float("nan"), 43.6), (2.35, 48.85)):
        astray = replace(good, longitude=longitude, latitude=latitude)
        assert said(located(astray, of_2024=OF_2024)) == (
            "inside",
            None,
            None,
            "flag",
            "uncertain",
            "point_outside_region",
        )


def test_half_a_point_is_no_point() -> None:
    assert said(located(Whereabouts(TOULOUSE, longitude=1.4), of_2024=OF_2024)) == (*UNKNOWN, "")


def test_a_perimeter_that_the_tables_do_not_know_is_not_used() -> None:
    stranger = replace(perimeter(MIRAIL), code="QN03199N")
    found = located(at(MIRAIL), of_2024=[one for one in OF_2024 if one.code != MIRAIL] + [stranger])
    assert said(found) == (*UNKNOWN, "perimeters_incomplete")


class Addresses:
    """A geocoder that knows some addresses."""

    def __init__(self, known: dict[str, Found]) -> None:
        self.known = known
        self.asked: list[Query] = []

    def find(self, queries: Sequence[Query]) -> list[Found | None]:
        self.asked += queries
        return [self.known.get(query.address) for query in queries]


def found_at(code: str, east: float = 0.0, *, precise: bool = True, commune: str = TOULOUSE) -> Found:
    place = at(code, east)
    assert place.longitude is not None
    assert place.latitude is not None
    return Found(place.longitude, place.latitude, precise, commune)


def by_address(place: Whereabouts, known: Found | None = None) -> Location:
    geocoder = Addresses({"1 rue A": known} if known else {})
    return OfficialLocator(load(), {2024: OF_2024}, geocoder=geocoder).locate(place, ON)


def test_an_address_goes_before_coordinates() -> None:
    found = by_address(at(PRADETTES, address="1 rue A"), found_at(MIRAIL))
    assert said(found) == ("inside", MIRAIL, None, "address", "certain", "")


def test_the_middle_of_a_street_is_unsure() -> None:
    found = by_address(Whereabouts(TOULOUSE, address="1 rue A"), found_at(MIRAIL, precise=False))
    assert said(found) == ("inside", MIRAIL, None, "address", "uncertain", "")


def test_an_address_found_in_another_commune_is_told() -> None:
    found = by_address(Whereabouts(TOULOUSE, address="1 rue A"), found_at(MIRAIL, -2_000, commune="31424"))
    assert said(found) == ("outside", None, None, "address", "uncertain", "commune_far_from_point")


def test_an_address_not_found_leaves_the_coordinates_or_is_told() -> None:
    found = by_address(at(MIRAIL, address="1 rue A"))
    assert said(found) == ("inside", MIRAIL, None, "coordinates", "certain", "")
    found = by_address(Whereabouts(TOULOUSE, address="1 rue A", qpv_flag=False))
    assert said(found) == ("outside", None, None, "flag", "certain", "address_not_found")


def test_only_addresses_that_are_needed_are_asked_with_the_commune_of_today() -> None:
    geocoder = Addresses({})
    OfficialLocator(load(), {}, geocoder=geocoder).locate_all(
        [
            Whereabouts("09255", address="1 rue A"),
            Whereabouts(TOULOUSE, address="2 rue B", qpv_2024=MIRAIL),
            Whereabouts("33063", address="3 rue C"),
            Whereabouts(TOULOUSE, address="4 rue D", qpv_2015=OLD_PRADETTES),
            Whereabouts(TOULOUSE, address="5 rue E", qpv_2024="QN03199N", qpv_2015=OLD_MIRAIL),
            Whereabouts(TOULOUSE),
        ],
        ON,
    )
    assert geocoder.asked == [Query("1 rue A", "09056"), Query("5 rue E", TOULOUSE)]


def test_a_locator_opens_from_a_folder_and_an_empty_one_too(tmp_path: Path) -> None:
    assert open_locator(Workspace(tmp_path), load()).locate(at(MIRAIL), ON).remark == "no_perimeters"
    (tmp_path / "geocoding.toml").write_text('url = "http://127.0.0.1:1"')
    located_without_address = open_locator(Workspace(tmp_path), load()).locate(Whereabouts(TOULOUSE), ON)
    assert located_without_address.qpv_status == "unknown"


@needs_official_files
def test_dwellings_inside_the_official_perimeters_are_found_there(tmp_path: Path) -> None:
    store = PerimeterStore(tmp_path / "perimeters")
    for imported in perimeters_of(read_layer(OFFICIAL / "official_qpv2015_shapefile"), load()):
        store.keep(imported, ON)
    stored = store.read(2015)
    assert stored is not None
    locator = open_locator(Workspace(tmp_path), load())
    sure = 0
    for one in stored.perimeters:
        core = one.shape.buffer(-20)
        if core.is_empty:
            continue
        sure += 1
        point = core.representative_point()
        longitude, latitude = to_degrees([point.x], [point.y])
        commune = load().qpvs[one.code].communes[0]
        found = locator.locate(Whereabouts(commune, longitude=float(longitude[0]), latitude=float(latitude[0])), ON)
        assert found.qpv_2015 == one.code
        assert found.remark in {"", "no_perimeters"}
    assert sure > 95
