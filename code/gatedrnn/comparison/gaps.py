r"""Rows and numbers that are missing from a series: refused, filled, or passed over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gatedrnn.comparison.columns import row_name
from gatedrnn.comparison.timeline import Timeline, say
from gatedrnn.comparison.timestamps import Rhythm
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["FILLS", "complete", "on_grid"]

FILLS = ("previous", "interpolate", "ignore")


def on_grid(values, times, beat: Rhythm, name: str, fill) -> tuple[np.ndarray, str]:
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
    where = f"the first after {say(times[after])}"
    stretches = int((np.diff(beat.places) > 1).sum())
    rows, gaps = ("" if n == 1 else "s" for n in (len(missing), stretches))
    count = f"{len(missing):,} missing row{rows} in {stretches:,} gap{gaps}, {where}"
    if fill is None:
        rows = f"rows {beat.label}" if beat.label.startswith("every") else f"{beat.label} rows"
        raise ValueError(f"{name}: expected {rows} without gaps, got {count}{hint}")
    if fill == "ignore":
        return values, f"{count}; ignored: rows taken as they follow each other"
    full = np.full((beat.places[-1] + 1, values.shape[1]), np.nan)
    full[beat.places] = values
    return full, f"{count}; filled ({fill}), and never forecast or scored"


def complete(line: Timeline, fill: str | None) -> Timeline:
    """Fill in missing values, or refuse them."""
    missing = np.isnan(line.values)
    single = missing & ~line.filled
    gaps = [] if line.gaps == "none" and single.any() else [line.gaps]
    if single.any():
        at, column = (int(index) for index in np.argwhere(single)[0])
        where = row_name(at) if line.times is None else f"the row of {say(line.times[at])}"
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
