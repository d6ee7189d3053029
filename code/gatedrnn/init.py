r"""Initial values of weights.

Each initialiser is handed the random generator, so that one seed fixes a whole model.
"""

from __future__ import annotations

import numpy as np

__all__ = ["glorot_uniform", "orthogonal", "uniform_fan"]


def glorot_uniform(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    r"""Draw from :math:`\mathcal U(-a, a)` with :math:`a^2 = 6 / (\text{rows} + \text{columns})`.

    Keeps the variance of activations and of gradients about equal from layer to layer.

    References
    ----------
    Glorot and Bengio (2010), equation 16.
    """
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape)


def orthogonal(size: int, rng: np.random.Generator) -> np.ndarray:
    r"""Draw a random orthogonal matrix of shape (size, size), uniformly distributed.

    Every singular value is 1: at the start of training the product of many such matrices
    neither grows nor shrinks a vector.

    References
    ----------
    Saxe, McClelland and Ganguli (2014).
    """
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    # The QR decomposition is unique only up to signs; fixing them makes the draw uniform.
    return q * np.where(np.diag(r) < 0, -1.0, 1.0)


def uniform_fan(shape: tuple[int, ...], fan: int, rng: np.random.Generator) -> np.ndarray:
    r"""Draw from :math:`\mathcal U(-1/\sqrt{\text{fan}}, 1/\sqrt{\text{fan}})`, as PyTorch does."""
    limit = 1 / np.sqrt(fan)
    return rng.uniform(-limit, limit, shape)
