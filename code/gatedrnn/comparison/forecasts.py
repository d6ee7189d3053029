r"""Forecasts that need no network: what a network must beat to have learnt something."""

from __future__ import annotations

import numpy as np

from gatedrnn.comparison.timeline import Timeline
from gatedrnn.data import persistence, windows

__all__ = ["linear_forecast", "naive_forecasts", "seasonal_forecast"]

RIDGES = (1e-6, 1e-3, 1e-1, 1.0, 10.0)
MOST_INPUTS = 2000  # of the linear map: more would take longer than the race


def naive_forecasts(
    line: Timeline,
    scaled: np.ndarray,
    parts: tuple[slice, slice, slice],
    context: int,
    horizon: int,
) -> dict[str, np.ndarray]:
    """Return forecasts of the test part, fitted on the training part.

    Parameters
    ----------
    line : Timeline
    scaled : ndarray, shape (L, D)
        The networks' inputs.
    parts : tuple of slice
        Train, validation, test. The validation part chooses the season and the ridge.
    context, horizon : int

    Returns
    -------
    dict of str to ndarray, shape (rows - horizon + 1, horizon)
        One row per window of the test part, in the unit of the target.
    """
    train, valid, test = parts
    values = line.column
    found = {"persistence": persistence(values, test.start, horizon)}
    seasons = {
        name: period
        for name, period in line.periods.items()
        if max(horizon, 2) <= period <= train.stop // 2
    }
    if seasons:
        known = _truth(values, valid, horizon)

        def error(name: str) -> float:
            guess = seasonal_forecast(values[: valid.stop], seasons[name], valid.start, horizon)
            return float(np.mean((guess - known) ** 2))

        best = min(seasons, key=error)
        found[f"persistence of {best} ago"] = seasonal_forecast(
            values, seasons[best], test.start, horizon
        )
    found["linear map of the window"] = linear_forecast(line, scaled, parts, context, horizon)
    return found


def _truth(values: np.ndarray, part: slice, horizon: int) -> np.ndarray:
    firsts = np.arange(part.start, part.stop - horizon + 1)
    return values[firsts[:, None] + np.arange(horizon)]


def seasonal_forecast(values: np.ndarray, period: int, start: int, horizon: int = 1) -> np.ndarray:
    """Forecast what was a period before, for all windows from row `start` on."""
    firsts = np.arange(start, len(values) - horizon + 1)
    return values[firsts[:, None] + np.arange(horizon) - period]


def linear_forecast(
    line: Timeline,
    scaled: np.ndarray,
    parts: tuple[slice, slice, slice],
    context: int,
    horizon: int,
) -> np.ndarray:
    """Forecast by ridge regression on the window that the networks see."""
    train, valid, test = parts
    steps = max(1, min(context, MOST_INPUTS // scaled.shape[1]))
    values = line.column

    def design(part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        start = max(part.start, context)
        xs, _ = windows(scaled, steps, horizon, start=start, stop=part.stop, dtype=float)
        rows = xs.swapaxes(0, 1).reshape(xs.shape[1], -1)
        firsts = np.arange(start, part.stop - horizon + 1)
        change = _truth(values, slice(start, part.stop), horizon) - values[firsts - 1, None]
        usable = line.usable(firsts, horizon)
        return np.hstack([rows, np.ones((len(rows), 1))]), change, usable

    X, change, usable = design(train)
    X, change = X[usable], change[usable]
    held_X, held_change, held_usable = design(valid)
    gram, moment = X.T @ X, X.T @ change
    best, least = None, np.inf
    for ridge in RIDGES:
        weights = np.linalg.solve(gram + ridge * np.eye(len(gram)), moment)
        error = np.mean((held_X @ weights - held_change)[held_usable] ** 2)
        if error < least:
            best, least = weights, error
    test_X, _, _ = design(test)
    return values[np.arange(test.start, test.stop - horizon + 1) - 1, None] + test_X @ best
