r"""Training: one loop for every model and task of the book."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from gatedrnn.cells.base import State
from gatedrnn.models import SequenceModel
from gatedrnn.optim import SGD, Adam, clip_by_global_norm, global_norm
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_positive_int

__all__ = ["DivergedError", "History", "TrainConfig", "evaluate", "fit", "gradients"]

#: ``(xs, targets)`` or ``(xs, targets, mask)``.
Batch = tuple[np.ndarray, ...]
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
    progress : bool
        Show a progress bar where somebody can see it (a terminal or a notebook).
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    optimiser: str = "adam"
    max_norm: float | None = 1.0
    patience: int | None = None
    carry_state: bool = False
    progress: bool = True

    def __post_init__(self) -> None:
        check_positive_int("epochs", self.epochs)
        if self.optimiser not in OPTIMISERS:
            raise ValueError(
                f"optimiser: expected one of {sorted(OPTIMISERS)}, got {self.optimiser!r}"
            )
        if self.patience is not None:
            check_positive_int("patience", self.patience)


@dataclass
class History:
    """What happened during training.

    Attributes
    ----------
    train_loss, valid_loss : list of float
        One entry per epoch: the mean over the epoch's batches while the parameters moved, and
        the mean over the validation batches after it (empty without them).
    grad_norm : list of float
        The global norm before clipping, one entry per step.
    seconds : list of float
        Time of each epoch, validation left out.
    best_epoch : int or None
        Index of the epoch with the smallest validation loss.
    stopped_early : bool
        Whether `TrainConfig.patience` ended the training.
    """

    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped_early: bool = False


def gradients(
    model: SequenceModel,
    batch: Batch,
    loss: Loss,
    state: State | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> tuple[float, dict[str, np.ndarray], State]:
    """Return the loss of a batch, its gradients, and the state after the last step.

    Gradients stop at the beginning of the batch, wherever `state` came from. With `rng` a stack's
    dropout is on.
    """
    xs, *rest = batch
    out, state, tape = model.forward(xs, state, rng=rng)
    value, dout = loss(out, *rest)
    return value, model.backward(dout, tape), state


def evaluate(
    model: SequenceModel, batches: Iterable[Batch], loss: Loss, *, carry_state: bool = False
) -> float:
    """Return the mean loss over batches, each weighted by the targets that it keeps.

    Parameters
    ----------
    model : SequenceModel
    batches : iterable of (xs, targets) or (xs, targets, mask)
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
    for xs, *rest in batches:
        out, state, _ = model.forward(xs, state if carry_state else None)
        weight = _kept(*rest)
        total += weight * loss(out, *rest)[0]
        kept += weight
    if kept == 0:
        raise ValueError("batches: expected at least one batch, got none")
    return total / kept


def fit(
    model: SequenceModel,
    batches: Iterable[Batch],
    config: TrainConfig,
    loss: Loss,
    *,
    valid: Iterable[Batch] | None = None,
    rng: np.random.Generator | None = None,
    after_epoch: Callable[[int, History], None] | None = None,
) -> History:
    """Train a model in place.

    Parameters
    ----------
    model : SequenceModel
    batches : iterable of (xs, targets) or (xs, targets, mask)
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

    Returns
    -------
    History

    Raises
    ------
    DivergedError
        If the loss or the gradient is not finite; the parameters are those before the step.
    ValueError
        If there are no batches, early stopping has no validation batches to go by, or the model
        has dropout and there is no `rng`.
    """
    if iter(batches) is batches:
        raise TypeError("batches: expected an iterable to go through every epoch, got an iterator")
    if config.patience is not None and valid is None:
        raise ValueError("valid: expected validation batches, for patience is set; got None")
    if getattr(model.cell, "dropout", 0) and rng is None:
        raise ValueError("rng: expected a generator, for the model has dropout; got None")
    optimiser = OPTIMISERS[config.optimiser](model.params, config.learning_rate)
    history = History()
    best: dict[str, np.ndarray] = {}
    with _progress_bar(config) as bar:
        for epoch in range(config.epochs):
            start = time.perf_counter()
            history.train_loss.append(
                _train_epoch(model, batches, config, loss, optimiser, history, rng)
            )
            history.seconds.append(time.perf_counter() - start)
            if valid is not None:
                value = evaluate(model, valid, loss, carry_state=config.carry_state)
                if not np.isfinite(value):
                    raise DivergedError(f"epoch {epoch}: the validation loss is {value}")
                history.valid_loss.append(value)
                if value <= min(history.valid_loss):
                    history.best_epoch = epoch
                    best = {name: array.copy() for name, array in model.params.items()}
            if after_epoch is not None:
                after_epoch(epoch, history)
            bar.set_postfix(loss=f"{history.train_loss[-1]:.4g}")
            bar.update()
            if config.patience is not None and epoch - history.best_epoch >= config.patience:
                history.stopped_early = True
                break
    if config.patience is not None:
        model.set_params(best)
    return history


def _train_epoch(model, batches, config, loss, optimiser, history, rng) -> float:
    """Take one step per batch; return the mean loss."""
    total = kept = 0.0
    state = None
    for batch in batches:
        start = state if config.carry_state else None
        value, grads, state = gradients(model, batch, loss, start, rng=rng)
        if config.max_norm is None:
            norm = global_norm(grads)
        else:
            norm = clip_by_global_norm(grads, config.max_norm)
        if not (np.isfinite(value) and np.isfinite(norm)):
            raise DivergedError(
                f"step {len(history.grad_norm)}: the loss is {value} and the gradient's norm "
                f"{norm}; try a learning rate below {config.learning_rate} or a smaller max_norm"
            )
        history.grad_norm.append(norm)
        optimiser.step(grads)
        weight = _kept(*batch[1:])
        total += weight * value
        kept += weight
    if kept == 0:
        raise ValueError("batches: expected at least one batch, got none")
    return total / kept


def _kept(targets: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Return the number of targets that a batch's loss is the mean of."""
    return float(targets.size if mask is None else mask.sum())


def _progress_bar(config: TrainConfig):
    """Return a bar of tqdm's; a silent one where nobody would see it."""
    tqdm = import_optional("tqdm.auto", extra="train").tqdm
    silent = not config.progress or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    # None lets tqdm be quiet where the output is neither a terminal nor a notebook.
    return tqdm(total=config.epochs, unit="epoch", leave=False, disable=True if silent else None)
