r"""Conversations as the words that a network reads and writes, and batches of them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gatedrnn.data.batching import Batch, pad
from gatedrnn.data.dialogue import Conversation
from gatedrnn.data.words import WordVocabulary
from gatedrnn.validation import check_positive_int

__all__ = ["ConversationBatches", "DialogueTokens", "UnknownWordsError"]

#: Words that stand for the start and the end of an answer.
START, STOP = "<start>", "<stop>"


class UnknownWordsError(ValueError):
    """Words that a vocabulary does not have."""


class DialogueTokens:
    """The words of both sides with their numbers, and batches of them.

    Parameters
    ----------
    train : sequence of Conversation
        The words of others are unknown ones.

    Attributes
    ----------
    source, target : WordVocabulary
    start, stop : int
        What the decoder reads first, and what it writes last.
    """

    def __init__(self, train: Sequence[Conversation]) -> None:
        self.source = WordVocabulary((one.text for one in train), split=str.split)
        answers = (one.answer for one in train)
        self.target = WordVocabulary([START, STOP, *answers], split=str.split)
        self.start, self.stop = self.target.index[START], self.target.index[STOP]

    def check(self, text: str) -> None:
        """Say which words are not known.

        Raises
        ------
        UnknownWordsError
            If there are any; the message names them and, where it can, a word like each.
        """
        unknown = [word for word in text.split() if word not in self.source]
        if unknown:
            near = (difflib.get_close_matches(word, self.source.tokens[2:], 1) for word in unknown)
            said = [
                f"{word!r}" + (f" (close to it: {like[0]!r})" if like else "")
                for word, like in zip(unknown, near, strict=True)
            ]
            raise UnknownWordsError(f"text: expected known words alone, got {', '.join(said)}")

    def sources(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return texts as tokens (T, N), filled up at the end, and their lengths (N,)."""
        rows = [self.source.encode(text) for text in texts]
        return pad(rows)[0], np.array([len(row) for row in rows])

    def batch(self, conversations: Sequence[Conversation]) -> Batch:
        """Return conversations as a batch for `gatedrnn.seq2seq.EncoderDecoder`.

        Returns
        -------
        Batch
            `inputs` are the source (T, N) and the answer behind a start token (S, N); `targets`
            (S, N) are the answer and a stop token, with their `mask` (S, N); `lengths` (N,) are
            the sources'.
        """
        source, lengths = self.sources([one.text for one in conversations])
        rows = [self.target.encode(one.answer) for one in conversations]
        read, mask = pad([np.append(self.start, row) for row in rows])
        write, _ = pad([np.append(row, self.stop) for row in rows])
        return Batch((source, read), write, mask, lengths)

    def text(self, tokens: np.ndarray) -> str:
        """Return written tokens (S,) as text; a model may write nothing at all."""
        return " ".join(self.target.decode(tokens)) if len(tokens) else ""

    def answers(self, model, texts: Sequence[str]) -> tuple[list[str], list[np.ndarray] | None]:
        """Return what a model answers to texts, and where its attention was.

        Parameters
        ----------
        model : EncoderDecoder
        texts : sequence of str
            As `Conversation.text`; unknown words are read as such.

        Returns
        -------
        answers : list of str
        weights : list of ndarray (words written, words read), or None without attention
        """
        source, lengths = self.sources(texts)
        longest = 12  # the grammar's answers have up to 8 words
        written = model.decode(source, lengths, start=self.start, stop=self.stop, max_steps=longest)
        answers = [self.text(tokens) for tokens in written.tokens]
        if written.weights is None:
            return answers, None
        weights = zip(written.weights, lengths, strict=True)
        return answers, [one[:, :length] for one, length in weights]


class ConversationBatches:
    """Batches of conversations of similar length, in a new order at each pass.

    To save padding, pools of sixteen batches are drawn at random and sorted by length within.

    Parameters
    ----------
    tokens : DialogueTokens
    conversations : sequence of Conversation
    batch_size : int
    rng : numpy.random.Generator
    """

    POOL = 16

    def __init__(
        self,
        tokens: DialogueTokens,
        conversations: Sequence[Conversation],
        *,
        batch_size: int,
        rng: np.random.Generator,
    ) -> None:
        self.tokens, self.whole = tokens, tokens.batch(conversations)
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.rng = rng

    def __len__(self) -> int:
        return math.ceil(len(self.whole.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        whole = self.whole
        sizes = whole.mask.sum(0).astype(int)
        order = self.rng.permutation(len(sizes))
        for first in range(0, len(order), self.POOL * self.batch_size):
            pool = slice(first, first + self.POOL * self.batch_size)
            by_length = np.argsort(whole.lengths[order[pool]], kind="stable")
            order[pool] = order[pool][by_length]
        for index in self.rng.permutation(len(self)):
            rows = order[index * self.batch_size : (index + 1) * self.batch_size]
            lengths, S = whole.lengths[rows], sizes[rows].max()
            source, read = whole.inputs
            inputs = source[: lengths.max(), rows], read[:S, rows]
            yield replace(
                whole, inputs=inputs, targets=whole.targets[:S, rows],
                mask=whole.mask[:S, rows], lengths=lengths,
            )  # fmt: skip
