"""Stacks against PyTorch's and MXNet's: 1, 2, 3 layers, both directions, all gradients.

Wrong gradients of stacked LSTMs and GRUs were reported for MXNet (apache/mxnet issues 17898 and
17479). In the release that the book pins they are right, as is shown here. The plain network has
kept the fault of which the GRU was cured: see `faulty`.
"""

import numpy as np
import pytest
from frameworks_required import require
from parity import CELLS, TOLERANCE, difference

from gatedrnn import SequenceModel, Stack

P, M = require("gatedrnn.frameworks.pytorch"), require("gatedrnn.frameworks.mxnet")
torch, mx = P.torch, M.mx

T, N, D, H = 6, 3, 4, 5


def faulty(framework, dtype, name, num_layers):
    """Return the gradients that MXNet 1.9.1 has wrong.

    In float64, where oneDNN does not compute them, the i2h_weight of every layer between the
    first and the last of a plain network. Its native code read the wrong inputs there, as it did
    for the GRU until apache/mxnet pull request 18203.
    """
    if framework is not mxnet or dtype is not np.float64 or name != "RNN":
        return set()
    middle = range(1, num_layers - 1)
    return {f"{layer}{turn}.W" for layer in middle for turn in ("", ".reverse")}


def nd(array):
    return mx.nd.array(array, dtype=array.dtype)


def draw(name, dtype, num_layers, bidirectional, seed=0):
    """Return a stack, inputs, states, and the weights of a loss of outputs and last states."""
    rng = np.random.default_rng(seed)
    stack = Stack(CELLS[name], D, H, num_layers, bidirectional=bidirectional, rng=rng, dtype=dtype)
    for value in stack.params.values():
        value += (0.3 * rng.standard_normal(value.shape)).astype(dtype)

    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    kinds = 2 if name == "LSTM" else 1
    start, dend = ([normal(len(stack.cells), N, H) for _ in range(kinds)] for _ in range(2))
    return stack, normal(T, N, D), start, normal(T, N, stack.output_size), dend


def nested(arrays):
    """Return the frameworks' state, arrays (cells, N, H), as ours: one state per cell."""
    states = zip(*arrays, strict=True)
    return tuple(state if len(state) > 1 else state[0] for state in states)


def flat(state):
    """Return our state as the frameworks': one array (cells, N, H) for h, and one for c."""
    parts = [part if isinstance(part, tuple) else (part,) for part in state]
    return [np.stack(kind) for kind in zip(*parts, strict=True)]


def ours(stack, xs, start, dhs, dend):
    hs, end, tape = stack.forward(xs, nested(start))
    dxs, dstart, grads = stack.backward(dhs, tape, nested(dend))
    return {"hs": hs, "end": flat(end), "dxs": dxs, "dstart": flat(dstart), **grads}


def pytorch(stack, xs, start, dhs, dend):
    module = P.to_pytorch(stack)
    xs = torch.tensor(xs, requires_grad=True)
    start = [torch.tensor(part, requires_grad=True) for part in start]
    hs, end = module(xs, tuple(start) if len(start) > 1 else start[0])
    end = end if isinstance(end, tuple) else (end,)
    loss = (hs * torch.tensor(dhs)).sum()
    for part, weight in zip(end, dend, strict=True):
        loss = loss + (part * torch.tensor(weight)).sum()
    loss.backward()
    return {
        "hs": hs.detach().numpy(),
        "end": [part.detach().numpy() for part in end],
        "dxs": xs.grad.numpy(),
        "dstart": [part.grad.numpy() for part in start],
        **P.grads_from_pytorch(module),
    }


