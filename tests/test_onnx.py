"""Layers and models to ONNX, to onnxruntime, and back."""

import numpy as np
import pytest
from frameworks_required import require

from gatedrnn import GRU, LSTM, RNN, Embedding, SequenceModel, Stack
from gatedrnn.cells import PeepholeLSTM
from gatedrnn.data import Minibatches
from gatedrnn.functional import squared_error
from gatedrnn.train import TrainConfig, fit

save_onnx = require("gatedrnn.frameworks.onnx").save_onnx
to_onnx = require("gatedrnn.frameworks.onnx").to_onnx
from_onnx = require("gatedrnn.frameworks.onnx_import").from_onnx
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

CELLS = [(RNN, {}), (LSTM, {}), (GRU, {}), (GRU, {"reset_after": False})]
CELL = pytest.mark.parametrize(("kind", "options"), CELLS, ids=["RNN", "LSTM", "GRU", "GRU before"])
SHAPES = [(1, False), (1, True), (2, False), (3, True)]
SHAPE = pytest.mark.parametrize(("layers", "both"), SHAPES)


def randomised(layer, rng):
    for value in layer.params.values():
        value += 0.3 * rng.standard_normal(value.shape).astype(value.dtype)
    return layer


def stack(kind, options, layers, both, seed=0, D=3, H=4):
    rng = np.random.default_rng(seed)
    cell = Stack(kind, D, H, layers, bidirectional=both, rng=rng, **options)
    return randomised(cell, rng), rng


def flat(state):
    if isinstance(state, tuple):
        return [part for one in state for part in flat(one)]
    return [state]


def run(proto, xs, state, names, lengths=None):
    """Run in onnxruntime; return the output and the parts of the last state."""
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    first = session.get_inputs()[0].name
    feed = {first: xs.astype(np.int64) if first == "tokens" else xs}
    feed |= {f"start.{name}": part for name, part in zip(names, flat(state), strict=True)}
    if lengths is not None:
        feed["lengths"] = lengths.astype(np.int32)
    out, *ends = session.run(["out", *(f"end.{name}" for name in names)], feed)
    return out, ends


def assert_runs_the_same(layer, proto, rng, lengths=False):
    cell = layer.cell if isinstance(layer, SequenceModel) else layer
    for T, N in ((1, 1), (6, 3)):
        if getattr(layer, "embedding", None) is not None:
            xs = rng.integers(0, layer.embedding.num_tokens, (T, N))
        else:
            xs = rng.standard_normal((T, N, cell.input_size)).astype(np.float32)
        counts = rng.integers(1, T + 1, N) if lengths else None
        state = _drawn(cell.zero_state(N), rng)
        expected, last, _ = layer.forward(xs, state, counts)
        out, ends = run(proto, xs, state, cell.state_names, counts)
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
        for end, part in zip(ends, flat(last), strict=True):
            np.testing.assert_allclose(end, part, rtol=1e-5, atol=1e-5)


def _drawn(state, rng):
    if isinstance(state, tuple):
        return tuple(_drawn(part, rng) for part in state)
    return rng.standard_normal(state.shape).astype(np.float32)


def assert_same_weights(first, second):
    assert type(first) is type(second)
    assert set(first.params) == set(second.params)
    for name, value in first.params.items():
        np.testing.assert_array_equal(second.params[name], value)


@CELL
@pytest.mark.parametrize("lengths", [False, True])
def test_a_cell(kind, options, lengths):
    rng = np.random.default_rng(0)
    cell = randomised(kind(3, 4, rng=rng, **options), rng)
    proto = to_onnx(cell, lengths=lengths)
    assert_runs_the_same(cell, proto, rng, lengths)
    back = from_onnx(proto)
    assert_same_weights(cell, back)
    assert getattr(back, "reset_after", None) == getattr(cell, "reset_after", None)


@CELL
@SHAPE
@pytest.mark.parametrize("lengths", [False, True])
def test_a_stack(kind, options, layers, both, lengths):
    layer, rng = stack(kind, options, layers, both)
    proto = to_onnx(layer, lengths=lengths)
    assert_runs_the_same(layer, proto, rng, lengths)
    back = from_onnx(proto)
    assert_same_weights(layer, back)
    assert (back.num_layers, back.bidirectional) == (layers, both)


