r"""Our layers as MXNet Gluon's, and Gluon's as ours.

Gluon's recurrent layers compute what `gatedrnn.RNN`, `LSTM` and `GRU` compute, and with several
layers or two directions what a `Stack` of them computes, with a second bias (see
`gatedrnn.frameworks.two_biases`). Arrays are copied: neither side follows when the other is
trained.

One gradient of MXNet 1.9.1 is wrong: in float64 that of the ``i2h_weight`` of every layer between
the first and the last of a plain RNN.
"""

from __future__ import annotations

import numpy as np

from gatedrnn import models
from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.frameworks.mxnet_compat import import_mxnet
from gatedrnn.frameworks.two_biases import (
    TwoBiases,
    cells_of,
    gradients,
    layer_with,
    two_biases,
)
from gatedrnn.stack import Place, Stack
from gatedrnn.validation import FLOATS

mx = import_mxnet()
gluon = mx.gluon

__all__ = ["SequenceModel", "from_mxnet", "grads_from_mxnet", "to_mxnet", "to_mxnet_model"]

#: Our layer, Gluon's layer.
PAIRS = ((RNN, gluon.rnn.RNN), (LSTM, gluon.rnn.LSTM), (GRU, gluon.rnn.GRU))

#: Our names, Gluon's names, which a place completes.
NAMES = {
    "W": "{}_i2h_weight",
    "U": "{}_h2h_weight",
    "b_ih": "{}_i2h_bias",
    "b_hh": "{}_h2h_bias",
}


def _name(name: str, place: Place) -> str:
    """Return Gluon's name of an array at a place: l for left to right, r for right to left."""
    layer, reverse = place
    return NAMES[name].format(f"{'r' if reverse else 'l'}{layer}")


def to_mxnet(cell: Recurrent | Stack) -> gluon.rnn.RNN | gluon.rnn.LSTM | gluon.rnn.GRU:
    """Return Gluon's layer with a copy of our weights.

    It takes ``xs`` (T, N, D) and a list of states of shape (num_layers, N, H), with two
    directions (2 num_layers, N, H), in the order of `Stack.cells`: ``[h]``, or ``[h, c]`` for an
    LSTM.

    Parameters
    ----------
    cell : RNN, LSTM, or GRU with ``reset_after=True``, or a Stack of them

    Raises
    ------
    TypeError
        If `cell` is not one of ours.
    ValueError
        If it is a GRU that resets before the matrix product: MXNet has none.
    """
    cells = cells_of(cell)
    weights = {place: two_biases(own, "MXNet") for place, own in cells.items()}
    kind = next(theirs for ours, theirs in PAIRS if isinstance(cells[0, False], ours))
    # Gluon's RNN would have a ReLU.
    options = {"activation": "tanh"} if kind is gluon.rnn.RNN else {}
    if isinstance(cell, Stack):
        options |= {
            name: getattr(cell, name) for name in ("num_layers", "bidirectional", "dropout")
        }
    layer = kind(cell.hidden_size, input_size=cell.input_size, dtype=cell.dtype.name, **options)
    for place, own in weights.items():
        for name, value in own.items():
            _fill(getattr(layer, _name(name, place)), value)
    return layer


def from_mxnet(layer: gluon.rnn.RNN | gluon.rnn.LSTM | gluon.rnn.GRU) -> Recurrent | Stack:
    """Return our layer with a copy of a Gluon layer's weights.

    The two biases become one, their sum. The layout ``"NTC"`` is a matter of layout alone: our
    layer takes (T, N, D) all the same. Several layers, or two directions, become a `Stack`.
    Dropout acts between stacked layers, so that one layer has none.

    Parameters
    ----------
    layer : mxnet.gluon.rnn.RNN, LSTM or GRU
        With tanh for an RNN; in float32 or float64.

    Raises
    ------
    TypeError
        If `layer` is another block.
    ValueError
        If it has an option that our layers lack (the message names it), or no weights yet.
    """
    kind = _ours(layer)
    return layer_with(
        kind,
        lambda place: _read(layer, place, lambda parameter: parameter.data()),
        layer._num_layers,
        layer._dir == 2,
        layer._dropout,
    )


def grads_from_mxnet(layer: gluon.Block) -> dict[str, np.ndarray]:
    """Return MXNet's gradients under the names of our parameters.

    Before any backward pass MXNet's gradients are zeros.

    Parameters
    ----------
    layer : mxnet.gluon.rnn.RNN, LSTM or GRU, or SequenceModel
        After a backward pass. See `from_mxnet` for the options a layer may have.

    Returns
    -------
    dict of str to ndarray
        Copies. ``b`` is the gradient of ``i2h_bias``, ``b_n`` of the last block of ``h2h_bias``.

    Raises
    ------
    TypeError, ValueError
        As for `from_mxnet`.
    """
    if isinstance(layer, SequenceModel):
        grads = {"cell": grads_from_mxnet(layer.cell)}
        grads["readout"] = {
            "W": layer.readout.weight.grad().asnumpy(),
            "b": layer.readout.bias.grad().asnumpy(),
        }
        if layer.embedding is not None:
            grads["embedding"] = {"W": layer.embedding.weight.grad().asnumpy()}
        return {f"{part}.{name}": g for part, own in grads.items() for name, g in own.items()}
    kind = _ours(layer)
    return gradients(
        kind,
        lambda place: _read(layer, place, lambda parameter: parameter.grad()),
        layer._num_layers,
        layer._dir == 2,
    )


