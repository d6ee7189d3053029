r"""Training: one loop for every model and task of the book."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import numpy as np

from gatedrnn.cells.base import State
from gatedrnn.checkpoint import Checkpoint
from gatedrnn.data.batching import Batch
from gatedrnn.models import SequenceModel
from gatedrnn.optim import SGD, Adam, clip_by_global_norm, global_norm
from gatedrnn.optional import import_optional
from gatedrnn.schedules import Schedule
from gatedrnn.training_state import History, TrainingState
from gatedrnn.validation import check_positive_int

__all__ = ["DivergedError", "History", "TrainConfig", "evaluate", "fit", "gradients"]

Loss = Callable[..., tuple[float, np.ndarray]]

OPTIMISERS = {"adam": Adam, "sgd": SGD}


class DivergedError(ArithmeticError):
    """The loss or the gradient became NaN or infinite."""


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Parameters
    ----------
    epochs : int
        Passes over the training batches, at most.
    learning_rate : float
    optimiser : {"adam", "sgd"}
    max_norm : float or None
        Gradients are clipped to this global norm; None leaves them as they are.
    patience : int or None
        Stop when the validation loss has not improved for this many epochs, and go back to the
        best parameters; None trains to the end and keeps the last.
    carry_state : bool
        Start each batch in the state in which the last one ended (truncated backpropagation
        through time): batches must then continue each other, sample by sample.
    schedule : Schedule or None
        Factor of the learning rate at each step, see `gatedrnn.schedules`; None leaves it at 1.
    progress : bool
        Show a progress bar where somebody can see it (a terminal or a notebook).
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    optimiser: str = "adam"
    max_norm: float | None = 1.0
    patience: int | None = None
    carry_state: bool = False
    schedule: Schedule | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        check_positive_int("epochs", self.epochs)
        if self.optimiser not in OPTIMISERS:
            raise ValueError(
                f"optimiser: expected one of {sorted(OPTIMISERS)}, got {self.optimiser!r}"
            )
        if self.patience is not None:
            check_positive_int("patience", self.patience)


def gradients(
    model: SequenceModel,
    batch: Batch | tuple,
    loss: Loss,
    state: State | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> tuple[float, dict[str, np.ndarray], State]:
    """Return the loss of a batch, its gradients, and the state after the last step.

    Gradients stop at the beginning of the batch, wherever `state` came from. With `rng` a stack's
    dropout is on.
    """
    batch = Batch.of(batch)
    out, state, tape = model.forward(batch.inputs, state, batch.lengths, rng=rng)
    value, dout = loss(out, *batch.wanted)
    return value, model.backward(dout, tape), state


def evaluate(
    model: SequenceModel, batches: Iterable[Batch | tuple], loss: Loss, *, carry_state: bool = False
) -> float:
    """Return the mean loss over batches, each weighted by the targets that it keeps.

    Parameters
    ----------
    model : SequenceModel
    batches : iterable of Batch, (xs, targets) or (xs, targets, mask)
    loss : callable
        ``loss(out, targets[, mask])`` returns (mean, gradient), as in `gatedrnn.functional`.
    carry_state : bool, optional
        As in `TrainConfig`.

    Raises
    ------
    ValueError
        If there are no batches.
    """
    total = kept = 0.0
    state = None
    for batch in map(Batch.of, batches):
        start = state if carry_state else None
        out, state, _ = model.forward(batch.inputs, start, batch.lengths)
        total += batch.weight * loss(out, *batch.wanted)[0]
        kept += batch.weight
    if kept == 0:
        raise ValueError("batches: expected at least one batch, got none")
    return total / kept


def fit(
    model: SequenceModel,
    batches: Iterable[Batch | tuple],
    config: TrainConfig,
    loss: Loss,
    *,
    valid: Iterable[Batch | tuple] | None = None,
    rng: np.random.Generator | None = None,
    after_epoch: Callable[[int, History], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> History:
    """Train a model in place.

    The same model, batches, configuration and generators give the same result, bit for bit on
    the same machine, with or without interruptions between checkpoints.

    Parameters
    ----------
    model : SequenceModel
    batches : iterable of Batch, (xs, targets) or (xs, targets, mask)
        Gone through once per epoch; one that shuffles may yield another order each time. A
        generator, which can be gone through only once, will not do.
    config : TrainConfig
    loss : callable
        ``loss(out, targets[, mask])`` returns (mean, gradient), as in `gatedrnn.functional`.
    valid : iterable of batches, optional
        For the validation loss, and for early stopping.
    rng : numpy.random.Generator, optional
        Source of the noise of the model's dropout, which is on in training alone.
    after_epoch : callable, optional
        Called with the epoch's index and the history, to draw or to print.
    checkpoint : Checkpoint, optional
        Where to write down the state of the training; if it is there already, training goes on
        from it.

    Returns
    -------
    History

    Raises
    ------
    DivergedError
        If the loss or the gradient is not finite; the parameters are those before the step.
    CheckpointError
        If the checkpoint is damaged or of another training.
    ValueError
        If there are no batches, early stopping has no validation batches to go by, the model
        has dropout and there is no `rng`, or batches and dropout share a generator.
    """
    if iter(batches) is batches:
        raise TypeError("batches: expected an iterable to go through every epoch, got an iterator")
    if config.patience is not None and valid is None:
        raise ValueError("valid: expected validation batches, for patience is set; got None")
    if model.dropout and rng is None:
        raise ValueError("rng: expected a generator, for the model has dropout; got None")
    optimiser = OPTIMISERS[config.optimiser](model.params, config.learning_rate)
    run = TrainingState(model, optimiser, rng=rng, batch_rngs=_batch_rngs(batches, checkpoint))
    if rng is not None and checkpoint is not None and any(rng is one for one in run.batch_rngs):
        raise ValueError("rng: expected a generator other than that of the batches, to resume")
    about = _about(config, batches)
    if checkpoint is not None:
        run.restore(checkpoint, about)
    with _progress_bar(config, run.epoch) as bar:
        while not run.finished:
            _train_epoch(run, batches, config, loss, checkpoint, about)
            _after_epoch(run, config, loss, valid)
            if after_epoch is not None:
                after_epoch(run.epoch - 1, run.history)
            if checkpoint is not None:
                run.save(checkpoint, about)
            bar.set_postfix(loss=f"{run.history.train_loss[-1]:.4g}")
            bar.update()
    if config.patience is not None:
        model.set_params(run.best)
    return run.history


def _train_epoch(run, batches, config, loss, checkpoint, about) -> None:
    """Take one step per batch, from where the run is."""
    start = time.perf_counter()
    for batch in map(Batch.of, run.start_epoch(batches)):
        before = run.state if config.carry_state else None
        value, grads, run.state = gradients(run.model, batch, loss, before, rng=run.rng)
        if config.max_norm is None:
            norm = global_norm(grads)
        else:
            norm = clip_by_global_norm(grads, config.max_norm)
        rate = config.learning_rate
        if config.schedule is not None:
            rate *= config.schedule(run.optimiser.steps)
        if not (np.isfinite(value) and np.isfinite(norm)):
            raise DivergedError(
                f"step {len(run.history.grad_norm)}: the loss is {value} and the gradient's norm "
                f"{norm}; try a learning rate below {rate} or a smaller max_norm"
            )
        run.history.grad_norm.append(norm)
        run.optimiser.learning_rate = rate
        run.optimiser.step(grads)
        run.total += batch.weight * value
        run.kept += batch.weight
        run.batch += 1
        if checkpoint is not None and checkpoint.due(run.optimiser.steps):
            now = time.perf_counter()
            run.seconds, start = run.seconds + now - start, now
            run.save(checkpoint, about)
    if run.kept == 0:
        raise ValueError("batches: expected at least one batch, got none")
    run.seconds += time.perf_counter() - start
    run.end_epoch()


def _after_epoch(run, config, loss, valid) -> None:
    """Judge the epoch that has ended, and whether it was the last."""
    epoch, history = run.epoch - 1, run.history
    if valid is not None:
        value = evaluate(run.model, valid, loss, carry_state=config.carry_state)
        if not np.isfinite(value):
            raise DivergedError(f"epoch {epoch}: the validation loss is {value}")
        history.valid_loss.append(value)
        if value <= min(history.valid_loss):
            history.best_epoch = epoch
            run.best = {name: array.copy() for name, array in run.model.params.items()}
    if config.patience is not None and epoch - history.best_epoch >= config.patience:
        history.stopped_early = True
    run.finished = history.stopped_early or run.epoch == config.epochs


def _batch_rngs(batches, checkpoint: Checkpoint | None) -> list[np.random.Generator]:
    """Return the generators that the batches draw from, as far as they are known."""
    if checkpoint is None:
        return []
    own = getattr(batches, "rng", None)
    return [*checkpoint.rngs, *([own] if isinstance(own, np.random.Generator) else [])]


def _about(config: TrainConfig, batches) -> dict[str, str]:
    """Return what must be the same for a training to go on."""
    settings = {f.name: repr(getattr(config, f.name)) for f in fields(config)}
    del settings["progress"]
    length = f"{len(batches)} batches" if hasattr(batches, "__len__") else "unknown"
    return {**settings, "length of an epoch": length}


def _progress_bar(config: TrainConfig, done: int):
    """Return a bar of tqdm's; a silent one where nobody would see it."""
    tqdm = import_optional("tqdm.auto", extra="train").tqdm
    silent = not config.progress or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    # None lets tqdm be quiet where the output is neither a terminal nor a notebook.
    disable = True if silent else None
    return tqdm(total=config.epochs, initial=done, unit="epoch", leave=False, disable=disable)
