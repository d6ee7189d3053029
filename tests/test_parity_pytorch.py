"""Our layers against PyTorch's, on the same weights: results, gradients, conversion, refusals."""

import numpy as np
import pytest
from frameworks_required import require
from hypothesis import example, given, settings
from parity import CELLS, EDGES, SHAPES, Problem, difference

from gatedrnn import GRU, LSTM, Embedding, SequenceModel

P = require("gatedrnn.frameworks.pytorch")
torch = P.torch

DTYPES = [np.float32, np.float64]
LAYERS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}


def solve(problem):
    """Return all results of PyTorch's layer, by our names."""
    module = P.to_pytorch(problem.cell)
    xs = torch.tensor(problem.xs, requires_grad=True)
    # PyTorch's state has an axis for stacked layers, here of length 1.
    start = [torch.tensor(part[None], requires_grad=True) for part in problem.start]
    hs, end = module(xs, tuple(start) if len(start) > 1 else start[0])
    end = end if isinstance(end, tuple) else (end,)
    loss = (hs * torch.tensor(problem.dhs)).sum()
    for part, weight in zip(end, problem.dend, strict=True):
        loss = loss + (part[0] * torch.tensor(weight)).sum()
    loss.backward()
    return problem.results(
        hs.detach().numpy(),
        [part[0].detach().numpy() for part in end],
        xs.grad.numpy(),
        [part.grad[0].numpy() for part in start],
        P.grads_from_pytorch(module),
    )


def random_layer(name, **options):
    """Return a layer as PyTorch initialises it, with two biases that are not zero."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LAYERS[name](3, 4, **options)


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
    back = P.from_pytorch(P.to_pytorch(cell))
    assert type(back) is type(cell)
    assert back.dtype == cell.dtype
    assert set(back.params) == set(cell.params)
    for key, value in cell.params.items():
        assert np.array_equal(back.params[key], value)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"batch_first": True}])
@pytest.mark.parametrize("name", CELLS)
def test_pytorch_layer_as_ours_and_back(name, options):
    module = random_layer(name, **options)
    cell = P.from_pytorch(module)
    xs = np.random.default_rng(0).standard_normal((5, 2, 3)).astype(np.float32)
    hs = cell.forward(xs)[0]
    with torch.no_grad():
        inputs = torch.tensor(xs)
        if module.batch_first:
            theirs = module(inputs.transpose(0, 1))[0].transpose(0, 1).numpy()
        else:
            theirs = module(inputs)[0].numpy()
        again = P.to_pytorch(cell)(inputs)[0].numpy()
    assert difference(hs, theirs) < 1e-5
    assert difference(again, theirs) < 1e-5


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
def test_dropout_does_nothing_in_a_single_layer():
    module = random_layer("LSTM", dropout=0.5).train()
    xs = np.ones((5, 2, 3), np.float32)
    hs = P.from_pytorch(module).forward(xs)[0]
    assert difference(hs, module(torch.tensor(xs))[0].detach().numpy()) < 1e-5


@pytest.mark.parametrize("name", CELLS)
def test_copies_share_nothing(name):
    cell = Problem.draw(CELLS[name], np.float32, **EDGES[1]).cell
    module = P.to_pytorch(cell)
    back = P.from_pytorch(module)
    kept = {key: value.copy() for key, value in cell.params.items()}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1
    for key, value in kept.items():
        assert np.array_equal(cell.params[key], value)
        assert np.array_equal(back.params[key], value)


def test_random_numbers_of_the_reader_are_left_alone():
    rng = np.random.default_rng(0)
    model = SequenceModel(LSTM(3, 4, rng=rng), 2, rng=rng)
    before = torch.get_rng_state()
    P.to_pytorch_model(model)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("readout", ["all", "last"])
@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CELLS)
def test_model(name, dtype, tokens, readout):
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

    theirs = P.to_pytorch_model(ours)
    out_theirs, _ = theirs(torch.tensor(xs))
    (out_theirs * torch.tensor(dout)).sum().backward()
    grads_theirs = P.grads_from_pytorch(theirs)

    tolerance = 1e-5 if dtype is np.float32 else 1e-10
    assert difference(out, out_theirs.detach().numpy()) < tolerance
    assert set(grads_theirs) == set(grads) == set(ours.params)
    for key, value in grads.items():
        assert difference(value, grads_theirs[key]) < tolerance


def test_refuses_a_reset_before_the_product():
    cell = GRU(3, 4, rng=np.random.default_rng(0), reset_after=False)
    with pytest.raises(ValueError, match="reset_after=False: PyTorch has only the GRU that resets"):
        P.to_pytorch(cell)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("LSTM", {"proj_size": 2}, "expected proj_size=0, got proj_size=2"),
        ("RNN", {"nonlinearity": "relu"}, "expected nonlinearity='tanh', got nonlinearity='relu'"),
        (
            "RNN",
            {"dtype": torch.float16},
            "expected torch.float32 or torch.float64, got torch.float16",
        ),
    ],
)
def test_refuses_what_we_lack_by_name(name, options, message):
    with pytest.raises(ValueError, match=message):
        P.from_pytorch(random_layer(name, **options))


def test_refuses_strangers():
    with pytest.raises(TypeError, match="module: expected a torch.nn.RNN.*got Linear"):
        P.from_pytorch(torch.nn.Linear(3, 4))
    with pytest.raises(TypeError, match="cell: expected an RNN, LSTM or GRU of gatedrnn, got LSTM"):
        P.to_pytorch(torch.nn.LSTM(3, 4))
    with pytest.raises(TypeError, match="model: expected a SequenceModel of gatedrnn, got LSTM"):
        P.to_pytorch_model(torch.nn.LSTM(3, 4))


def test_gradients_before_backward_are_an_error():
    with pytest.raises(ValueError, match="module: expected gradients, got none: call backward"):
        P.grads_from_pytorch(random_layer("GRU"))


def test_layer_without_biases_has_no_gradients_of_them():
    module = random_layer("GRU", bias=False)
    module(torch.ones(2, 1, 3))[0].sum().backward()
    assert set(P.grads_from_pytorch(module)) == {"W", "U"}
