r"""Opinions in English and in Chinese: a text in favour, or against."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gatedrnn import data
from gatedrnn.data.sentiment import LabelledTexts, Parts
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.optional import import_optional
from gatedrnn.study.tasks.problem import TEST_SEED, Problem, accuracy
from gatedrnn.train import Batch

__all__ = [
    "LANGUAGES",
    "Language",
    "fit_tfidf",
    "held_out_batches",
    "log_odds",
    "majority_accuracy",
    "read_right",
    "sentiment",
    "shuffled",
    "tfidf_accuracy",
]

#: What the validation part may choose from, for the baseline: scikit-learn's C, from much penalty
#: to little, and the longest run of neighbours that is counted.
PENALTIES = (0.3, 1, 3, 10, 30, 100)
NGRAMS = (1, 2)


class Language(NamedTuple):
    """What the task knows of a language.

    Attributes
    ----------
    load, split : callable
        Return the texts, and the tokens of a text.
    longest : int or None
        Texts of more characters are left out.
    probes : tuple of str
        Sentences to follow word by word.
    pair : str
        A sentence with a place for the negation and one for an adjective.
    plain, negation : str
        What is in the first place without negation and with it.
    good, bad : tuple of str
        Adjectives for the second place.
    """

    load: Callable[[], LabelledTexts]
    split: Callable[[str], list[str]]
    longest: int | None
    probes: tuple[str, ...]
    pair: str
    plain: str
    negation: str
    good: tuple[str, ...]
    bad: tuple[str, ...]

    def parts(self) -> Parts:
        """Return the texts to train on, to choose with, and to judge by."""
        parts = self.load().split()
        return (
            parts if self.longest is None else Parts(*(part.up_to(self.longest) for part in parts))
        )

    def pairs(self) -> list[str]:
        """Return each adjective's two sentences, without and with negation: first the good ones."""
        return [
            self.pair.format(word, adjective)
            for adjective in self.good + self.bad
            for word in (self.plain, self.negation)
        ]


LANGUAGES = {
    "English": Language(
        load=data.movie_reviews,
        split=data.split_words,
        longest=None,
        probes=(
            "the film is great .",
            "the film is not great .",
            "the film is bad .",
            "the film is not bad at all .",
            "the story is dull , but the film is great .",
            "the film is great , but the story is dull .",
        ),
        pair="the film is {} {} .",
        plain="",
        negation="not",
        good=("great", "beautiful", "charming", "enjoyable", "moving", "engaging"),
        bad=("bad", "dull", "boring", "stupid", "flat", "tedious"),
    ),
    "Chinese": Language(
        load=data.shopping_reviews,
        split=data.split_characters,
        longest=40,
        probes=(
            "质量很好。",
            "质量不好。",
            "质量很差。",
            "质量一点也不差。",
            "房间很旧，但是很干净。",
            "房间很干净，但是很旧。",
        ),
        pair="感觉{}{}。",
        plain="很",
        negation="不",
        good=("好", "满意", "舒服", "方便", "漂亮", "干净"),
        bad=("差", "贵", "脏", "吵", "旧", "慢"),
    ),
}


def sentiment(
    seed: int,
    *,
    language: str = "English",
    embedding_size: int = 16,
    min_count: int = 3,
    word_dropout: float = 0.3,
    batch_size: int = 32,
) -> Problem:
    """Tell favourable texts from unfavourable ones; the score is the accuracy.

    English is read by words, Chinese by characters, and of the Chinese reviews those of at most
    40 characters. The split is the same for all seeds.

    Parameters
    ----------
    seed : int
    language : {"English", "Chinese"}
    embedding_size : int
    min_count : int
        How often a token occurs in the training part to have a vector of its own.
    word_dropout : float
        As for `gatedrnn.data.LengthBatches`.
    batch_size : int
    """
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {sorted(LANGUAGES)}, got {language!r}")
    about = LANGUAGES[language]
    parts = about.parts()
    vocabulary = data.WordVocabulary(parts.train.texts, min_count=min_count, split=about.split)
    valid, test = (held_out_batches(part, vocabulary) for part in (parts.valid, parts.test))

    def details(model, batches: list) -> dict:
        probes = log_odds(model, vocabulary, about.probes)
        pairs = log_odds(model, vocabulary, about.pairs())
        return {
            "right": np.packbits(read_right(model, batches)).tobytes().hex(),
            "probes": [[round(float(value), 2) for value in one] for one in probes],
            "pairs": [round(float(one[-1]), 2) for one in pairs],
        }

    return Problem(
        train=data.LengthBatches(
            [vocabulary.encode(text) for text in parts.train.texts],
            parts.train.labels,
            batch_size=batch_size,
            rng=np.random.default_rng([seed, 0]),
            word_dropout=word_dropout,
        ),
        valid=valid,
        test=test,
        loss=softmax_cross_entropy,
        score=accuracy,
        input_size=embedding_size,
        output_size=2,
        num_tokens=len(vocabulary),
        baselines=lambda: {
            "majority": majority_accuracy(parts),
            "TF-IDF": tfidf_accuracy(parts, about.split),
        },
        details=details,
    )


