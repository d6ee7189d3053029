"""Our layers against MXNet's, on the same weights: results, gradients, conversion, refusals."""

import numpy as np
import pytest
from frameworks_required import require
from hypothesis import example, given, settings
from parity import CELLS, EDGES, SHAPES, Problem, difference

from gatedrnn import GRU, LSTM, Embedding, SequenceModel

M = require("gatedrnn.frameworks.mxnet")
mx = M.mx

DTYPES = [np.float32, np.float64]
LAYERS = {"RNN": mx.gluon.rnn.RNN, "LSTM": mx.gluon.rnn.LSTM, "GRU": mx.gluon.rnn.GRU}


def nd(array):
    return mx.nd.array(array, dtype=array.dtype)


def solve(problem):
    """Return all results of MXNet's layer, by our names."""
    layer = M.to_mxnet(problem.cell)
    # MXNet's state has an axis for stacked layers, here of length 1.
    xs, start = nd(problem.xs), [nd(part[None]) for part in problem.start]
    for variable in (xs, *start):
        variable.attach_grad()
    with mx.autograd.record():
        hs, end = layer(xs, start)
        loss = (hs * nd(problem.dhs)).sum()
        for part, weight in zip(end, problem.dend, strict=True):
            loss = loss + (part * nd(weight[None])).sum()
    loss.backward()
    return problem.results(
        hs.asnumpy(),
        [part.asnumpy()[0] for part in end],
        xs.grad.asnumpy(),
        [part.grad.asnumpy()[0] for part in start],
        M.grads_from_mxnet(layer),
    )


def random_layer(name, **options):
    """Return a layer with random weights and two random biases, drawn by MXNet."""
    random = mx.init.Uniform(0.5)
    biases = {"i2h_bias_initializer": random, "h2h_bias_initializer": random}
    if name == "RNN":
        options = {"activation": "tanh", **options}
    layer = LAYERS[name](4, input_size=3, **biases, **options)
    layer.initialize(random)
    return layer


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(**SHAPES)
def test_results_and_all_gradients(name, dtype, T, N, D, H, seed):
    problem = Problem.draw(CELLS[name], dtype, T=T, N=N, D=D, H=H, seed=seed)
    problem.check(solve(problem))


for edge in EDGES:
    test_results_and_all_gradients = example(**edge)(test_results_and_all_gradients)


@pytest.mark.parametrize("name", CELLS)
def test_the_check_notices_gates_in_the_wrong_order(name):
    problem = Problem.draw(CELLS[name], np.float32, **EDGES[1])
    theirs = solve(problem)
    for value in problem.cell.params.values():
        value[...] = value[::-1].copy()
    with pytest.raises(AssertionError):
        problem.check(theirs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CELLS)
def test_there_and_back_is_exact(name, dtype):
    cell = Problem.draw(CELLS[name], dtype, **EDGES[1]).cell
    back = M.from_mxnet(M.to_mxnet(cell))
    assert type(back) is type(cell)
    assert back.dtype == cell.dtype
    assert set(back.params) == set(cell.params)
    for key, value in cell.params.items():
        assert np.array_equal(back.params[key], value)


@pytest.mark.parametrize("options", [{}, {"layout": "NTC"}, {"dropout": 0.5}])
@pytest.mark.parametrize("name", CELLS)
def test_mxnet_layer_as_ours_and_back(name, options):
    layer = random_layer(name, **options)
    assert np.abs(layer.l0_h2h_bias.data().asnumpy()).min() > 0
    cell = M.from_mxnet(layer)
    xs = np.random.default_rng(0).standard_normal((5, 2, 3)).astype(np.float32)
    hs = cell.forward(xs)[0]
    with mx.autograd.train_mode():  # where dropout would act, if it did
        if options.get("layout") == "NTC":
            theirs = layer(nd(xs.swapaxes(0, 1))).asnumpy().swapaxes(0, 1)
        else:
            theirs = layer(nd(xs)).asnumpy()
    again = M.to_mxnet(cell)(nd(xs)).asnumpy()
    assert difference(hs, theirs) < 1e-5
    assert difference(again, theirs) < 1e-5


