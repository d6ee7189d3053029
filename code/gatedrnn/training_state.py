r"""All that a training has to remember in order to go on as if it had never stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatedrnn.checkpoint import Checkpoint, CheckpointError, rng_state, set_rng_state
from gatedrnn.optim import SGD, Adam
from gatedrnn.states import state_like, state_parts
from gatedrnn.validation import check_params

__all__ = ["History", "TrainingState"]


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


SERIES = ("train_loss", "valid_loss", "grad_norm", "seconds")


@dataclass
class TrainingState:
    """A training on its way.

    Attributes
    ----------
    model, optimiser
    history : History
    rng : numpy.random.Generator or None
        Of the model's dropout.
    batch_rngs : list of numpy.random.Generator
        Those that the batches draw from.
    best : dict of str to ndarray
        The parameters of the best epoch so far.
    epoch, batch : int
        The epoch that is going on and how many of its batches are done.
    total, kept : float
        The sum of the epoch's losses and the number of its targets.
    seconds : float
        Time that the epoch has taken.
    state
        The cell's state after the last batch, for `TrainConfig.carry_state`.
    finished : bool
    """

    model: Any
    optimiser: SGD | Adam
    history: History = field(default_factory=History)
    rng: np.random.Generator | None = None
    batch_rngs: list[np.random.Generator] = field(default_factory=list)
    best: dict[str, np.ndarray] = field(default_factory=dict)
    epoch: int = 0
    batch: int = 0
    total: float = 0.0
    kept: float = 0.0
    seconds: float = 0.0
    state: Any = None
    finished: bool = False
    rngs_at_start: list[dict] = field(default_factory=list)

    def start_epoch(self, batches) -> Iterator:
        """Return the epoch's batches, without those that are done."""
        if not self.batch:
            self.rngs_at_start = [rng_state(rng) for rng in self.batch_rngs]
        iterator = iter(batches)
        for _ in range(self.batch):
            next(iterator)
        return iterator

    def end_epoch(self) -> None:
        """Write the epoch into the history and go to the next."""
        self.history.train_loss.append(self.total / self.kept)
        self.history.seconds.append(self.seconds)
        self.epoch += 1
        self.batch, self.total, self.kept, self.seconds, self.state = 0, 0.0, 0.0, 0.0, None

    def save(self, checkpoint: Checkpoint, about: dict[str, str]) -> None:
        """Write a checkpoint; `about` says what must be the same on resuming."""
        arrays = {f"params.{name}": value for name, value in self.model.params.items()}
        arrays |= {f"best.{name}": value for name, value in self.best.items()}
        for slot, values in self.optimiser.slots.items():
            arrays |= {f"{slot}.{name}": value for name, value in values.items()}
        arrays |= {f"state.{k}": part for k, part in enumerate(state_parts(self.state))}
        arrays |= {f"history.{name}": np.array(getattr(self.history, name)) for name in SERIES}
        rngs = [rng_state(rng) for rng in self.batch_rngs]
        facts = {
            **about,
            "epoch": self.epoch,
            "batch": self.batch,
            "total": self.total,
            "kept": self.kept,
            "seconds": self.seconds,
            "steps": self.optimiser.steps,
            "finished": self.finished,
            "best_epoch": self.history.best_epoch,
            "stopped_early": self.history.stopped_early,
            "rng": None if self.rng is None else rng_state(self.rng),
            "batch_rngs": self.rngs_at_start if self.batch else rngs,
        }
        checkpoint.save(arrays, facts)

    def restore(self, checkpoint: Checkpoint, about: dict[str, str]) -> bool:
        """Go to where a checkpoint was written, if there is one; return whether there is.

        Raises
        ------
        CheckpointError
            If it is damaged, or was written with another configuration, another model or other
            generators.
        """
        found = checkpoint.load()
        if found is None:
            return False
        arrays, facts = found
        checkpoint.check(facts, about)
        groups: dict[str, dict[str, np.ndarray]] = {}
        for name, value in arrays.items():
            group, _, key = name.partition(".")
            groups.setdefault(group, {})[key] = value
        try:
            check_params("checkpoint", groups.get("params", {}), self.model.params)
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"{error}; it is of another model") from error
        targets = {"params": self.model.params, **self.optimiser.slots}
        for group, own in targets.items():
            for name, value in own.items():
                value[...] = groups[group][name]
        self.best = groups.get("best", {})
        for name in SERIES:
            getattr(self.history, name)[:] = groups["history"][name].tolist()
        self.history.best_epoch = facts["best_epoch"]
        self.history.stopped_early = facts["stopped_early"]
        self.optimiser.steps = facts["steps"]
        for name in ("epoch", "batch", "total", "kept", "seconds", "finished"):
            setattr(self, name, facts[name])
        if "state" in groups:
            parts = [groups["state"][str(k)] for k in range(len(groups["state"]))]
            self.state = state_like(self.model.cell.zero_state(len(parts[0])), parts)
        self._restore_rngs(facts)
        return True

    def _restore_rngs(self, facts: dict[str, Any]) -> None:
        if (self.rng is None) != (facts["rng"] is None) or len(self.batch_rngs) != len(
            facts["batch_rngs"]
        ):
            raise CheckpointError(
                "rng: expected as many generators as when the checkpoint was written: "
                f"{len(facts['batch_rngs'])} of the batches, "
                f"{'none' if facts['rng'] is None else 'one'} of the model"
            )
        if self.rng is not None:
            set_rng_state(self.rng, facts["rng"])
        self.rngs_at_start = facts["batch_rngs"]
        for rng, state in zip(self.batch_rngs, facts["batch_rngs"], strict=True):
            set_rng_state(rng, state)
