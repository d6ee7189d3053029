r"""Pairs of texts, a source and its translation, as characters and as batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gatedrnn.data.batching import Batch, pad
from gatedrnn.data.text import Vocabulary
from gatedrnn.validation import check_positive_int

__all__ = ["START", "STOP", "UNKNOWN", "PairBatches", "PairTokens", "Pairs"]

#: Unicode's own marks of a text's start and end; and what stands for a character never seen.
START, STOP, UNKNOWN = "\x02", "\x03", "\ufffd"


@dataclass(frozen=True)
class Pairs:
    """Sources and their translations.

    Attributes
    ----------
    sources, targets : tuple of str
        ``targets[n]`` is the translation of ``sources[n]``.

    Raises
    ------
    ValueError
        If there are not as many of the one as of the other, or one is empty.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.targets):
            raise ValueError(
                f"targets: expected one per source, {len(self.sources)}, got {len(self.targets)}"
            )
        if not all(self.sources) or not all(self.targets):
            raise ValueError("sources, targets: expected texts of at least one character")

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, indices: Sequence[int] | np.ndarray) -> Pairs:
        """Return the pairs at some indices, in their order."""
        return Pairs(
            tuple(self.sources[index] for index in indices),
            tuple(self.targets[index] for index in indices),
        )


class PairTokens:
    """The characters of both sides, and batches of them.

    Parameters
    ----------
    train : Pairs
        Only their characters are known; others count as `UNKNOWN`. Give the training pairs
        alone: which characters a test holds is not to be known before it.

    Attributes
    ----------
    source, target : Vocabulary
    start, stop : int
        What the decoder reads first, and what it writes last.
    """

    def __init__(self, train: Pairs) -> None:
        self.source = Vocabulary([*train.sources, UNKNOWN])
        self.target = Vocabulary([*train.targets, START, STOP, UNKNOWN])
        self.start = self.target.index[START]
        self.stop = self.target.index[STOP]

    def sources(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return sources as tokens (T, N), filled up at the end, and their lengths (N,).

        Raises
        ------
        ValueError
            If there are none, or one is empty.
        """
        rows = [self.source.encode(_known(text, self.source)) for text in texts]
        return pad(rows)[0], np.array([len(row) for row in rows])

    def batch(self, pairs: Pairs) -> Batch:
        """Return pairs as a batch for `gatedrnn.seq2seq.EncoderDecoder`.

        Returns
        -------
        Batch
            `inputs` are the source (T, N) and the target behind a start token (S, N); `targets`
            (S, N) are the target and a stop token, with their `mask` (S, N); `lengths` (N,) are
            the sources'.
        """
        source, lengths = self.sources(pairs.sources)
        rows = [self.target.encode(_known(text, self.target)) for text in pairs.targets]
        read, mask = pad([np.append(self.start, row) for row in rows])
        write, _ = pad([np.append(row, self.stop) for row in rows])
        return Batch((source, read), write, mask, lengths)

    def text(self, tokens: np.ndarray) -> str:
        """Return written tokens (S,) as text; there may be none."""
        tokens = np.asarray(tokens, np.int64)
        return self.target.decode(tokens) if len(tokens) else ""


class PairBatches:
    """Batches of pairs, in a new order at each pass, filled up to the longest in each.

    Parameters
    ----------
    tokens : PairTokens
    pairs : Pairs
    batch_size : int
    rng : numpy.random.Generator, optional
        Source of the order; without it, the order is that of the pairs.
    """

    def __init__(
        self,
        tokens: PairTokens,
        pairs: Pairs,
        *,
        batch_size: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.whole = tokens.batch(pairs)
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.rng = rng

    def __len__(self) -> int:
        return math.ceil(len(self.whole.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        whole, sizes = self.whole, self.whole.mask.sum(0).astype(int)
        order = np.arange(len(sizes))
        if self.rng is not None:
            self.rng.shuffle(order)
        for first in range(0, len(order), self.batch_size):
            rows = order[first : first + self.batch_size]
            lengths, S = whole.lengths[rows], sizes[rows].max()
            source, read = whole.inputs
            inputs = source[: lengths.max(), rows], read[:S, rows]
            yield Batch(inputs, whole.targets[:S, rows], whole.mask[:S, rows], lengths)


def _known(text: str, vocabulary: Vocabulary) -> str:
    return "".join(c if c in vocabulary else UNKNOWN for c in text)
