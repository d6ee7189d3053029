r"""minGRU and minLSTM: gated cells that can be trained in parallel over time.

Their gates do not see the state, and their candidates are not squashed. What is left of the
recurrence is linear, :math:`h_t = a_t \circ h_{t-1} + b_t`, with a and b known for all steps at
once, and such a recurrence needs no loop (see `gatedrnn.cells.scan`).

Feng et al. also give versions in the logarithms of all values, with
:math:`g(x) = x + 0.5` for :math:`x \ge 0` and :math:`\sigma(x)` below instead of a linear
candidate, so that every logarithm exists. Their parallel scan divides by cumulative products of
:math:`a`, which underflow; ours composes steps and never divides, so that it needs no logarithms.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
from gatedrnn.cells.scan import linear_recurrence, linear_recurrence_backward
from gatedrnn.functional import dsigmoid, sigmoid

__all__ = ["MinGRU", "MinLSTM", "MinimalTape"]


@dataclass(frozen=True)
class MinimalTape:
    """What the backward pass of a minimal cell needs of the forward pass.

    Attributes
    ----------
    xh : ndarray, shape (T + 1, D + 1 + H, N)
        Of each step the input, 1 and the state before it.
    h : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each: the last rows of xh.
    sums : ndarray, shape (T, kH, N)
        W x + b.
    kept : ndarray, shape (T, H, N)
        The share of the state that a step keeps.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    xh: np.ndarray
    h: np.ndarray
    sums: np.ndarray
    kept: np.ndarray
    lengths: np.ndarray | None


class _Minimal(Recurrent):
    r"""A cell whose state is a mean of the old one and of something new.

    .. math::

        h_t = k_t \circ h_{t-1} + (1 - k_t) \circ n_t, \qquad k_t, n_t \text{ of } x_t \text{ alone}

    Parameters
    ----------
    scan : bool, optional
        By parallel scan, or else step by step.
    """

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, scan: bool = False):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        del self.params["U"]  # nothing but the update itself sees the state
        self.scan = bool(scan)

    @abstractmethod
    def _kept(self, gates: np.ndarray) -> np.ndarray:
        """Return k from the sums of the gates, (T, k - 1, H, N)."""

    @abstractmethod
    def _through_gates(self, dkept: np.ndarray, tape: MinimalTape) -> list[np.ndarray]:
        """Return the gradients of the gates' sums from that of k, all (T, H, N)."""

    def forward(self, xs, state=None, lengths=None) -> tuple[np.ndarray, State, MinimalTape]:
        (xh,) = self._enter(xs, state, lengths)
        H = self.hidden_size
        sums = self._input_weights(lengths) @ xh[:-1, :-H]
        *gates, n = self._split(sums).swapaxes(0, 1)
        kept, h = self._kept(gates), xh[:, -H:]
        h[1:] = linear_recurrence(kept, (1 - kept) * n, h[0], scan=self.scan)
        return *self._leave(h, lengths=lengths), MinimalTape(xh, h, sums, kept, lengths)

    def _through_time(self, tape, dhs, dh):
        dhs[-1] += dh
        n, kept = self._split(tape.sums)[:, -1], tape.kept
        dkept, dadded, dh0 = linear_recurrence_backward(
            dhs, kept, tape.h[1:], tape.h[0], scan=self.scan
        )
        dkept -= dadded * n
        gates = self._through_gates(dkept, tape)
        return np.concatenate([*gates, dadded * (1 - kept)], axis=1), dh0

    def _gradients(self, da, tape) -> dict[str, np.ndarray]:
        dweights = da @ flat(tape.xh[:-1, : -self.hidden_size]).T
        return {"W": dweights[:, : self.input_size], "b": dweights[:, -1]}


class MinGRU(_Minimal):
    r"""A GRU without the reset gate, whose update gate sees the input alone.

    .. math::

        z_t &= \sigma(W_z x_t + b_z) \\
        n_t &= W_n x_t + b_n \\
        h_t &= (1 - z_t) \circ n_t + z_t \circ h_{t-1}

    As in `gatedrnn.GRU`, z weighs the *old* state; in the paper the new one, which is a matter of
    the sign of :math:`W_z` and :math:`b_z`. Parameters, attributes and methods are those of
    `Recurrent`, without ``U``, with the blocks of rows z, n in this order.

    Parameters
    ----------
    scan : bool, optional
        By parallel scan, or else step by step.

    References
    ----------
    Feng et al. (2024), "Were RNNs all we needed?".
    """

    gates = ("z", "n")
    holding: ClassVar = {"z": 1}

    def _kept(self, gates):
        return sigmoid(gates[0])

    def _through_gates(self, dkept, tape):
        return [dkept * dsigmoid(tape.kept)]


class MinLSTM(_Minimal):
    r"""An LSTM without output gate, whose other gates see the input alone and add up to 1.

    .. math::

        f_t &= \sigma(W_f x_t + b_f), \qquad i_t = \sigma(W_i x_t + b_i) \\
        n_t &= W_n x_t + b_n \\
        h_t &= \frac{f_t}{f_t + i_t} \circ h_{t-1} + \frac{i_t}{f_t + i_t} \circ n_t

    There is no cell state apart from h. Parameters, attributes and methods are those of
    `Recurrent`, without ``U``, with the blocks of rows f, i, n in this order.

    Parameters
    ----------
    scan : bool, optional
        By parallel scan, or else step by step.

    References
    ----------
    Feng et al. (2024), "Were RNNs all we needed?".
    """

    gates = ("f", "i", "n")
    holding: ClassVar = {"f": 1, "i": -1}

    def _kept(self, gates):
        # f / (f + i) = sigma(log f - log i), which exists also where both are too small to be
        # numbers; log sigma(a) = -log(1 + exp(-a)).
        f, i = gates
        return sigmoid(np.logaddexp(0, -i) - np.logaddexp(0, -f))

    def _through_gates(self, dkept, tape):
        f, i, _ = self._split(tape.sums).swapaxes(0, 1)
        dratio = dkept * dsigmoid(tape.kept)
        return [dratio * sigmoid(-f), -dratio * sigmoid(-i)]
