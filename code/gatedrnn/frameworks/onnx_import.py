r"""ONNX files read back: those that `save_onnx` wrote, and single layers of others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from gatedrnn.cells import GRU
from gatedrnn.cells.base import Recurrent
from gatedrnn.frameworks.onnx import GATES, OPERATORS, numpy_helper, onnx
from gatedrnn.layers import Embedding
from gatedrnn.models import SequenceModel
from gatedrnn.stack import Stack

__all__ = ["from_onnx"]

KINDS = {operator: kind for kind, operator in OPERATORS.items()}
#: What a node may say about itself, as far as our layers can follow; None for anything.
ATTRIBUTES = {
    "hidden_size": None,
    "direction": None,
    "layout": (0, 1),  # of the sequence in memory: the weights are the same
    "linear_before_reset": None,
    "activations": None,
    "input_forget": (0,),
}


def from_onnx(source: str | os.PathLike | onnx.ModelProto) -> Recurrent | Stack | SequenceModel:
    """Return our layer or model with the weights of an ONNX model.

    A model that `to_onnx` made comes back as what it was. Of another one the only RNN, LSTM or
    GRU node becomes a layer, or with two directions a `Stack`; what stands around it is not ours.

    Parameters
    ----------
    source : path or onnx.ModelProto

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not an ONNX model, has no such node or several, or the node has something
        that our layers lack; the message names it.
    """
    proto = source if isinstance(source, onnx.ModelProto) else _read(Path(source))
    properties = {entry.key: entry.value for entry in proto.metadata_props}
    constants = {one.name: numpy_helper.to_array(one) for one in proto.graph.initializer}
    nodes = [node for node in proto.graph.node if node.op_type in KINDS]
    ours = json.loads(properties["gatedrnn"]) if "gatedrnn" in properties else None
    if not nodes or (ours is None and len(nodes) > 1):
        raise ValueError(f"source: expected one RNN, LSTM or GRU node, found {len(nodes)}")
    layers = [_layer(node, constants) for node in nodes]
    if ours is None:
        ours = {"stack": len(layers[0]) > 1, "dropout": 0.0, "model": False}
    cell = layers[0][0]
    if ours["stack"]:
        cell = _stack(layers, ours["dropout"])
    if not ours["model"]:
        return cell
    return _model(cell, ours, constants)


def _read(path: Path) -> onnx.ModelProto:
    if not path.is_file():
        raise FileNotFoundError(f"source: expected an ONNX file, found none at {path}")
    try:
        proto = onnx.load(path)
        onnx.checker.check_model(proto)
    except Exception as error:  # protobuf's and the checker's have no common base
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"source: expected an ONNX model at {path}, got {reason}") from error
    return proto


def _layer(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> list[Recurrent]:
    """Return the cells of a node: one, or one per direction."""
    kind = KINDS[node.op_type]
    attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    for name, value in attributes.items():
        allowed = ATTRIBUTES.get(name, ())
        if allowed is not None and value not in allowed:
            raise ValueError(f"source: expected a node without {name}={value!r}, which ours lack")
    direction = attributes.get("direction", b"forward").decode()
    if direction == "reverse":
        raise ValueError("source: expected direction forward or bidirectional, got reverse")
    wanted = {"RNN": ["Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}
    activations = [one.decode() for one in attributes.get("activations", [])]
    if activations and activations != wanted[node.op_type] * (1 + (direction != "forward")):
        raise ValueError(f"source: expected activations {wanted[node.op_type]}, got {activations}")
    inputs = list(node.input) + [""] * 8
    if kind is not GRU and node.op_type == "LSTM" and inputs[7]:
        raise ValueError("source: expected an LSTM without peepholes, got some")
    missing = [name for name in inputs[1:3] if name not in constants]
    if missing:
        raise ValueError(f"source: expected the weights in the file, {missing} are computed")
    W, R = constants[inputs[1]], constants[inputs[2]]
    B = constants[inputs[3]] if inputs[3] else np.zeros((len(W), 2 * W.shape[1]), W.dtype)
    options = {}
    if kind is GRU:
        options["reset_after"] = bool(attributes.get("linear_before_reset", 0))
    return [
        _cell(kind, *arrays, options)
        for arrays in zip(W, R, np.split(B, 2, axis=1)[0], np.split(B, 2, axis=1)[1], strict=True)
    ]


def _cell(kind, W, R, first, second, options) -> Recurrent:
    """Return a cell with weights in ONNX's order."""
    cell = kind(W.shape[1], R.shape[1], rng=np.random.default_rng(0), dtype=W.dtype, **options)
    for k, gate in enumerate(GATES[kind]):
        theirs, own = slice(k * cell.hidden_size, (k + 1) * cell.hidden_size), cell.block(gate)
        cell.params["W"][own] = W[theirs]
        cell.params["U"][own] = R[theirs]
        if gate == "n" and "b_n" in cell.params:
            cell.params["b"][own], cell.params["b_n"][:] = first[theirs], second[theirs]
        else:
            cell.params["b"][own] = first[theirs] + second[theirs]
    return cell


def _stack(layers: list[list[Recurrent]], dropout: float) -> Stack:
    cell = layers[0][0]
    options = {"reset_after": cell.reset_after} if isinstance(cell, GRU) else {}
    stack = Stack(
        type(cell), cell.input_size, cell.hidden_size, len(layers),
        bidirectional=len(layers[0]) == 2, dropout=dropout, rng=np.random.default_rng(0),
        dtype=cell.dtype, **options,
    )  # fmt: skip
    every = [own for layer in layers for own in layer]
    for name, own in zip(stack.cells, every, strict=True):
        for key, value in own.params.items():
            stack.params[f"{name}.{key}"][...] = value
    return stack


def _model(cell, ours: dict, constants: dict[str, np.ndarray]) -> SequenceModel:
    rng = np.random.default_rng(0)
    embedding = None
    if ours["embedding"]:
        table = constants["embedding.W"]
        embedding = Embedding(*table.shape, rng=rng, dtype=table.dtype)
        embedding.params["W"][...] = table
    model = SequenceModel(
        cell, len(constants["readout.b"]), rng=rng, embedding=embedding,
        readout="last" if ours["last_only"] else "all",
    )  # fmt: skip
    model.params["readout.W"][...] = constants["readout.W"].T
    model.params["readout.b"][...] = constants["readout.b"]
    return model
