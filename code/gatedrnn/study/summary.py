r"""What is kept of a study: one small JSON file that pages, reports and tests read."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from gatedrnn.files import write_whole
from gatedrnn.study.design import Study, Variant
from gatedrnn.study.execution import total_parameters
from gatedrnn.study.tasks import find_task, make_problem

__all__ = ["Outcome", "summarise", "write_summary"]


@dataclass(frozen=True)
class Outcome:
    """What came of one variant under one condition.

    Attributes
    ----------
    hidden_size : int
    learning_rate : float or None
        The one that the search chose; None if there are no final runs.
    search : list of list of dict
        Results of the search: a list for each learning rate, one per seed.
    final : list of dict
        Results of the final runs, one per seed.
    """

    hidden_size: int
    learning_rate: float | None
    search: list[list[dict]]
    final: list[dict]


def summarise(study: Study, outcomes: Mapping[tuple[int, str], Outcome]) -> dict:
    """Return the summary of a study, all but where it comes from.

    Parameters
    ----------
    study : Study
    outcomes : mapping of (condition, label of the variant) to Outcome
    """
    conditions = []
    for index, condition in enumerate(study.conditions):
        problem = make_problem(condition.task, 0, condition.settings)
        task = find_task(condition.task)
        conditions.append(
            {
                **asdict(condition),
                "metric": task.metric,
                "higher_is_better": task.higher_is_better,
                # Where the test data are never looked at, they are not for the baselines either.
                "baselines": problem.baselines() if study.seeds else {},
                "variants": {
                    variant.label: _describe(variant, outcomes[index, variant.label], problem)
                    for variant in study.variants
                },
            }
        )
    fields = asdict(study)
    del fields["variants"]
    return {**fields, "conditions": conditions}


def _describe(variant: Variant, outcome: Outcome, problem) -> dict:
    total = partial(total_parameters, problem, variant.cell, variant.options)
    final = outcome.final
    described = {
        "cell": variant.cell,
        "options": dict(variant.options),
        "hidden_size": outcome.hidden_size,
        "num_parameters": total(outcome.hidden_size),
        "search_valid_loss": [[run["valid_loss"] for run in row] for row in outcome.search],
    }
    if not final:
        return described
    described |= {
        "learning_rate": outcome.learning_rate,
        "test": [run["test"] for run in final],
        "valid_loss": [run["valid_loss"] for run in final],
        "best_epoch": [run.get("best_epoch") for run in final],
        "updates_per_epoch": final[0].get("updates_per_epoch"),
        "seconds": [run["seconds"] for run in final],
        "curves": [run.get("curve") for run in final],
    }
    if any("details" in run for run in final):
        described["details"] = [run.get("details") for run in final]
    return described


def write_summary(path: Path, summary: dict, provenance: dict) -> dict:
    """Write a summary with where it comes from; return what was written.

    If nothing was run, what an older file says of its runs still holds and is kept.
    """
    if provenance["runs_executed"] == 0 and path.exists():
        provenance = json.loads(path.read_text("utf-8"))["provenance"]
    else:
        provenance = {**provenance, **_surroundings()}
    content = {**summary, "provenance": provenance}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (_to_text(content) + "\n").encode())
    return json.loads(path.read_text("utf-8"))


def _to_text(content: dict) -> str:
    """Return JSON with a line for each list of numbers, so that changes can be read."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return re.sub(r"\[[^][{}\"]*\]", lambda found: " ".join(found[0].split()), text)


def _surroundings() -> dict:
    """Return with what and on what machine the runs were made."""
    return {
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
