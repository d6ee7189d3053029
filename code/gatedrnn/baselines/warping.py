r"""Dynamic time warping: how far apart two sequences are, if each may dwell where it likes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatedrnn.data.batching import pad

__all__ = ["warping_distances"]


def warping_distances(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    r"""Return the distances between all sequences of one list and all of another.

    .. math::

        d_{ij} = \lVert a_i - b_j \rVert^2
            + \min(d_{i-1,j},\; d_{i,j-1},\; d_{i-1,j-1}), \qquad d_{11} = \lVert a_1 - b_1 \rVert^2

    and the distance is :math:`\sqrt{d_{TS}}`, for sequences of T and S steps. All pairs are done at
    once: a value depends on earlier steps alone, so that padding at the end does no harm.

    Parameters
    ----------
    first : sequence of M ndarray, each of shape (T_m, D)
    second : sequence of N ndarray, each of shape (S_n, D)

    Returns
    -------
    ndarray, shape (M, N)

    References
    ----------
    Sakoe and Chiba (1978), without weights on the steps.
    """
    a, mask_a = pad(first)
    b, mask_b = pad(second)
    if a.ndim != 3 or a.shape[2:] != b.shape[2:]:
        raise ValueError(
            f"first, second: expected steps of one size (D,), got {a.shape[2:]} and {b.shape[2:]}"
        )
    last_a, last_b = mask_a.sum(0).astype(int) - 1, mask_b.sum(0).astype(int) - 1
    squares_a, squares_b = (a**2).sum(-1), (b**2).sum(-1)
    shape = (len(first), len(second))
    distances = np.zeros(shape)
    infinite = np.full(shape, np.inf)
    above = [infinite] * len(b)  # d[i - 1, j] for all j
    for i in range(len(a)):
        left, corner = infinite, infinite if i else np.zeros(shape)
        for j in range(len(b)):
            cost = squares_a[i][:, None] + squares_b[j] - 2 * a[i] @ b[j].T
            here = np.maximum(cost, 0) + np.minimum(np.minimum(left, above[j]), corner)
            corner, above[j], left = above[j], here, here
            ends = np.ix_(last_a == i, last_b == j)
            distances[ends] = here[ends]
    return np.sqrt(distances)
