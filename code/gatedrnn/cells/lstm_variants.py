r"""The LSTMs of the literature that lack something of today's, or have something more.

All of them are

.. math::

    i, f, o &= \sigma(W x_t + U h_{t-1} + b \;[+\; p \circ c]) \\
    g &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \\
    c_t &= f \circ c_{t-1} + i \circ g \\
    h_t &= o \circ \tanh(c_t)

with one change each, which is one line below: a gate that is missing is 1, or tied to another; a
tanh is left out; a *peephole* p lets a gate see the cell state. The plain LSTM itself is
`gatedrnn.LSTM`, which is several times as fast; `LSTMVariant` computes the same.

References
----------
Greff et al. (2017) compare eight of them; no forget gate: Hochreiter and Schmidhuber (1997);
peepholes: Gers and Schmidhuber (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
from gatedrnn.functional import dsigmoid, dtanh, sigmoid

__all__ = [
    "CoupledLSTM",
    "LSTMVariant",
    "NoForgetGateLSTM",
    "NoInputActivationLSTM",
    "NoInputGateLSTM",
    "NoOutputActivationLSTM",
    "NoOutputGateLSTM",
    "PeepholeLSTM",
]


@dataclass(frozen=True)
class LSTMVariantTape:
    """What `LSTMVariant.backward` needs of the forward pass.

    Attributes
    ----------
    xh : ndarray, shape (T + 1, D + 1 + H, N)
        What the weights multiply: of each step the input, 1 and the h before it.
    h, c : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each; h is the last rows of xh.
    gates : ndarray, shape (T, 4, H, N)
        The values of i, f, g, o; of a gate that is missing those that stand in for it.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    xh: np.ndarray
    h: np.ndarray
    c: np.ndarray
    gates: np.ndarray
    lengths: np.ndarray | None


