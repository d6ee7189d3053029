r"""One run: a model built, trained, and judged."""

from __future__ import annotations

import time

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.layers import Embedding
from gatedrnn.models import SequenceModel
from gatedrnn.study.budget import hidden_size_for_budget
from gatedrnn.study.design import Run, Variant
from gatedrnn.study.tasks import Problem, make_problem
from gatedrnn.train import DivergedError, TrainConfig, fit

__all__ = ["build_model", "execute"]

CELL_TYPES = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


def build_model(
    problem: Problem, variant: Variant, parameters: int, rng: np.random.Generator
) -> SequenceModel:
    """Return a new model for a problem, as close to a number of parameters as it can be."""
    extra = 0 if problem.num_tokens is None else problem.num_tokens * problem.input_size
    hidden_size, _ = hidden_size_for_budget(
        variant.cell,
        problem.input_size,
        problem.output_size,
        parameters,
        extra=extra,
        reset_after=variant.options.get("reset_after", True),
    )
    embedding = None
    if problem.num_tokens is not None:
        embedding = Embedding(problem.num_tokens, problem.input_size, rng=rng)
    cell = CELL_TYPES[variant.cell](problem.input_size, hidden_size, rng=rng, **variant.options)
    return SequenceModel(
        cell, problem.output_size, rng=rng, embedding=embedding, readout=problem.readout
    )


def execute(run: Run) -> dict:
    """Train a model and return what came of it.

    Returns
    -------
    dict
        ``hidden_size``, ``num_parameters``, ``valid_loss`` (the best epoch's), ``epochs`` (those
        trained), ``best_epoch``, ``seconds`` (training alone), and for a final run ``test``, its
        score. A run that diverged has None for loss and score.
    """
    problem = make_problem(run.task, run.seed, dict(run.settings))
    # A stream of its own: the data of a seed are the same for every cell.
    model = build_model(problem, run.variant, run.parameters, np.random.default_rng([run.seed, 2]))
    config = TrainConfig(
        epochs=run.epochs,
        learning_rate=run.learning_rate,
        patience=run.patience,
        carry_state=problem.carry_state,
        progress=False,
    )
    result = {
        "hidden_size": model.cell.hidden_size,
        "num_parameters": model.num_parameters,
        "valid_loss": None,
    }
    start = time.perf_counter()
    try:
        history = fit(model, problem.train, config, problem.loss, valid=problem.valid)
    except DivergedError:
        return {
            **result,
            "seconds": time.perf_counter() - start,
            **({"test": None} if run.final else {}),
        }
    result |= {
        "valid_loss": history.valid_loss[history.best_epoch],
        "epochs": len(history.valid_loss),
        "best_epoch": history.best_epoch,
        "seconds": sum(history.seconds),
    }
    if run.final:
        result["test"] = problem.score(model, problem.test)
    return result
