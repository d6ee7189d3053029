r"""Daily prices of Apple, IBM and Microsoft, 2000 to 2013, and what a forecast of them needs.

The quoted prices jump when a share is split: Apple's halved overnight on 21 June 2000 and on 28
February 2005, Microsoft's on 18 February 2003, and nobody lost anything. The source's *adjusted*
close undoes splits and dividends by scaling everything before them. Its level at a date therefore
depends on what came later; its day-to-day ratios do not.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatedrnn.data.packages import DataFileError, DataSource, PackageFile
from gatedrnn.validation import check_floats, check_positive_int

__all__ = [
    "StockPrices",
    "daily_stock_prices",
    "ewma_variance",
    "log_volatility",
    "trailing_mean",
]

STOCKS = PackageFile(
    package="bokeh_sampledata",
    path="_data/stocks.csv.gz",
    requirement="bokeh_sampledata==2026.1",
    sha256="5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd",
)
HEADER = ["Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close"]


@dataclass(frozen=True)
class StockPrices:
    """Prices of S stocks on L common trading days.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (L,)
        In order, without repetitions; weekends and holidays are not in it.
    tickers : tuple of str, of length S
    open, high, low, close : ndarray of float64, shape (L, S)
        As they were quoted on the day, in US dollars.
    adjusted : ndarray of float64, shape (L, S)
        The close with splits and dividends undone, in US dollars of the source's last day.
    volume : ndarray of float64, shape (L, S)
        Shares traded; a split doubles what the same trade counts for.
    """

    dates: np.ndarray
    tickers: tuple[str, ...]
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    adjusted: np.ndarray
    volume: np.ndarray

    def __len__(self) -> int:
        return len(self.dates)

    def column(self, ticker: str) -> int:
        """Return the index of a stock.

        Raises
        ------
        ValueError
            If it is not there.
        """
        if ticker not in self.tickers:
            raise ValueError(f"ticker: expected one of {self.tickers}, got {ticker!r}")
        return self.tickers.index(ticker)

    def log_returns(self) -> np.ndarray:
        r"""Return :math:`100 \log(p_t / p_{t-1})` of the adjusted close, shape (L - 1, S).

        Entry t - 1 is the change from day t - 1 to day t, in per cent, dividends included.
        """
        return 100 * np.diff(np.log(self.adjusted), axis=0)

    def log_ranges(self) -> np.ndarray:
        r"""Return :math:`\log(100 \log(\text{high}_t / \text{low}_t))`, shape (L, S).

        How far the price moved within the day, on a log scale. A split cancels in the ratio.
        """
        return np.log(100 * np.log(self.high / self.low))


def daily_stock_prices(tickers: Sequence[str] = ("AAPL", "IBM", "MSFT")) -> StockPrices:
    """Return the prices of some stocks, on the days that all of them have.

    Source: Quandl WIKI Prices (public domain), as packaged by bokeh_sampledata. Of AAPL, IBM and
    MSFT there are 3,270 days, from 1 March 2000 to 1 March 2013; of GOOG and FB fewer.

    Parameters
    ----------
    tickers : sequence of str, optional

    Raises
    ------
    ValueError
        If a ticker is unknown or named twice, or there is none.
    MissingPackageError
        If bokeh_sampledata is not installed.
    DataFileError
        If it is another version, or a day is there twice or out of order.
    """
    rows = _read()
    if not tickers or len(set(tickers)) < len(tickers) or set(tickers) - set(rows):
        raise ValueError(
            f"tickers: expected some of {sorted(rows)}, each once, got {tuple(tickers)}"
        )
    common = sorted(set.intersection(*(set(rows[ticker]) for ticker in tickers)))
    table = np.array([[rows[ticker][date] for ticker in tickers] for date in common])
    opened, high, low, close, volume, adjusted = np.moveaxis(table, -1, 0)  # each (L, S)
    if not ((low > 0) & (low < high) & (low <= close) & (close <= high)).all():
        raise DataFileError("bokeh_sampledata: expected 0 < low <= close <= high and low < high")
    return StockPrices(
        np.array(common, "datetime64[D]"), tuple(tickers), opened, high, low, close, adjusted,
        volume,
    )  # fmt: skip


def _read() -> dict[str, dict[str, list[float]]]:
    """Return the numbers by ticker and date."""
    text = gzip.decompress(STOCKS.read()).decode("utf-8")
    lines = csv.reader(io.StringIO(text))
    header = next(lines)
    if header != HEADER:
        raise DataFileError(f"bokeh_sampledata: expected columns {HEADER}, got {header}")
    rows: dict[str, dict[str, list[float]]] = {}
    last = ""
    for ticker, date, *numbers in lines:
        days = rows.setdefault(ticker, {})
        if days and date <= last:
            raise DataFileError(
                f"bokeh_sampledata: expected {ticker}'s days in order, got {date} after {last}"
            )
        last = date
        days[date] = [float(number) for number in numbers]
    return rows


def trailing_mean(values: np.ndarray, days: int) -> np.ndarray:
    """Return the mean of each row and the ``days - 1`` rows before it; NaN where they are missing.

    Parameters
    ----------
    values : ndarray of floats, shape (L, S)
    days : int

    Returns
    -------
    ndarray, shape (L, S)
    """
    check_floats("values", values, ("L", "S"))
    check_positive_int("days", days)
    means = np.full(values.shape, np.nan)
    if len(values) >= days:
        windows = np.lib.stride_tricks.sliding_window_view(values, days, axis=0)
        means[days - 1 :] = windows.mean(-1)
    return means


def log_volatility(returns: np.ndarray, days: int = 5) -> np.ndarray:
    r"""Return the logarithm of the realised volatility of the last `days` days.

    .. math::

        v_t = \tfrac12 \log \frac{1}{k} \sum_{j=0}^{k-1} r_{t-j}^2

    Parameters
    ----------
    returns : ndarray of floats, shape (L, S)
    days : int, optional
        k.

    Returns
    -------
    ndarray, shape (L, S)
        NaN in the first ``days - 1`` rows.

    Raises
    ------
    ValueError
        If the returns of `days` days on end are all zero: the logarithm does not exist.
    """
    mean = trailing_mean(returns**2, days)
    if (mean <= 0).any():
        raise ValueError(f"returns: expected one that is not zero in any {days} days on end")
    return 0.5 * np.log(mean)


def ewma_variance(returns: np.ndarray, decay: float = 0.94, start: int = 22) -> np.ndarray:
    r"""Return the exponentially weighted mean of squared returns, RiskMetrics' estimate.

    .. math::

        s_t = \lambda s_{t-1} + (1 - \lambda) r_t^2

    Parameters
    ----------
    returns : ndarray of floats, shape (L, S)
    decay : float, optional
        :math:`\lambda`, between 0 and 1.
    start : int, optional
        The recursion begins with the mean square of this many days; before them it is NaN.

    Returns
    -------
    ndarray, shape (L, S)
        Row t knows the returns up to and including row t.
    """
    check_floats("returns", returns, ("L", "S"))
    check_positive_int("start", start)
    if not 0 < decay < 1:
        raise ValueError(f"decay: expected a number between 0 and 1, got {decay!r}")
    if len(returns) < start:
        raise ValueError(f"returns: expected at least start = {start} days, got {len(returns)}")
    variance = np.full(returns.shape, np.nan)
    variance[start - 1] = (returns[:start] ** 2).mean(0)
    for t in range(start, len(returns)):
        variance[t] = decay * variance[t - 1] + (1 - decay) * returns[t] ** 2
    return variance


SOURCE = DataSource(
    name="daily prices of Apple, IBM and Microsoft",
    case="stock prices",
    size="3,270 days, 3 stocks",
    requirement=STOCKS.requirement,
    licence="public domain",
    source="Quandl WIKI Prices, by way of bokeh_sampledata",
)
