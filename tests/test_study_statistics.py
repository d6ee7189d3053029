"""Intervals cover what they promise, and verdicts say no more than they show."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.study import (
    Interval,
    bootstrap_interval,
    corrected,
    effect_size,
    paired_difference,
    sign_flip_test,
    verdict,
)

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


def test_an_interval_that_is_clear_of_zero_is_not_enough():
    clear = Interval(0.2, 0.1, 0.3)
    assert verdict(clear, higher_is_better=True, pvalue=0.049) == "LSTM ahead"
    assert verdict(clear, higher_is_better=True, pvalue=0.05) == "no difference shown"
    assert verdict(clear, higher_is_better=True, pvalue=float("nan")) == "no difference shown"
    around = Interval(0.2, -0.1, 0.5)
    assert verdict(around, higher_is_better=True, pvalue=0.001) == "no difference shown"


def test_the_sign_flip_test_counts_all_signs():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.4, 1, 7), rng.normal(0, 1, 7)
    difference = first - second
    means = [
        np.mean(np.array(signs) * difference) for signs in itertools.product((-1, 1), repeat=7)
    ]
    expected = np.mean(np.abs(means) >= abs(difference.mean()) * (1 - 1e-12))
    assert sign_flip_test(first, second) == pytest.approx(expected)


def test_the_smallest_p_value_is_that_of_all_signs_alike():
    assert sign_flip_test(np.arange(1, 11), np.zeros(10)) == pytest.approx(2 / 2**10)
    assert sign_flip_test([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == 1


def test_effect_size_by_hand():
    # Differences 1, 2, 3: mean 2, standard deviation 1; Hedges' factor 1 - 3 / 7.
    assert effect_size([1, 2, 3], [0, 0, 0]) == pytest.approx(2 * (1 - 3 / 7))
    assert effect_size([0, 0], [0, 0]) == 0
    assert effect_size([1, 1], [0, 0]) == np.inf
    assert effect_size([0, 0], [1, 1]) == -np.inf


def test_correction_by_hand():
    """Benjamini and Hochberg: the k-th smallest of m times m / k, never above the next."""
    np.testing.assert_allclose(corrected([0.01, 0.04, 0.03, 0.005]), [0.02, 0.04, 0.04, 0.02])


def test_corrected_null_results_are_seldom_found():
    rng = np.random.default_rng(0)
    alarms = {"as they are": 0, "corrected": 0}
    for _ in range(150):
        pvalues = [sign_flip_test(rng.normal(0, 1, 10), np.zeros(10)) for _ in range(10)]
        alarms["as they are"] += min(pvalues) < 0.05
        alarms["corrected"] += corrected(pvalues).min() < 0.05
    assert alarms["as they are"] > 40
    assert alarms["corrected"] < 20


def test_bad_samples_are_named():
    for function in (effect_size, sign_flip_test):
        with pytest.raises(ValueError, match="second: expected 2 values, one per seed, got 3"):
            function([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="values: expected at least 2 finite numbers, got"):
        bootstrap_interval([1.0])
    with pytest.raises(ValueError, match="values: expected at least 2 finite"):
        bootstrap_interval([1.0, np.nan])
    with pytest.raises(ValueError, match="second: expected 2 values, one per seed, got 3"):
        paired_difference([1, 2], [1, 2, 3])
