"""In, out, or too near to say: by metres, whatever the company and the order."""

from math import cos, pi, sin

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from producers.location.perimeter_map import BORDER_METRES, PerimeterMap
from producers.location.perimeters import Perimeter

RADIUS = 400.0
angles = st.floats(0, 2 * pi)


def star(code: str, x: float, y: float, corners: int = 14) -> Perimeter:
    """Return a jagged perimeter about (x, y)."""
    points = [
        (x + r * cos(turn), y + r * sin(turn))
        for turn, r in ((2 * pi * k / corners, RADIUS if k % 2 else RADIUS * 0.7) for k in range(corners))
    ]
    return Perimeter(code, code, (), Polygon(points))


STARS = [star(f"QN0310{number}N", 570_000.0 + 1_000 * number, 6_278_000.0) for number in range(4)]
HOLED = Perimeter("QN03109N", "", (), box(0, 0, 1000, 1000) - box(400, 400, 600, 600))


def seen(perimeters: list[Perimeter], *points: tuple[float, float]) -> list[tuple[str | None, bool]]:
    perimeter_map = PerimeterMap(perimeters)
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    found = perimeter_map.find(x, y)
    return [
        (perimeter_map.codes[area] if area >= 0 else None, bool(doubtful))
        for area, doubtful in zip(found.area, found.doubtful, strict=True)
    ]


@given(st.integers(0, 3), st.floats(0, 1), angles)
def test_a_point_inside_and_far_from_the_border_is_inside_and_of_no_other(star: int, part: float, angle: float) -> None:
    centre = STARS[star].shape.centroid
    radius = part * (RADIUS * 0.55 - BORDER_METRES)
    assert seen(STARS, (centre.x + radius * cos(angle), centre.y + radius * sin(angle))) == [(STARS[star].code, False)]


@given(st.integers(0, 3), angles)
def test_crossing_the_border_goes_from_inside_over_doubt_to_outside(star: int, angle: float) -> None:
    shape = STARS[star].shape
    centre = shape.centroid
    way = shapely.LineString([(centre.x + r * cos(angle), centre.y + r * sin(angle)) for r in (0.0, 500.0)])
    crossing = way.project(shape.boundary.intersection(way))
    points = [way.interpolate(crossing + step) for step in (-100, -1, 1)] + [way.interpolate(499)]
    answers = seen(STARS, *((point.x, point.y) for point in points))
    assert [doubtful for _, doubtful in answers] == [False, True, True, False]
    assert (answers[0][0], answers[-1][0]) == (STARS[star].code, None)


@given(st.floats(0, 60), st.floats(0, 1), st.booleans())
def test_doubt_is_within_fifteen_metres_in_or_out_and_nowhere_else(metres: float, along: float, inward: bool) -> None:
    y = 300 + 400 * along
    x = -metres if not inward else metres
    ((code, doubtful),) = seen([Perimeter("QN03100N", "", (), box(0, 0, 1000, 1000))], (x, y))
    assert doubtful == (metres <= BORDER_METRES)
    if metres > 0:
        assert code == ("QN03100N" if inward else None)


@given(st.lists(st.tuples(st.floats(569_000, 574_500), st.floats(6_277_000, 6_279_000)), max_size=30), st.randoms())
def test_neither_the_order_of_the_perimeters_nor_the_company_of_a_point_matters(points, random) -> None:
    shuffled = random.sample(STARS, len(STARS))
    together = seen(STARS, *points)
    assert together == seen(shuffled, *points)
    assert together == [answer for point in points for answer in seen(shuffled, point)]


@given(st.lists(st.tuples(st.floats(569_500, 573_500), st.floats(6_277_500, 6_278_500)), min_size=1, max_size=40))
def test_the_index_answers_as_measuring_every_perimeter_would(points: list[tuple[float, float]]) -> None:
    for point, answer in zip(points, seen(STARS, *points), strict=True):
        spot = shapely.Point(point)
        covering = [one.code for one in STARS if one.shape.covers(spot)]
        near = any(one.shape.boundary.distance(spot) <= BORDER_METRES for one in STARS)
        assert answer == (covering[0] if covering else None, near)


def test_a_hole_is_outside_and_its_edge_is_a_border() -> None:
    assert seen([HOLED], (500, 500), (500, 610), (500, 650)) == [(None, False), ("QN03109N", True), ("QN03109N", False)]


def test_ground_that_two_perimeters_claim_is_doubtful_in_either_order() -> None:
    one, other = (
        Perimeter("QN03101N", "", (), box(0, 0, 500, 500)),
        Perimeter("QN03102N", "", (), box(200, 0, 700, 500)),
    )
    for perimeters in ([one, other], [other, one]):
        ((_, doubtful),) = seen(perimeters, (350, 250))
        assert doubtful
        assert seen(perimeters, (100, 250), (600, 250)) == [("QN03101N", False), ("QN03102N", False)]


def test_no_perimeter_or_no_point_is_no_trouble() -> None:
    assert seen([], (0, 0)) == [(None, False)]
    assert seen(STARS) == []
    assert seen(STARS, (np.nan, 0), (np.inf, np.inf)) == [(None, False), (None, False)]


def test_a_point_between_two_that_cannot_be_used_keeps_its_answer() -> None:
    centre = STARS[0].shape.centroid
    answers = seen(STARS, (np.nan, np.nan), (centre.x, centre.y), (np.nan, 1.0))
    assert answers == [(None, False), (STARS[0].code, False), (None, False)]


@pytest.mark.parametrize(("metres", "doubtful"), [(14.9, True), (15.1, False)])
def test_the_limit_is_fifteen_metres(metres: float, doubtful: bool) -> None:
    assert seen([HOLED], (1000 + metres, 500)) == [(None, doubtful)]
