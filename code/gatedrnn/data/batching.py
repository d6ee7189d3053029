r"""From arrays to the batches that a training loop goes through.

A batch is a tuple ``(xs, targets)`` or ``(xs, targets, mask)``, or where sequences have lengths a
`Batch`. Inputs are time-major, ``xs`` (T, N, D), so that samples are axis 1; targets are one per
sequence, (N, ...), or one per step, (T, N, ...).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn.validation import check_positive_int, check_tokens

__all__ = [
    "Batch",
    "FreshBatches",
    "Minibatches",
    "one_hot",
    "pad",
    "split_at_random",
    "split_by_time",
]


def one_hot(tokens: np.ndarray, num_tokens: int, dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Return vectors (..., num_tokens) with a one at each token and zeros elsewhere.

    Raises
    ------
    TypeError, ValueError
        If the tokens are not integers from 0 to ``num_tokens - 1``.
    """
    axes = tuple(f"axis {axis}" for axis in range(np.ndim(tokens)))
    tokens = check_tokens("tokens", tokens, axes, check_positive_int("num_tokens", num_tokens))
    return np.eye(num_tokens, dtype=dtype)[tokens]


@dataclass(frozen=True)
class Batch:
    """What a model is given at one training step, and what it should have answered.

    Attributes
    ----------
    inputs : ndarray, or whatever the model's `forward` takes first
    targets : ndarray
    mask : ndarray, optional
        Weights of the targets: 0 where there is none.
    lengths : ndarray of int, shape (N,), optional
        How many steps of each sample are not padding.
    """

    inputs: Any
    targets: np.ndarray
    mask: np.ndarray | None = None
    lengths: np.ndarray | None = None

    @classmethod
    def of(cls, batch: Batch | tuple) -> Batch:
        """Return a batch, or the batch that a tuple (inputs, targets[, mask]) stands for."""
        return batch if isinstance(batch, cls) else cls(*batch)

    @property
    def wanted(self) -> tuple[np.ndarray, ...]:
        """What a loss takes besides the model's output: the targets, and the mask if any."""
        return (self.targets,) if self.mask is None else (self.targets, self.mask)

    @property
    def weight(self) -> float:
        """How many targets the loss is the mean of."""
        return float(self.targets.size if self.mask is None else self.mask.sum())


class Minibatches:
    """Batches of a data set, in a new order at each pass.

    Parameters
    ----------
    xs : ndarray, shape (T, N, ...)
    targets : ndarray, shape (N, ...) or (T, N, ...)
    mask : ndarray, optional
        Weights of the targets; its samples are on the same axis as theirs.
    batch_size : int
        Samples per batch; the last batch of a pass holds what is left.
    rng : numpy.random.Generator, optional
        Source of the order; without it, the order is that of the arrays.
    target_axis : {0, 1}
        Axis of the samples in `targets` and `mask`: 0 for one target per sequence (a model that
        reads out the last step), 1 for one per step.
    lengths : ndarray of int, shape (N,), optional
        How many steps of each sample are not padding; then the batches are `Batch` objects.

    Raises
    ------
    ValueError
        If the arrays disagree on the number of samples.

    Examples
    --------
    >>> xs, targets = np.zeros((5, 10, 2)), np.arange(10)
    >>> [batch_xs.shape for batch_xs, _ in Minibatches(xs, targets, batch_size=4)]
    [(5, 4, 2), (5, 4, 2), (5, 2, 2)]
    """

    def __init__(
        self,
        xs: np.ndarray,
        targets: np.ndarray,
        mask: np.ndarray | None = None,
        *,
        batch_size: int,
        rng: np.random.Generator | None = None,
        target_axis: int = 0,
        lengths: np.ndarray | None = None,
    ) -> None:
        if target_axis not in (0, 1):
            raise ValueError(f"target_axis: expected 0 or 1, got {target_axis!r}")
        if np.ndim(xs) < 2:
            raise ValueError(f"xs: expected shape (T, N, ...), got {np.shape(xs)}")
        self.arrays = [(xs, 1), (targets, target_axis)]
        if mask is not None:
            self.arrays.append((mask, target_axis))
        self.num_samples = xs.shape[1]
        for name, (array, axis) in zip(("targets", "mask"), self.arrays[1:], strict=False):
            if np.ndim(array) <= axis or array.shape[axis] != self.num_samples:
                raise ValueError(
                    f"{name}: expected {self.num_samples} samples on axis {axis}, as in xs, "
                    f"got shape {np.shape(array)}"
                )
        if lengths is not None and np.shape(lengths) != (self.num_samples,):
            raise ValueError(
                f"lengths: expected shape ({self.num_samples},), one per sample, "
                f"got {np.shape(lengths)}"
            )
        self.lengths = None if lengths is None else np.asarray(lengths)
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.rng = rng

    def __len__(self) -> int:
        return math.ceil(self.num_samples / self.batch_size)

    def __iter__(self) -> Iterator[Batch | tuple[np.ndarray, ...]]:
        order = np.arange(self.num_samples)
        if self.rng is not None:
            self.rng.shuffle(order)
        for start in range(0, self.num_samples, self.batch_size):
            chosen = order[start : start + self.batch_size]
            batch = tuple(array.take(chosen, axis) for array, axis in self.arrays)
            if self.lengths is None:
                yield batch
            else:
                yield Batch(*batch, lengths=self.lengths[chosen])


