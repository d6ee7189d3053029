r"""Weights in a few bits: what a small device stores, and what it computes with.

A row of a matrix is stored as small integers and one scale,

.. math::

    W_{kj} \approx s_k\, q_{kj}, \qquad
    s_k = \frac{\max_j |W_{kj}|}{2^{B-1} - 1}, \qquad
    q_{kj} = \operatorname{round}(W_{kj} / s_k) \in \{-(2^{B-1} - 1), \dots, 2^{B-1} - 1\}.

It is symmetric, zero stays zero, and no weight is off by more than :math:`s_k / 2`. A row is what
adds up to one number of a gate, so its scale can be multiplied in after the sum. Vectors, that is
the biases, stay as they are.

There are two ways to run it. `rounded` gives back a model of floats that holds the rounded weights:
small on disk, as fast as before. `gatedrnn.deployment.integer_cell` multiplies integers.

References
----------
Jacob et al. (2018), section 2, for sums of integers with scales outside.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_floats, check_params, check_positive_int
from gatedrnn.weights import WeightFileError

__all__ = [
    "QuantisedMatrix",
    "load_quantised",
    "pack",
    "quantised_size",
    "rounded",
    "save_quantised",
    "unpack",
]

FORMAT = "gatedrnn-quantised-1"
Model = TypeVar("Model")


def _check_bits(bits: int) -> int:
    if check_positive_int("bits", bits) not in range(2, 9):
        raise ValueError(f"bits: expected from 2 to 8, got {bits}")
    return int(bits)


def pack(values: np.ndarray, bits: int) -> np.ndarray:
    """Return integers from ``-(2**(bits - 1))`` on as bytes, `bits` for each and no gaps."""
    shifted = (values.astype(np.int16).ravel() + 2 ** (_check_bits(bits) - 1)).astype(np.uint8)
    return np.packbits(np.unpackbits(shifted[:, None], axis=1)[:, 8 - bits :])


def unpack(packed: np.ndarray, bits: int, shape: tuple[int, ...]) -> np.ndarray:
    """Undo `pack`: return int8 of the given shape.

    Raises
    ------
    ValueError
        If there are not as many bytes as the shape needs.
    """
    count = int(np.prod(shape))
    if len(packed) != -(-count * bits // 8):
        raise ValueError(
            f"packed: expected {-(-count * bits // 8)} bytes for {count} numbers of {bits} bits, "
            f"got {len(packed)}"
        )
    digits = np.unpackbits(packed, count=count * bits).reshape(count, bits)
    wide = np.zeros((count, 8), np.uint8)
    wide[:, 8 - bits :] = digits
    shifted = np.packbits(wide, axis=1)[:, 0].astype(np.int16)
    return (shifted - 2 ** (bits - 1)).astype(np.int8).reshape(shape)


@dataclass(frozen=True)
class QuantisedMatrix:
    """A matrix of small integers with a scale for each row.

    Attributes
    ----------
    values : ndarray of int8, shape (R, K)
    scale : ndarray of float32, shape (R,)
    bits : int
        Of each value, from 2 to 8.
    """

    values: np.ndarray
    scale: np.ndarray
    bits: int

    @classmethod
    def of(cls, W: np.ndarray, bits: int = 8) -> QuantisedMatrix:
        """Round a matrix of floats (R, K).

        Raises
        ------
        TypeError, ValueError
            If it is not a matrix of finite floats, or `bits` not from 2 to 8.
        """
        W = check_floats("W", W, ("R", "K"), np.dtype(np.float32))
        scale = np.abs(W).max(1) / np.float32(2 ** (_check_bits(bits) - 1) - 1)
        values = np.rint(W / np.where(scale == 0, 1, scale)[:, None]).astype(np.int8)
        return cls(values, scale, bits)

    @property
    def nbytes(self) -> int:
        """Bytes of the packed values and the scales."""
        return -(-self.values.size * self.bits // 8) + self.scale.nbytes

    def dequantise(self) -> np.ndarray:
        """Return the matrix as float32 (R, K)."""
        return self.scale[:, None] * self.values

    def product(self, x: np.ndarray) -> np.ndarray:
        r"""Multiply with columns x (K, N), which are rounded to 8 bits each, in integers.

        .. math::

            \sum_j W_{kj} x_{jn} \approx s_k\, u_n \sum_j q_{kj} p_{jn},
            \qquad x_{jn} \approx u_n p_{jn}

        The inner sum is one of integers, in 32 bits: of up to 130,000 terms.
        """
        rows = QuantisedMatrix.of(np.ascontiguousarray(x.T), 8)
        sums = self.values.astype(np.int32) @ rows.values.T.astype(np.int32)
        return self.scale[:, None] * rows.scale * sums.astype(np.float32)


def _matrices(params: dict[str, np.ndarray], only: Callable[[str], bool]) -> list[str]:
    return [name for name, value in params.items() if value.ndim == 2 and only(name)]


def rounded(model: Model, bits: int = 8, *, only: Callable[[str], bool] = lambda name: True):
    """Return a copy of a layer or a model with its matrices rounded to a few bits.

    Parameters
    ----------
    model : a layer, Stack or SequenceModel
        Is not changed.
    bits : int, optional
        From 2 to 8.
    only : callable, optional
        Says by name which matrices: ``lambda name: name.endswith("U")`` rounds the recurrent
        weights alone.

    Returns
    -------
    of the same class
        Computes with floats.
    """
    changed = copy.deepcopy(model)
    for name in _matrices(changed.params, only):
        changed.params[name][...] = QuantisedMatrix.of(changed.params[name], bits).dequantise()
    return changed


def quantised_size(model, bits: int = 8) -> int:
    """Return the bytes of a model's numbers, its matrices in `bits`, without names and shapes."""
    return sum(
        QuantisedMatrix.of(value, bits).nbytes if value.ndim == 2 else 4 * value.size
        for value in model.params.values()
    )


