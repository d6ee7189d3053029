"""Labels without times: batches for CTC, edits counted, strings of words by templates."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from gatedrnn.baselines import WordTemplates
from gatedrnn.data import (
    Batch,
    LabelBatch,
    LabelBatches,
    edit_operations,
    error_rate,
    label_batch,
)

STRINGS = st.lists(st.integers(0, 2), max_size=5)


def distance(one, two):
    """By recursion over all alignments."""
    if not one or not two:
        return len(one) + len(two)
    return min(
        distance(one[1:], two[1:]) + (one[0] != two[0]),
        distance(one[1:], two) + 1,
        distance(one, two[1:]) + 1,
    )


@settings(max_examples=60, deadline=None)
@given(STRINGS, STRINGS)
def test_as_few_edits_as_possible(one, two):
    pairs = edit_operations(one, two)
    assert [a for a, _ in pairs if a is not None] == one
    assert [b for _, b in pairs if b is not None] == two
    assert (None, None) not in pairs
    assert sum(a != b for a, b in pairs) == distance(one, two)


def test_edits_in_words():
    assert edit_operations([1, 2, 3], [1, 3]) == [(1, 1), (2, None), (3, 3)]
    assert edit_operations([1], [2]) == [(1, 2)]
    assert edit_operations([], [4]) == [(None, 4)]


def test_error_rate_is_over_labels_and_may_exceed_one():
    assert error_rate([[1, 2], [3, 4, 5]], [[1, 2], [3, 5]]) == 1 / 5
    assert error_rate([[1]], [[2, 3, 4]]) == 3
    assert error_rate([[1, 2], []], [[], []]) == 1
    with pytest.raises(ValueError, match="answers"):
        error_rate([[1]], [])
    with pytest.raises(ValueError, match="references"):
        error_rate([[]], [[1]])


def sequences(count, rng):
    return [rng.normal(size=(int(rng.integers(3, 12)), 2)) for _ in range(count)]


def test_a_batch_knows_both_lengths():
    xs = sequences(3, np.random.default_rng(0))
    batch = label_batch(xs, [(1, 2), (3,), ()])
    assert isinstance(batch, Batch)
    assert Batch.of(batch) is batch
    assert batch.inputs.shape == (max(map(len, xs)), 3, 2)
    assert_array_equal(batch.targets, [[1, 2], [3, 0], [0, 0]])
    targets, target_lengths, lengths = batch.wanted
    assert targets is batch.targets
    assert_array_equal(target_lengths, [2, 1, 0])
    assert_array_equal(lengths, list(map(len, xs)))
    assert batch.weight == 3
    with pytest.raises(ValueError, match="labels"):
        label_batch(xs, [(1,)])
    with pytest.raises(ValueError, match="labels"):
        label_batch(xs, [(), (), ()])


def test_a_pass_has_every_sequence_once_with_its_labels():
    rng = np.random.default_rng(1)
    xs = [np.full((int(rng.integers(3, 40)), 1), k, float) for k in range(50)]
    batches = LabelBatches(xs, [(k,) for k in range(50)], batch_size=8, rng=rng, pool=3)
    passes = []
    for _ in range(2):
        seen = list(batches)
        assert len(seen) == len(batches) == 7
        assert all(isinstance(batch, LabelBatch) for batch in seen)
        for batch in seen:
            assert len(batch.inputs) == batch.lengths.max()
            assert_array_equal(batch.inputs[0, :, 0], batch.targets[:, 0])
        passes.append(np.concatenate([batch.targets[:, 0] for batch in seen]))
        assert_array_equal(np.sort(passes[-1]), np.arange(50))
    assert not np.array_equal(*passes)
    padded = sum(batch.inputs.size for batch in batches)
    assert padded < 1.5 * sum(x.size for x in xs)  # sorting by length pays
    with pytest.raises(ValueError, match="labels"):
        LabelBatches(xs, [(1,)], batch_size=8, rng=rng)


def brute_force(frames, templates, labels, penalty, longest=3):
    """Return the best string of words, trying every string and every way to stretch it."""
    best = (np.inf, None)
    for count in range(1, longest + 1):
        for chosen in itertools.product(range(len(templates)), repeat=count):
            cost = stretched(frames, [templates[k] for k in chosen]) + penalty * (count - 1)
            best = min(best, (cost, [labels[k] for k in chosen]))
    return best[1]


def stretched(frames, words):
    """Return the least cost of reading words in this order: stay, move one, skip one."""
    place = [(w, j) for w, word in enumerate(words) for j in range(len(word))]
    last = {w: len(word) - 1 for w, word in enumerate(words)}
    states = np.concatenate(words)
    cost = ((frames[:, None] - states) ** 2).sum(-1)
    d = np.where([p == (0, 0) for p in place], cost[0], np.inf)
    for t in range(1, len(frames)):
        new = np.full(len(d), np.inf)
        for s, (w, j) in enumerate(place):
            before = [s]
            before += [s - k for k in (1, 2) if j - k >= 0]
            if j == 0 and w > 0:
                before.append(place.index((w - 1, last[w - 1])))
            new[s] = cost[t, s] + min(d[b] for b in before)
        d = new
    return d[-1]


@pytest.mark.parametrize("seed", range(6))
def test_templates_find_what_trying_everything_finds(seed):
    rng = np.random.default_rng(seed)
    templates = [rng.normal(size=(n, 2)) for n in (3, 2, 4)]
    labels = [5, 6, 7]
    frames = np.concatenate([templates[k] for k in rng.integers(3, size=2)])
    frames = frames + 0.5 * rng.normal(size=frames.shape)
    found = WordTemplates(templates, labels, penalty=0.7).recognise(frames)
    assert found == brute_force(frames, templates, labels, 0.7)


def test_templates_read_their_own_strings_slowed_down():
    rng = np.random.default_rng(0)
    templates = [rng.normal(size=(6, 4)) for _ in range(4)]
    said = [2, 0, 0, 3, 1]
    frames = np.repeat(np.concatenate([templates[k] for k in said]), 2, axis=0)
    assert WordTemplates(templates, range(4), penalty=0.1).recognise(frames) == said
    assert len(WordTemplates(templates, range(4), penalty=1e6).recognise(frames)) == 1


def test_bad_templates():
    with pytest.raises(ValueError, match="labels"):
        WordTemplates([np.zeros((2, 3))], [])
    with pytest.raises(ValueError, match="labels"):
        WordTemplates([], [])
    with pytest.raises(ValueError, match="frames"):
        WordTemplates([np.zeros((2, 3))], [1]).recognise(np.zeros((4, 2)))
