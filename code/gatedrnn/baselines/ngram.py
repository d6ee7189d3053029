r"""Character n-grams: what a language model must beat to have learnt more than short habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedrnn.validation import check_positive_int, check_tokens

__all__ = ["NGram"]


@dataclass(frozen=True)
class _Table:
    """Counts of all pieces of one length; a piece is kept as one integer, in base V."""

    pieces: np.ndarray  # sorted
    counts: np.ndarray
    contexts: np.ndarray  # the pieces without their last character, sorted
    totals: np.ndarray  # how often each context came
    kinds: np.ndarray  # how many different characters came after it


class NGram:
    r"""Next-character probabilities from counts of the last ``order - 1`` characters.

    Every context backs off to the one that is shorter by a character, down to equal probabilities
    (interpolation after Witten and Bell):

    .. math::

        p_n(w \mid u) = \frac{c(u w) + \tau(u)\, p_{n-1}(w \mid u')}{c(u) + \tau(u)}

    with :math:`c` the counts, :math:`\tau(u)` the number of different characters seen after
    u, and :math:`u'` the context u without its first character. A context that never came leaves
    :math:`p_n = p_{n-1}`.

    Parameters
    ----------
    tokens : ndarray of int, shape (length,)
        The text to count.
    order : int
        n: 1 counts single characters, 5 looks at four characters before the next.
    num_tokens : int
        Size of the vocabulary, V.

    Attributes
    ----------
    num_counts : int
        Different pieces of all lengths that are kept.

    References
    ----------
    Witten and Bell (1991); Chen and Goodman (1999), section 2.5.
    """

    def __init__(self, tokens: np.ndarray, order: int, num_tokens: int) -> None:
        check_tokens("tokens", tokens, ("length",), check_positive_int("num_tokens", num_tokens))
        check_positive_int("order", order)
        if num_tokens**order >= 2**63:
            raise ValueError(f"order: {order} characters of {num_tokens} do not fit into 63 bits")
        if len(tokens) < order:
            raise ValueError(f"tokens: expected at least {order}, got {len(tokens)}")
        self.order, self.num_tokens = order, num_tokens
        self._tables = [self._count(tokens, n) for n in range(1, order + 1)]
        self.num_counts = sum(len(table.pieces) for table in self._tables)

    def _count(self, tokens: np.ndarray, n: int) -> _Table:
        pieces, counts = np.unique(self._pieces(tokens, n), return_counts=True)
        contexts, first, kinds = np.unique(
            pieces // self.num_tokens, return_index=True, return_counts=True
        )
        return _Table(pieces, counts, contexts, np.add.reduceat(counts, first), kinds)

    def _pieces(self, tokens: np.ndarray, n: int) -> np.ndarray:
        """Return the integer of every piece of length n, in the order of the text."""
        codes = np.zeros(len(tokens) - n + 1, np.int64)
        for k in range(n):
            codes = codes * self.num_tokens + tokens[k : len(tokens) - n + 1 + k]
        return codes

    def probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """Return the probability of each character of a text, given those before it.

        Parameters
        ----------
        tokens : ndarray of int, shape (length,)

        Returns
        -------
        ndarray, shape (length,)
            The first ``order - 1`` from what context they have.
        """
        check_tokens("tokens", tokens, ("length",), self.num_tokens)
        p = np.full(len(tokens), 1 / self.num_tokens)
        for n, table in enumerate(self._tables[: len(tokens)], start=1):
            pieces = self._pieces(tokens, n)
            count = _look_up(pieces, table.pieces, table.counts)
            contexts = pieces // self.num_tokens
            total = _look_up(contexts, table.contexts, table.totals)
            kinds = _look_up(contexts, table.contexts, table.kinds)
            shorter = p[n - 1 :]
            p[n - 1 :] = np.where(
                total > 0, (count + kinds * shorter) / np.maximum(total + kinds, 1), shorter
            )
        return p

    def bits_per_character(self, tokens: np.ndarray) -> float:
        r"""Return the mean of :math:`-\log_2 p` over a text, from its first full context on."""
        return float(-np.log2(self.probabilities(tokens)[self.order - 1 :]).mean())


def _look_up(wanted: np.ndarray, known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the value of each wanted number among the known (sorted), 0 where it is not."""
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, values[at], 0)
