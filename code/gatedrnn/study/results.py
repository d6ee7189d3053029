r"""Stored studies read back, for figures, tables and tests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gatedrnn.study.statistics import Interval, bootstrap_interval, paired_difference, verdict

__all__ = ["Results", "load_results", "report"]


@dataclass(frozen=True)
class Results:
    """The summary of a study.

    Attributes
    ----------
    summary : dict
        The file's content.
    """

    summary: dict

    @property
    def labels(self) -> list[str]:
        """Labels of the variants, such as "RNN", "LSTM", "GRU"."""
        return list(self.summary["conditions"][0]["variants"])

    def values(self, setting: str) -> np.ndarray:
        """Return the values of a setting, one per condition, such as the lags."""
        return np.array([entry["condition"][setting] for entry in self.summary["conditions"]])

    def scores(self, label: str) -> np.ndarray:
        """Return the test scores of a variant, shape (seeds, conditions); NaN where it diverged."""
        return np.array(
            [
                [np.nan if score is None else score for score in self._case(label, k)["test"]]
                for k in range(len(self.summary["conditions"]))
            ]
        ).T

    def interval(self, label: str, condition: int = 0) -> Interval:
        """Return the mean over seeds and its 95 % bootstrap interval."""
        return bootstrap_interval(self.scores(label)[:, condition])

    def intervals(self, label: str) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of the intervals of all conditions, for `plot_with_interval`."""
        every = [self.interval(label, k) for k in range(len(self.summary["conditions"]))]
        return np.array([one.low for one in every]), np.array([one.high for one in every])

    def baseline(self, name: str, condition: int = 0) -> float:
        """Return the score of a baseline, such as "persistence"."""
        return self.summary["conditions"][condition]["baselines"][name]

    def hidden_size(self, label: str, condition: int = 0) -> int:
        """Return the hidden size that the budget allowed a variant."""
        return self._case(label, condition)["hidden_size"]

    def difference(
        self, first: str = "LSTM", second: str = "GRU", condition: int = 0
    ) -> tuple[Interval, str]:
        """Return the paired difference of two variants, and who is ahead."""
        interval = paired_difference(
            self.scores(first)[:, condition], self.scores(second)[:, condition]
        )
        return interval, verdict(
            interval, (first, second), higher_is_better=self.summary["higher_is_better"]
        )

    def _case(self, label: str, condition: int) -> dict:
        variants = self.summary["conditions"][condition]["variants"]
        if label not in variants:
            raise ValueError(f"label: expected one of {list(variants)}, got {label!r}")
        return variants[label]


def load_results(path: str | os.PathLike) -> Results:
    """Read the summary that a study wrote.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says how to make one.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"path: expected the results of a study, found none at {path}; make them with: "
            f"gatedrnn study run {path.stem} --results {path.parent}"
        )
    return Results(json.loads(path.read_text("utf-8")))


def report(results: Results) -> str:
    """Return a table in plain text: conditions down, variants across, then who is ahead."""
    summary, labels = results.summary, results.labels
    seeds = len(summary["seeds"])
    lines = [
        f"{summary['name']}: {summary['question']}",
        f"{summary['metric']}, mean of {seeds} seeds [95 % interval], "
        f"about {summary['parameters']} parameters",
        "",
    ]
    for k, entry in enumerate(summary["conditions"]):
        condition = ", ".join(f"{name} {value}" for name, value in entry["condition"].items())
        lines.append(condition or "all")
        for name, value in entry["baselines"].items():
            lines.append(f"  {name:24} {value:.3g}")
        for label in labels:
            outcome = entry["variants"][label]
            diverged = outcome["test"].count(None)
            score = f"{diverged} diverged" if diverged else str(results.interval(label, k))
            rate = outcome["learning_rate"]
            lines.append(f"  {label:24} {score:28} H {outcome['hidden_size']}, rate {rate:g}")
        if {"LSTM", "GRU"} <= set(labels) and np.isfinite(
            results.scores("LSTM")[:, k] + results.scores("GRU")[:, k]
        ).all():
            interval, words = results.difference(condition=k)
            lines.append(f"  {'LSTM - GRU':24} {interval!s:28} {words}")
    return "\n".join(lines)
