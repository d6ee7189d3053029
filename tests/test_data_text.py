"""The King James Version, its characters, and its batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.data import (
    Vocabulary,
    contiguous_batches,
    king_james_books,
    king_james_version,
    split_text,
)


def test_the_whole_text():
    text = king_james_version()
    assert (text.count("\n"), len(text)) == (31_102, 4_137_449)
    assert text.startswith("In the beginning God created the heaven and the earth.\n")
    assert len(Vocabulary(text)) == 63


def test_books_can_be_chosen():
    books = king_james_books()
    assert len(books) == 66
    assert sum(books.values()) == 31_102
    ruth = king_james_version(["Ruth"])
    assert ruth.count("\n") == books["Ruth"] == 85
    # In the order of the Bible, however they are named.
    assert king_james_version(["Ruth", "Genesis"]) == king_james_version(["Genesis"]) + ruth


def test_unknown_books_are_named():
    with pytest.raises(ValueError, match=r"books: .*got \['Exdous'\]"):
        king_james_version(["Genesis", "Exdous"])
    with pytest.raises(TypeError, match="books: expected a sequence of names"):
        king_james_version("Genesis")


lines = st.lists(st.text("abc ", max_size=3), min_size=60, max_size=90)


@settings(deadline=None, derandomize=True)
@given(lines=lines, valid=st.floats(0.1, 0.4), test=st.floats(0.1, 0.4))
def test_a_split_text_is_whole_and_cut_at_line_ends(lines, valid, test):
    text = "".join(line + "\n" for line in lines)
    parts = split_text(text, valid=valid, test=test)
    assert "".join(parts) == text
    assert all(part.endswith("\n") for part in parts)
    assert abs(len(parts[2]) - test * len(text)) <= 5
    assert abs(len(parts[1]) - valid * len(text)) <= 5


def test_bad_shares_are_refused():
    with pytest.raises(ValueError, match="valid, test: expected shares that sum below 1"):
        split_text("a\nb\n", valid=0.5, test=0.5)
    with pytest.raises(ValueError, match="one of the three parts would be empty"):
        split_text("a single line\n")


@settings(deadline=None, derandomize=True)
@given(st.text(min_size=1, max_size=40))
def test_decoding_undoes_encoding(text):
    vocabulary = Vocabulary(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert len(vocabulary) == len(set(text))
    assert all(character in vocabulary for character in text)


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match=r"got 'é' \(U\+00E9\) at position 3"):
        Vocabulary("abcf").encode("cafés")
    with pytest.raises(ValueError, match="tokens: expected tokens from 0 to 2, got 3"):
        Vocabulary("abc").decode(np.array([0, 3]))
    with pytest.raises(ValueError, match="text: expected at least one character"):
        Vocabulary("")


@settings(deadline=None, derandomize=True)
@given(length=st.integers(2, 200), batch_size=st.integers(1, 9), steps=st.integers(1, 30))
def test_columns_read_on_and_lose_only_the_remainder(length, batch_size, steps):
    tokens = np.arange(length)
    if length <= batch_size:
        with pytest.raises(ValueError, match=f"tokens: expected at least {batch_size + 1}"):
            contiguous_batches(tokens, batch_size, steps)
        return
    batches = contiguous_batches(tokens, batch_size, steps)
    for xs, ys in batches:
        np.testing.assert_array_equal(ys, xs + 1)
    columns = np.concatenate([xs for xs, _ in batches])
    # Joined, the batches of a column are one uninterrupted piece of the text.
    np.testing.assert_array_equal(np.diff(columns, axis=0), np.ones_like(columns[1:]))
    lost = (length - 1) % batch_size
    np.testing.assert_array_equal(columns.T.ravel(), np.arange(length - 1 - lost))
    assert all(len(xs) == steps for xs, _ in batches[:-1])
    assert 1 <= len(batches[-1][0]) <= steps
