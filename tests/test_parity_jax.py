"""JAX's functions compute what our layers compute, and jax.grad what our backward passes do."""

import numpy as np
import pytest
from frameworks_required import require
from parity import CELLS, Problem, difference

from gatedrnn import GRU, LSTM, Stack

bridge = require("gatedrnn.frameworks.jax")
jax, jnp = bridge.jax, bridge.jnp

KINDS = [("RNN", {}), ("LSTM", {}), ("GRU", {}), ("GRU", {"reset_after": False})]
SHAPES = [{"T": 1, "N": 1, "D": 1, "H": 1}, {"T": 7, "N": 4, "D": 3, "H": 5}]


@pytest.mark.parametrize(("name", "options"), KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_cell(name, options, dtype, shape):
    problem = Problem.draw(CELLS[name], dtype, seed=1, **shape, **options)
    with jax.enable_x64(dtype == np.float64):
        params, apply = bridge.to_jax(problem.cell), bridge.apply_cell(problem.cell)
        start = problem.start if len(problem.start) > 1 else problem.start[0]

        def run(params, xs, start):
            hs, end = apply(params, xs, start)
            return hs, end

        (hs, end), pullback = jax.vjp(jax.jit(run), params, jnp.array(problem.xs), start)
        dend = problem.dend if len(problem.dend) > 1 else problem.dend[0]
        grads, dxs, dstart = pullback((jnp.array(problem.dhs), dend))
    theirs = problem.results(
        np.asarray(hs),
        [np.asarray(part) for part in jax.tree.leaves(end)],
        np.asarray(dxs),
        [np.asarray(part) for part in jax.tree.leaves(dstart)],
        {key: np.asarray(value) for key, value in grads.items()},
    )
    problem.check(theirs)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_a_stack(kind, layers, both):
    rng = np.random.default_rng(0)
    stack = Stack(kind, 3, 4, layers, bidirectional=both, rng=rng, dtype=np.float64)
    xs = rng.standard_normal((5, 2, 3))
    hs, _, tape = stack.forward(xs)
    dhs = rng.standard_normal(hs.shape)
    dxs, _, grads = stack.backward(dhs, tape)
    with jax.enable_x64(True):
        apply = jax.jit(bridge.apply_cell(stack))
        out, pullback = jax.vjp(lambda p, x: apply(p, x)[0], bridge.to_jax(stack), jnp.array(xs))
        theirs, dtheirs = pullback(jnp.array(dhs))
    assert difference(np.asarray(out), hs) < 1e-10
    assert difference(np.asarray(dtheirs), dxs) < 1e-10
    assert set(theirs) == set(grads)
    for name, grad in grads.items():
        assert difference(np.asarray(theirs[name]), grad) < 1e-10, name


def test_weights_go_and_come_back():
    first, second = (GRU(3, 4, rng=np.random.default_rng(seed)) for seed in (0, 1))
    bridge.from_jax(bridge.to_jax(first), second)
    for name, value in first.params.items():
        np.testing.assert_array_equal(second.params[name], value)
    with pytest.raises(ValueError, match="params: expected arrays of the shapes"):
        bridge.from_jax(bridge.to_jax(first), GRU(3, 5, rng=np.random.default_rng(0)))
    with pytest.raises(TypeError, match="layer: expected an RNN"):
        bridge.apply_cell("GRU")
