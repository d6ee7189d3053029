r"""How the learning rate changes over the steps of training: factors, as functions of the step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from gatedrnn.validation import check_positive_int

__all__ = ["Cosine", "Exponential", "Schedule", "Warmup"]


class Schedule(Protocol):
    """What a schedule can do."""

    def __call__(self, step: int) -> float:
        """Return the factor of the learning rate at a step, counted from 0."""


@dataclass(frozen=True)
class Exponential:
    r"""A factor of :math:`d^{k / K}` at step k: each K steps multiply the rate by d.

    Parameters
    ----------
    decay : float
        d, above 0 and at most 1.
    steps : int
        K.
    staircase : bool, optional
        Only whole multiples of K count: the rate falls in steps.
    """

    decay: float
    steps: int
    staircase: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise ValueError(f"decay: expected above 0 and at most 1, got {self.decay}")
        check_positive_int("steps", self.steps)

    def __call__(self, step: int) -> float:
        turns = step // self.steps if self.staircase else step / self.steps
        return self.decay**turns


@dataclass(frozen=True)
class Cosine:
    r"""Half a wave from 1 down to a last factor e, reached after K steps and kept.

    .. math::

        e + (1 - e) \, \tfrac12 \bigl(1 + \cos(\pi \min(k, K) / K)\bigr)

    Parameters
    ----------
    steps : int
        K.
    last : float, optional
        e, from 0 to 1.

    References
    ----------
    Loshchilov and Hutter (2017), without restarts.
    """

    steps: int
    last: float = 0.0

    def __post_init__(self) -> None:
        check_positive_int("steps", self.steps)
        if not 0 <= self.last <= 1:
            raise ValueError(f"last: expected from 0 to 1, got {self.last}")

    def __call__(self, step: int) -> float:
        wave = (1 + math.cos(math.pi * min(step, self.steps) / self.steps)) / 2
        return self.last + (1 - self.last) * wave


@dataclass(frozen=True)
class Warmup:
    """A straight line up to 1 over the first K steps, then another schedule, or 1.

    Parameters
    ----------
    steps : int
        K: the factors are 1/K, 2/K, ..., 1.
    then : Schedule, optional
        Counts its steps from there on.
    """

    steps: int
    then: Schedule | None = None

    def __post_init__(self) -> None:
        check_positive_int("steps", self.steps)

    def __call__(self, step: int) -> float:
        if step < self.steps:
            return (step + 1) / self.steps
        return 1.0 if self.then is None else self.then(step - self.steps)
