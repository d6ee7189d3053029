"""Keras' layers compute what ours compute; weights go and come back."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")  # before Keras is imported

import numpy as np
import pytest
from frameworks_required import require

from gatedrnn import GRU, LSTM, RNN, Stack
from gatedrnn.cells import MGU

bridge = require("gatedrnn.frameworks.keras")
keras = bridge.keras

KINDS = [(RNN, {}), (LSTM, {}), (GRU, {}), (GRU, {"reset_after": False})]


def randomised(layer, rng):
    for value in layer.params.values():
        value += 0.3 * rng.standard_normal(value.shape).astype(value.dtype)
    return layer


def assert_comes_back(layer, theirs):
    back = bridge.from_keras(theirs)
    assert type(back) is type(layer)
    assert set(back.params) == set(layer.params)
    for name, value in layer.params.items():
        np.testing.assert_array_equal(back.params[name], value)
    return back


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_layer(kind, options):
    rng = np.random.default_rng(0)
    cell = randomised(kind(3, 4, rng=rng, **options), rng)
    xs = rng.standard_normal((6, 2, 3)).astype(np.float32)
    start = tuple(rng.standard_normal((2, 4)).astype(np.float32) for _ in cell.state_names)
    hs, end, _ = cell.forward(xs, start if len(start) > 1 else start[0])
    theirs = bridge.to_keras(cell)
    initial = [keras.ops.convert_to_tensor(part) for part in start]
    out, *last = theirs(xs.swapaxes(0, 1), initial_state=initial)
    np.testing.assert_allclose(np.asarray(out).swapaxes(0, 1), hs, rtol=1e-5, atol=1e-5)
    for part, expected in zip(last, end if isinstance(end, tuple) else (end,), strict=True):
        np.testing.assert_allclose(np.asarray(part), expected, rtol=1e-5, atol=1e-5)
    back = assert_comes_back(cell, theirs)
    assert getattr(back, "reset_after", None) == getattr(cell, "reset_after", None)


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize(("layers", "both"), [(1, True), (2, False), (3, True)])
def test_a_stack(kind, options, layers, both):
    rng = np.random.default_rng(0)
    dropout = 0.25 if layers > 1 else 0.0
    stack = Stack(kind, 3, 4, layers, bidirectional=both, dropout=dropout, rng=rng, **options)
    randomised(stack, rng)
    xs = rng.standard_normal((6, 2, 3)).astype(np.float32)
    theirs = bridge.to_keras(stack)
    out = np.asarray(theirs(xs.swapaxes(0, 1), training=False)).swapaxes(0, 1)
    np.testing.assert_allclose(out, stack.forward(xs)[0], rtol=1e-5, atol=1e-5)
    back = assert_comes_back(stack, theirs)
    assert (back.num_layers, back.bidirectional, back.dropout) == (layers, both, dropout)


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        (lambda: keras.layers.LSTM(4, activation="relu"), "expected activation='tanh'"),
        (lambda: keras.layers.GRU(4, recurrent_activation="tanh"), "recurrent_activation"),
        (lambda: keras.layers.GRU(4, recurrent_dropout=0.1), "expected recurrent_dropout=0.0"),
        (lambda: keras.layers.LSTM(4, go_backwards=True), "expected go_backwards=False"),
        (lambda: keras.layers.LSTM(4), "expected weights, got none"),
        (
            lambda: keras.layers.Bidirectional(keras.layers.LSTM(4), merge_mode="sum"),
            "expected merge_mode='concat'",
        ),
    ],
)
def test_what_our_layers_lack_is_named(theirs, message):
    with pytest.raises(ValueError, match=message):
        bridge.from_keras(theirs())


def test_other_things_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match="expected one of Keras'"):
        bridge.from_keras(keras.layers.Dense(3))
    with pytest.raises(TypeError, match="layer: expected cells"):
        bridge.to_keras(Stack(MGU, 2, 3, 2, rng=rng))
    with pytest.raises(TypeError, match="cell: expected an RNN"):
        bridge.to_keras("LSTM")
