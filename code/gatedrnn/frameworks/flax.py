r"""Our layers as Flax's cells, and Flax's as ours.

Flax's `nnx.SimpleCell`, `nnx.OptimizedLSTMCell` and `nnx.GRUCell` have our order of gates, with
matrices transposed and one bias. Only its GRU has less: no bias inside the reset, so a `GRU` whose
``b_n`` is not zero has no counterpart. The state of its LSTM is ``(c, h)``.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.frameworks.jax import jax, jnp
from gatedrnn.frameworks.missing import MissingFrameworkError

try:
    from flax import nnx
except ModuleNotFoundError as error:
    if error.name != "flax":
        raise  # Flax is there, but lacks something itself.
    raise MissingFrameworkError("Flax is not installed; get it with: pip install flax") from error

__all__ = ["from_flax", "to_flax"]

#: Our layer, Flax's cell, and which of the cell's two maps has the bias.
CELLS = {
    RNN: (nnx.SimpleCell, "dense_i"),
    LSTM: (nnx.OptimizedLSTMCell, "dense_h"),
    GRU: (nnx.GRUCell, "dense_i"),
}


def to_flax(cell: Recurrent) -> nnx.RNN:
    """Return Flax's layer with a copy of our weights.

    It takes ``xs`` (T, N, D) and, as ``initial_carry``, h, or ``(c, h)`` for an LSTM; it returns
    the last of them, and hs.

    Parameters
    ----------
    cell : RNN, LSTM, or GRU with ``reset_after=True`` and ``b_n`` of zeros

    Raises
    ------
    TypeError
        If `cell` is not one of ours.
    ValueError
        If it is a GRU that Flax has not.
    """
    if type(cell) not in CELLS:
        raise TypeError(f"cell: expected an RNN, LSTM or GRU of gatedrnn, got {cell!r:.80}")
    if isinstance(cell, GRU) and not cell.reset_after:
        raise ValueError("cell: expected a GRU with reset_after=True, Flax has no other")
    if np.any(cell.params.get("b_n", 0)):
        raise ValueError("cell: expected a GRU whose b_n is zero, Flax has no bias in its place")
    kind, with_bias = CELLS[type(cell)]
    theirs = kind(
        cell.input_size,
        cell.hidden_size,
        dtype=cell.dtype,
        param_dtype=cell.dtype,
        rngs=nnx.Rngs(0),
    )
    theirs.dense_i.kernel[...] = jnp.array(cell.params["W"].T)
    theirs.dense_h.kernel[...] = jnp.array(cell.params["U"].T)
    getattr(theirs, with_bias).bias[...] = jnp.array(cell.params["b"])
    return nnx.RNN(theirs, time_major=True, return_carry=True)


def from_flax(layer: nnx.RNN | nnx.Module) -> Recurrent:
    """Return our layer with a copy of a Flax layer's, or a cell's, weights.

    Raises
    ------
    TypeError
        If it is another module.
    ValueError
        If it has an option that our layers lack; the message names it.
    """
    cell = layer.cell if isinstance(layer, nnx.RNN) else layer
    ours = next((ours for ours, (theirs, _) in CELLS.items() if type(cell) is theirs), None)
    if ours is None:
        names = ", ".join(theirs.__name__ for theirs, _ in CELLS.values())
        raise TypeError(f"layer: expected one of Flax's {names}, got {type(cell).__name__}")
    if getattr(cell, "residual", False):
        raise ValueError("layer: expected residual=False, got True")
    x = jnp.linspace(-2, 2, 9)
    for name, function in (("activation_fn", jnp.tanh), ("gate_fn", jax.nn.sigmoid)):
        if hasattr(cell, name) and not jnp.allclose(getattr(cell, name)(x), function(x)):
            raise ValueError(f"layer: expected {name}={function.__name__}, got another function")
    W, U = (np.asarray(part.kernel[...]).T for part in (cell.dense_i, cell.dense_h))
    result = ours(W.shape[1], U.shape[1], rng=np.random.default_rng(0), dtype=W.dtype)
    result.params["W"][...] = W
    result.params["U"][...] = U
    result.params["b"][...] = np.asarray(getattr(cell, CELLS[ours][1]).bias[...])
    return result
