r"""The tasks of the studies: data cut into train, valid and test, a score, and what to beat.

A task is a function of a seed and of settings that returns a `Problem`. Its data depend on the
seed alone, never on the cell, so that runs with the same seed can be compared in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from gatedrnn import data
from gatedrnn.functional import softmax_cross_entropy, squared_error
from gatedrnn.study.ngram import NGram
from gatedrnn.train import Batch, evaluate

__all__ = ["TASKS", "Problem", "make_problem"]

#: The held-out games of generated tasks are the same in all runs.
TEST_SEED = 20_200


@dataclass(frozen=True)
class Problem:
    """What a model is trained on, and how it is judged.

    Attributes
    ----------
    train : iterable of batches
    valid, test : list of batches
    loss : callable
        As `gatedrnn.train.fit` wants it; validation and early stopping go by it.
    score : callable
        ``score(model, batches)`` returns the number that is reported.
    input_size, output_size : int
        Of the recurrent layer and of the readout.
    num_tokens : int or None
        If the input is tokens: how many different ones, embedded in `input_size` numbers.
    readout : {"all", "last"}
    carry_state : bool
    baselines : dict of str to float
        Scores on the test data of what needs no network, fitted on the same training data.
    """

    train: Iterable[Batch]
    valid: list[Batch]
    test: list[Batch]
    loss: Callable
    score: Callable
    input_size: int
    output_size: int
    num_tokens: int | None = None
    readout: str = "last"
    carry_state: bool = False
    baselines: dict[str, float] = field(default_factory=dict)


def accuracy(model, batches: list[Batch]) -> float:
    """Return the share of right answers of a model that reads out the last step."""
    right = [model.forward(xs)[0].argmax(-1) == targets for xs, targets in batches]
    return float(np.concatenate(right).mean())


def _generated(
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
        **_generated(
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
        baselines={"guess": 1 / num_symbols},
    )


def adding(
    seed: int,
    *,
    steps: int,
    batches: int = 100,
    batch_size: int = 64,
    held_out_size: int = 512,
) -> Problem:
    """Add the two marked numbers of a sequence; the score is the mean squared error."""

    def draw(n: int, rng: np.random.Generator) -> Batch:
        return data.adding_problem(steps, n, rng=rng)

    parts = _generated(draw, draw, seed, batches, batch_size, held_out_size)
    sums = np.concatenate([targets for _, targets in parts["test"]])
    return Problem(
        **parts,
        loss=squared_error,
        score=partial(evaluate, loss=squared_error),
        input_size=2,
        output_size=1,
        baselines={"always 1": float(np.mean((sums - 1) ** 2))},
    )


def weather(seed: int, *, context: int = 14, batch_size: int = 32) -> Problem:
    """Forecast tomorrow's highest temperature in Seattle; the score is the RMSE in °C.

    The last year is for test, the year before for validation, the two before that for training.
    """
    series = data.seattle_weather()
    parts = data.split_by_time(len(series), valid=365, test=365)
    values = np.hstack([series.values, data.season(series.dates)])
    rain, high = series.column("precipitation"), series.column("temp_max")
    values[:, rain] = np.log1p(values[:, rain])  # many dry days, few very wet ones
    standardiser = data.Standardiser.fit(values[parts[0]])
    scaled = standardiser.transform(values)
    train, valid, test = (
        data.windows(scaled, context, target=high, start=max(part.start, context), stop=part.stop)
        for part in parts
    )

    def rmse(model, batches: list[Batch]) -> float:
        scale = standardiser.scale[high]
        return float(np.sqrt(evaluate(model, batches, squared_error)) * scale)

    past, start = parts[0], parts[2].start
    highs, truth = values[:, high], values[start:, high]
    forecasts = {
        "persistence": data.persistence(highs, start)[:, 0],
        "climatology": data.climatology(series.dates[past], highs[past], series.dates[start:]),
        "linear": standardiser.inverse(_linear_forecast(scaled, high, 3, past.stop, start), high),
    }
    return Problem(
        train=data.Minibatches(*train, batch_size=batch_size, rng=np.random.default_rng([seed, 0])),
        valid=[valid],
        test=[test],
        loss=squared_error,
        score=rmse,
        input_size=values.shape[1],
        output_size=1,
        baselines={
            name: float(np.sqrt(np.mean((forecast - truth) ** 2)))
            for name, forecast in forecasts.items()
        },
    )


def _linear_forecast(
    values: np.ndarray, target: int, context: int, stop: int, start: int
) -> np.ndarray:
    """Forecast the rows from `start` by a linear map of the last days, fitted before `stop`."""
    past_xs, past_ys = data.windows(values, context, target=target, stop=stop, dtype=float)
    xs, _ = data.windows(values, context, target=target, start=start, dtype=float)

    def design(windows: np.ndarray) -> np.ndarray:
        rows = windows.swapaxes(0, 1).reshape(windows.shape[1], -1)
        return np.hstack([rows, np.ones((len(rows), 1))])

    return (design(xs) @ np.linalg.lstsq(design(past_xs), past_ys, rcond=None)[0])[:, 0]


def characters(
    seed: int,
    *,
    book: str = "Genesis",
    steps: int = 50,
    batch_size: int = 32,
    embedding_size: int = 16,
) -> Problem:
    """Predict the next character of a book of the Bible; the score is in bits per character.

    The text is read from its beginning to its end, the state carried along; so every seed sees
    the same batches, and differs by its initial weights alone.
    """
    del seed  # nothing here is drawn
    text = data.king_james_version([book])
    vocabulary = data.Vocabulary(text)
    tokens = [vocabulary.encode(part) for part in data.split_text(text)]

    def bits(model, batches: list[Batch]) -> float:
        loss = evaluate(model, batches, softmax_cross_entropy, carry_state=True)
        return loss / np.log(2)

    train, valid, test = tokens
    counts = {order: NGram(train, order, len(vocabulary)) for order in range(1, 9)}
    # Beside the three that have names, the length that the validation part chooses.
    best = min(counts, key=lambda order: counts[order].bits_per_character(valid))
    orders = {"unigram": 1, "bigram": 2, "trigram": 3, f"{best}-gram": best}
    return Problem(
        train=data.contiguous_batches(train, batch_size, steps),
        valid=data.contiguous_batches(valid, 8, 500),
        # One column: the test text is read as it stands, with nothing forgotten between.
        test=data.contiguous_batches(test, 1, 500),
        loss=softmax_cross_entropy,
        score=bits,
        input_size=embedding_size,
        output_size=len(vocabulary),
        num_tokens=len(vocabulary),
        readout="all",
        carry_state=True,
        baselines={name: counts[order].bits_per_character(test) for name, order in orders.items()},
    )


#: Name, function, whether a higher score is better, and what the score is.
TASKS: dict[str, tuple[Callable[..., Problem], bool, str]] = {
    "recall": (recall, True, "accuracy"),
    "adding": (adding, False, "mean squared error"),
    "weather": (weather, False, "RMSE (°C)"),
    "characters": (characters, False, "bits per character"),
}


def make_problem(task: str, seed: int, settings: dict) -> Problem:
    """Return the problem of a task's name.

    Raises
    ------
    ValueError
        If there is no such task.
    """
    if task not in TASKS:
        raise ValueError(f"task: expected one of {sorted(TASKS)}, got {task!r}")
    return TASKS[task][0](seed, **settings)
