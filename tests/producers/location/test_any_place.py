"""Whatever an extract says of places: one decision, that never contradicts itself."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.location.locator import OfficialLocator
from producers.location.place import Whereabouts
from producers.location.remarks import REMARKS
from schemas.territories import load
from tests.producers.location.makers import (
    IN_TIME_OF_2015,
    MIRAIL,
    OF_2015,
    OF_2024,
    OLD_MIRAIL,
    OLD_PRADETTES,
    ON,
    PAMIERS,
    PRADETTES,
    TOULOUSE,
    VILLAGE,
)

codes_2024 = st.sampled_from([None, MIRAIL, PRADETTES, OLD_MIRAIL, "QN03199N"])
codes_2015 = st.sampled_from([None, OLD_MIRAIL, OLD_PRADETTES, "QP031999"])
communes = st.sampled_from([TOULOUSE, VILLAGE, PAMIERS, "09255", "33063", "31999"])
longitudes = st.one_of(st.none(), st.just(float("nan")), st.floats(1.36, 1.45), st.floats(-180, 180))
latitudes = st.one_of(st.none(), st.floats(43.55, 43.60), st.floats(-90, 90))
places = st.builds(
    Whereabouts, communes, codes_2024, codes_2015, st.sampled_from([None, True, False]), longitudes, latitudes
)
WHOLE = OfficialLocator(load(), {2024: OF_2024, 2015: OF_2015})
BACKWARDS = OfficialLocator(load(), {2024: OF_2024[::-1], 2015: OF_2015[::-1]})


@settings(deadline=None)
@given(st.lists(places, max_size=12), st.sampled_from([ON, IN_TIME_OF_2015]))
def test_one_by_one_all_at_once_and_in_any_order_of_perimeters_the_decision_is_the_same(
    some: list[Whereabouts], on: date
) -> None:
    together = WHOLE.locate_all(some, on)
    assert together == [WHOLE.locate(place, on) for place in some] == BACKWARDS.locate_all(some, on)
    assert together[::-1] == WHOLE.locate_all(some[::-1], on)


@settings(deadline=None)
@given(places, st.sampled_from([ON, IN_TIME_OF_2015]))
def test_a_location_never_contradicts_itself(place: Whereabouts, on: date) -> None:
    found = WHOLE.locate(place, on)
    known = load().qpvs
    assert (found.qpv_2024 is None) or (found.qpv_status == "inside" and known[found.qpv_2024].generation == 2024)
    assert (found.qpv_2015 is None) or known[found.qpv_2015].generation == 2015
    assert (found.quality == "unknown") == (found.method == "unknown")
    assert found.quality != "certain" or found.qpv_status != "uncertain"
    assert found.remark == "" or found.remark in REMARKS
    assert found.commune in load().communes or found.remark in {"outside_region", "unknown_commune"}
