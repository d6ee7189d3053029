r"""Recurrent layers that multiply integers, as runtimes on small devices do.

The weights are those of `gatedrnn.deployment.quantise`; each input and each state is rounded to 8
bits, with a scale of its own, just before it is multiplied ("dynamic quantisation"). The state
itself, the gates and the biases stay float32: what is rounded at a step is read once and not
carried on.

On a processor with products of 8-bit integers that is quicker. NumPy has none: here it shows which
numbers come out, not how fast.
"""

from __future__ import annotations

import copy

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent, State
from gatedrnn.deployment.quantise import QuantisedMatrix, rounded
from gatedrnn.functional import sigmoid
from gatedrnn.models import SequenceModel
from gatedrnn.validation import check_floats, check_lengths

__all__ = ["IntegerCell", "with_integers"]


class IntegerCell:
    """A recurrent layer for use, not for training, whose products are of integers.

    Parameters
    ----------
    cell : RNN, LSTM or GRU
        A GRU with the reset after the product.
    bits : int, optional
        Of the weights, from 2 to 8; inputs and states have 8.

    Raises
    ------
    TypeError
        If it is another cell, or resets before the product.
    ValueError
        If `bits` is not from 2 to 8.
    """

    def __init__(self, cell: Recurrent, bits: int = 8) -> None:
        if type(cell) not in (RNN, LSTM, GRU) or not getattr(cell, "reset_after", True):
            raise TypeError(
                f"cell: expected an RNN, LSTM or GRU with the reset after, got {cell!r:.80}"
            )
        self.cell = cell
        self.W, self.U = (QuantisedMatrix.of(cell.params[name], bits) for name in "WU")

    def step(self, x: np.ndarray, state: State) -> State:
        """Advance the state by one step; x is (N, D), shapes as for `Recurrent.step`."""
        cell, parts = self.cell, state if isinstance(state, tuple) else (state,)
        h, *others = (part.T for part in parts)
        a = self.W.product(x.T) + cell.params["b"][:, None]
        u = self.U.product(h)
        if isinstance(cell, RNN):
            return np.tanh(a + u).T
        a, u = (one.reshape(len(cell.gates), cell.hidden_size, -1) for one in (a, u))
        if isinstance(cell, GRU):
            r, z = sigmoid(a[:2] + u[:2])
            n = np.tanh(a[2] + r * (u[2] + cell.params["b_n"][:, None]))
            return ((1 - z) * n + z * h).T
        i, f, o = sigmoid((a + u)[[0, 1, 3]])
        c = f * others[0] + i * np.tanh(a[2] + u[2])
        return (o * np.tanh(c)).T, c.T

    def forward(
        self, xs: np.ndarray, state: State | None = None, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, State, None]:
        """Run over a sequence; arguments and results as for `Recurrent.forward`, without a tape."""
        xs = check_floats("xs", xs, ("T", "N", self.cell.input_size), np.dtype(np.float32))
        T, N = xs.shape[:2]
        lengths = np.full(N, T) if lengths is None else check_lengths("lengths", lengths, T, N)
        state, hs = self.cell.zero_state(N) if state is None else state, []
        for t, x in enumerate(xs):
            reads = (t < lengths)[:, None]
            new = self.step(np.where(reads, x, 0), state)
            if isinstance(new, tuple):
                state = tuple(np.where(reads, *pair) for pair in zip(new, state, strict=True))
            else:
                state = np.where(reads, new, state)
            hs.append(np.where(reads, new[0] if isinstance(new, tuple) else new, 0))
        return np.stack(hs), state, None


def with_integers(model: SequenceModel, bits: int = 8) -> SequenceModel:
    """Return a copy of a model whose layer is an `IntegerCell`, all its matrices rounded.

    It runs forward and is not for training.

    Raises
    ------
    TypeError, ValueError
        As for `IntegerCell`.
    """
    changed = copy.copy(rounded(model, bits))
    changed.cell = IntegerCell(model.cell, bits)
    return changed
