"""Character n-grams are probabilities, and longer contexts say more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.baselines import NGram
from gatedrnn.data import Vocabulary, king_james_version, split_text


def after(model, context):
    """Return the distribution of the character after a context, (V,)."""
    return np.array(
        [model.probabilities(np.array([*context, w]))[-1] for w in range(model.num_tokens)]
    )


@settings(deadline=None, derandomize=True)
@given(
    tokens=st.lists(st.integers(0, 4), min_size=4, max_size=60),
    order=st.integers(1, 4),
    context=st.lists(st.integers(0, 5), max_size=4),
)
def test_every_context_has_a_distribution(tokens, order, context):
    probabilities = after(NGram(np.array(tokens), order, 6), context)
    assert (probabilities > 0).all()  # even what never came: it costs bits, not infinity
    assert probabilities.sum() == pytest.approx(1)


def test_witten_bell_by_hand():
    # "aab": a twice, b once, two kinds: p(a) = (2 + 2/3) / 5 of three characters.
    unigram = after(NGram(np.array([0, 0, 1]), 1, 3), [])
    np.testing.assert_allclose(unigram, [(2 + 2 / 3) / 5, (1 + 2 / 3) / 5, (2 / 3) / 5])
    # After a: a once, b once, two kinds. After b, which came last: nothing but the unigram.
    bigram = NGram(np.array([0, 0, 1]), 2, 3)
    np.testing.assert_allclose(after(bigram, [0]), ([1, 1, 0] + 2 * unigram) / 4)
    np.testing.assert_allclose(after(bigram, [1]), unigram)
    assert bigram.num_counts == 2 + 2  # a, b; aa, ab


def test_only_the_last_characters_count():
    tokens = np.random.default_rng(0).integers(0, 4, 500)
    model = NGram(tokens, 3, 4)
    np.testing.assert_array_equal(after(model, [0, 1, 2]), after(model, [3, 1, 2]))


def test_bits_of_a_text():
    tokens = np.array([0, 0, 1])
    model = NGram(tokens, 2, 3)
    expected = -np.log2([after(model, [0])[0], after(model, [0])[1]]).mean()
    assert model.bits_per_character(tokens) == pytest.approx(expected)
    assert NGram(np.zeros(500, int), 1, 2).bits_per_character(np.zeros(9, int)) < 0.01


def test_longer_contexts_predict_genesis_better_until_they_are_too_rare():
    text = king_james_version(["Genesis"])
    vocabulary = Vocabulary(text)
    train, _, test = (vocabulary.encode(part) for part in split_text(text))
    bits = [NGram(train, n, len(vocabulary)).bits_per_character(test) for n in (1, 2, 3, 5, 8)]
    np.testing.assert_allclose(bits, [4.386, 3.299, 2.462, 1.938, 2.153], atol=0.001)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="order: 11 characters of 61 do not fit"):
        NGram(np.zeros(20, int), 11, 61)
    with pytest.raises(ValueError, match="tokens: expected at least 3, got 2"):
        NGram(np.zeros(2, int), 3, 2)
    with pytest.raises(ValueError, match="tokens"):
        NGram(np.zeros(9, int), 2, 2).probabilities(np.array([0, 2]))
