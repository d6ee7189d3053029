"""Step by step is the whole sequence: in NumPy and as an ONNX graph of one step."""

import numpy as np
import pytest
from frameworks_required import require

from gatedrnn import GRU, LSTM, RNN, Embedding, SequenceModel, Stack
from gatedrnn.deployment.streaming import Stream

CELLS = [RNN, LSTM, GRU]


def model_of(kind, embedding=False, D=3, H=5, dtype=np.float32, **options):
    rng = np.random.default_rng(0)
    table = Embedding(9, D, rng=rng, dtype=dtype) if embedding else None
    cell = kind(D, H, rng=rng, dtype=dtype, **options)
    model = SequenceModel(cell, 2, rng=rng, embedding=table)
    for value in model.params.values():
        value += 0.3 * rng.standard_normal(value.shape).astype(dtype)
    return model


def inputs(T, N, embedding, seed=1):
    rng = np.random.default_rng(seed)
    if embedding:
        return rng.integers(0, 9, (T, N))
    return rng.standard_normal((T, N, 3)).astype(np.float32)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("embedding", [False, True])
@pytest.mark.parametrize("N", [1, 4])
def test_a_stream_is_the_whole_sequence(kind, embedding, N):
    model, xs = model_of(kind, embedding), inputs(30, N, embedding)
    expected, last, _ = model.forward(xs)
    stream = Stream(model, N)
    np.testing.assert_allclose(np.stack([stream.feed(x) for x in xs]), expected, atol=1e-5)
    last = last if isinstance(last, tuple) else (last,)
    for part, wanted in zip(stream.state, last, strict=True):
        np.testing.assert_allclose(part, wanted, atol=1e-5)


@pytest.mark.parametrize("kind", CELLS)
def test_a_reset_begins_anew_where_it_is_told_to(kind):
    model, xs = model_of(kind), inputs(6, 2, False)
    stream = Stream(model, 2)
    first = [stream.feed(x) for x in xs]
    stream.reset([1])
    again = [stream.feed(x) for x in xs]
    np.testing.assert_allclose(again[0][1], first[0][1], atol=1e-6)
    assert np.abs(again[0][0] - first[0][0]).max() > 1e-3
    stream.reset()
    np.testing.assert_allclose(stream.feed(xs[0]), first[0], atol=1e-6)


def test_a_stream_keeps_its_own_weights_and_state():
    model, xs = model_of(GRU), inputs(3, 1, False)
    stream = Stream(model)
    expected = model.forward(xs)[0]
    state = stream.state[0]
    model.params["cell.U"][...] = 0
    got = np.stack([stream.feed(x) for x in xs])
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert not state.any()


def test_a_wrong_input_is_named_and_changes_nothing():
    stream = Stream(model_of(LSTM))
    stream.feed(inputs(1, 1, False)[0])
    before = stream.state
    with pytest.raises(ValueError, match="x: expected shape"):
        stream.feed(np.zeros((2, 3), np.float32))
    with pytest.raises(ValueError, match="finite"):
        stream.feed(np.full((1, 3), np.nan, np.float32))
    with pytest.raises(TypeError, match="float32 or float64"):
        stream.feed(np.zeros((1, 3), int))
    for part, wanted in zip(stream.state, before, strict=True):
        np.testing.assert_array_equal(part, wanted)
    with pytest.raises(ValueError, match="tokens from 0 to 8"):
        Stream(model_of(LSTM, embedding=True)).feed(np.array([9]))


def test_other_models_are_refused():
    rng = np.random.default_rng(0)
    for model in (
        model_of(GRU, reset_after=False),
        SequenceModel(Stack(GRU, 3, 4, 2, rng=rng), 1, rng=rng),
        GRU(3, 4, rng=rng),
    ):
        with pytest.raises(TypeError, match="model: expected a SequenceModel"):
            Stream(model)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("embedding", [False, True])
def test_one_step_in_onnx(kind, embedding):
    step_to_onnx = require("gatedrnn.frameworks.onnx_step").step_to_onnx
    onnxruntime = pytest.importorskip("onnxruntime")
    model, xs = model_of(kind, embedding), inputs(20, 3, embedding)
    proto = step_to_onnx(model)
    assert not {"RNN", "LSTM", "GRU"} & {node.op_type for node in proto.graph.node}
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = model.cell.state_names
    assert [one.name for one in session.get_outputs()] == ["out", *(f"end.{n}" for n in names)]
    state = {f"start.{name}": np.zeros((3, 5), np.float32) for name in names}
    outs = []
    for x in xs:
        out, *ends = session.run(None, {("token" if embedding else "x"): x} | state)
        state = dict(zip(state, ends, strict=True))
        outs.append(out)
    np.testing.assert_allclose(np.stack(outs), model.forward(xs)[0], atol=1e-5)


def test_what_has_no_step_in_onnx_is_named():
    step_to_onnx = require("gatedrnn.frameworks.onnx_step").step_to_onnx
    with pytest.raises(TypeError, match="expected a SequenceModel"):
        step_to_onnx(model_of(GRU).cell)
    with pytest.raises(TypeError, match="reset after the product"):
        step_to_onnx(model_of(GRU, reset_after=False))
    with pytest.raises(ValueError, match="expected float32"):
        step_to_onnx(model_of(LSTM, dtype=np.float64))
