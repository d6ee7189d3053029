r"""What every task of the studies returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn import data
from gatedrnn.train import Batch

__all__ = ["Problem", "accuracy", "generated", "input_gradient"]

#: The held-out games of generated tasks are the same in all runs.
TEST_SEED = 20_200


def _no_baselines() -> dict[str, float]:
    return {}


@dataclass(frozen=True)
class Problem:
    """What a model is trained on, and how it is judged.

    Attributes
    ----------
    train : iterable of batches
    valid : list of batches
    test : Any
        What `score` and `details` are given; mostly a list of batches.
    loss : callable
        As `gatedrnn.train.fit` wants it; validation and early stopping go by it.
    score : callable
        ``score(model, test)`` returns the number that is reported.
    input_size, output_size : int
        Of the recurrent layer and of the readout.
    num_tokens : int or None
        If the input is tokens: how many different ones, embedded in `input_size` numbers.
    readout : {"all", "last"}
    carry_state : bool
    baselines : callable
        Returns scores on the test data, by name, of what needs no network and is fitted on the
        same training data; a function, for some take seconds.
    details : callable or None
        ``details(model, test)`` returns what else is worth keeping of a final run.
    build : callable or None
        ``build(cell, hidden_size, rng=rng, **options)`` returns the model, where one recurrent
        layer with a readout is not enough; ``cell`` is a class such as `gatedrnn.LSTM`. The model
        has what `gatedrnn.train.fit` wants: `params`, `num_parameters`, `set_params`, `forward`
        and `backward`. Then `input_size`, `output_size`, `num_tokens` and `readout` say nothing.
    """

    train: Iterable[Batch | tuple]
    valid: list[Batch | tuple]
    test: Any
    loss: Callable
    score: Callable
    input_size: int = 0
    output_size: int = 0
    num_tokens: int | None = None
    readout: str = "last"
    carry_state: bool = False
    baselines: Callable[[], dict[str, float]] = _no_baselines
    details: Callable | None = None
    build: Callable | None = None


def accuracy(model, batches: list) -> float:
    """Return the share of right answers, of those that the batches' masks keep."""
    right = kept = 0.0
    for batch in map(Batch.of, batches):
        out = model.forward(batch.inputs, None, batch.lengths)[0]
        mask = np.ones(batch.targets.shape) if batch.mask is None else batch.mask
        right += float((mask * (out.argmax(-1) == batch.targets)).sum())
        kept += float(mask.sum())
    return right / kept


def generated(
    draw: Callable, held_out: Callable, seed: int, batches: int, batch_size: int, held_out_size: int
) -> dict:
    """Return train, valid and test of a task without end: fresh games to train on."""
    rng, valid_rng, test_rng = (np.random.default_rng(s) for s in ([seed, 0], [seed, 1], TEST_SEED))
    parts = held_out_size // batch_size
    return {
        "train": data.FreshBatches(lambda: draw(batch_size, rng), batches),
        "valid": [held_out(batch_size, valid_rng) for _ in range(parts)],
        "test": [held_out(batch_size, test_rng) for _ in range(2 * parts)],
    }


def input_gradient(model, batches: list, loss: Callable, points: int = 40) -> dict:
    r"""Return how much of the loss's gradient reaches the inputs k steps before the end.

    The mean over samples of :math:`\lVert \partial L_n / \partial x_{T-k} \rVert`, for a trained
    network, where :math:`L_n` is the loss of sample n alone.

    Returns
    -------
    dict
        ``lags`` k, at most about `points` of them, and ``log10_norms``, None where it is zero.
    """
    batch = Batch.of(batches[0])
    out, _, tape = model.forward(batch.inputs, None, batch.lengths)
    _, dout = loss(out, *batch.wanted)
    dhs_last, _ = model.readout.backward(dout, tape.readout)
    if model.last_only:
        dhs = np.zeros((tape.steps, *dhs_last.shape), dhs_last.dtype)
        dhs[-1] = dhs_last
    else:
        dhs = dhs_last
    dxs, _, _ = model.cell.backward(dhs, tape.cell)
    size = dxs.shape[1]  # the loss is a mean over samples; each one's own is that many times it
    norms = size * np.linalg.norm(dxs.astype(np.float64), axis=-1).mean(1)[::-1]
    lags = np.unique(np.linspace(0, len(norms) - 1, min(points, len(norms))).round().astype(int))
    return {
        "lags": lags.tolist(),
        "log10_norms": [
            round(float(np.log10(norms[k])), 2) if norms[k] > 0 else None for k in lags
        ],
    }
