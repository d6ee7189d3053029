"""Generated tasks: their targets follow from their inputs, and the baselines are what we say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.data import (
    TEMPORAL_ORDER_SYMBOLS,
    adding_problem,
    copy_memory,
    marked_recall,
    noisy_sine,
    recall_game,
    temporal_order,
)

sizes = {"seed": st.integers(0, 2**32), "batch_size": st.integers(1, 9)}


@settings(deadline=None, derandomize=True)
@given(steps=st.integers(2, 40), **sizes)
def test_adding_problem_can_be_solved_from_its_inputs(steps, seed, batch_size):
    xs, targets = adding_problem(steps, batch_size, rng=np.random.default_rng(seed))
    assert xs.shape == (steps, batch_size, 2)
    assert xs.dtype == targets.dtype == np.float32
    np.testing.assert_array_equal((xs[:, :, :1] * xs[:, :, 1:]).sum(0), targets)
    marks = xs[:, :, 1]
    assert (marks[: steps // 2].sum(0) == 1).all()
    assert (marks[steps // 2 :].sum(0) == 1).all()


def test_adding_problem_baseline_is_a_sixth():
    _, targets = adding_problem(10, 20_000, rng=np.random.default_rng(0))
    assert np.mean((targets - 1) ** 2) == pytest.approx(1 / 6, rel=0.03)


def test_every_place_is_marked_sometimes():
    xs, _ = adding_problem(7, 2000, rng=np.random.default_rng(0))
    assert (xs[:, :, 1].sum(1) > 0).all()


@settings(deadline=None, derandomize=True)
@given(lag=st.integers(1, 30), **sizes)
def test_recall_game_shows_the_digit_once(lag, seed, batch_size):
    xs, targets = recall_game(lag, batch_size, rng=np.random.default_rng(seed))
    tokens = xs.argmax(-1)
    assert xs.shape == (lag + 2, batch_size, 21)
    assert (xs.sum(-1) == 1).all()
    np.testing.assert_array_equal(tokens[0], targets)
    assert ((tokens[1:-1] >= 10) & (tokens[1:-1] < 20)).all()
    assert (tokens[-1] == 20).all()


def test_recall_game_has_all_digits_and_noise():
    xs, targets = recall_game(20, 500, rng=np.random.default_rng(0))
    assert set(targets) == set(range(10))
    assert set(xs[1:-1].argmax(-1).ravel()) == set(range(10, 20))


@settings(deadline=None, derandomize=True)
@given(lag=st.integers(1, 30), max_lead=st.integers(0, 5), **sizes)
def test_marked_recall_asks_for_the_marked_digit(lag, max_lead, seed, batch_size):
    xs, targets = marked_recall(lag, batch_size, rng=np.random.default_rng(seed), max_lead=max_lead)
    digits, mark, question = xs[:, :, :10], xs[:, :, 10], xs[:, :, 11]
    lead = len(xs) - lag - 2
    assert 0 <= lead <= max_lead
    assert (digits[:-1].sum(-1) == 1).all()
    np.testing.assert_array_equal((digits.argmax(-1) * mark).sum(0), targets)
    np.testing.assert_array_equal(mark.sum(1), [batch_size * (t == lead) for t in range(len(xs))])
    assert (question[-1] == 1).all()
    assert question[:-1].sum() == digits[-1].sum() == 0


def test_marked_recall_has_all_digits_and_leads():
    rng = np.random.default_rng(0)
    xs, targets = marked_recall(20, 500, rng=rng)
    assert set(targets) == set(xs[-2, :, :10].argmax(-1)) == set(range(10))
    assert {len(marked_recall(3, 1, rng=rng)[0]) for _ in range(200)} == set(range(5, 16))


@settings(deadline=None, derandomize=True)
@given(lag=st.integers(1, 30), **sizes)
def test_copy_memory_asks_for_what_it_showed(lag, seed, batch_size):
    xs, targets = copy_memory(lag, batch_size, rng=np.random.default_rng(seed), length=3)
    tokens = xs.argmax(-1)
    assert len(tokens) == len(targets) == lag + 6
    np.testing.assert_array_equal(targets[-3:], tokens[:3])
    assert (targets[:-3] == 8).all()
    signal = np.argwhere(tokens == 9)
    assert len(signal) == batch_size
    assert (signal[:, 0] == len(tokens) - 4).all()  # the step before the answer begins


@settings(deadline=None, derandomize=True)
@given(steps=st.integers(10, 120), **sizes)
def test_temporal_order_follows_from_the_string(steps, seed, batch_size):
    xs, targets = temporal_order(steps, batch_size, rng=np.random.default_rng(seed))
    assert xs.shape == (steps, batch_size, 8)
    assert xs.dtype == np.float32
    assert (xs.sum(-1) == 1).all()
    for n in range(batch_size):
        string = "".join(TEMPORAL_ORDER_SYMBOLS[token] for token in xs[:, n].argmax(-1))
        assert string[0] + string[-1] == "EB"
        assert not set(string[1:-1]) - set("abcdXY")
        (t1, one), (t2, two) = ((t, s) for t, s in enumerate(string) if s in "XY")
        assert ["XX", "XY", "YX", "YY"][targets[n]] == one + two
        assert steps // 10 <= t1 < steps // 5
        assert steps // 2 <= t2 < 3 * steps // 5


def test_temporal_order_has_the_papers_positions_and_all_classes():
    xs, targets = temporal_order(100, 4000, rng=np.random.default_rng(0))
    relevant = xs[:, :, :2].sum(-1)
    assert set(np.flatnonzero(relevant.sum(1))) == {*range(10, 20), *range(50, 60)}
    np.testing.assert_allclose(np.bincount(targets) / 4000, 1 / 4, atol=0.03)
    # Neither symbol alone tells the class, and all the others are equally frequent.
    np.testing.assert_allclose(xs[1:-1, :, 2:6].mean((0, 1)), 96 / 98 / 4, atol=0.005)


def test_noisy_sine_hides_a_clean_wave():
    rng = np.random.default_rng(0)
    xs, targets = noisy_sine(2000, 3, rng=rng, period=(20, 20), noise=0.3)
    assert np.std(xs[1:] - targets[:-1]) == pytest.approx(0.3, rel=0.05)
    np.testing.assert_allclose(targets[20:], targets[:-20], atol=1e-5)
    assert np.abs(targets).max() <= 1


@pytest.mark.parametrize(
    "task",
    [adding_problem, recall_game, marked_recall, copy_memory, noisy_sine, temporal_order],
)
def test_same_seed_same_batch(task):
    def draw(seed):
        return task(12, 4, rng=np.random.default_rng(seed))

    for one, two in zip(draw(1), draw(1), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(draw(1)[0], draw(2)[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: adding_problem(1, 4, rng=rng), "steps: expected at least 2, got 1"),
        (lambda rng: recall_game(0, 4, rng=rng), "lag: expected a positive integer, got 0"),
        (lambda rng: marked_recall(3, 4, rng=rng, max_lead=-1), "max_lead: expected at least 0"),
        (lambda rng: noisy_sine(9, 2, rng=rng, period=(0, 4)), "period: expected a range"),
        (lambda rng: noisy_sine(9, 2, rng=rng, noise=-1), "noise: expected at least 0"),
        (lambda rng: temporal_order(9, 4, rng=rng), "steps: expected at least 10, got 9"),
        (lambda rng: temporal_order(10, 0, rng=rng), "batch_size: expected a positive integer"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))