@pytest.mark.parametrize("name", CELLS)
def test_copies_share_nothing(name):
    cell = Problem.draw(CELLS[name], np.float32, **EDGES[1]).cell
    layer = M.to_mxnet(cell)
    back = M.from_mxnet(layer)
    kept = {key: value.copy() for key, value in cell.params.items()}
    for parameter in layer.collect_params().values():
        parameter.set_data(parameter.data() + 1)
    mx.nd.waitall()
    for key, value in kept.items():
        assert np.array_equal(cell.params[key], value)
        assert np.array_equal(back.params[key], value)


def test_random_numbers_of_the_reader_are_left_alone():
    def draw(between=lambda: None):
        mx.random.seed(0)
        np.random.seed(0)  # noqa: NPY002  Gluon's initialisers draw from this one, too
        between()
        return mx.nd.random.normal(shape=3).asnumpy().tolist(), np.random.random()  # noqa: NPY002

    rng = np.random.default_rng(0)
    model = SequenceModel(LSTM(3, 4, rng=rng), 2, rng=rng)
    assert draw(between=lambda: M.to_mxnet_model(model)) == draw()


@pytest.mark.parametrize("hybridised", [False, True])
@pytest.mark.parametrize("readout", ["all", "last"])
@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CELLS)
def test_model(name, dtype, tokens, readout, hybridised):
    rng = np.random.default_rng(0)
    embedding = Embedding(7, 3, rng=rng, dtype=dtype) if tokens else None
    cell = CELLS[name](3, 4, rng=rng, dtype=dtype)
    ours = SequenceModel(cell, 2, rng=rng, embedding=embedding, readout=readout)
    for value in ours.params.values():
        value += 0.5 * rng.standard_normal(value.shape)
    xs = rng.integers(7, size=(6, 5)) if tokens else rng.standard_normal((6, 5, 3)).astype(dtype)
    out, _, tape = ours.forward(xs)
    dout = rng.standard_normal(out.shape).astype(dtype)
    grads = ours.backward(dout, tape)

    theirs = M.to_mxnet_model(ours)
    if hybridised:
        theirs.hybridize()
    with mx.autograd.record():
        out_theirs, _ = theirs(nd(xs), theirs.begin_state(5))
        loss = (out_theirs * nd(dout)).sum()
    loss.backward()
    grads_theirs = M.grads_from_mxnet(theirs)

    tolerance = 1e-5 if dtype is np.float32 else 1e-10
    assert difference(out, out_theirs.asnumpy()) < tolerance
    assert set(grads_theirs) == set(grads) == set(ours.params)
    for key, value in grads.items():
        assert difference(value, grads_theirs[key]) < tolerance


def test_refuses_a_reset_before_the_product():
    cell = GRU(3, 4, rng=np.random.default_rng(0), reset_after=False)
    with pytest.raises(ValueError, match="reset_after=False: MXNet has only the GRU that resets"):
        M.to_mxnet(cell)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("LSTM", {"projection_size": 2}, "expected projection_size=None, got projection_size=2"),
        ("RNN", {"activation": "relu"}, "expected activation='tanh', got activation='relu'"),
        ("LSTM", {"state_clip_max": 1}, "expected state_clip_max=None, got state_clip_max=1"),
        ("GRU", {"use_sequence_length": True}, "expected use_sequence_length=False"),
        ("RNN", {"dtype": "float16"}, "expected float32 or float64, got float16"),
    ],
)
def test_refuses_what_we_lack_by_name(name, options, message):
    with pytest.raises(ValueError, match=message):
        M.from_mxnet(random_layer(name, **options))


@pytest.mark.parametrize("initialise", [False, True])
def test_refuses_a_layer_without_weights(initialise):
    layer = mx.gluon.rnn.LSTM(4)  # its input size is known only after the first batch
    if initialise:
        layer.initialize()
    with pytest.raises(ValueError, match="layer: expected weights, got none: give it input_size"):
        M.from_mxnet(layer)


def test_refuses_strangers():
    with pytest.raises(TypeError, match="layer: expected a gluon.rnn.RNN.*got Dense"):
        M.from_mxnet(mx.gluon.nn.Dense(3))
    with pytest.raises(TypeError, match="cell: expected an RNN, LSTM or GRU of gatedrnn, got LSTM"):
        M.to_mxnet(mx.gluon.rnn.LSTM(4))
    with pytest.raises(TypeError, match="model: expected a SequenceModel of gatedrnn, got LSTM"):
        M.to_mxnet_model(mx.gluon.rnn.LSTM(4))
