"""Formal languages: strings belong to them, and targets are what a reader with a stack says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.data import (
    ANBN_SYMBOLS,
    ANBNCN_SYMBOLS,
    BRACKETS,
    anbn,
    anbncn,
    bracket_depth,
    parity,
)

sizes = {
    "steps": st.integers(1, 60),
    "batch_size": st.integers(1, 9),
    "seed": st.integers(0, 2**32),
}


@pytest.mark.parametrize(("language", "symbols"), [(anbn, ANBN_SYMBOLS), (anbncn, ANBNCN_SYMBOLS)])
@settings(deadline=None, derandomize=True)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5))
def test_counted_strings_are_spelt(language, symbols, lengths):
    xs, targets, mask = language(lengths)
    assert xs.shape == ((len(symbols) - 1) * max(lengths) + 1, len(lengths), len(symbols))
    assert xs.dtype == mask.dtype == np.float32
    assert (xs.sum(-1) == 1).all()
    tokens = np.concatenate([xs.argmax(-1), targets[-1:]])
    np.testing.assert_array_equal(tokens[1:], targets)
    for n, length in enumerate(lengths):
        string = "".join(symbols[token] for token in tokens[:, n])
        spelt = "#" + "".join(letter * length for letter in symbols[1:]) + "#"
        assert string == spelt.ljust(len(tokens), "#")
        # Kept are the steps at which the next symbol is certain: from the first b to the end.
        kept = np.arange(string.index("b"), len(spelt) - 1)
        np.testing.assert_array_equal(np.flatnonzero(mask[:, n]), kept)


@settings(deadline=None, derandomize=True)
@given(**sizes)
def test_parity_counts_the_ones(steps, batch_size, seed):
    xs, targets = parity(steps, batch_size, rng=np.random.default_rng(seed))
    assert xs.shape == (steps, batch_size, 2)
    assert targets.shape == (steps, batch_size)
    assert (xs.sum(-1) == 1).all()
    for n in range(batch_size):
        odd = False
        for x, target in zip(xs[:, n], targets[:, n], strict=True):
            odd ^= bool(x[1])
            assert target == odd


def test_parity_draws_all_strings_equally_often():
    xs, _ = parity(3, 16_000, rng=np.random.default_rng(0))
    numbers = xs.argmax(-1).T @ [4, 2, 1]
    np.testing.assert_allclose(np.bincount(numbers) / 16_000, 1 / 8, atol=0.01)


@settings(deadline=None, derandomize=True)
@given(max_depth=st.integers(1, 12), **sizes)
def test_brackets_are_well_formed_and_counted(max_depth, steps, batch_size, seed):
    rng = np.random.default_rng(seed)
    xs, targets = bracket_depth(steps, batch_size, rng=rng, max_depth=max_depth)
    assert xs.shape == (steps, batch_size, 2)
    assert targets.shape == (steps, batch_size, 1)
    assert xs.dtype == targets.dtype == np.float32
    for n in range(batch_size):
        stack = []
        for x, target in zip(xs[:, n], targets[:, n, 0], strict=True):
            if BRACKETS[x.argmax()] == "(":
                stack.append("(")
            else:
                stack.pop()  # fails if nothing is open
            assert x.sum() == 1
            assert len(stack) == target <= max_depth


@pytest.mark.parametrize("max_depth", [8, 64])
def test_every_depth_is_visited_often(max_depth):
    rng = np.random.default_rng(0)
    _, targets = bracket_depth(8 * max_depth, 400, rng=rng, max_depth=max_depth)
    assert (targets.max(0) == max_depth).mean() > 0.75
    later = targets[4 * max_depth :].astype(int).ravel()
    shares = np.bincount(later)[1:-1] * max_depth / len(later)  # 1 if all were equally frequent
    assert shares.min() > 0.75
    assert shares.max() < 1.3


def test_brackets_look_the_same_at_any_depth():
    def repeated(max_depth):
        rng = np.random.default_rng(0)
        xs, targets = bracket_depth(2000, 50, rng=rng, max_depth=max_depth)
        tokens, depths = xs.argmax(-1), targets[:, :, 0]
        away = (depths[1:-1] > 1) & (depths[1:-1] < max_depth - 1)
        return (tokens[1:-1] == tokens[2:])[away].mean()

    # Two brackets follow the tendency, or neither does: (3/4)^2 + (1/4)^2.
    assert repeated(64) == pytest.approx(5 / 8, abs=0.01)
    assert repeated(16) == pytest.approx(5 / 8, abs=0.02)


@pytest.mark.parametrize("task", [parity, bracket_depth])
def test_same_seed_same_batch(task):
    def draw(seed):
        return task(12, 4, rng=np.random.default_rng(seed))

    for one, two in zip(draw(1), draw(1), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(draw(1)[0], draw(2)[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: anbn([3, 0]), "lengths: expected numbers of at least 1, got 0"),
        (lambda rng: anbncn([1.5]), "lengths: expected integers"),
        (lambda rng: anbncn([]), "lengths: expected integers of shape"),
        (lambda rng: parity(0, 4, rng=rng), "steps: expected a positive integer, got 0"),
        (lambda rng: parity(4, 0, rng=rng), "batch_size: expected a positive integer, got 0"),
        (lambda rng: bracket_depth(0, 4, rng=rng), "steps: expected a positive integer, got 0"),
        (lambda rng: bracket_depth(4, 4, rng=rng, max_depth=0), "max_depth: expected a positive"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))
