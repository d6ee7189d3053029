r"""What the three recurrent layers share: parameters, layout, checks and the sums over time.

Layout
------
Public arrays are time-major with samples as rows: ``xs`` (T, N, D), ``hs`` (T, N, H).
Inside a layer samples are *columns*: the weights have the shapes that the frameworks store,
(kH, D) and (kH, H), and each of the k gates is a contiguous block of H rows of the sums

.. math::

    a_t = W x_t + b + U h_{t-1} = \begin{bmatrix} W & b & U \end{bmatrix}
        \begin{bmatrix} x_t \\ 1 \\ h_{t-1} \end{bmatrix}.

The right factors of all steps are one array, ``xh`` (T + 1, D + 1 + H, N): a step reads
``xh[t]`` and writes its h into the last H rows of ``xh[t + 1]``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from gatedrnn.cells.products import keep_freed_memory
from gatedrnn.init import glorot_uniform, orthogonal
from gatedrnn.validation import FLOATS, check_floats, check_lengths, check_positive_int

__all__ = ["Recurrent", "State", "flat", "swap"]

#: Added to the sum of a gate, holds it open or, with a minus, shut: its value is 1 or 0, exactly.
HOLD = 1e4

#: ``h`` of shape (N, H), or the pair ``(h, c)`` of an LSTM.
State = np.ndarray | tuple[np.ndarray, np.ndarray]

keep_freed_memory()


def swap(a: np.ndarray) -> np.ndarray:
    """Return a contiguous copy with the last two axes exchanged: rows of samples to columns."""
    return np.swapaxes(a, -1, -2).copy()  # also where a view would do: the caller may write to it


def flat(a: np.ndarray) -> np.ndarray:
    r"""Return (T, K, N) as (K, T N): all steps of all samples side by side, as columns.

    What is a sum of products over steps and samples, :math:`\sum_t da_t\, x_t^\top`, is then one
    product, ``flat(da) @ flat(x).T``.
    """
    return a.swapaxes(0, 1).reshape(a.shape[1], -1)


class Recurrent(ABC):
    """Base of the recurrent layers.

    Parameters
    ----------
    input_size : int
        D, the size of an input vector.
    hidden_size : int
        H, the size of the hidden state.
    rng : numpy.random.Generator
        Source of the initial weights.
    dtype : dtype, optional
        float32 (to train) or float64 (to check gradients).

    Attributes
    ----------
    params : dict of str to ndarray
        ``W`` (kH, D), ``U`` (kH, H), ``b`` (kH,) for a layer of k gates, and what a subclass adds.

    Raises
    ------
    TypeError, ValueError
        If a size is not a positive integer, `rng` not a generator or `dtype` not a float type.
    """

    gates: ClassVar[tuple[str, ...]]
    state_names: ClassVar[tuple[str, ...]] = ("h",)
    #: What holds the state through a step that is padding: gates that are open (1) or shut (-1).
    holding: ClassVar[dict[str, int]] = {}

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.input_size = check_positive_int("input_size", input_size)
        self.hidden_size = check_positive_int("hidden_size", hidden_size)
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                "rng: expected a numpy.random.Generator, such as numpy.random.default_rng(0), "
                f"got {rng!r}"
            )
        self.dtype = np.dtype(dtype)
        if self.dtype not in FLOATS:
            raise ValueError(f"dtype: expected float32 or float64, got {self.dtype}")
        H, D = self.hidden_size, self.input_size
        params = {
            "W": np.concatenate([glorot_uniform((H, D), rng) for _ in self.gates]),
            "U": np.concatenate([orthogonal(H, rng) for _ in self.gates]),
            "b": np.zeros(len(self.gates) * H),
        }
        self.params = {name: value.astype(self.dtype) for name, value in params.items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"

    @property
    def num_parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(value.size for value in self.params.values())

    @property
    def output_size(self) -> int:
        """Size of an output vector: H."""
        return self.hidden_size

    def block(self, gate: str) -> slice:
        """Return the rows of a gate in ``W``, ``U`` and ``b``.

        Raises
        ------
        ValueError
            If the layer has no such gate.
        """
        if gate not in self.gates:
            raise ValueError(f"gate: expected one of {self.gates}, got {gate!r}")
        start = self.gates.index(gate) * self.hidden_size
        return slice(start, start + self.hidden_size)

    def zero_state(self, batch_size: int) -> State:
        """Return the state before the first step: zeros of shape (N, H)."""
        shape = (check_positive_int("batch_size", batch_size), self.hidden_size)
        return self._public(*(np.zeros(shape[::-1], self.dtype) for _ in self.state_names))

    def step(self, x: np.ndarray, state: State) -> State:
        """Advance the state by one step, as a sequence of length one.

        Parameters
        ----------
        x : ndarray, shape (N, D)
        state : ndarray, shape (N, H), or a pair of them
            What the previous call returned, or `zero_state`.

        Returns
        -------
        state
            The new state; its ``h`` is the layer's output.
        """
        check_floats("x", x, ("N", self.input_size))
        return self.forward(x[None], state)[1]

    @abstractmethod
    def forward(
        self,
        xs: np.ndarray,
        state: State | None = None,
        lengths: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State, Any]:
        """Run over a sequence.

        Parameters
        ----------
        xs : ndarray, shape (T, N, D)
            The inputs of T steps for N samples.
        state : ndarray, shape (N, H), or a pair of them, optional
            The state before the first step; zeros if left out.
        lengths : ndarray of int, shape (N,), optional
            How many steps of each sample are not padding; all, if left out. What stands in the
            padding behind them changes nothing.

        Returns
        -------
        hs : ndarray, shape (T, N, H)
            The output of every step, zero at padding.
        state
            The state after the last step, for each sample after its own last.
        tape
            What `backward` needs; its arrays have samples as columns.

        Raises
        ------
        TypeError
            If an argument is not an array of floats.
        ValueError
            If a shape does not match, the sequence is empty, a value is not finite, or a length
            is not from 1 to T.
        """

    def backward(
        self, dhs: np.ndarray, tape: Any, dstate: State | None = None
    ) -> tuple[np.ndarray, State, dict[str, np.ndarray]]:
        """Propagate gradients back through time.

        Parameters
        ----------
        dhs : ndarray, shape (T, N, H)
            Gradient of the loss with respect to ``hs``.
        tape
            What `forward` returned.
        dstate : ndarray, shape (N, H), or a pair of them, optional
            Gradient with respect to the state after the last step; zeros if left out.

        Returns
        -------
        dxs : ndarray, shape (T, N, D)
        dstate
            Gradient with respect to the state before the first step.
        grads : dict of str to ndarray
            Gradients of the parameters, under the parameters' names.

        Raises
        ------
        TypeError, ValueError
            As for `forward`.
        """
        da, *dstart = self._through_time(tape, *self._enter_backward(dhs, tape, dstate))
        da = flat(da)
        dxs = (da.T @ self.params["W"]).reshape(dhs.shape[0], -1, self.input_size)
        return dxs, self._public(*dstart), self._gradients(da, tape)

    @abstractmethod
    def _through_time(self, tape: Any, dhs: np.ndarray, *dstate: np.ndarray):
        """Go back from the last step to the first.

        Returns
        -------
        da : ndarray, shape (T, kH, N)
            The gradients of the sums.
        dstate
            Of the state before the first step, its parts (H, N).
        """

    def _enter(self, xs: np.ndarray, state: State | None, lengths: np.ndarray | None):
        """Check the arguments of `forward`; return xh, then the state's other parts (H, N).

        With `lengths` xh has one more row, after those of x: 1 where a step is padding, else 0.
        """
        xs = check_floats("xs", xs, ("T", "N", self.input_size), self.dtype)
        (T, N, D), H = xs.shape, self.hidden_size
        h0, *others = self._columns("state", state, N)
        xh = np.empty((T + 1, D + (lengths is not None) + 1 + H, N), self.dtype)
        xh[:T, :D] = xs.swapaxes(1, 2)
        if lengths is not None:
            check_lengths("lengths", lengths, T, N)
            padding = np.arange(T + 1)[:, None] >= lengths  # (T + 1, N)
            np.copyto(xh[:, :D], 0, where=padding[:, None])
            xh[:, D] = padding
        xh[:, -H - 1] = 1
        xh[0, -H:] = h0
        return xh, *others

    def _input_weights(self, lengths: np.ndarray | None) -> np.ndarray:
        """Return what multiplies the rows of xh before those of h: [W b], (kH, D + 1).

        With `lengths`, [W hold b]: the weights of the row that says padding let the gates hold
        the state.
        """
        W, b = self.params["W"], self.params["b"]
        hold = np.zeros((len(b), int(lengths is not None)), self.dtype)
        for gate, sign in self.holding.items():
            hold[self.block(gate)] = sign * HOLD
        return np.concatenate([W, hold, b[:, None]], axis=1)

    def _leave(
        self, h: np.ndarray, *others: np.ndarray, lengths: np.ndarray | None
    ) -> tuple[np.ndarray, State]:
        """Return what `forward` does before the tape, from the states (T + 1, H, N)."""
        hs, last = swap(h[1:]), h[-1]
        if lengths is not None:
            hs[np.arange(len(hs))[:, None] >= lengths] = 0
            last = h[lengths, :, np.arange(len(lengths))].T
        return hs, self._public(last, *(other[-1] for other in others))

    def _enter_backward(
        self, dhs: np.ndarray, tape: Any, dstate: State | None
    ) -> tuple[np.ndarray, ...]:
        """Check the arguments of `backward`; return dhs (T, H, N), then the parts of dstate."""
        T, N = len(tape.xh) - 1, tape.xh.shape[-1]
        dhs = swap(check_floats("dhs", dhs, (T, N, self.hidden_size), self.dtype, finite=False))
        dh, *others = self._columns("dstate", dstate, N)
        if tape.lengths is not None:
            # The last h is that of each sample's own last step; padding has no output.
            dhs *= np.arange(T)[:, None, None] < tape.lengths
            dhs[tape.lengths - 1, :, np.arange(N)] += dh.T
            dh = np.zeros_like(dh)
        return dhs, dh, *others

    def _columns(self, name: str, state: State | None, N: int) -> list[np.ndarray]:
        """Return the parts of a state as fresh arrays of shape (H, N)."""
        shape = (N, self.hidden_size)
        if state is None:
            return [np.zeros(shape[::-1], self.dtype) for _ in self.state_names]
        if len(self.state_names) == 1:
            return [swap(check_floats(name, state, shape, self.dtype))]
        if not isinstance(state, tuple) or len(state) != len(self.state_names):
            got = f"an array of shape {state.shape}" if isinstance(state, np.ndarray) else state
            wanted = ", ".join(self.state_names)
            raise TypeError(f"{name}: expected the tuple ({wanted}), got {got!s:.80}")
        return [
            swap(check_floats(f"{name} {part}", value, shape, self.dtype))
            for part, value in zip(self.state_names, state, strict=True)
        ]

    @staticmethod
    def _public(*parts: np.ndarray) -> State:
        """Return the state as the caller sees it: samples as rows, a bare array if it is one."""
        rows = tuple(swap(part) for part in parts)
        return rows[0] if len(rows) == 1 else rows

    def _gradients(self, da: np.ndarray, tape: Any) -> dict[str, np.ndarray]:
        """Return those of the parameters from those of the sums, da (kH, T N).

        What is a sum of products over steps and samples is a single product.
        """
        dweights, D, H = da @ flat(tape.xh[:-1]).T, self.input_size, self.hidden_size
        return {"W": dweights[:, :D], "U": dweights[:, -H:], "b": dweights[:, -H - 1]}

    def _split(self, a: np.ndarray) -> np.ndarray:
        """Return a view of a (..., kH, N) with an axis for the gates: (..., k, H, N)."""
        return a.reshape(*a.shape[:-2], len(self.gates), self.hidden_size, a.shape[-1])
