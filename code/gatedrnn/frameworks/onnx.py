r"""Our layers and models as ONNX models.

ONNX has an operator for each of the three cells, which computes what ours do, with the gates in
another order (i, o, f, g and z, r, n), both directions in one node, and two biases where we have
one. So a layer of a stack is one node, and `gatedrnn.frameworks.onnx_import` gets back what went
into it, bit for bit.

An exported model takes the state before the first step and returns the one after the last, so that
it can also be run step by step. Only float32 is exported: onnxruntime has no recurrent operators
for float64.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import gatedrnn
from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent
from gatedrnn.files import write_whole
from gatedrnn.frameworks.missing import MissingFrameworkError
from gatedrnn.frameworks.two_biases import cells_of
from gatedrnn.models import SequenceModel
from gatedrnn.stack import Stack

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ModuleNotFoundError as error:
    if error.name != "onnx":
        raise  # onnx is there, but lacks something itself.
    raise MissingFrameworkError(
        "onnx is not installed; get it with: pip install onnx onnxruntime"
    ) from error

__all__ = ["save_onnx", "to_onnx"]

#: The order of the gates' rows in ONNX, and the operator.
GATES = {RNN: ("h",), LSTM: ("i", "o", "f", "g"), GRU: ("z", "r", "n")}
OPERATORS = {RNN: "RNN", LSTM: "LSTM", GRU: "GRU"}

#: Versions that runtimes since 2022 read.
OPSET, IR_VERSION = 17, 8


@dataclass
class Graph:
    """A graph that is being built."""

    nodes: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)

    def add(self, operator: str, inputs: Iterable[str], outputs: Iterable[str], **attributes):
        """Add a node."""
        self.nodes.append(helper.make_node(operator, list(inputs), list(outputs), **attributes))

    def constant(self, name: str, value) -> str:
        """Add an array; return its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def model(self, description: dict[str, Any]) -> onnx.ModelProto:
        """Return the finished graph as a checked model, with what it does not say about itself."""
        proto = helper.make_model(
            helper.make_graph(self.nodes, "gatedrnn", self.inputs, self.outputs, self.constants),
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="gatedrnn",
            producer_version=gatedrnn.__version__,
            ir_version=IR_VERSION,
        )
        helper.set_model_props(proto, {"gatedrnn": json.dumps(description)})
        onnx.checker.check_model(proto, full_check=True)
        return proto


def to_onnx(model: Recurrent | Stack | SequenceModel, *, lengths: bool = False) -> onnx.ModelProto:
    """Return a layer or a model as an ONNX model.

    Its inputs are ``xs`` (T, N, D), or ``tokens`` (T, N) of int64 for a model with an embedding,
    and ``start.h`` and the like (N, H), the parts of the state under the names of `state_names`;
    its outputs ``out``, what `forward` returns first, and ``end.h`` and the like. T and N may be
    different at each run. There is no dropout.

    Parameters
    ----------
    model : RNN, LSTM, GRU, a Stack of them, or a SequenceModel
        In float32.
    lengths : bool, optional
        Give the model a further input ``lengths`` (N,) of int32: the steps of each sample that
        are not padding.

    Raises
    ------
    TypeError
        If it is, or contains, something else.
    ValueError
        If it is in float64.
    """
    cell = model.cell if isinstance(model, SequenceModel) else model
    if not isinstance(cell, Recurrent | Stack):
        raise TypeError(f"model: expected a layer or a model of gatedrnn, got {model!r:.80}")
    for own in cells_of(cell).values():
        if type(own) not in GATES:
            raise TypeError(f"model: expected cells RNN, LSTM or GRU, got {own!r}")
    if cell.dtype != np.float32:
        raise ValueError(f"model: expected float32, got {cell.dtype}")
    graph = Graph()
    embedding = getattr(model, "embedding", None)
    if embedding is None:
        xs, shape, dtype = "xs", ("T", "N", cell.input_size), TensorProto.FLOAT
    else:
        xs, shape, dtype = "tokens", ("T", "N"), TensorProto.INT64
    graph.inputs.append(helper.make_tensor_value_info(xs, dtype, shape))
    if lengths:
        value = helper.make_tensor_value_info("lengths", TensorProto.INT32, ("N",))
        graph.inputs.append(value)
    if embedding is not None:
        table = graph.constant("embedding.W", embedding.params["W"])
        graph.add("Gather", [table, xs], ["vectors"])
        xs = "vectors"
    out = _add_layers(graph, cell, xs, lengths)
    size, shape = cell.output_size, ("T", "N")
    if isinstance(model, SequenceModel):
        if model.last_only:
            out, shape = _add_last(graph, out, lengths), ("N",)
        weights = graph.constant("readout.W", model.readout.params["W"].T)
        graph.add("MatMul", [out, weights], ["products"])
        bias = graph.constant("readout.b", model.readout.params["b"])
        graph.add("Add", ["products", bias], ["sums"])
        out, size = "sums", model.readout.output_size
    graph.add("Identity", [out], ["out"])
    info = helper.make_tensor_value_info("out", TensorProto.FLOAT, (*shape, size))
    graph.outputs.insert(0, info)
    return graph.model(_description(model, cell))


