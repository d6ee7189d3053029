r"""What a study compares, written down before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from gatedrnn.study.budget import CELLS
from gatedrnn.validation import check_positive_int

__all__ = ["Condition", "Run", "Study", "Variant"]


@dataclass(frozen=True)
class Variant:
    """A cell with its options.

    Attributes
    ----------
    label : str
        How it is called in results and figures.
    cell : str
        A name in `gatedrnn.study.budget.CELLS`.
    options : dict
        Keyword arguments of the cell, such as ``{"forget_bias": 0.0}``.
    hidden_size : int or None
        A size of its own, where sizes are what is studied; None gives the variant the size at
        which it has as many parameters as the others.
    """

    label: str
    cell: str
    options: Mapping[str, object] = field(default_factory=dict)
    hidden_size: int | None = None

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ValueError(f"cell: expected one of {sorted(CELLS)}, got {self.cell!r}")
        if self.hidden_size is not None:
            check_positive_int("hidden_size", self.hidden_size)


@dataclass(frozen=True)
class Condition:
    """A task with its settings, and what a model may use on it.

    Attributes
    ----------
    label : str
        How it is called in results and figures.
    task : str
        A name in `gatedrnn.study.tasks.TASKS`.
    parameters : int
        About how many each model has; all have the same number, within 2 %.
    epochs : int
        At most; training stops earlier by `patience`.
    patience : int
        Epochs without a better validation loss.
    settings : dict
        Of the task, such as ``{"steps": 100}``.
    """

    label: str
    task: str
    parameters: int
    epochs: int
    patience: int
    settings: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("parameters", "epochs", "patience"):
            check_positive_int(name, getattr(self, name))


@dataclass(frozen=True)
class Run:
    """One training: everything that decides its outcome, and nothing else.

    Attributes
    ----------
    task : str
    settings : dict
        Of the task.
    cell : str
    options : dict
        Of the cell.
    hidden_size : int
    learning_rate : float
    seed : int
    epochs : int
    patience : int
    final : bool
        Only a final run looks at the test data; one of the search does not.
    """

    task: str
    settings: Mapping[str, object]
    cell: str
    options: Mapping[str, object]
    hidden_size: int
    learning_rate: float
    seed: int
    epochs: int
    patience: int
    final: bool

    @property
    def key(self) -> str:
        """A name for the run's file: the same run has the same, any other has another.

        Studies that share a run share its file, for the study's name is not part of it.
        """
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Study:
    """A question, and the runs that answer it.

    For each variant under each condition, the learning rate is chosen from the same list by the
    mean validation loss over `search_seeds`; then the final runs, with other seeds, are judged on
    the test data. A study without final seeds is a map of the search: nothing in it ever looks
    at the test data.

    Attributes
    ----------
    name, question : str
    conditions : tuple of Condition
    variants : tuple of Variant
    comparisons : tuple of (str, str)
        Labels of the variants whose scores are compared, in pairs of runs with the same seed.
        They are a family: the p-values are corrected for their number, times the conditions.
    learning_rates : tuple of float
    seeds, search_seeds : tuple of int
        They must not have one in common.
    """

    name: str
    question: str
    conditions: tuple[Condition, ...]
    variants: tuple[Variant, ...]
    comparisons: tuple[tuple[str, str], ...]
    learning_rates: tuple[float, ...]
    seeds: tuple[int, ...]
    search_seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        if set(self.seeds) & set(self.search_seeds):
            raise ValueError(
                f"search_seeds: expected none of the final seeds {self.seeds}, "
                f"got {self.search_seeds}"
            )
        if not self.search_seeds or not self.learning_rates:
            raise ValueError("search_seeds, learning_rates: expected at least one of each")
        for name in ("variants", "conditions"):
            labels = [one.label for one in getattr(self, name)]
            if not labels or len(set(labels)) < len(labels):
                raise ValueError(f"{name}: expected labels of their own, got {labels}")
        known = {variant.label for variant in self.variants}
        for pair in self.comparisons:
            if len(set(pair)) != 2 or set(pair) - known:
                raise ValueError(
                    f"comparisons: expected pairs of the labels {sorted(known)}, got {pair}"
                )

    def cases(self) -> Iterator[tuple[int, Variant]]:
        """Go through all pairs of a condition's index and a variant."""
        for index in range(len(self.conditions)):
            for variant in self.variants:
                yield index, variant

    def run(
        self,
        condition: int,
        variant: Variant,
        hidden_size: int,
        learning_rate: float,
        seed: int,
        *,
        final: bool,
    ) -> Run:
        """Return one of the study's runs."""
        where = self.conditions[condition]
        return Run(
            task=where.task,
            settings=dict(where.settings),
            cell=variant.cell,
            options=dict(variant.options),
            hidden_size=hidden_size,
            learning_rate=learning_rate,
            seed=seed,
            epochs=where.epochs,
            patience=where.patience,
            final=final,
        )

    def search_runs(self, condition: int, variant: Variant, hidden_size: int) -> list[list[Run]]:
        """Return the runs of the search: a list for each learning rate, one run per seed."""
        return [
            [
                self.run(condition, variant, hidden_size, rate, seed, final=False)
                for seed in self.search_seeds
            ]
            for rate in self.learning_rates
        ]

    def final_runs(
        self, condition: int, variant: Variant, hidden_size: int, rate: float
    ) -> list[Run]:
        """Return the runs that are judged, one per seed."""
        return [
            self.run(condition, variant, hidden_size, rate, seed, final=True) for seed in self.seeds
        ]
