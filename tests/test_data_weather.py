"""Seattle's weather: the facts, the windows and the naive forecasts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.data import (
    Standardiser,
    climatology,
    persistence,
    season,
    seattle_weather,
    split_by_time,
    windows,
)


@pytest.fixture(scope="module")
def weather():
    return seattle_weather()


def rmse(forecast, truth):
    return float(np.sqrt(np.mean((forecast - truth) ** 2)))


def test_the_series(weather):
    assert len(weather) == 1461
    assert weather.values.shape == (1461, 4)
    assert weather.names == ("precipitation", "temp_max", "temp_min", "wind")
    assert [str(day) for day in weather.dates[[0, -1]]] == ["2012-01-01", "2015-12-31"]
    assert set(weather.kinds) == {"drizzle", "fog", "rain", "snow", "sun"}
    assert (weather["temp_max"] >= weather["temp_min"]).all()
    with pytest.raises(ValueError, match=r"name: expected one of .*got 'pressure'"):
        weather["pressure"]


def test_persistence_on_the_last_year(weather):
    highs = weather["temp_max"]
    forecast = persistence(highs, len(highs) - 365)
    assert forecast.shape == (365, 1)
    assert rmse(forecast[:, 0], highs[-365:]) == pytest.approx(2.91, abs=0.005)


def test_climatology_knows_the_seasons_and_not_the_future(weather):
    highs, dates = weather["temp_max"], weather.dates
    past, future = slice(0, -365), slice(-365, None)
    forecast = climatology(dates[past], highs[past], dates[future])
    assert rmse(forecast, highs[future]) == pytest.approx(3.78, abs=0.01)
    assert rmse(highs[past].mean(), highs[future]) > 7
    # A wave with the period of a year is found exactly, and extrapolated.
    wave = 3 + 2 * season(dates)[:, 0]
    np.testing.assert_allclose(climatology(dates[past], wave[past], dates[future]), wave[future])


def test_season_comes_round_after_four_years(weather):
    angle = season(weather.dates)
    np.testing.assert_allclose((angle**2).sum(1), 1)
    np.testing.assert_allclose(
        season(np.array(["2012-03-01"], "datetime64[D]")),
        season(np.array(["2016-03-01"], "datetime64[D]")),
        atol=0.01,
    )


def test_standardiser(weather):
    train = split_by_time(len(weather), valid=365, test=365)[0]
    standardiser = Standardiser.fit(weather.values[train])
    scaled = standardiser.transform(weather.values)
    np.testing.assert_allclose(scaled[train].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[train].std(0), 1)
    np.testing.assert_allclose(standardiser.inverse(scaled), weather.values)
    np.testing.assert_allclose(standardiser.inverse(scaled[:, 1], 1), weather["temp_max"])
    with pytest.raises(ValueError, match="column 1 is constant"):
        Standardiser.fit(np.array([[1.0, 2.0], [3.0, 2.0]]))


@settings(deadline=None, derandomize=True)
@given(
    length=st.integers(3, 40),
    context=st.integers(1, 20),
    horizon=st.integers(1, 10),
    data=st.data(),
)
def test_windows_forecast_what_follows_their_context(length, context, horizon, data):
    values = np.stack([np.arange(length), -np.arange(length)], axis=1).astype(float)
    start = data.draw(st.integers(context, max(context, length)))
    stop = data.draw(st.integers(0, length))
    if start + horizon > stop:
        with pytest.raises(ValueError, match="stop: expected from start"):
            windows(values, context, horizon, start=start, stop=stop)
        return
    xs, ys = windows(values, context, horizon, target=1, start=start, stop=stop)
    assert xs.shape[:2] == (context, len(ys))
    np.testing.assert_array_equal(xs[-1, :, 0] + 1, -ys[:, 0])  # the day after the context
    np.testing.assert_array_equal(np.diff(xs[:, :, 0], axis=0), 1)
    np.testing.assert_array_equal(np.diff(ys, axis=1), -1)
    rows = -ys
    assert (rows.min(), rows.max()) == (start, stop - 1)


def test_parts_never_forecast_the_same_day():
    values = np.arange(50.0)[:, None]
    parts = split_by_time(50, valid=10, test=10)
    days = np.concatenate(
        [
            np.unique(windows(values, 5, 2, start=max(part.start, 5), stop=part.stop)[1])
            for part in parts
        ]
    )
    np.testing.assert_array_equal(days, np.arange(5, 50))  # each day once


def test_windows_and_persistence_line_up():
    values = np.random.default_rng(0).random((30, 1))
    xs, ys = windows(values, 4, 3, start=12, dtype=float)
    np.testing.assert_array_equal(
        np.repeat(xs[-1, :, :1], 3, axis=1), persistence(values[:, 0], 12, 3)
    )
    assert ys.shape == (16, 3)


def test_bad_windows_are_explained():
    values = np.zeros((20, 2))
    with pytest.raises(ValueError, match="start: expected at least the context, 5, got 3"):
        windows(values, 5, start=3)
    with pytest.raises(ValueError, match="target: expected a column below 2, got 2"):
        windows(values, 5, target=2)
    with pytest.raises(ValueError, match="start: expected from 1 to 19, got 0"):
        persistence(values[:, 0], 0)
