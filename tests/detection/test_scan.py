"""An upload's artefact and an event in a quartier are told apart."""

import numpy as np
import pytest

from streams.detection.scan import Cluster, Zone, explained, likelihood_ratio, scan, uploads

QUARTIERS, LANDLORDS = 12, 4
QUARTIER, LANDLORD = (grid.ravel() for grid in np.meshgrid(np.arange(QUARTIERS), np.arange(LANDLORDS), indexing="ij"))
EXPECTED = np.full(QUARTIERS * LANDLORDS, 3.0)
ZONES = [Zone("landlord", f"B{number}", np.flatnonzero(number == LANDLORD)) for number in range(LANDLORDS)] + [
    Zone("commune", f"C{number}", np.flatnonzero(number == QUARTIER // 3)) for number in range(4)
]


def found(counts: "np.typing.NDArray[np.float64]") -> list[Cluster]:
    return scan(counts, EXPECTED, ZONES, 1.2, np.random.default_rng(1), 199)


def test_the_likelihood_ratio_of_an_excess() -> None:
    assert likelihood_ratio(np.array([10.0]), np.array([5.0]))[0] == pytest.approx(10 * np.log(2) - 5)
    assert likelihood_ratio(np.array([4.0, 0.0, 3.0]), np.array([5.0, 2.0, 0.0])).tolist() == [0, 0, 0]


def test_a_landlord_above_everywhere_is_an_upload() -> None:
    counts = EXPECTED.copy()
    counts[LANDLORD == 2] = 7
    clusters = found(counts)
    assert clusters[0].zone.name == "B2"
    assert clusters[0].p_value <= 0.01
    assert [one.zone.name for one in uploads(counts, EXPECTED, clusters)] == ["B2"]


def test_a_commune_where_all_landlords_are_above_is_not() -> None:
    counts = EXPECTED.copy()
    counts[QUARTIER // 3 == 1] = 9
    clusters = found(counts)
    assert clusters[0].zone.name == "C1"
    assert uploads(counts, EXPECTED, clusters) == []


def test_one_quartier_of_a_landlord_is_not_an_upload_however_large() -> None:
    counts = EXPECTED.copy()
    counts[(LANDLORD == 2) & (QUARTIER == 0)] = 60
    clusters = found(counts)
    assert "B2" in [one.zone.name for one in clusters]
    assert uploads(counts, EXPECTED, clusters) == []


def test_calm_is_not_significant_and_missing_cells_are_in_no_zone() -> None:
    counts = np.random.default_rng(3).poisson(EXPECTED).astype(np.float64)
    assert min(one.p_value for one in found(counts)) > 0.05
    counts[LANDLORD == 1] = np.nan
    assert "B1" not in [one.zone.name for one in found(counts)]


def test_only_what_the_landlord_explains_is_explained() -> None:
    counts = EXPECTED.copy()
    counts[LANDLORD == 2] = 8
    counts[(QUARTIER == 5) & (LANDLORD != 2)] = 12  # here the others are above too
    suspects = uploads(counts, EXPECTED, found(counts))
    assert [one.zone.name for one in suspects] == ["B2"]
    why = explained(QUARTIER, counts, EXPECTED, 1.2 * EXPECTED, suspects, 0.01)
    assert why.tolist() == [number != 5 for number in range(QUARTIERS)]
    assert not explained(QUARTIER, counts, EXPECTED, 1.2 * EXPECTED, [], 0.01).any()
