r"""What every kind of data comes to: batches without leaks, a score, and baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.data import Batch
from gatedrnn.layers import Embedding
from gatedrnn.models import SequenceModel
from gatedrnn.study.budget import count_parameters, equal_sizes

__all__ = ["CELLS", "Problem"]

CELLS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


@dataclass(frozen=True)
class Problem:
    """Data ready for training, and how a model is judged on them.

    Attributes
    ----------
    kind : {"series", "text", "labelled texts"}
    name : str
        Of the file.
    question : str
        What the model is to do, such as ``"forecast temp_max one step ahead"``.
    score_name, unit : str
    higher_is_better : bool
    input_size, output_size : int
        Of the recurrent layer and of the readout.
    hidden_size : int
        Of the LSTM whose number of parameters all cells get unless another is asked for.
    train : callable
        ``train(seed)`` returns the training batches; the same seed gives the same order.
    valid, test : list of batches
    loss : callable
        What is minimised, as `gatedrnn.train.fit` wants it.
    losses : callable
        ``losses(model, batches)`` returns what is scored, one number per target.
    summarise : callable
        ``summarise(losses)`` returns the score of losses (..., n): shape (...).
    curve : callable
        ``curve(loss)`` returns a validation loss in the unit of learning curves.
    curve_name : str
    baselines : dict of str to ndarray
        Losses on the test targets of what needs no network, fitted on the training part.
    facts : tuple of (str, str)
        What was understood of the file.
    block : int
        How many targets in a row depend on each other, for the bootstrap over targets.
    predict : callable
        ``predict(model, ...)`` uses a trained model on something new.
    example : callable
        ``example(model)`` returns what the report shows of a trained model.
    num_tokens : int or None
        If the input is tokens: how many there are.
    readout : {"last", "all"}
    carry_state : bool
    cut_to : int or None
        How many rows, texts or characters are used, if there are more.
    shown : dict
        What the report draws of the data; it depends on the kind.
    """

    kind: str
    name: str
    question: str
    score_name: str
    unit: str
    higher_is_better: bool
    input_size: int
    output_size: int
    hidden_size: int
    train: Callable[[int], Iterable[Batch | tuple]]
    valid: list
    test: list
    loss: Callable
    losses: Callable[[SequenceModel, list], np.ndarray]
    summarise: Callable[[np.ndarray], np.ndarray]
    curve: Callable[[float], float]
    curve_name: str
    baselines: dict[str, np.ndarray]
    facts: tuple[tuple[str, str], ...]
    block: int
    predict: Callable[..., Any]
    example: Callable[[SequenceModel], Any]
    num_tokens: int | None = None
    readout: str = "last"
    carry_state: bool = False
    cut_to: int | None = None
    shown: dict[str, Any] = field(default_factory=dict)

    def build(self, cell: str, hidden_size: int, seed: int = 0) -> SequenceModel:
        """Return a new model; the same seed gives the same initial weights."""
        # A stream of its own: the order of the batches is the same for every cell.
        rng = np.random.default_rng([seed, 2])
        embedding = None
        if self.num_tokens is not None:
            embedding = Embedding(self.num_tokens, self.input_size, rng=rng)
        layer = CELLS[cell](self.input_size, hidden_size, rng=rng)
        return SequenceModel(
            layer, self.output_size, rng=rng, embedding=embedding, readout=self.readout
        )

    def sizes(self, parameters: int | None = None) -> dict[str, int]:
        """Return hidden sizes that give all cells as many parameters, within 2 %.

        What counts is the recurrent layer and the readout; embeddings are the same for all.

        Parameters
        ----------
        parameters : int, optional
            About how many; by default those of an LSTM of the problem's `hidden_size`.
        """

        def total(cell: str, H: int) -> int:
            return count_parameters(cell, self.input_size, H) + self.output_size * (H + 1)

        about = total("LSTM", self.hidden_size) if parameters is None else parameters
        return equal_sizes({cell: partial(total, cell) for cell in CELLS}, about)

    def score(self, model: SequenceModel, batches: list | None = None) -> float:
        """Return the score of a model, on the test part if no other is given."""
        return float(self.summarise(self.losses(model, self.test if batches is None else batches)))
