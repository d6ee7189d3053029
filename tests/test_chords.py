"""From states to chords: counts by brute force, keys in order against their gradients."""

from itertools import product

import numpy as np
import pytest

from gatedrnn.baselines import ChordTable
from gatedrnn.chords import OrderedKeys, count_distribution, draw_keys
from gatedrnn.data import bach_chorales, independent_keys


def every_chord(keys):
    return np.array(list(product([0.0, 1.0], repeat=keys)))


def some_readout(keys=5, hidden=3, seed=0):
    rng = np.random.default_rng(seed)
    readout = OrderedKeys(rng.normal(size=(keys, hidden)), rng.normal(size=keys))
    readout.params["L"][...] = np.triu(rng.normal(size=(keys, keys)), 1)
    return readout, rng


def test_the_number_of_keys_by_brute_force():
    p = np.random.default_rng(0).random((2, 6))
    chords = every_chord(6)
    for one, found in zip(p, count_distribution(p, most=4), strict=True):
        each = np.where(chords > 0, one, 1 - one).prod(1)
        expected = [each[chords.sum(1) == n].sum() for n in range(5)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_keys_on_their_own_are_drawn_with_their_probabilities():
    logits = np.array([-2.0, 0.0, 1.0])
    rng = np.random.default_rng(0)
    for temperature in (0.5, 1.0):
        share = draw_keys(np.tile(logits, (40_000, 1)), temperature, rng).mean(0)
        np.testing.assert_allclose(share, 1 / (1 + np.exp(-logits / temperature)), atol=0.01)
    assert draw_keys(logits, 0, rng).tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="temperature: expected 0 or more, got -1"):
        draw_keys(logits, -1, rng)


def test_keys_in_order_are_a_distribution():
    readout, rng = some_readout()
    chords, h = every_chord(5), rng.normal(size=(1, 3))
    a = readout.logits(np.repeat(h, len(chords), 0), chords)
    p = np.exp(-(np.logaddexp(0, a) - chords * a).sum(1))
    assert p.sum() == pytest.approx(1, rel=1e-12)
    drawn = readout.draw(np.repeat(h, 60_000, 0), 1.0, rng)
    share = np.bincount(drawn @ (2 ** np.arange(5)[::-1]), minlength=32) / len(drawn)
    np.testing.assert_allclose(share, p, atol=0.01)


def test_gradients_of_keys_in_order():
    readout, rng = some_readout()
    hs, ys = rng.normal(size=(4, 3)), rng.integers(0, 2, (4, 5)).astype(float)
    _, grads = readout.loss(hs, ys)
    for name, values in readout.params.items():
        for place in np.ndindex(values.shape):
            kept, ends = values[place], []
            for off in (1e-6, -1e-6):
                values[place] = kept + off
                ends.append(readout.loss(hs, ys)[0])
            values[place] = kept
            numeric = (ends[0] - ends[1]) / 2e-6
            if name == "L" and place[0] >= place[1]:  # not a parameter: it stays zero
                assert grads[name][place] == 0
            else:
                assert grads[name][place] == pytest.approx(numeric, abs=1e-7)
    assert readout.num_parameters == 5 * 3 + 5 + 10


def test_a_melody_is_kept():
    readout, rng = some_readout(keys=88)
    melody = np.array([50, 60, 87])
    chords = readout.draw(rng.normal(size=(3, 3)), 1.0, rng, melody=melody)
    assert [int(chord.nonzero()[0].max()) for chord in chords] == melody.tolist()
    with pytest.raises(ValueError, match=r"W: expected shape \(88, H\), got \(5, 3\)"):
        OrderedKeys(np.zeros((5, 3)), np.zeros(88))


@pytest.fixture(scope="module")
def music():
    return bach_chorales(common_key=True)


def brute_force(train, roll, order):
    """The table's probabilities with lists and strings, one chord after another."""
    texts = [["".join(map(str, chord)) for chord in one] for one in train]
    share = (sum(one[1:].sum(0) for one in train) + 0.5) / (sum(len(o) - 1 for o in train) + 1)
    found, read = [], ["".join(map(str, chord)) for chord in roll]
    for t in range(1, len(read)):
        p = np.where(roll[t] > 0, share, 1 - share).prod()
        for n in range(min(order, t + 1)):
            context = read[t - n : t]
            came = [
                text[k] for text in texts for k in range(max(n, 1), len(text))
                if text[k - n : k] == context
            ]  # fmt: skip
            if came:
                p = (came.count(read[t]) + len(set(came)) * p) / (len(came) + len(set(came)))
        found.append(np.log(p))
    return found


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_table_by_brute_force(music, order):
    train, roll = music.train[:4], music.train[2][5:20]
    table = ChordTable(train, order)
    np.testing.assert_allclose(
        table.log_probabilities(roll), brute_force(train, roll, order), rtol=1e-9
    )


def test_the_table_is_a_distribution_over_all_chords():
    rng = np.random.default_rng(0)
    rolls = [np.pad(rng.integers(0, 2, (9, 4), dtype=np.uint8), ((0, 0), (0, 84)))]
    table = ChordTable(rolls, 2)
    total = 0.0
    for keys in every_chord(4).astype(np.uint8):
        roll = np.stack([rolls[0][3], np.pad(keys, (0, 84))])
        total += np.exp(table.log_probabilities(roll)[0])
    # The other 84 keys never sounded: (1/2) / (8 + 1) is left for each, where the table backs off.
    assert 0.5 < total < 1


def test_the_table_beats_keys_on_their_own(music):
    losses = [ChordTable(music.train, order).loss(music.test) for order in (1, 2)]
    assert independent_keys(music.train, music.test) > losses[0] > losses[1]
    assert losses == pytest.approx([7.387, 6.214], abs=0.001)


def test_the_table_draws_what_it_believes(music):
    table, rng = ChordTable(music.train, 2), np.random.default_rng(0)
    common = max(music.train, key=len)[:1]
    drawn = [table.draw(common, rng).tobytes() for _ in range(1000)]
    favourite = max(set(drawn), key=drawn.count)
    roll = np.stack([common[0], np.frombuffer(favourite, np.uint8)])
    p = np.exp(table.log_probabilities(roll)[0])
    assert drawn.count(favourite) / len(drawn) == pytest.approx(p, abs=0.05)


@pytest.mark.parametrize("rolls", [[], [np.zeros((1, 88))], [np.zeros((9, 12))]])
def test_bad_rolls_are_named(rolls):
    with pytest.raises(ValueError, match="rolls: expected"):
        ChordTable(rolls)
