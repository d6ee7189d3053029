r"""Real sequences: a city's weather, a book's characters, Bach's chorales."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gatedrnn import data
from gatedrnn.baselines.ngram import NGram
from gatedrnn.data.chorales import NUM_KEYS
from gatedrnn.functional import sigmoid_cross_entropy, softmax_cross_entropy, squared_error
from gatedrnn.study.tasks.problem import Problem
from gatedrnn.train import Batch, evaluate

__all__ = ["characters", "chorales", "weather"]


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

    def rmse(model, batches: list) -> float:
        scale = standardiser.scale[high]
        return float(np.sqrt(evaluate(model, batches, squared_error)) * scale)

    def baselines() -> dict[str, float]:
        past, start = parts[0], parts[2].start
        highs, truth = values[:, high], values[start:, high]
        linear = _linear_forecast(scaled, high, parts)
        forecasts = {
            "persistence": data.persistence(highs, start)[:, 0],
            "climatology": data.climatology(series.dates[past], highs[past], series.dates[start:]),
            "linear": standardiser.inverse(linear, high),
        }
        return {
            name: float(np.sqrt(np.mean((forecast - truth) ** 2)))
            for name, forecast in forecasts.items()
        }

    return Problem(
        train=data.Minibatches(*train, batch_size=batch_size, rng=np.random.default_rng([seed, 0])),
        valid=[valid],
        test=[test],
        loss=squared_error,
        score=rmse,
        input_size=values.shape[1],
        output_size=1,
        baselines=baselines,
    )


def _linear_forecast(values: np.ndarray, target: int, parts: tuple) -> np.ndarray:
    """Forecast the test days by a linear map of the last days, as many as validation chooses.

    In double precision: the season of two days in a row is nearly the same, and in single
    precision least squares finds weights of hundreds of thousands that cancel.
    """

    def design(part: slice, days: int) -> tuple[np.ndarray, np.ndarray]:
        start = max(part.start, days)
        xs, ys = data.windows(values, days, target=target, start=start, stop=part.stop, dtype=float)
        rows = xs.swapaxes(0, 1).reshape(xs.shape[1], -1)
        return np.hstack([rows, np.ones((len(rows), 1))]), ys

    def forecast(part: slice, days: int) -> np.ndarray:
        return design(part, days)[0] @ np.linalg.lstsq(*design(parts[0], days), rcond=None)[0]

    def error(days: int) -> float:
        return float(np.mean((forecast(parts[1], days) - design(parts[1], days)[1]) ** 2))

    return forecast(parts[2], min((1, 2, 3, 5, 7, 14), key=error))[:, 0]


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

    def bits(model, batches: list) -> float:
        loss = evaluate(model, batches, softmax_cross_entropy, carry_state=True)
        return loss / np.log(2)

    train, valid, test = tokens

    def baselines() -> dict[str, float]:
        counts = {order: NGram(train, order, len(vocabulary)) for order in range(1, 9)}
        # Beside the three that have names, the length that the validation part chooses.
        best = min(counts, key=lambda order: counts[order].bits_per_character(valid))
        orders = {"unigram": 1, "bigram": 2, "trigram": 3, f"{best}-gram": best}
        return {name: counts[order].bits_per_character(test) for name, order in orders.items()}

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
        baselines=baselines,
    )


def chorales(seed: int, *, batch_size: int = 16, common_key: bool = True) -> Problem:
    """Predict the next chord of Bach's chorales; the score is in nats per step, over 88 keys."""
    data_set = data.bach_chorales(common_key=common_key)
    rng = np.random.default_rng([seed, 0])
    held_out = [[data.next_step_batch(part)] for part in (data_set.valid, data_set.test)]

    def baselines() -> dict[str, float]:
        return {
            "independent keys": data.independent_keys(data_set.train, data_set.test),
            "last step": data.last_step_keys(data_set.train, data_set.test),
        }

    return Problem(
        train=_ShuffledRolls(data_set.train, batch_size, rng),
        valid=held_out[0],
        test=held_out[1],
        loss=sigmoid_cross_entropy,
        score=partial(evaluate, loss=sigmoid_cross_entropy),
        input_size=NUM_KEYS,
        output_size=NUM_KEYS,
        readout="all",
        baselines=baselines,
    )


class _ShuffledRolls:
    """Batches of a few rolls in a new order at each pass, no longer than the longest in them."""

    def __init__(self, rolls: list[np.ndarray], batch_size: int, rng: np.random.Generator) -> None:
        self.rolls, self.batch_size, self.rng = rolls, batch_size, rng

    def __len__(self) -> int:
        return -(-len(self.rolls) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = self.rng.permutation(len(self.rolls))
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            yield data.next_step_batch([self.rolls[index] for index in chosen])
