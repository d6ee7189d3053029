r"""The plain recurrent layer, also called Elman network or vanilla RNN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
from gatedrnn.functional import dtanh

__all__ = ["RNN", "RNNTape"]


@dataclass(frozen=True)
class RNNTape:
    """What `RNN.backward` needs of the forward pass.

    Attributes
    ----------
    x : ndarray, shape (T, D, N)
    h : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    x: np.ndarray
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
        x, h0 = self._enter(xs, state)
        W, U, b = self.params["W"], self.params["U"], self.params["b"]
        T = len(x)
        a = W @ x + b[:, None]  # the inputs of all steps in one call
        self._hold(a, lengths)
        h = np.concatenate([h0[None], a])
        for t in range(T):
            np.tanh(a[t] + U @ h[t], out=h[t + 1])
        return *self._leave(h, lengths=lengths), RNNTape(x, h, lengths)

    def backward(self, dhs, tape, dstate=None) -> tuple[np.ndarray, State, dict]:
        dhs, dh = self._enter_backward(dhs, tape, dstate)
        T, U = len(dhs), self.params["U"]
        da = dtanh(tape.h[1:])  # the local derivatives of all steps at once; the gradients later
        for t in reversed(range(T)):
            dh += dhs[t]
            da_t = da[t]
            da_t *= dh
            dh = U.T @ da_t
        da = flat(da)
        grads = {"W": da @ flat(tape.x).T, "U": da @ flat(tape.h[:-1]).T, "b": da.sum(1)}
        return self._input_gradient(da, T), self._public(dh), grads
