r"""What a handful of seeds allows one to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatedrnn.optional import import_optional

__all__ = [
    "Interval",
    "bootstrap_interval",
    "corrected",
    "effect_size",
    "paired_difference",
    "sign_flip_test",
    "verdict",
]


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


def _paired(first: Sequence[float], second: Sequence[float]) -> np.ndarray:
    """Return the differences of pairs."""
    one, two = _sample("first", first), _sample("second", second)
    if len(one) != len(two):
        raise ValueError(f"second: expected {len(one)} values, one per seed, got {len(two)}")
    return one - two


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
    ends = (mean + spread * float(end) for end in result.confidence_interval)
    # No resample's mean is outside the values, but rounding may put it there.
    low, high = (min(max(end, float(sample.min())), float(sample.max())) for end in ends)
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
    difference = _paired(first, second)
    mean = float(difference.mean())
    stats = import_optional("scipy.stats", extra="study")
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    reach = float(stats.t.ppf(0.5 + confidence / 2, len(difference) - 1) * error)
    return Interval(mean, mean - reach, mean + reach)


def effect_size(first: Sequence[float], second: Sequence[float]) -> float:
    r"""Return how many standard deviations of the paired differences their mean is from zero.

    .. math::

        g = \Bigl(1 - \frac{3}{4 (n - 1) - 1}\Bigr) \frac{\bar d}{s_d}

    Cohen's d for pairs, with Hedges' correction for few pairs: n of them overstate it else.
    Infinite if all differences are the same and not zero, and 0 if all are zero.

    Raises
    ------
    ValueError
        As `paired_difference`.
    """
    difference = _paired(first, second)
    mean, spread = difference.mean(), difference.std(ddof=1)
    if spread <= 1e-12 * np.abs(difference).max(initial=0):
        return float(np.sign(mean) * np.inf) if mean else 0.0
    return float((1 - 3 / (4 * (len(difference) - 1) - 1)) * mean / spread)


def sign_flip_test(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the p-value of the mean of ``first - second`` over pairs of runs.

    If the two were alike, each difference could as well have had the other sign. Of all
    assignments of signs, the share whose mean is at least as far from zero. Nothing is assumed
    about how the differences are distributed; with n pairs the smallest p-value is 2 / 2**n.

    Raises
    ------
    ValueError
        As `paired_difference`.
    """
    difference = _paired(first, second)
    stats = import_optional("scipy.stats", extra="study")
    result = stats.permutation_test(
        (difference,),
        lambda values, axis: values.mean(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**14,  # all of them up to 14 pairs, this many at random beyond
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


def corrected(pvalues: Sequence[float]) -> np.ndarray:
    """Return p-values that allow for how many there are (Benjamini and Hochberg, 1995).

    Of the comparisons whose corrected value is below 0.05, at most one in twenty is expected to
    be a false alarm.
    """
    stats = import_optional("scipy.stats", extra="study")
    return stats.false_discovery_control(np.asarray(pvalues, float), method="bh")


def verdict(
    difference: Interval,
    names: tuple[str, str] = ("LSTM", "GRU"),
    *,
    higher_is_better: bool,
    pvalue: float | None = None,
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
    pvalue : float, optional
        Corrected for the number of comparisons; it must be below 0.05.

    Returns
    -------
    str
        Such as ``"LSTM ahead"``; ``"no difference shown"`` if the interval includes zero, or the
        p-value is too large.
    """
    if difference.low <= 0 <= difference.high or (pvalue is not None and not pvalue < 0.05):
        return "no difference shown"
    first_ahead = (difference.mean > 0) == higher_is_better
    return f"{names[0] if first_ahead else names[1]} ahead"
