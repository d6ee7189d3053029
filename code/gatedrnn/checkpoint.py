r"""Checkpoints: training that goes on where it was, bit for bit.

A checkpoint is one safetensors file: the arrays as its tensors, the rest as JSON in its header. One
file, because two cannot be replaced at the same moment; no pickle, because a file of numbers
should not be able to run code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_positive_int

__all__ = ["Checkpoint", "CheckpointError"]

FORMAT = "gatedrnn-checkpoint-1"


class CheckpointError(ValueError):
    """A checkpoint that is damaged, or of another training."""


class Checkpoint:
    """Where and how often `fit` writes down its state; `fit` resumes from it if it is there.

    Parameters
    ----------
    path : path
        Usually ends in ``.safetensors``.
    every : int, optional
        Steps between two checkpoints. There is always one at the end of an epoch.
    rngs : sequence of numpy.random.Generator, optional
        The generators that the training batches draw from. A generator that `batches` has as
        ``rng``, like `Minibatches`, need not be named. On resuming, an epoch's batches are drawn
        again from its beginning, and those that were trained on already are skipped.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        every: int | None = None,
        rngs: Sequence[np.random.Generator] = (),
    ) -> None:
        self.path = Path(path)
        self.every = None if every is None else check_positive_int("every", every)
        self.rngs = tuple(rngs)

    def due(self, step: int) -> bool:
        """Return whether it is time to write after this step, counted from 1."""
        return self.every is not None and step % self.every == 0

    def save(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
        """Write arrays and what JSON can hold, in one piece.

        Raises
        ------
        OSError
            If that fails: no space, no permission, no such folder. The checkpoint before is left.
        """
        safetensors = import_optional("safetensors.numpy", extra="train")
        tensors = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
        header = {"format": FORMAT, "facts": json.dumps(facts)}
        write_whole(self.path, safetensors.save(tensors, metadata=header))

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Return what `save` wrote last, or None if there is no file.

        Raises
        ------
        CheckpointError
            If the file is damaged or not a checkpoint.
        """
        if not self.path.exists():
            return None
        safetensors = import_optional("safetensors", extra="train")
        try:
            with safetensors.safe_open(self.path, framework="numpy") as file:
                header = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (safetensors.SafetensorError, OSError) as error:
            raise CheckpointError(
                f"checkpoint: expected a checkpoint at {self.path}, the file is damaged or of "
                f"another kind ({error}); remove it to train from the beginning"
            ) from error
        if header.get("format") != FORMAT:
            raise CheckpointError(
                f"checkpoint: expected the format {FORMAT!r}, {self.path} says "
                f"{header.get('format')!r}"
            )
        return arrays, json.loads(header["facts"])

    def check(self, facts: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Raise an error if a checkpoint is not of the training that is about to go on.

        Raises
        ------
        CheckpointError
            Naming what differs.
        """
        for name, value in expected.items():
            if facts.get(name) != value:
                raise CheckpointError(
                    f"checkpoint: expected {name} {value}, {self.path} was written with "
                    f"{facts.get(name)}; remove it to train from the beginning"
                )


def rng_state(rng: np.random.Generator) -> dict[str, Any]:
    """Return a generator's state as JSON can hold it."""
    return _lists(rng.bit_generator.state)


def set_rng_state(rng: np.random.Generator, state: dict[str, Any]) -> None:
    """Put a generator into a state that `rng_state` returned.

    Raises
    ------
    CheckpointError
        If the state is of another kind of generator.
    """
    kind = rng.bit_generator.state["bit_generator"]
    if state["bit_generator"] != kind:
        raise CheckpointError(
            f"rng: expected a generator of the kind {state['bit_generator']}, got {kind}"
        )
    rng.bit_generator.state = _like(rng.bit_generator.state, state)


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lists(part) for name, part in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _like(pattern: Any, value: Any) -> Any:
    """Return lists as arrays where the pattern has arrays."""
    if isinstance(pattern, dict):
        return {name: _like(part, value[name]) for name, part in pattern.items()}
    return np.array(value, pattern.dtype) if isinstance(pattern, np.ndarray) else value
