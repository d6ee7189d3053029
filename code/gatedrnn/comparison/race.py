r"""The same search, then the same seeds, for every cell, until the time is over.

Seeds go in rounds: a round trains every cell once with the same seed, so that whenever the race
ends, the cells have been measured equally often. What is under way when the time ends is
dropped: a training cut short is no measurement.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from gatedrnn.comparison.problem import Problem
from gatedrnn.optional import import_optional
from gatedrnn.train import DivergedError, History, TrainConfig, fit

tqdm = import_optional("tqdm.auto", extra="compare").tqdm

__all__ = ["RATES", "Outcome", "Run", "race"]

#: Learning rates that are tried for every cell, the likeliest first.
RATES = (3e-3, 1e-2, 1e-3)
MOST_EPOCHS = 100
EPOCHS_WITHOUT_CLOCK = 30
PATIENCE = 8
SEARCH_SEED = 1_000_000  # none of the race's, which count from 0
SEARCH_SHARE = 0.35  # of the time


class _TimeIsOverError(Exception):
    """The time budget has ended within a training."""


@dataclass(frozen=True)
class Run:
    """One model, trained and tested once.

    Attributes
    ----------
    cell : str
    seed : int
    losses : ndarray, shape (n,)
        On the test targets; empty if the training diverged.
    score : float
        NaN if the training diverged.
    history : History
    """

    cell: str
    seed: int
    losses: np.ndarray
    score: float
    history: History


@dataclass
class Outcome:
    """What came of a race, or of what there was time for.

    Attributes
    ----------
    sizes : dict of cell to int
    rates : dict of cell to float
        The best learning rate of each.
    search : list of (cell, rate, validation loss)
    epochs : int
        The most that a model was trained for.
    runs : list of Run
    examples : dict of cell to what `Problem.example` made of its first model
    ended : {"all seeds", "time", "interrupted"}
    pace : float
        Seconds that one epoch of every cell took in the search, validation included.
    """

    sizes: dict[str, int]
    rates: dict[str, float] = field(default_factory=dict)
    search: list[tuple[str, float, float]] = field(default_factory=list)
    epochs: int = 0
    search_epochs: int = 0
    runs: list[Run] = field(default_factory=list)
    examples: dict = field(default_factory=dict)
    ended: str = "all seeds"
    pace: float = 0.0

    def rounds(self) -> list[int]:
        """Return the seeds with which every cell was trained, and none diverged."""
        whole = [
            {run.seed for run in self.runs if run.cell == cell and np.isfinite(run.score)}
            for cell in self.sizes
        ]
        return sorted(set.intersection(*whole))

    def of(self, cell: str) -> list[Run]:
        """Return the runs of a cell in the complete rounds, in the order of the seeds."""
        rounds = self.rounds()
        found = [run for run in self.runs if run.cell == cell and run.seed in rounds]
        return sorted(found, key=lambda run: run.seed)

    def scores(self, cell: str) -> np.ndarray:
        """Return its scores, shape (rounds,)."""
        return np.array([run.score for run in self.of(cell)])


class _Timed:
    """Batches that end with an error when the time does."""

    def __init__(self, batches: Iterable, check: Callable[[], None]) -> None:
        self.batches, self.check = batches, check

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator:
        for batch in self.batches:
            self.check()
            yield batch


class _Clock:
    """The time that is left, shown as a bar where somebody can see it."""

    def __init__(self, deadline: float | None, steps: int) -> None:
        self.start, self.deadline = time.monotonic(), deadline
        if deadline is None:
            form, total = "{desc} {bar} {n_fmt}/{total_fmt} trainings", steps
        else:
            total = max(deadline - self.start, 1e-3)
            # Not the bar's own guess of what is left: the end is known.
            form = f"{{desc}} {{bar}} {{elapsed}} of {tqdm.format_interval(total)}"
        # None keeps the bar silent where the output is neither a terminal nor a notebook.
        silent = os.environ.get("TQDM_DISABLE", "0") not in ("", "0") or None
        self.bar = tqdm(total=total, bar_format=form, leave=False, disable=silent)

    def left(self) -> float:
        return math.inf if self.deadline is None else self.deadline - time.monotonic()

    def check(self) -> None:
        if self.left() <= 0:
            raise _TimeIsOverError
        if self.deadline is not None:
            self.bar.update(min(time.monotonic() - self.start, self.bar.total) - self.bar.n)

    def say(self, text: str) -> None:
        self.bar.set_description_str(text)

    def finished(self) -> None:
        if self.deadline is None:
            self.bar.update()


def race(
    problem: Problem,
    sizes: dict[str, int],
    *,
    seeds: int,
    deadline: float | None = None,
    epochs: int | None = None,
    rates: tuple[float, ...] = RATES,
) -> Outcome:
    """Tune every cell alike, then train all of them with one seed after another.

    Parameters
    ----------
    problem : Problem
    sizes : dict of cell to int
        Hidden sizes.
    seeds : int
        Rounds, at most.
    deadline : float, optional
        Of `time.monotonic`. Without one every round is run, and the same arguments give the same
        scores on the same machine; with one the number of epochs depends on how fast it is.
    epochs : int, optional
        The most that a model is trained for. By default 30 without a deadline; with one, as many
        as leave time for three rounds, and for five if that takes no fewer than 20.
    rates : tuple of float, optional

    Returns
    -------
    Outcome
        With what was measured before the time was over, or before the user pressed Ctrl-C.
    """
    outcome = Outcome(dict(sizes))
    clock = _Clock(deadline, len(rates) * len(sizes) + seeds * len(sizes))
    try:
        _set_epochs(outcome, problem, clock, epochs, len(rates))
        _search(outcome, problem, clock, rates)
        if epochs is None and deadline is not None:
            outcome.epochs = _planned(outcome, clock)
        begun = time.monotonic()
        for seed in range(seeds):
            # A round that would hardly be complete is not worth the wait.
            if seed >= 2 and clock.left() < 0.7 * (time.monotonic() - begun) / seed:
                raise _TimeIsOverError
            for cell in sizes:
                outcome.runs.append(_final(outcome, problem, clock, cell, seed))
                clock.finished()
    except _TimeIsOverError:
        outcome.ended = "time"
    except KeyboardInterrupt:
        outcome.ended = "interrupted"
    finally:
        clock.bar.close()
    if not outcome.rates:
        outcome.rates = _best_rates(outcome, rates)
    return outcome


def _train(
    problem: Problem, clock: _Clock, cell: str, size: int, rate: float, seed: int, epochs: int
):
    """Train one model; return it and its history, None for a model that diverged."""
    model = problem.build(cell, size, seed)
    config = TrainConfig(
        epochs=epochs,
        learning_rate=rate,
        patience=PATIENCE,
        carry_state=problem.carry_state,
        progress=False,
    )
    batches, valid = (_Timed(one, clock.check) for one in (problem.train(seed), problem.valid))
    kept = History()

    def keep(_: int, history: History) -> None:
        nonlocal kept
        kept = history

    try:
        return model, fit(model, batches, config, problem.loss, valid=valid, after_epoch=keep)
    except DivergedError:
        return None, kept


def _set_epochs(outcome: Outcome, problem: Problem, clock: _Clock, epochs: int | None, trials: int):
    """Measure an epoch of every cell, and from that how many the search may take."""
    if clock.deadline is None or epochs is not None:
        outcome.epochs = epochs or EPOCHS_WITHOUT_CLOCK
        outcome.search_epochs = max(1, outcome.epochs // 2)
        return
    budget = clock.left()
    start = time.monotonic()
    for cell, size in outcome.sizes.items():
        clock.say(f"{cell}, measuring the pace")
        _train(problem, clock, cell, size, RATES[0], SEARCH_SEED, 1)
    pace = time.monotonic() - start  # of one epoch of each cell
    most = (SEARCH_SHARE * budget - pace) / (trials * pace)
    outcome.search_epochs = max(1, min(MOST_EPOCHS, int(most)))


def _planned(outcome: Outcome, clock: _Clock) -> int:
    """Return how many epochs leave time for three rounds, or for five of 20 epochs or more."""
    total = 0.85 * clock.left() / max(outcome.pace, 1e-9)  # epochs of all cells
    return max(1, min(MOST_EPOCHS, int(max(min(20, total / 3), total / 5))))


def _search(outcome: Outcome, problem: Problem, clock: _Clock, rates: tuple[float, ...]) -> None:
    """Try every rate with every cell, all cells with one rate before the next."""
    start, epochs, most = time.monotonic(), 0, outcome.search_epochs
    for rate in rates:
        for cell, size in outcome.sizes.items():
            clock.say(f"{cell}, trying learning rate {rate:g}")
            _, history = _train(problem, clock, cell, size, rate, SEARCH_SEED, most)
            loss = min(history.valid_loss, default=math.inf)
            outcome.search.append((cell, rate, loss))
            epochs += max(1, len(history.valid_loss))
            clock.finished()
    outcome.pace = (time.monotonic() - start) * len(outcome.sizes) / epochs
    outcome.rates = _best_rates(outcome, rates)


def _best_rates(outcome: Outcome, rates: tuple[float, ...]) -> dict[str, float]:
    """Return the best rate of each cell among those that all cells have tried."""
    tried = [
        rate
        for rate in rates
        if sum(one == rate for _, one, _ in outcome.search) == len(outcome.sizes)
    ]
    if not tried:
        return dict.fromkeys(outcome.sizes, rates[0])
    losses = {(cell, rate): loss for cell, rate, loss in outcome.search}
    return {cell: min(tried, key=lambda rate: losses[cell, rate]) for cell in outcome.sizes}


def _final(outcome: Outcome, problem: Problem, clock: _Clock, cell: str, seed: int) -> Run:
    clock.say(f"{cell}, seed {seed}")
    clock.check()
    size, rate = outcome.sizes[cell], outcome.rates[cell]
    model, history = _train(problem, clock, cell, size, rate, seed, outcome.epochs)
    if model is None:
        return Run(cell, seed, np.array([]), math.nan, history)
    losses = problem.losses(model, _Timed(problem.test, clock.check))
    if seed == 0:
        outcome.examples[cell] = problem.example(model)
    return Run(cell, seed, losses, float(problem.summarise(losses)), history)