class FreshBatches:
    """Batches drawn anew at each pass, for tasks that can be generated without end.

    No sample is seen twice, so there is nothing to overfit.

    Parameters
    ----------
    draw : callable
        Called without arguments, returns a batch.
    count : int
        Batches per pass.
    """

    def __init__(self, draw: Callable[[], tuple[np.ndarray, ...]], count: int) -> None:
        self.draw = draw
        self.count = check_positive_int("count", count)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        return (self.draw() for _ in range(self.count))


def pad(
    sequences: Sequence[np.ndarray], *, value: float = 0, side: str = "right"
) -> tuple[np.ndarray, np.ndarray]:
    """Bring sequences of different lengths to the longest one's length.

    Parameters
    ----------
    sequences : sequence of ndarray, each of shape (T_n, ...)
    value : number, optional
        What to fill in.
    side : {"right", "left"}
        Where to fill in. A model that reads out only the last step needs "left": with "right" it
        would read out after the padding.

    Returns
    -------
    xs : ndarray, shape (T, N, ...)
        T is the greatest length.
    mask : ndarray of float32, shape (T, N)
        1 where xs holds a sequence, 0 where it is filled in.

    Raises
    ------
    ValueError
        If there are no sequences, one is empty, or their entries have different shapes.
    """
    if side not in ("right", "left"):
        raise ValueError(f"side: expected 'right' or 'left', got {side!r}")
    arrays = [np.asarray(sequence) for sequence in sequences]
    if not arrays:
        raise ValueError("sequences: expected at least one, got none")
    for index, array in enumerate(arrays):
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(
                f"sequences: expected no empty one, got shape {array.shape} at {index}"
            )
        if array.shape[1:] != arrays[0].shape[1:]:
            raise ValueError(
                f"sequences: expected entries of shape {arrays[0].shape[1:]}, as in the first, "
                f"got {array.shape[1:]} at {index}"
            )
    longest = max(map(len, arrays))
    shape = (longest, len(arrays), *arrays[0].shape[1:])
    xs = np.full(shape, value, np.result_type(*arrays))
    mask = np.zeros(shape[:2], np.float32)
    for n, array in enumerate(arrays):
        start = 0 if side == "right" else longest - len(array)
        xs[start : start + len(array), n] = array
        mask[start : start + len(array), n] = 1
    return xs, mask


def split_by_time(length: int, *, valid: int, test: int) -> tuple[slice, slice, slice]:
    """Split a series: first train, then valid, and the newest for test.

    Shuffling time would let a model see the days around the one that it has to forecast.

    Parameters
    ----------
    length : int
        Steps in the series.
    valid, test : int
        Steps for validation and for test.

    Returns
    -------
    train, valid, test : slice

    Raises
    ------
    ValueError
        If nothing is left to train on.
    """
    check_positive_int("length", length)
    check_positive_int("valid", valid)
    check_positive_int("test", test)
    start = length - valid - test
    if start < 1:
        raise ValueError(
            f"valid, test: expected fewer than the {length} steps of the series together, "
            f"got {valid} + {test}"
        )
    return slice(0, start), slice(start, start + valid), slice(start + valid, length)


def split_at_random(
    num_samples: int, *, valid: int, test: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split independent samples at random; return their indices, each sorted.

    For samples that come one after another in time use `split_by_time`.

    Raises
    ------
    ValueError
        If nothing is left to train on.
    """
    parts = split_by_time(num_samples, valid=valid, test=test)
    order = rng.permutation(num_samples)
    train, held_out, tested = (np.sort(order[part]) for part in parts)
    return train, held_out, tested
