r"""What is known of three stocks on the evening of each trading day, ready for a model.

Three stocks are pooled: one model reads some days of any of them. Everything is known on the
evening of the last of these days; scales are those of the training days or of the recent past.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gatedrnn.data.batching import split_by_time
from gatedrnn.data.stock_prices import (
    StockPrices,
    daily_stock_prices,
    ewma_variance,
    log_volatility,
)
from gatedrnn.data.weather import Standardiser
from gatedrnn.validation import check_positive_int

__all__ = ["StockDays", "block_sums"]

#: Days that the EWMA and the longest mean need before the first row.
WARM_UP = 22
#: Trading days of the validation part and of the test part.
VALID, TEST = 500, 750


@dataclass(frozen=True)
class StockDays:
    """What is known each evening, for L days and S stocks.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (L,)
    returns : ndarray, shape (L, S)
        Log returns in per cent.
    expected : ndarray, shape (L, S)
        The standard deviation of the day's return that was expected the evening before, in per
        cent: the root of the EWMA of the squared returns until then.
    inputs : ndarray, shape (L, S, 4)
        Return over expected standard deviation, its mean over the stocks, log range of the day,
        and its mean over the stocks.
    volatility : dict of int to ndarray, shape (L, S)
        `log_volatility` of the last 5 and 22 days.
    """

    dates: np.ndarray
    returns: np.ndarray
    expected: np.ndarray
    inputs: np.ndarray
    volatility: dict[int, np.ndarray]

    @classmethod
    def load(cls) -> StockDays:
        """Compute them for the stocks of `daily_stock_prices`."""
        return cls.from_prices(daily_stock_prices())

    @classmethod
    def from_prices(cls, prices: StockPrices) -> StockDays:
        """Compute them from prices; nothing in a row depends on what comes after it."""
        returns, ranges = prices.log_returns(), prices.log_ranges()[1:]
        expected = np.sqrt(ewma_variance(returns, start=WARM_UP))[:-1]
        surprise = returns[1:] / expected

        def of_all(values: np.ndarray) -> np.ndarray:
            return np.repeat(values.mean(1, keepdims=True), values.shape[1], axis=1)

        own = (surprise, ranges[1:])
        inputs = np.stack([own[0], of_all(own[0]), own[1], of_all(own[1])], axis=-1)
        keep = slice(WARM_UP - 1, None)
        volatility = {k: log_volatility(returns, k)[1:][keep] for k in (5, 22)}
        return cls(
            prices.dates[2:][keep], returns[1:][keep], expected[keep], inputs[keep], volatility
        )

    @cached_property
    def parts(self) -> tuple[slice, slice, slice]:
        """Train, valid and test, in the order of time."""
        return split_by_time(len(self.dates), valid=VALID, test=TEST)

    @cached_property
    def scaled(self) -> np.ndarray:
        """The inputs, standardised by the training days of all stocks, shape (L, S, 4)."""
        past = self.inputs[self.parts[0]].reshape(-1, self.inputs.shape[-1])
        return Standardiser.fit(past).transform(self.inputs)

    def pool(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return ``values[rows]`` (K, S, ...) with one stock after another, (S K, ...)."""
        return np.moveaxis(values[rows], 1, 0).reshape(-1, *values.shape[2:])

    def windows(self, rows: np.ndarray, context: int) -> np.ndarray:
        """Return the inputs of `context` days until each row, shape (context, S K, D)."""
        steps = [self.pool(self.scaled, rows - back) for back in range(context - 1, -1, -1)]
        return np.stack(steps).astype(np.float32)

    def evenings(self, part: slice, context: int, horizon: int = 1) -> np.ndarray:
        """Return the rows after which a forecast is made of `horizon` days within the part."""
        return np.arange(max(part.start, context) - 1, part.stop - horizon)


def block_sums(values: np.ndarray, stocks: int, days: int = 25) -> np.ndarray:
    """Sum over the stocks and over blocks of days.

    Days next to each other are alike, and so are stocks on one day: blocks are what can be drawn
    anew to see how much depends on which days there were.

    Parameters
    ----------
    values : ndarray, shape (S K,)
        One stock after another, as `StockDays.pool` returns them.
    stocks : int
        S.
    days : int, optional
        About how many make a block; those that are left over are spread over the blocks.

    Returns
    -------
    ndarray, shape (K // days,)

    Raises
    ------
    ValueError
        If the values are not S times as many, or fewer than a block.
    """
    check_positive_int("days", days)
    if len(values) % check_positive_int("stocks", stocks) or len(values) < stocks * days:
        raise ValueError(
            f"values: expected {days} or more days of {stocks} stocks, got {len(values)} values"
        )
    by_day = values.reshape(stocks, -1).sum(0)
    return np.array([part.sum() for part in np.array_split(by_day, len(by_day) // days)])
