"""Several layers, two directions, padding, dropout: exact gradients, and nothing leaks."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from gatedrnn import GRU, LSTM, RNN, SequenceModel, Stack
from gatedrnn.data.batching import FreshBatches
from gatedrnn.data.synthetic import adding_problem
from gatedrnn.functional import squared_error
from gatedrnn.gradcheck import check_layer, numerical_gradient, relative_error
from gatedrnn.stack import turn
from gatedrnn.train import TrainConfig, evaluate, fit

CELLS = {
    "RNN": (RNN, {}),
    "LSTM": (LSTM, {}),
    "GRU, reset after": (GRU, {"reset_after": True}),
    "GRU, reset before": (GRU, {"reset_after": False}),
}
sizes = st.integers(1, 3)


def make(name, D=2, H=3, num_layers=2, seed=0, dtype=np.float64, **options):
    """Return a stack whose parameters, biases included, are away from their initial values."""
    cell, own = CELLS[name]
    rng = np.random.default_rng(seed)
    stack = Stack(cell, D, H, num_layers, rng=rng, dtype=dtype, **options, **own)
    for value in stack.params.values():
        value += (0.5 * rng.standard_normal(value.shape)).astype(dtype)
    return stack


def parts(state):
    return [a for part in state for a in parts(part)] if isinstance(state, tuple) else [state]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    T=st.integers(1, 5), N=sizes, D=sizes, H=sizes, num_layers=sizes, padded=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
@example(T=1, N=1, D=1, H=1, num_layers=1, padded=False, seed=0)
@example(T=5, N=3, D=2, H=2, num_layers=3, padded=True, seed=0)
def test_gradients(name, bidirectional, T, N, D, H, num_layers, padded, seed):
    stack = make(name, D, H, num_layers, seed, bidirectional=bidirectional)
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, N) if padded else None
    errors = check_layer(stack, rng.standard_normal((T, N, D)), lengths=lengths, rng=rng)
    states = {f"{part}0" for part in stack.state_names}
    assert set(errors) == set(stack.params) | {"xs"} | states
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(T=st.integers(1, 6), N=sizes, seed=st.integers(0, 2**32 - 1))
def test_single_layer_gradients_with_padding(name, T, N, seed):
    cell, options = CELLS[name]
    rng = np.random.default_rng(seed)
    layer = cell(2, 3, rng=rng, dtype=np.float64, **options)
    lengths = rng.integers(1, T + 1, N)
    errors = check_layer(layer, rng.standard_normal((T, N, 2)), lengths=lengths, rng=rng)
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_padding_changes_nothing(name, bidirectional, dtype):
    """Each sample gives what it gives alone, whatever stands behind its end."""
    stack = make(name, dtype=dtype, bidirectional=bidirectional)
    rng = np.random.default_rng(1)
    lengths = np.array([7, 1, 4])
    xs, dhs = (rng.standard_normal((7, 3, size)).astype(dtype) for size in (2, stack.output_size))
    junk = np.where(np.arange(7)[:, None, None] < lengths[:, None], xs, dtype(1e3))
    hs, state, tape = stack.forward(junk, lengths=lengths)
    dxs, _, grads = stack.backward(dhs, tape)
    total = {key: np.zeros_like(value) for key, value in grads.items()}
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-10, "atol": 1e-12}
    for n, length in enumerate(lengths):
        alone, last, own = stack.forward(xs[:length, n : n + 1])
        dalone, _, some = stack.backward(dhs[:length, n : n + 1], own)
        assert_allclose(hs[:length, n], alone[:, 0], **close)
        assert_allclose(dxs[:length, n], dalone[:, 0], **close)
        for mine, theirs in zip(parts(state), parts(last), strict=True):
            assert_allclose(mine[n], theirs[0], **close)
        for key, grad in some.items():
            total[key] += grad
        assert not hs[length:, n].any()
        assert not dxs[length:, n].any()
    for key, grad in grads.items():
        assert_allclose(grad, total[key], **close)


def test_gates_that_hold_do_so_exactly():
    """A memory that is held loses nothing, however long the padding."""
    for name in ("LSTM", "GRU, reset after", "GRU, reset before"):
        stack = make(name, num_layers=1, dtype=np.float32)
        xs = np.random.default_rng(1).standard_normal((60, 2, 2)).astype(np.float32)
        tape = stack.forward(xs, lengths=np.array([3, 60]))[2].cells[0]
        kept = tape.c if name == "LSTM" else tape.h
        assert (kept[4:, :, 0] == kept[3, :, 0]).all()
        assert (kept[4:, :, 1] != kept[3, :, 1]).any()


@pytest.mark.parametrize("name", CELLS)
def test_step_by_step_as_the_whole_sequence(name):
    stack = make(name, num_layers=3)
    xs = np.random.default_rng(2).standard_normal((9, 2, 2))
    hs, end, _ = stack.forward(xs)
    state = stack.zero_state(2)
    for x, h in zip(xs, hs, strict=True):
        state = stack.step(x, state)
        top = state[-1][0] if isinstance(state[-1], tuple) else state[-1]
        assert_allclose(top, h, rtol=1e-12)
    for mine, theirs in zip(parts(state), parts(end), strict=True):
        assert_allclose(mine, theirs, rtol=1e-12)


def test_in_pieces_as_the_whole_sequence():
    """Truncated backpropagation cuts gradients, not values."""
    stack = make("LSTM")
    xs = np.random.default_rng(3).standard_normal((10, 2, 2))
    whole, state = stack.forward(xs)[0], None
    for start in (0, 4, 8):
        piece, state, _ = stack.forward(xs[start : start + 4], state)
        assert_allclose(piece, whole[start : start + 4], rtol=1e-12)


def test_one_layer_is_the_cell():
    stack = make("GRU, reset after", num_layers=1)
    xs = np.random.default_rng(4).standard_normal((5, 2, 2))
    assert_array_equal(stack.forward(xs)[0], stack.cells["0"].forward(xs)[0])


def test_two_directions_are_one_and_the_other():
    stack = make("RNN", num_layers=1, bidirectional=True)
    xs = np.random.default_rng(5).standard_normal((5, 2, 2))
    there = stack.cells["0"].forward(xs)[0]
    back = stack.cells["0.reverse"].forward(xs[::-1].copy())[0][::-1]
    assert_array_equal(stack.forward(xs)[0], np.concatenate([there, back], axis=-1))


def test_dropout_is_noise_of_mean_one_between_layers():
    stack = make("LSTM", H=40, num_layers=3, dropout=0.25)
    xs = np.random.default_rng(6).standard_normal((30, 8, 2))
    assert_array_equal(stack.forward(xs)[0], stack.forward(xs)[0])  # none without a generator
    first, again, other = (stack.forward(xs, rng=np.random.default_rng(s)) for s in (0, 0, 1))
    assert_array_equal(first[0], again[0])
    assert np.abs(first[0] - other[0]).max() > 1e-3
    assert len(first[2].noise) == 2
    for noise in first[2].noise:
        assert_allclose(np.unique(noise), [0, 1 / 0.75])
        assert abs((noise == 0).mean() - 0.25) < 0.02


def test_gradients_pass_the_dropout():
    stack = make("LSTM", num_layers=2, dropout=0.5, bidirectional=True)
    rng = np.random.default_rng(7)
    xs, weight = rng.standard_normal((4, 2, 2)), rng.standard_normal((4, 2, 6))

    def forward():
        return stack.forward(xs, rng=np.random.default_rng(8))

    _, _, tape = forward()
    dxs, _, grads = stack.backward(weight, tape)
    for grad, variable in [(dxs, xs), *((grads[k], stack.params[k]) for k in grads)]:
        numerical = numerical_gradient(lambda: np.vdot(weight, forward()[0]), variable)
        assert relative_error(grad, numerical) < 1e-7


def test_turn_twice_is_nothing():
    xs = np.random.default_rng(9).standard_normal((5, 3, 2))
    lengths = np.array([5, 1, 3])
    assert_array_equal(turn(turn(xs, lengths), lengths), xs)
    assert_array_equal(turn(xs, lengths)[:3, 2], xs[2::-1, 2])
    assert_array_equal(turn(xs, None), xs[::-1])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"num_layers": 0}, ValueError, "num_layers: expected a positive integer"),
        ({"dropout": 1.0}, ValueError, "dropout: expected at least 0 and less than 1, got 1.0"),
        ({"num_layers": 1, "dropout": 0.5}, ValueError, "a single layer has none above it"),
    ],
)
def test_bad_options_are_named(options, error, message):
    with pytest.raises(error, match=message):
        make("LSTM", **options)


def test_bad_arguments_are_named():
    stack = make("LSTM", bidirectional=True)
    xs = np.zeros((4, 2, 2))
    with pytest.raises(TypeError, match="state: expected a tuple of 4 states, one per cell, got 2"):
        stack.forward(xs, stack.zero_state(2)[:2])
    with pytest.raises(ValueError, match="step: expected one direction"):
        stack.step(xs[0], stack.zero_state(2))
    with pytest.raises(TypeError, match="cell: expected the class RNN, LSTM or GRU"):
        Stack(stack.cells["0"], 2, 3, rng=np.random.default_rng(0))
    cell = stack.cells["0"]
    for lengths, error, message in (
        (np.array([4, 5]), ValueError, "lengths: expected lengths from 1 to 4, got 5"),
        (np.array([0, 4]), ValueError, "lengths: expected lengths from 1 to 4, got 0"),
        (np.array([4]), ValueError, r"lengths: expected shape \(2,\), got \(1,\)"),
        (np.array([4.0, 3.0]), TypeError, "lengths: expected integers, got float64"),
    ):
        for layer in (stack, cell):
            with pytest.raises(error, match=message):
                layer.forward(xs, lengths=lengths)


@pytest.mark.parametrize("readout", ["all", "last"])
def test_gradients_of_a_model_with_padding(readout):
    rng = np.random.default_rng(10)
    model = SequenceModel(make("LSTM", bidirectional=True), 3, rng=rng, readout=readout)
    xs, lengths = rng.standard_normal((5, 3, 2)), np.array([5, 2, 3])
    out, _, tape = model.forward(xs, lengths=lengths)
    weight = rng.standard_normal(out.shape)
    grads = model.backward(weight, tape)
    assert set(grads) == set(model.params)
    for name, grad in grads.items():
        numerical = numerical_gradient(
            lambda: np.vdot(weight, model.forward(xs, lengths=lengths)[0]), model.params[name]
        )
        assert relative_error(grad, numerical) < 1e-7, name
    if readout == "last":
        alone = model.forward(xs[:2, 1:2])[0]
        assert_allclose(out[1:2], alone, rtol=1e-10)


def test_training_with_dropout():
    rng = np.random.default_rng(11)
    stack = Stack(LSTM, 2, 12, 2, dropout=0.2, rng=rng)
    model = SequenceModel(stack, 1, rng=rng, readout="last")
    batches = FreshBatches(lambda: adding_problem(6, 32, rng=rng), 100)
    config = TrainConfig(epochs=3, learning_rate=0.02, progress=False)
    with pytest.raises(ValueError, match="rng: expected a generator, for the model has dropout"):
        fit(model, batches, config, squared_error)
    valid = [adding_problem(6, 200, rng=np.random.default_rng(12))]
    before = evaluate(model, valid, squared_error)
    fit(model, batches, config, squared_error, rng=rng)
    after = evaluate(model, valid, squared_error)
    assert after == evaluate(model, valid, squared_error)  # no noise outside training
    assert after < 0.5 * min(before, 1 / 6)
