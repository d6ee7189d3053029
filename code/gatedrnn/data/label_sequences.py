r"""Sequences whose targets are shorter sequences without times, and how wrong an answer is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gatedrnn.data.batching import Batch, pad
from gatedrnn.validation import check_positive_int

__all__ = [
    "LabelBatch",
    "LabelBatches",
    "edit_operations",
    "error_rate",
    "label_batch",
]


@dataclass(frozen=True)
class LabelBatch(Batch):
    """A batch for `gatedrnn.ctc.ctc_loss`.

    Attributes
    ----------
    inputs : ndarray, shape (T, N, D)
    targets : ndarray of int, shape (N, S)
    lengths : ndarray of int, shape (N,)
        How many steps of each sample are not padding.
    target_lengths : ndarray of int, shape (N,)
        How many labels each sample has.
    """

    target_lengths: np.ndarray | None = None

    @property
    def wanted(self) -> tuple[np.ndarray, ...]:
        """What the loss takes besides the logits."""
        return self.targets, self.target_lengths, self.lengths

    @property
    def weight(self) -> float:
        """How many samples the loss is the mean of."""
        return float(len(self.targets))


def label_batch(sequences: Sequence[np.ndarray], labels: Sequence[Sequence[int]]) -> LabelBatch:
    """Return sequences and their labels as one batch, filled up with zeros.

    Parameters
    ----------
    sequences : sequence of ndarray, each of shape (T_n, D)
    labels : sequence of sequences of int
        Of every sequence, at least one of them not empty.

    Raises
    ------
    ValueError
        If there are not as many labels as sequences, or none at all.
    """
    if len(sequences) != len(labels):
        raise ValueError(f"labels: expected {len(sequences)} of them, got {len(labels)}")
    inputs, mask = pad(sequences)
    target_lengths = np.array([len(one) for one in labels])
    if not target_lengths.any():
        raise ValueError("labels: expected at least one, got none")
    targets = np.zeros((len(labels), target_lengths.max()), int)
    for n, one in enumerate(labels):
        targets[n, : len(one)] = one
    return LabelBatch(
        inputs, targets, lengths=mask.sum(0).astype(int), target_lengths=target_lengths
    )


class LabelBatches:
    """Batches of sequences of about the same length, in a new order at each pass.

    The sequences are shuffled, cut into pools of `pool` batches, sorted by length within a pool,
    and the batches shuffled again: less of a batch is padding.

    Parameters
    ----------
    sequences, labels
        As for `label_batch`.
    batch_size : int
    rng : numpy.random.Generator
        Source of the order.
    pool : int, optional
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        labels: Sequence[Sequence[int]],
        *,
        batch_size: int,
        rng: np.random.Generator,
        pool: int = 8,
    ) -> None:
        if len(sequences) != len(labels):
            raise ValueError(f"labels: expected {len(sequences)} of them, got {len(labels)}")
        self.sequences, self.labels, self.rng = list(sequences), list(labels), rng
        self.batch_size = check_positive_int("batch_size", batch_size)
        self.pool = check_positive_int("pool", pool)

    def __len__(self) -> int:
        return -(-len(self.sequences) // self.batch_size)

    def __iter__(self) -> Iterator[LabelBatch]:
        order = self.rng.permutation(len(self.sequences))
        width, batches = self.pool * self.batch_size, []
        for start in range(0, len(order), width):
            pool = sorted(order[start : start + width], key=lambda n: len(self.sequences[n]))
            batches += [pool[k : k + self.batch_size] for k in range(0, len(pool), self.batch_size)]
        for chosen in self.rng.permutation(len(batches)):
            numbers = batches[chosen]
            yield label_batch(
                [self.sequences[n] for n in numbers], [self.labels[n] for n in numbers]
            )


def edit_operations(
    reference: Sequence[int], answer: Sequence[int]
) -> list[tuple[int | None, int | None]]:
    r"""Return how an answer is made from what it should be, with as few edits as possible.

    .. math::

        d_{ij} = \min(d_{i-1,j-1} + [r_i \ne a_j],\; d_{i-1,j} + 1,\; d_{i,j-1} + 1)

    Where several ways need as few, substitutions are preferred.

    Parameters
    ----------
    reference, answer : sequence

    Returns
    -------
    list of pairs
        From first to last: ``(label, label)``, equal if right; ``(label, None)`` if one is
        missing, ``(None, label)`` if one is too many.

    References
    ----------
    Wagner and Fischer (1974).
    """
    rows, columns = len(reference), len(answer)
    cost = np.zeros((rows + 1, columns + 1), int)
    cost[:, 0], cost[0] = np.arange(rows + 1), np.arange(columns + 1)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            differ = int(reference[i - 1] != answer[j - 1])
            cost[i, j] = min(cost[i - 1, j - 1] + differ, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    pairs, i, j = [], rows, columns
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + int(reference[i - 1] != answer[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((reference[i], answer[j]))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((reference[i], None))
        else:
            j -= 1
            pairs.append((None, answer[j]))
    return pairs[::-1]


def error_rate(references: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> float:
    r"""Return the edits that the answers need, over the number of labels that were wanted.

    .. math::

        \frac{\text{substitutions} + \text{deletions} + \text{insertions}}{\text{labels}}

    Above 1 if more is inserted than there is. Over words it is the word error rate, over
    characters the character error rate.

    Raises
    ------
    ValueError
        If there are not as many answers as references, or no labels.
    """
    if len(references) != len(answers):
        raise ValueError(f"answers: expected {len(references)} of them, got {len(answers)}")
    total = sum(map(len, references))
    if not total:
        raise ValueError("references: expected labels, got none")
    edits = sum(
        wanted != got
        for reference, answer in zip(references, answers, strict=True)
        for wanted, got in edit_operations(reference, answer)
    )
    return edits / total