def save_quantised(
    path: str | os.PathLike, model, bits: int = 8, metadata: dict[str, str] | None = None
) -> None:
    """Write a model to a safetensors file, its matrices packed in `bits` each, in one piece.

    Raises
    ------
    ValueError
        If `bits` is not from 2 to 8.
    OSError
        If the file cannot be written.
    """
    numpy_format = import_optional("safetensors.numpy", extra="train")
    tensors, shapes = {}, {}
    for name, value in model.params.items():
        if value.ndim == 2:
            matrix = QuantisedMatrix.of(value, bits)
            tensors[f"{name}.values"] = pack(matrix.values, bits)
            tensors[f"{name}.scale"], shapes[name] = matrix.scale, value.shape
        else:
            tensors[name] = np.ascontiguousarray(value, np.float32)
    header = {"format": FORMAT, "bits": str(bits), "shapes": json.dumps(shapes)}
    write_whole(path, numpy_format.save(tensors, metadata=(metadata or {}) | header))


def load_quantised(path: str | os.PathLike, model: Model) -> tuple[Model, dict[str, str]]:
    """Read what `save_quantised` wrote.

    Parameters
    ----------
    path : path
    model : a layer or model of the same shapes
        Is not changed.

    Returns
    -------
    model
        A copy with the file's rounded weights.
    metadata : dict of str to str

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    WeightFileError
        If it is damaged, of another kind, or of a model of other names or shapes.
    """
    safetensors = import_optional("safetensors", extra="train")
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: expected a file of quantised weights, found none at {path}")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise WeightFileError(
            f"path: expected a safetensors file, {path} is damaged or of another kind ({error})"
        ) from error
    if metadata.pop("format", None) != FORMAT:
        raise WeightFileError(f"path: expected a file of format {FORMAT!r} at {path}")
    bits, shapes = int(metadata.pop("bits")), json.loads(metadata.pop("shapes"))
    for name, shape in shapes.items():
        values = unpack(tensors.pop(f"{name}.values"), bits, tuple(shape))
        matrix = QuantisedMatrix(values, tensors.pop(f"{name}.scale"), bits)
        tensors[name] = matrix.dequantise()
    changed = copy.deepcopy(model)
    try:
        check_params(str(path), tensors, changed.params)
    except (TypeError, ValueError) as error:
        raise WeightFileError(str(error)) from error
    for name, value in tensors.items():
        changed.params[name][...] = value
    return changed, metadata
