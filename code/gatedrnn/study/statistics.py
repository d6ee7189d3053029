r"""What a handful of seeds allows one to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatedrnn.optional import import_optional

__all__ = ["Interval", "bootstrap_interval", "paired_difference", "verdict"]


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its confidence interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"


def _sample(name: str, values: Sequence[float], at_least: int = 2) -> np.ndarray:
    sample = np.asarray(values, float)
    if sample.ndim != 1 or len(sample) < at_least or not np.isfinite(sample).all():
        raise ValueError(
            f"{name}: expected at least {at_least} finite numbers, got {sample.tolist()!r:.80}"
        )
    return sample


def bootstrap_interval(
    values: Sequence[float],
    *,
    confidence: float = 0.95,
    method: str = "BCa",
    resamples: int = 9999,
    seed: int = 0,
) -> Interval:
    """Return the mean of some runs and its bootstrap confidence interval.

    With as few as five values the interval is somewhat too narrow, but it never leaves the range
    of the values, so that an accuracy stays below 1. To *compare* two cells use
    `paired_difference`.

    Parameters
    ----------
    values : sequence of float
        One value per seed.
    confidence : float, optional
    method : {"BCa", "percentile", "basic"}
        As for `scipy.stats.bootstrap`.
    resamples : int, optional
    seed : int, optional
        The same values give the same interval every time.

    Raises
    ------
    ValueError
        If there are fewer than two values, or one is not finite.
    """
    sample = _sample("values", values)
    mean, spread = float(sample.mean()), float(np.ptp(sample))
    if spread <= max(1e-12 * np.abs(sample).max(), 1e-300):
        return Interval(mean, mean, mean)  # all alike: the bootstrap would divide by zero
    stats = import_optional("scipy.stats", extra="study")
    result = stats.bootstrap(
        ((sample - mean) / spread,),
        np.mean,
        confidence_level=confidence,
        method=method,
        n_resamples=resamples,
        rng=np.random.default_rng(seed),
    )
    low, high = (mean + spread * float(end) for end in result.confidence_interval)
    return Interval(mean, low, high)


def paired_difference(
    first: Sequence[float], second: Sequence[float], *, confidence: float = 0.95
) -> Interval:
    """Return the mean of ``first - second`` over pairs of runs, with Student's interval.

    The runs of a pair share a seed, and with it the data; only the difference within each pair
    counts. Student's interval is wider than the bootstrap's, and keeps what it promises when there
    are few pairs and their differences are about normally distributed.

    Raises
    ------
    ValueError
        If there are fewer than two pairs, or not as many of one as of the other.
    """
    one, two = _sample("first", first), _sample("second", second)
    if len(one) != len(two):
        raise ValueError(f"second: expected {len(one)} values, one per seed, got {len(two)}")
    difference = one - two
    mean = float(difference.mean())
    stats = import_optional("scipy.stats", extra="study")
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    reach = float(stats.t.ppf(0.5 + confidence / 2, len(difference) - 1) * error)
    return Interval(mean, mean - reach, mean + reach)


def verdict(
    difference: Interval, names: tuple[str, str] = ("LSTM", "GRU"), *, higher_is_better: bool
) -> str:
    """Return who is ahead, or that no difference is shown.

    Parameters
    ----------
    difference : Interval
        Of the first one's score minus the second one's.
    names : tuple of str, optional
        Of the first and the second.
    higher_is_better : bool
        True for an accuracy, False for an error.

    Returns
    -------
    str
        Such as ``"LSTM ahead"``; ``"no difference shown"`` if the interval includes zero.
    """
    if difference.low <= 0 <= difference.high:
        return "no difference shown"
    first_ahead = (difference.mean > 0) == higher_is_better
    return f"{names[0] if first_ahead else names[1]} ahead"
