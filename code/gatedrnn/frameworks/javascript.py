r"""Models for JavaScript: weights as text, small enough for a page.

Numbers are rounded to sixteen bits. `round_weights` does the same to a model, so that both
compute from the same numbers.
"""

from __future__ import annotations

import base64

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.layers import Embedding
from gatedrnn.models import SequenceModel

__all__ = ["from_javascript", "round_weights", "to_javascript"]

CELLS = {cell.__name__: cell for cell in (RNN, LSTM, GRU)}


def to_javascript(model: SequenceModel) -> dict:
    """Return a model of one recurrent layer as what can be written as JSON.

    Parameters
    ----------
    model : SequenceModel
        Of an RNN, an LSTM or a GRU that resets after the product.

    Returns
    -------
    dict
        ``cell``, its name; ``hiddenSize``; and ``params``: by name, the parameters as
        little-endian sixteen-bit floats, row by row, in base64.

    Raises
    ------
    TypeError
        If the layer is another.
    ValueError
        If a weight is too large for sixteen bits, or no number.
    """
    cell = model.cell
    if type(cell) not in CELLS.values() or getattr(cell, "reset_after", True) is False:
        raise TypeError(
            "model: expected a layer of RNN, LSTM, or GRU that resets after the product, "
            f"got {cell!r}"
        )
    return {
        "cell": type(cell).__name__,
        "hiddenSize": cell.hidden_size,
        "params": {
            name: base64.b64encode(_half(name, value).tobytes()).decode("ascii")
            for name, value in model.params.items()
        },
    }


def from_javascript(
    stored: dict, *, readout: str = "all", dtype: np.dtype | type = np.float32
) -> SequenceModel:
    """Return the model that `to_javascript` has written.

    Parameters
    ----------
    stored : dict
        As `to_javascript` returns it.
    readout : {"all", "last"}
        As for `SequenceModel`.
    dtype : dtype, optional
        Of the parameters.

    Raises
    ------
    ValueError
        If the cell is unknown or the numbers do not fit its sizes.
    """
    if stored["cell"] not in CELLS:
        raise ValueError(f"cell: expected one of {sorted(CELLS)}, got {stored['cell']!r}")
    values = {
        name: np.frombuffer(base64.b64decode(text), "<f2").astype(dtype)
        for name, text in stored["params"].items()
    }
    cell, H = CELLS[stored["cell"]], stored["hiddenSize"]
    D, rng = values["cell.W"].size // (len(cell.gates) * H), np.random.default_rng(0)
    embedding = None
    if "embedding.W" in values:
        embedding = Embedding(values["embedding.W"].size // D, D, rng=rng, dtype=dtype)
    layer = cell(D, H, rng=rng, dtype=dtype)
    outputs = values["readout.b"].size
    model = SequenceModel(layer, outputs, rng=rng, embedding=embedding, readout=readout)
    if {name: value.size for name, value in model.params.items()} != {
        name: value.size for name, value in values.items()
    }:
        raise ValueError(f"params: expected those of {model.cell!r}, got {sorted(values)}")
    for name, value in values.items():
        model.params[name][...] = value.reshape(model.params[name].shape)
    return model


def round_weights(model: SequenceModel) -> None:
    """Round a model's weights, in place, to the numbers that `to_javascript` writes."""
    for name, value in model.params.items():
        value[...] = _half(name, value)


def _half(name: str, value: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        rounded = value.astype("<f2")
    if not np.isfinite(rounded).all():
        raise ValueError(f"{name}: expected numbers below 65,504, got {np.abs(value).max()}")
    return rounded
