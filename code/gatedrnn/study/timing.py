r"""Times that can be compared: taken in turns, summed up by medians, with their spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from gatedrnn.validation import check_positive_int

__all__ = ["Spread", "interleaved", "ratio"]


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles around it: half of all values lie between `low` and `high`."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values) -> Spread:
        """Return the quartiles of some values."""
        low, median, high = np.quantile(np.asarray(values, float), (0.25, 0.5, 0.75))
        return cls(float(median), float(low), float(high))

    def __str__(self) -> str:
        return f"{self.median:.3g} [{self.low:.3g}, {self.high:.3g}]"


def interleaved(
    runs: Mapping[Hashable, Callable[[], object]], repeats: int, *, clock=time.perf_counter
) -> dict[Hashable, np.ndarray]:
    """Time several functions in turns: one of each, then one of each again.

    What slows the machine down for a while then slows all of them down. Every function is called
    once before, untimed: the first call allocates, compiles or fills caches.

    Parameters
    ----------
    runs : mapping of name to function
    repeats : int
        Timed calls of each.
    clock : callable, optional
        Returns the time in seconds.

    Returns
    -------
    dict of name to ndarray, shape (repeats,)
        Seconds; entry k of all of them belongs to the same turn.
    """
    check_positive_int("repeats", repeats)
    for run in runs.values():
        run()
    seconds = {name: np.empty(repeats) for name in runs}
    for turn in range(repeats):
        for name, run in runs.items():
            start = clock()
            run()
            seconds[name][turn] = clock() - start
    return seconds


def ratio(first: np.ndarray, second: np.ndarray) -> Spread:
    """Return the quartiles of ``first / second``, turn by turn.

    Raises
    ------
    ValueError
        If there are not as many of one as of the other.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(
            f"second: expected shape {np.shape(first)}, one per turn, got {np.shape(second)}"
        )
    return Spread.of(np.asarray(first) / np.asarray(second))
