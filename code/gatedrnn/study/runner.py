r"""Studies executed: the search, then the final runs, then the summary."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from gatedrnn.optional import import_optional
from gatedrnn.study.budget import UnequalError, equal_sizes
from gatedrnn.study.design import Run, Study
from gatedrnn.study.execution import total_parameters
from gatedrnn.study.executors import execute_here, execute_on_cluster
from gatedrnn.study.store import RunStore
from gatedrnn.study.summary import Outcome, summarise, write_summary
from gatedrnn.study.tasks import make_problem

__all__ = ["best_learning_rate", "execute_all", "run_study", "sizes_of"]


def sizes_of(study: Study) -> list[dict[str, int]]:
    """Return the hidden size of each variant, by label, for each condition.

    A variant without a size of its own gets one at which it has as many parameters as the
    others, within 2 %.

    Raises
    ------
    UnequalError
        If there are no such sizes near a condition's budget.
    """
    sizes = []
    for condition in study.conditions:
        problem = make_problem(condition.task, 0, condition.settings)
        totals = {
            variant.label: partial(total_parameters, problem, variant.cell, variant.options)
            for variant in study.variants
            if variant.hidden_size is None
        }
        try:
            found = equal_sizes(totals, condition.parameters) if totals else {}
        except UnequalError as error:
            raise UnequalError(f"{study.name}, {condition.label}: {error}") from None
        sizes.append(
            {
                variant.label: variant.hidden_size or found[variant.label]
                for variant in study.variants
            }
        )
    return sizes


def execute_all(
    runs: Iterable[Run],
    store: RunStore,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    ended: Callable[[bool], object] = lambda executed: None,
) -> int:
    """Execute those of the runs that are not in the store yet; return how many that were.

    Parameters
    ----------
    runs : iterable of Run
    store : RunStore
    jobs : int, optional
        Processes on this machine, each with one thread.
    scheduler : str, optional
        Address of a Dask scheduler, to run on its workers instead.
    ended : callable, optional
        Called once for every run as it ends: with False if it was in the store, True if it was
        executed.
    """
    unique = {run.key: run for run in runs}
    todo = [run for run in unique.values() if run not in store]
    for _ in range(len(unique) - len(todo)):
        ended(False)
    executed = 0
    if todo:
        if scheduler is None:
            results = execute_here(todo, store, jobs=jobs)
        else:
            results = execute_on_cluster(todo, store, address=scheduler)
        for new in results:
            executed += new
            ended(new)
    return executed


def best_learning_rate(rates: Sequence[float], losses: Sequence[Sequence[float | None]]) -> float:
    """Return the rate with the smallest mean validation loss; one that diverged is out.

    Parameters
    ----------
    rates : sequence of float
    losses : sequence of sequence of float or None
        For each rate, the losses of its runs; None of one that diverged.

    Raises
    ------
    ArithmeticError
        If every rate diverged.
    """
    means = [np.mean([np.inf if loss is None else loss for loss in row]) for row in losses]
    if not np.isfinite(min(means)):
        raise ArithmeticError(f"learning_rates: expected one that does not diverge, got {rates}")
    return rates[int(np.argmin(means))]


def run_study(
    study: Study,
    results: Path,
    runs: Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: bool = True,
) -> dict:
    """Run a study, or what is left of it, and write its summary.

    Parameters
    ----------
    study : Study
    results : path
        Folder of the summary, ``<name>.json``.
    runs : path
        Folder of the single runs; those that are there are not repeated.
    jobs : int, optional
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, to run on its workers instead.
    progress : bool, optional
        Show a progress bar with the time left.

    Returns
    -------
    dict
        The summary, as written.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    store, sizes, cases = RunStore(runs), sizes_of(study), list(study.cases())
    searches = [study.search_runs(k, one, sizes[k][one.label]) for k, one in cases]
    search = [run for rows in searches for row in rows for run in row]
    tqdm = import_optional("tqdm.auto", extra="study").tqdm
    total = len(search) + len(cases) * len(study.seeds)
    disable = True if not progress or os.environ.get("TQDM_DISABLE", "0") not in ("", "0") else None
    with tqdm(total=total, desc=study.name, unit="run", smoothing=0, disable=disable) as bar:

        def ended(executed: bool) -> None:
            if not (executed or bar.disable):
                bar.initial += 1  # the time left is not reckoned from what was there
            bar.update()

        options = {"jobs": jobs, "scheduler": scheduler, "ended": ended}
        executed = execute_all(search, store, **options)
        rates = [_chosen_rate(study, rows, store) for rows in searches]
        finals = [
            study.final_runs(k, one, sizes[k][one.label], rate)
            for (k, one), rate in zip(cases, rates, strict=True)
        ]
        executed += execute_all([run for row in finals for run in row], store, **options)
    outcomes = {
        (k, one.label): Outcome(
            hidden_size=sizes[k][one.label],
            learning_rate=rate if study.seeds else None,
            search=[[store[run] for run in row] for row in rows],
            final=[store[run] for run in final],
        )
        for (k, one), rate, rows, final in zip(cases, rates, searches, finals, strict=True)
    }
    summary = summarise(study, outcomes)
    provenance = {
        "started": started.isoformat(timespec="seconds"),
        "duration_seconds": round(time.perf_counter() - clock, 1),
        "runs_executed": executed,
        "jobs": jobs if scheduler is None else "Dask",
    }
    return write_summary(Path(results) / f"{study.name}.json", summary, provenance)


def _chosen_rate(study: Study, rows: list[list[Run]], store: RunStore) -> float:
    losses = [[store[run]["valid_loss"] for run in row] for row in rows]
    return best_learning_rate(study.learning_rates, losses)
