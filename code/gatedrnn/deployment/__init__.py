"""A trained model elsewhere: in fewer bytes, in integers, one step at a time."""

from gatedrnn.deployment.integer_cell import IntegerCell, with_integers
from gatedrnn.deployment.quantise import QuantisedMatrix, load_quantised, rounded, save_quantised
from gatedrnn.deployment.streaming import Stream

__all__ = [
    "IntegerCell",
    "QuantisedMatrix",
    "Stream",
    "load_quantised",
    "rounded",
    "save_quantised",
    "with_integers",
]
