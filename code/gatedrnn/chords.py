r"""From a hidden state to a chord: 88 keys that do not know of each other, or keys in order."""

from __future__ import annotations

import numpy as np

from gatedrnn.functional import sigmoid_cross_entropy

__all__ = ["OrderedKeys", "count_distribution", "draw_keys"]


def draw_keys(logits: np.ndarray, temperature: float, rng: np.random.Generator) -> np.ndarray:
    r"""Draw every key on its own, with probability :math:`\sigma(a_k / \tau)`.

    Parameters
    ----------
    logits : ndarray, shape (..., 88)
    temperature : float
        0 takes the keys whose probability is above one half.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of uint8, shape (..., 88)
    """
    _check_temperature(temperature)
    # The inverse of the logistic distribution function, so that 0 needs no case of its own.
    noise = rng.logistic(size=np.shape(logits))
    return (np.asarray(logits) + temperature * noise > 0).astype(np.uint8)


def count_distribution(p: np.ndarray, most: int = 12) -> np.ndarray:
    r"""Return how probable each number of sounding keys is, if every key is drawn on its own.

    The distribution of a sum of independent trials (Poisson's binomial), key by key:

    .. math::

        P_k(n) = (1 - p_k)\, P_{k-1}(n) + p_k\, P_{k-1}(n - 1)

    Parameters
    ----------
    p : ndarray, shape (..., 88)
        Probabilities of the keys.
    most : int, optional
        The largest number that is asked for.

    Returns
    -------
    ndarray, shape (..., most + 1)
    """
    p = np.asarray(p, float)
    number = np.zeros((*p.shape[:-1], most + 1))
    number[..., 0] = 1
    for k in range(p.shape[-1]):
        one_more = p[..., k, None] * number[..., :-1]
        number *= 1 - p[..., k, None]
        number[..., 1:] += one_more
    return number


class OrderedKeys:
    r"""A read-out that decides on the keys from the highest down, each knowing those above it.

    .. math::

        p(y \mid h) = \prod_{k} \sigma(a_k)^{y_k} (1 - \sigma(a_k))^{1 - y_k}, \qquad
        a = W h + b + L y

    with :math:`L_{kj} = 0` unless j > k: a key sees the keys that are higher. It needs
    88 · 87 / 2 numbers more than keys that do not know of each other, which are L = 0.

    Parameters
    ----------
    W : ndarray, shape (88, H)
    b : ndarray, shape (88,)
        Where to start, such as the read-out of a trained model; L starts at zero.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W``, ``b`` and ``L``, to be updated in place.

    References
    ----------
    Boulanger-Lewandowski, Bengio and Vincent (2012) put a neural chain of this kind (NADE) on a
    recurrent network.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        keys = len(b)
        if np.shape(W)[:1] != (keys,) or np.ndim(W) != 2:
            raise ValueError(f"W: expected shape ({keys}, H), got {np.shape(W)}")
        self.params = {"W": np.array(W), "b": np.array(b), "L": np.zeros((keys, keys), W.dtype)}
        self._higher = np.triu(np.ones((keys, keys), W.dtype), 1)

    @property
    def num_parameters(self) -> int:
        """Number of trainable numbers; the half of L that stays zero is none."""
        params = self.params
        return params["W"].size + params["b"].size + int(self._higher.sum())

    def logits(self, hs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """Return a (M, 88) for states hs (M, H) and the chords ys (M, 88) that came after them."""
        return hs @ self.params["W"].T + self.params["b"] + ys @ self.params["L"].T

    def loss(self, hs: np.ndarray, ys: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        """Return the mean loss in nats per chord and the gradients of the parameters."""
        loss, da = sigmoid_cross_entropy(self.logits(hs, ys), ys)
        return loss, {"W": da.T @ hs, "b": da.sum(0), "L": (da.T @ ys) * self._higher}

    def draw(
        self,
        h: np.ndarray,
        temperature: float,
        rng: np.random.Generator,
        *,
        melody: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw chords, from the highest key down.

        Parameters
        ----------
        h : ndarray, shape (N, H)
        temperature : float
        rng : numpy.random.Generator
        melody : ndarray of int, shape (N,), optional
            The highest key of each chord, from 0 to 87: it sounds, and none above it does.

        Returns
        -------
        ndarray of uint8, shape (N, 88)
        """
        _check_temperature(temperature)
        above = np.asarray(h) @ self.params["W"].T + self.params["b"]
        noise = temperature * rng.logistic(size=above.shape)
        ys = np.zeros(above.shape, above.dtype)
        for k in reversed(range(above.shape[1])):
            ys[:, k] = above[:, k] + ys @ self.params["L"][k] + noise[:, k] > 0
            if melody is not None:
                ys[:, k] = np.where(k > melody, 0, np.where(k == melody, 1, ys[:, k]))
        return ys.astype(np.uint8)


def _check_temperature(temperature: float) -> None:
    if not temperature >= 0:
        raise ValueError(f"temperature: expected 0 or more, got {temperature}")
