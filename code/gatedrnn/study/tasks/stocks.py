r"""Stock prices: tomorrow's return, and how much the price will move within the next week."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from gatedrnn import data
from gatedrnn.functional import squared_error
from gatedrnn.study.tasks.problem import Problem

__all__ = ["least_squares", "stock_returns", "stock_volatility"]


def least_squares(xs: np.ndarray, ys: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the linear map, with a constant, that fits ys (N,) to xs (N, K) best."""

    def design(rows: np.ndarray) -> np.ndarray:
        return np.hstack([rows, np.ones((len(rows), 1))])

    weights = np.linalg.lstsq(design(xs), ys, rcond=None)[0]
    return lambda rows: design(rows) @ weights


def _rows(windows: np.ndarray, days: int) -> np.ndarray:
    """Return the last days of windows (T, N, D) as the rows of a matrix (N, days D)."""
    return windows[-days:].swapaxes(0, 1).reshape(windows.shape[1], -1).astype(float)


def _rmse(forecast: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((forecast - truth) ** 2)))


def _rounded_sums(values: np.ndarray, stocks: int) -> list[float]:
    return [round(float(total), 3) for total in data.block_sums(values, stocks)]


def _problem(days, seed, rows, targets, windows, batch_size, **others) -> Problem:
    rng = np.random.default_rng([seed, 0])
    train, valid, test = (
        (xs, ys[:, None].astype(np.float32)) for xs, ys in zip(windows, targets, strict=True)
    )
    return Problem(
        train=data.Minibatches(*train, batch_size=batch_size, rng=rng),
        valid=[valid],
        test=[test],
        loss=squared_error,
        input_size=days.inputs.shape[-1],
        output_size=1,
        **others,
    )


def stock_returns(seed: int, *, context: int = 22, batch_size: int = 128) -> Problem:
    """Forecast tomorrow's log return; the score is the RMSE in per cent.

    The network forecasts the return over the expected standard deviation, so that calm days
    count as much as wild ones, and the forecast is multiplied by it again. Details of a final
    run: for blocks of 25 test days, the sum of squared errors, and how many signs were right.
    """
    days = data.StockDays.load()
    rows = [days.evenings(part, context) for part in days.parts]
    windows = [days.windows(row, context) for row in rows]
    returns = [days.pool(days.returns, row + 1) for row in rows]
    expected = [days.pool(days.expected, row + 1) for row in rows]
    targets = [r / s for r, s in zip(returns, expected, strict=True)]

    def forecast(model, batches: list) -> np.ndarray:
        return expected[2] * model.forward(batches[0][0])[0][:, 0]

    def details(model, batches: list) -> dict:
        forecasts, truth = forecast(model, batches), returns[2]
        moved = truth != 0
        rounded = partial(_rounded_sums, stocks=days.returns.shape[1])
        return {
            "squares": rounded((forecasts - truth) ** 2),
            "right": rounded(moved & ((forecasts > 0) == (truth > 0))),
        }

    def baselines() -> dict[str, float]:
        fitted = {k: least_squares(_rows(windows[0], k), targets[0]) for k in (1, 2, 5, 10, 22)}
        best = min(fitted, key=lambda k: _rmse(fitted[k](_rows(windows[1], k)), targets[1]))
        found = {
            "random walk": np.zeros(len(returns[2])),
            "drift": expected[2] * targets[0].mean(),
            "linear": expected[2] * fitted[best](_rows(windows[2], best)),
        }
        return {name: _rmse(values, returns[2]) for name, values in found.items()}

    return _problem(
        days, seed, rows, targets, windows, batch_size,
        score=lambda model, batches: _rmse(forecast(model, batches), returns[2]),
        baselines=baselines, details=details,
    )  # fmt: skip


def stock_volatility(seed: int, *, context: int = 22, batch_size: int = 128) -> Problem:
    """Forecast the log volatility of the next five days; the score is the RMSE of the logarithm.

    0.1 of it is a factor of about 1.1. Details of a final run: the sums of squared errors for
    blocks of 25 test days.
    """
    days, horizon = data.StockDays.load(), 5
    rows = [days.evenings(part, context, horizon) for part in days.parts]
    windows = [days.windows(row, context) for row in rows]
    truth = [days.pool(days.volatility[5], row + horizon) for row in rows]
    centre, scale = truth[0].mean(), truth[0].std()

    def forecast(model, batches: list) -> np.ndarray:
        return centre + scale * model.forward(batches[0][0])[0][:, 0]

    def details(model, batches: list) -> dict:
        squares = (forecast(model, batches) - truth[2]) ** 2
        return {"squares": _rounded_sums(squares, days.returns.shape[1])}

    def baselines() -> dict[str, float]:
        # Of `expected` the next day's row: it is what was expected this evening.
        own = [days.inputs[..., 2], days.volatility[5], days.volatility[22]]
        known = {
            "EWMA": [np.log(days.pool(days.expected, row + 1))[:, None] for row in rows],
            "HAR": [days.pool(np.stack(own, axis=-1), row) for row in rows],
            "HAR, same inputs": [
                np.hstack([part[-k:].mean(0, dtype=float) for k in (1, 5, 22)]) for part in windows
            ],
        }
        found = {
            "training mean": np.full(len(truth[2]), centre),
            "persistence": days.pool(days.volatility[5], rows[2]),
        }
        for name, values in known.items():
            found[name] = least_squares(values[0], truth[0])(values[2])
        return {name: _rmse(values, truth[2]) for name, values in found.items()}

    return _problem(
        days, seed, rows, [(values - centre) / scale for values in truth], windows, batch_size,
        score=lambda model, batches: _rmse(forecast(model, batches), truth[2]),
        baselines=baselines, details=details,
    )  # fmt: skip
