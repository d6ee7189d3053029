r"""Attention: a look back at all steps of a sequence, weighed by how well each fits a question.

For a query :math:`q` and the outputs :math:`h_1, \dots, h_T` of an encoder,

.. math::

    \alpha_t = \operatorname{softmax}_t(\operatorname{score}(q, h_t)), \qquad
    \text{context} = \sum_t \alpha_t h_t .

Steps that are padding get a weight of exactly 0. All queries of a sequence are answered at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn.functional import dtanh
from gatedrnn.init import glorot_uniform
from gatedrnn.validation import check_floats, check_lengths, check_positive_int

__all__ = ["AdditiveAttention", "Attention", "AttentionTape", "DotProductAttention"]


@dataclass(frozen=True)
class AttentionTape:
    """What `Attention.backward` needs of the forward pass, with samples as the first axis.

    Attributes
    ----------
    q : ndarray, shape (N, S, query_size)
    h : ndarray, shape (N, T, key_size)
    weights : ndarray, shape (N, S, T)
    score : object
        What the score's own backward pass needs.
    """

    q: np.ndarray
    h: np.ndarray
    weights: np.ndarray
    score: Any


class Attention(ABC):
    """Base of the two kinds, which differ in their score.

    Parameters
    ----------
    query_size, key_size : int
        Sizes of a query and of an output of the encoder.
    rng : numpy.random.Generator
    dtype : dtype, optional

    Attributes
    ----------
    params : dict of str to ndarray
    """

    def __init__(
        self,
        query_size: int,
        key_size: int,
        *,
        rng: np.random.Generator,
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.query_size = check_positive_int("query_size", query_size)
        self.key_size = check_positive_int("key_size", key_size)
        self.dtype = np.dtype(dtype)
        drawn = self._draw(rng)
        self.params = {name: value.astype(self.dtype) for name, value in drawn.items()}

    @abstractmethod
    def _draw(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return initial parameters."""

    @abstractmethod
    def _score(self, q: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, Any]:
        """Return the scores (N, S, T) and their tape."""

    @abstractmethod
    def _score_backward(
        self, dscores: np.ndarray, q: np.ndarray, h: np.ndarray, tape: Any
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Return the gradients of q, h and the parameters."""

    def forward(
        self, qs: np.ndarray, hs: np.ndarray, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, AttentionTape]:
        """Answer queries.

        Parameters
        ----------
        qs : ndarray, shape (S, N, query_size)
            S queries for each of N samples.
        hs : ndarray, shape (T, N, key_size)
            The outputs of the encoder.
        lengths : ndarray of int, shape (N,), optional
            How many steps of each sample are not padding.

        Returns
        -------
        contexts : ndarray, shape (S, N, key_size)
        weights : ndarray, shape (S, N, T)
            Of each query, summing to 1 over the T steps.
        tape : AttentionTape

        Raises
        ------
        TypeError, ValueError
            If a shape does not match, a value is not finite, or a length is not from 1 to T.
        """
        qs = check_floats("qs", qs, ("S", "N", self.query_size), self.dtype)
        hs = check_floats("hs", hs, ("T", qs.shape[1], self.key_size), self.dtype)
        q, h = qs.swapaxes(0, 1), hs.swapaxes(0, 1)
        scores, score_tape = self._score(q, h)
        if lengths is not None:
            check_lengths("lengths", lengths, len(hs), qs.shape[1])
            padding = np.arange(len(hs)) >= lengths[:, None]  # (N, T)
            scores = np.where(padding[:, None], -np.inf, scores)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        contexts = (weights @ h).swapaxes(0, 1)
        tape = AttentionTape(q, h, weights, score_tape)
        return np.ascontiguousarray(contexts), weights.swapaxes(0, 1), tape

    def backward(
        self, dcontexts: np.ndarray, tape: AttentionTape
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Propagate gradients back.

        Parameters
        ----------
        dcontexts : ndarray, shape (S, N, key_size)

        Returns
        -------
        dqs : ndarray, shape (S, N, query_size)
        dhs : ndarray, shape (T, N, key_size)
        grads : dict of str to ndarray
        """
        dcontext = dcontexts.swapaxes(0, 1)
        dweights = dcontext @ tape.h.swapaxes(1, 2)
        pull = (dweights * tape.weights).sum(-1, keepdims=True)
        dscores = tape.weights * (dweights - pull)
        dq, dh, grads = self._score_backward(dscores, tape.q, tape.h, tape.score)
        dh += tape.weights.swapaxes(1, 2) @ dcontext
        return dq.swapaxes(0, 1), dh.swapaxes(0, 1), grads


class DotProductAttention(Attention):
    r"""Score by dot product, :math:`q^\top W h / \sqrt{\text{query size}}`.

    W is there only where a query and an output differ in size; else it is the identity. Without
    the root the score is Luong's.

    References
    ----------
    Luong, Pham and Manning (2015), "dot" and "general"; the root: Vaswani et al. (2017).
    """

    def _draw(self, rng):
        if self.query_size == self.key_size:
            return {}
        return {"W": glorot_uniform((self.query_size, self.key_size), rng)}

    def _score(self, q, h):
        keys = h @ self.params["W"].T if self.params else h
        return q @ keys.swapaxes(1, 2) * self._scale, keys

    def _score_backward(self, dscores, q, h, keys):
        dscores = dscores * self._scale
        dq, dkeys = dscores @ keys, dscores.swapaxes(1, 2) @ q
        if not self.params:
            return dq, dkeys, {}
        dW = np.tensordot(dkeys, h, axes=((0, 1), (0, 1)))
        return dq, dkeys @ self.params["W"], {"W": dW}

    @property
    def _scale(self) -> np.floating:
        return self.dtype.type(self.query_size**-0.5)


class AdditiveAttention(Attention):
    r"""Score by a small network, :math:`v^\top \tanh(W q + U h)`.

    The layer in between is as wide as a query.

    References
    ----------
    Bahdanau, Cho and Bengio (2015).
    """

    def _draw(self, rng):
        size = self.query_size
        return {
            "W": glorot_uniform((size, size), rng),
            "U": glorot_uniform((size, self.key_size), rng),
            "v": glorot_uniform((1, size), rng)[0],
        }

    def _score(self, q, h):
        p = self.params
        hidden = np.tanh((q @ p["W"].T)[:, :, None] + (h @ p["U"].T)[:, None])  # (N, S, T, size)
        return hidden @ p["v"], hidden

    def _score_backward(self, dscores, q, h, hidden):
        p = self.params
        da = dscores[..., None] * p["v"] * dtanh(hidden)
        da_q, da_h = da.sum(2), da.sum(1)  # (N, S, size), (N, T, size)
        grads = {
            "W": np.tensordot(da_q, q, axes=((0, 1), (0, 1))),
            "U": np.tensordot(da_h, h, axes=((0, 1), (0, 1))),
            "v": np.tensordot(dscores, hidden, axes=3),
        }
        return da_q @ p["W"], da_h @ p["U"], grads
