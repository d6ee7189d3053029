"""Gated recurrent networks from scratch: the library of the book *Gated*.

The cells are in `gatedrnn.cells`, exact and in plain NumPy; importing this package imports
nothing else. Everything that needs more says which package to install.
"""

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.layers import Embedding, Linear
from gatedrnn.models import SequenceModel
from gatedrnn.optim import SGD, Adam, clip_by_global_norm
from gatedrnn.stack import Stack

__version__ = "0.1.0"

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "SGD",
    "Adam",
    "Embedding",
    "Linear",
    "SequenceModel",
    "Stack",
    "clip_by_global_norm",
]


def __getattr__(name: str):
    """Import `compare` when it is asked for: it needs pandas, which nothing else here does."""
    if name == "compare":
        from gatedrnn.comparison import compare

        return compare
    raise AttributeError(f"module 'gatedrnn' has no attribute {name!r}")
