"""The synthetic region: fictitious landlords over Occitanie's real stock, and the truth beside it."""

from producers.region.delivery import Publication
from producers.region.incidents import Incident
from producers.region.landlords import Landlord
from producers.region.simulate import Region, simulate
from producers.region.truth import Truth, TruthMove

__all__ = ["Incident", "Landlord", "Publication", "Region", "Truth", "TruthMove", "simulate"]
