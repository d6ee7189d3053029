"""Character n-grams are probabilities, and longer contexts say more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.data import Vocabulary, king_james_version, split_text
from gatedrnn.study import NGram


@settings(deadline=None, derandomize=True)
@given(tokens=st.lists(st.integers(0, 4), min_size=3, max_size=60), order=st.integers(1, 3))
def test_every_context_has_a_distribution(tokens, order):
    probabilities = NGram(np.array(tokens), order, 6).probabilities
    assert probabilities.shape == (6,) * order
    assert (probabilities > 0).all()  # even what never came: it costs bits, not infinity
    np.testing.assert_allclose(probabilities.sum(-1), 1)


def test_witten_bell_by_hand():
    # "aab": a twice, b once, two kinds: p(a) = (2 + 2/3) / 5 of three characters.
    unigram = NGram(np.array([0, 0, 1]), 1, 3).probabilities
    np.testing.assert_allclose(unigram, [(2 + 2 / 3) / 5, (1 + 2 / 3) / 5, (2 / 3) / 5])
    # After a: a once, b once, two kinds. After b, which came last: nothing but the unigram.
    bigram = NGram(np.array([0, 0, 1]), 2, 3).probabilities
    np.testing.assert_allclose(bigram[0], ([1, 1, 0] + 2 * unigram) / 4)
    np.testing.assert_allclose(bigram[1], unigram)


def test_bits_of_a_text():
    tokens = np.array([0, 0, 1])
    model = NGram(tokens, 2, 3)
    expected = -np.log2([model.probabilities[0, 0], model.probabilities[0, 1]]).mean()
    assert model.bits_per_character(tokens) == pytest.approx(expected)
    assert NGram(np.zeros(500, int), 1, 2).bits_per_character(np.zeros(9, int)) < 0.01


def test_longer_contexts_predict_genesis_better():
    text = king_james_version(["Genesis"])
    vocabulary = Vocabulary(text)
    train, _, test = (vocabulary.encode(part) for part in split_text(text))
    bits = [NGram(train, n, len(vocabulary)).bits_per_character(test) for n in (1, 2, 3)]
    np.testing.assert_allclose(bits, [4.386, 3.299, 2.462], atol=0.001)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="order: expected 1 to 3, got 4"):
        NGram(np.zeros(9, int), 4, 2)
    with pytest.raises(ValueError, match="tokens: expected at least 3, got 2"):
        NGram(np.zeros(2, int), 3, 2)
