r"""Our layers as PyTorch's, and PyTorch's as ours.

PyTorch's recurrent layers compute what `gatedrnn.RNN`, `LSTM` and `GRU` compute, and with several
layers or two directions what a `Stack` of them computes, with a second bias (see
`gatedrnn.frameworks.two_biases`). Arrays are copied: neither side follows when the other is
trained.
"""

from __future__ import annotations

import numpy as np

from gatedrnn import models
from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.frameworks.missing import MissingFrameworkError
from gatedrnn.frameworks.two_biases import (
    TwoBiases,
    cells_of,
    gradients,
    layer_with,
    two_biases,
)
from gatedrnn.stack import Place, Stack

try:
    import torch
    from torch import nn
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise  # PyTorch is there, but lacks something itself.
    raise MissingFrameworkError(
        "PyTorch is not installed; get it with: pip install torch "
        "(on Linux without a GPU add: --index-url https://download.pytorch.org/whl/cpu)"
    ) from error

__all__ = [
    "SequenceModel",
    "from_pytorch",
    "grads_from_pytorch",
    "to_pytorch",
    "to_pytorch_model",
]

#: Our layer, PyTorch's layer.
PAIRS = ((RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU))

#: Our names, PyTorch's names, which a place completes.
NAMES = {
    "W": "weight_ih_l{}",
    "U": "weight_hh_l{}",
    "b_ih": "bias_ih_l{}",
    "b_hh": "bias_hh_l{}",
}


def _name(name: str, place: Place) -> str:
    """Return PyTorch's name of an array at a place."""
    layer, reverse = place
    return NAMES[name].format(layer) + ("_reverse" if reverse else "")


def to_pytorch(cell: Recurrent | Stack) -> nn.RNN | nn.LSTM | nn.GRU:
    """Return PyTorch's layer with a copy of our weights.

    It takes ``xs`` (T, N, D) and a state of shape (num_layers, N, H), with two directions
    (2 num_layers, N, H), in the order of `Stack.cells`.

    Parameters
    ----------
    cell : RNN, LSTM, or GRU with ``reset_after=True``, or a Stack of them

    Raises
    ------
    TypeError
        If `cell` is not one of ours.
    ValueError
        If it is a GRU that resets before the matrix product: PyTorch has none.
    """
    cells = cells_of(cell)
    weights = {place: two_biases(own, "PyTorch") for place, own in cells.items()}
    layer = next(theirs for ours, theirs in PAIRS if isinstance(cells[0, False], ours))
    options = {"dtype": torch.float64 if cell.dtype == np.float64 else torch.float32}
    if isinstance(cell, Stack):
        options |= {
            name: getattr(cell, name) for name in ("num_layers", "bidirectional", "dropout")
        }
    with torch.random.fork_rng(devices=[]):  # leaves the reader's random numbers alone
        module = layer(cell.input_size, cell.hidden_size, **options)
    for place, own in weights.items():
        for name, value in own.items():
            _fill(getattr(module, _name(name, place)), value)
    return module


def from_pytorch(module: nn.RNN | nn.LSTM | nn.GRU) -> Recurrent | Stack:
    """Return our layer with a copy of a PyTorch layer's weights.

    The two biases become one, their sum; a layer without biases gets zeros. ``batch_first`` is a
    matter of layout alone: our layer takes (T, N, D) all the same. Several layers, or two
    directions, become a `Stack`. Dropout acts between stacked layers, so that one layer has none.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        With tanh for an RNN; in float32 or float64.

    Raises
    ------
    TypeError
        If `module` is another module.
    ValueError
        If it has an option that our layers lack; the message names it.
    """
    kind = _ours(module)
    return layer_with(
        kind,
        lambda place: _read(module, place, lambda parameter: parameter),
        module.num_layers,
        module.bidirectional,
        module.dropout,
    )


