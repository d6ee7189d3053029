"""Translating and judging: search and teacher forcing agree; the study's task is fair."""

from itertools import product

import numpy as np
import pytest

from gatedrnn import GRU
from gatedrnn.data import PairBatches, Pairs, PairTokens
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.seq2seq import EncoderDecoder
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.translation import pairs_for_study
from gatedrnn.train import TrainConfig, fit
from gatedrnn.translation import agreement, exact_match, nearest_sources, translate

#: All words of up to three letters, to be written backwards.
WORDS = ["".join(letters) for size in (1, 2, 3) for letters in product("abc", repeat=size)]
BACKWARDS = Pairs(tuple(WORDS), tuple(word[::-1] for word in WORDS))


@pytest.fixture(scope="module", params=["none", "additive"])
def trained(request):
    rng = np.random.default_rng(0)
    tokens = PairTokens(BACKWARDS)
    attention = None if request.param == "none" else request.param
    model = EncoderDecoder(
        GRU(6, 20, rng=rng), GRU(6, 20, rng=rng), len(tokens.source), len(tokens.target),
        attention=attention, rng=rng,
    )  # fmt: skip
    batches = PairBatches(tokens, BACKWARDS, batch_size=13, rng=rng)
    fit(model, batches, TrainConfig(epochs=25, learning_rate=0.01), softmax_cross_entropy)
    return model, tokens


def test_greedy_search_and_true_beginnings_give_the_same_exact_match(trained):
    model, tokens = trained
    texts, weights = translate(model, tokens, BACKWARDS.sources, max_steps=8, batch_size=7)
    share = exact_match(texts, BACKWARDS.targets)
    assert share > 0.1
    assert agreement(model, tokens.batch(BACKWARDS)).whole == pytest.approx(share)
    if model.attention is None:
        assert weights is None
    else:
        for source, text, own in zip(BACKWARDS.sources, texts, weights, strict=True):
            assert own.shape == (len(text), len(source))
            np.testing.assert_allclose(own.sum(1), 1, rtol=1e-5)


def test_the_order_and_the_batches_do_not_matter(trained):
    model, tokens = trained
    some = ["abc", "a", "cb"]
    texts, _ = translate(model, tokens, some, max_steps=8)
    alone = [translate(model, tokens, [one], max_steps=8)[0][0] for one in some]
    assert texts == alone


def test_the_loss_is_that_of_training(trained):
    model, tokens = trained
    batch = tokens.batch(BACKWARDS)
    found = agreement(model, batch)
    logits = model.forward(batch.inputs, None, batch.lengths)[0]
    loss, _ = softmax_cross_entropy(logits, batch.targets, batch.mask)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert found.mask.sum() == sum(len(word) + 1 for word in WORDS)
    assert found.whole <= found.characters <= 1


def test_exact_match_and_its_input():
    assert exact_match(["a", "b", "c"], ["a", "x", "c"]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="texts: expected one per target, 2 and at least 1, got 1"):
        exact_match(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="at least 1"):
        exact_match([], [])


def test_the_nearest_source():
    known = ["open file", "close window", "save"]
    indices, likeness = nearest_sources(known, ["close windows", "save", "open a file"])
    assert indices.tolist() == [1, 2, 0]
    assert likeness[1] == pytest.approx(1)
    assert (likeness <= 1 + 1e-9).all()


@pytest.mark.parametrize("language", ["zh", "de"])
def test_no_tested_date_is_trained_on(language):
    train, valid, test, longer = pairs_for_study(language, 480, 20)
    trained_on = set(train.dates.tolist())
    for part in (valid, test, longer):
        assert len(part) > 200
        assert not trained_on & set(part.dates.tolist())
    assert not set(valid.dates.tolist()) & {*test.dates.tolist(), *longer.dates.tolist()}
    assert len(train) == 480
    assert max(map(len, (*train.sources, *valid.sources, *test.sources))) == 20
    assert min(map(len, longer.sources)) == 21
    # A smaller training set is the beginning of the larger one, and the test stays the same.
    more, _, same, _ = pairs_for_study(language, 1000, 20)
    assert more.sources[:480] == train.sources
    assert same.sources == test.sources


def test_too_many_pairs_are_refused():
    with pytest.raises(ValueError, match=r"pairs: expected from 1 to \d+, got 100000"):
        pairs_for_study("zh", 100_000, 20)


def test_the_score_is_the_exact_match_of_what_is_written():
    problem = make_problem("dates", 0, {"attention": "additive", "pairs": 480})
    model = problem.build(GRU, 24, rng=np.random.default_rng(0))
    fit(model, problem.train, TrainConfig(epochs=8, learning_rate=0.02), problem.loss)
    train, _, test, longer = pairs_for_study("zh", 480, 20)
    tokens = PairTokens(train)
    texts, _ = translate(model, tokens, test.sources, max_steps=20)
    score = problem.score(model, problem.test)
    assert score > 0.1
    assert score == pytest.approx(exact_match(texts, test.targets))
    kept = problem.details(model, problem.test)
    counts = {}
    for source in (*test.sources, *longer.sources):
        counts[len(source)] = counts.get(len(source), 0) + 1
    assert {int(key) for key in kept["by_length"]} == set(counts)
    within = sum(kept["by_length"][str(k)] * n for k, n in counts.items() if k <= 20)
    assert within / len(test) == pytest.approx(score, abs=1e-3)
    beyond = sum(kept["by_length"][str(k)] * n for k, n in counts.items() if k > 20)
    assert beyond / len(longer) == pytest.approx(kept["longer"], abs=1e-3)


def test_lookup_cannot_be_right_where_no_date_is_known():
    """By construction; a baseline above zero would be a leak."""
    assert make_problem("dates", 0, {}).baselines() == {"copy": 0, "nearest source": 0}
