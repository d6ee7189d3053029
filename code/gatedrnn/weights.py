r"""Weights saved to and loaded from safetensors files: arrays and names, no code, no pickle."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_params

__all__ = ["WeightFileError", "load_weights", "save_weights"]

FORMAT = "gatedrnn-1"


class WeightFileError(ValueError):
    """A file that is damaged, or does not hold what was expected."""


def save_weights(
    path: str | os.PathLike,
    params: Mapping[str, np.ndarray],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write arrays to a safetensors file, in one piece: on failure the old file is left.

    Parameters
    ----------
    path : path
        Usually ends in ``.safetensors``.
    params : mapping of str to ndarray
    metadata : mapping of str to str, optional
        Stored beside the arrays.

    Raises
    ------
    OSError
        If the file cannot be written.
    MissingPackageError
        If safetensors is not installed.
    """
    numpy_format = import_optional("safetensors.numpy", extra="train")
    content = numpy_format.save(
        {name: np.ascontiguousarray(value) for name, value in params.items()},
        metadata={**(metadata or {}), "format": FORMAT},
    )
    write_whole(path, content)


def load_weights(
    path: str | os.PathLike, expected: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Read the arrays that `save_weights` wrote.

    Parameters
    ----------
    path : path
    expected : mapping of str to ndarray
        Arrays with the names and shapes that the file must hold, such as a model's ``params``.
        They are not changed: hand the result to `SequenceModel.set_params`.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    WeightFileError
        If the file is damaged, was not written by `save_weights`, or holds other names or
        shapes than expected.
    MissingPackageError
        If safetensors is not installed.
    """
    safetensors = import_optional("safetensors", extra="train")
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: expected a weight file, found none at {path}")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            params = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except safetensors.SafetensorError as error:
        raise WeightFileError(
            f"path: expected a safetensors file, {path} is damaged or of another kind ({error})"
        ) from error
    if metadata.get("format") != FORMAT:
        raise WeightFileError(
            f"path: expected a file of format {FORMAT!r}, {path} says {metadata.get('format')!r}"
        )
    try:
        check_params(str(path), params, expected)
    except (TypeError, ValueError) as error:
        raise WeightFileError(str(error)) from error
    return params
