"""The variants of the cells: against their equations, the plain cells and finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn import LSTM, SequenceModel, Stack
from gatedrnn.cells import (
    MGU,
    CoupledLSTM,
    LSTMVariant,
    MinGRU,
    MinLSTM,
    NoForgetGateLSTM,
    NoInputActivationLSTM,
    NoInputGateLSTM,
    NoOutputActivationLSTM,
    NoOutputGateLSTM,
    PeepholeLSTM,
)
from gatedrnn.functional import sigmoid, squared_error
from gatedrnn.gradcheck import check_layer
from gatedrnn.train import TrainConfig, fit

LSTMS = [
    LSTMVariant,
    NoForgetGateLSTM,
    NoInputGateLSTM,
    NoOutputGateLSTM,
    CoupledLSTM,
    PeepholeLSTM,
    NoInputActivationLSTM,
    NoOutputActivationLSTM,
]
CELLS = [*LSTMS, MGU, MinGRU, MinLSTM]
EVERY = pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)
sizes = st.integers(1, 4)


def make(kind, D=3, H=4, dtype=np.float64, seed=0, **options):
    rng = np.random.default_rng(seed)
    layer = kind(D, H, rng=rng, dtype=dtype, **options)
    for value in layer.params.values():
        value += 0.5 * rng.standard_normal(value.shape).astype(dtype)
    return layer, rng


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def textbook_step(layer, x, state):
    """One step of one sample, from the printed equations."""
    p, kind = layer.params, type(layer)
    h = state[0]

    def affine(gate, v=h):
        rows = layer.block(gate)
        return p["W"][rows] @ x + p["b"][rows] + (p["U"][rows] @ v if "U" in p else 0)

    if kind is MGU:
        f = sigmoid(affine("f"))
        return ((1 - f) * h + f * np.tanh(affine("n", f * h)),)
    if kind is MinGRU:
        z = sigmoid(affine("z"))
        return ((1 - z) * affine("n") + z * h,)
    if kind is MinLSTM:
        f, i = sigmoid(affine("f")), sigmoid(affine("i"))
        return (f / (f + i) * h + i / (f + i) * affine("n"),)
    c_old = state[1]
    peep = p if kind is PeepholeLSTM else {"p_i": 0, "p_f": 0, "p_o": 0}
    i = 1 if kind is NoInputGateLSTM else sigmoid(affine("i") + peep["p_i"] * c_old)
    if kind is NoForgetGateLSTM:
        f = 1
    elif kind is CoupledLSTM:
        f = 1 - i
    else:
        f = sigmoid(affine("f") + peep["p_f"] * c_old)
    g = affine("g") if kind is NoInputActivationLSTM else np.tanh(affine("g"))
    c = f * c_old + i * g
    o = 1 if kind is NoOutputGateLSTM else sigmoid(affine("o") + peep["p_o"] * c)
    return o * (c if kind is NoOutputActivationLSTM else np.tanh(c)), c


@EVERY
def test_forward_is_the_printed_equation(kind):
    layer, rng = make(kind)
    xs = rng.standard_normal((6, 2, 3))
    hs, last, _ = layer.forward(xs)
    for n in range(2):
        alone = tuple(np.zeros(4) for _ in layer.state_names)
        for t in range(6):
            alone = textbook_step(layer, xs[t, n], alone)
            np.testing.assert_allclose(hs[t, n], alone[0], rtol=1e-12, atol=1e-14)
        for part, expected in zip(parts(last), alone, strict=True):
            np.testing.assert_allclose(part[n], expected, rtol=1e-12, atol=1e-14)


@EVERY
@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    T=st.integers(1, 6), N=sizes, D=sizes, H=sizes, padded=st.booleans(), seed=st.integers(0, 99)
)
def test_gradients(kind, T, N, D, H, padded, seed):
    layer, rng = make(kind, D, H, seed=seed)
    lengths = rng.integers(1, T + 1, N) if padded else None
    errors = check_layer(layer, rng.standard_normal((T, N, D)), lengths=lengths, rng=rng)
    assert set(errors) == set(layer.params) | {"xs"} | {f"{part}0" for part in layer.state_names}
    assert max(errors.values()) < 1e-7, errors


@EVERY
def test_padding_changes_nothing(kind):
    layer, rng = make(kind)
    xs, lengths = rng.standard_normal((7, 3, 3)), np.array([7, 2, 4])
    xs[lengths[1] :, 1] = 1e3
    hs, last, _ = layer.forward(xs, lengths=lengths)
    for n, length in enumerate(lengths):
        own, end, _ = layer.forward(xs[:length, n : n + 1])
        np.testing.assert_allclose(hs[:length, n], own[:, 0], rtol=1e-12)
        assert not hs[length:, n].any()
        for part, expected in zip(parts(last), parts(end), strict=True):
            np.testing.assert_allclose(part[n], expected[0], rtol=1e-12)


@EVERY
def test_a_sequence_in_pieces_is_the_whole_sequence(kind):
    layer, rng = make(kind)
    xs = rng.standard_normal((7, 2, 3))
    hs, last, _ = layer.forward(xs)
    first, state, _ = layer.forward(xs[:3])
    second, state, _ = layer.forward(xs[3:], state)
    np.testing.assert_allclose(np.concatenate([first, second]), hs, rtol=1e-10)
    for part, expected in zip(parts(state), parts(last), strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-10)


def copy_rows(source, target, gates):
    for gate in gates:
        for name in ("W", "U", "b"):
            target.params[name][target.block(gate)] = source.params[name][source.block(gate)]


@pytest.mark.parametrize("kind", [LSTMVariant, PeepholeLSTM])
def test_without_its_difference_a_variant_is_the_plain_lstm(kind):
    variant, rng = make(kind)
    plain, _ = make(LSTM, seed=1)
    copy_rows(variant, plain, "ifgo")
    for name in set(variant.params) - set(plain.params):
        variant.params[name][:] = 0
    xs, dhs = rng.standard_normal((5, 2, 3)), rng.standard_normal((5, 2, 4))
    for a, b in zip(
        _everything(variant, xs, dhs).items(), _everything(plain, xs, dhs).items(), strict=False
    ):
        assert a[0] == b[0]
        np.testing.assert_allclose(a[1], b[1], rtol=1e-10, atol=1e-13)


def _everything(layer, xs, dhs):
    hs, _, tape = layer.forward(xs)
    dxs, _, grads = layer.backward(dhs, tape)
    return {"hs": hs, "dxs": dxs, **grads}


@pytest.mark.parametrize(
    ("kind", "missing"), [(NoForgetGateLSTM, "f"), (NoInputGateLSTM, "i"), (NoOutputGateLSTM, "o")]
)
def test_a_missing_gate_is_one_that_stands_open(kind, missing):
    variant, rng = make(kind)
    plain, _ = make(LSTM, seed=1)
    copy_rows(variant, plain, variant.gates)
    rows = plain.block(missing)
    plain.params["W"][rows] = plain.params["U"][rows] = 0
    plain.params["b"][rows] = 1e4
    xs = rng.standard_normal((5, 2, 3))
    np.testing.assert_allclose(variant.forward(xs)[0], plain.forward(xs)[0], rtol=1e-12)
    assert variant.num_parameters == plain.num_parameters * 3 // 4


def test_a_new_cell_starts_as_described():
    rng = np.random.default_rng(0)
    assert (PeepholeLSTM(2, 3, rng=rng).params["p_f"] == 0).all()
    coupled = CoupledLSTM(2, 3, rng=rng, forget_bias=5.0)  # there is no forget gate to set
    assert (coupled.params["b"] == 0).all()
    variant = LSTMVariant(2, 3, rng=rng, forget_bias=2.0)
    assert (variant.params["b"][variant.block("f")] == 2).all()
    assert set(MinGRU(2, 3, rng=rng).params) == {"W", "b"}


@pytest.mark.parametrize("kind", [MinGRU, MinLSTM])
def test_scan_and_loop_give_the_same(kind):
    scanned, rng = make(kind, scan=True)
    looped, _ = make(kind, scan=False)
    assert scanned.scan
    assert not looped.scan
    xs, dhs = rng.standard_normal((53, 2, 3)), rng.standard_normal((53, 2, 4))
    ours, theirs = _everything(scanned, xs, dhs), _everything(looped, xs, dhs)
    for name, value in ours.items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-10, atol=1e-12)


def test_minlstm_with_both_gates_shut_still_divides_them():
    layer, _ = make(MinLSTM)
    layer.params["W"][:] = 0
    layer.params["b"][:] = [-2000] * 4 + [-2001] * 4 + [3.0] * 4
    hs, _, _ = layer.forward(np.zeros((1, 1, 3)))
    np.testing.assert_allclose(hs, 3 * (1 - sigmoid(np.array(1.0))), rtol=1e-10)


@EVERY
def test_a_variant_trains_in_a_stack(kind):
    rng = np.random.default_rng(0)
    model = SequenceModel(Stack(kind, 2, 6, 2, rng=rng), 1, rng=rng)
    xs = rng.standard_normal((8, 16, 2)).astype(np.float32)
    batch = (xs, np.cumsum(xs[..., :1], axis=0) / 8)
    config = TrainConfig(epochs=60, learning_rate=0.01, progress=False)
    history = fit(model, [batch], config, squared_error)
    assert history.train_loss[-1] < 0.5 * history.train_loss[0]
