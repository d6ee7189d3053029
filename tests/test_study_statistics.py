"""Intervals cover what they promise, and verdicts say no more than they show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.study import Interval, bootstrap_interval, paired_difference, verdict

values = st.lists(st.floats(-100, 100) | st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=7)


@settings(deadline=None, derandomize=True)
@given(values)
def test_the_bootstrap_stays_among_its_values(sample):
    interval = bootstrap_interval(sample, resamples=200)
    slack = 1e-9 * (1 + max(map(abs, sample)))
    assert min(sample) - slack <= interval.low <= interval.high <= max(sample) + slack
    assert interval.mean == pytest.approx(np.mean(sample))
    assert interval == bootstrap_interval(sample, resamples=200)


def test_equal_values_have_no_width():
    assert bootstrap_interval([1.0] * 5) == Interval(1, 1, 1)


def test_the_bootstrap_covers_the_mean_of_many():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        interval = bootstrap_interval(rng.normal(3, 1, 40), resamples=400)
        hits += interval.low <= 3 <= interval.high
    assert 180 <= hits <= 199


def test_students_interval_covers_the_difference_of_five_pairs():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        shared = rng.normal(0, 10, 5)  # the seed's luck, which pairing removes
        first = shared + 2 + rng.normal(0, 0.5, 5)
        interval = paired_difference(first, shared)
        hits += interval.low <= 2 <= interval.high
        assert interval.high - interval.low < 8
    assert 0.935 < hits / 2000 < 0.965


@pytest.mark.parametrize(
    ("difference", "higher_is_better", "expected"),
    [
        (Interval(0.2, 0.1, 0.3), True, "LSTM ahead"),
        (Interval(0.2, 0.1, 0.3), False, "GRU ahead"),
        (Interval(-0.2, -0.3, -0.1), True, "GRU ahead"),
        (Interval(-0.2, -0.3, -0.1), False, "LSTM ahead"),
        (Interval(0.2, -0.1, 0.3), True, "no difference shown"),
        (Interval(0, 0, 0), True, "no difference shown"),
    ],
)
def test_verdicts(difference, higher_is_better, expected):
    assert verdict(difference, higher_is_better=higher_is_better) == expected


def test_bad_samples_are_named():
    with pytest.raises(ValueError, match="values: expected at least 2 finite numbers, got"):
        bootstrap_interval([1.0])
    with pytest.raises(ValueError, match="values: expected at least 2 finite"):
        bootstrap_interval([1.0, np.nan])
    with pytest.raises(ValueError, match="second: expected 2 values, one per seed, got 3"):
        paired_difference([1, 2], [1, 2, 3])
