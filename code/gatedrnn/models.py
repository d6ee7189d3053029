r"""A recurrent layer with what stands before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn.cells.base import Recurrent, State
from gatedrnn.layers import Embedding, Linear
from gatedrnn.stack import Stack
from gatedrnn.validation import check_params

__all__ = ["ModelTape", "SequenceModel"]


@dataclass(frozen=True)
class ModelTape:
    """The tapes of a model's layers, in the order of the forward pass."""

    embedding: np.ndarray | None
    cell: Any
    readout: np.ndarray
    steps: int
    lengths: np.ndarray | None


class SequenceModel:
    r"""Embedding (if the input is tokens), recurrent layer or stack, linear readout.

    .. math::

        h_1, \dots, h_T = \text{cell}(x_1, \dots, x_T), \qquad
        y_t = W h_t + b \quad\text{for every } t \text{, or for } t = T \text{ alone}

    Parameters
    ----------
    cell : RNN, LSTM, GRU or Stack
    output_size : int
        Size of an output: the number of classes, or of values to predict.
    rng : numpy.random.Generator
        Source of the readout's initial weights.
    embedding : Embedding, optional
        Then the input is integer tokens (T, N) instead of vectors (T, N, D).
    readout : {"all", "last"}
        An output after every step, (T, N, output_size), or after the last alone,
        (N, output_size): with `lengths`, after each sample's own last.

    Attributes
    ----------
    params : dict of str to ndarray
        The layers' own arrays under ``embedding.``, ``cell.`` and ``readout.`` names: an
        optimiser that updates them in place updates the model.

    Raises
    ------
    ValueError
        If the embedding's size is not the cell's input size, or `readout` is neither.
    """

    def __init__(
        self,
        cell: Recurrent | Stack,
        output_size: int,
        *,
        rng: np.random.Generator,
        embedding: Embedding | None = None,
        readout: str = "all",
    ) -> None:
        if readout not in ("all", "last"):
            raise ValueError(f"readout: expected 'all' or 'last', got {readout!r}")
        if embedding is not None and embedding.size != cell.input_size:
            raise ValueError(
                f"embedding: expected vectors of the cell's input size {cell.input_size}, "
                f"got {embedding.size}"
            )
        self.cell = cell
        self.embedding = embedding
        self.readout = Linear(cell.output_size, output_size, rng=rng, dtype=cell.dtype)
        self.last_only = readout == "last"
        layers = {"embedding": embedding, "cell": cell, "readout": self.readout}
        self.params = {
            f"{layer}.{name}": value
            for layer, owner in layers.items()
            if owner is not None
            for name, value in owner.params.items()
        }

    @property
    def num_parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(value.size for value in self.params.values())

    @property
    def dropout(self) -> float:
        """The probability of dropout between the layers of a stack; a single layer has none."""
        return getattr(self.cell, "dropout", 0.0)

    def forward(
        self,
        xs: np.ndarray,
        state: State | None = None,
        lengths: np.ndarray | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, State, ModelTape]:
        """Run over a sequence.

        Parameters
        ----------
        xs : ndarray, shape (T, N, D) of floats, or (T, N) of tokens with an embedding
        state : optional
            The cell's state before the first step; zeros if left out.
        lengths : ndarray of int, shape (N,), optional
            How many steps of each sample are not padding.
        rng : numpy.random.Generator, optional
            Source of the noise of a stack's dropout; without it there is none.

        Returns
        -------
        out : ndarray, shape (T, N, output_size) or (N, output_size)
        state
            The cell's state after the last step.
        tape : ModelTape
        """
        tokens = None
        if self.embedding is not None:
            if np.ndim(xs) != 2:
                raise ValueError(f"xs: expected tokens of shape (T, N), got {np.shape(xs)}")
            xs, tokens = self.embedding.forward(xs)
        noise = {"rng": rng} if isinstance(self.cell, Stack) else {}
        hs, state, cell_tape = self.cell.forward(xs, state, lengths, **noise)
        out, readout_tape = self.readout.forward(hs[_last(lengths)] if self.last_only else hs)
        return out, state, ModelTape(tokens, cell_tape, readout_tape, len(hs), lengths)

    def backward(
        self, dout: np.ndarray, tape: ModelTape, dstate: State | None = None
    ) -> dict[str, np.ndarray]:
        """Return the gradients of all parameters, under the names of `params`.

        Parameters
        ----------
        dout : ndarray, shape of ``out``
            Gradient of the loss with respect to the output.
        tape : ModelTape
            What `forward` returned.
        dstate : optional
            Gradient with respect to the state after the last step.
        """
        dhs, grads_readout = self.readout.backward(dout, tape.readout)
        if self.last_only:
            dlast, dhs = dhs, np.zeros((tape.steps, *dhs.shape), dhs.dtype)
            dhs[_last(tape.lengths)] = dlast
        dxs, _, grads_cell = self.cell.backward(dhs, tape.cell, dstate)
        grads = {"cell": grads_cell, "readout": grads_readout}
        if self.embedding is not None:
            grads["embedding"] = self.embedding.backward(dxs, tape.embedding)[1]
        return {f"{layer}.{name}": g for layer, own in grads.items() for name, g in own.items()}

    def set_params(self, params: dict[str, np.ndarray]) -> None:
        """Copy values into the model's own arrays.

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a shape differs.
        """
        check_params("params", params, self.params)
        for name, value in params.items():
            self.params[name][...] = value


def _last(lengths: np.ndarray | None):
    """Return the index of the last outputs in hs (T, N, H)."""
    return -1 if lengths is None else (lengths - 1, np.arange(len(lengths)))
