"""Stock prices: the facts, the formulas by brute force, and that nothing knows the future."""

import gzip
import hashlib
from dataclasses import replace

import numpy as np
import pytest

from gatedrnn.data import (
    DataFileError,
    MissingPackageError,
    StockDays,
    block_sums,
    daily_stock_prices,
    ewma_variance,
    log_volatility,
    stock_days,
    stock_prices,
    trailing_mean,
)
from gatedrnn.data.packages import PackageFile
from gatedrnn.data.stock_prices import SOURCE, STOCKS


@pytest.fixture(scope="module")
def prices():
    return daily_stock_prices()


@pytest.fixture(scope="module")
def days():
    return StockDays.load()


def test_the_series(prices):
    assert len(prices) == 3270
    assert prices.tickers == ("AAPL", "IBM", "MSFT")
    assert [str(day) for day in prices.dates[[0, -1]]] == ["2000-03-01", "2013-03-01"]
    assert (np.diff(prices.dates) > np.timedelta64(0, "D")).all()
    for name in ("open", "high", "low", "close", "adjusted", "volume"):
        values = getattr(prices, name)
        assert values.shape == (3270, 3)
        assert (values > 0).all()
    assert prices.close[0].tolist() == [130.31, 100.25, 90.81]
    assert prices.column("MSFT") == 2
    with pytest.raises(ValueError, match=r"ticker: expected one of .*got 'FB'"):
        prices.column("FB")


@pytest.mark.parametrize(
    ("ticker", "day"),
    [("AAPL", "2000-06-21"), ("AAPL", "2005-02-28"), ("MSFT", "2003-02-18")],
)
def test_splits_are_in_the_quoted_prices_and_not_in_the_adjusted_ones(prices, ticker, day):
    t = int(np.flatnonzero(prices.dates == np.datetime64(day))[0])
    s = prices.column(ticker)
    assert 0.4 < prices.close[t, s] / prices.close[t - 1, s] < 0.6
    assert abs(prices.log_returns()[t - 1, s]) < 10


def test_a_real_crash_is_kept(prices):
    t = int(np.flatnonzero(prices.dates == np.datetime64("2000-09-29"))[0])
    assert prices.log_returns()[t - 1, 0] == pytest.approx(-73.1, abs=0.1)


def test_ranges_are_those_of_the_day(prices):
    expected = np.log(100 * np.log(prices.high[7, 1] / prices.low[7, 1]))
    assert prices.log_ranges()[7, 1] == pytest.approx(expected)


def test_stocks_with_fewer_days_share_what_all_have():
    both = daily_stock_prices(["AAPL", "FB"])
    assert len(both) == 196
    assert str(both.dates[0]) == "2012-05-18"
    np.testing.assert_array_equal(both.close[:, 0], daily_stock_prices(["AAPL"]).close[-196:, 0])


@pytest.mark.parametrize("tickers", [[], ["AAPL", "AAPL"], ["AAPL", "XYZ"]])
def test_bad_tickers_are_named(tickers):
    with pytest.raises(ValueError, match="tickers: expected some of"):
        daily_stock_prices(tickers)


def spoilt_package(tmp_path, monkeypatch, lines):
    package = tmp_path / "spoilt_stocks"
    package.mkdir()
    (package / "__init__.py").touch()
    content = gzip.compress("\n".join(lines).encode())
    (package / "stocks.csv.gz").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    sha = hashlib.sha256(content).hexdigest()
    spoilt = PackageFile("spoilt_stocks", "stocks.csv.gz", "spoilt==1", sha)
    monkeypatch.setattr(stock_prices, "STOCKS", spoilt)


HEADER = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Ticker,Date,Price"], "expected columns"),
        (
            [HEADER, "AAPL,2000-01-04,1,2,1,1,9,1", "AAPL,2000-01-03,1,2,1,1,9,1"],
            "in order, got 2000-01-03 after 2000-01-04",
        ),
        (
            [HEADER, "AAPL,2000-01-04,1,2,1,1,9,1", "AAPL,2000-01-04,1,2,1,1,9,1"],
            "in order, got 2000-01-04 after 2000-01-04",
        ),
        ([HEADER, "AAPL,2000-01-04,1,2,3,1,9,1"], "low <= close <= high"),
    ],
)
def test_other_files_are_refused(tmp_path, monkeypatch, lines, message):
    spoilt_package(tmp_path, monkeypatch, lines)
    with pytest.raises(DataFileError, match=message):
        daily_stock_prices(["AAPL"])


def test_a_missing_package_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install bokeh_sampledata==2026\.1"):
        daily_stock_prices()


def test_the_source_says_what_to_install():
    assert SOURCE.requirement == STOCKS.requirement
    assert "3,270" in SOURCE.size


