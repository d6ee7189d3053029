r"""A table understood as a timeline: sorted, on a grid, complete, and what was done to get there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gatedrnn.comparison.columns import NotNumbersError, check_column, numbers, row_name
from gatedrnn.comparison.reading import Source
from gatedrnn.comparison.timestamps import Rhythm, find_time_column, read_times, rhythm
from gatedrnn.data import season
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["FILLS", "Timeline", "read_timeline"]

FILLS = ("previous", "interpolate", "ignore")
MOSTLY_MISSING = 0.5  # an input column of which more is missing is left out
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Timeline:
    """Numbers over time.

    Attributes
    ----------
    values : ndarray, shape (L, D)
    names : list of str
    target : int
        Column to forecast.
    filled : ndarray of bool, shape (L, D)
        What was not in the file.
    times : ndarray of datetime64[ns], shape (L,), or None
    label : str
        How often rows come.
    seconds : float
        Between two rows.
    periods : dict of str to int
        What a season may be.
    rows, when, gaps : str
        What was understood, in words.
    ignored : dict of str to str
        Columns that are not used, and why.
    looks_ahead : bool
        Whether what was filled in knows of later rows.
    """

    values: np.ndarray
    names: list[str]
    target: int
    filled: np.ndarray
    times: np.ndarray | None = None
    label: str = "in the order of the file"
    seconds: float = 0.0
    periods: dict[str, int] = field(default_factory=dict)
    rows: str = ""
    when: str = "no column of times: rows as they follow each other"
    gaps: str = "cannot be seen without times"
    ignored: dict[str, str] = field(default_factory=dict)
    looks_ahead: bool = False

    @property
    def name(self) -> str:
        """The target's."""
        return self.names[self.target]

    @property
    def column(self) -> np.ndarray:
        """The target, shape (L,)."""
        return self.values[:, self.target]

    def take_columns(self, kept: np.ndarray) -> Timeline:
        """Return the timeline without the columns that do not vary."""
        constant = {
            name: "constant" for name, keep in zip(self.names, kept, strict=True) if not keep
        }
        return replace(
            self,
            values=self.values[:, kept],
            filled=self.filled[:, kept],
            names=[name for name, keep in zip(self.names, kept, strict=True) if keep],
            target=int(kept[: self.target].sum()),
            ignored={**self.ignored, **constant},
        )

    def _calendar(self) -> dict[str, np.ndarray]:
        """Return what the calendar says of every row: known in advance, so no leak."""
        if self.times is None or self.label.startswith("irregular"):
            return {}
        days = self.times.astype("datetime64[D]")
        found = {}
        if self.seconds <= 12 * 3600:
            share = (self.times - days) / np.timedelta64(1, "D")
            found["time of day"] = _circle(share)
        if self.seconds <= 86_400 and days[-1] - days[0] > 21 * DAY:
            found["day of the week"] = _circle((days.astype(int) % 7) / 7)
        if self.seconds < 300 * 86_400 and days[-1] - days[0] > 365 * DAY:
            found["time of year"] = season(days)
        return found

    def inputs(self) -> np.ndarray:
        """Return the columns and, beside them, the calendar, shape (L, D')."""
        return np.hstack([self.values, *self._calendar().values()])

    def input_names(self) -> list[str]:
        """Return the names of what a forecast is made from."""
        return [*self.names, *self._calendar()]

    def usable(self, rows: np.ndarray, horizon: int) -> np.ndarray:
        """Return which forecasts, each beginning in one of `rows`, are of measured values alone.

        An interpolated value knows the next measured one, which is what would be forecast; so
        no forecast begins right after one.
        """
        usable = ~self.filled[rows[:, None] + np.arange(horizon), self.target].any(1)
        if self.looks_ahead:
            usable &= ~self.filled[rows - 1].any(1)
        return usable

    def span(self, part: slice) -> str:
        """Return the first and the last time of a part, in words."""
        if self.times is None:
            return f"rows {part.start + 1:,} to {part.stop:,}"
        first, last = (_say(self.times[at]) for at in (part.start, part.stop - 1))
        return f"{first} to {last}"


