r"""Numbers over time, and what a forecast may and may not know of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gatedrnn.data import season

__all__ = ["Timeline", "say"]

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
        first, last = (say(self.times[at]) for at in (part.start, part.stop - 1))
        return f"{first} to {last}"


def _circle(share: np.ndarray) -> np.ndarray:
    angle = 2 * np.pi * share.astype(float)
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def say(time: np.datetime64) -> str:
    """Return a time as a reader would write it: a day alone if it is midnight."""
    text = str(time.astype("datetime64[m]")).replace("T", " ")
    return text.removesuffix(" 00:00")
