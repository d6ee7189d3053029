r"""The comparison from beginning to end, and what it returns."""

from __future__ import annotations

import os
import platform
import time as clock
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gatedrnn.comparison.judge import Judgement, judge
from gatedrnn.comparison.preparing import enough_for, prepare
from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.race import PATIENCE, Outcome, race
from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.study.statistics import bootstrap_interval
from gatedrnn.validation import check_positive_int

pd = import_optional("pandas", extra="compare")

__all__ = ["Comparison", "compare", "run_comparison"]

#: Seconds kept back for the statistics and the report, at most a tenth of the time.
RESERVE = 3.0


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
    return run_comparison(
        source, target, text=text, minutes=minutes, seeds=seeds, parameters=parameters,
        epochs=epochs, at_most=at_most, **settings,
    )  # fmt: skip


def run_comparison(
    source: str | os.PathLike | pd.DataFrame,
    target: str | None = None,
    *,
    text: str | None = None,
    minutes: float | None = 5,
    seeds: int = 10,
    parameters: int | None = None,
    epochs: int | None = None,
    at_most: int | None = None,
    when_read: Callable[[Problem], None] = lambda problem: None,
    **settings: Any,
) -> Comparison:
    """Do what `compare` does, and call `when_read` before the training begins."""
    start = clock.monotonic()
    check_positive_int("seeds", seeds)
    if epochs is not None:
        check_positive_int("epochs", epochs)
    if minutes is not None and not 0 < minutes < float("inf"):
        raise ValueError(f"minutes: expected a positive number, or None, got {minutes!r}")
    known = {"target": target, "text": text, **settings}
    if at_most is None:
        at_most = enough_for(minutes)
    problem = prepare(source, **known, at_most=at_most)
    sizes = problem.sizes(parameters)
    when_read(problem)
    deadline = None
    if minutes is not None:
        deadline = start + 60 * minutes - min(RESERVE, 6 * minutes)
    outcome = race(problem, sizes, seeds=seeds, deadline=deadline, epochs=epochs)
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
