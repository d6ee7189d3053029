r"""Seattle's temperature up to two weeks ahead, from origins that roll through the record."""

from __future__ import annotations

import numpy as np

from gatedrnn import data
from gatedrnn.functional import squared_error
from gatedrnn.study.tasks.problem import Problem
from gatedrnn.study.tasks.stocks import least_squares

__all__ = ["weather_ahead"]

LEVEL = 0.9  # of the intervals


def weather_ahead(
    seed: int,
    *,
    origin: str = "2015-01-01",
    valid: int = 365,
    test: int = 365,
    horizon: int = 14,
    context: int = 14,
    batch_size: int = 32,
) -> Problem:
    """Forecast the highest temperature of each of the next days; the score is the RMSE in °C.

    One model, `horizon` outputs. The RMSE is over all of them and over all days from which a
    forecast of the test part can be made.

    Parameters
    ----------
    seed : int
    origin : str
        The first test day. All before it is known: the last `valid` days are for validation,
        the rest for training, so that a later origin has a longer training part.
    valid, test : int, optional
        Days. No forecast reaches out of its part.
    horizon, context : int, optional
        Days ahead, and days that a model reads.
    batch_size : int, optional

    Notes
    -----
    Details of a final run, each with one number for each day ahead: ``rmse`` in °C, and of
    intervals whose ends are the 5 % and 95 % quantiles of the validation errors, the ``coverage``
    on the test days and the ``width`` in °C.

    Raises
    ------
    ValueError
        If nothing is left to train on, or the record ends before the test part.
    """
    series = data.seattle_weather()
    start = int((np.datetime64(origin, "D") - series.dates[0]).astype(int))
    train_days, valid_days, test_days = data.split_by_time(start + test, valid=valid, test=test)
    if test_days.stop > len(series):
        raise ValueError(
            f"origin, test: expected at most {len(series) - start} days after {origin}, got {test}"
        )
    values = np.hstack([series.values, data.season(series.dates)])
    rain, high = series.column("precipitation"), series.column("temp_max")
    values[:, rain] = np.log1p(values[:, rain])  # many dry days, few very wet ones
    standardiser = data.Standardiser.fit(values[train_days])
    parts = [
        data.windows(
            standardiser.transform(values), context, horizon,
            target=high, start=max(part.start, context), stop=part.stop,
        )
        for part in (train_days, valid_days, test_days)
    ]  # fmt: skip
    truth = [standardiser.inverse(ys.astype(float), high) for _, ys in parts]
    rng = np.random.default_rng([seed, 0])

    def forecast(model, part: int) -> np.ndarray:
        return standardiser.inverse(model.forward(parts[part][0])[0].astype(float), high)

    def score(model, batches: list) -> float:
        return float(np.sqrt(np.mean((forecast(model, 2) - truth[2]) ** 2)))

    def details(model, batches: list) -> dict[str, list[float]]:
        return held_to_promise(truth[1] - forecast(model, 1), truth[2] - forecast(model, 2))

    def baselines() -> dict[str, float]:
        errors = simple_errors(series, parts, truth, train_days, test_days, standardiser, high)
        return {name: float(np.sqrt(np.mean(error**2))) for name, error in errors.items()}

    return Problem(
        train=data.Minibatches(*parts[0], batch_size=batch_size, rng=rng),
        valid=[parts[1]],
        test=[parts[2]],
        loss=squared_error,
        score=score,
        input_size=values.shape[1],
        output_size=horizon,
        baselines=baselines,
        details=details,
    )


def simple_errors(series, parts, truth, train_days, test_days, standardiser, high):
    """Return the test errors (N, horizon) of what needs no network, by name."""
    horizon = truth[2].shape[1]
    highs = series.values[:, high]
    usual = data.climatology(series.dates[train_days], highs[train_days], series.dates)
    ahead = test_days.start + np.arange(len(truth[2]))[:, None] + np.arange(horizon)
    # Two days, and the season of the last alone: that of two days in a row is nearly the same, and
    # least squares would find weights of hundreds of thousands that cancel.
    rows = [np.hstack([xs[-2, :, :-2], xs[-1]]).astype(float) for xs, _ in parts]
    line = least_squares(rows[0], parts[0][1])
    stays = data.persistence(highs[: test_days.stop], test_days.start, horizon)
    return {
        "persistence": truth[2] - stays,
        "climatology": truth[2] - usual[ahead],
        "linear": truth[2] - standardiser.inverse(line(rows[2]), high),
    }


def held_to_promise(
    valid_errors: np.ndarray, test_errors: np.ndarray, level: float = LEVEL
) -> dict[str, list[float]]:
    """Return RMSE, coverage and width by day ahead, of intervals from the validation errors.

    Parameters
    ----------
    valid_errors, test_errors : ndarray, shapes (M, horizon), (N, horizon)
        What came minus its forecast.
    level : float, optional
        What the intervals promise.
    """
    below, above = np.quantile(valid_errors, [(1 - level) / 2, (1 + level) / 2], axis=0)
    inside = (below <= test_errors) & (test_errors <= above)
    found = {
        "rmse": np.sqrt(np.mean(test_errors**2, axis=0)),
        "coverage": inside.mean(0),
        "width": above - below,
    }
    return {name: [round(float(value), 3) for value in row] for name, row in found.items()}
