r"""One run: a model built, trained, and judged."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from gatedrnn.layers import Embedding
from gatedrnn.models import SequenceModel
from gatedrnn.seq2seq import EncoderDecoder
from gatedrnn.study.budget import CELLS, count_parameters
from gatedrnn.study.design import Run
from gatedrnn.study.tasks import Problem, make_problem
from gatedrnn.train import DivergedError, TrainConfig, fit

__all__ = ["build_model", "execute", "total_parameters", "train_run"]


def total_parameters(problem: Problem, cell: str, options: Mapping, hidden_size: int) -> int:
    """Return how many parameters the model of a problem has."""
    if problem.build is not None:  # only the builder knows
        rng = np.random.default_rng(0)
        return build_model(problem, cell, options, hidden_size, rng).num_parameters
    embedding = 0 if problem.num_tokens is None else problem.num_tokens * problem.input_size
    layer = count_parameters(
        cell, problem.input_size, hidden_size, reset_after=options.get("reset_after", True)
    )
    return embedding + layer + problem.output_size * (hidden_size + 1)


def build_model(
    problem: Problem, cell: str, options: Mapping, hidden_size: int, rng: np.random.Generator
) -> SequenceModel | EncoderDecoder:
    """Return a new model for a problem."""
    if problem.build is not None:
        return problem.build(CELLS[cell], hidden_size, rng=rng, **options)
    embedding = None
    if problem.num_tokens is not None:
        embedding = Embedding(problem.num_tokens, problem.input_size, rng=rng)
    layer = CELLS[cell](problem.input_size, hidden_size, rng=rng, **options)
    return SequenceModel(
        layer, problem.output_size, rng=rng, embedding=embedding, readout=problem.readout
    )


def train_run(run: Run, **callbacks):
    """Return the problem of a run, its trained model, and the history.

    Parameters
    ----------
    run : Run
    **callbacks
        Handed on to `gatedrnn.train.fit`, such as ``after_epoch``.

    Raises
    ------
    DivergedError
        If the loss was no number.
    """
    problem = make_problem(run.task, run.seed, dict(run.settings))
    # A stream of its own: the data of a seed are the same for every cell.
    rng = np.random.default_rng([run.seed, 2])
    model = build_model(problem, run.cell, run.options, run.hidden_size, rng)
    config = TrainConfig(
        epochs=run.epochs,
        learning_rate=run.learning_rate,
        patience=run.patience,
        carry_state=problem.carry_state,
        progress=False,
    )
    history = fit(model, problem.train, config, problem.loss, valid=problem.valid, **callbacks)
    return problem, model, history


def execute(run: Run) -> dict:
    """Train a model and return what came of it.

    Returns
    -------
    dict
        ``valid_loss`` (the best epoch's), ``best_epoch``, ``curve`` (the validation loss after
        every epoch), ``updates_per_epoch`` and ``seconds`` (training alone), and for a final run
        ``test``, its score, and ``details``. A run that diverged has None for loss and score.
    """
    start = time.perf_counter()
    try:
        problem, model, history = train_run(run)
    except DivergedError:
        result = {"valid_loss": None, "seconds": time.perf_counter() - start}
        return result | ({"test": None} if run.final else {})
    result = {
        "valid_loss": history.valid_loss[history.best_epoch],
        "best_epoch": history.best_epoch,
        "curve": [float(f"{value:.5g}") for value in history.valid_loss],
        "updates_per_epoch": len(history.grad_norm) // len(history.valid_loss),
        "seconds": round(sum(history.seconds), 3),
    }
    if run.final:
        result["test"] = problem.score(model, problem.test)
        if problem.details is not None:
            result["details"] = problem.details(model, problem.test)
    return result
