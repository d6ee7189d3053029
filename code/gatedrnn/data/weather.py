r"""Daily weather in Seattle, 2012 to 2015, and what a forecast of it needs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from gatedrnn.data.packages import DataFileError, DataSource, PackageFile
from gatedrnn.validation import check_array, check_floats, check_positive_int

__all__ = [
    "Standardiser",
    "Weather",
    "climatology",
    "persistence",
    "season",
    "seattle_weather",
    "windows",
]

SEATTLE = PackageFile(
    package="vega_datasets",
    path="_data/seattle-weather.csv",
    requirement="vega_datasets==0.9.0",
    sha256="62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b",
)
YEAR = 365.2425  # days
SOURCE = DataSource(
    name="Seattle weather",
    case="forecasting the highest temperature",
    size="1,461 days, 5 variables",
    requirement=SEATTLE.requirement,
    licence="public domain (a work of the US government); the package: MIT",
    source="NOAA, station Seattle-Tacoma airport, 2012 to 2015, in vega-datasets",
)


@dataclass(frozen=True)
class Weather:
    """A daily series.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (L,)
        One day after another, without gaps.
    values : ndarray of float64, shape (L, 4)
    names : tuple of str
        Of the columns of `values`: precipitation (mm), temp_max and temp_min (°C), wind (m/s).
    kinds : ndarray of str, shape (L,)
        What the day was like: drizzle, fog, rain, snow or sun.
    """

    dates: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    kinds: np.ndarray

    def __len__(self) -> int:
        return len(self.dates)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the column of a name, shape (L,).

        Raises
        ------
        ValueError
            If there is no such column.
        """
        return self.values[:, self.column(name)]

    def column(self, name: str) -> int:
        """Return the index of a column in `values`."""
        if name not in self.names:
            raise ValueError(f"name: expected one of {self.names}, got {name!r}")
        return self.names.index(name)


def seattle_weather() -> Weather:
    """Return the 1,461 days of 2012 to 2015.

    Source: NOAA National Centers for Environmental Information, as packaged by vega_datasets.

    Raises
    ------
    MissingPackageError
        If vega_datasets is not installed.
    DataFileError
        If it is another version.
    """
    rows = list(csv.reader(io.StringIO(SEATTLE.read().decode("utf-8"))))
    header, rows = rows[0], rows[1:]
    dates = np.array([row[0].replace("/", "-") for row in rows], "datetime64[D]")
    if not (np.diff(dates) == np.timedelta64(1, "D")).all():
        raise DataFileError("vega_datasets: expected one row per day, got a gap")
    values = np.array([row[1:5] for row in rows], float)
    return Weather(dates, values, tuple(header[1:5]), np.array([row[5] for row in rows]))


def season(dates: np.ndarray) -> np.ndarray:
    """Return where in the year each day is, as the sine and cosine of an angle, shape (L, 2)."""
    angle = 2 * np.pi * dates.astype("datetime64[D]").astype(float) / YEAR
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


@dataclass(frozen=True)
class Standardiser:
    r"""Brings columns to mean 0 and standard deviation 1: :math:`(x - \mu) / \sigma`.

    Make it with `Standardiser.fit` from the training part alone: the mean of the whole series
    already tells something about the part held out.

    Attributes
    ----------
    mean, scale : ndarray, shape (D,)
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> Standardiser:
        """Measure the columns of an array of floats (L, D).

        Raises
        ------
        ValueError
            If a column is constant: there is nothing to scale it by.
        """
        check_floats("values", values, ("L", "D"))
        scale = values.std(0)
        if (scale == 0).any():
            raise ValueError(
                f"values: expected columns that vary, column {int(np.argmin(scale))} is constant"
            )
        return cls(values.mean(0), scale)

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Standardise an array (..., D)."""
        return (values - self.mean) / self.scale

    def inverse(self, values: np.ndarray, column: int | None = None) -> np.ndarray:
        """Undo `transform`, for an array (..., D), or for values of any shape of one column."""
        if column is None:
            return values * self.scale + self.mean
        return values * self.scale[column] + self.mean[column]


