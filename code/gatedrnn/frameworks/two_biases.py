r"""Our parameters as the frameworks lay them out, and back.

PyTorch and MXNet store what cuDNN stores. The weights ``W`` (kH, D) and ``U`` (kH, H) and the
order of the gates are ours, but there are two biases of shape (kH,), one beside each product:

.. math::

    a = W x + b_{ih} + U h + b_{hh}

In a sum, two biases say no more than one, and a gradient reaches both alike. Only the candidate
of a GRU that resets after the product has a use for both, ours called ``b`` and ``b_n``:

.. math::

    n = \tanh(W_n x + b_{ih,n} + r \circ (U_n h + b_{hh,n}))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.stack import Place, Stack, places

__all__ = ["TwoBiases", "cells_of", "gradients", "layer_with", "two_biases"]


class TwoBiases(TypedDict):
    """Arrays for the weights, or for the gradients, of one layer; see the module's equations."""

    W: np.ndarray
    U: np.ndarray
    b_ih: np.ndarray | None
    b_hh: np.ndarray | None


def cells_of(cell: Recurrent | Stack) -> dict[Place, Recurrent]:
    """Return the cells of a layer or a stack of ours by their places.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(cell, Stack):
        where = places(cell.num_layers, cell.bidirectional)
        return {where[name]: own for name, own in cell.cells.items()}
    if not isinstance(cell, (RNN, LSTM, GRU)):
        raise TypeError(f"cell: expected an RNN, LSTM or GRU of gatedrnn, got {cell!r:.80}")
    return {(0, False): cell}


def two_biases(cell: Recurrent, framework: str) -> TwoBiases:
    """Return a cell's parameters with a second bias, which is zero but for ``b_n``.

    Parameters
    ----------
    cell : RNN, LSTM or GRU
    framework : str
        Its name, for the error.

    Raises
    ------
    ValueError
        If it is a GRU that resets before the matrix product.
    """
    if isinstance(cell, GRU) and not cell.reset_after:
        raise ValueError(
            f"cell: expected a GRU with reset_after=True, got reset_after=False: {framework} has "
            "only the GRU that resets after the matrix product, r * (U_n h + b_n), and no weights "
            "turn it into U_n (r * h)"
        )
    params = cell.params
    b_hh = np.zeros_like(params["b"])
    if "b_n" in params:
        b_hh[cell.block("n")] = params["b_n"]
    return {"W": params["W"], "U": params["U"], "b_ih": params["b"], "b_hh": b_hh}


def layer_with(
    kind: type[Recurrent],
    read: Callable[[Place], TwoBiases],
    num_layers: int,
    bidirectional: bool,
    dropout: float,
) -> Recurrent | Stack:
    """Return our layer with a framework's weights: a `Stack` if there is more than one cell.

    Parameters
    ----------
    kind : {RNN, LSTM, GRU}
    read : callable
        Returns the arrays of a place.
    num_layers, bidirectional, dropout
        As for `Stack`.
    """
    where = places(num_layers, bidirectional)
    cells = {name: _cell_with(kind, read(place)) for name, place in where.items()}
    first = cells["0"]
    if len(cells) == 1:
        return first
    stack = Stack(
        kind, first.input_size, first.hidden_size, num_layers, bidirectional=bidirectional,
        dropout=dropout if num_layers > 1 else 0.0, rng=np.random.default_rng(0), dtype=first.dtype,
    )  # fmt: skip
    for name, theirs in cells.items():
        for key, value in theirs.params.items():
            stack.params[f"{name}.{key}"][...] = value
    return stack


def _cell_with(kind: type[Recurrent], weights: TwoBiases) -> Recurrent:
    """Return a cell of ours with a framework's weights; the biases that are not there are zero.

    Parameters
    ----------
    kind : {RNN, LSTM, GRU}
    weights : TwoBiases
        In float32 or float64, which is the cell's dtype.
    """
    W, U = weights["W"], weights["U"]
    # The generator's numbers are overwritten at once.
    cell = kind(W.shape[1], U.shape[1], rng=np.random.default_rng(0), dtype=W.dtype)
    b_ih, b_hh = (
        np.zeros(len(W), W.dtype) if bias is None else bias
        for bias in (weights["b_ih"], weights["b_hh"])
    )
    params = {"W": W, "U": U, "b": b_ih + b_hh}
    if "b_n" in cell.params:
        n = cell.block("n")
        params["b"][n], params["b_n"] = b_ih[n], b_hh[n]
    for name, value in params.items():
        cell.params[name][...] = value
    return cell


def gradients(
    kind: type[Recurrent],
    read: Callable[[Place], TwoBiases],
    num_layers: int,
    bidirectional: bool,
) -> dict[str, np.ndarray]:
    """Return a framework's gradients under the names of our parameters.

    Parameters
    ----------
    kind : {RNN, LSTM, GRU}
    read : callable
        Returns the gradients of a place.
    num_layers, bidirectional
        As for `Stack`.
    """
    where = places(num_layers, bidirectional)
    if len(where) == 1:
        return _cell_gradients(kind, read(where["0"]))
    return {
        f"{name}.{key}": grad
        for name, place in where.items()
        for key, grad in _cell_gradients(kind, read(place)).items()
    }


def _cell_gradients(kind: type[Recurrent], grads: TwoBiases) -> dict[str, np.ndarray]:
    """Return the gradients of one cell under our names.

    ``b`` gets the gradient of ``b_ih``, which in a sum is that of ``b_hh`` as well; ``b_n`` gets
    the last H rows of that of ``b_hh``. A layer without biases has gradients of ``W`` and ``U``
    alone.
    """
    named = {"W": grads["W"], "U": grads["U"]}
    if grads["b_ih"] is not None and grads["b_hh"] is not None:
        named["b"] = grads["b_ih"]
        if kind is GRU:
            named["b_n"] = grads["b_hh"][2 * grads["U"].shape[1] :]
    return named
