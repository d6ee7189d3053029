r"""Models as they are deployed: trained in float32, judged with weights in a few bits.

Each task is another one whose score is that of the model with 8-bit weights. What the floats
score, what fewer bits and integer arithmetic score, and how far the rounded model's state drifts
from the other's along a stream, is kept with every final run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from gatedrnn import data
from gatedrnn.data.sentiment import Parts
from gatedrnn.deployment.integer_cell import with_integers
from gatedrnn.deployment.quantise import rounded
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.models import SequenceModel
from gatedrnn.study.tasks import memory, sequences
from gatedrnn.study.tasks.problem import TEST_SEED, Problem, accuracy
from gatedrnn.train import Batch

__all__ = ["adding", "drift", "sentiment", "small_sentiment", "weather"]

BITS = 8, 7, 6, 5, 4, 3, 2


def weather(seed: int, **settings) -> Problem:
    """Forecast tomorrow's temperature as `sequences.weather` does; RMSE in °C with 8 bits.

    The stream for the drift is the test year, day by day, read without a reset.
    """
    problem = sequences.weather(seed, **settings)
    return _deployed(problem, lambda test: Batch.of(test[0]).inputs[-1][:, None])


def adding(seed: int, **settings) -> Problem:
    """Add two marked numbers as `memory.adding` does; mean squared error with 8 bits.

    The stream for the drift goes on after a test sequence, to ten times its length, with numbers
    that are not marked: all that is left to do is to keep the sum.
    """

    def stream(test: list) -> np.ndarray:
        xs = Batch.of(test[0]).inputs
        rng = np.random.default_rng(TEST_SEED)
        rest = rng.random((9 * len(xs), *xs.shape[1:]), np.float32)
        rest[..., 1] = 0
        return np.concatenate([xs, rest])

    return _deployed(memory.adding(seed, **settings), stream)


def sentiment(seed: int, **settings) -> Problem:
    """Tell praise from blame as `small_sentiment` does; accuracy with 8 bits.

    The stream for the drift is the first thousand words of the test sentences, without a reset.
    """

    def stream(test: list) -> np.ndarray:
        words = [
            batch.inputs[: batch.lengths[n], n] for batch in test for n in range(len(batch.lengths))
        ]
        return np.concatenate(words)[:1000, None]

    return _deployed(small_sentiment(seed, **settings), stream)


def small_sentiment(
    seed: int, *, batch_size: int = 64, embedding_size: int = 8, min_count: int = 4
) -> Problem:
    """Tell sentences for a film from those against it, with a model small enough for a device.

    The score is the accuracy. Words that occur fewer than `min_count` times in the training part
    are not known.
    """
    parts = data.movie_reviews().split()
    vocabulary = data.WordVocabulary(parts.train.texts, min_count=min_count)
    train, valid, test = ([vocabulary.encode(text) for text in part.texts] for part in parts)
    return Problem(
        train=data.LengthBatches(
            train,
            parts.train.labels,
            batch_size=batch_size,
            rng=np.random.default_rng([seed, 0]),
            word_dropout=0.1,
        ),
        valid=[data.padded_batch(valid, parts.valid.labels)],
        test=[data.padded_batch(test, parts.test.labels)],
        loss=softmax_cross_entropy,
        score=accuracy,
        input_size=embedding_size,
        output_size=2,
        num_tokens=len(vocabulary),
        baselines=lambda: {
            "most frequent": float(np.bincount(parts.test.labels).max() / len(test)),
            "logistic on words": _logistic(parts),
        },
    )


def _logistic(parts: Parts) -> float:
    """Return the accuracy of logistic regression on the words' TF-IDF weights.

    The validation part chooses how strongly the weights are held down.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(tokenizer=data.split_words, token_pattern=None, lowercase=False)
    train = words.fit_transform(parts.train.texts)
    valid, test = (words.transform(part.texts) for part in parts[1:])
    models = [
        LogisticRegression(C=C, max_iter=1000).fit(train, parts.train.labels)
        for C in (0.3, 1.0, 3.0, 10.0)
    ]
    best = max(models, key=lambda model: model.score(valid, parts.valid.labels))
    return float(best.score(test, parts.test.labels))


def _deployed(problem: Problem, stream: Callable) -> Problem:
    """Return the problem with the score of 8-bit weights, and the rest in its details."""

    def details(model: SequenceModel, test) -> dict:
        def score(changed) -> float:
            return float(f"{problem.score(changed, test):.6g}")

        parts = {"W": "cell.W", "U": "cell.U"}
        return {
            "float32": score(model),
            "bits": {str(bits): score(rounded(model, bits)) for bits in BITS},
            "integers": score(with_integers(model)),
            "4 bits in": {
                part: score(rounded(model, 4, only=partial(str.__eq__, name)))
                for part, name in parts.items()
            },
            "drift": {str(bits): drift(model, stream(test), bits) for bits in (8, 4)},
        }

    return replace(
        problem,
        score=lambda model, test: problem.score(rounded(model, 8), test),
        details=details,
    )


def drift(model: SequenceModel, stream: np.ndarray, bits: int, points: int = 25) -> dict:
    r"""Return how far the states of a model with rounded weights are from those of the original.

    Both read the same stream from the same zero state and then run on, each with its own state:

    .. math:: d_t = \lVert h_t' - h_t \rVert / \lVert h_t \rVert

    with the norms over samples and units, and the mean over the steps since the point before.

    Parameters
    ----------
    model : SequenceModel
    stream : ndarray, shape (T, N, D), or (T, N) of tokens
    bits : int
    points : int, optional
        About how many steps are reported, ever further apart.

    Returns
    -------
    dict
        ``steps`` t, counted from 1, and ``drift``.
    """
    hs = []
    for one in (model, rounded(model, bits)):
        xs = stream if one.embedding is None else one.embedding.forward(stream)[0]
        hs.append(one.cell.forward(xs)[0].astype(np.float64))
    off, size = (np.sqrt((each**2).sum((1, 2))) for each in (hs[1] - hs[0], hs[0]))
    ends = np.unique(np.geomspace(1, len(off), points).round().astype(int))
    starts = np.r_[0, ends[:-1]]
    values = [float((off[a:b] / size[a:b]).mean()) for a, b in zip(starts, ends, strict=True)]
    return {"steps": ends.tolist(), "drift": [float(f"{value:.4g}") for value in values]}
