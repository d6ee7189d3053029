r"""Connected words recognised by templates: what spoken digits were dialled with before networks.

A template is one word, said once by somebody. A string of words is compared with all strings of
templates at once: at every step of the speech each step of each template holds the least cost of
any path that ends there. A path may dwell, move on or leave out a step within a template, and at
its end go over to the beginning of any other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatedrnn.validation import check_floats

__all__ = ["WordTemplates"]


class WordTemplates:
    r"""Recognises strings of words by their distance from strings of templates.

    With :math:`y_{kj}` step j of template k, the cost of the best path that ends there at step t
    of the speech is

    .. math::

        d_t(k, j) = \lVert x_t - y_{kj} \rVert^2
            + \min(d_{t-1}(k, j),\; d_{t-1}(k, j-1),\; d_{t-1}(k, j-2)),

    and for :math:`j = 1` also from the cheapest end of any template, plus a penalty for a new word.

    Parameters
    ----------
    templates : sequence of ndarray, each of shape (T_k, D)
    labels : sequence of int
        The word of each.
    penalty : float, optional
        Against too many words; in units of the cost.

    Raises
    ------
    ValueError
        If there is not one label for each template.

    References
    ----------
    Ney (1984).
    """

    def __init__(
        self, templates: Sequence[np.ndarray], labels: Sequence[int], penalty: float = 0.0
    ) -> None:
        if not len(templates) or len(templates) != len(labels):
            raise ValueError(
                f"labels: expected one for each of the {len(templates)} templates (at least one), "
                f"got {len(labels)}"
            )
        self.states = np.concatenate(templates).astype(np.float64)
        sizes = np.array([len(one) for one in templates])
        self.ends = np.cumsum(sizes) - 1
        self.starts = self.ends - sizes + 1
        self.labels = np.array(labels)
        self.penalty = float(penalty)
        # The one and the two states before each, or behind the last one if there are none.
        place = np.arange(len(self.states)) - np.repeat(self.starts, sizes)
        numbers = np.arange(len(self.states))
        self.before = [np.where(place < k, len(numbers), numbers - k) for k in (1, 2)]
        self.squares = (self.states**2).sum(1)

    def recognise(self, frames: np.ndarray) -> list[int]:
        """Return the words of the cheapest path.

        Parameters
        ----------
        frames : ndarray of floats, shape (T, D)

        Returns
        -------
        list of int
        """
        check_floats("frames", frames, ("T", self.states.shape[1]))
        frames = frames.astype(np.float64)
        costs = (frames**2).sum(1)[:, None] + self.squares - 2 * frames @ self.states.T
        d = np.full(len(self.states), np.inf)
        d[self.starts] = costs[0, self.starts]
        began = np.zeros(len(d), int)  # the step at which the path came into this template
        words = [self._best_end(d, began)]
        for t in range(1, len(frames)):
            moved, skipped = (np.append(d, np.inf)[k] for k in self.before)
            came, since = np.append(began, 0), began
            since = np.where(moved < d, came[self.before[0]], since)
            d = np.minimum(moved, d)
            since = np.where(skipped < d, came[self.before[1]], since)
            d, began = np.minimum(skipped, d), since
            entered = words[-1][0] + self.penalty
            new = self.starts[entered < d[self.starts]]
            d[new], began[new] = entered, t
            d = d + costs[t]
            words.append(self._best_end(d, began))
        said, t = [], len(frames) - 1
        while t >= 0:
            _, label, start = words[t]
            said.append(label)
            t = start - 1
        return said[::-1]

    def _best_end(self, d: np.ndarray, began: np.ndarray) -> tuple[float, int, int]:
        """Return the least cost of a path that ends a word now, the word, and where it began."""
        k = int(d[self.ends].argmin())
        return float(d[self.ends[k]]), int(self.labels[k]), int(began[self.ends[k]])
