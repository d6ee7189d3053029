r"""Chords counted whole: what a model of polyphonic music must beat to have learnt harmony."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from gatedrnn.data.chorales import NUM_KEYS, check_rolls
from gatedrnn.validation import check_positive_int

__all__ = ["ChordTable"]


class ChordTable:
    r"""Probabilities of the next chord from counts of the last ``order - 1`` chords.

    A chord is a set of keys and is counted as one thing. Every context backs off to the one that
    is shorter by a chord (interpolation after Witten and Bell, as in `gatedrnn.baselines.NGram`),
    down to keys that sound independently of each other, so that no chord is impossible:

    .. math::

        p_n(y \mid u) = \frac{c(u y) + \tau(u)\, p_{n-1}(y \mid u')}{c(u) + \tau(u)}, \qquad
        p_0(y) = \prod_{k} q_k^{y_k} (1 - q_k)^{1 - y_k}

    with :math:`c` the counts, :math:`\tau(u)` the number of different chords seen after u,
    :math:`u'` the context without its first chord and :math:`q_k` the share of steps at which key
    k sounds.

    Parameters
    ----------
    rolls : sequence of ndarray, each of shape (T_n, 88)
        What to count: all steps but the first of each.
    order : int
        1 knows only how often each chord comes, 2 sees the last one.

    Attributes
    ----------
    num_chords : int
        Different chords that were counted.
    """

    def __init__(self, rolls: Sequence[np.ndarray], order: int = 2) -> None:
        check_rolls(rolls)
        self.order = check_positive_int("order", order)
        after = np.concatenate([roll[1:] for roll in rolls])
        share = (after.sum(0) + 0.5) / (len(after) + 1)
        self._share, self._silent = share, np.log1p(-share).sum()
        self._sounds = np.log(share) - np.log1p(-share)
        self._tables: list[dict] = [defaultdict(Counter) for _ in range(order)]
        for roll in rolls:
            chords = _chords(roll)
            for t in range(1, len(chords)):
                for n, table in enumerate(self._tables[: t + 1]):
                    table[tuple(chords[t - n : t])][chords[t]] += 1
        self.num_chords = len(self._tables[0][()])

    def log_probabilities(self, roll: np.ndarray) -> np.ndarray:
        """Return the logarithm of the probability of each chord but the first, (T - 1,)."""
        check_rolls([roll])
        chords, keys = _chords(roll), np.asarray(roll, float)
        found = []
        for t in range(1, len(chords)):
            p = np.exp(self._silent + keys[t] @ self._sounds)
            for n, table in enumerate(self._tables[: t + 1]):
                seen = table.get(tuple(chords[t - n : t]))
                if seen:
                    p = (seen[chords[t]] + len(seen) * p) / (seen.total() + len(seen))
            found.append(np.log(p))
        return np.array(found)

    def loss(self, rolls: Sequence[np.ndarray]) -> float:
        """Return the mean of minus the logarithm over all steps but the first of each, in nats."""
        return float(-np.concatenate([self.log_probabilities(roll) for roll in rolls]).mean())

    def draw(self, roll: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the chord that comes after the steps of a roll, (88,)."""
        chords = _chords(np.asarray(roll)[-(self.order - 1) :]) if self.order > 1 else []
        for n in reversed(range(min(self.order, len(chords) + 1))):
            seen = self._tables[n].get(tuple(chords[len(chords) - n :]))
            if seen and rng.random() < seen.total() / (seen.total() + len(seen)):
                counts = np.fromiter(seen.values(), float)
                which = rng.choice(len(counts), p=counts / counts.sum())
                return np.frombuffer(list(seen)[which], np.uint8)
        return (rng.random(NUM_KEYS) < self._share).astype(np.uint8)


def _chords(roll: np.ndarray) -> list[bytes]:
    return [step.tobytes() for step in (np.asarray(roll) != 0).astype(np.uint8)]
