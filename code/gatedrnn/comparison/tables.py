r"""From a table to a timeline: which column is what, in the right order, without gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gatedrnn.comparison.columns import NotNumbersError, check_column, numbers, row_name
from gatedrnn.comparison.gaps import FILLS, complete, on_grid
from gatedrnn.comparison.reading import Source
from gatedrnn.comparison.timeline import Timeline, say
from gatedrnn.comparison.timestamps import find_time_column, read_times, rhythm
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["read_timeline"]

MOSTLY_MISSING = 0.5  # an input column of which more is missing is left out


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
    return complete(line, fill)


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
            f"{column.name}: expected every time once, got {say(times[same[0]])} in "
            f"{row_name(first)} and {row_name(second)}, {len(same):,} such "
            f"pair{'' if len(same) == 1 else 's'} in all; if several series are in the file, keep "
            "one"
        )
    beat = rhythm(times)
    values, gaps = on_grid(table.to_numpy(float)[order], times, beat, column.name, fill)
    filled = np.zeros(values.shape, bool)
    if len(values) > len(times):
        filled[beat.missing] = True
        times = beat.grid(times)
    when = f"{column.name}: {beat.label}, {say(times[0])} to {say(times[-1])}"
    when += f", {note}" if note else ""
    when += "" if in_order else "; the rows were not in order and have been sorted"
    names = list(table.columns)
    return Timeline(
        values, names, names.index(target), filled, times, beat.label, beat.seconds, beat.periods,
        when=when, gaps=gaps, **about,
    )  # fmt: skip


def _newest(line: Timeline, max_rows: int) -> Timeline:
    return replace(
        line,
        values=line.values[-max_rows:],
        filled=line.filled[-max_rows:],
        times=None if line.times is None else line.times[-max_rows:],
        rows=f"{line.rows}; the newest {max_rows:,} rows are used",
    )
