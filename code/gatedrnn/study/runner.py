r"""Studies executed: in parallel, each run stored as it ends, none repeated."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from gatedrnn.optional import import_optional
from gatedrnn.study.design import Run, Study, Variant
from gatedrnn.study.execution import execute
from gatedrnn.study.statistics import bootstrap_interval
from gatedrnn.study.tasks import TASKS, make_problem

__all__ = ["best_learning_rate", "execute_all", "run_study", "write_json"]


def write_json(path: Path, content: object) -> None:
    """Write a file in one piece: nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(temporary, path)


def _execute_and_store(run: Run, path: Path) -> None:
    write_json(path, {"run": asdict(run), "result": execute(run)})


def execute_all(
    runs: Iterable[Run], folder: Path, *, jobs: int = 1, title: str = "", progress: bool = True
) -> dict[str, dict]:
    """Execute those of the runs that have no file in the folder yet.

    Parameters
    ----------
    runs : iterable of Run
    folder : path
        Holds one file per run, under the run's key.
    jobs : int, optional
        Processes, each with one thread.
    title : str, optional
        For the progress bar.
    progress : bool, optional
        Show a progress bar with the time left.

    Returns
    -------
    dict of str to dict
        The results of all runs, stored ones included, by key.
    """
    joblib = import_optional("joblib", extra="study")
    tqdm = import_optional("tqdm.auto", extra="study").tqdm
    paths = {run.key: Path(folder) / f"{run.key}.json" for run in runs}
    todo = {run.key: run for run in runs if not paths[run.key].exists()}
    with (
        joblib.parallel_config(backend="loky", inner_max_num_threads=1),
        tqdm(total=len(paths), initial=len(paths) - len(todo), desc=title, unit="run",
             disable=not progress) as bar,
    ):  # fmt: skip
        calls = (joblib.delayed(_execute_and_store)(run, paths[key]) for key, run in todo.items())
        for _ in joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(calls):
            bar.update()
    return {key: json.loads(path.read_text("utf-8"))["result"] for key, path in paths.items()}


def best_learning_rate(study: Study, losses: Sequence[Sequence[float | None]]) -> float:
    """Return the rate with the smallest mean validation loss; one that diverged is out.

    Parameters
    ----------
    study : Study
    losses : sequence of sequence of float or None
        For each learning rate, the losses of its runs; None of one that diverged.

    Raises
    ------
    ArithmeticError
        If every rate diverged.
    """
    means = [np.mean([np.inf if loss is None else loss for loss in row]) for row in losses]
    if not np.isfinite(min(means)):
        raise ArithmeticError(
            f"learning_rates: expected one that does not diverge, none of {study.learning_rates}"
        )
    return study.learning_rates[int(np.argmin(means))]


def run_study(
    study: Study, results: Path, runs: Path, *, jobs: int = 1, progress: bool = True
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
        Processes.
    progress : bool, optional
        Show progress bars.

    Returns
    -------
    dict
        The summary, as written.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    folder = Path(runs) / study.name
    options = {"jobs": jobs, "progress": progress}
    summary_path = Path(results) / f"{study.name}.json"
    stored = set(folder.glob("*.json"))
    cases = list(study.cases())
    search = [study.search_runs(*case) for case in cases]
    every = [run for rows in search for row in rows for run in row]
    found = execute_all(every, folder, title=f"{study.name}: search", **options)
    losses = [[[found[run.key]["valid_loss"] for run in row] for row in rows] for rows in search]
    rates = [best_learning_rate(study, loss) for loss in losses]
    final = [
        [study.run(*case, rate, seed, final=True) for seed in study.seeds]
        for case, rate in zip(cases, rates, strict=True)
    ]
    every = [run for row in final for run in row]
    training_seconds = sum(result["seconds"] for result in found.values())
    found = execute_all(every, folder, title=f"{study.name}: final", **options)
    training_seconds += sum(result["seconds"] for result in found.values())
    outcomes = {
        (index, variant.label): _outcome(variant, rate, loss, [found[run.key] for run in row])
        for (index, variant), rate, loss, row in zip(cases, rates, losses, final, strict=True)
    }
    summary = {
        **_description(study),
        "conditions": [
            {
                "condition": dict(condition),
                "baselines": make_problem(
                    study.task, study.seeds[0], {**study.settings, **condition}
                ).baselines,
                "variants": {
                    variant.label: outcomes[index, variant.label] for variant in study.variants
                },
            }
            for index, condition in enumerate(study.conditions)
        ],
        "training_seconds": round(training_seconds, 1),
        "provenance": _provenance(started, time.perf_counter() - clock, jobs),
    }
    if summary_path.exists() and stored == set(folder.glob("*.json")):
        # Nothing was run: it is still the old runs that this tells about.
        summary["provenance"] = json.loads(summary_path.read_text("utf-8"))["provenance"]
    write_json(summary_path, summary)
    return summary


def _description(study: Study) -> dict:
    _, higher_is_better, metric = TASKS[study.task]
    fields = asdict(study)
    for name in ("variants", "conditions"):
        del fields[name]
    return {**fields, "metric": metric, "higher_is_better": higher_is_better}


def _outcome(variant: Variant, rate: float, losses: list, results: list[dict]) -> dict:
    """Return what is kept of the runs of one variant under one condition, one entry per seed."""
    scores = [result["test"] for result in results]
    outcome = {
        "cell": variant.cell,
        "options": dict(variant.options),
        "hidden_size": results[0]["hidden_size"],
        "num_parameters": results[0]["num_parameters"],
        "learning_rate": rate,
        "search_valid_loss": losses,
        "test": scores,
        "valid_loss": [result["valid_loss"] for result in results],
        "epochs": [result.get("epochs") for result in results],
        "seconds": [round(result["seconds"], 3) for result in results],
    }
    if None not in scores:  # with a run that diverged there is no mean to speak of
        interval = bootstrap_interval(scores)
        outcome["interval"] = asdict(interval)
    return outcome


def _provenance(started: datetime, duration: float, jobs: int) -> dict:
    """Return when, where and with what the study was run."""
    return {
        "started": started.isoformat(timespec="seconds"),
        "duration_seconds": round(duration, 1),
        "jobs": jobs,
        "commit": _commit(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
            "architecture": platform.machine(),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("gatedrnn", "numpy", "scipy")},
        },
    }


def _commit() -> str | None:
    """Return the commit of the library, with "+" if it has been changed since; None outside git."""
    folder = Path(__file__).parent.parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + (
            "+" if git("status", "--porcelain", "--untracked-files=no", ".") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return None


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
