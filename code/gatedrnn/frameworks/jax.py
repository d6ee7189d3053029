r"""Our layers as pure functions in JAX.

JAX has no layers of its own: a layer is a function of a tree of parameters, and ours is the dict
of arrays that it has anyway, under the same names. So `jax.grad` returns gradients under our
names, and nothing needs translating. Flax, which has layers, is `gatedrnn.frameworks.flax`.

JAX computes in float32 unless it is told otherwise: for float64 call these functions, and those
that they return, under ``with jax.enable_x64(True):``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.frameworks.missing import MissingFrameworkError
from gatedrnn.stack import Stack

try:
    import jax
    import jax.numpy as jnp
except ModuleNotFoundError as error:
    if error.name != "jax":
        raise  # JAX is there, but lacks something itself.
    raise MissingFrameworkError("JAX is not installed; get it with: pip install jax") from error

__all__ = ["apply_cell", "from_jax", "to_jax"]

Params = dict[str, Any]


def to_jax(layer: Recurrent | Stack) -> Params:
    """Return a copy of our parameters as JAX arrays, under the same names."""
    return {name: jnp.array(value) for name, value in layer.params.items()}


def from_jax(params: Params, layer: Recurrent | Stack) -> None:
    """Copy JAX arrays into a layer's parameters.

    Parameters
    ----------
    params : dict of str to array
        As `to_jax` returns it, or updated by an optimiser.
    layer : RNN, LSTM, GRU or Stack
        Of the same sizes; changed in place.

    Raises
    ------
    ValueError
        If the names or shapes are not the layer's.
    """
    shapes = {name: value.shape for name, value in layer.params.items()}
    got = {name: tuple(value.shape) for name, value in params.items()}
    if got != shapes:
        raise ValueError(f"params: expected arrays of the shapes {shapes}, got {got}")
    for name, value in params.items():
        layer.params[name][:] = np.asarray(value)


def apply_cell(layer: Recurrent | Stack) -> Callable:
    """Return the layer as a pure function, to be compiled and differentiated.

    Parameters
    ----------
    layer : RNN, LSTM, GRU or Stack
        Its kind and sizes count, its weights do not.

    Returns
    -------
    function
        ``apply(params, xs, state=None)`` with xs (T, N, D) returns hs (T, N, output_size) and
        the state after the last step, as the layer's `forward` does. There is no dropout.

    Raises
    ------
    TypeError
        If `layer` is not one of ours.
    """
    if isinstance(layer, Stack):
        return _apply_stack(layer)
    if type(layer) not in STEPS:
        raise TypeError(f"layer: expected an RNN, LSTM, GRU or Stack, got {layer!r:.80}")
    step, H = STEPS[type(layer)], layer.hidden_size
    after = getattr(layer, "reset_after", False)

    def apply(params, xs, state=None):
        if state is None:
            zeros = jnp.zeros((xs.shape[1], H), xs.dtype)
            state = (zeros, zeros) if type(layer) is LSTM else zeros
        inputs = xs @ params["W"].T + params["b"]  # of all steps in one product
        return jax.lax.scan(lambda s, a: step(params, s, a, after), state, inputs)[::-1]

    return apply


def _rnn(params, h, a, _):
    h = jnp.tanh(a + h @ params["U"].T)
    return h, h


def _lstm(params, state, a, _):
    h, c = state
    i, f, g, o = jnp.split(a + h @ params["U"].T, 4, axis=1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def _gru(params, h, a, reset_after):
    U, H = params["U"], h.shape[1]
    if reset_after:
        u = h @ U.T
        r, z = jnp.split(jax.nn.sigmoid(a[:, : 2 * H] + u[:, : 2 * H]), 2, axis=1)
        n = jnp.tanh(a[:, 2 * H :] + r * (u[:, 2 * H :] + params["b_n"]))
    else:
        r, z = jnp.split(jax.nn.sigmoid(a[:, : 2 * H] + h @ U[: 2 * H].T), 2, axis=1)
        n = jnp.tanh(a[:, 2 * H :] + (r * h) @ U[2 * H :].T)
    h = (1 - z) * n + z * h
    return h, h


#: One step: parameters, state and the input's part of the sums to the new state and its output.
STEPS = {RNN: _rnn, LSTM: _lstm, GRU: _gru}


def _apply_stack(stack: Stack) -> Callable:
    """Return a stack as a pure function."""
    cells = {name: apply_cell(cell) for name, cell in stack.cells.items()}
    names = list(cells)
    directions = 1 + stack.bidirectional

    def apply(params, xs, state=None):
        ends = []
        for layer in range(stack.num_layers):
            outputs = []
            for k in range(directions):
                name = names[layer * directions + k]
                own = {key: params[f"{name}.{key}"] for key in stack.cells[name].params}
                start = None if state is None else state[len(ends)]
                out, end = cells[name](own, xs[::-1] if k else xs, start)
                outputs.append(out[::-1] if k else out)
                ends.append(end)
            xs = jnp.concatenate(outputs, axis=-1)
        return xs, tuple(ends)

    return apply
