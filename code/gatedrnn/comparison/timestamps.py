r"""Dates and times of a table: which column has them, how often they come, what is missing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from gatedrnn.comparison.columns import row_name
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["Rhythm", "find_time_column", "read_times", "rhythm"]

OFFSET = re.compile(r"(?:Z|UTC|[+-]\d\d:?\d\d)$", re.IGNORECASE)
#: Day first, month first; with points the day is always first.
ORDERS = {"day/month/year": True, "month/day/year": False}
DAY = 86_400
UNITS = ((604_800, "week"), (DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
SHARE = 0.9  # of the steps in a row that must be alike for times to be called regular


def find_time_column(frame: pd.DataFrame, target: str) -> str | None:
    """Return the first column, other than the target, whose first values are all times."""
    for name in frame.columns:
        column = frame[name]
        if name == target or pd.api.types.is_numeric_dtype(column.dtype):
            continue
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            return name
        some = column.dropna().astype(str).iloc[:50]
        # "5" or "12:30" would be taken for a time of today.
        dated = some.str.contains(r"\d{4}|\d+[-/.]\d+[-/.]\d+", regex=True)
        if len(some) and dated.all():
            tried = [_try(some, day_first) for day_first in ORDERS.values()]
            if max(times.notna().mean() for times in tried) > SHARE:
                return name
    return None


def _try(texts: pd.Series, day_first: bool) -> pd.Series:
    """Read texts as UTC; NaT where that cannot be done."""
    iso = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    if iso.notna().mean() > SHARE:
        return iso
    # Year first, with slashes or points, is never ambiguous.
    year_first = texts.str.match(r"\d{4}[/.]").mean() > SHARE
    if year_first:
        texts = texts.str.replace(r"^(\d{4})[/.](\d+)[/.]", r"\1-\2-", regex=True)
    return pd.to_datetime(
        texts, format="mixed", dayfirst=day_first and not year_first, errors="coerce", utc=True
    )


def read_times(column: pd.Series, *, utc: bool = False) -> tuple[np.ndarray, str]:
    """Return a column of times without zone, and how it was understood, if there was a choice.

    Parameters
    ----------
    column : pandas.Series
    utc : bool, optional
        Bring different offsets to UTC instead of refusing them.

    Returns
    -------
    times : ndarray of datetime64[ns]
    note : str

    Raises
    ------
    ValueError
        If a time is missing or cannot be read, or offsets are mixed.
    """
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise ValueError(
            f"{column.name}: expected a time in every row, got none in {row_name(missing[0])}"
        )
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        if column.dt.tz is None:
            return column.to_numpy("datetime64[ns]"), ""
        zone = str(column.dt.tz)
        local = column.dt.tz_convert("UTC") if utc else column
        note = "in UTC" if utc else f"in {zone}"
        return local.dt.tz_localize(None).to_numpy("datetime64[ns]"), note
    texts = column.astype(str).str.strip()
    offsets = _offsets(texts, column.name, utc)
    times, note = _in_order(texts)
    wrong = np.flatnonzero(times.isna())
    if len(wrong):
        at = int(wrong[0])
        raise ValueError(
            f"{column.name}: expected times, got {texts.iloc[at][:40]!r} in {row_name(at)}"
        )
    if offsets and not utc:  # one offset for all: as the clock showed
        times = times + pd.Timedelta(f"{offsets}:00")
    if offsets:
        note = f"{note}, in UTC{'' if utc or offsets == '+00:00' else offsets}".lstrip(", ")
    return times.dt.tz_localize(None).to_numpy("datetime64[ns]"), note


def _offsets(texts: pd.Series, name: str, utc: bool) -> str:
    """Return the offset from UTC that all times have, or nothing."""
    # A date alone ends in what looks like an offset: 2012-01-02, but not after a time of day.
    found = texts.where(texts.str.contains(":"), "").str.extract(f"({OFFSET.pattern})", flags=re.I)
    each = found[0].fillna("").replace({"Z": "+00:00", "z": "+00:00", "UTC": "+00:00"})
    each = each.str.replace(r"^([+-]\d\d)(\d\d)$", r"\1:\2", regex=True)
    kinds = list(dict.fromkeys(each))
    if len(kinds) > 1 and not (utc and "" not in kinds):
        first, second = kinds[:2]
        at = int(np.flatnonzero(each == second)[0])
        shown = [one or "no offset" for one in (first, second)]
        hint = "give all of them one" if "" in kinds else "bring them to UTC with --utc"
        raise ValueError(
            f"{name}: expected one time zone, got {shown[0]} in {row_name(0)} and {shown[1]} in "
            f"{row_name(at)}; {hint}"
        )
    return "+00:00" if len(kinds) > 1 else kinds[0]


def _in_order(texts: pd.Series) -> tuple[pd.Series, str]:
    """Return the times; of 03/04/2020, in that order of day and month that fits the rows."""
    if not texts.str.match(r"\d{1,2}/\d{1,2}/\d{2,4}").any():
        return _try(texts, day_first=True), ""
    tried = {order: _try(texts, day_first) for order, day_first in ORDERS.items()}
    fields = texts.str.extract(r"^(\d{1,2})/(\d{1,2})/").astype(float)
    if fields[0].max() > 12:
        order = "day/month/year"
    elif fields[1].max() > 12:
        order = "month/day/year"
    else:  # both can be: the right one gives steps of equal length

        def alike(order: str) -> int:
            return max(Counter(np.diff(tried[order].to_numpy())).values(), default=0)

        order = max(ORDERS, key=alike)
    return tried[order], f"read as {order}"


@dataclass(frozen=True)
class Rhythm:
    """How often rows come.

    Attributes
    ----------
    label : str
        Such as ``"daily"``.
    places : ndarray of int
        Where each row is on the grid of regular times.
    regular : bool
    periods : dict of str to int
        What a season may be, such as ``{"a week": 7}``.
    seconds : float
        Between two rows, about.
    """

    label: str
    places: np.ndarray
    regular: bool
    periods: dict[str, int]
    seconds: float

    @property
    def missing(self) -> np.ndarray:
        """Places of the grid without a row."""
        return np.setdiff1d(np.arange(self.places[-1] + 1), self.places)

    def grid(self, times: np.ndarray) -> np.ndarray:
        """Return the times of all places, those without a row put between their neighbours."""
        places = np.arange(self.places[-1] + 1)
        numbers = np.interp(places, self.places, times.astype(np.int64))
        return numbers.round().astype(np.int64).view("datetime64[ns]")


def rhythm(times: np.ndarray) -> Rhythm:
    """Measure how often sorted, distinct times come.

    Days, and what is longer, are counted by the calendar: months differ in length, and share
    prices have no weekends.
    """
    steps = np.diff(times).astype("timedelta64[ns]").astype(np.int64) / 1e9
    usual = Counter(steps.tolist()).most_common(1)[0][0]
    days = times.astype("datetime64[D]")
    months = times.astype("datetime64[M]").astype(int)
    calendar = {
        "monthly": (28, 31, months - months[0], {"a year": 12}),
        "quarterly": (90, 92, (months - months[0]) / 3, {"a year": 4}),
        "yearly": (365, 366, (months - months[0]) / 12, {}),
    }
    for label, (low, high, places, periods) in calendar.items():
        if low * DAY <= usual <= high * DAY and _distinct_integers(places):
            return Rhythm(label, places.astype(int), True, periods, usual)
    if usual == DAY and np.is_busday(days).all() and (steps == 3 * DAY).any():
        places = np.busday_count(days[0], days)
        return Rhythm("every working day", places, True, {"a week": 5}, usual)
    places = (times - times[0]).astype("timedelta64[ns]").astype(np.int64) / 1e9 / usual
    label = _label(usual)
    whole = np.abs(places - places.round()) < 1e-6
    if not whole.all() or places[-1] > 20 * len(times):
        return Rhythm(f"irregular, mostly {label}", np.arange(len(times)), False, {}, usual)
    return Rhythm(label, places.round().astype(int), True, _periods(usual), usual)


def _distinct_integers(places: np.ndarray) -> bool:
    return bool((places == np.floor(places)).all() and (np.diff(places) > 0).all())


def _label(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            if count == 1:
                return {"day": "daily", "hour": "hourly", "week": "weekly"}.get(
                    unit, f"every {unit}"
                )
            return f"every {count} {unit}s"
    return f"every {seconds:g} seconds"


def _periods(seconds: float) -> dict[str, int]:
    """Return the seasons that hold a whole number of steps, from 4 on."""
    lengths = {"a day": DAY, "a week": 7 * DAY, "a year": 365 * DAY, "an hour": 3600}
    found = {name: length / seconds for name, length in lengths.items()}
    if seconds == 7 * DAY:
        found["a year"] = 52.0
    return {name: int(count) for name, count in found.items() if count == int(count) and count >= 4}
