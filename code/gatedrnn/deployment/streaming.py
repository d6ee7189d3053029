r"""Models that run along a stream, one step at a time, and keep their state in between.

`Recurrent.step` is a sequence of length one: it checks its arguments and lays out its weights anew
each time, which for a small layer takes longer than the step itself. `Stream` does that once. With

.. math::

    M = \begin{bmatrix} W & b & U \end{bmatrix}, \qquad
    a_t = M \begin{bmatrix} x_t \\ 1 \\ h_{t-1} \end{bmatrix}

a step is one product of a matrix with a column, and the squashing. A GRU that resets after the
product has one more block of rows, for what the reset gate multiplies is a sum of its own.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.models import SequenceModel
from gatedrnn.validation import check_floats, check_positive_int, check_tokens

__all__ = ["Stream"]


class Stream:
    """A model that is fed step by step.

    Parameters
    ----------
    model : SequenceModel
        Its cell an RNN, an LSTM, or a GRU that resets after the product. The weights are copied:
        train first.
    batch_size : int, optional
        N, how many streams run side by side.

    Raises
    ------
    TypeError
        If the model or its cell is another.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> stream = Stream(SequenceModel(GRU(2, 4, rng=rng), 3, rng=rng))
    >>> stream.feed(np.zeros((1, 2), np.float32)).shape
    (1, 3)
    """

    def __init__(self, model: SequenceModel, batch_size: int = 1) -> None:
        cell = getattr(model, "cell", None)
        steps = {RNN: _rnn, LSTM: _lstm, GRU: _gru}
        if type(cell) not in steps or not getattr(cell, "reset_after", True):
            raise TypeError(
                "model: expected a SequenceModel with an RNN, an LSTM, or a GRU with the reset "
                f"after, got {model if cell is None else cell!r:.80}"
            )
        N, D, H = check_positive_int("batch_size", batch_size), cell.input_size, cell.hidden_size
        self.model, self._step = model, steps[type(cell)]
        self._weights = _joined(cell)
        self._read = np.zeros((D + 1 + H, N), cell.dtype)  # x, 1 and h, below each other
        self._read[D] = 1
        self._x, self._h = self._read[:D], self._read[D + 1 :]
        self._c = np.zeros((H, N), cell.dtype) if isinstance(cell, LSTM) else None
        readout = model.readout.params
        self._readout = readout["W"].copy(), readout["b"][:, None].copy()

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """Copies of the parts of the state, each (N, H)."""
        parts = (self._h,) if self._c is None else (self._h, self._c)
        return tuple(part.T.copy() for part in parts)

    def reset(self, samples=slice(None)) -> None:
        """Set the state of all streams, or of some, to zero: something new begins."""
        self._h[:, samples] = 0
        if self._c is not None:
            self._c[:, samples] = 0

    def feed(self, x: np.ndarray) -> np.ndarray:
        """Advance by one step and return what the readout says, (N, output_size).

        Parameters
        ----------
        x : ndarray, shape (N, D), or (N,) of tokens for a model with an embedding

        Raises
        ------
        TypeError, ValueError
            If it is of another kind or shape, or not finite; the state is then as before.
        """
        embedding, N = self.model.embedding, self._read.shape[1]
        if embedding is None:
            x = check_floats("x", x, (N, len(self._x)))
        else:
            x = embedding.params["W"][check_tokens("x", x, (N,), embedding.num_tokens)]
        self._x[...] = x.T
        self._step(self._weights @ self._read, self._h, self._c)
        W, b = self._readout
        return (W @ self._h + b).T


def _joined(cell: RNN | LSTM | GRU) -> np.ndarray:
    """Return M; the rows of gates are halved, for sigmoid(a) = tanh(a / 2) / 2 + 1 / 2."""
    W, U, b = (cell.params[name] for name in ("W", "U", "b"))
    M = np.concatenate([W, b[:, None], U], axis=1)
    if isinstance(cell, LSTM):
        for gate in "ifo":
            M[cell.block(gate)] *= 0.5
    if isinstance(cell, GRU):
        D, n = cell.input_size, cell.block("n")
        recalled = M[n].copy()
        recalled[:, :D], recalled[:, D] = 0, cell.params["b_n"]
        M[n, D + 1 :] = 0
        M = np.concatenate([M, recalled])
        M[: n.start] *= 0.5
    return M


def _rnn(a: np.ndarray, h: np.ndarray, _) -> None:
    np.tanh(a, out=h)


def _lstm(a: np.ndarray, h: np.ndarray, c: np.ndarray) -> None:
    i, f, g, o = np.tanh(a, out=a).reshape(4, *h.shape)
    for gate in (i, f, o):
        gate *= 0.5
        gate += 0.5
    c *= f
    c += i * g
    np.multiply(o, np.tanh(c), out=h)


def _gru(a: np.ndarray, h: np.ndarray, _) -> None:
    H = len(h)
    rz = np.tanh(a[: 2 * H])
    rz *= 0.5
    rz += 0.5
    n = np.tanh(a[2 * H : 3 * H] + rz[:H] * a[3 * H :])
    h -= n  # h = n + z (h - n)
    h *= rz[H:]
    h += n