def _circle(share: np.ndarray) -> np.ndarray:
    angle = 2 * np.pi * share.astype(float)
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _say(time: np.datetime64) -> str:
    text = str(time.astype("datetime64[m]")).replace("T", " ")
    return text.removesuffix(" 00:00")


def read_timeline(
    source: Source,
    target: str | None,
    *,
    time: str | None = None,
    fill: str | None = None,
    utc: bool = False,
    max_rows: int | None = None,
) -> Timeline:
    """Understand a table as numbers over time, or say why it cannot be.

    Parameters
    ----------
    source : Source
    target : str
        Column to forecast.
    time : str, optional
        Column of times; the first that has times, if left out.
    fill : {"previous", "interpolate", "ignore"}, optional
        What to do where rows or values are missing; by default they are refused. "ignore" takes
        the rows as they follow each other, whatever time is between them.
    utc : bool, optional
        As for `read_times`.
    max_rows : int, optional
        Take the newest rows alone, if there are more.

    Raises
    ------
    ValueError
        With what was expected and what came.
    """
    if fill not in (None, *FILLS):
        raise ValueError(f"fill: expected one of {', '.join(FILLS)}, got {fill!r}")
    check_column("target", target, source)
    frame = source.frame
    if time is not None:
        check_column("time", time, source)
    elif (time := find_time_column(frame, target)) is not None:
        pass
    table, ignored = _numeric(source, target, time)
    about = {"rows": f"{len(frame):,} rows, {frame.shape[1]} columns", "ignored": ignored}
    if len(frame) < 3:
        raise ValueError(f"{source.name}: expected at least 100 rows, got {len(frame)}")
    if time is None:
        line = _without_times(table, target, about)
    else:
        line = _with_times(table, target, frame[time], fill, utc, about)
    if max_rows is not None and len(line.values) > max_rows:
        line = _newest(line, max_rows)
    return _complete(line, fill)


def _numeric(source: Source, target: str, time: str | None):
    """Return the columns of numbers, and why the others are none."""
    table, ignored = {}, {}
    for name, column in source.frame.items():
        if name == time:
            continue
        try:
            values = numbers(column, source.decimal)
        except NotNumbersError:
            if name == target:
                raise
            ignored[name] = "not numbers"
            continue
        missing = np.isnan(values).mean()
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            raise ValueError(
                f"{name}: expected finite numbers, got {values[infinite[0]]} in "
                f"{row_name(infinite[0])}"
            )
        if name != target and missing > MOSTLY_MISSING:
            ignored[name] = f"{missing:.0%} missing"
        elif name != target and _counts(values):
            ignored[name] = "counts the rows"
        else:
            table[name] = values
    present = table[target][~np.isnan(table[target])]
    if len(present) == 0:
        raise ValueError(f"{target}: expected numbers, got an empty column")
    if np.ptp(present) == 0:
        raise ValueError(f"{target}: expected numbers that vary, got {present[0]:g} in every row")
    return pd.DataFrame(table), ignored


def _counts(values: np.ndarray) -> bool:
    return len(values) > 2 and values[0] in (0, 1) and bool((np.diff(values) == 1).all())


def _without_times(table: pd.DataFrame, target: str, about: dict) -> Timeline:
    values = table.to_numpy(float)
    names = list(table.columns)
    return Timeline(values, names, names.index(target), np.zeros(values.shape, bool), **about)


