r"""What the benchmark computes: a layer, its sizes, an input and a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent

__all__ = ["CELLS", "SIZES", "Problem", "Size"]

CELLS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


class Size(NamedTuple):
    """Steps, samples, size of an input, size of a state."""

    T: int
    N: int
    D: int
    H: int

    def __str__(self) -> str:
        return f"{self.T},{self.N},{self.D},{self.H}"


SIZES = (
    Size(35, 32, 28, 32),
    Size(32, 32, 28, 32),
    Size(35, 32, 64, 64),
    Size(64, 32, 88, 100),
    Size(35, 32, 28, 256),
    Size(35, 64, 256, 256),
    Size(100, 32, 128, 512),
)


@dataclass(frozen=True)
class Problem:
    """One layer in float32, and the arrays that everybody is given.

    A training step takes `xs` forward and `dhs` backward, to the gradients of the parameters and
    of `xs`; inference takes `xs` forward.

    Attributes
    ----------
    cell : RNN, LSTM or GRU
    xs : ndarray, shape (T, N, D)
    dhs : ndarray, shape (T, N, H)
    """

    cell: Recurrent
    xs: np.ndarray
    dhs: np.ndarray

    @classmethod
    def draw(cls, cell: str, size: Size) -> Problem:
        """Return the problem of a cell and a size; the same every time."""
        rng = np.random.default_rng(0)
        layer = CELLS[cell](size.D, size.H, rng=rng)
        for value in layer.params.values():  # biases that are not zero, so that they count
            value += 0.01 * rng.standard_normal(value.shape).astype(value.dtype)
        xs = rng.standard_normal((size.T, size.N, size.D), np.float32)
        dhs = rng.standard_normal((size.T, size.N, size.H), np.float32)
        return cls(layer, xs, dhs)