class LSTMVariant(Recurrent):
    """The plain LSTM, from which the variants differ by what they set.

    Parameters, attributes and methods are those of `Recurrent`, with a block of rows for each
    gate that there is; the state is the pair ``(h, c)``.

    Parameters
    ----------
    forget_bias : float, optional
        Initial value of the forget gate's bias, where there is a forget gate.
    """

    gates = ("i", "f", "g", "o")
    state_names = ("h", "c")
    #: Without a forget gate, is f = 1 - i instead of 1?
    coupled: ClassVar[bool] = False
    #: Do the gates see the cell state?
    peepholes: ClassVar[bool] = False
    #: Is there a tanh around the candidate, and around the cell state on its way out?
    input_activation: ClassVar[bool] = True
    output_activation: ClassVar[bool] = True

    def __init__(
        self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias: float = 1.0
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        if "f" in self.gates:
            self.params["b"][self.block("f")] = forget_bias
        if self.peepholes:
            zeros = np.zeros(self.hidden_size, self.dtype)  # a new cell is the plain one
            self.params |= {f"p_{gate}": zeros.copy() for gate in self.gates if gate != "g"}

    def forward(self, xs, state=None, lengths=None) -> tuple[np.ndarray, State, LSTMVariantTape]:
        xh, c0 = self._enter(xs, state, lengths)
        T, (H, N) = len(xh) - 1, c0.shape
        weights = np.concatenate([self._input_weights(lengths), self.params["U"]], axis=1)
        h, c = xh[:, -H:], np.empty((T + 1, H, N), self.dtype)
        gates = np.ones((T, 4, H, N), self.dtype)
        real = _real_steps(T, lengths)
        c[0] = c0
        for t in range(T):
            a = dict(zip(self.gates, self._split(weights @ xh[t]), strict=True))
            i, f, g, o = gates[t]
            self._peep(a, "if", c[t])
            if "i" in a:
                i[:] = sigmoid(a["i"])
            if "f" in a:
                f[:] = sigmoid(a["f"])
            elif self.coupled:
                f[:] = 1 - i
            g[:] = np.tanh(a["g"]) if self.input_activation else a["g"]
            c[t + 1] = np.where(real[t], f * c[t] + i * g, c[t])
            self._peep(a, "o", c[t + 1])
            if "o" in a:
                o[:] = sigmoid(a["o"])
            h[t + 1] = o * (np.tanh(c[t + 1]) if self.output_activation else c[t + 1])
        tape = LSTMVariantTape(xh, h, c, gates, lengths)
        return *self._leave(h, c, lengths=lengths), tape

    def _peep(self, a: dict[str, np.ndarray], gates: str, c: np.ndarray) -> None:
        """Add what gates see of the cell state to their sums."""
        for gate in gates:
            if self.peepholes and gate in a:
                a[gate] += self.params[f"p_{gate}"][:, None] * c

    def _through_time(self, tape, dhs, dh, dc):
        T, U = len(dhs), self.params["U"]
        da = np.empty((T, len(U), dh.shape[1]), self.dtype)
        real = _real_steps(T, tape.lengths)
        for t in reversed(range(T)):
            i, f, g, o = tape.gates[t]
            y = np.tanh(tape.c[t + 1]) if self.output_activation else tape.c[t + 1]
            dh += dhs[t]
            dc += dh * o * (dtanh(y) if self.output_activation else 1)
            by_gate = {"o": dh * y * dsigmoid(o)}
            dc += self._peeped(by_gate, "o")
            held, dc = np.where(real[t], 0, dc), np.where(real[t], dc, 0)
            df = dc * tape.c[t]
            by_gate["f"] = df * dsigmoid(f)
            by_gate["i"] = (dc * g - df if self.coupled else dc * g) * dsigmoid(i)
            by_gate["g"] = dc * i * (dtanh(g) if self.input_activation else 1)
            dc = dc * f + held + self._peeped(by_gate, "if")
            np.concatenate([by_gate[gate] for gate in self.gates], out=da[t])
            dh = U.T @ da[t]
        return da, dh, dc

    def _peeped(self, by_gate: dict[str, np.ndarray], gates: str):
        """Return the gradient that the cell state gets from the gates that see it."""
        if not self.peepholes:
            return 0
        return sum(
            self.params[f"p_{gate}"][:, None] * by_gate[gate]
            for gate in gates
            if gate in self.gates
        )

    def _gradients(self, da, tape) -> dict[str, np.ndarray]:
        grads = super()._gradients(da, tape)
        if self.peepholes:
            for gate in (gate for gate in self.gates if gate != "g"):
                seen = tape.c[1:] if gate == "o" else tape.c[:-1]
                grads[f"p_{gate}"] = (da[self.block(gate)] * flat(seen)).sum(1)
        return grads


def _real_steps(T: int, lengths: np.ndarray | None) -> np.ndarray:
    """Return which steps of which samples are not padding, (T, N) or (T, 1)."""
    return np.arange(T)[:, None] < (np.array([T]) if lengths is None else lengths)


class NoForgetGateLSTM(LSTMVariant):
    r"""The LSTM of 1997: :math:`c_t = c_{t-1} + i \circ g`."""

    gates = ("i", "g", "o")


class NoInputGateLSTM(LSTMVariant):
    r"""Everything is written: :math:`c_t = f \circ c_{t-1} + g`."""

    gates = ("f", "g", "o")


class NoOutputGateLSTM(LSTMVariant):
    r"""Everything is shown: :math:`h_t = \tanh(c_t)`."""

    gates = ("i", "f", "g")


class CoupledLSTM(LSTMVariant):
    r"""One gate for both (CIFG): :math:`c_t = (1 - i) \circ c_{t-1} + i \circ g`."""

    gates = ("i", "g", "o")
    coupled = True


class PeepholeLSTM(LSTMVariant):
    r"""The gates see the cell state: i and f the one before the step, o the one after it.

    The weights are vectors, :math:`p_i \circ c_{t-1}`, :math:`p_f \circ c_{t-1}` and
    :math:`p_o \circ c_t`: a unit's gates see their own unit alone.
    """

    peepholes = True


class NoInputActivationLSTM(LSTMVariant):
    r"""The candidate is not squashed: :math:`g = W_g x_t + U_g h_{t-1} + b_g`."""

    input_activation = False


class NoOutputActivationLSTM(LSTMVariant):
    r"""The cell state is not squashed on its way out: :math:`h_t = o \circ c_t`."""

    output_activation = False
