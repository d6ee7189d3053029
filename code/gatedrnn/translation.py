r"""Translating with an encoder and a decoder, and judging what was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gatedrnn.data.pairs import PairTokens
from gatedrnn.functional import log_softmax
from gatedrnn.optional import import_optional
from gatedrnn.seq2seq import EncoderDecoder
from gatedrnn.validation import check_positive_int

__all__ = ["Agreement", "agreement", "exact_match", "nearest_sources", "translate"]


def translate(
    model: EncoderDecoder,
    tokens: PairTokens,
    sources: Sequence[str],
    *,
    max_steps: int,
    width: int = 1,
    batch_size: int = 256,
) -> tuple[list[str], list[np.ndarray] | None]:
    """Return what a model writes for some sources.

    Parameters
    ----------
    model : EncoderDecoder
    tokens : PairTokens
        Those that the model was trained with.
    sources : sequence of str
    max_steps : int
        Most characters to write.
    width : int, optional
        Beams per source; 1 takes the most probable next character at each step.
    batch_size : int, optional
        Sources translated side by side. They are sorted by length before.

    Returns
    -------
    texts : list of str
    weights : list of ndarray (written, read), or None
        Where the attention was at each written character; None without attention.
    """
    check_positive_int("batch_size", batch_size)
    order = sorted(range(len(sources)), key=lambda n: len(sources[n]))
    texts, weights = [""] * len(sources), [np.zeros((0, 0))] * len(sources)
    for first in range(0, len(order), batch_size):
        rows = order[first : first + batch_size]
        source, lengths = tokens.sources([sources[n] for n in rows])
        written = model.decode(
            source, lengths, start=tokens.start, stop=tokens.stop, max_steps=max_steps, width=width
        )
        for place, n in enumerate(rows):
            texts[n] = tokens.text(written.tokens[place])
            if written.weights is not None:
                weights[n] = written.weights[place][:, : lengths[place]]
    return texts, weights if model.attention is not None else None


def exact_match(texts: Sequence[str], targets: Sequence[str]) -> float:
    """Return the share of texts that are their target, character by character.

    Raises
    ------
    ValueError
        If there are none, or not as many of the one as of the other.
    """
    if not len(targets) or len(texts) != len(targets):
        raise ValueError(
            f"texts: expected one per target, {len(targets)} and at least 1, got {len(texts)}"
        )
    return float(np.mean([text == target for text, target in zip(texts, targets, strict=True)]))


class Agreement(NamedTuple):
    """What a model answers when the true beginning is put in its mouth (teacher forcing).

    Attributes
    ----------
    loss : float
        Cross-entropy in nats per character, the stop token counted as one.
    right : ndarray of bool, shape (S, N)
        Where the most probable next character is the true one.
    mask : ndarray of bool, shape (S, N)
        False where a target is over.
    """

    loss: float
    right: np.ndarray
    mask: np.ndarray

    @property
    def characters(self) -> float:
        """Share of the characters that are right."""
        return float(self.right[self.mask].mean())

    @property
    def whole(self) -> float:
        """Share of the targets all of whose characters are right.

        It is the exact match of the greedy search, without a search: as long as all is right, the
        true beginning and the model's own are the same.
        """
        return float((self.right | ~self.mask).all(0).mean())


def agreement(model: EncoderDecoder, batch) -> Agreement:
    """Return how far a model agrees with a batch of `PairTokens.batch`, given true beginnings."""
    logits = model.forward(batch.inputs, None, batch.lengths)[0]
    logp = np.take_along_axis(log_softmax(logits), batch.targets[..., None], axis=-1)[..., 0]
    mask = batch.mask.astype(bool)
    return Agreement(float(-logp[mask].mean()), logits.argmax(-1) == batch.targets, mask)


def nearest_sources(
    known: Sequence[str], sources: Sequence[str], *, longest: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return which known text is most like each source: a translation memory.

    Texts are compared by their runs of 1 to `longest` characters, each weighed by how rare it is
    (TF-IDF), by the cosine.

    Parameters
    ----------
    known, sources : sequence of str
    longest : int, optional

    Returns
    -------
    indices : ndarray of int, shape (len(sources),)
        Into `known`; the first, if several are as like.
    similarities : ndarray, shape (len(sources),)
        From 0 to 1.

    Raises
    ------
    MissingPackageError
        If scikit-learn is not installed.
    """
    check_positive_int("longest", longest)
    feature_extraction = import_optional("sklearn.feature_extraction.text", extra="study")
    vectors = feature_extraction.TfidfVectorizer(analyzer="char", ngram_range=(1, longest))
    fitted = vectors.fit_transform(known)
    indices = np.zeros(len(sources), int)
    similarities = np.zeros(len(sources))
    for first in range(0, len(sources), 256):
        part = slice(first, first + 256)
        likeness = (vectors.transform(sources[part]) @ fitted.T).toarray()
        indices[part], similarities[part] = likeness.argmax(1), likeness.max(1)
    return indices, similarities
