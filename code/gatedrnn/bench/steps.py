r"""One step at a time, in every runtime: what a device does that answers after each reading.

A stepper is a function of a `SequenceModel` that returns a function of one input, (N, D) or tokens
(N,). That one advances the state, which it keeps, and returns the readout as an array (N,
output_size). Each has one thread.

- *cell.step*: our layer's own, a sequence of length one.
- *Stream*: our lean one, `gatedrnn.deployment.streaming`.
- *onnxruntime*: the layer as one node, and *onnxruntime, written out*: one step of plain products.
- *PyTorch*, *MXNet*: the frameworks' layers, fed sequences of length one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gatedrnn.deployment.streaming import Stream
from gatedrnn.models import SequenceModel
from gatedrnn.optional import import_optional

__all__ = ["STEPPERS", "one_thread_session"]

Step = Callable[[np.ndarray], np.ndarray]


def one_thread_session(model, *, threads: int = 1):
    """Return an onnxruntime session of an ONNX model, or of the path of one.

    Without `threads` being told, onnxruntime takes one per core, whatever the environment says
    to others; 0 stands for that.
    """
    onnxruntime = import_optional("onnxruntime", extra="onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors alone
    content = model.SerializeToString() if hasattr(model, "SerializeToString") else str(model)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def cell_step(model: SequenceModel, batch_size: int = 1) -> Step:
    """Return our layer's own step."""
    state = model.cell.zero_state(batch_size)

    def step(x):
        nonlocal state
        if model.embedding is not None:
            x = model.embedding.forward(x[None])[0][0]
        state = model.cell.step(x, state)
        return model.readout.forward(state[0] if isinstance(state, tuple) else state)[0]

    return step


def stream(model: SequenceModel, batch_size: int = 1) -> Step:
    """Return our lean step."""
    return Stream(model, batch_size).feed


def onnx_node(model: SequenceModel, batch_size: int = 1) -> Step:
    """Return a step by onnxruntime's own layer."""
    from gatedrnn.frameworks.onnx import to_onnx

    step = _session_step(one_thread_session(to_onnx(model)), model, batch_size)
    return lambda x: step(x[None]).reshape(batch_size, -1)


def onnx_written_out(model: SequenceModel, batch_size: int = 1) -> Step:
    """Return a step of plain products in onnxruntime."""
    from gatedrnn.frameworks.onnx_step import step_to_onnx

    return _session_step(one_thread_session(step_to_onnx(model)), model, batch_size)


def _session_step(session, model: SequenceModel, batch_size: int) -> Step:
    first, names = session.get_inputs()[0].name, model.cell.state_names
    starts, outs = [f"start.{name}" for name in names], ["out", *(f"end.{name}" for name in names)]
    zeros = np.zeros((batch_size, model.cell.hidden_size), np.float32)
    feed = dict.fromkeys(starts, zeros)

    def step(x):
        out, *ends = session.run(outs, {first: x, **feed})
        feed.update(zip(starts, ends, strict=True))
        return out

    return step


def pytorch(model: SequenceModel, batch_size: int = 1) -> Step:
    """Return a step by PyTorch's layer."""
    import torch

    from gatedrnn.frameworks.pytorch import to_pytorch_model

    torch.set_num_threads(1)
    module, state = to_pytorch_model(model), None

    def step(x):
        nonlocal state
        with torch.inference_mode():
            out, state = module(torch.from_numpy(x)[None], state)
        return out.numpy().reshape(batch_size, -1)

    return step


def mxnet(model: SequenceModel, batch_size: int = 1) -> Step:
    """Return a step by Gluon's layer, hybridised."""
    from gatedrnn.frameworks.mxnet import mx, to_mxnet_model

    net = to_mxnet_model(model)
    net.hybridize(static_alloc=True, static_shape=True)
    state = net.begin_state(batch_size)

    def step(x):
        nonlocal state
        out, new = net(mx.nd.array(x[None], dtype=x.dtype), state)
        state = [part.copy() for part in new]  # the next call writes where these are
        return out.asnumpy().reshape(batch_size, -1)

    return step


#: By the name that a table gives them.
STEPPERS: dict[str, Callable[..., Step]] = {
    "cell.step": cell_step,
    "Stream": stream,
    "onnxruntime": onnx_node,
    "onnxruntime, written out": onnx_written_out,
    "PyTorch": pytorch,
    "MXNet": mxnet,
}
