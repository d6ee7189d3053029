r"""Character n-grams: what a language model must beat to have learnt more than short habits."""

from __future__ import annotations

import numpy as np

from gatedrnn.validation import check_positive_int, check_tokens

__all__ = ["NGram"]


class NGram:
    r"""Next-character probabilities from counts of the last ``order - 1`` characters.

    Every context backs off to the one that is shorter by a character, down to equal probabilities
    (interpolation after Witten and Bell):

    .. math::

        p_n(w \mid u) = \frac{c(u w) + \tau(u)\, p_{n-1}(w \mid u')}{c(u) + \tau(u)}

    with :math:`c` the counts, :math:`\tau(u)` the number of different characters seen after
    u, and :math:`u'` the context u without its first character.

    Parameters
    ----------
    tokens : ndarray of int, shape (length,)
        The text to count.
    order : int
        1 (single characters) to 3 (two characters of context).
    num_tokens : int
        Size of the vocabulary, V.

    Attributes
    ----------
    probabilities : ndarray, shape (V, ..., V)
        `order` axes: the context's characters, then the next one.

    References
    ----------
    Witten and Bell (1991); Chen and Goodman (1999), section 2.5.
    """

    def __init__(self, tokens: np.ndarray, order: int, num_tokens: int) -> None:
        check_tokens("tokens", tokens, ("length",), check_positive_int("num_tokens", num_tokens))
        if not 1 <= check_positive_int("order", order) <= 3:
            raise ValueError(f"order: expected 1 to 3, got {order}")
        if len(tokens) < order:
            raise ValueError(f"tokens: expected at least {order}, got {len(tokens)}")
        self.order = order
        probabilities = np.full(num_tokens, 1 / num_tokens)
        for n in range(1, order + 1):
            counts = np.zeros((num_tokens,) * n)
            np.add.at(counts, self._windows(tokens, n), 1)
            seen = (counts > 0).sum(-1, keepdims=True)
            total = counts.sum(-1, keepdims=True)
            # A context that never came has nothing to say: all the weight goes to the shorter one.
            weight = np.divide(seen, total + seen, out=np.ones_like(total), where=total > 0)
            own = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
            probabilities = (1 - weight) * own + weight * probabilities
        self.probabilities = probabilities

    @staticmethod
    def _windows(tokens: np.ndarray, n: int) -> tuple[np.ndarray, ...]:
        """Return the n arrays of the first, second, ... characters of all windows of length n."""
        return tuple(tokens[k : len(tokens) - n + 1 + k] for k in range(n))

    def bits_per_character(self, tokens: np.ndarray) -> float:
        r"""Return the mean of :math:`-\log_2 p` over a text, from its first full context on."""
        check_tokens("tokens", tokens, ("length",), len(self.probabilities))
        return float(-np.log2(self.probabilities[self._windows(tokens, self.order)]).mean())
