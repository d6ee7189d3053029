r"""What a study compares, written down before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from gatedrnn.study.budget import BLOCKS

__all__ = ["Run", "Study", "Variant"]


@dataclass(frozen=True)
class Variant:
    """A cell with its options.

    Attributes
    ----------
    label : str
        How it is called in results and figures.
    cell : {"RNN", "LSTM", "GRU"}
    options : dict
        Keyword arguments of the cell, such as ``{"forget_bias": 0.0}``.
    """

    label: str
    cell: str
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.cell not in BLOCKS:
            raise ValueError(f"cell: expected one of {sorted(BLOCKS)}, got {self.cell!r}")


CELLS = tuple(Variant(name, name) for name in BLOCKS)


@dataclass(frozen=True)
class Run:
    """One training: everything that decides its outcome.

    Attributes
    ----------
    task : str
    settings : dict
        Of the task.
    variant : Variant
    parameters : int
        The budget that the model must meet.
    learning_rate : float
    seed : int
    epochs : int
    patience : int
    final : bool
        Only a final run looks at the test data; one of the search does not.
    """

    task: str
    settings: Mapping[str, object]
    variant: Variant
    parameters: int
    learning_rate: float
    seed: int
    epochs: int
    patience: int
    final: bool

    @property
    def key(self) -> str:
        """A name for the run's file: the same run has the same, any other has another."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Study:
    """A question, and the runs that answer it.

    For each variant under each condition, the learning rate is chosen from the same list by the
    mean validation loss over `search_seeds`; then the final runs, with other seeds, are judged on
    the test data.

    Attributes
    ----------
    name, question : str
    task : str
        A name in `gatedrnn.study.tasks.TASKS`.
    conditions : tuple of dict
        Settings of the task that vary, such as ``({"lag": 5}, {"lag": 10})``.
    parameters : int
        Budget of every model.
    epochs : int
        At most; training stops earlier by `patience`.
    patience : int
        Epochs without a better validation loss.
    settings : dict
        Settings of the task that stay the same.
    variants : tuple of Variant
    learning_rates : tuple of float
    seeds, search_seeds : tuple of int
        They must not have one in common.
    """

    name: str
    question: str
    task: str
    parameters: int
    epochs: int
    patience: int
    conditions: tuple[Mapping[str, object], ...] = ({},)
    settings: Mapping[str, object] = field(default_factory=dict)
    variants: tuple[Variant, ...] = CELLS
    learning_rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    search_seeds: tuple[int, ...] = (100, 101)

    def __post_init__(self) -> None:
        if set(self.seeds) & set(self.search_seeds):
            raise ValueError(
                f"search_seeds: expected none of the final seeds {self.seeds}, "
                f"got {self.search_seeds}"
            )
        labels = [variant.label for variant in self.variants]
        if len(set(labels)) < len(labels):
            raise ValueError(f"variants: expected labels of their own, got {labels}")

    def cases(self) -> Iterator[tuple[int, Variant]]:
        """Go through all pairs of a condition's index and a variant."""
        for index in range(len(self.conditions)):
            for variant in self.variants:
                yield index, variant

    def run(
        self, condition: int, variant: Variant, learning_rate: float, seed: int, *, final: bool
    ) -> Run:
        """Return one of the study's runs."""
        return Run(
            task=self.task,
            settings={**self.settings, **self.conditions[condition]},
            variant=variant,
            parameters=self.parameters,
            learning_rate=learning_rate,
            seed=seed,
            epochs=self.epochs,
            patience=self.patience,
            final=final,
        )

    def search_runs(self, condition: int, variant: Variant) -> list[list[Run]]:
        """Return the runs of the search: a list for each learning rate, one run per seed."""
        return [
            [self.run(condition, variant, rate, seed, final=False) for seed in self.search_seeds]
            for rate in self.learning_rates
        ]
