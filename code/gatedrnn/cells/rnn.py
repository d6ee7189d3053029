r"""The plain recurrent layer, also called Elman network or vanilla RNN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedrnn.cells.base import Recurrent, State
from gatedrnn.cells.products import in_blocks
from gatedrnn.functional import dtanh

__all__ = ["RNN", "RNNTape"]


@dataclass(frozen=True)
class RNNTape:
    """What `RNN.backward` needs of the forward pass.

    Attributes
    ----------
    xh : ndarray, shape (T + 1, D + 1 + H, N)
        What the weights multiply: of each step the input, 1 and the state before it.
    h : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each: the last rows of xh.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    xh: np.ndarray
    h: np.ndarray
    lengths: np.ndarray | None


class RNN(Recurrent):
    r"""Recurrent layer without gates.

    .. math::

        h_t = \tanh(W x_t + U h_{t-1} + b)

    Parameters, attributes and methods are those of `Recurrent`, with one block of rows, "h".

    References
    ----------
    Elman (1990).
    """

    gates = ("h",)

    def forward(self, xs, state=None, lengths=None) -> tuple[np.ndarray, State, RNNTape]:
        (xh,) = self._enter(xs, state, lengths)
        T, H, N = len(xh) - 1, self.hidden_size, xh.shape[-1]
        weights = np.concatenate([self._input_weights(lengths), self.params["U"]], axis=1)
        weights = in_blocks(weights, N)
        a = np.empty((H, N), self.dtype)
        blocks, h = a.reshape(len(weights), -1, N), xh[:, -H:]
        for t in range(T):
            np.matmul(weights, xh[t], out=blocks)
            np.tanh(a, out=h[t + 1])
        return *self._leave(h, lengths=lengths), RNNTape(xh, h, lengths)

    def _through_time(self, tape, dhs, dh):
        UT = in_blocks(self.params["U"].T.copy(), dh.shape[1])
        blocks = dh.reshape(len(UT), -1, dh.shape[1])  # a view: what is written to it becomes dh
        da = dtanh(tape.h[1:])  # the local derivatives of all steps at once; the gradients later
        for t in reversed(range(len(da))):
            dh += dhs[t]
            da_t = da[t]
            da_t *= dh
            np.matmul(UT, da_t, out=blocks)
        return da, dh
