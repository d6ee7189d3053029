r"""Texts as words or characters, each with its number, and batches of texts of similar length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from gatedrnn.data.batching import Batch, pad
from gatedrnn.validation import check_positive_int, check_tokens

__all__ = [
    "PADDING",
    "UNKNOWN",
    "LengthBatches",
    "WordVocabulary",
    "padded_batch",
    "split_characters",
    "split_words",
]

#: Number of the token that fills up short texts, and of the one for all that is not known.
PADDING, UNKNOWN = 0, 1

#: How the two show when tokens are turned into text.
SPECIAL = ("<pad>", "<unk>")

#: Letters and digits, with what joins them inside ("isn't", "well-made"); or any single other sign.
WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def split_words(text: str) -> list[str]:
    """Return the words and punctuation marks of a text, in lower case.

    Examples
    --------
    >>> split_words("It isn't well-made, but FUN!")
    ['it', "isn't", 'well-made', ',', 'but', 'fun', '!']
    """
    return WORD.findall(text.lower().replace("’", "'"))


def split_characters(text: str) -> list[str]:
    """Return the characters of a text but its white space, in lower case.

    For Chinese, which writes no spaces between words.
    """
    return list("".join(text.lower().split()))


class WordVocabulary:
    """The words that occur in texts often enough, each with its number.

    Number 0 is for padding and 1 for whatever is not in the vocabulary; the words follow, the
    most frequent first, those of the same frequency in the order of the alphabet.

    Parameters
    ----------
    texts : iterable of str
        Those of the training part alone: the words of the others are not known in advance.
    min_count : int, optional
        How often a word has to occur.
    split : callable, optional
        What makes words of a text; `split_characters` to have characters instead.

    Raises
    ------
    ValueError
        If no word occurs often enough.

    Examples
    --------
    >>> vocabulary = WordVocabulary(["a good film", "a bad film"], min_count=2)
    >>> len(vocabulary), vocabulary.encode("a new film"), vocabulary.tokens
    (4, array([2, 1, 3]), ['<pad>', '<unk>', 'a', 'film'])
    """

    def __init__(
        self,
        texts: Iterable[str],
        *,
        min_count: int = 1,
        split: Callable[[str], list[str]] = split_words,
    ) -> None:
        if isinstance(texts, str):
            raise TypeError(f"texts: expected an iterable of texts, got the text {texts!r:.40}")
        check_positive_int("min_count", min_count)
        counts = Counter(word for text in texts for word in split(text))
        kept = [(-count, word) for word, count in counts.items() if count >= min_count]
        if not kept:
            raise ValueError(f"texts: expected a word that occurs {min_count} times, got none")
        self.tokens = [*SPECIAL, *(word for _, word in sorted(kept))]
        self.index = {token: number for number, token in enumerate(self.tokens)}
        self.split = split

    @classmethod
    def from_tokens(
        cls, tokens: Sequence[str], *, split: Callable[[str], list[str]] = split_words
    ) -> WordVocabulary:
        """Return the vocabulary whose `tokens` were stored.

        Raises
        ------
        ValueError
            If they do not begin with those for padding and for the unknown, or one comes twice.
        """
        if tuple(tokens[:2]) != SPECIAL or len(set(tokens)) != len(tokens):
            raise ValueError(f"tokens: expected {SPECIAL} and then words, each once")
        vocabulary = cls.__new__(cls)
        vocabulary.tokens = list(tokens)
        vocabulary.index = {token: number for number, token in enumerate(tokens)}
        vocabulary.split = split
        return vocabulary

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, word: object) -> bool:
        return word in self.index and word not in SPECIAL

    def __repr__(self) -> str:
        return f"WordVocabulary of {len(self)} tokens: {self.tokens[2:7]}…"

    def encode(self, text: str) -> np.ndarray:
        """Return the numbers of a text's words, int64 of shape (T,), 1 for unknown ones."""
        return np.array([self.index.get(word, UNKNOWN) for word in self.split(text)], np.int64)

    def decode(self, tokens: np.ndarray) -> list[str]:
        """Return the words of an array of numbers of shape (T,).

        Raises
        ------
        TypeError, ValueError
            If the tokens are not integers from 0 to ``len(self) - 1``.
        """
        check_tokens("tokens", tokens, ("T",), len(self))
        return [self.tokens[token] for token in tokens]


def padded_batch(sequences: Sequence[np.ndarray], targets: np.ndarray) -> Batch:
    """Return sequences of tokens as one batch, filled up with `PADDING`, with their lengths.

    Parameters
    ----------
    sequences : sequence of ndarray of int, each of shape (T_n,)
        None of them empty.
    targets : ndarray, shape (N, ...)

    Returns
    -------
    Batch
        ``inputs`` (T, N) and ``lengths`` (N,).

    Raises
    ------
    ValueError
        If a sequence is empty, or there are not as many targets as sequences.
    """
    if len(sequences) != len(targets):
        raise ValueError(
            f"targets: expected {len(sequences)}, one per sequence, got {len(targets)}"
        )
    inputs, mask = pad(sequences, value=PADDING)
    return Batch(inputs, np.asarray(targets), lengths=mask.sum(0).astype(np.int64))


class LengthBatches:
    """Batches of sequences of similar length, in a new order and composition at each pass.

    A batch takes as many steps as its longest sequence has. To fill it with others of about that
    length saves most of the padding: pools of `pool` batches are drawn at random, sorted by length
    within, cut into batches, and these are shuffled.

    Parameters
    ----------
    sequences : sequence of ndarray of int, each of shape (T_n,)
    targets : ndarray, shape (N, ...)
    batch_size : int
    rng : numpy.random.Generator
    word_dropout : float, optional
        Probability with which a token is replaced by the unknown one, drawn anew at each pass. A
        network then cannot lean on single words, and learns what an unknown word stands for.
    pool : int, optional
        Batches that are sorted together.

    Raises
    ------
    ValueError
        If `word_dropout` is not from 0 to below 1, or the numbers of both differ.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        targets: np.ndarray,
        *,
        batch_size: int,
        rng: np.random.Generator,
        word_dropout: float = 0.0,
        pool: int = 20,
    ) -> None:
        if not 0 <= word_dropout < 1:
            raise ValueError(f"word_dropout: expected from 0 to below 1, got {word_dropout}")
        whole = padded_batch(sequences, targets)
        self.inputs, self.targets, self.lengths = whole.inputs, whole.targets, whole.lengths
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.pool = check_positive_int("pool", pool)
        self.word_dropout = word_dropout
        self.rng = rng

    def __len__(self) -> int:
        return -(-len(self.targets) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = self.rng.permutation(len(self.targets))
        # The incomplete batch comes first, so that every pool is of whole batches.
        rest = len(order) % self.batch_size
        size = self.pool * self.batch_size
        batches = [order[:rest]] if rest else []
        for start in range(rest, len(order), size):
            chosen = order[start : start + size]
            chosen = chosen[np.argsort(self.lengths[chosen], kind="stable")]
            batches += np.split(chosen, len(chosen) // self.batch_size)
        for index in self.rng.permutation(len(batches)):
            yield self._batch(batches[index])

    def _batch(self, chosen: np.ndarray) -> Batch:
        lengths = self.lengths[chosen]
        inputs = self.inputs[: lengths.max(), chosen]
        if self.word_dropout:
            dropped = self.rng.random(inputs.shape) < self.word_dropout
            inputs = np.where(dropped & (inputs != PADDING), UNKNOWN, inputs)
        return Batch(inputs, self.targets[chosen], lengths=lengths)