def held_out_batches(
    part: LabelledTexts, vocabulary: data.WordVocabulary, *, size: int = 256
) -> list[Batch]:
    """Return texts as batches, in their order."""
    tokens = [vocabulary.encode(text) for text in part.texts]
    return [
        data.padded_batch(tokens[start : start + size], part.labels[start : start + size])
        for start in range(0, len(tokens), size)
    ]


def read_right(model, batches: list[Batch]) -> np.ndarray:
    """Return for each text whether the model answers rightly, an array of bools (N,)."""
    return np.concatenate(
        [
            model.forward(batch.inputs, None, batch.lengths)[0].argmax(-1) == batch.targets
            for batch in batches
        ]
    )


def shuffled(batches: list[Batch]) -> list[Batch]:
    """Return the batches with the tokens of each text in a random order, always the same one."""
    rng = np.random.default_rng(TEST_SEED)
    mixed = []
    for batch in batches:
        inputs = batch.inputs.copy()
        for n, length in enumerate(batch.lengths):
            inputs[:length, n] = rng.permutation(inputs[:length, n])
        mixed.append(Batch(inputs, batch.targets, lengths=batch.lengths))
    return mixed


def log_odds(model, vocabulary: data.WordVocabulary, texts) -> list[np.ndarray]:
    r"""Return after each word of each text :math:`\log(p/(1-p))`, for p that it is favourable.

    The readout was trained on the last state alone; here every state is read out, as if the text
    ended there.

    Parameters
    ----------
    model : SequenceModel
        With two outputs.
    vocabulary : WordVocabulary
    texts : sequence of str

    Returns
    -------
    list of ndarray, each of shape (T_n,)
    """
    found = []
    for text in texts:
        vectors, _ = model.embedding.forward(vocabulary.encode(text)[:, None])
        hs = model.cell.forward(vectors)[0]
        logits = model.readout.forward(hs[:, 0])[0]
        found.append(logits[:, 1] - logits[:, 0])
    return found


def majority_accuracy(parts: Parts) -> float:
    """Return the share of the test texts that have the training part's commoner label."""
    return float(np.mean(parts.test.labels == np.bincount(parts.train.labels).argmax()))


def tfidf_accuracy(parts: Parts, split: Callable[[str], list[str]]) -> float:
    """Return the test accuracy of `fit_tfidf`."""
    return float(fit_tfidf(parts, split).score(parts.test.texts, parts.test.labels))


def fit_tfidf(parts: Parts, split: Callable[[str], list[str]]):
    r"""Return a logistic regression on the weighted counts of words, fitted to the training part.

    .. math::

        \log\frac{p}{1-p} = b + \sum_w \beta_w x_w, \qquad
        x_w \propto (1 + \log n_w) \Bigl(1 + \log\frac{1 + N}{1 + N_w}\Bigr)

    for each w of the :math:`n_w > 0` times that it is in a text and the :math:`N_w` of N training
    texts that have it; the vector x has length 1. The validation part chooses between single
    words and pairs of neighbours beside them, and the strength of the penalty on
    :math:`\beta`; of those that do equally well it takes the simpler.

    Parameters
    ----------
    parts : Parts
    split : callable
        What makes words of a text.

    Returns
    -------
    sklearn.pipeline.Pipeline
        From texts to labels.
    """
    text = import_optional("sklearn.feature_extraction.text", extra="study")
    linear = import_optional("sklearn.linear_model", extra="study")
    pipeline = import_optional("sklearn.pipeline", extra="study")
    best, chosen = -1.0, None
    for longest in NGRAMS:
        counter = text.TfidfVectorizer(
            tokenizer=split,
            token_pattern=None,
            lowercase=False,
            ngram_range=(1, longest),
            sublinear_tf=True,
        )
        counts = counter.fit_transform(parts.train.texts)
        held_out = counter.transform(parts.valid.texts)
        for penalty in PENALTIES:
            model = linear.LogisticRegression(C=penalty, max_iter=1000)
            model.fit(counts, parts.train.labels)
            right = float(model.score(held_out, parts.valid.labels))
            if right > best:
                best, chosen = right, pipeline.make_pipeline(counter, model)
    return chosen
