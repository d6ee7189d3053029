r"""Activations and losses, each with its derivative.

A loss returns the pair (value, gradient with respect to its first argument): whoever wants the
one nearly always needs the other, and they share most of the work.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.validation import check_array, check_floats, check_tokens

__all__ = [
    "dsigmoid",
    "dtanh",
    "log_softmax",
    "sigmoid",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "squared_error",
]


def sigmoid(a: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    r"""Return :math:`\sigma(a) = 1/(1+e^{-a})`, elementwise; in `out`, which may be `a` itself.

    Computed as :math:`\tfrac12 \tanh(a/2) + \tfrac12`, which is the same function, cannot
    overflow, and costs one vectorised tanh.
    """
    s = np.tanh(np.multiply(a, 0.5, out=out), out=out)
    return np.add(np.multiply(s, 0.5, out=out), 0.5, out=out)


def dsigmoid(s: np.ndarray) -> np.ndarray:
    r"""Return the derivative of the sigmoid, from its *value*: :math:`s (1 - s)`."""
    return s * (1 - s)


def dtanh(y: np.ndarray) -> np.ndarray:
    r"""Return the derivative of tanh, from its *value*: :math:`1 - y^2`."""
    return 1 - y * y


def log_softmax(logits: np.ndarray) -> np.ndarray:
    r"""Return :math:`\log\operatorname{softmax}` over the last axis.

    The largest logit is subtracted first, so that no exponential overflows.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    r"""Return :math:`p_v = e^{l_v} / \sum_w e^{l_w}` over the last axis."""
    return np.exp(log_softmax(logits))


def softmax_cross_entropy(
    logits: np.ndarray, targets: np.ndarray, mask: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    r"""Mean negative log-likelihood of the targets under a softmax.

    .. math::

        L = -\frac{1}{\sum m} \sum_n m_n \log p_{n, y_n}, \qquad
        \frac{\partial L}{\partial l_{nv}} = \frac{m_n}{\sum m} (p_{nv} - [v = y_n])

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Unnormalised log-probabilities.
    targets : ndarray of int, shape (...)
        The correct class of each entry.
    mask : ndarray, shape (...), optional
        Weight of each entry: 1 keeps it, 0 leaves it out (padding).

    Returns
    -------
    loss : float
        In nats; divide by ``log(2)`` for bits.
    dlogits : ndarray, shape (..., V)
        Gradient of the loss with respect to the logits.

    Raises
    ------
    TypeError
        If the logits are not floats or the targets not integers.
    ValueError
        If shapes do not match, a target is out of range, or the mask keeps nothing.
    """
    axes = tuple(f"axis {axis}" for axis in range(np.ndim(logits) - 1))
    check_floats("logits", logits, (*axes, "V"), finite=False)
    check_tokens("targets", targets, logits.shape[:-1], logits.shape[-1])
    weights = _weights(mask, targets.shape, logits.dtype)
    logp = log_softmax(logits)
    chosen = targets[..., None]
    loss = -(weights * np.take_along_axis(logp, chosen, -1)[..., 0]).sum()
    dlogits = np.exp(logp)
    np.put_along_axis(dlogits, chosen, np.take_along_axis(dlogits, chosen, -1) - 1, -1)
    return float(loss), weights[..., None] * dlogits


def sigmoid_cross_entropy(
    logits: np.ndarray, targets: np.ndarray, mask: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    r"""Mean negative log-likelihood of several yes-or-no targets per entry, under sigmoids.

    .. math::

        L = -\frac{1}{\sum m} \sum_n m_n \sum_k
            \bigl(y_{nk} \log \sigma(l_{nk}) + (1 - y_{nk}) \log(1 - \sigma(l_{nk}))\bigr), \qquad
        \frac{\partial L}{\partial l_{nk}} = \frac{m_n}{\sum m} (\sigma(l_{nk}) - y_{nk})

    The sum over k and the mean over n are those of the published losses on polyphonic music,
    where k is a key of the piano. A term is computed as
    :math:`\max(l, 0) - l y + \log(1 + e^{-|l|})`, which is the same and cannot overflow.

    Parameters
    ----------
    logits : ndarray, shape (..., K)
        Log-odds of yes.
    targets : ndarray, shape (..., K)
        Floats, 1 for yes and 0 for no; a probability between is one, too.
    mask : ndarray, shape (...), optional
        Weight of each entry: 1 keeps it, 0 leaves it out (padding).

    Returns
    -------
    loss : float
        In nats per entry; divide by ``log(2)`` for bits.
    dlogits : ndarray, shape (..., K)
        Gradient of the loss with respect to the logits.

    Raises
    ------
    TypeError
        If an argument is not an array of floats.
    ValueError
        If shapes do not match, a target is not from 0 to 1, or the mask keeps nothing.
    """
    axes = tuple(f"axis {axis}" for axis in range(np.ndim(logits) - 1))
    check_floats("logits", logits, (*axes, "K"), finite=False)
    targets = check_floats("targets", targets, logits.shape, logits.dtype)
    if targets.min() < 0 or targets.max() > 1:
        raise ValueError(
            f"targets: expected numbers from 0 to 1, got {targets.min()} to {targets.max()}"
        )
    weights = _weights(mask, logits.shape[:-1], logits.dtype)
    terms = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    loss = (weights * terms.sum(axis=-1)).sum()
    return float(loss), weights[..., None] * (sigmoid(logits) - targets)


def squared_error(
    pred: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    r"""Mean squared error.

    .. math::

        L = \frac{1}{\sum m} \sum_n m_n (\hat y_n - y_n)^2, \qquad
        \frac{\partial L}{\partial \hat y_n} = \frac{2 m_n}{\sum m} (\hat y_n - y_n)

    Parameters
    ----------
    pred, target : ndarray, same shape
        Predictions and what they should have been.
    mask : ndarray, same shape as `pred`, optional
        Weight of each entry: 1 keeps it, 0 leaves it out (padding).

    Returns
    -------
    loss : float
        In the square of the target's unit.
    dpred : ndarray
        Gradient of the loss with respect to the predictions.

    Raises
    ------
    TypeError
        If an argument is not an array of floats.
    ValueError
        If shapes do not match, a target is not finite, or the mask keeps nothing.
    """
    axes = tuple(f"axis {axis}" for axis in range(np.ndim(pred)))
    check_floats("pred", pred, axes, finite=False)
    target = check_floats("target", target, pred.shape, pred.dtype)
    weights = _weights(mask, pred.shape, pred.dtype)
    error = pred - target
    return float((weights * error * error).sum()), 2 * weights * error


def _weights(mask: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return the mask scaled to sum to 1, or equal weights without one."""
    if mask is None:
        return np.full(shape, 1 / np.prod(shape), dtype)
    mask = check_array("mask", mask, shape).astype(dtype)
    total = mask.sum()
    if not np.isfinite(total) or total <= 0 or (mask < 0).any():
        raise ValueError(
            f"mask: expected weights of at least 0 that keep something, sum is {total}"
        )
    return mask / total
