r"""Our layers as Keras 3's, and Keras' as ours, with whichever backend Keras runs on.

Keras stores matrices transposed and the blocks of a GRU in the order z, r, n; a GRU with the reset
after the product has two biases, of which in the first two blocks only the sum counts. Its layout
is (N, T, D).
"""

from __future__ import annotations

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.frameworks.missing import MissingFrameworkError
from gatedrnn.frameworks.two_biases import cells_of
from gatedrnn.stack import Stack

try:
    import keras
except ModuleNotFoundError as error:
    raise MissingFrameworkError(
        f"Keras, or its backend {error.name}, is not installed; get them with: pip install keras "
        "jax, and choose with the environment variable KERAS_BACKEND"
        if error.name in ("keras", "tensorflow", "jax", "torch")
        else str(error)
    ) from error

__all__ = ["from_keras", "to_keras"]

#: Our layer: Keras' layer and its order of the blocks.
LAYERS = {
    RNN: (keras.layers.SimpleRNN, ("h",)),
    LSTM: (keras.layers.LSTM, ("i", "f", "g", "o")),
    GRU: (keras.layers.GRU, ("z", "r", "n")),
}


def to_keras(layer: Recurrent | Stack) -> keras.Layer | keras.Sequential:
    """Return Keras' layer with a copy of our weights.

    It takes sequences (N, T, D). A single layer also takes ``initial_state`` and returns a list:
    the outputs of all steps, then h, or h and c. A `Stack` becomes a `keras.Sequential` that
    returns the outputs alone; two directions a `keras.layers.Bidirectional`.

    Parameters
    ----------
    layer : RNN, LSTM, GRU or a Stack of them

    Raises
    ------
    TypeError
        If `layer` is not one of ours.
    """
    cells = cells_of(layer)
    for cell in cells.values():
        if type(cell) not in LAYERS:
            raise TypeError(f"layer: expected cells RNN, LSTM or GRU, got {cell!r}")
    if not isinstance(layer, Stack):
        theirs = _keras_layer(layer, return_state=True)
        theirs.build((None, None, layer.input_size))
        theirs.set_weights(_weights(layer))
        return theirs
    model = keras.Sequential([keras.Input((None, layer.input_size), dtype=layer.dtype.name)])
    for k in range(layer.num_layers):
        both = [cell for (at, _), cell in cells.items() if at == k]
        theirs = _keras_layer(both[0])
        if len(both) == 2:
            theirs = keras.layers.Bidirectional(
                theirs,
                backward_layer=_keras_layer(both[1], go_backwards=True),
                dtype=layer.dtype.name,
            )
        model.add(theirs)
        theirs.set_weights([array for cell in both for array in _weights(cell)])
        if layer.dropout and k < layer.num_layers - 1:
            model.add(keras.layers.Dropout(layer.dropout, dtype=layer.dtype.name))
    return model


def from_keras(layer: keras.Layer | keras.Sequential) -> Recurrent | Stack:
    """Return our layer with a copy of a Keras layer's weights.

    Parameters
    ----------
    layer : keras.layers.SimpleRNN, LSTM, GRU, Bidirectional, or a Sequential of them
        Built, that is, with weights. Between the layers of a Sequential there may be Dropout.

    Raises
    ------
    TypeError
        If it is another layer, or layers of different kinds.
    ValueError
        If it has an option that our layers lack (the message names it), or no weights yet.
    """
    sequential = isinstance(layer, keras.Sequential)
    parts = list(layer.layers) if sequential else [layer]
    rates = {part.rate for part in parts if isinstance(part, keras.layers.Dropout)}
    layers = [_cells(part) for part in parts if not isinstance(part, keras.layers.Dropout)]
    if len(rates) > 1 or not layers:
        raise ValueError(f"layer: expected recurrent layers and one rate of dropout, got {rates}")
    first = layers[0][0]
    if not sequential and len(layers[0]) == 1:
        return first
    options = {"reset_after": first.reset_after} if isinstance(first, GRU) else {}
    stack = Stack(
        type(first), first.input_size, first.hidden_size, len(layers),
        bidirectional=len(layers[0]) == 2, dropout=rates.pop() if rates else 0.0,
        rng=np.random.default_rng(0), dtype=first.dtype, **options,
    )  # fmt: skip
    every = [cell for both in layers for cell in both]
    if len(every) != len(stack.cells):
        raise TypeError("layer: expected the same directions in every layer")
    for name, cell in zip(stack.cells, every, strict=True):
        if (
            type(cell) is not type(first)
            or cell.params["W"].shape != stack.cells[name].params["W"].shape
        ):
            raise TypeError("layer: expected layers of one kind and one size")
        for key, value in cell.params.items():
            stack.params[f"{name}.{key}"][...] = value
    return stack


