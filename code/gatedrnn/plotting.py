r"""Figures in one style: one colour per gate, one colour, line and marker per cell.

Every helper draws what it is given on the axes it is given, or on new ones, and returns them. None
reads data or computes more than a mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gatedrnn.piano_roll import show_piano_roll
from gatedrnn.progress_board import ProgressBoard
from gatedrnn.style import (
    CELL_COLOURS,
    CELL_LINES,
    CELL_MARKERS,
    GATE_COLOURS,
    finish_axes,
    gate_colormap,
    line_style,
    plt,
    use_book_style,
)

__all__ = [
    "CELL_COLOURS",
    "CELL_LINES",
    "CELL_MARKERS",
    "GATE_COLOURS",
    "ProgressBoard",
    "gate_colormap",
    "gradient_flow",
    "line_style",
    "plot",
    "plot_with_interval",
    "show_gate_maps",
    "show_gates",
    "show_heatmaps",
    "show_piano_roll",
    "use_book_style",
]


def _axes(ax):
    return plt.subplots()[1] if ax is None else ax


def plot(
    x: np.ndarray | None,
    ys: np.ndarray | Mapping[str, np.ndarray],
    *,
    ax=None,
    **labels: str | None,
):
    """Draw one line, or several with a legend.

    Parameters
    ----------
    x : array, shape (K,), or None
        None counts 0, 1, 2, ...
    ys : array, shape (K,), or mapping of label to array
        Labels that are names of cells or gates are drawn in their colours (see `line_style`).
    ax : matplotlib Axes, optional
    xlabel, ylabel, title, xscale, yscale : str, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    lines = ys if isinstance(ys, Mapping) else {"": ys}
    for index, (label, y) in enumerate(lines.items()):
        style = line_style(label, index)
        if len(y) > 40:  # so many markers would hide the line
            style.pop("marker", None)
        ax.plot(np.arange(len(y)) if x is None else x, y, label=label or None, **style)
    finish_axes(ax, legend=any(lines), **labels)
    return ax


def plot_with_interval(
    x: np.ndarray,
    runs: Mapping[str, np.ndarray],
    *,
    intervals: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    ax=None,
    **labels: str | None,
):
    """Draw the mean over seeds and a band around it.

    Parameters
    ----------
    x : array, shape (K,)
    runs : mapping of label to array, shape (seeds, K)
    intervals : mapping of label to (low, high), each of shape (K,), optional
        The band, such as a confidence interval; without it, the band goes from the lowest to the
        highest run. Say in the caption which of the two it is.
    ax, xlabel, ylabel, title, xscale, yscale
        As for `plot`.

    Returns
    -------
    matplotlib Axes
    """
    ax = _axes(ax)
    for index, (label, values) in enumerate(runs.items()):
        values = np.atleast_2d(values)
        style = line_style(label, index)
        low, high = (
            (values.min(0), values.max(0))
            if intervals is None
            else map(np.asarray, intervals[label])
        )
        ax.fill_between(x, low, high, color=style["color"], alpha=0.18, linewidth=0)
        ax.plot(x, values.mean(0), label=label, **style)
    finish_axes(ax, legend=True, **labels)
    if ax.get_xscale() == "log" and len(x) <= 10:
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.minorticks_off()
    return ax


def gradient_flow(norms: Mapping[str, np.ndarray], *, xlabel=None, ylabel=None, ax=None):
    r"""Draw how much of the gradient reaches back, against the lag, on a log scale.

    A straight line is a gradient that shrinks by the same factor at each step.

    Parameters
    ----------
    norms : mapping of label to array, shape (K,) or (seeds, K)
        Norm of the gradient `k` steps back for k = 0, ..., K - 1. Zeros, where the gradient has
        underflowed, are left out.
    xlabel, ylabel : str, optional
    ax : matplotlib Axes, optional
    """
    ax = _axes(ax)
    for index, (label, values) in enumerate(norms.items()):
        values = np.atleast_2d(values).astype(float)
        values = np.where(values > 0, values, np.nan)
        style = line_style(label, index)
        style.pop("marker", None)
        lags = np.arange(values.shape[1])
        if len(values) > 1:
            ax.fill_between(
                lags, values.min(0), values.max(0), color=style["color"], alpha=0.18, linewidth=0
            )
        # The geometric mean: the middle on a log scale.
        ax.plot(lags, np.exp(np.log(values).mean(0)), label=label, **style)
    finish_axes(
        ax,
        xlabel=xlabel or "lag $k$ (steps back)",
        ylabel=ylabel or "gradient norm",
        yscale="log",
        legend=True,
    )
    return ax