def save_onnx(
    path: str | os.PathLike, model: Recurrent | Stack | SequenceModel, *, lengths: bool = False
) -> None:
    """Write a layer or a model to an ONNX file, in one piece; see `to_onnx`.

    Raises
    ------
    TypeError, ValueError
        As for `to_onnx`.
    OSError
        If the file cannot be written; one that was there before is left.
    """
    write_whole(path, to_onnx(model, lengths=lengths).SerializeToString())


def _description(model, cell: Recurrent | Stack) -> dict[str, Any]:
    """Return what the graph does not say, but whoever reads the model back wants to know."""
    return {
        "stack": isinstance(cell, Stack),
        "dropout": getattr(cell, "dropout", 0.0),
        "model": isinstance(model, SequenceModel),
        "last_only": getattr(model, "last_only", False),
        "embedding": getattr(model, "embedding", None) is not None,
    }


def _add_layers(graph: Graph, cell: Recurrent | Stack, xs: str, lengths: bool) -> str:
    """Add a node per layer and what stands around it; return the name of the last one's output."""
    cells = list(cells_of(cell).items())
    directions = 1 + getattr(cell, "bidirectional", False)
    parts = iter(cell.state_names)
    flattened = graph.constant("flattened", np.array([0, 0, -1], np.int64))
    first = graph.constant("first axis", np.array([0], np.int64))
    for layer in range(len(cells) // directions):
        group = [own for (at, _), own in cells if at == layer]
        H, kind = group[0].hidden_size, type(group[0])
        arrays = [_arrays(own) for own in group]
        names = [
            graph.constant(f"layer{layer}.{name}", np.stack([one[name] for one in arrays]))
            for name in ("W", "R", "B")
        ]
        # All h, then all c: of each the name for every direction.
        states = list(zip(*[[next(parts) for _ in own.state_names] for own in group], strict=True))
        starts, ends = [], []
        for k, kept in enumerate(states):
            for name in kept:
                for prefix, values in (("start", graph.inputs), ("end", graph.outputs)):
                    shape = ("N", H)
                    values.append(
                        helper.make_tensor_value_info(f"{prefix}.{name}", TensorProto.FLOAT, shape)
                    )
                graph.add("Unsqueeze", [f"start.{name}", first], [f"start.{name}.row"])
            starts.append(f"layer{layer}.start{k}")
            ends.append(f"layer{layer}.end{k}")
            graph.add("Concat", [f"start.{name}.row" for name in kept], starts[-1:], axis=0)
        graph.add(
            OPERATORS[kind],
            [xs, *names, "lengths" if lengths else "", *starts],
            [f"layer{layer}.y", *ends],
            hidden_size=H,
            direction="bidirectional" if directions == 2 else "forward",
            **({"linear_before_reset": int(group[0].reset_after)} if kind is GRU else {}),
        )
        graph.add("Transpose", [f"layer{layer}.y"], [f"layer{layer}.turned"], perm=[0, 2, 1, 3])
        xs = f"layer{layer}.hs"
        graph.add("Reshape", [f"layer{layer}.turned", flattened], [xs])  # (T, N, directions H)
        for end, kept in zip(ends, states, strict=True):
            rows = [f"end.{name}.row" for name in kept]
            graph.add("Split", [end], rows, axis=0)
            for name, row in zip(kept, rows, strict=True):
                graph.add("Squeeze", [row, first], [f"end.{name}"])
    return xs


def _add_last(graph: Graph, hs: str, lengths: bool) -> str:
    """Add what takes the output of each sample's last step; return its name."""
    if not lengths:
        graph.add("Gather", [hs, graph.constant("last step", np.int64(-1))], ["last"], axis=0)
        return "last"
    graph.add("Transpose", [hs], ["samples"], perm=[1, 0, 2])
    graph.add("Cast", ["lengths"], ["counts"], to=TensorProto.INT64)
    graph.add("Sub", ["counts", graph.constant("one", np.int64(1))], ["indices"])
    axis = graph.constant("last axis", np.array([-1], np.int64))
    graph.add("Unsqueeze", ["indices", axis], ["columns"])
    graph.add("GatherND", ["samples", "columns"], ["last"], batch_dims=1)
    return "last"


def _arrays(cell: Recurrent) -> dict[str, np.ndarray]:
    """Return a cell's weights in ONNX's order, with its second bias."""
    order = np.concatenate([np.r_[cell.block(gate)] for gate in GATES[type(cell)]])
    params = cell.params
    second = np.full_like(params["b"], -0.0)  # a number plus -0.0 is itself, even -0.0
    if "b_n" in params:
        second[cell.block("n")] = params["b_n"]
    biases = np.concatenate([params["b"][order], second[order]])
    return {"W": params["W"][order], "R": params["U"][order], "B": biases}
