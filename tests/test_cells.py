"""What the recurrent layers compute, beyond their gradients."""

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN
from gatedrnn.functional import sigmoid

CELLS = [
    pytest.param(RNN, {}, id="RNN"),
    pytest.param(LSTM, {}, id="LSTM"),
    pytest.param(GRU, {"reset_after": True}, id="GRU after"),
    pytest.param(GRU, {"reset_after": False}, id="GRU before"),
]


def make(cell, options, D=3, H=4, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    layer = cell(D, H, rng=rng, dtype=dtype, **options)
    for value in layer.params.values():
        value += 0.3 * rng.standard_normal(value.shape)
    return layer, rng


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def textbook_step(layer, x, state):
    """One step, one gate and one sample at a time, straight from the equations."""
    p, H = layer.params, layer.hidden_size

    def affine(gate, h, bias="b"):
        rows = layer.block(gate)
        return p["W"][rows] @ x + p["U"][rows] @ h + p[bias][rows]

    if isinstance(layer, RNN):
        return (np.tanh(affine("h", *state)),)
    if isinstance(layer, LSTM):
        h, c = state
        i, f, o = (sigmoid(affine(gate, h)) for gate in "ifo")
        c = f * c + i * np.tanh(affine("g", h))
        return o * np.tanh(c), c
    (h,) = state
    r, z = sigmoid(affine("r", h)), sigmoid(affine("z", h))
    W_n, U_n, b = p["W"][2 * H :], p["U"][2 * H :], p["b"][2 * H :]
    if layer.reset_after:
        n = np.tanh(W_n @ x + b + r * (U_n @ h + p["b_n"]))
    else:
        n = np.tanh(W_n @ x + b + U_n @ (r * h))
    return ((1 - z) * n + z * h,)


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_forward_is_the_textbook_equation(cell, options):
    layer, rng = make(cell, options)
    T, N = 6, 3
    xs = rng.standard_normal((T, N, 3))
    state = layer.zero_state(N)
    hs, last, _ = layer.forward(xs, state)
    for n in range(N):
        alone = tuple(part[n] for part in parts(state))
        for t in range(T):
            alone = textbook_step(layer, xs[t, n], alone)
            np.testing.assert_allclose(hs[t, n], alone[0], rtol=1e-12, atol=1e-14)
        for part, expected in zip(parts(last), alone, strict=True):
            np.testing.assert_allclose(part[n], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_a_sequence_in_pieces_or_steps_is_the_whole_sequence(cell, options):
    layer, rng = make(cell, options)
    xs = rng.standard_normal((7, 2, 3))
    hs, last, _ = layer.forward(xs)
    first, state, _ = layer.forward(xs[:3])
    second, state, _ = layer.forward(xs[3:], state)
    np.testing.assert_allclose(np.concatenate([first, second]), hs, rtol=1e-12)
    stepped = layer.zero_state(2)
    for t, x in enumerate(xs):
        stepped = layer.step(x, stepped)
        np.testing.assert_allclose(parts(stepped)[0], hs[t], rtol=1e-12)
    for pieces, steps, whole in zip(parts(state), parts(stepped), parts(last), strict=True):
        np.testing.assert_allclose(pieces, whole, rtol=1e-12)
        np.testing.assert_allclose(steps, whole, rtol=1e-12)


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_samples_do_not_see_each_other(cell, options):
    layer, rng = make(cell, options)
    xs = rng.standard_normal((5, 3, 3))
    hs = layer.forward(xs)[0]
    changed = xs.copy()
    changed[:, 1] += 1
    np.testing.assert_array_equal(layer.forward(changed)[0][:, [0, 2]], hs[:, [0, 2]])
    assert np.abs(layer.forward(changed)[0][:, 1] - hs[:, 1]).max() > 1e-3


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_nothing_handed_in_or_out_is_shared(cell, options):
    """The caller may change what was passed and what came back; the tape stays as it was."""
    layer, rng = make(cell, options)
    xs, dhs = rng.standard_normal((4, 2, 3)), rng.standard_normal((4, 2, 4))
    state = layer.zero_state(2)
    expected = layer.backward(dhs, layer.forward(xs, state)[2])
    before = [xs.copy(), *(part.copy() for part in parts(state))]
    hs, last, tape = layer.forward(xs, state)
    for now, then in zip([xs, *parts(state)], before, strict=True):
        np.testing.assert_array_equal(now, then)
    for array in (xs, hs, *parts(state), *parts(last)):
        array += 1
    dxs, _, grads = layer.backward(dhs, tape)
    np.testing.assert_array_equal(dxs, expected[0])
    for name, grad in grads.items():
        np.testing.assert_array_equal(grad, expected[2][name])


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_backward_can_be_repeated(cell, options):
    """`backward` leaves its arguments and the tape unchanged."""
    layer, rng = make(cell, options)
    xs, dhs = rng.standard_normal((4, 2, 3)), rng.standard_normal((4, 2, 4))
    _, last, tape = layer.forward(xs)
    dstate = tuple(np.ones_like(part) for part in parts(last))
    dstate = dstate if isinstance(last, tuple) else dstate[0]
    first = layer.backward(dhs, tape, dstate)
    second = layer.backward(dhs, tape, dstate)
    np.testing.assert_array_equal(first[0], second[0])
    assert all((part == 1).all() for part in parts(dstate))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_precision_is_kept(cell, options, dtype):
    layer, rng = make(cell, options, dtype=dtype)
    other = np.float32 if dtype == np.float64 else np.float64
    hs, last, tape = layer.forward(rng.standard_normal((2, 2, 3)).astype(other))
    dxs, dstate, grads = layer.backward(np.ones_like(hs), tape)
    for array in (hs, *parts(last), dxs, *parts(dstate), *grads.values()):
        assert array.dtype == dtype


def test_the_two_resets_differ():
    after, rng = make(GRU, {"reset_after": True})
    before = GRU(3, 4, rng=rng, dtype=np.float64, reset_after=False)
    for name, value in before.params.items():
        value[...] = after.params[name]
    after.params["b_n"][...] = 0
    xs = rng.standard_normal((5, 2, 3))
    assert np.abs(after.forward(xs)[0] - before.forward(xs)[0]).max() > 1e-3


def test_which_state_z_weighs_is_a_relabelling():
    """Negating the rows of z turns h = (1 - z) n + z h into h = z n + (1 - z) h."""
    layer, rng = make(GRU, {})
    relabelled, _ = make(GRU, {})
    for name in ("W", "U", "b"):
        relabelled.params[name][layer.block("z")] *= -1
    x, h = rng.standard_normal((2, 3)), rng.standard_normal((2, 4))
    _, _, tape = layer.forward(x[None], h)
    _, _, other = relabelled.forward(x[None], h)
    _, z, n = tape.gates[0]
    np.testing.assert_allclose(other.gates[0, 1], 1 - z, rtol=1e-12)
    np.testing.assert_allclose(relabelled.step(x, h), (z * n + (1 - z) * h.T).T, rtol=1e-12)


def test_forget_bias():
    layer = LSTM(3, 4, rng=np.random.default_rng(0), forget_bias=2.5)
    assert (layer.params["b"][layer.block("f")] == 2.5).all()
    assert (np.delete(layer.params["b"], np.arange(4, 8)) == 0).all()


@pytest.mark.parametrize(
    ("cell", "options", "expected"),
    [
        (RNN, {}, 4 * 3 + 4 * 4 + 4),
        (LSTM, {}, 4 * (4 * 3 + 4 * 4 + 4)),
        (GRU, {"reset_after": True}, 3 * (4 * 3 + 4 * 4 + 4) + 4),
        (GRU, {"reset_after": False}, 3 * (4 * 3 + 4 * 4 + 4)),
    ],
)
def test_parameter_count(cell, options, expected):
    assert make(cell, options)[0].num_parameters == expected


def test_one_seed_one_layer():
    first, second = (LSTM(3, 4, rng=np.random.default_rng(5)) for _ in range(2))
    for name in first.params:
        np.testing.assert_array_equal(first.params[name], second.params[name])


def test_recurrent_blocks_start_orthogonal():
    layer = GRU(3, 8, rng=np.random.default_rng(0), dtype=np.float64)
    for gate in layer.gates:
        U = layer.params["U"][layer.block(gate)]
        np.testing.assert_allclose(U @ U.T, np.eye(8), atol=1e-12)


def test_extreme_inputs_stay_finite():
    for cell in (RNN, LSTM, GRU):
        layer, _ = make(cell, {})
        hs, _, tape = layer.forward(np.full((3, 1, 3), 1e30))
        dxs, _, grads = layer.backward(np.ones_like(hs), tape)
        assert all(np.isfinite(array).all() for array in (hs, dxs, *grads.values()))


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_what_comes_out_can_be_written_to(cell, options):
    """With one sample a transposed array would be a view of the tape."""
    layer, _ = make(cell, options, D=2, H=3)
    xs = np.random.default_rng(0).standard_normal((4, 1, 2))
    hs, _, tape = layer.forward(xs)
    assert not np.shares_memory(hs, tape.h)
    assert not np.shares_memory(xs, tape.xh)


@pytest.mark.parametrize(("cell", "options"), CELLS)
def test_no_value_of_the_padding_is_large_enough_to_matter(cell, options):
    layer, rng = make(cell, options)
    xs, lengths = rng.standard_normal((5, 2, 3)), np.array([5, 2])
    expected = layer.forward(xs, None, lengths)
    xs[2:, 1] = 1e30
    hs, last, tape = layer.forward(xs, None, lengths)
    np.testing.assert_array_equal(hs, expected[0])
    for part, other in zip(parts(last), parts(expected[1]), strict=True):
        np.testing.assert_array_equal(part, other)
    dhs = rng.standard_normal(hs.shape)
    for ours, theirs in zip(
        layer.backward(dhs, tape)[2].values(),
        layer.backward(dhs, expected[2])[2].values(),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)
