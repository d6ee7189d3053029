r"""The long short-term memory layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State
from gatedrnn.cells.products import in_blocks
from gatedrnn.functional import dtanh

__all__ = ["LSTM", "LSTMTape"]


@dataclass(frozen=True)
class LSTMTape:
    """What `LSTM.backward` needs of the forward pass.

    Attributes
    ----------
    xh : ndarray, shape (T + 1, D + 1 + H, N)
        What the weights multiply: of each step the input, 1 and the h before it.
    h, c : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each; h is the last rows of xh.
    gates : ndarray, shape (T, 4, H, N)
        The values of i, f, g, o.
    tanh_c : ndarray, shape (T, H, N)
        The squashed cell state of each step.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    xh: np.ndarray
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
        xh, c0 = self._enter(xs, state, lengths)
        T, (H, N) = len(xh) - 1, c0.shape
        # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: with the rows of the three gates halved here, one
        # tanh over the whole block below serves all four.
        scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], self.dtype), H)[:, None]
        weights = np.concatenate([self._input_weights(lengths), self.params["U"]], axis=1)
        weights *= scale
        weights = in_blocks(weights, N)
        scale = np.repeat(scale, N, axis=1)  # as large as a step of a
        shift = 1 - scale
        a = np.empty((T, 4 * H, N), self.dtype)
        gates = self._split(a)  # a view: what becomes of a becomes of the gates
        blocks = a.reshape(T, len(weights), -1, N)  # another
        h, c = xh[:, -H:], np.empty((T + 1, H, N), self.dtype)
        tanh_c = np.empty_like(c[1:])
        c[0] = c0
        for t in range(T):
            a_t, (i, f, g, o) = a[t], gates[t]
            np.matmul(weights, xh[t], out=blocks[t])  # W x + b + U h
            np.tanh(a_t, out=a_t)
            a_t *= scale
            a_t += shift
            np.add(f * c[t], i * g, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        tape = LSTMTape(xh, h, c, gates, tanh_c, lengths)
        return *self._leave(h, c, lengths=lengths), tape

    def _through_time(self, tape, dhs, dh, dc):
        T, H, N = dhs.shape
        UT = in_blocks(self.params["U"].T.copy(), N)
        blocks = dh.reshape(len(UT), -1, N)  # a view: what is written to it becomes dh
        f, (h_by_c, by_a) = tape.gates[:, 1], self._local_derivatives(tape)
        da = by_a.reshape(T, 4 * H, N)
        # Only dh and dc have to go back one by one, and turn the derivatives into the gradients
        # of the sums where they stand.
        for t in reversed(range(T)):
            dh += dhs[t]
            dc += dh * h_by_c[t]
            by_c, by_h = by_a[t, :3], by_a[t, 3]
            by_c *= dc
            by_h *= dh
            dc *= f[t]
            np.matmul(UT, da[t], out=blocks)
        return da, dh, dc

    @staticmethod
    def _local_derivatives(tape: LSTMTape) -> tuple[np.ndarray, np.ndarray]:
        """Return those of all steps at once: of h by c, and by the four sums.

        The sums of i, f and g act on c, that of o on h.
        """
        i, _, g, o = tape.gates.swapaxes(0, 1)  # each (T, H, N)
        h_by_c = dtanh(tape.tanh_c)
        h_by_c *= o
        by_a = 1 - tape.gates
        by_a *= tape.gates  # of a sigmoid
        by_a[:, 2] = dtanh(g)
        for k, factor in enumerate((g, tape.c[:-1], i, tape.tanh_c)):
            by_a[:, k] *= factor
        return h_by_c, by_a