def _with_times(table, target: str, column: pd.Series, fill, utc: bool, about: dict) -> Timeline:
    times, note = read_times(column, utc=utc)
    order = np.argsort(times, kind="stable")
    in_order = bool((np.diff(order) == 1).all())
    times = times[order]
    same = np.flatnonzero(np.diff(times) == np.timedelta64(0))
    if len(same):
        first, second = sorted(order[same[0] : same[0] + 2])
        raise ValueError(
            f"{column.name}: expected every time once, got {_say(times[same[0]])} in "
            f"{row_name(first)} and {row_name(second)}, and {len(same)} such pairs in all; if "
            "several series are in the file, keep one"
        )
    beat = rhythm(times)
    values, gaps = _on_grid(table.to_numpy(float)[order], times, beat, column.name, fill)
    filled = np.zeros(values.shape, bool)
    if len(values) > len(times):
        filled[beat.missing] = True
        times = beat.grid(times)
    when = f"{column.name}: {beat.label}, {_say(times[0])} to {_say(times[-1])}"
    when += f", {note}" if note else ""
    when += "" if in_order else "; the rows were not in order and have been sorted"
    names = list(table.columns)
    return Timeline(
        values, names, names.index(target), filled, times, beat.label, beat.seconds, beat.periods,
        when=when, gaps=gaps, **about,
    )  # fmt: skip


def _on_grid(values, times, beat: Rhythm, name: str, fill) -> tuple[np.ndarray, str]:
    """Return the values on the grid, NaN where there is no row; refuse gaps unless told not to."""
    hint = "; say what to do with --fill previous, interpolate or ignore"
    if not beat.regular:
        if fill is None or fill != "ignore":
            raise ValueError(
                f"{name}: expected times at equal distances, got {beat.label}; to take the rows "
                "as they follow each other: --fill ignore"
            )
        return values, "times are irregular; rows taken as they follow each other"
    missing = beat.missing
    if not len(missing):
        return values, "none"
    after = int(np.flatnonzero(np.diff(beat.places) > 1)[0])
    where = f"the first after {_say(times[after])}"
    stretches = int((np.diff(beat.places) > 1).sum())
    count = f"{len(missing):,} missing rows in {stretches:,} gaps, {where}"
    if fill is None:
        raise ValueError(f"{name}: expected {beat.label} rows without gaps, got {count}{hint}")
    if fill == "ignore":
        return values, f"{count}; ignored: rows taken as they follow each other"
    full = np.full((beat.places[-1] + 1, values.shape[1]), np.nan)
    full[beat.places] = values
    return full, f"{count}; filled ({fill}), and never forecast or scored"


def _newest(line: Timeline, max_rows: int) -> Timeline:
    return replace(
        line,
        values=line.values[-max_rows:],
        filled=line.filled[-max_rows:],
        times=None if line.times is None else line.times[-max_rows:],
        rows=f"{line.rows}; the newest {max_rows:,} rows are used",
    )


def _complete(line: Timeline, fill: str | None) -> Timeline:
    """Fill in missing values, or refuse them."""
    missing = np.isnan(line.values)
    single = missing & ~line.filled
    gaps = [] if line.gaps == "none" and single.any() else [line.gaps]
    if single.any():
        at, column = (int(index) for index in np.argwhere(single)[0])
        where = row_name(at) if line.times is None else f"the row of {_say(line.times[at])}"
        if fill is None:
            raise ValueError(
                f"{line.names[column]}: expected a number in every row, got "
                f"{int(single[:, column].sum()):,} missing, the first in {where}; say what to do "
                "with --fill previous, interpolate or ignore"
            )
        if fill == "ignore":
            whole = ~missing.any(1)
            gaps.append(f"{int((~whole).sum()):,} rows with missing values left out")
            return _rows(line, whole, gaps=gaps)
        gaps.append(f"{int(single.sum()):,} missing values filled ({fill})")
    if not missing.any():
        return line
    table = pd.DataFrame(line.values)
    done = table.interpolate("linear") if fill == "interpolate" else table.ffill()
    # Before its first value a column has no past to be filled from.
    early = done.isna().any(axis=1).to_numpy()
    if early.any():
        gaps.append(f"the first {int(early.sum()):,} rows, where a column has not begun, left out")
    filled = replace(
        line,
        values=done.to_numpy(float),
        filled=line.filled | missing,
        looks_ahead=fill == "interpolate",
    )
    return _rows(filled, ~early, gaps=gaps)


def _rows(line: Timeline, kept: np.ndarray, *, gaps: list[str]) -> Timeline:
    return replace(
        line,
        values=line.values[kept],
        filled=line.filled[kept],
        times=None if line.times is None else line.times[kept],
        gaps="; ".join(gaps),
    )
