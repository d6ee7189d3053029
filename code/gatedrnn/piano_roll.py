r"""Piano rolls as pictures."""

from __future__ import annotations

import numpy as np

from gatedrnn.data.chorales import LOWEST_KEY
from gatedrnn.style import finish_axes, plt

__all__ = ["show_piano_roll"]

#: MIDI numbers of the Cs that are named on the axis.
NAMED = {36: "C2", 48: "C3", 60: "C4", 72: "C5", 84: "C6"}


def show_piano_roll(
    roll: np.ndarray,
    *,
    given: int = 0,
    keys: tuple[int, int] = (36, 84),
    title: str | None = None,
    xlabel: str | None = None,
    ax=None,
):
    """Draw a piano roll: time to the right, pitch upwards, a bar for each tone.

    Parameters
    ----------
    roll : array, shape (T, 88)
        Other than zero where a key sounds.
    given : int, optional
        So many steps at the beginning are drawn in grey, such as the opening that a model was
        given.
    keys : tuple of int, optional
        Lowest and highest MIDI number that is shown.
    title, xlabel : str, optional
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    if ax is None:
        ax = plt.subplots()[1]
    steps, pitches = np.nonzero(np.asarray(roll))
    colours = np.where(steps < given, "0.6", "black")
    ax.barh(pitches + LOWEST_KEY, 0.94, left=steps - 0.47, height=0.9, color=colours, linewidth=0)
    ax.set(xlim=(-0.7, len(roll) - 0.3), ylim=(keys[0] - 0.5, keys[1] + 0.5))
    ax.set_yticks(list(NAMED), list(NAMED.values()))
    ax.grid(visible=False, axis="x")
    ax.xaxis.get_major_locator().set_params(integer=True)
    finish_axes(ax, title=title, xlabel=xlabel)
    return ax
