r"""The long short-term memory layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
from gatedrnn.functional import dsigmoid, dtanh

__all__ = ["LSTM", "LSTMTape"]


@dataclass(frozen=True)
class LSTMTape:
    """What `LSTM.backward` needs of the forward pass.

    Attributes
    ----------
    x : ndarray, shape (T, D, N)
    h, c : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each.
    gates : ndarray, shape (T, 4, H, N)
        The values of i, f, g, o.
    tanh_c : ndarray, shape (T, H, N)
        The squashed cell state of each step.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    x: np.ndarray
    h: np.ndarray
    c: np.ndarray
    gates: np.ndarray
    tanh_c: np.ndarray
    lengths: np.ndarray | None


class LSTM(Recurrent):
    r"""Long short-term memory with forget gate, as the frameworks have it.

    .. math::

        i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\
        f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\
        g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
        o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\
        c_t &= f_t \circ c_{t-1} + i_t \circ g_t \\
        h_t &= o_t \circ \tanh(c_t)

    The state is the pair ``(h, c)``. Parameters, attributes and methods are those of
    `Recurrent`, with the blocks of rows i, f, g, o in this order, and:

    Parameters
    ----------
    forget_bias : float, optional
        Initial value of :math:`b_f`. At 1 a new cell keeps :math:`\sigma(1) = 73` % of its
        state at each step instead of half.

    References
    ----------
    Hochreiter and Schmidhuber (1997); the forget gate: Gers, Schmidhuber and Cummins (2000);
    its bias of 1: Jozefowicz, Zaremba and Sutskever (2015).
    """

    gates = ("i", "f", "g", "o")
    state_names = ("h", "c")
    holding: ClassVar = {"f": 1, "i": -1}

    def __init__(
        self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias: float = 1.0
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.params["b"][self.block("f")] = forget_bias

    def forward(self, xs, state=None, lengths=None) -> tuple[np.ndarray, State, LSTMTape]:
        x, h0, c0 = self._enter(xs, state)
        # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: with the rows of the three gates halved here, one
        # tanh over the whole block below serves all four.
        scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], self.dtype), self.hidden_size)[:, None]
        W, U = scale * self.params["W"], scale * self.params["U"]
        a = W @ x  # the inputs of all steps in one call
        a += scale * self.params["b"][:, None]
        self._hold(a, lengths)
        T = len(x)
        gates = self._split(a)  # a view: what becomes of a becomes of the gates
        scale = np.repeat(scale, x.shape[-1], axis=1)  # as large as a step of a
        shift = 1 - scale
        h = np.empty((T + 1, *h0.shape), self.dtype)
        c, tanh_c = np.empty_like(h), np.empty_like(h[1:])
        h[0], c[0] = h0, c0
        for t in range(T):
            a_t, (i, f, g, o) = a[t], gates[t]
            a_t += U @ h[t]
            np.tanh(a_t, out=a_t)
            a_t *= scale
            a_t += shift
            np.add(f * c[t], i * g, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        tape = LSTMTape(x, h, c, gates, tanh_c, lengths)
        return *self._leave(h, c, lengths=lengths), tape

    def backward(self, dhs, tape, dstate=None) -> tuple[np.ndarray, State, dict]:
        dhs, dh, dc = self._enter_backward(dhs, tape, dstate)
        T, U = len(dhs), self.params["U"]
        i, f, g, o = tape.gates.swapaxes(0, 1)  # each (T, H, N)
        # The local derivatives of all steps at once. Only dh and dc have to go back one by one,
        # and turn the derivatives into the gradients of the sums where they stand.
        h_by_c = o * dtanh(tape.tanh_c)
        by_a = np.empty_like(tape.gates)
        np.multiply(g, dsigmoid(i), out=by_a[:, 0])  # of c, like the next two
        np.multiply(tape.c[:-1], dsigmoid(f), out=by_a[:, 1])
        np.multiply(i, dtanh(g), out=by_a[:, 2])
        np.multiply(tape.tanh_c, dsigmoid(o), out=by_a[:, 3])  # of h
        da = by_a.reshape(T, -1, dhs.shape[-1])
        for t in reversed(range(T)):
            dh += dhs[t]
            dc += dh * h_by_c[t]
            by_c, by_h = by_a[t, :3], by_a[t, 3]
            by_c *= dc
            by_h *= dh
            dc *= f[t]
            dh = U.T @ da[t]
        da = flat(da)
        grads = {"W": da @ flat(tape.x).T, "U": da @ flat(tape.h[:-1]).T, "b": da.sum(1)}
        return self._input_gradient(da, T), self._public(dh, dc), grads
