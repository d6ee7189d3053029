r"""The linear recurrence :math:`h_t = a_t \circ h_{t-1} + b_t`, by loop and by parallel scan.

A step is the function :math:`h \mapsto a h + b`, and two steps after one another are again one
such function: first :math:`(a_1, b_1)`, then :math:`(a_2, b_2)`, makes
:math:`(a_2 a_1,\; a_2 b_1 + b_2)`. This composition is associative, so T steps can be composed in
any grouping: pairs first, then pairs of pairs. A loop takes T steps one after another; the scan
takes about :math:`2 \log_2 T`, each for many t at once, with about twice the arithmetic. In NumPy
that pays only where a step is small: for long sequences of less than a few hundred numbers.

References
----------
Scans: Blelloch (1990). For linear recurrent networks: Martin and Cundy (2018).
"""

from __future__ import annotations

import numpy as np

__all__ = ["linear_recurrence", "linear_recurrence_backward"]


def linear_recurrence(
    a: np.ndarray, b: np.ndarray, h0: np.ndarray, *, scan: bool = False
) -> np.ndarray:
    r"""Return :math:`h_t = a_t \circ h_{t-1} + b_t` for all t.

    Parameters
    ----------
    a, b : ndarray, shape (T, ...)
    h0 : ndarray, shape (...)
    scan : bool, optional
        By parallel scan, or else by a loop over t. The results differ by rounding.

    Returns
    -------
    ndarray, shape (T, ...)
    """
    if not scan:
        h = np.empty_like(b)
        for t in range(len(b)):
            h0 = np.add(a[t] * h0, b[t], out=h[t])
        return h
    b = b.copy()
    b[0] += a[0] * h0  # from here on the state before is zero
    return _scan(a, b)


def _scan(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return all h for a first state of zero: of every second step by recursion, then the rest."""
    T = len(b)
    if T == 1:
        return b
    first, second = slice(0, T - 1, 2), slice(1, T, 2)
    h = np.empty_like(b)
    h[second] = _scan(a[second] * a[first], a[second] * b[first] + b[second])
    h[0] = b[0]
    after = slice(2, T, 2)
    h[after] = a[after] * h[1 : T - 1 : 2] + b[after]
    return h


def linear_recurrence_backward(
    dh: np.ndarray, a: np.ndarray, h: np.ndarray, h0: np.ndarray, *, scan: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Return the gradients of a, b and h0 from those of all h.

    What reaches :math:`h_t`, directly and by way of the later steps, is itself a linear recurrence
    in the other direction:

    .. math::

        \delta_t = dh_t + a_{t+1} \circ \delta_{t+1}, \qquad
        da_t = \delta_t \circ h_{t-1}, \quad db_t = \delta_t, \quad dh_0 = a_1 \circ \delta_1

    Parameters
    ----------
    dh : ndarray, shape (T, ...)
        The direct gradients of h.
    a, h : ndarray, shape (T, ...)
    h0 : ndarray, shape (...)
    scan : bool, optional
        As for `linear_recurrence`.
    """
    later = np.concatenate([np.zeros_like(a[:1]), a[:0:-1]])  # a of the step after, from the last
    delta = linear_recurrence(later, dh[::-1], np.zeros_like(h0), scan=scan)[::-1]
    before = np.concatenate([h0[None], h[:-1]])
    return delta * before, delta, a[0] * delta[0]
