r"""The gated recurrent unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, outer, swap
from gatedrnn.functional import dsigmoid, dtanh, sigmoid

__all__ = ["GRU", "GRUTape"]


@dataclass(frozen=True)
class GRUTape:
    """What `GRU.backward` needs of the forward pass.

    Attributes
    ----------
    x : ndarray, shape (T, D, N)
    h : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each.
    gates : ndarray, shape (T, 3, H, N)
        The values of r, z, n.
    u_n : ndarray, shape (T, H, N)
        What the reset gate multiplies: ``U_n h + b_n`` with `reset_after`, else ``h``.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    x: np.ndarray
    h: np.ndarray
    gates: np.ndarray
    u_n: np.ndarray
    lengths: np.ndarray | None


class GRU(Recurrent):
    r"""Gated recurrent unit, in both conventions of the reset gate.

    .. math::

        r_t &= \sigma(W_r x_t + U_r h_{t-1} + b_r) \\
        z_t &= \sigma(W_z x_t + U_z h_{t-1} + b_z) \\
        n_t &= \tanh(W_n x_t + b + r_t \circ (U_n h_{t-1} + b_n))
            && \text{reset after the product} \\
        n_t &= \tanh(W_n x_t + b + U_n (r_t \circ h_{t-1}))
            && \text{reset before the product} \\
        h_t &= (1 - z_t) \circ n_t + z_t \circ h_{t-1}

    Here z weighs the *old* state, as in PyTorch, MXNet and Cho et al. (2014). Parameters,
    attributes and methods are those of `Recurrent`, with the blocks of rows r, z, n in this
    order, and:

    Parameters
    ----------
    reset_after : bool, optional
        True, the default, resets after the matrix product, as cuDNN, PyTorch and MXNet do, and
        adds the parameter ``b_n`` (H,). False resets the state before it, as Cho et al. do.

    References
    ----------
    Cho et al. (2014), equations 5 to 8, for the reset before.
    """

    gates = ("r", "z", "n")
    holding: ClassVar = {"z": 1}

    def __init__(
        self, input_size, hidden_size, *, rng, dtype=np.float32, reset_after: bool = True
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.reset_after = bool(reset_after)
        if self.reset_after:
            self.params["b_n"] = np.zeros(self.hidden_size, self.dtype)

    def forward(self, xs, state=None, lengths=None) -> tuple[np.ndarray, State, GRUTape]:
        x, h0 = self._enter(xs, state)
        W, U, b = self.params["W"], self.params["U"], self.params["b"]
        T, H = len(x), self.hidden_size
        a = W @ x + b[:, None]  # the inputs of all steps in one call
        self._hold(a, lengths)
        gates = self._split(a)  # a view: what becomes of a becomes of the gates
        h = np.empty((T + 1, *h0.shape), self.dtype)
        u_n = np.empty_like(h[1:])
        h[0] = h0
        for t in range(T):
            r, z, n = gates[t]
            if self.reset_after:
                u = U @ h[t]
                a[t, : 2 * H] = sigmoid(a[t, : 2 * H] + u[: 2 * H])
                u_n[t] = u[2 * H :] + self.params["b_n"][:, None]
                np.tanh(n + r * u_n[t], out=n)
            else:
                u_n[t] = h[t]
                a[t, : 2 * H] = sigmoid(a[t, : 2 * H] + U[: 2 * H] @ h[t])
                np.tanh(n + U[2 * H :] @ (r * u_n[t]), out=n)
            h[t + 1] = (1 - z) * n + z * h[t]
        return *self._leave(h, lengths=lengths), GRUTape(x, h, gates, u_n, lengths)

    def backward(self, dhs, tape, dstate=None) -> tuple[np.ndarray, State, dict]:
        dhs, dh = self._enter_backward(dhs, tape, dstate)
        W, U = self.params["W"], self.params["U"]
        H = self.hidden_size
        r, z, n = tape.gates.swapaxes(0, 1)  # each (T, H, N)
        # The local derivatives of all steps at once. Only dh has to go back one by one.
        h_by_a_z = (tape.h[:-1] - n) * dsigmoid(z)
        h_by_a_n = (1 - z) * dtanh(n)
        reset_by_a_r = tape.u_n * dsigmoid(r)  # of the product r * u_n
        gates_da = np.empty_like(tape.gates)
        da = gates_da.reshape(len(dhs), -1, dhs.shape[-1])
        for t in reversed(range(len(da))):
            dh = dhs[t] + dh
            gates_da[t, 1] = dh * h_by_a_z[t]
            gates_da[t, 2] = dh * h_by_a_n[t]
            # The gradient of r * u_n: it enters the tanh as it is, or by way of U_n.
            dreset = gates_da[t, 2] if self.reset_after else U[2 * H :].T @ gates_da[t, 2]
            gates_da[t, 0] = dreset * reset_by_a_r[t]
            du_n = dreset * r[t]
            dh = dh * z[t] + U[: 2 * H].T @ da[t, : 2 * H]
            dh += U[2 * H :].T @ du_n if self.reset_after else du_n
        return swap(W.T @ da), self._public(dh), self._gradients(da, tape)

    def _gradients(self, da: np.ndarray, tape: GRUTape) -> dict[str, np.ndarray]:
        """Return the parameters' gradients from those of the three sums, da (T, 3H, N)."""
        H, r, h = self.hidden_size, tape.gates[:, 0], tape.h[:-1]
        grads = {"W": outer(da, tape.x), "b": da.sum((0, 2))}
        if self.reset_after:
            du_n = r * da[:, 2 * H :]
            grads["U"] = outer(np.concatenate([da[:, : 2 * H], du_n], axis=1), h)
            grads["b_n"] = du_n.sum((0, 2))
        else:
            dU_n = outer(da[:, 2 * H :], r * h)
            grads["U"] = np.concatenate([outer(da[:, : 2 * H], h), dU_n])
        return grads
