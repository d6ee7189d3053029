r"""Recurrent layers on top of each other, reading in one direction or in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn.cells.base import Recurrent
from gatedrnn.validation import check_floats, check_lengths, check_positive_int

__all__ = ["Place", "Stack", "StackTape", "places"]

#: Where a cell stands: its layer, from 0 below, and whether it reads from last step to first.
Place = tuple[int, bool]


def places(num_layers: int, bidirectional: bool) -> dict[str, Place]:
    """Return the names of a stack's cells and where they stand, layer by layer from below."""
    return {
        f"{layer}{'.reverse' if reverse else ''}": (layer, reverse)
        for layer in range(num_layers)
        for reverse in (False, True)[: 1 + bidirectional]
    }


@dataclass(frozen=True)
class StackTape:
    """What `Stack.backward` needs of the forward pass.

    Attributes
    ----------
    cells : list
        The tapes of all cells, in the order of `Stack.cells`.
    noise : list of ndarray or None
        What the outputs of each layer but the last were multiplied by, (T, N, output_size).
    lengths : ndarray of int, shape (N,), or None
    """

    cells: list[Any]
    noise: list[np.ndarray | None]
    lengths: np.ndarray | None


class Stack:
    r"""Several recurrent layers, each reading the outputs of the one below.

    With two directions every layer has a second cell, which reads each sequence from its last
    step to its first; the outputs of both at a step stand side by side, (T, N, 2H).

    Between two layers *dropout* sets each output to zero with probability p and divides the
    others by :math:`1 - p`, so that their mean stays. It acts when `forward` is handed a random
    generator, and never on the way from step to step.

    Parameters
    ----------
    cell : {RNN, LSTM, GRU}
        The class of the cells.
    input_size, hidden_size : int
        D, and the H of every cell.
    num_layers : int, optional
    bidirectional : bool, optional
    dropout : float, optional
        p, at least 0 and below 1.
    rng : numpy.random.Generator
        Source of the initial weights.
    dtype : dtype, optional
    **options
        What else the cells' class takes, such as `forget_bias`.

    Attributes
    ----------
    cells : dict of str to Recurrent
        ``"0"``, ``"0.reverse"``, ``"1"``, ...: layer by layer from below.
    params : dict of str to ndarray
        The cells' own arrays, as ``"0.W"``, ``"0.reverse.W"``, ...
    output_size : int
        H, or 2H with two directions.
    state_names : tuple of str
        ``"0.h"``, ``"0.c"``, ...: the parts of a state, in their order.

    Raises
    ------
    TypeError, ValueError
        As for the cells; also if `dropout` is not from 0 to below 1, or a single layer has any.

    References
    ----------
    Two directions: Schuster and Paliwal (1997). Dropout between layers alone: Zaremba, Sutskever
    and Vinyals (2014).
    """

    def __init__(
        self,
        cell: type[Recurrent],
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        rng: np.random.Generator,
        dtype: np.dtype | type = np.float32,
        **options,
    ) -> None:
        if not (isinstance(cell, type) and issubclass(cell, Recurrent)):
            raise TypeError(f"cell: expected the class RNN, LSTM or GRU, got {cell!r}")
        self.num_layers = check_positive_int("num_layers", num_layers)
        self.bidirectional = bool(bidirectional)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout: expected at least 0 and less than 1, got {dropout}")
        if dropout and num_layers == 1:
            raise ValueError("dropout: expected 0, for a single layer has none above it")
        self.dropout = float(dropout)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.output_size = hidden_size * (1 + self.bidirectional)
        self.cells = {
            name: cell(
                self.output_size if layer else input_size,
                hidden_size,
                rng=rng,
                dtype=dtype,
                **options,
            )
            for name, (layer, _) in places(num_layers, self.bidirectional).items()
        }
        self.dtype = self.cells["0"].dtype
        self.params = {
            f"{name}.{key}": value
            for name, own in self.cells.items()
            for key, value in own.params.items()
        }
        self.state_names = tuple(
            f"{name}.{part}" for name, own in self.cells.items() for part in own.state_names
        )

    def __repr__(self) -> str:
        kind = type(self.cells["0"]).__name__
        both = ", bidirectional=True" if self.bidirectional else ""
        return f"Stack({kind}, {self.input_size}, {self.hidden_size}, {self.num_layers}{both})"

    @property
    def num_parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(value.size for value in self.params.values())

    def zero_state(self, batch_size: int) -> tuple:
        """Return the state before the first step: one per cell, in the order of `cells`."""
        return tuple(cell.zero_state(batch_size) for cell in self.cells.values())

    def step(self, x: np.ndarray, state: tuple) -> tuple:
        """Advance the state by one step, as a sequence of length one.

        The output of the stack is the h of the last cell, ``state[-1]`` or ``state[-1][0]``.

        Parameters
        ----------
        x : ndarray, shape (N, D)
        state : tuple
            What the previous call returned, or `zero_state`.

        Raises
        ------
        ValueError
            If the stack has two directions: the second needs the whole sequence.
        """
        if self.bidirectional:
            raise ValueError("step: expected one direction; the other needs the whole sequence")
        check_floats("x", x, ("N", self.input_size))
        return self.forward(x[None], state)[1]

    def forward(
        self,
        xs: np.ndarray,
        state: tuple | None = None,
        lengths: np.ndarray | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, tuple, StackTape]:
        """Run over a sequence.

        Parameters
        ----------
        xs : ndarray, shape (T, N, D)
        state : tuple, optional
            One state per cell; zeros if left out.
        lengths : ndarray of int, shape (N,), optional
            How many steps of each sample are not padding.
        rng : numpy.random.Generator, optional
            Source of the dropout's noise; without it there is none.

        Returns
        -------
        hs : ndarray, shape (T, N, output_size)
            The outputs of the last layer, zero at padding.
        state : tuple
            The state of every cell after the last step that it read.
        tape : StackTape

        Raises
        ------
        TypeError, ValueError
            As for a single layer; also if there is not one state per cell.
        """
        states = self._states("state", state)
        if lengths is not None:
            check_floats("xs", xs, ("T", "N", self.input_size))
            check_lengths("lengths", lengths, *xs.shape[:2])
        ends, tapes, noise, hs = [], [], [], xs
        cells = iter(zip(self.cells.values(), states, strict=True))
        for layer in range(self.num_layers):
            outputs = []
            for turned in (False, True)[: 1 + self.bidirectional]:
                cell, start = next(cells)
                read = turn(hs, lengths) if turned else hs
                out, end, tape = cell.forward(read, start, lengths)
                outputs.append(turn(out, lengths) if turned else out)
                ends.append(end)
                tapes.append(tape)
            hs = np.concatenate(outputs, axis=-1) if self.bidirectional else outputs[0]
            if layer < self.num_layers - 1:
                noise.append(self._noise(hs.shape, rng))
                hs = hs if noise[-1] is None else hs * noise[-1]
        return hs, tuple(ends), StackTape(tapes, noise, lengths)

    def backward(
        self, dhs: np.ndarray, tape: StackTape, dstate: tuple | None = None
    ) -> tuple[np.ndarray, tuple, dict[str, np.ndarray]]:
        """Propagate gradients back through all layers; see `Recurrent.backward`.

        Returns
        -------
        dxs : ndarray, shape (T, N, D)
        dstate : tuple
            Gradients with respect to the states before the first step, one per cell.
        grads : dict of str to ndarray
            Under the names of `params`.
        """
        dends = self._states("dstate", dstate)
        dstarts, grads = {}, {}
        names = list(self.cells)
        width = 1 + self.bidirectional
        for layer in reversed(range(self.num_layers)):
            if layer < self.num_layers - 1 and tape.noise[layer] is not None:
                dhs = dhs * tape.noise[layer]
            dxs = 0
            for k, dout in enumerate(np.split(dhs, width, axis=-1)):
                place = layer * width + k
                cell = self.cells[names[place]]
                dout = turn(dout, tape.lengths) if k else np.ascontiguousarray(dout)
                dread, dstarts[place], own = cell.backward(dout, tape.cells[place], dends[place])
                dxs = dxs + (turn(dread, tape.lengths) if k else dread)
                grads |= {f"{names[place]}.{key}": grad for key, grad in own.items()}
            dhs = dxs
        ordered = {name: grads[name] for name in self.params}
        return dhs, tuple(dstarts[place] for place in range(len(names))), ordered

    def _noise(self, shape: tuple[int, ...], rng: np.random.Generator | None):
        """Return the factors of dropout, or None where there is none."""
        if rng is None or self.dropout == 0:
            return None
        kept = rng.random(shape, dtype=np.float32) >= self.dropout
        return kept.astype(self.dtype) / self.dtype.type(1 - self.dropout)

    def _states(self, name: str, state: tuple | None) -> tuple:
        """Return one state per cell, None for those that are left out."""
        if state is None:
            return (None,) * len(self.cells)
        if not isinstance(state, tuple) or len(state) != len(self.cells):
            got = f"{len(state)}" if isinstance(state, tuple) else type(state).__name__
            raise TypeError(
                f"{name}: expected a tuple of {len(self.cells)} states, one per cell, got {got}"
            )
        return state


def turn(xs: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
    """Return sequences (T, N, ...) from last step to first; padding stays behind them.

    To turn twice changes nothing.
    """
    if lengths is None:
        return np.ascontiguousarray(xs[::-1])
    t = np.arange(len(xs))[:, None]
    return xs[np.where(t < lengths, lengths - 1 - t, t), np.arange(len(lengths))]
