"""Every derived gradient against finite differences, in float64."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatedrnn import GRU, LSTM, RNN, Embedding, Linear, SequenceModel
from gatedrnn.functional import softmax_cross_entropy, squared_error
from gatedrnn.gradcheck import check_layer, numerical_gradient, relative_error

TOLERANCE = 1e-7

CELLS = {
    "RNN": (RNN, {}),
    "LSTM": (LSTM, {}),
    "GRU, reset after": (GRU, {"reset_after": True}),
    "GRU, reset before": (GRU, {"reset_after": False}),
}
sizes = st.integers(1, 4)


def randomised(layer, rng):
    """Give every parameter, the biases included, a value away from its initial one."""
    for value in layer.params.values():
        value += 0.5 * rng.standard_normal(value.shape)
    return layer


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(T=st.integers(1, 6), N=sizes, D=sizes, H=sizes, seed=st.integers(0, 2**32 - 1))
@example(T=1, N=1, D=1, H=1, seed=0)
@example(T=1, N=3, D=2, H=4, seed=0)
@example(T=5, N=1, D=2, H=4, seed=0)
@example(T=5, N=3, D=2, H=1, seed=0)
def test_cell(name, T, N, D, H, seed):
    cell, options = CELLS[name]
    rng = np.random.default_rng(seed)
    layer = randomised(cell(D, H, rng=rng, dtype=np.float64, **options), rng)
    errors = check_layer(layer, rng.standard_normal((T, N, D)), rng=rng)
    states = {f"{part}0" for part in layer.state_names}
    assert set(errors) == set(layer.params) | {"xs"} | states
    assert max(errors.values()) < TOLERANCE, errors


def test_the_check_notices_a_wrong_gradient(monkeypatch):
    """An error of one part in a hundred thousand, in one parameter of one gate, must not pass."""
    backward = LSTM.backward

    def slightly_wrong(self, *arguments):
        dxs, dstate, grads = backward(self, *arguments)
        grads["b"][self.block("f")] *= 1 + 1e-5
        return dxs, dstate, grads

    monkeypatch.setattr(LSTM, "backward", slightly_wrong)
    rng = np.random.default_rng(0)
    layer = randomised(LSTM(2, 3, rng=rng, dtype=np.float64), rng)
    errors = check_layer(layer, rng.standard_normal((4, 2, 2)), rng=rng)
    assert errors["b"] > TOLERANCE
    assert errors["W"] < TOLERANCE


@pytest.mark.parametrize("readout", ["all", "last"])
@pytest.mark.parametrize("with_embedding", [False, True])
def test_model(readout, with_embedding):
    rng = np.random.default_rng(1)
    T, N, D, V = 4, 3, 2, 5
    embedding = Embedding(V, D, rng=rng, dtype=np.float64) if with_embedding else None
    cell = GRU(D, 3, rng=rng, dtype=np.float64)
    model = SequenceModel(cell, V, rng=rng, embedding=embedding, readout=readout)
    randomised(model, rng)
    xs = rng.integers(0, V, (T, N)) if with_embedding else rng.standard_normal((T, N, D))
    targets = rng.integers(0, V, (T, N) if readout == "all" else (N,))
    mask = rng.integers(0, 2, targets.shape)
    mask[..., 0] = 1

    def loss():
        return softmax_cross_entropy(model.forward(xs)[0], targets, mask)[0]

    out, _, tape = model.forward(xs)
    grads = model.backward(softmax_cross_entropy(out, targets, mask)[1], tape)
    assert set(grads) == set(model.params)
    for name, grad in grads.items():
        assert relative_error(grad, numerical_gradient(loss, model.params[name])) < TOLERANCE, name


@pytest.mark.parametrize("masked", [False, True])
def test_losses(masked):
    rng = np.random.default_rng(2)
    logits, pred, target = rng.standard_normal((3, 4, 3, 5))
    classes = rng.integers(0, 5, (4, 3))
    weights = rng.uniform(size=(4, 3)) * (rng.uniform(size=(4, 3)) < 0.6) if masked else None
    wide = None if weights is None else weights[..., None] * np.ones(5)
    for x, loss in [
        (logits, lambda: softmax_cross_entropy(logits, classes, weights)),
        (pred, lambda: squared_error(pred, target, wide)),
    ]:
        numeric = numerical_gradient(lambda loss=loss: loss()[0], x)
        assert relative_error(loss()[1], numeric) < TOLERANCE


def test_linear_input():
    rng = np.random.default_rng(3)
    layer = randomised(Linear(3, 2, rng=rng, dtype=np.float64), rng)
    x, weights = rng.standard_normal((4, 5, 3)), rng.standard_normal((4, 5, 2))
    dx, _ = layer.backward(weights, layer.forward(x)[1])
    numeric = numerical_gradient(lambda: np.vdot(weights, layer.forward(x)[0]), x)
    assert relative_error(dx, numeric) < TOLERANCE


def test_finite_differences_refuse_float32():
    with pytest.raises(TypeError, match="x: expected float64, got float32"):
        numerical_gradient(lambda: 0.0, np.ones(1, np.float32))
