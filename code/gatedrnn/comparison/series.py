r"""A table of numbers over time: forecast one column from the past of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatedrnn.comparison.forecasts import naive_forecasts
from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.reading import Source
from gatedrnn.comparison.tables import read_timeline
from gatedrnn.comparison.timeline import Timeline
from gatedrnn.data import Minibatches, Standardiser, split_by_time, windows
from gatedrnn.functional import squared_error
from gatedrnn.models import SequenceModel
from gatedrnn.validation import check_positive_int

__all__ = ["series_problem"]

SHARE = 0.15  # of the rows for validation, and as many for test
LEAST = 20  # forecasts in the validation part, and in the test part
SHOWN = 100  # test forecasts that the report draws
CHUNK = 256  # windows that are judged at once


def series_problem(
    source: Source,
    target: str | None,
    *,
    time: str | None = None,
    fill: str | None = None,
    utc: bool = False,
    horizon: int = 1,
    context: int | None = None,
    max_rows: int | None = None,
    batch_size: int = 32,
) -> Problem:
    """Make a forecasting problem of a table.

    The oldest 70 % of the rows are for training, the next 15 % for validation, the newest for
    test. Columns are standardised by the training part alone. What a model forecasts is the
    change from the last known value, so that a network that says 0 is persistence.

    Parameters
    ----------
    source : Source
    target, time, fill, utc, max_rows
        As for `read_timeline`.
    horizon : int, optional
        Steps ahead, all of which are forecast at once.
    context : int, optional
        Rows that a forecast may look back on; by default two seasons of at most 24 rows, or 14.
    batch_size : int, optional

    Raises
    ------
    ValueError
        If the table will not do, with the reason.
    """
    check_positive_int("horizon", horizon)
    line = read_timeline(source, target, time=time, fill=fill, utc=utc, max_rows=max_rows)
    if context is None:
        season = max((p for p in line.periods.values() if p <= 24), default=7)
        context = min(2 * season, max(4, len(line.values) // 20))
    check_positive_int("context", context)
    held_out = max(round(SHARE * len(line.values)), LEAST + horizon - 1)
    needed = 2 * (LEAST + horizon - 1) + context + horizon + 40
    if len(line.values) < needed:
        raise ValueError(
            f"{source.name}: expected at least {needed} rows, for a context of {context} and a "
            f"horizon of {horizon}, got {len(line.values)}"
        )
    parts = split_by_time(len(line.values), valid=held_out, test=held_out)
    past = line.values[parts[0]]
    kept = past.std(0) > 1e-12 * np.abs(past).max(0)
    if not kept[line.target]:
        raise ValueError(
            f"{target}: expected numbers that vary, got {past[0, line.target]:g} in every row of "
            "the training part"
        )
    line = line.take_columns(kept)
    inputs = line.inputs()
    standardiser = Standardiser.fit(inputs[parts[0]])
    data = _Windows(line, standardiser.transform(inputs), context, horizon)
    scale = float(data.changes(context, parts[0].stop).std()) or 1.0
    train_xs, train_ys = data.cut(parts[0], scale)
    held = [data.cut(part, scale) for part in parts[1:]]
    for name, (_, ys) in zip(("validation", "test"), held, strict=True):
        if len(ys) < LEAST:
            raise ValueError(
                f"{source.name}: expected at least {LEAST} forecasts of known values in the "
                f"{name} part, got {len(ys)}; too many rows were filled"
            )
    valid, test = ([*Minibatches(*one, batch_size=CHUNK)] for one in held)

    def losses(model: SequenceModel, batches: list) -> np.ndarray:
        errors = [(model.forward(xs)[0] - ys) ** 2 for xs, ys in batches]
        return np.concatenate(errors).astype(float).ravel()

    def summarise(values: np.ndarray) -> np.ndarray:
        return np.sqrt(np.mean(values, axis=-1)) * scale

    forecasts = naive_forecasts(line, data.scaled, parts, context, horizon)
    rows = data.firsts(parts[2])
    truth = data.truth(rows)
    baselines = {
        name: (((values[rows - parts[2].start] - truth) / scale) ** 2).ravel()
        for name, values in forecasts.items()
    }

    def predict(model: SequenceModel, values: np.ndarray | None = None) -> np.ndarray:
        """Forecast the rows after the last one of the file."""
        xs = data.scaled[-context:, None].astype(np.float32)
        return line.column[-1] + scale * model.forward(xs)[0][0].astype(float)

    def example(model: SequenceModel) -> dict[str, Any]:
        xs, _ = held[1]
        last = rows[-SHOWN:] - 1
        out = model.forward(xs[:, -SHOWN:])[0][:, 0].astype(float)
        at = last + 1
        return {
            "at": at if line.times is None else line.times[at],
            "truth": line.column[at],
            "forecast": line.column[last] + scale * out,
        }

    return Problem(
        kind="series",
        name=source.name,
        question=f"forecast {line.name} {_ahead(horizon)}",
        score_name="RMSE",
        unit=f"in the unit of {line.name}",
        higher_is_better=False,
        input_size=inputs.shape[1],
        output_size=horizon,
        hidden_size=24,
        train=lambda seed: Minibatches(
            train_xs, train_ys, batch_size=batch_size, rng=np.random.default_rng([seed, 0])
        ),
        valid=valid,
        test=test,
        loss=squared_error,
        losses=losses,
        summarise=summarise,
        curve=lambda loss: float(summarise(np.array([loss]))),
        curve_name=f"validation RMSE, {line.name}",
        baselines=baselines,
        facts=tuple(_facts(source, line, parts, context, kept, past, train_ys, held)),
        block=horizon * max(context, round(len(rows) ** (1 / 3))),
        predict=predict,
        example=example,
        cut_to=max_rows if max_rows is not None and len(source.frame) > max_rows else None,
        shown={"values": line.column, "times": line.times, "parts": parts, "target": line.name,
               "standardiser": standardiser, "inputs": line.input_names(), "line": line,
               "scaled": data.scaled},
    )  # fmt: skip


def _ahead(horizon: int) -> str:
    return "one step ahead" if horizon == 1 else f"{horizon} steps ahead"


class _Windows:
    """Windows of a timeline, without those that filled values would make too easy."""

    def __init__(self, line: Timeline, scaled: np.ndarray, context: int, horizon: int) -> None:
        self.line, self.scaled = line, scaled
        self.context, self.horizon = context, horizon

    def firsts(self, part: slice) -> np.ndarray:
        """Return the first forecast row of every window of a part."""
        start = max(part.start, self.context)
        rows = np.arange(start, part.stop - self.horizon + 1)
        return rows[self.line.usable(rows, self.horizon)]

    def truth(self, rows: np.ndarray) -> np.ndarray:
        return self.line.column[rows[:, None] + np.arange(self.horizon)]

    def changes(self, start: int, stop: int) -> np.ndarray:
        rows = self.firsts(slice(start, stop))
        return self.truth(rows) - self.line.column[rows - 1, None]

    def cut(self, part: slice, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the inputs (context, N, D) and the changes (N, horizon) of a part."""
        rows = self.firsts(part)
        start = max(part.start, self.context)
        xs, _ = windows(self.scaled, self.context, self.horizon, start=start, stop=part.stop)
        changes = (self.truth(rows) - self.line.column[rows - 1, None]) / scale
        return xs[:, rows - start], changes.astype(np.float32)


def _facts(source, line, parts, context, kept, past, train_ys, held):
    """Yield what was understood, as pairs of a heading and a sentence."""
    yield "file", f"{source.name}: {source.form}"
    yield "rows", line.rows
    yield "time", line.when
    yield "gaps", line.gaps
    yield "forecast from", f"the last {context} rows of {', '.join(line.input_names())}"
    if line.ignored:
        yield "ignored", "; ".join(f"{name}: {why}" for name, why in line.ignored.items())
    names = ("train", "validation", "test")
    sizes = (len(train_ys), *(len(ys) for _, ys in held))
    for name, part, size in zip(names, parts, sizes, strict=True):
        yield name, f"{line.span(part)}: {part.stop - part.start:,} rows, {size:,} forecasts"
