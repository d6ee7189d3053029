r"""One step of a model as an ONNX model, written out in products, sums and squashing functions.

`gatedrnn.frameworks.onnx` makes one node of a layer: the runtime's own LSTM or GRU. Not every
runtime has those, and what its tools do with them may differ from cell to cell. The step written
out needs nothing but MatMul, Add, Sub, Mul, Split, Sigmoid and Tanh. The state goes in and comes
out, and whoever calls it keeps it.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.frameworks.onnx import Graph, TensorProto, helper, onnx
from gatedrnn.models import SequenceModel

__all__ = ["step_to_onnx"]


def step_to_onnx(model: SequenceModel) -> onnx.ModelProto:
    """Return one step of a model as an ONNX model.

    Its inputs are ``x`` (N, D), or ``token`` (N,) of int64 for a model with an embedding, and
    ``start.h`` and, for an LSTM, ``start.c`` (N, H); its outputs ``out`` (N, output_size), what
    the readout says after this step, and ``end.h``, ``end.c``.

    Parameters
    ----------
    model : SequenceModel
        In float32, its cell an RNN, an LSTM, or a GRU that resets after the product.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If it is in float64.
    """
    cell = getattr(model, "cell", None)
    if not isinstance(model, SequenceModel) or type(cell) not in (RNN, LSTM, GRU):
        raise TypeError(
            f"model: expected a SequenceModel with one RNN, LSTM or GRU, got {model!r:.80}"
        )
    if not getattr(cell, "reset_after", True):
        raise TypeError("model: expected a GRU with the reset after the product, got one before")
    if cell.dtype != np.float32:
        raise ValueError(f"model: expected float32, got {cell.dtype}")
    graph, H = Graph(), cell.hidden_size
    if model.embedding is None:
        x, dtype, shape = "x", TensorProto.FLOAT, ("N", cell.input_size)
    else:
        x, dtype, shape = "token", TensorProto.INT64, ("N",)
    _declare(graph.inputs, x, shape, dtype)
    for name in cell.state_names:
        _declare(graph.inputs, f"start.{name}", ("N", H))
    if model.embedding is not None:
        table = graph.constant("embedding.W", model.embedding.params["W"])
        graph.add("Gather", [table, x], ["vector"])
        x = "vector"
    _affine(graph, "a", x, cell.params["W"], cell.params["b"])
    _affine(graph, "u", "start.h", cell.params["U"])
    {RNN: _rnn, LSTM: _lstm, GRU: _gru}[type(cell)](graph, cell)
    readout = model.readout.params
    _affine(graph, "out", "end.h", readout["W"], readout["b"])
    _declare(graph.outputs, "out", ("N", model.readout.output_size))
    for name in cell.state_names:
        _declare(graph.outputs, f"end.{name}", ("N", H))
    return graph.model({"step": True})


def _declare(values: list, name: str, shape: tuple, dtype: int = TensorProto.FLOAT) -> None:
    values.append(helper.make_tensor_value_info(name, dtype, shape))


def _affine(graph: Graph, name: str, x: str, W: np.ndarray, b: np.ndarray | None = None) -> None:
    """Add ``name = x W.T + b``."""
    product = name if b is None else f"{name}.product"
    graph.add("MatMul", [x, graph.constant(f"{name}.W", W.T)], [product])
    if b is not None:
        graph.add("Add", [product, graph.constant(f"{name}.b", b)], [name])


def _rnn(graph: Graph, cell: RNN) -> None:
    graph.add("Add", ["a", "u"], ["sum"])
    graph.add("Tanh", ["sum"], ["end.h"])


def _lstm(graph: Graph, cell: LSTM) -> None:
    graph.add("Add", ["a", "u"], ["sum"])
    graph.add("Split", ["sum"], [f"sum.{gate}" for gate in cell.gates], axis=1)
    for gate in cell.gates:
        graph.add("Tanh" if gate == "g" else "Sigmoid", [f"sum.{gate}"], [gate])
    graph.add("Mul", ["f", "start.c"], ["kept"])
    graph.add("Mul", ["i", "g"], ["written"])
    graph.add("Add", ["kept", "written"], ["end.c"])
    graph.add("Tanh", ["end.c"], ["squashed"])
    graph.add("Mul", ["o", "squashed"], ["end.h"])


def _gru(graph: Graph, cell: GRU) -> None:
    for part in "au":
        graph.add("Split", [part], [f"{part}.{gate}" for gate in cell.gates], axis=1)
    for gate in "rz":
        graph.add("Add", [f"a.{gate}", f"u.{gate}"], [f"sum.{gate}"])
        graph.add("Sigmoid", [f"sum.{gate}"], [gate])
    graph.add("Add", ["u.n", graph.constant("b_n", cell.params["b_n"])], ["recalled"])
    graph.add("Mul", ["r", "recalled"], ["reset"])
    graph.add("Add", ["a.n", "reset"], ["sum.n"])
    graph.add("Tanh", ["sum.n"], ["n"])
    graph.add("Sub", ["start.h", "n"], ["change"])  # h = n + z (h - n)
    graph.add("Mul", ["z", "change"], ["kept"])
    graph.add("Add", ["n", "kept"], ["end.h"])
