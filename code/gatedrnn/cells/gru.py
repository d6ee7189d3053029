r"""The gated recurrent unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
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
        a = W @ x  # the inputs of all steps in one call
        a += b[:, None]
        self._hold(a, lengths)
        gates = self._split(a)  # a view: what becomes of a becomes of the gates
        h = np.empty((T + 1, *h0.shape), self.dtype)
        u_n = np.empty_like(h[1:])
        b_n = self.params["b_n"][:, None] if self.reset_after else None
        h[0] = h0
        for t in range(T):
            rz, (r, z, n) = a[t, : 2 * H], gates[t]
            if self.reset_after:
                u = U @ h[t]
                rz += u[: 2 * H]
                np.add(u[2 * H :], b_n, out=u_n[t])
                sigmoid(rz, out=rz)
                n += r * u_n[t]
            else:
                u_n[t] = h[t]
                rz += U[: 2 * H] @ h[t]
                sigmoid(rz, out=rz)
                n += U[2 * H :] @ (r * u_n[t])
            np.tanh(n, out=n)
            np.add((1 - z) * n, z * h[t], out=h[t + 1])
        return *self._leave(h, lengths=lengths), GRUTape(x, h, gates, u_n, lengths)

    def backward(self, dhs, tape, dstate=None) -> tuple[np.ndarray, State, dict]:
        dhs, dh = self._enter_backward(dhs, tape, dstate)
        T, H, U = len(dhs), self.hidden_size, self.params["U"]
        r, z, n = tape.gates.swapaxes(0, 1)  # each (T, H, N)
        # The local derivatives of all steps at once. Only dh has to go back one by one, and
        # turns the derivatives into the gradients of the sums where they stand.
        by_a = np.empty_like(tape.gates)
        np.multiply(tape.u_n, dsigmoid(r), out=by_a[:, 0])  # of the product r * u_n
        np.multiply(tape.h[:-1] - n, dsigmoid(z), out=by_a[:, 1])  # of h, like the next
        np.multiply(1 - z, dtanh(n), out=by_a[:, 2])
        da = by_a.reshape(T, -1, dhs.shape[-1])
        for t in reversed(range(T)):
            da_r, da_zn, da_n = by_a[t, 0], by_a[t, 1:], by_a[t, 2]
            dh += dhs[t]
            da_zn *= dh
            # The gradient of r * u_n: it enters the tanh as it is, or by way of U_n.
            dreset = da_n if self.reset_after else U[2 * H :].T @ da_n
            da_r *= dreset
            du_n = dreset * r[t]
            dh *= z[t]
            dh += U[: 2 * H].T @ da[t, : 2 * H]
            dh += U[2 * H :].T @ du_n if self.reset_after else du_n
        da = flat(da)
        return self._input_gradient(da, T), self._public(dh), self._gradients(da, tape)

    def _gradients(self, da: np.ndarray, tape: GRUTape) -> dict[str, np.ndarray]:
        """Return the parameters' gradients from those of the three sums, da (3H, T N)."""
        H, r, h = self.hidden_size, flat(tape.gates[:, 0]), flat(tape.h[:-1])
        da_rz, da_n = da[: 2 * H], da[2 * H :]
        grads = {"W": da @ flat(tape.x).T, "b": da.sum(1)}
        if self.reset_after:
            du_n = r * da_n
            grads["U"] = np.concatenate([da_rz @ h.T, du_n @ h.T])
            grads["b_n"] = du_n.sum(1)
        else:
            grads["U"] = np.concatenate([da_rz @ h.T, da_n @ (r * h).T])
        return grads