class SequenceModel(gluon.HybridBlock):
    r"""Embedding (if the input is tokens), recurrent layer, linear readout: ours in Gluon.

    Parameters
    ----------
    cell : mxnet.gluon.rnn.RNN, LSTM or GRU
    output_size : int
    embedding : mxnet.gluon.nn.Embedding, optional
        Then the input is tokens (T, N) instead of vectors (T, N, D).
    readout : {"all", "last"}
        An output after every step, (T, N, output_size), or after the last, (N, output_size).
    """

    def __init__(self, cell, output_size, *, embedding=None, readout="all"):
        super().__init__()
        self.embedding = embedding
        self.cell = cell
        U = cell.l0_h2h_weight
        self.readout = gluon.nn.Dense(
            output_size, in_units=U.shape[1] * cell._dir, flatten=False, dtype=U.dtype
        )
        self.last_only = readout == "last"

    def begin_state(self, batch_size):
        """Return the cell's state before the first step: a list of zeros (1, N, H)."""
        return self.cell.begin_state(batch_size, dtype=self.readout.weight.dtype)

    def hybrid_forward(self, F, xs, state):
        """Return the output and the cell's last state, a list; `begin_state` has the first."""
        if self.embedding is not None:
            xs = self.embedding(xs)
        hs, state = self.cell(xs, state)
        if self.last_only:
            # Not F.SequenceLast: without lengths, its backward pass writes beyond the array.
            hs = F.slice_axis(hs, axis=0, begin=-1, end=None).squeeze(axis=0)
        return self.readout(hs), state


def to_mxnet_model(model: models.SequenceModel) -> SequenceModel:
    """Return the same model in Gluon, with a copy of our weights.

    Raises
    ------
    TypeError, ValueError
        As for `to_mxnet`; also if `model` is not one of ours.
    """
    if not isinstance(model, models.SequenceModel):
        raise TypeError(f"model: expected a SequenceModel of gatedrnn, got {model!r:.80}")
    embedding = None
    if model.embedding is not None:
        W = model.embedding.params["W"]
        embedding = gluon.nn.Embedding(*W.shape, dtype=W.dtype.name)
        _fill(embedding.weight, W)
    theirs = SequenceModel(
        to_mxnet(model.cell),
        model.readout.output_size,
        embedding=embedding,
        readout="last" if model.last_only else "all",
    )
    _fill(theirs.readout.weight, model.readout.params["W"])
    _fill(theirs.readout.bias, model.readout.params["b"])
    return theirs


def _ours(layer: gluon.Block) -> type[Recurrent]:
    """Return our counterpart of a Gluon layer, or say what has none."""
    ours = next((ours for ours, theirs in PAIRS if isinstance(layer, theirs)), None)
    if ours is None:
        raise TypeError(f"layer: expected a gluon.rnn.RNN, LSTM or GRU, got {layer!r:.80}")
    # Gluon keeps its options to itself: these attributes are those of the last release, 1.9.1.
    options = {
        "projection_size": (layer._projection_size, None),
        "activation": ("relu" if layer._mode == "rnn_relu" else "tanh", "tanh"),
        "state_clip_min": (layer._lstm_state_clip_min, None),
        "state_clip_max": (layer._lstm_state_clip_max, None),
        "use_sequence_length": (layer._use_sequence_length, False),
    }
    for name, (value, expected) in options.items():
        if value != expected:
            raise ValueError(f"layer: expected {name}={expected!r}, got {name}={value!r}")
    dtype = np.dtype(layer.l0_i2h_weight.dtype)
    if dtype not in FLOATS:
        raise ValueError(f"layer: expected float32 or float64, got {dtype}")
    return ours


def _read(layer: gluon.Block, place: Place, of) -> TwoBiases:
    """Return the arrays that the function makes `of` the parameters of a place."""
    try:
        return {name: of(getattr(layer, _name(name, place))).asnumpy() for name in NAMES}
    except (RuntimeError, gluon.parameter.DeferredInitializationError) as error:
        raise ValueError(
            "layer: expected weights, got none: give it input_size and call initialize()"
        ) from error


def _fill(parameter: gluon.Parameter, value: np.ndarray) -> None:
    """Initialise a parameter with a copy of an array, without drawing random numbers."""
    parameter.initialize(mx.init.Zero(), force_reinit=True)
    parameter.set_data(mx.nd.array(value, dtype=value.dtype))
