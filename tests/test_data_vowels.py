"""Japanese Vowels: the published split, a reader that complains, and warping against recursion."""

import hashlib
from functools import lru_cache

import numpy as np
import pytest

from gatedrnn.baselines import warping_distances
from gatedrnn.data import (
    DataFileError,
    MissingPackageError,
    PackageFile,
    hold_out,
    japanese_vowels,
    resample,
    vowels,
)
from gatedrnn.data.vowels import read_ts

HEAD = "# a comment\n@classLabel true 1 2\n@data\n"


@pytest.fixture(scope="module")
def data():
    return japanese_vowels()


def test_the_split_is_the_published_one(data):
    assert np.bincount(data.train.speakers).tolist() == [30] * 9
    # The numbers of the donors' description of the data.
    assert np.bincount(data.test.speakers).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    lengths = np.concatenate([data.train.lengths, data.test.lengths])
    assert (lengths.min(), lengths.max(), lengths.sum()) == (7, 29, 9961)
    for part in (data.train, data.test):
        assert all(frames.shape[1] == 12 for frames in part.frames)
        assert all(np.isfinite(frames).all() for frames in part.frames)


def test_values_are_those_of_the_file(data):
    first = data.train.frames[0]
    np.testing.assert_array_equal(first[:2, 0], [1.860936, 1.891651])
    np.testing.assert_array_equal(first[0, :3], [1.860936, -0.207383, 0.261557])
    assert len(first) == 20


def test_no_utterance_and_no_frame_is_in_both_parts(data):
    def hashes(arrays):
        return [hashlib.sha256(np.ascontiguousarray(a).tobytes()).digest() for a in arrays]

    whole = hashes(data.train.frames) + hashes(data.test.frames)
    assert len(set(whole)) == len(whole) == 640
    seen, unseen = (set(hashes(np.concatenate(p.frames))) for p in (data.train, data.test))
    assert not seen & unseen


def test_take(data):
    some = data.train.take(np.array([31, 0]))
    assert some.speakers.tolist() == [1, 0]
    np.testing.assert_array_equal(some.frames[1], data.train.frames[0])
    assert some.lengths.tolist() == [len(data.train.frames[31]), 20]


def test_reading():
    both = read_ts(HEAD + "1,2,3:4,5,6:2\n\n7:8:1\n")
    np.testing.assert_array_equal(both.frames[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(both.frames[1], [[7, 8]])
    assert both.speakers.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2:3,4:1\n", "expected a line @data"),
        (HEAD, "expected a line @data"),
        (HEAD + "1,2:3:1\n", "in sequence 1"),  # channels of different lengths
        (HEAD + "1,x:3,4:1\n", "in sequence 1"),
        (HEAD + "1,2:3,4:one\n", "in sequence 1"),
        (HEAD + "1\n", "in sequence 1"),  # no channel
        (HEAD + "1,2:3,4:1\n1,2:1\n", "expected 2 channels"),
        (HEAD + "1,2:3,4:0\n", "from 1 on"),
    ],
)
def test_what_is_no_such_file(text, words):
    with pytest.raises(DataFileError, match=words):
        read_ts(text)


def test_another_version_or_none_is_refused(monkeypatch):
    other = PackageFile("aeon", vowels.TRAIN.path, "aeon==1.6.0", "0" * 64)
    monkeypatch.setattr(vowels, "TRAIN", other)
    with pytest.raises(DataFileError, match="sha256"):
        japanese_vowels()
    missing = PackageFile("no_such_package", "x.ts", "aeon==1.6.0", "0" * 64)
    monkeypatch.setattr(vowels, "TRAIN", missing)
    with pytest.raises(MissingPackageError, match="pip install aeon"):
        japanese_vowels()


def test_hold_out_takes_as_many_of_each():
    labels = np.array([0, 1, 1, 2, 0, 2, 1, 0, 2, 2])
    kept, held_out = hold_out(labels, 2, rng=np.random.default_rng(0))
    assert np.bincount(labels[held_out]).tolist() == [2, 2, 2]
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held_out])), np.arange(10))
    other = hold_out(labels, 2, rng=np.random.default_rng(1))[1]
    assert held_out.tolist() != other.tolist()
    with pytest.raises(ValueError, match="fewer than the 3 of class 0"):
        hold_out(labels, 3, rng=np.random.default_rng(0))


def test_resample():
    frames = np.array([[0.0, 10], [1, 20], [2, 30]])
    np.testing.assert_allclose(resample(frames, 5)[:, 0], [0, 0.5, 1, 1.5, 2])
    np.testing.assert_array_equal(resample(frames, 3), frames)
    np.testing.assert_array_equal(resample(frames[:1], 4), np.tile(frames[:1], (4, 1)))
    with pytest.raises(ValueError, match="frames"):
        resample(frames[0], 3)


def test_warping_is_the_recursion():
    rng = np.random.default_rng(0)
    first = [rng.standard_normal((t, 3)) for t in (4, 1, 7)]
    second = [rng.standard_normal((t, 3)) for t in (5, 2, 9, 1)]

    def slow(a, b):
        @lru_cache(None)
        def d(i, j):
            if i < 0 or j < 0:
                return np.inf
            before = 0.0 if i == j == 0 else min(d(i - 1, j), d(i, j - 1), d(i - 1, j - 1))
            return ((a[i] - b[j]) ** 2).sum() + before

        return np.sqrt(d(len(a) - 1, len(b) - 1))

    expected = [[slow(a, b) for b in second] for a in first]
    np.testing.assert_allclose(warping_distances(first, second), expected, atol=1e-7)


def test_warping_does_not_mind_dwelling():
    x = np.random.default_rng(0).standard_normal((5, 2))
    slow = np.repeat(x, 3, axis=0)
    assert warping_distances([x], [slow])[0, 0] < 1e-6
    assert warping_distances([x], [slow[::-1]])[0, 0] > 0.5
    with pytest.raises(ValueError, match="steps of one size"):
        warping_distances([x], [x[:, :1]])
