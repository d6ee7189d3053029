r"""The minimal gated unit: a GRU whose two gates are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
from gatedrnn.functional import dsigmoid, dtanh, sigmoid

__all__ = ["MGU", "MGUTape"]


@dataclass(frozen=True)
class MGUTape:
    """What `MGU.backward` needs of the forward pass.

    Attributes
    ----------
    xh : ndarray, shape (T + 1, D + 1 + H, N)
        What the weights multiply: of each step the input, 1 and the state before it.
    h : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each: the last rows of xh.
    gates : ndarray, shape (T, 2, H, N)
        The values of f, n.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    xh: np.ndarray
    h: np.ndarray
    gates: np.ndarray
    lengths: np.ndarray | None


class MGU(Recurrent):
    r"""Minimal gated unit.

    .. math::

        f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
        n_t &= \tanh(W_n x_t + U_n (f_t \circ h_{t-1}) + b_n) \\
        h_t &= (1 - f_t) \circ h_{t-1} + f_t \circ n_t

    One gate resets, as r does in a GRU with the reset before the product, and updates. Here it
    weighs the *new* value, as in the paper. Parameters, attributes and methods are those of
    `Recurrent`, with the blocks of rows f, n in this order.

    References
    ----------
    Zhou et al. (2016), "Minimal gated unit for recurrent neural networks".
    """

    gates = ("f", "n")
    holding: ClassVar = {"f": -1}

    def forward(self, xs, state=None, lengths=None) -> tuple[np.ndarray, State, MGUTape]:
        (xh,) = self._enter(xs, state, lengths)
        H, U = self.hidden_size, self.params["U"]
        gates = self._split(self._input_weights(lengths) @ xh[:-1, :-H])
        h = xh[:, -H:]
        for t, (f, n) in enumerate(gates):
            f += U[:H] @ h[t]
            sigmoid(f, out=f)
            n += U[H:] @ (f * h[t])
            np.tanh(n, out=n)
            h[t + 1] = (1 - f) * h[t] + f * n
        return *self._leave(h, lengths=lengths), MGUTape(xh, h, gates, lengths)

    def _through_time(self, tape, dhs, dh):
        H, U = self.hidden_size, self.params["U"]
        da = np.empty((len(dhs), 2 * H, dh.shape[1]), self.dtype)
        for t in reversed(range(len(dhs))):
            (f, n), h, (da_f, da_n) = tape.gates[t], tape.h[t], self._split(da[t])
            dh += dhs[t]
            np.multiply(dh * f, dtanh(n), out=da_n)
            dreset = U[H:].T @ da_n
            np.multiply(dh * (n - h) + dreset * h, dsigmoid(f), out=da_f)
            dh = dh * (1 - f) + dreset * f + U[:H].T @ da_f
        return da, dh

    def _gradients(self, da, tape) -> dict[str, np.ndarray]:
        grads, H, f = super()._gradients(da, tape), self.hidden_size, flat(tape.gates[:, 0])
        grads["U"][H:] = da[H:] @ (f * flat(tape.h[:-1])).T  # n sees what the gate lets through
        return grads
