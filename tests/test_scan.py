"""The linear recurrence: loop and scan, forward and backward."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.cells.scan import linear_recurrence, linear_recurrence_backward
from gatedrnn.gradcheck import numerical_gradient, relative_error


def draw(T, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    a = rng.uniform(0, 1, (T, 3)).astype(dtype)
    return a, rng.standard_normal((T, 3)).astype(dtype), rng.standard_normal(3).astype(dtype)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(T=st.integers(1, 70), seed=st.integers(0, 9))
def test_scan_and_loop_agree(T, seed):
    a, b, h0 = draw(T, seed)
    loop = linear_recurrence(a, b, h0, scan=False)
    before = b.copy()
    np.testing.assert_allclose(linear_recurrence(a, b, h0, scan=True), loop, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(b, before)
    expected = h0
    for t in range(T):
        expected = a[t] * expected + b[t]
    np.testing.assert_allclose(loop[-1], expected, rtol=1e-13)


@pytest.mark.parametrize("scan", [True, False])
@pytest.mark.parametrize("T", [1, 2, 7])
def test_gradients(T, scan):
    a, b, h0 = draw(T)
    weights = np.random.default_rng(1).standard_normal(b.shape)

    def loss():
        return np.vdot(weights, linear_recurrence(a, b, h0, scan=scan))

    h = linear_recurrence(a, b, h0)
    derived = linear_recurrence_backward(weights, a, h, h0, scan=scan)
    for grad, variable in zip(derived, (a, b, h0), strict=True):
        assert relative_error(grad, numerical_gradient(loss, variable)) < 1e-9


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9999, 1.0])
def test_ten_thousand_steps_in_float32(share):
    _, b, h0 = draw(10_000, dtype=np.float32)
    a = np.full_like(b, share)
    exact = linear_recurrence(a.astype(float), b.astype(float), h0.astype(float), scan=False)
    scanned = linear_recurrence(a, b, h0, scan=True)
    assert np.isfinite(scanned).all()
    np.testing.assert_allclose(scanned, exact, rtol=1e-4, atol=1e-4 * np.abs(exact).max())