def mxnet(stack, xs, start, dhs, dend):
    layer = M.to_mxnet(stack)
    xs, start = nd(xs), [nd(part) for part in start]
    for variable in (xs, *start):
        variable.attach_grad()
    with mx.autograd.record():
        hs, end = layer(xs, start)
        loss = (hs * nd(dhs)).sum()
        for part, weight in zip(end, dend, strict=True):
            loss = loss + (part * nd(weight)).sum()
    loss.backward()
    return {
        "hs": hs.asnumpy(),
        "end": [part.asnumpy() for part in end],
        "dxs": xs.grad.asnumpy(),
        "dstart": [part.grad.asnumpy() for part in start],
        **M.grads_from_mxnet(layer),
    }


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("framework", [pytorch, mxnet])
def test_results_and_all_gradients(framework, dtype, name, num_layers, bidirectional):
    problem = draw(name, dtype, num_layers, bidirectional)
    mine, theirs = ours(*problem), framework(*problem)
    if num_layers == 1 and not bidirectional:  # to them it is a single layer
        theirs = {(f"0.{k}" if k in "WUb" or k == "b_n" else k): v for k, v in theirs.items()}
    assert set(mine) == set(theirs)
    wrong = faulty(framework, dtype, name, num_layers)
    for key, value in mine.items():
        pairs = zip(value, theirs[key], strict=True) if isinstance(value, list) else [
            (value, theirs[key])
        ]  # fmt: skip
        for a, b in pairs:
            agree = difference(a, b) <= TOLERANCE[np.dtype(dtype)]
            assert agree == (key not in wrong), key


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("there", "back"), [(P.to_pytorch, P.from_pytorch), (M.to_mxnet, M.from_mxnet)]
)
def test_there_and_back_is_exact(there, back, name, bidirectional):
    stack = draw(name, np.float32, 2, bidirectional)[0]
    again = back(there(stack))
    assert repr(again) == repr(stack)
    assert list(again.params) == list(stack.params)
    for key, value in stack.params.items():
        assert np.array_equal(again.params[key], value)


@pytest.mark.parametrize("name", CELLS)
def test_padding_as_pytorch_packs_it(name):
    stack, xs, _, dhs, _ = draw(name, np.float64, 2, bidirectional=True)
    lengths = np.array([6, 2, 4])
    hs, end, tape = stack.forward(xs, lengths=lengths)
    dxs, _, grads = stack.backward(dhs, tape)
    module, inputs = P.to_pytorch(stack), torch.tensor(xs, requires_grad=True)
    pack, unpack = (
        torch.nn.utils.rnn.pack_padded_sequence,
        torch.nn.utils.rnn.pad_packed_sequence,
    )
    packed, theirs_end = module(pack(inputs, torch.tensor(lengths), enforce_sorted=False))
    theirs = unpack(packed)[0]
    (theirs * torch.tensor(dhs)).sum().backward()
    theirs_end = theirs_end if isinstance(theirs_end, tuple) else (theirs_end,)
    assert difference(hs, theirs.detach().numpy()) < 1e-10
    assert difference(dxs, inputs.grad.numpy()) < 1e-10
    for a, b in zip(flat(end), theirs_end, strict=True):
        assert difference(a, b.detach().numpy()) < 1e-10
    for key, grad in P.grads_from_pytorch(module).items():
        assert difference(grads[key], grad) < 1e-10


@pytest.mark.parametrize("readout", ["all", "last"])
def test_model_of_a_stack(readout):
    rng = np.random.default_rng(0)
    stack = Stack(CELLS["LSTM"], D, H, 2, bidirectional=True, rng=rng)
    model = SequenceModel(stack, 2, rng=rng, readout=readout)
    xs = rng.standard_normal((T, N, D)).astype(np.float32)
    out = model.forward(xs)[0]
    theirs, _ = P.to_pytorch_model(model)(torch.tensor(xs))
    assert difference(out, theirs.detach().numpy()) < 1e-5
    gluon = M.to_mxnet_model(model)
    theirs, _ = gluon(nd(xs), gluon.begin_state(N))
    assert difference(out, theirs.asnumpy()) < 1e-5