def grads_from_pytorch(module: nn.Module) -> dict[str, np.ndarray]:
    """Return PyTorch's gradients under the names of our parameters.

    Parameters
    ----------
    module : torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU or SequenceModel
        After a backward pass. See `from_pytorch` for the options a layer may have.

    Returns
    -------
    dict of str to ndarray
        Copies. ``b`` is the gradient of ``bias_ih``, ``b_n`` of the last block of ``bias_hh``. A
        layer without biases has neither.

    Raises
    ------
    TypeError, ValueError
        As for `from_pytorch`; also if there are no gradients yet.
    """
    if isinstance(module, SequenceModel):
        grads = {"cell": grads_from_pytorch(module.cell)}
        grads["readout"] = {
            "W": _array(_grad(module.readout.weight)),
            "b": _array(_grad(module.readout.bias)),
        }
        if module.embedding is not None:
            grads["embedding"] = {"W": _array(_grad(module.embedding.weight))}
        return {f"{layer}.{name}": g for layer, own in grads.items() for name, g in own.items()}
    kind = _ours(module)
    return gradients(
        kind, lambda place: _read(module, place, _grad), module.num_layers, module.bidirectional
    )


class SequenceModel(nn.Module):
    r"""Embedding (if the input is tokens), recurrent layer, linear readout: ours in PyTorch.

    Parameters
    ----------
    cell : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
    output_size : int
    embedding : torch.nn.Embedding, optional
        Then the input is integer tokens (T, N) instead of vectors (T, N, D).
    readout : {"all", "last"}
        An output after every step, (T, N, output_size), or after the last, (N, output_size).
    """

    def __init__(self, cell, output_size, *, embedding=None, readout="all"):
        super().__init__()
        self.embedding = embedding
        self.cell = cell
        width = cell.hidden_size * (2 if cell.bidirectional else 1)
        self.readout = nn.Linear(width, output_size, dtype=cell.weight_hh_l0.dtype)
        self.last_only = readout == "last"

    def forward(self, xs, state=None):
        """Return the output and the cell's last state; without a state, start from zeros."""
        if self.embedding is not None:
            xs = self.embedding(xs)
        hs, state = self.cell(xs, state)
        return self.readout(hs[-1] if self.last_only else hs), state


def to_pytorch_model(model: models.SequenceModel) -> SequenceModel:
    """Return the same model in PyTorch, with a copy of our weights.

    Raises
    ------
    TypeError, ValueError
        As for `to_pytorch`; also if `model` is not one of ours.
    """
    if not isinstance(model, models.SequenceModel):
        raise TypeError(f"model: expected a SequenceModel of gatedrnn, got {model!r:.80}")
    cell, embedding = to_pytorch(model.cell), None
    if model.embedding is not None:
        W = model.embedding.params["W"]
        embedding = nn.Embedding.from_pretrained(torch.tensor(W), freeze=False)
    with torch.random.fork_rng(devices=[]):
        theirs = SequenceModel(
            cell,
            model.readout.output_size,
            embedding=embedding,
            readout="last" if model.last_only else "all",
        )
    _fill(theirs.readout.weight, model.readout.params["W"])
    _fill(theirs.readout.bias, model.readout.params["b"])
    return theirs


def _ours(module: nn.Module) -> type[Recurrent]:
    """Return our counterpart of a PyTorch layer, or say what has none."""
    ours = next((ours for ours, theirs in PAIRS if isinstance(module, theirs)), None)
    if ours is None:
        raise TypeError(
            f"module: expected a torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU, got {module!r:.80}"
        )
    options = {
        "proj_size": (module.proj_size, 0),
        "nonlinearity": (getattr(module, "nonlinearity", "tanh"), "tanh"),
    }
    for name, (value, expected) in options.items():
        if value != expected:
            raise ValueError(f"module: expected {name}={expected!r}, got {name}={value!r}")
    dtype = module.weight_ih_l0.dtype
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(f"module: expected torch.float32 or torch.float64, got {dtype}")
    return ours


def _read(module: nn.Module, place: Place, of) -> TwoBiases:
    """Return the arrays of a place, or what the function makes `of` its parameters."""
    parameters = {name: getattr(module, _name(name, place), None) for name in NAMES}
    return {
        name: None if parameter is None else _array(of(parameter))
        for name, parameter in parameters.items()
    }


def _grad(parameter: nn.Parameter) -> torch.Tensor:
    if parameter.grad is None:
        raise ValueError("module: expected gradients, got none: call backward() on a loss first")
    return parameter.grad


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().copy()


def _fill(parameter: nn.Parameter, value: np.ndarray) -> None:
    with torch.no_grad():
        parameter.copy_(torch.tensor(value))
