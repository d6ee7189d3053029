r"""The comparison from beginning to end, and what it returns."""

from __future__ import annotations

import os
import platform
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gatedrnn.comparison.judge import Judgement, judge
from gatedrnn.comparison.labelled import find_text_column, labelled_problem
from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.race import PATIENCE, Outcome, race
from gatedrnn.comparison.reading import read
from gatedrnn.comparison.series import series_problem
from gatedrnn.comparison.texts import text_problem
from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.study.statistics import bootstrap_interval
from gatedrnn.validation import check_positive_int

pd = import_optional("pandas", extra="compare")

__all__ = ["Comparison", "compare", "prepare"]

#: Rows, texts or characters that a minute allows for, so that epochs stay short enough to tune.
PER_MINUTE = {"series": 10_000, "labelled texts": 4_000, "text": 100_000}
LEAST = {"series": 5_000, "labelled texts": 2_000, "text": 50_000}
WITHOUT_CLOCK = 5.0  # minutes that the sizes above are taken for when there is no clock
#: Seconds kept back for the statistics and the report, at most a tenth of the time.
RESERVE = 3.0


def prepare(
    source: str | os.PathLike | pd.DataFrame,
    target: str | None = None,
    *,
    text: str | None = None,
    time: str | None = None,
    fill: str | None = None,
    utc: bool = False,
    horizon: int = 1,
    context: int | None = None,
    encoding: str = "utf-8",
    at_most: int | Mapping[str, int] | None = None,
) -> Problem:
    """Read data and make a problem of them: splits without leaks, scaling, batches, baselines.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A text file (.txt); or a table (.csv, .tsv, .parquet or a data frame) of numbers over
        time, or of texts with labels.
    target : str, optional
        Column to forecast, or of labels; a text file has none.
    text : str, optional
        Column of texts; found by itself if the target looks like labels.
    time : str, optional
        Column of times; found by itself.
    fill : {"previous", "interpolate", "ignore"}, optional
        What to do where rows or numbers of a series are missing; by default they are refused.
    utc : bool, optional
        Bring times of several zones to UTC; by default they are refused.
    horizon : int, optional
        Steps to forecast.
    context : int, optional
        Steps that a model looks back on.
    encoding : str, optional
    at_most : int or mapping of kind to int, optional
        Rows, texts or characters to use: the newest rows, the beginning of a text, and of
        labelled texts some drawn at random. With a mapping it depends on the problem's kind.

    Returns
    -------
    Problem

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If the data will not do: in one line, what was expected and what came.
    """
    read_in = read(source, table=target is not None or text is not None, encoding=encoding)

    def most(kind: str) -> int | None:
        if isinstance(at_most, Mapping):
            return at_most[kind]
        return None if at_most is None else check_positive_int("at_most", at_most)

    if read_in.text is not None:
        return text_problem(read_in, context=context, max_characters=most("text"))
    if text is None and target in read_in.frame.columns and time is None:
        text = find_text_column(read_in.frame, target)
    if text is not None:
        return labelled_problem(
            read_in, target, text, context=context, max_rows=most("labelled texts")
        )
    return series_problem(
        read_in, target, time=time, fill=fill, utc=utc, horizon=horizon, context=context,
        max_rows=most("series"),
    )  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What a comparison has found; in a notebook it shows itself.

    Attributes
    ----------
    problem : Problem
    outcome : Outcome
        Every run, with its losses, score and history.
    judgement : Judgement
    settings : dict
        The arguments of `prepare` that were not left out.
    seconds : float
        That it took.
    versions : dict of str to str
    """

    problem: Problem
    outcome: Outcome
    judgement: Judgement
    settings: dict[str, Any]
    seconds: float
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def ahead(self) -> str | None:
        """``"LSTM"`` or ``"GRU"``, or None where no difference is shown."""
        return self.judgement.ahead

    @property
    def verdict(self) -> str:
        """The verdict in words: of the gated cells, the plain RNN, and the best baseline."""
        return " ".join(self.judgement.sentences)

    @property
    def recommended(self) -> str:
        """The cell to go on with: the one ahead, or of two that are alike the faster."""
        if self.ahead is not None:
            return self.ahead
        times = {cell: self._seconds_per_epoch(cell) for cell in ("LSTM", "GRU")}
        return min(times, key=lambda cell: times[cell] if np.isfinite(times[cell]) else np.inf)

    def _seconds_per_epoch(self, cell: str) -> float:
        found = [s for run in self.outcome.runs if run.cell == cell for s in run.history.seconds]
        return float(np.median(found)) if found else np.nan

    def table(self) -> pd.DataFrame:
        """Return one row per baseline and cell.

        The columns: the mean score over the rounds that are complete, the ends of its 95 %
        interval over seeds (a bootstrap's; NaN for a baseline, which has no seeds), how many
        seeds, trainable parameters in all, hidden size, learning rate, the epochs that were
        trained (mean), and the seconds that an epoch took (median, validation left out).
        """
        problem, outcome = self.problem, self.outcome
        rows = {
            name: {problem.score_name: float(problem.summarise(losses))}
            for name, losses in problem.baselines.items()
        }
        for cell, size in outcome.sizes.items():
            scores, runs = outcome.scores(cell), outcome.of(cell)
            interval = bootstrap_interval(scores) if len(scores) > 1 else None
            epochs = [len(run.history.valid_loss) for run in runs]
            rows[cell] = {
                problem.score_name: float(scores.mean()) if len(scores) else np.nan,
                "low": interval.low if interval else np.nan,
                "high": interval.high if interval else np.nan,
                "seeds": len(scores),
                "parameters": problem.build(cell, size).num_parameters,
                "hidden size": size,
                "learning rate": outcome.rates[cell],
                "epochs": float(np.mean(epochs)) if epochs else np.nan,
                "seconds per epoch": self._seconds_per_epoch(cell),
            }
        table = pd.DataFrame.from_dict(rows, orient="index")
        whole = ["seeds", "parameters", "hidden size"]
        return table.astype(dict.fromkeys(whole, "Int64"))

    def code(self) -> str:
        """Return Python code that trains the recommended cell on the same data."""
        cell = self.recommended
        arguments = [repr(self.settings["source"])] if "source" in self.settings else ["frame"]
        arguments += [f"{k}={v!r}" for k, v in self.settings.items() if k != "source"]
        use = {
            "series": "print(problem.predict(model))  # what follows the last row",
            "text": f"print(problem.predict(model, {self.problem.shown.get('opening', '')!r}))",
            "labelled texts": 'print(problem.predict(model, ["a new text", "and another"]))',
        }[self.problem.kind]
        carried = ", carry_state=True" if self.problem.carry_state else ""
        return f"""\
import numpy as np
from gatedrnn.comparison import prepare
from gatedrnn.train import TrainConfig, fit

# The same split, scaling and batches as in the comparison.
problem = prepare({", ".join(arguments)})
model = problem.build({cell!r}, hidden_size={self.outcome.sizes[cell]}, seed=0)
config = TrainConfig(
    epochs={max(1, self.outcome.epochs)}, learning_rate={self.outcome.rates[cell]:g}, \
patience={PATIENCE}{carried}
)
history = fit(model, problem.train(0), config, problem.loss, valid=problem.valid)
print(f"{self.problem.score_name} on the test part: {{problem.score(model):.4g}}")
{use}
np.savez("model.npz", **model.params)  # model.set_params(np.load("model.npz")) brings it back
"""

    def save(self, path: str | os.PathLike) -> Path:
        """Write the report: one HTML file that needs nothing else; return its path.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        from gatedrnn.comparison.report import page

        write_whole(path, page(self).encode())
        return Path(path)

    def _repr_html_(self) -> str:
        from gatedrnn.comparison.report import fragment

        return fragment(self)

    def __repr__(self) -> str:
        rounds = len(self.outcome.rounds())
        return f"<Comparison of {self.problem.name}, {rounds} seeds: {self.verdict}>"


def compare(
    source: str | os.PathLike | pd.DataFrame,
    target: str | None = None,
    *,
    text: str | None = None,
    minutes: float | None = 5,
    seeds: int = 10,
    parameters: int | None = None,
    epochs: int | None = None,
    at_most: int | None = None,
    **settings: Any,
) -> Comparison:
    """Put RNN, LSTM and GRU on trial on your own data, beside methods without a network.

    All three get the same number of parameters, the same search for a learning rate and the
    same seeds, and are tested once on what neither training nor search has seen.

    Parameters
    ----------
    source, target, text
        As for `gatedrnn.comparison.prepare`.
    minutes : float, optional
        The time that everything may take. Ctrl-C ends it earlier and keeps what was measured.
        With None there is no limit, and the same arguments give the same scores on the same
        machine; with a limit, how many epochs and seeds there is time for depends on its speed.
    seeds : int, optional
        Models of each cell, at most; nothing can be concluded from fewer than 2.
    parameters : int, optional
        Of the recurrent layer and the readout; by default those of an LSTM with 24 units, or
        48 for a text.
    epochs : int, optional
        The most that a model is trained for.
    at_most : int, optional
        Rows, texts or characters to use; by default as many as there is time for.
    **settings
        ``time``, ``fill``, ``utc``, ``horizon``, ``context``, ``encoding``, as for
        `gatedrnn.comparison.prepare`.

    Returns
    -------
    Comparison

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If the data will not do.

    Examples
    --------
    >>> found = gatedrnn.compare("data.csv", target="temp_max")  # doctest: +SKIP
    >>> found.save("report.html")  # doctest: +SKIP
    """
    start = clock.monotonic()
    check_positive_int("seeds", seeds)
    if epochs is not None:
        check_positive_int("epochs", epochs)
    if minutes is not None and not 0 < minutes < float("inf"):
        raise ValueError(f"minutes: expected a positive number, or None, got {minutes!r}")
    known = {"target": target, "text": text, **settings}
    if at_most is None:
        time_for = WITHOUT_CLOCK if minutes is None else minutes
        at_most = {k: max(LEAST[k], round(PER_MINUTE[k] * time_for)) for k in PER_MINUTE}
    problem = prepare(source, **known, at_most=at_most)
    deadline = None
    if minutes is not None:
        deadline = start + 60 * minutes - min(RESERVE, 6 * minutes)
    outcome = race(
        problem, problem.sizes(parameters), seeds=seeds, deadline=deadline, epochs=epochs
    )
    used = {name: value for name, value in known.items() if value not in (None, False)}
    if not isinstance(source, (pd.DataFrame, pd.Series)):
        used = {"source": str(source), **used}
    if problem.cut_to is not None:
        used["at_most"] = problem.cut_to
    return Comparison(
        problem, outcome, judge(problem, outcome), used, clock.monotonic() - start, _versions()
    )


def _versions() -> dict[str, str]:
    import gatedrnn

    return {
        "gatedrnn": gatedrnn.__version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
