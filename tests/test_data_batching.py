"""Batches, padding and splits: everything comes once, and nothing gets mixed up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.data import (
    FreshBatches,
    Minibatches,
    one_hot,
    pad,
    split_at_random,
    split_by_time,
)


@settings(deadline=None, derandomize=True)
@given(
    num_samples=st.integers(1, 20),
    batch_size=st.integers(1, 25),
    target_axis=st.sampled_from([0, 1]),
    shuffle=st.booleans(),
)
def test_a_pass_holds_every_sample_once_with_its_target(
    num_samples, batch_size, target_axis, shuffle
):
    samples = np.arange(num_samples)
    xs = np.stack([samples, samples + 100])[..., None]  # (2, N, 1)
    targets = np.stack([samples, samples]) if target_axis else samples
    rng = np.random.default_rng(0) if shuffle else None
    batches = Minibatches(
        xs, targets, targets + 0.5, batch_size=batch_size, rng=rng, target_axis=target_axis
    )
    seen = []
    for batch_xs, batch_targets, batch_mask in batches:
        np.testing.assert_array_equal(batch_xs[1], batch_xs[0] + 100)
        np.testing.assert_array_equal(np.atleast_2d(batch_targets)[0], batch_xs[0, :, 0])
        np.testing.assert_array_equal(batch_mask, batch_targets + 0.5)
        assert batch_xs.shape[1] <= batch_size
        seen.extend(batch_xs[0, :, 0])
    assert sorted(seen) == list(range(num_samples))
    assert len(list(batches)) == len(batches)
    if not shuffle:
        assert seen == sorted(seen)


def test_each_pass_has_an_order_of_its_own():
    xs = np.arange(50)[None, :, None]
    batches = Minibatches(xs, xs[0], batch_size=50, rng=np.random.default_rng(0))
    (first, _), (second, _) = next(iter(batches)), next(iter(batches))
    assert not np.array_equal(first, second)


def test_minibatches_refuse_arrays_that_do_not_match():
    with pytest.raises(
        ValueError, match=r"targets: expected 4 samples on axis 0.*got shape \(3,\)"
    ):
        Minibatches(np.zeros((5, 4, 1)), np.zeros(3), batch_size=2)
    with pytest.raises(ValueError, match="target_axis: expected 0 or 1, got 2"):
        Minibatches(np.zeros((5, 4, 1)), np.zeros(4), batch_size=2, target_axis=2)


def test_fresh_batches_are_drawn_anew():
    rng = np.random.default_rng(0)
    batches = FreshBatches(lambda: (rng.random(3),), 4)
    passes = [np.array([xs for (xs,) in batches]) for _ in range(2)]
    assert len(passes[0]) == len(batches) == 4
    assert len(np.unique(passes)) == 24


@settings(deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    side=st.sampled_from(["right", "left"]),
)
def test_padding_can_be_undone_with_the_mask(lengths, side):
    rng = np.random.default_rng(0)
    sequences = [rng.random((length, 2)) for length in lengths]
    xs, mask = pad(sequences, value=-1, side=side)
    assert xs.shape == (max(lengths), len(lengths), 2)
    for n, sequence in enumerate(sequences):
        np.testing.assert_array_equal(xs[mask[:, n] == 1, n], sequence)
        assert (xs[mask[:, n] == 0, n] == -1).all()
        # The end at which nothing is filled in.
        assert mask[0 if side == "right" else -1, n] == 1


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "sequences: expected at least one"),
        ([np.ones(3), np.ones(0)], "sequences: expected no empty one, got shape .* at 1"),
        ([np.ones((3, 2)), np.ones((3, 1))], r"expected entries of shape \(2,\).*got \(1,\) at 1"),
    ],
)
def test_pad_says_what_is_wrong(sequences, message):
    with pytest.raises(ValueError, match=message):
        pad(sequences)


def test_one_hot():
    tokens = np.array([[0, 2], [1, 1]])
    vectors = one_hot(tokens, 3)
    assert vectors.shape == (2, 2, 3)
    np.testing.assert_array_equal(vectors.argmax(-1), tokens)
    assert (vectors.sum(-1) == 1).all()
    with pytest.raises(ValueError, match="tokens: expected tokens from 0 to 2, got 3"):
        one_hot(np.array([3]), 3)


@settings(deadline=None, derandomize=True)
@given(length=st.integers(3, 60), data=st.data())
def test_splits_cover_everything_without_overlap(length, data):
    valid = data.draw(st.integers(1, length - 2))
    test = data.draw(st.integers(1, length - valid - 1))
    parts = [np.arange(length)[part] for part in split_by_time(length, valid=valid, test=test)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(length))
    assert [len(part) for part in parts[1:]] == [valid, test]
    drawn = split_at_random(length, valid=valid, test=test, rng=np.random.default_rng(0))
    assert sorted(np.concatenate(drawn)) == list(range(length))
    assert [len(part) for part in drawn[1:]] == [valid, test]


def test_a_split_leaves_something_to_train_on():
    with pytest.raises(ValueError, match=r"valid, test: expected fewer than the 10 steps"):
        split_by_time(10, valid=5, test=5)