def _keras_layer(cell: Recurrent, **options) -> keras.Layer:
    """Return Keras' layer without weights."""
    if isinstance(cell, GRU):
        options["reset_after"] = cell.reset_after
    kind, _ = LAYERS[type(cell)]
    return kind(cell.hidden_size, return_sequences=True, dtype=cell.dtype.name, **options)


def _order(cell: Recurrent) -> np.ndarray:
    """Return the rows of our arrays in Keras' order."""
    return np.concatenate([np.r_[cell.block(gate)] for gate in LAYERS[type(cell)][1]])


def _weights(cell: Recurrent) -> list[np.ndarray]:
    """Return a cell's weights as Keras lays them out."""
    rows, params = _order(cell), cell.params
    bias = params["b"][rows]
    if "b_n" in params:
        second = np.full_like(bias, -0.0)  # a number plus -0.0 is itself, even -0.0
        second[2 * cell.hidden_size :] = params["b_n"]
        bias = np.stack([bias, second])
    return [params["W"][rows].T, params["U"][rows].T, bias]


def _cells(layer: keras.Layer) -> list[Recurrent]:
    """Return our cells of a Keras layer: one, or one per direction."""
    if isinstance(layer, keras.layers.Bidirectional):
        if layer.merge_mode != "concat":
            raise ValueError(f"layer: expected merge_mode='concat', got {layer.merge_mode!r}")
        return [_cell(layer.forward_layer), _cell(layer.backward_layer, backwards=True)]
    return [_cell(layer)]


def _cell(layer: keras.Layer, *, backwards: bool = False) -> Recurrent:
    """Return our cell with the weights of a Keras layer."""
    ours = next((ours for ours, (theirs, _) in LAYERS.items() if type(layer) is theirs), None)
    if ours is None:
        names = ", ".join(theirs.__name__ for theirs, _ in LAYERS.values())
        raise TypeError(f"layer: expected one of Keras' {names}, got {type(layer).__name__}")
    options = {
        "activation": (keras.activations.serialize(layer.activation), "tanh"),
        "go_backwards": (layer.go_backwards, backwards),
        "dropout": (layer.dropout, 0.0),  # Keras applies it to the input of the layer
        "recurrent_dropout": (layer.recurrent_dropout, 0.0),
    }
    if ours is not RNN:
        gates = keras.activations.serialize(layer.recurrent_activation)
        options["recurrent_activation"] = (gates, "sigmoid")
    for name, (value, expected) in options.items():
        if value != expected:
            raise ValueError(f"layer: expected {name}={expected!r}, got {name}={value!r}")
    weights = layer.get_weights()
    if not weights:
        raise ValueError("layer: expected weights, got none: build it first")
    kernel, recurrent = weights[:2]
    more = {"reset_after": bool(layer.reset_after)} if ours is GRU else {}
    cell = ours(
        kernel.shape[0],
        recurrent.shape[0],
        rng=np.random.default_rng(0),
        dtype=kernel.dtype,
        **more,
    )
    rows, params = _order(cell), cell.params
    params["W"][rows], params["U"][rows] = kernel.T, recurrent.T
    if layer.use_bias:
        bias = weights[2]
        if "b_n" in params:
            H = cell.hidden_size
            params["b_n"][...] = bias[1, 2 * H :]
            bias = np.concatenate([bias[0, : 2 * H] + bias[1, : 2 * H], bias[0, 2 * H :]])
        params["b"][rows] = bias
    return cell
