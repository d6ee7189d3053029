"""Optimisers against their published update rules."""

import numpy as np
import pytest

from gatedrnn import SGD, Adam, clip_by_global_norm


def test_sgd_with_momentum():
    params = {"x": np.array([1.0])}
    optimiser = SGD(params, 0.1, momentum=0.5)
    optimiser.step({"x": np.array([2.0])})
    assert params["x"][0] == pytest.approx(1 - 0.1 * 2)
    optimiser.step({"x": np.array([4.0])})
    assert params["x"][0] == pytest.approx(0.8 - 0.1 * (0.5 * 2 + 4))


def test_adam_is_algorithm_1():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(5)
    params = {"x": x.copy()}
    optimiser = Adam(params, 0.01)
    m = v = np.zeros(5)
    for k in range(1, 8):
        grad = rng.standard_normal(5)
        optimiser.step({"x": grad})
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
        x = x - 0.01 * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        np.testing.assert_allclose(params["x"], x, rtol=1e-12)


def test_updates_are_in_place_and_keep_the_precision():
    x = np.ones(3, np.float32)
    for optimiser in (SGD({"x": x}, 0.1, momentum=0.9), Adam({"x": x}, 0.1)):
        before = x.copy()
        optimiser.step({"x": np.ones(3, np.float32)})
        assert optimiser.params["x"] is x
        assert x.dtype == np.float32
        assert (x < before).all()


def test_clipping_bounds_the_length_and_keeps_the_direction():
    grads = {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]])}
    assert clip_by_global_norm(grads, 1.0) == pytest.approx(5)
    np.testing.assert_allclose(grads["a"], [0.6, 0])
    np.testing.assert_allclose(grads["b"], [[0.8]])
    assert clip_by_global_norm(grads, 2.0) == pytest.approx(1)
    np.testing.assert_allclose(grads["a"], [0.6, 0])
