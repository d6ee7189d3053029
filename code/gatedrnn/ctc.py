r"""Connectionist temporal classification: a loss for labels without their times.

A network says at every step one of V symbols or a *blank*. A path of T such symbols stands for the
labels that are left when repetitions are merged and then blanks removed: ``--aa-ab-`` and
``a-a-bbbb`` both for ``aab``. The probability of a target is the sum over all paths that stand
for it, and the loss is its negative logarithm. The sum over all paths is done step by step, forward
for the beginnings and backward for the ends, as in a hidden Markov model.

References
----------
Graves, Fernández, Gomez and Schmidhuber (2006). Prefix search: Hannun et al. (2014).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from gatedrnn.functional import log_softmax
from gatedrnn.validation import check_array, check_floats, check_lengths, check_positive_int

__all__ = ["ctc_alignment", "ctc_beam_decode", "ctc_greedy_decode", "ctc_loss"]


def ctc_loss(
    logits: np.ndarray,
    targets: np.ndarray,
    target_lengths: np.ndarray,
    lengths: np.ndarray | None = None,
    *,
    blank: int = 0,
) -> tuple[float, np.ndarray]:
    r"""Return the mean over samples of :math:`-\log p(\text{target})`, and its gradient.

    With the labels written with a blank between, before and after them,
    :math:`l' = (\varnothing, l_1, \varnothing, l_2, \dots, \varnothing)`, the probability of all
    beginnings of paths that are at :math:`l'_s` at step t is

    .. math::

        \alpha_t(s) = p_t(l'_s) \bigl(\alpha_{t-1}(s) + \alpha_{t-1}(s-1)
            + [\,l'_s \ne \varnothing,\; l'_s \ne l'_{s-2}\,]\; \alpha_{t-1}(s-2)\bigr),

    that of all ends :math:`\beta_t(s)` likewise from the last step, and the gradient of the loss
    of a sample with respect to a logit is :math:`p_t(v)` minus the share of the paths that are at
    v at step t. Everything is done with logarithms.

    PyTorch's ``reduction="mean"`` divides each sample's loss by its number of labels first; this
    one does not.

    Parameters
    ----------
    logits : ndarray, shape (T, N, V)
        Unnormalised log-probabilities, the blank's among them.
    targets : ndarray of int, shape (N, S)
        The labels of each sample, and behind them anything.
    target_lengths : ndarray of int, shape (N,)
        How many labels each sample has, from 0 to S.
    lengths : ndarray of int, shape (N,), optional
        How many steps of each sample are not padding.
    blank : int, optional
        The blank's index.

    Returns
    -------
    loss : float
        In nats.
    dlogits : ndarray, shape (T, N, V)
        Zero at padding.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, a label is out of range or the blank, or a sample has too few
        steps for its labels: one for each, and one more between two that are the same.
    """
    check_floats("logits", logits, ("T", "N", "V"), finite=False)
    T, N, V = logits.shape
    lengths = np.full(N, T) if lengths is None else check_lengths("lengths", lengths, T, N)
    _check_targets(targets, target_lengths, lengths, V, N, blank)
    logp = log_softmax(logits.astype(np.float64))  # sums over many paths lose digits
    extended, skips = _extended(targets, target_lengths, blank)
    n = np.arange(N)
    emitted = logp[:, n[:, None], extended]  # (T, N, 2S + 1)
    alphas = _forward(emitted, skips)
    width = 2 * target_lengths + 1
    betas = _backward(emitted, skips, lengths, width)
    ends = alphas[lengths - 1, n]
    before = np.where(width > 1, ends[n, np.maximum(width - 2, 0)], -np.inf)
    total = np.logaddexp(ends[n, width - 1], before)
    with np.errstate(invalid="ignore"):
        occupied = np.exp(alphas + betas - emitted - total[:, None])  # (T, N, 2S + 1)
    occupied[np.isnan(occupied)] = 0
    dlogits = np.exp(logp)
    np.subtract.at(dlogits, (np.arange(T)[:, None, None], n[:, None], extended), occupied)
    dlogits[np.arange(T)[:, None] >= lengths] = 0
    return float(-total.mean()), (dlogits / N).astype(logits.dtype)


def _check_targets(targets, target_lengths, lengths, V, N, blank) -> None:
    check_array("target_lengths", target_lengths, (N,))
    if not isinstance(targets, np.ndarray) or targets.ndim != 2 or len(targets) != N:
        raise ValueError(f"targets: expected shape ({N}, S), got {np.shape(targets)}")
    if not 0 <= blank < V:
        raise ValueError(f"blank: expected an index from 0 to {V - 1}, got {blank}")
    if target_lengths.min() < 0 or target_lengths.max() > targets.shape[1]:
        raise ValueError(f"target_lengths: expected lengths from 0 to {targets.shape[1]}")
    for n, length in enumerate(target_lengths):
        labels = targets[n, :length]
        if length and (labels.min() < 0 or labels.max() >= V or (labels == blank).any()):
            raise ValueError(
                f"targets: expected labels from 0 to {V - 1} other than the blank {blank}, "
                f"got {labels.tolist()} in sample {n}"
            )
        needed = length + int((labels[1:] == labels[:-1]).sum())
        if needed > lengths[n]:
            raise ValueError(
                f"targets: expected at most as many labels as steps, sample {n} needs {needed} "
                f"steps and has {lengths[n]}"
            )


def _extended(targets, target_lengths, blank) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels with blanks between them, and from which a path may skip one."""
    N, S = targets.shape
    extended = np.full((N, 2 * S + 1), blank)
    used = np.arange(S) < target_lengths[:, None]
    extended[:, 1::2] = np.where(used, targets, blank)
    skips = np.zeros(extended.shape, bool)
    skips[:, 2:] = (extended[:, 2:] != blank) & (extended[:, 2:] != extended[:, :-2])
    return extended, skips


def _forward(emitted: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """Return log alpha (T, N, 2S + 1)."""
    alphas = np.full(emitted.shape, -np.inf)
    alphas[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(emitted)):
        old, new = alphas[t - 1], alphas[t]
        new[:] = old
        new[:, 1:] = np.logaddexp(new[:, 1:], old[:, :-1])
        new[:, 2:] = np.where(skips[:, 2:], np.logaddexp(new[:, 2:], old[:, :-2]), new[:, 2:])
        new += emitted[t]
    return alphas


def _backward(
    emitted: np.ndarray, skips: np.ndarray, lengths: np.ndarray, width: np.ndarray
) -> np.ndarray:
    """Return log beta (T, N, 2S + 1); a path ends in the last label or in the blank behind it."""
    s, last = np.arange(emitted.shape[2]), width[:, None] - 1
    ends = (s == last) | (s == last - 1)
    betas = np.full(emitted.shape, -np.inf)
    old = betas[-1]
    for t in reversed(range(len(emitted))):
        new = old.copy()
        new[:, :-1] = np.logaddexp(new[:, :-1], old[:, 1:])
        new[:, :-2] = np.where(skips[:, 2:], np.logaddexp(new[:, :-2], old[:, 2:]), new[:, :-2])
        new = np.where((t == lengths - 1)[:, None] & ends, 0, new)
        old = betas[t] = new + emitted[t]
    return betas


def ctc_greedy_decode(
    logits: np.ndarray, lengths: np.ndarray | None = None, *, blank: int = 0
) -> list[np.ndarray]:
    """Return the labels of each sample's most probable path.

    Parameters
    ----------
    logits : ndarray, shape (T, N, V)
    lengths : ndarray of int, shape (N,), optional
    blank : int, optional

    Returns
    -------
    list of ndarray of int
    """
    best = logits.argmax(-1)
    lengths = np.full(best.shape[1], len(best)) if lengths is None else lengths
    return [_merged(best[:length, n], blank) for n, length in enumerate(lengths)]


def _merged(path: np.ndarray, blank: int) -> np.ndarray:
    """Return the labels that a path stands for."""
    new = np.concatenate([[True], path[1:] != path[:-1]])
    return path[new & (path != blank)]


def ctc_beam_decode(logits: np.ndarray, *, width: int = 16, blank: int = 0) -> np.ndarray:
    """Return the labels that are most probable over all their paths, as far as a search finds.

    The greedy decoder takes the best path; many middling paths of other labels may together be
    more probable. This follows the `width` best beginnings of labels, each with the probability
    of its paths that end in a blank and of those that do not.

    Parameters
    ----------
    logits : ndarray, shape (T, V)
        Of one sample.
    width : int, optional
    blank : int, optional

    Returns
    -------
    ndarray of int
    """
    check_floats("logits", logits, ("T", "V"))
    check_positive_int("width", width)
    logp = log_softmax(logits.astype(np.float64))
    nothing = -np.inf
    beams = {(): (0.0, nothing)}  # prefix: log-probability of ending in blank, in its last label
    for step in logp:
        grown = defaultdict(lambda: (nothing, nothing))
        for prefix, (in_blank, in_label) in beams.items():
            either = np.logaddexp(in_blank, in_label)
            old = grown[prefix]
            repeated = nothing if not prefix else in_label + step[prefix[-1]]
            grown[prefix] = (
                np.logaddexp(old[0], either + step[blank]),
                np.logaddexp(old[1], repeated),
            )
            for label in np.argsort(-step)[: width + 1]:
                if label == blank:
                    continue
                # The same label again is a new one only after a blank.
                before = in_blank if prefix and prefix[-1] == label else either
                longer = (*prefix, int(label))
                old = grown[longer]
                grown[longer] = (old[0], np.logaddexp(old[1], before + step[label]))
        ranked = sorted(grown.items(), key=lambda one: -np.logaddexp(*one[1]))
        beams = dict(ranked[:width])
    return np.array(next(iter(beams)), int)


def ctc_alignment(logits: np.ndarray, target: np.ndarray, *, blank: int = 0) -> np.ndarray:
    """Return the most probable path of a target: the symbol of every step.

    Parameters
    ----------
    logits : ndarray, shape (T, V)
        Of one sample.
    target : ndarray of int, shape (S,)
    blank : int, optional

    Returns
    -------
    ndarray of int, shape (T,)

    Raises
    ------
    ValueError
        As for `ctc_loss`.
    """
    check_floats("logits", logits, ("T", "V"))
    T, V = logits.shape
    lengths = np.array([len(target)])
    _check_targets(np.asarray(target)[None], lengths, np.array([T]), V, 1, blank)
    extended, skips = (a[0] for a in _extended(np.asarray(target)[None], lengths, blank))
    emitted = log_softmax(logits.astype(np.float64))[:, extended]
    scores = np.full(len(extended), -np.inf)
    scores[:2] = emitted[0, :2]
    back = np.zeros((T, len(extended)), int)
    for t in range(1, T):
        options = np.full((3, len(extended)), -np.inf)
        options[0] = scores
        options[1, 1:] = scores[:-1]
        options[2, 2:] = np.where(skips[2:], scores[:-2], -np.inf)
        back[t] = options.argmax(0)
        scores = options.max(0) + emitted[t]
    place = len(extended) - 1
    if place and scores[place - 1] > scores[place]:
        place -= 1
    path = []
    for t in reversed(range(T)):
        path.append(extended[place])
        place -= back[t, place]
    return np.array(path[::-1])
