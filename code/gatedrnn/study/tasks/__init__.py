r"""The tasks of the studies: data cut into train, valid and test, a score, and what to beat.

A task is a function of a seed and of settings that returns a `Problem`. Its data depend on the
seed alone, never on the cell, so that runs with the same seed can be compared in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gatedrnn.study.tasks import (
    counting,
    deployed,
    dialogue,
    emotion,
    memory,
    sentiment,
    sequences,
    speakers,
    speech,
    stocks,
    translation,
    weather_ahead,
)
from gatedrnn.study.tasks.problem import Problem

__all__ = ["TASKS", "Problem", "Task", "find_task", "make_problem"]


class Task(NamedTuple):
    """A task, and how its score is read.

    Attributes
    ----------
    make : callable
        ``make(seed, **settings)`` returns a `Problem`.
    metric : str
        What the score is, with its unit.
    higher_is_better : bool
    """

    make: Callable[..., Problem]
    metric: str
    higher_is_better: bool


TASKS: dict[str, Task] = {
    "recall": Task(memory.recall, "accuracy", True),
    "adding": Task(memory.adding, "mean squared error", False),
    "copy": Task(memory.copy, "share of symbols right", True),
    "temporal_order": Task(memory.temporal_order, "accuracy", True),
    "anbn": Task(counting.anbn, "longest n", True),
    "anbncn": Task(counting.anbncn, "longest n", True),
    "parity": Task(counting.parity, "longest prefix", True),
    "bracket_depth": Task(counting.bracket_depth, "greatest depth", True),
    "weather": Task(sequences.weather, "RMSE (°C)", False),
    "chorales": Task(sequences.chorales, "NLL (nats per step)", False),
    "characters": Task(sequences.characters, "bits per character", False),
    "sentiment": Task(sentiment.sentiment, "accuracy", True),
    "speech": Task(speech.speech, "digit error rate", False),
    "speakers": Task(speakers.speakers, "accuracy", True),
    "emotion": Task(emotion.emotion, "accuracy", True),
    "deployed_weather": Task(deployed.weather, "RMSE (°C) with int8 weights", False),
    "deployed_adding": Task(deployed.adding, "mean squared error with int8 weights", False),
    "deployed_sentiment": Task(deployed.sentiment, "accuracy with int8 weights", True),
    "stock_returns": Task(stocks.stock_returns, "RMSE (% a day)", False),
    "stock_volatility": Task(stocks.stock_volatility, "RMSE of log volatility", False),
    "dates": Task(translation.dates, "exact match", True),
    "dialogue": Task(dialogue.dialogue, "share of right answers", True),
    "weather_ahead": Task(weather_ahead.weather_ahead, "RMSE (°C)", False),
}


def find_task(name: str) -> Task:
    """Return the task of a name.

    Raises
    ------
    ValueError
        If there is no such task.
    """
    if name not in TASKS:
        raise ValueError(f"task: expected one of {sorted(TASKS)}, got {name!r}")
    return TASKS[name]


def make_problem(task: str, seed: int, settings: Mapping[str, object]) -> Problem:
    """Return the problem of a task's name.

    Raises
    ------
    ValueError
        If there is no such task, or it has no such setting.
    """
    make = find_task(task).make
    try:
        return make(seed, **settings)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise ValueError(f"settings: not those of the task {task!r}: {error}") from error
