r"""Stored studies read back, for figures, tables and tests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from gatedrnn.study.statistics import (
    Interval,
    bootstrap_interval,
    corrected,
    effect_size,
    sign_flip_test,
    verdict,
)

__all__ = ["Comparison", "Results", "load_results"]


@dataclass(frozen=True)
class Comparison:
    """Two variants under one condition, in pairs of runs with the same seed.

    Attributes
    ----------
    condition : str
        Its label.
    first, second : str
        Labels of the variants.
    difference : Interval
        Of the first one's score minus the second one's: mean over the pairs, and its 95 %
        bootstrap interval. Student's would not do: where some runs fail, differences are skewed.
    effect : float
        The mean difference in standard deviations of the differences, see `effect_size`.
    pvalue : float
        Of the sign-flip test, corrected for the number of comparisons in the study.
    verdict : str
        ``"LSTM ahead"``, ``"GRU ahead"`` (or the other labels), or ``"no difference shown"``.
    """

    condition: str
    first: str
    second: str
    difference: Interval
    effect: float
    pvalue: float
    verdict: str


@dataclass(frozen=True)
class Results:
    """The summary of a study, or of some of its conditions.

    Attributes
    ----------
    summary : dict
        The file's content.
    chosen : tuple of int
        Indices of the conditions that are looked at; all, if left out.
    """

    summary: dict
    chosen: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.chosen:
            object.__setattr__(self, "chosen", tuple(range(len(self.summary["conditions"]))))

    def where(self, task: str) -> Results:
        """Return the results for the conditions of a task alone.

        The p-values stay corrected for the comparisons of the whole study.

        Raises
        ------
        ValueError
            If no condition has that task.
        """
        tasks = [entry["task"] for entry in self.summary["conditions"]]
        chosen = tuple(index for index in self.chosen if tasks[index] == task)
        if not chosen:
            raise ValueError(f"task: expected one of {sorted(set(tasks))}, got {task!r}")
        return Results(self.summary, chosen)

    @property
    def conditions(self) -> list[dict]:
        """The conditions as they are stored, with what came of their variants."""
        return [self.summary["conditions"][index] for index in self.chosen]

    @property
    def condition_labels(self) -> list[str]:
        """Labels of the conditions."""
        return [entry["label"] for entry in self.conditions]

    @property
    def labels(self) -> list[str]:
        """Labels of the variants, such as "RNN", "LSTM", "GRU"."""
        return list(self.conditions[0]["variants"])

    def case(self, label: str, condition: int = 0) -> dict:
        """Return all that is stored of a variant under a condition.

        Raises
        ------
        ValueError
            If there is no variant of that label.
        """
        variants = self.conditions[condition]["variants"]
        if label not in variants:
            raise ValueError(f"label: expected one of {list(variants)}, got {label!r}")
        return variants[label]

    def values(self, setting: str) -> np.ndarray:
        """Return the values of a task's setting, one per condition, such as the lags."""
        return np.array([entry["settings"][setting] for entry in self.conditions])

    def scores(self, label: str) -> np.ndarray:
        """Return the test scores of a variant, shape (seeds, conditions); NaN where it diverged."""
        return np.array(
            [
                [np.nan if score is None else score for score in self.case(label, k)["test"]]
                for k in range(len(self.conditions))
            ]
        ).T

    def interval(self, label: str, condition: int = 0) -> Interval:
        """Return the mean over seeds and its 95 % bootstrap interval."""
        return bootstrap_interval(self.scores(label)[:, condition])

    def intervals(self, label: str) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of the intervals of all conditions, for `plot_with_interval`."""
        every = [self.interval(label, k) for k in range(len(self.conditions))]
        return np.array([one.low for one in every]), np.array([one.high for one in every])

    def baseline(self, name: str, condition: int = 0) -> float:
        """Return the score of a baseline, such as "persistence"."""
        return self.conditions[condition]["baselines"][name]

    def hidden_size(self, label: str, condition: int = 0) -> int:
        """Return the hidden size of a variant."""
        return self.case(label, condition)["hidden_size"]

    def search_losses(self, label: str, condition: int = 0) -> np.ndarray:
        """Return the validation losses of the search, shape (learning rates, seeds)."""
        rows = self.case(label, condition)["search_valid_loss"]
        return np.array([[np.nan if loss is None else loss for loss in row] for row in rows])

    def updates_to(self, goal: float, label: str, condition: int = 0) -> np.ndarray:
        """Return after how many updates each run's validation loss was first at most `goal`.

        Validation comes once an epoch, so these are multiples of an epoch's updates; infinite
        where the goal was never reached.
        """
        case = self.case(label, condition)
        epochs = [
            next((k + 1 for k, loss in enumerate(curve) if loss <= goal), np.inf)
            for curve in case["curves"]
        ]
        return np.array(epochs) * case["updates_per_epoch"]

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """All comparisons that the study declares, under the chosen conditions."""
        pairs = [tuple(pair) for pair in self.summary["comparisons"]]
        whole = Results(self.summary)
        family = [(k, *pair) for k in range(len(whole.conditions)) for pair in pairs]
        samples = [(whole.scores(one)[:, k], whole.scores(two)[:, k]) for k, one, two in family]
        usable = [bool(np.isfinite(np.concatenate(pair)).all()) for pair in samples]
        pvalues = np.full(len(family), np.nan)
        if any(usable):
            tested = [
                sign_flip_test(*pair) for pair, good in zip(samples, usable, strict=True) if good
            ]
            pvalues[usable] = corrected(tested)
        return [
            self._compare(whole.conditions[k], one, two, *pair, float(p))
            for (k, one, two), pair, good, p in zip(family, samples, usable, pvalues, strict=True)
            if good and k in self.chosen
        ]

    def difference(
        self, first: str = "LSTM", second: str = "GRU", condition: int = 0
    ) -> tuple[Interval, str]:
        """Return the paired difference of two variants, and who is ahead.

        Raises
        ------
        ValueError
            If the study does not declare the comparison, in this order, or a run diverged.
        """
        found = self.comparison(first, second, condition)
        return found.difference, found.verdict

    def comparison(
        self, first: str = "LSTM", second: str = "GRU", condition: int = 0
    ) -> Comparison:
        """Return one of `comparisons`.

        Raises
        ------
        ValueError
            If the study does not declare it, in this order, or a run diverged.
        """
        label = self.condition_labels[condition]
        for one in self.comparisons:
            if (one.condition, one.first, one.second) == (label, first, second):
                return one
        raise ValueError(
            f"first, second: expected one of {self.summary['comparisons']}, none of whose runs "
            f"diverged, got {[first, second]}"
        )

    @staticmethod
    def _compare(entry, first, second, one, two, pvalue) -> Comparison:
        interval = bootstrap_interval(one - two)
        words = verdict(
            interval, (first, second), higher_is_better=entry["higher_is_better"], pvalue=pvalue
        )
        effect = effect_size(one, two)
        return Comparison(entry["label"], first, second, interval, effect, pvalue, words)


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
