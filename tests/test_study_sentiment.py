"""The task of opinions: its baselines recomputed, its probes, and that it can be learnt."""

from pathlib import Path

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN, SequenceModel, data
from gatedrnn.data.sentiment import LabelledTexts, Parts
from gatedrnn.layers import Embedding
from gatedrnn.study import STUDIES, load_results
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.sentiment import (
    LANGUAGES,
    log_odds,
    majority_accuracy,
    read_right,
    shuffled,
    tfidf_accuracy,
)
from gatedrnn.train import TrainConfig, fit

RESULTS = Path(__file__).parent.parent / "book" / "results"


def new_model(num_tokens, cell=GRU, size=8, seed=0):
    rng = np.random.default_rng(seed)
    embedding = Embedding(num_tokens, size, rng=rng)
    return SequenceModel(cell(size, 6, rng=rng), 2, rng=rng, embedding=embedding, readout="last")


def toy():
    """Texts in which one word decides."""
    rng = np.random.default_rng(0)
    words = np.array(list("abcdefgh"))
    texts, labels = [], np.arange(120) % 2
    for label in labels:
        filler = rng.choice(words, rng.integers(2, 6)).tolist()
        filler.insert(rng.integers(len(filler) + 1), ("bad", "good")[label])
        texts.append(" ".join(filler))
    return LabelledTexts(texts, labels).split(valid=0.2, test=0.2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_probes_are_made_of_known_words(language):
    about = LANGUAGES[language]
    parts = about.parts()
    vocabulary = data.WordVocabulary(parts.train.texts, min_count=3, split=about.split)
    assert len(about.pairs()) == 2 * len(about.good + about.bad)
    for text in (*about.probes, *about.pairs()):
        assert data.UNKNOWN not in vocabulary.encode(text), text
    for plain, negated in zip(about.pairs()[::2], about.pairs()[1::2], strict=True):
        assert about.negation in negated
        assert about.negation not in about.split(plain)


def test_no_probe_is_a_training_text():
    for about in LANGUAGES.values():
        known = {"".join(filter(str.isalnum, text)) for text in about.parts().train.texts}
        assert not known & {"".join(filter(str.isalnum, text)) for text in about.probes}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_problem_is_the_same_for_all_seeds_but_for_the_order(language):
    one, two = (make_problem("sentiment", seed, {"language": language}) for seed in (0, 1))
    for a, b in zip(one.test, two.test, strict=True):
        np.testing.assert_array_equal(a.inputs, b.inputs)
        np.testing.assert_array_equal(a.targets, b.targets)
    assert not np.array_equal(next(iter(one.train)).targets, next(iter(two.train)).targets)
    count = sum(len(batch.targets) for batch in one.test)
    assert count == {"English": 1706, "Chinese": 1542}[language]
    assert sum(len(batch.targets) for batch in one.train) == len(LANGUAGES[language].parts().train)


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language: expected one of .*got 'Latin'"):
        make_problem("sentiment", 0, {"language": "Latin"})


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_the_score_after_every_word_is_that_of_the_text_so_far(cell):
    vocabulary = data.WordVocabulary(["the film is not bad at all"])
    model = new_model(len(vocabulary), cell)
    words = ["the", "film", "is", "not", "bad", "at", "all"]
    found = log_odds(model, vocabulary, [" ".join(words)])[0]
    assert found.shape == (7,)
    for t in range(1, 8):
        out = model.forward(vocabulary.encode(" ".join(words[:t]))[:, None])[0][0]
        assert found[t - 1] == pytest.approx(out[1] - out[0], abs=1e-5)


def test_right_answers_come_in_the_order_of_the_texts():
    """With the target turned round, exactly the others are right."""
    problem = make_problem("sentiment", 0, {"language": "Chinese"})
    model = new_model(problem.num_tokens)
    right = read_right(model, problem.test)
    assert right.mean() == pytest.approx(problem.score(model, problem.test))
    turned = [
        data.Batch(batch.inputs, 1 - batch.targets, lengths=batch.lengths) for batch in problem.test
    ]
    np.testing.assert_array_equal(read_right(model, turned), ~right)


def test_shuffled_texts_keep_their_tokens_and_lose_their_order():
    rng = np.random.default_rng(0)
    texts = [rng.integers(2, 9, length) for length in rng.integers(1, 30, 40)]
    before = [data.padded_batch(texts, np.arange(40))]
    after, again = shuffled(before), shuffled(before)
    for batch in (*after, *again):
        np.testing.assert_array_equal(batch.targets, np.arange(40))
        for n, text in enumerate(texts):
            np.testing.assert_array_equal(np.sort(batch.inputs[: len(text), n]), np.sort(text))
            assert (batch.inputs[len(text) :, n] == data.PADDING).all()
    np.testing.assert_array_equal(after[0].inputs, again[0].inputs)
    assert (after[0].inputs != before[0].inputs).mean() > 0.2


def test_details_hold_what_can_be_counted_again():
    problem = make_problem("sentiment", 0, {"language": "Chinese"})
    model = new_model(problem.num_tokens)
    details = problem.details(model, problem.test)
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(details["right"]), np.uint8))
    assert bits.sum() == round(problem.score(model, problem.test) * 1542)
    about = LANGUAGES["Chinese"]
    assert [len(one) for one in details["probes"]] == [len(text) for text in about.probes]
    assert len(details["pairs"]) == 24


def test_baselines_on_texts_in_which_a_word_decides():
    parts = toy()
    assert majority_accuracy(parts) == 0.5
    assert tfidf_accuracy(parts, data.split_words) == 1
    empty = np.flatnonzero(parts.train.labels == 1)[:10]
    fewer = parts._replace(train=parts.train.take(np.setdiff1d(np.arange(72), empty)))
    turned = LabelledTexts(parts.test.texts, np.zeros(24, int))
    assert majority_accuracy(fewer._replace(test=turned)) == 1


def test_the_test_part_chooses_nothing():
    """Other labels of the test part change the score, and only by what they say."""
    parts = toy()
    turned = LabelledTexts(parts.test.texts, 1 - parts.test.labels)
    assert tfidf_accuracy(Parts(parts.train, parts.valid, turned), data.split_words) == 0


def test_a_network_learns_which_word_decides():
    parts = toy()
    vocabulary = data.WordVocabulary(parts.train.texts)
    model = new_model(len(vocabulary))
    batches = data.LengthBatches(
        [vocabulary.encode(text) for text in parts.train.texts],
        parts.train.labels,
        batch_size=8,
        rng=np.random.default_rng(0),
    )
    test = [data.padded_batch([*map(vocabulary.encode, parts.test.texts)], parts.test.labels)]
    problem = make_problem("sentiment", 0, {})
    config = TrainConfig(epochs=20, learning_rate=0.02, progress=False)
    before = problem.score(model, test)
    fit(model, batches, config, problem.loss)
    assert problem.score(model, test) == 1 > before


def test_stored_details_agree_with_stored_scores():
    results = load_results(RESULTS / "sentiment.json")
    for k, condition in enumerate(STUDIES["sentiment"].conditions):
        about = LANGUAGES[condition.label]
        count = len(about.parts().test)
        for label in results.labels:
            case = results.case(label, k)
            for score, details in zip(case["test"], case["details"], strict=True):
                bits = np.unpackbits(np.frombuffer(bytes.fromhex(details["right"]), np.uint8))
                assert bits[:count].mean() == pytest.approx(score)
                words = [len(about.split(text)) for text in about.probes]
                assert [len(one) for one in details["probes"]] == words
