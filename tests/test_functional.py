"""Activations and losses against independent formulas."""

import numpy as np
import pytest
from frameworks_required import require
from hypothesis import given
from hypothesis import strategies as st

from gatedrnn.functional import (
    log_softmax,
    sigmoid,
    sigmoid_cross_entropy,
    softmax,
    softmax_cross_entropy,
    squared_error,
)


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


@pytest.fixture
def piano():
    """Logits, targets and mask of 4 steps, 3 samples, 5 keys."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (4, 3, 5)).astype(float)
    mask = np.ones((4, 3))
    mask[2:, 1] = 0
    return 3 * rng.standard_normal((4, 3, 5)), targets, mask


def test_sigmoid_cross_entropy_sums_over_keys_and_averages_over_steps(piano):
    logits, targets, mask = piano
    steps = [
        -sum(np.log(sigmoid(a) if y else 1 - sigmoid(a)) for a, y in zip(*step, strict=True))
        for step in zip(logits.reshape(-1, 5), targets.reshape(-1, 5), strict=True)
    ]
    loss, _ = sigmoid_cross_entropy(logits, targets)
    assert loss == pytest.approx(np.mean(steps))
    loss, dlogits = sigmoid_cross_entropy(logits, targets, mask)
    assert loss == pytest.approx(np.mean(np.array(steps)[mask.ravel() == 1]))
    assert (dlogits[2:, 1] == 0).all()


def test_sigmoid_cross_entropy_gradient(piano):
    logits, targets, mask = piano
    _, dlogits = sigmoid_cross_entropy(logits, targets, mask)
    expected = np.empty_like(logits)
    for index in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[index] = 1e-6
        higher, lower = (
            sigmoid_cross_entropy(logits + sign * step, targets, mask)[0] for sign in (1, -1)
        )
        expected[index] = (higher - lower) / 2e-6
    np.testing.assert_allclose(dlogits, expected, atol=1e-9)


def test_sigmoid_cross_entropy_never_overflows():
    logits = np.array([[-1e4, 1e4, -1e4, 1e4]])
    with np.errstate(over="raise", invalid="raise"):
        loss, dlogits = sigmoid_cross_entropy(logits, np.array([[0.0, 1.0, 1.0, 0.0]]))
    assert loss == 2e4
    np.testing.assert_array_equal(dlogits, [[0, 0, -1, 1]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_cross_entropy_is_pytorchs(piano, dtype):
    require("gatedrnn.frameworks.pytorch")
    import torch

    logits, targets, mask = (array.astype(dtype) for array in piano)
    ours, dlogits = sigmoid_cross_entropy(logits, targets, mask)
    theirs = torch.tensor(logits, requires_grad=True)
    terms = torch.nn.functional.binary_cross_entropy_with_logits(
        theirs, torch.tensor(targets), reduction="none"
    )
    loss = (terms.sum(-1) * torch.tensor(mask)).sum() / mask.sum()
    loss.backward()
    rtol = 20 * float(np.finfo(dtype).eps)
    assert dlogits.dtype == dtype
    assert ours == pytest.approx(loss.item(), rel=rtol)
    np.testing.assert_allclose(dlogits, theirs.grad.numpy(), rtol=10 * rtol, atol=rtol)


@pytest.mark.parametrize(
    ("targets", "mask", "error", "message"),
    [
        (np.zeros((4, 3)), None, ValueError, r"targets: expected shape \(4, 3, 5\)"),
        (np.zeros((4, 3, 5), int), None, TypeError, "targets: expected float32 or float64"),
        (np.full((4, 3, 5), 1.5), None, ValueError, "targets: expected numbers from 0 to 1"),
        (np.zeros((4, 3, 5)), np.zeros((4, 3)), ValueError, "mask: expected weights"),
        (np.zeros((4, 3, 5)), np.ones((4, 3, 5)), ValueError, r"mask: expected shape \(4, 3\)"),
    ],
)
def test_sigmoid_cross_entropy_names_what_is_wrong(piano, targets, mask, error, message):
    with pytest.raises(error, match=message):
        sigmoid_cross_entropy(piano[0], targets, mask)