def test_formulas_by_brute_force():
    rng = np.random.default_rng(0)
    returns = rng.normal(size=(40, 2))
    means, volatility = trailing_mean(returns, 3), log_volatility(returns, 5)
    variance = ewma_variance(returns, decay=0.9, start=4)
    assert np.isnan(means[:2]).all()
    assert np.isnan(volatility[:4]).all()
    assert np.isnan(variance[:3]).all()
    for s in range(2):
        running = sum(returns[t, s] ** 2 for t in range(4)) / 4
        for t in range(4, 40):
            assert means[t, s] == pytest.approx(sum(returns[t - j, s] for j in range(3)) / 3)
            mean = sum(returns[t - j, s] ** 2 for j in range(5)) / 5
            assert volatility[t, s] == pytest.approx(np.log(mean**0.5))
            running = 0.9 * running + 0.1 * returns[t, s] ** 2
            assert variance[t, s] == pytest.approx(running)


def test_bad_input_is_named():
    ones = np.ones((30, 1))
    with pytest.raises(ValueError, match="decay: expected a number between 0 and 1, got 1"):
        ewma_variance(ones, decay=1)
    with pytest.raises(ValueError, match="at least start = 22 days, got 21"):
        ewma_variance(ones[:21])
    with pytest.raises(ValueError, match="not zero in any 5 days"):
        log_volatility(np.zeros((30, 1)))
    with pytest.raises(ValueError, match="days"):
        trailing_mean(ones, 0)


def test_days_are_aligned(days, prices):
    """Each row against the definition, from the prices, at a day in the middle."""
    t = 1000
    row = int(np.flatnonzero(days.dates == prices.dates[t])[0])
    for s in range(3):
        r = 100 * np.log(prices.adjusted[1:, s] / prices.adjusted[:-1, s])
        assert days.returns[row, s] == pytest.approx(r[t - 1])
        variance = np.mean(r[:22] ** 2)
        for value in r[22 : t - 1]:  # without the day itself
            variance = 0.94 * variance + 0.06 * value**2
        assert days.expected[row, s] == pytest.approx(variance**0.5)
        assert days.inputs[row, s, 0] == pytest.approx(r[t - 1] / variance**0.5)
        assert days.volatility[5][row, s] == pytest.approx(0.5 * np.log(np.mean(r[t - 5 : t] ** 2)))
        high, low = prices.high[t, s], prices.low[t, s]
        assert days.inputs[row, s, 2] == pytest.approx(np.log(100 * np.log(high / low)))
    np.testing.assert_allclose(days.inputs[row, :, 1], days.inputs[row, :, 0].mean())
    np.testing.assert_allclose(days.inputs[row, :, 3], days.inputs[row, :, 2].mean())


def test_the_future_changes_nothing(days, prices):
    """The leak check: other prices after a day leave every row until then as it was."""
    last = 2500
    changed = {}
    for name in ("high", "low", "adjusted"):
        values = getattr(prices, name).copy()
        values[last + 1 :] *= 5 if name == "high" else 2
        changed[name] = values
    other = StockDays.from_prices(replace(prices, **changed))
    known = days.dates <= prices.dates[last]
    assert known.sum() > days.parts[0].stop
    np.testing.assert_array_equal(other.scaled[known], days.scaled[known])
    np.testing.assert_array_equal(other.expected[known], days.expected[known])
    assert (other.scaled[~known] != days.scaled[~known]).any((1, 2)).all()


def test_the_scale_is_that_of_the_training_days(days):
    train = days.scaled[days.parts[0]].reshape(-1, 4)
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(train.std(0), 1)
    assert days.scaled[days.parts[2]][..., 2].mean() < -0.2  # the test years are calmer


@pytest.mark.parametrize("horizon", [1, 5])
def test_parts_do_not_overlap(days, horizon):
    """No day is a target in two parts, and each part's context is in the past."""
    targets = []
    for part in days.parts:
        rows = days.evenings(part, 22, horizon)
        forecast = rows[:, None] + np.arange(1, horizon + 1)
        assert forecast.min() >= part.start
        assert forecast.max() == part.stop - 1
        assert rows.min() >= 21
        targets.append(set(forecast.ravel()))
    assert len(set.union(*targets)) == sum(map(len, targets))
    assert str(days.dates[days.parts[2].start]) == "2010-03-10"


def test_windows_end_at_their_evening_one_stock_after_another(days):
    rows = np.array([100, 105])
    windows = days.windows(rows, 22)
    assert windows.shape == (22, 6, 4)
    assert windows.dtype == np.float32
    pooled = days.pool(days.returns, rows)
    for s in range(3):
        for k, row in enumerate(rows):
            n = 2 * s + k
            np.testing.assert_allclose(windows[-1, n], days.scaled[row, s], rtol=1e-6)
            np.testing.assert_allclose(windows[0, n], days.scaled[row - 21, s], rtol=1e-6)
            assert pooled[n] == days.returns[row, s]


def test_block_sums():
    values = np.arange(2 * 7, dtype=float)  # two stocks, seven days
    np.testing.assert_allclose(block_sums(values, 2, days=3), [7 + 9 + 11 + 13, 15 + 17 + 19])
    assert block_sums(values, 2, days=3).sum() == values.sum()
    with pytest.raises(ValueError, match="got 13 values"):
        block_sums(values[:13], 2, days=3)
    with pytest.raises(ValueError, match="expected 25 or more days of 2 stocks, got 14 values"):
        block_sums(values, 2)


def test_there_is_room_to_warm_up():
    assert stock_days.WARM_UP >= 22