@pytest.mark.parametrize("readout", ["all", "last"])
@pytest.mark.parametrize("with_embedding", [False, True])
@pytest.mark.parametrize("lengths", [False, True])
def test_a_model(tmp_path, readout, with_embedding, lengths):
    layer, rng = stack(LSTM, {}, 2, True)
    embedding = Embedding(7, 3, rng=rng) if with_embedding else None
    model = SequenceModel(layer, 5, rng=rng, embedding=embedding, readout=readout)
    path = tmp_path / "model.onnx"
    save_onnx(path, model, lengths=lengths)
    assert_runs_the_same(model, onnx.load(path), rng, lengths)
    back = from_onnx(path)
    assert_same_weights(model, back)
    assert back.last_only == model.last_only


def test_a_trained_model_gives_the_same_outputs():
    rng = np.random.default_rng(0)
    model = SequenceModel(GRU(2, 16, rng=rng), 1, rng=rng)
    xs = rng.standard_normal((12, 64, 2)).astype(np.float32)
    batches = Minibatches(xs, np.cumsum(xs[..., :1], 0) / 12, batch_size=16, target_axis=1)
    config = TrainConfig(epochs=20, learning_rate=0.01, progress=False)
    history = fit(model, batches, config, squared_error)
    assert history.train_loss[-1] < history.train_loss[0] / 3
    assert_runs_the_same(model, to_onnx(model), rng)


def test_step_by_step_is_the_whole_sequence():
    layer, rng = stack(LSTM, {}, 2, False)
    proto = to_onnx(layer)
    xs = rng.standard_normal((5, 2, 3)).astype(np.float32)
    whole, _ = run(proto, xs, layer.zero_state(2), layer.state_names)
    state, steps = layer.zero_state(2), []
    for x in xs:
        out, state = run(proto, x[None], tuple(state), layer.state_names)
        steps.append(out[0])
    np.testing.assert_allclose(np.stack(steps), whole, rtol=1e-5, atol=1e-6)


def foreign(operator="LSTM", direction="forward", rows=4, **attributes):
    """Return a model that somebody else might have made, and its weights."""
    rng = np.random.default_rng(0)
    directions = 2 if direction == "bidirectional" else 1
    arrays = {
        "W": rng.standard_normal((directions, rows * 4, 3)).astype(np.float32),
        "R": rng.standard_normal((directions, rows * 4, 4)).astype(np.float32),
        "B": rng.standard_normal((directions, rows * 8)).astype(np.float32),
    }
    node = onnx.helper.make_node(
        operator, ["x", "W", "R", "B"], ["y"], hidden_size=4, direction=direction, **attributes
    )
    graph = onnx.helper.make_graph(
        [node], "theirs",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ("T", "N", 3))],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ("T", 1, "N", 4))],
        [onnx.numpy_helper.from_array(value, name) for name, value in arrays.items()],
    )  # fmt: skip
    opset = [onnx.helper.make_opsetid("", 14)]
    return onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)


@pytest.mark.parametrize(
    ("operator", "rows", "options"),
    [("RNN", 1, {}), ("LSTM", 4, {}), ("GRU", 3, {}), ("GRU", 3, {"linear_before_reset": 1})],
)
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_a_layer_of_somebody_elses(operator, rows, options, direction):
    proto = foreign(operator, direction, rows, **options)
    layer = from_onnx(proto)
    xs = np.random.default_rng(1).standard_normal((5, 2, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    theirs = session.run(["y"], {"x": xs})[0]  # (T, directions, N, H)
    theirs = theirs.swapaxes(1, 2).reshape(5, 2, -1)
    np.testing.assert_allclose(layer.forward(xs)[0], theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (lambda: foreign(direction="reverse"), "got reverse"),
        (lambda: foreign(clip=3.0), "without clip"),
        (lambda: foreign(input_forget=1), "without input_forget"),
        (lambda: foreign(activations=["Sigmoid", "Relu", "Tanh"]), "expected activations"),
    ],
)
def test_what_our_layers_lack_is_named(proto, message):
    with pytest.raises(ValueError, match=message):
        from_onnx(proto())


def test_bad_input_is_named(tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(FileNotFoundError, match="expected an ONNX file, found none"):
        from_onnx(path)
    rng = np.random.default_rng(0)
    cell = LSTM(2, 3, rng=rng)
    save_onnx(path, cell)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="expected an ONNX model at"):
        from_onnx(path)
    path.write_text("not a model")
    with pytest.raises(ValueError, match="expected an ONNX model at"):
        from_onnx(path)
    with pytest.raises(TypeError, match="expected a layer or a model"):
        to_onnx("LSTM")
    with pytest.raises(TypeError, match="expected"):
        to_onnx(PeepholeLSTM(2, 3, rng=rng))
    with pytest.raises(ValueError, match="expected float32"):
        to_onnx(LSTM(2, 3, rng=rng, dtype=np.float64))
