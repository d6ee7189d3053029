"""CTC against all paths one by one, and against PyTorch."""

import itertools

import numpy as np
import pytest
from frameworks_required import require
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.ctc import ctc_alignment, ctc_beam_decode, ctc_greedy_decode, ctc_loss
from gatedrnn.functional import log_softmax
from gatedrnn.gradcheck import numerical_gradient, relative_error


def meaning(path, blank=0):
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != blank)


def by_all_paths(logits, blank=0):
    """Return the probability of everything that paths of (T, V) can stand for."""
    p = np.exp(log_softmax(logits))
    found = {}
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        key = meaning(path, blank)
        found[key] = found.get(key, 0) + np.prod(p[np.arange(len(p)), path])
    return found


@pytest.mark.parametrize("blank", [0, 2])
def test_the_loss_sums_over_all_paths(blank):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((4, 1, 3))
    for target, probability in by_all_paths(logits[:, 0], blank).items():
        labels = np.array([target], int).reshape(1, -1)
        loss, _ = ctc_loss(logits, labels, np.array([len(target)]), blank=blank)
        assert loss == pytest.approx(-np.log(probability), rel=1e-12)


def batch(rng, T, N, V, S, blank=0):
    logits = rng.standard_normal((T, N, V))
    labels = [v for v in range(V) if v != blank]
    targets = rng.choice(labels, (N, S))
    target_lengths = rng.integers(0, S + 1, N)
    repeats = np.array(
        [(t[1:n] == t[: max(n - 1, 0)]).sum() for t, n in zip(targets, target_lengths, strict=True)]
    )
    needed = np.maximum(target_lengths + repeats, 1)
    return logits, targets, target_lengths, rng.integers(np.minimum(needed, T), T + 1)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(N=st.integers(1, 3), V=st.integers(2, 4), S=st.integers(1, 3), seed=st.integers(0, 99))
def test_gradients(N, V, S, seed):
    logits, targets, target_lengths, lengths = batch(np.random.default_rng(seed), 6, N, V, S)

    def loss():
        return ctc_loss(logits, targets, target_lengths, lengths)[0]

    _, derived = ctc_loss(logits, targets, target_lengths, lengths)
    assert relative_error(derived, numerical_gradient(loss, logits)) < 1e-7


@pytest.mark.parametrize("blank", [0, 3])
@pytest.mark.parametrize(("T", "N", "V", "S"), [(8, 5, 5, 4), (40, 6, 12, 15), (1, 2, 4, 1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_is_pytorchs(T, N, V, S, blank, dtype):
    require("gatedrnn.frameworks.pytorch")
    import torch

    logits, targets, target_lengths, lengths = batch(np.random.default_rng(1), T, N, V, S, blank)
    if T > S:
        target_lengths[0], lengths[0] = 0, T
    logits = logits.astype(dtype)
    theirs = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.ctc_loss(
        theirs.log_softmax(-1), torch.tensor(targets), torch.tensor(lengths),
        torch.tensor(target_lengths), blank=blank, reduction="none",
    ).mean()  # fmt: skip
    loss.backward()
    ours, derived = ctc_loss(logits, targets, target_lengths, lengths, blank=blank)
    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    assert ours == pytest.approx(loss.item(), rel=tolerance)
    np.testing.assert_allclose(derived, theirs.grad.numpy(), rtol=tolerance, atol=tolerance)
    assert derived.dtype == dtype


def test_as_many_steps_as_labels_leave_one_path():
    logits = np.random.default_rng(2).standard_normal((3, 1, 4))
    target = np.array([[1, 2, 1]])
    loss, _ = ctc_loss(logits, target, np.array([3]))
    expected = -log_softmax(logits)[[0, 1, 2], 0, [1, 2, 1]].sum()
    assert loss == pytest.approx(expected)


def test_padding_changes_nothing():
    rng = np.random.default_rng(3)
    logits, targets, target_lengths, _ = batch(rng, 9, 2, 5, 2)
    target_lengths[:] = 2
    targets[:] = [[1, 2], [3, 4]]
    lengths = np.array([9, 5])
    loss, dlogits = ctc_loss(logits, targets, target_lengths, lengths)
    first, _ = ctc_loss(logits[:, :1], targets[:1], target_lengths[:1])
    second, alone = ctc_loss(logits[:5, 1:], targets[1:], target_lengths[1:])
    assert loss == pytest.approx((first + second) / 2)
    np.testing.assert_allclose(dlogits[:5, 1:], alone / 2)
    assert not dlogits[5:, 1].any()


def test_the_beam_search_finds_what_all_paths_say():
    rng = np.random.default_rng(4)
    different = 0
    for _ in range(20):
        logits = 1.5 * rng.standard_normal((5, 3))
        every = by_all_paths(logits)
        best = max(every, key=every.get)
        assert tuple(ctc_beam_decode(logits, width=40)) == best
        different += tuple(ctc_greedy_decode(logits[:, None])[0]) != best
    assert different > 0  # else the search would be for nothing


def test_the_greedy_decoder_merges_and_drops_blanks():
    path = np.array([0, 1, 1, 0, 1, 2, 2, 0])
    logits = 9.0 * np.eye(3)[path][:, None]
    assert ctc_greedy_decode(logits)[0].tolist() == [1, 1, 2]
    assert ctc_greedy_decode(logits, np.array([3]))[0].tolist() == [1]


def test_the_alignment_is_the_best_of_all_paths():
    rng = np.random.default_rng(5)
    logits = rng.standard_normal((6, 3))
    logp = log_softmax(logits)
    for target in ((1, 2), (1, 1), (2,), ()):
        paths = [p for p in itertools.product(range(3), repeat=6) if meaning(p) == target]
        best = max(paths, key=lambda p: logp[np.arange(6), p].sum())
        assert tuple(ctc_alignment(logits, np.array(target, int))) == best


@pytest.mark.parametrize(
    ("targets", "target_lengths", "message"),
    [
        ([[1, 2, 1, 2]], [4], "sample 0 needs 4 steps and has 3"),
        ([[1, 1]], [2], None),
        ([[1, 1, 1]], [3], "sample 0 needs 5 steps and has 3"),
        ([[1, 0]], [2], "other than the blank 0"),
        ([[1, 7]], [2], "expected labels from 0 to 3"),
        ([[1, 2]], [3], "target_lengths: expected lengths from 0 to 2"),
        ([1, 2], [2], "targets: expected shape"),
    ],
)
def test_impossible_targets_are_named(targets, target_lengths, message):
    arguments = np.zeros((3, 1, 4)), np.array(targets), np.array(target_lengths)
    if message is None:
        assert np.isfinite(ctc_loss(*arguments)[0])
    else:
        with pytest.raises(ValueError, match=message):
            ctc_loss(*arguments)
