r"""The gated recurrent unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gatedrnn.cells.base import Recurrent, State, flat
from gatedrnn.cells.products import in_blocks
from gatedrnn.functional import dsigmoid, dtanh

__all__ = ["GRU", "GRUTape"]


@dataclass(frozen=True)
class GRUTape:
    """What `GRU.backward` needs of the forward pass.

    Attributes
    ----------
    xh : ndarray, shape (T + 1, D + 1 + H, N)
        What the weights multiply: of each step the input, 1 and the state before it.
    h : ndarray, shape (T + 1, H, N)
        The state before the first step, then after each: the last rows of xh.
    gates : ndarray, shape (T, 3, H, N)
        The values of r, z, n.
    u_n : ndarray, shape (T, H, N)
        What the reset gate multiplies: ``U_n h + b_n`` with `reset_after`, else ``h``.
    lengths : ndarray of int, shape (N,), or None
        The steps of each sample that are not padding.
    """

    xh: np.ndarray
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
        (xh,) = self._enter(xs, state, lengths)
        T, H, N = len(xh) - 1, self.hidden_size, xh.shape[-1]
        # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: the rows of the two gates are halved here.
        scale = np.repeat(np.array([0.5, 0.5, 1], self.dtype), H)[:, None]
        W = in_blocks(scale * self._input_weights(lengths), N)
        a = np.matmul(W, xh[:T, None, :-H]).reshape(T, 3 * H, N)  # the inputs of all steps
        gates = self._split(a)  # a view: what becomes of a becomes of the gates
        u = np.empty((3 * H, N), self.dtype)
        if self.reset_after:
            U = in_blocks(scale * self._recurrent_weights(), N)
            read, blocks = xh[:, -H - 1 :], u.reshape(len(U), -1, N)
        else:
            U_rz, U_n = scale[: 2 * H] * self.params["U"][: 2 * H], self.params["U"][2 * H :]
        h = xh[:, -H:]
        u_n = np.empty((T, H, N), self.dtype)
        for t in range(T):
            rz, (r, z, n) = a[t, : 2 * H], gates[t]
            if self.reset_after:
                np.matmul(U, read[t], out=blocks)
                u_n[t] = u[2 * H :]
            else:
                np.matmul(U_rz, h[t], out=u[: 2 * H])
                u_n[t] = h[t]
            rz += u[: 2 * H]
            np.tanh(rz, out=rz)
            rz *= 0.5
            rz += 0.5
            n += r * u_n[t] if self.reset_after else U_n @ (r * u_n[t])
            np.tanh(n, out=n)
            np.add((1 - z) * n, z * h[t], out=h[t + 1])
        return *self._leave(h, lengths=lengths), GRUTape(xh, h, gates, u_n, lengths)

    def _recurrent_weights(self) -> np.ndarray:
        """Return what multiplies 1 and h when the reset comes after: [0 U], of n [b_n U]."""
        U, b_n = self.params["U"], self.params["b_n"]
        bias = np.concatenate([np.zeros(2 * len(b_n), self.dtype), b_n])
        return np.concatenate([bias[:, None], U], axis=1)

    def _through_time(self, tape, dhs, dh):
        (T, H, N), U, (r, z, n) = dhs.shape, self.params["U"], tape.gates.swapaxes(0, 1)
        UT = in_blocks((U if self.reset_after else U[: 2 * H]).T.copy(), N)
        # The local derivatives of all steps at once. Only dh has to go back one by one, and
        # turns the derivatives into the gradients of the sums where they stand.
        by_a = np.empty_like(tape.gates)
        np.multiply(tape.u_n, dsigmoid(r), out=by_a[:, 0])  # of the product r * u_n
        np.multiply(tape.h[:-1] - n, dsigmoid(z), out=by_a[:, 1])  # of h, like the next
        np.multiply(1 - z, dtanh(n), out=by_a[:, 2])
        da, du = by_a.reshape(T, 3 * H, N), np.empty((len(UT[0, 0]), N), self.dtype)
        for t in reversed(range(T)):
            da_r, da_zn, da_n = by_a[t, 0], by_a[t, 1:], by_a[t, 2]
            dh += dhs[t]
            da_zn *= dh
            dh *= z[t]
            # The gradient of r * u_n: it enters the tanh as it is, or by way of U_n.
            if self.reset_after:
                da_r *= da_n
                np.multiply(da_n, r[t], out=du[2 * H :])
            else:
                dreset = U[2 * H :].T @ da_n
                da_r *= dreset
                dh += dreset * r[t]
            du[: 2 * H] = da[t, : 2 * H]
            dh += np.matmul(UT, du).reshape(H, N)
        return da, dh

    def _gradients(self, da: np.ndarray, tape: GRUTape) -> dict[str, np.ndarray]:
        D, H, r = self.input_size, self.hidden_size, flat(tape.gates[:, 0])
        dweights = da @ flat(tape.xh[:-1, :-H]).T
        grads = {"W": dweights[:, :D], "b": dweights[:, -1]}
        if self.reset_after:
            # U and b_n multiply h and 1 behind the reset gate.
            da[2 * H :] *= r
            dweights = da @ flat(tape.xh[:-1, -H - 1 :]).T
            return grads | {"U": dweights[:, 1:], "b_n": dweights[2 * H :, 0]}
        h = flat(tape.h[:-1])
        return grads | {"U": np.concatenate([da[: 2 * H] @ h.T, da[2 * H :] @ (r * h).T])}
