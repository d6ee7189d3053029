"""Activations and losses against independent formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedrnn.functional import log_softmax, sigmoid, softmax, softmax_cross_entropy, squared_error


@given(st.floats(-700, 700))
def test_sigmoid(a):
    assert sigmoid(np.float64(a)) == pytest.approx(1 / (1 + np.exp(-a)), abs=1e-15)


def test_sigmoid_never_overflows():
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(sigmoid(np.array([-1e300, 0, 1e300])), [0, 0.5, 1])


def test_softmax_never_overflows():
    with np.errstate(over="raise", invalid="raise"):
        p = softmax(np.array([[1000.0, 1000.0, -1000.0]]))
    np.testing.assert_allclose(p, [[0.5, 0.5, 0]])


def test_cross_entropy_of_a_uniform_guess_is_log_v():
    loss, _ = softmax_cross_entropy(np.zeros((4, 3, 7)), np.ones((4, 3), int))
    assert loss == pytest.approx(np.log(7))


def test_masked_entries_count_for_nothing():
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((4, 3, 5)), rng.integers(0, 5, (4, 3))
    mask = np.ones((4, 3))
    mask[2:, 1] = 0
    expected = -np.mean(
        [log_softmax(logits)[t, n, targets[t, n]] for t in range(4) for n in range(3) if mask[t, n]]
    )
    loss, dlogits = softmax_cross_entropy(logits, targets, mask)
    assert loss == pytest.approx(expected)
    assert (dlogits[2:, 1] == 0).all()
    pred, target = rng.standard_normal((2, 4, 3))
    loss, dpred = squared_error(pred, target, mask)
    assert loss == pytest.approx(((pred - target)[mask == 1] ** 2).mean())
    assert (dpred[2:, 1] == 0).all()