def show_heatmaps(
    matrices: np.ndarray | Mapping[str, np.ndarray],
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    xticks: Sequence[str] | None = None,
    yticks: Sequence[str] | None = None,
    cmap=None,
    vmin: float | None = None,
    vmax: float | None = None,
    axes=None,
):
    """Draw matrices side by side on one colour scale: attention, gates, weights.

    Parameters
    ----------
    matrices : array, shape (rows, columns), or mapping of title to array
    xlabel, ylabel : str, optional
    xticks, yticks : sequence of str, optional
        Label of every column, of every row.
    cmap : optional
        Matplotlib colour map; by default viridis, and with values of both signs PuOr, centred
        on 0.
    vmin, vmax : float, optional
        Ends of the colour scale.
    axes : sequence of matplotlib Axes, optional

    Returns
    -------
    array of matplotlib Axes
    """
    maps = matrices if isinstance(matrices, Mapping) else {"": matrices}
    low = min(np.min(matrix) for matrix in maps.values())
    high = max(np.max(matrix) for matrix in maps.values())
    if cmap is None and low < 0 < high:
        cmap = "PuOr"
        bound = max(-low, high)
        low, high = -bound, bound
    low, high = (low if vmin is None else vmin), (high if vmax is None else vmax)
    if axes is None:
        width = plt.rcParams["figure.figsize"][0] * max(1, 0.5 * len(maps))
        _, axes = plt.subplots(1, len(maps), figsize=(width, 3), sharey=True, squeeze=False)
    axes = np.ravel(axes)
    for ax, (title, matrix) in zip(axes, maps.items(), strict=True):
        image = ax.imshow(matrix, cmap=cmap, vmin=low, vmax=high, aspect="auto")
        ax.grid(False)
        ax.set(title=title or None, xlabel=xlabel, ylabel=ylabel if ax is axes[0] else None)
        if xticks is not None:
            ax.set_xticks(range(len(xticks)), xticks)
        if yticks is not None:
            ax.set_yticks(range(len(yticks)), yticks)
    axes[0].figure.colorbar(image, ax=list(axes), shrink=0.8)
    return axes


def _step_labels(ax, steps: Sequence[str] | None) -> None:
    if steps is not None:
        # Else a space would be invisible, and a line break would move the axis.
        shown = [{" ": "␣", "\n": "↵"}.get(step, step) for step in steps]
        ax.set_xticks(range(len(shown)), shown)
        ax.tick_params(axis="x", length=0)


def show_gates(
    values: Mapping[str, np.ndarray],
    *,
    steps: Sequence[str] | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    ax=None,
):
    """Draw gates, or states, over time as lines in their colours.

    Parameters
    ----------
    values : mapping of gate to array, shape (T,)
        One unit's values, or a mean over units.
    steps : sequence of str, optional
        What came in at each step, such as the characters of a text.
    xlabel, ylabel : str, optional
    ax : matplotlib Axes, optional
    """
    ax = _axes(ax)
    names = list(values)
    for index, (gate, y) in enumerate(values.items()):
        style = line_style(gate, index)
        # f and z, g and n share a colour: the second of a pair is dashed.
        if any(line_style(other)["color"] == style["color"] for other in names[:index]):
            style["linestyle"] = "--"
        ax.plot(np.arange(len(y)), y, label=f"${gate}$" if len(gate) == 1 else gate, **style)
    _step_labels(ax, steps)
    finish_axes(ax, xlabel=xlabel, ylabel=ylabel)
    ax.legend(ncols=len(names), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return ax


def show_gate_maps(
    values: Mapping[str, np.ndarray],
    *,
    steps: Sequence[str] | None = None,
    xlabel: str | None = None,
    axes=None,
):
    """Draw all units of gates over time, one map per gate, white at 0 to its colour at 1.

    Parameters
    ----------
    values : mapping of gate to array, shape (T, H)
        With values from 0 to 1; of those that go from -1 to 1 (g, n, c, h) the size is drawn.
    steps : sequence of str, optional
        What came in at each step, such as the characters of a text.
    xlabel : str, optional
    axes : sequence of matplotlib Axes, optional
        One per gate.

    Returns
    -------
    array of matplotlib Axes
    """
    if axes is None:
        size = (plt.rcParams["figure.figsize"][0], 0.6 + 1.2 * len(values))
        _, axes = plt.subplots(len(values), 1, figsize=size, sharex=True, squeeze=False)
    axes = np.ravel(axes)
    for ax, (gate, matrix) in zip(axes, values.items(), strict=True):
        colours = gate_colormap(gate)
        ax.imshow(np.abs(matrix).T, cmap=colours, vmin=0, vmax=1, aspect="auto")
        ax.grid(False)
        ax.set_yticks([])
        ax.tick_params(axis="x", bottom=ax is axes[-1])
        ax.set_ylabel(f"${gate}$", rotation=0, ha="right", va="center", fontsize="large")
    _step_labels(axes[-1], steps)
    axes[-1].set_xlabel(xlabel or "")
    return axes
