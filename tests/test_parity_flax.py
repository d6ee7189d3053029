"""Flax's cells compute what ours compute; weights go and come back."""

import numpy as np
import pytest
from frameworks_required import require

from gatedrnn import GRU, LSTM, RNN, Stack

bridge = require("gatedrnn.frameworks.flax")
jax, jnp, nnx = bridge.jax, bridge.jnp, bridge.nnx


def make(kind, dtype=np.float32, **options):
    rng = np.random.default_rng(0)
    cell = kind(3, 4, rng=rng, dtype=dtype, **options)
    for name, value in cell.params.items():
        if name != "b_n":
            value += 0.3 * rng.standard_normal(value.shape).astype(dtype)
    return cell, rng


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_states_and_gradients(kind, dtype):
    cell, rng = make(kind, dtype)
    xs = rng.standard_normal((6, 2, 3)).astype(dtype)
    start = tuple(rng.standard_normal((2, 4)).astype(dtype) for _ in cell.state_names)
    hs, end, tape = cell.forward(xs, start if len(start) > 1 else start[0])
    dhs = rng.standard_normal(hs.shape).astype(dtype)
    _, _, grads = cell.backward(dhs, tape)
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    with jax.enable_x64(dtype == np.float64):
        layer = bridge.to_flax(cell)
        carry = start[::-1] if len(start) > 1 else start[0]
        last, out = layer(jnp.array(xs), initial_carry=jax.tree.map(jnp.array, carry))

        def loss(layer):
            carried = jax.tree.map(jnp.array, carry)
            return (layer(jnp.array(xs), initial_carry=carried)[1] * dhs).sum()

        theirs = nnx.grad(loss)(layer)["cell"]
    np.testing.assert_allclose(out, hs, rtol=tolerance, atol=tolerance)
    ends = end[::-1] if isinstance(end, tuple) else (end,)
    for part, expected in zip(jax.tree.leaves(last), ends, strict=True):
        np.testing.assert_allclose(part, expected, rtol=tolerance, atol=tolerance)
    for name, part in (("W", "dense_i"), ("U", "dense_h")):
        kernel = np.asarray(theirs[part]["kernel"][...]).T
        np.testing.assert_allclose(kernel, grads[name], rtol=tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_weights_come_back(kind):
    cell, _ = make(kind)
    for layer in (bridge.to_flax(cell), bridge.to_flax(cell).cell):
        back = bridge.from_flax(layer)
        assert type(back) is kind
        for name, value in cell.params.items():
            np.testing.assert_array_equal(back.params[name], value)


def test_what_flax_or_we_lack_is_named():
    cell, rng = make(GRU)
    cell.params["b_n"] += 1
    with pytest.raises(ValueError, match="b_n is zero"):
        bridge.to_flax(cell)
    with pytest.raises(ValueError, match="reset_after=True"):
        bridge.to_flax(make(GRU, reset_after=False)[0])
    with pytest.raises(TypeError, match="cell: expected an RNN"):
        bridge.to_flax(Stack(GRU, 3, 4, rng=rng))
    with pytest.raises(TypeError, match="expected one of Flax's"):
        bridge.from_flax(nnx.Linear(2, 3, rngs=nnx.Rngs(0)))
    with pytest.raises(ValueError, match="expected activation_fn=tanh"):
        bridge.from_flax(nnx.SimpleCell(2, 3, activation_fn=jax.nn.relu, rngs=nnx.Rngs(0)))
    with pytest.raises(ValueError, match="expected residual=False"):
        bridge.from_flax(nnx.SimpleCell(2, 3, residual=True, rngs=nnx.Rngs(0)))