def windows(
    values: np.ndarray,
    context: int,
    horizon: int = 1,
    *,
    target: int = 0,
    start: int | None = None,
    stop: int | None = None,
    dtype: np.dtype | type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Cut a series into pasts and what followed them.

    Parameters
    ----------
    values : ndarray of floats, shape (L, D)
    context : int
        T, the steps that a model sees.
    horizon : int, optional
        The steps that it forecasts.
    target : int, optional
        Column to forecast.
    start, stop : int, optional
        Rows that may be forecast, from `start` to before `stop`; by default all that have a full
        context. The context may reach back before `start`: the past is known when a forecast is
        made. Windows of two parts that do not overlap never forecast the same row.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (context, N, D)
    ys : ndarray, shape (N, horizon)
        ``ys[n, k]`` is row ``start + n + k`` of the target column.

    Raises
    ------
    ValueError
        If the series is too short, or `start` leaves no room for the context.
    """
    check_floats("values", values, ("L", "D"))
    check_positive_int("context", context)
    check_positive_int("horizon", horizon)
    start = context if start is None else start
    stop = len(values) if stop is None else stop
    if start < context:
        raise ValueError(f"start: expected at least the context, {context}, got {start}")
    if not start + horizon <= stop <= len(values):
        raise ValueError(
            f"stop: expected from start + horizon = {start + horizon} to the series' length "
            f"{len(values)}, got {stop}"
        )
    if not 0 <= target < values.shape[1]:
        raise ValueError(f"target: expected a column below {values.shape[1]}, got {target}")
    firsts = np.arange(start, stop - horizon + 1)  # the first forecast row of each window
    xs = values[firsts[None] - context + np.arange(context)[:, None]]
    ys = values[firsts[:, None] + np.arange(horizon), target]
    return xs.astype(dtype), ys.astype(dtype)


def persistence(values: np.ndarray, start: int, horizon: int = 1) -> np.ndarray:
    """Forecast that everything stays as it is: row ``start + n - 1`` for all that follow.

    Parameters
    ----------
    values : ndarray, shape (L,)
    start : int
        First row to forecast, at least 1.
    horizon : int, optional

    Returns
    -------
    ndarray, shape (L - start - horizon + 1, horizon)
        Beside the ``ys`` of `windows` with the same `start` and `horizon`.
    """
    check_array("values", values, ("L",))
    if not 1 <= start <= len(values) - horizon:
        raise ValueError(f"start: expected from 1 to {len(values) - horizon}, got {start}")
    return np.repeat(values[start - 1 : len(values) - horizon, None], horizon, axis=1)


def climatology(
    dates: np.ndarray, values: np.ndarray, new_dates: np.ndarray, harmonics: int = 2
) -> np.ndarray:
    r"""Forecast what is usual for the time of year.

    Least squares fit of a mean and of sines and cosines with periods of a year, half a year, and
    so on, up to `harmonics`.

    Parameters
    ----------
    dates, values : ndarray, shape (L,)
        The past; use the training part alone.
    new_dates : ndarray of datetime64[D], shape (M,)

    Returns
    -------
    ndarray, shape (M,)
    """
    check_array("values", values, (len(dates),))
    check_positive_int("harmonics", harmonics)

    def design(days: np.ndarray) -> np.ndarray:
        angle = 2 * np.pi * days.astype("datetime64[D]").astype(float)[:, None] / YEAR
        multiples = angle * np.arange(1, harmonics + 1)
        return np.hstack([np.ones((len(days), 1)), np.sin(multiples), np.cos(multiples)])

    weights = np.linalg.lstsq(design(dates), values, rcond=None)[0]
    return design(new_dates) @ weights
