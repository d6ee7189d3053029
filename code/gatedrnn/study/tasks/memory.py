r"""Generated tasks of remembering: what came long ago decides, the rest is in the way."""

from __future__ import annotations

from functools import partial

import numpy as np

from gatedrnn import data
from gatedrnn.functional import softmax_cross_entropy, squared_error
from gatedrnn.study.tasks.problem import Problem, accuracy, generated, input_gradient
from gatedrnn.train import Batch, evaluate

__all__ = ["adding", "copy", "recall", "temporal_order"]


def recall(
    seed: int,
    *,
    lag: int,
    batches: int = 100,
    batch_size: int = 64,
    held_out_size: int = 512,
    num_symbols: int = 10,
) -> Problem:
    """Say the marked digit after `lag` others; train on lags from 1 to `lag`, test at `lag`."""
    game = partial(data.marked_recall, num_symbols=num_symbols)
    return Problem(
        **generated(
            lambda n, rng: game(int(rng.integers(1, lag + 1)), n, rng=rng),
            lambda n, rng: game(lag, n, rng=rng),
            seed,
            batches,
            batch_size,
            held_out_size,
        ),
        loss=softmax_cross_entropy,
        score=accuracy,
        input_size=num_symbols + 2,
        output_size=num_symbols,
        baselines=lambda: {"guess": 1 / num_symbols},
    )


def adding(
    seed: int,
    *,
    steps: int,
    batches: int = 50,
    batch_size: int = 64,
    held_out_size: int = 512,
) -> Problem:
    """Add the two marked numbers of a sequence; the score is the mean squared error."""

    def draw(n: int, rng: np.random.Generator) -> tuple:
        return data.adding_problem(steps, n, rng=rng)

    parts = generated(draw, draw, seed, batches, batch_size, held_out_size)

    def baselines() -> dict[str, float]:
        sums = np.concatenate([targets for _, targets in parts["test"]])
        return {"always 1": float(np.mean((sums - 1) ** 2))}

    return Problem(
        **parts,
        loss=squared_error,
        score=partial(evaluate, loss=squared_error),
        input_size=2,
        output_size=1,
        baselines=baselines,
        details=lambda model, test: {"gradient": input_gradient(model, test, squared_error)},
    )


def copy(
    seed: int,
    *,
    lag: int,
    length: int = 5,
    num_symbols: int = 8,
    batches: int = 50,
    batch_size: int = 64,
    held_out_size: int = 512,
) -> Problem:
    """Write down a string after `lag` blanks; the score is the share of its symbols right."""

    def draw(n: int, rng: np.random.Generator) -> tuple:
        return data.copy_memory(lag, n, rng=rng, num_symbols=num_symbols, length=length)

    def score(model, batches: list) -> float:
        right = [
            model.forward(xs)[0][-length:].argmax(-1) == targets[-length:]
            for xs, targets in batches
        ]
        return float(np.mean(right))

    return Problem(
        **generated(draw, draw, seed, batches, batch_size, held_out_size),
        loss=softmax_cross_entropy,
        score=score,
        input_size=num_symbols + 2,
        output_size=num_symbols + 2,
        readout="all",
        baselines=lambda: {"guess": 1 / num_symbols},
        details=lambda model, test: {
            "gradient": input_gradient(model, _last_symbol(test), _masked_cross_entropy)
        },
    )


def _last_symbol(batches: list) -> list[Batch]:
    """Return the first batch with a mask that keeps the last symbol alone."""
    xs, targets = batches[0]
    mask = np.zeros(targets.shape, np.float32)
    mask[-1] = 1
    return [Batch(xs, targets, mask)]


def _masked_cross_entropy(out, targets, mask):
    return softmax_cross_entropy(out, targets, mask)


def temporal_order(
    seed: int,
    *,
    steps: int,
    batches: int = 50,
    batch_size: int = 64,
    held_out_size: int = 512,
) -> Problem:
    """Tell in which order two symbols came; the score is the share of right answers."""

    def draw(n: int, rng: np.random.Generator) -> tuple:
        return data.temporal_order(steps, n, rng=rng)

    parts = generated(draw, draw, seed, batches, batch_size, held_out_size)
    return Problem(
        **parts,
        loss=softmax_cross_entropy,
        score=accuracy,
        input_size=parts["test"][0][0].shape[-1],
        output_size=4,
        baselines=lambda: {"guess": 1 / 4},
        details=lambda model, test: {
            "gradient": input_gradient(model, test, softmax_cross_entropy)
        },
    )
