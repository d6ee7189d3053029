"""Train the models of the gate and the gradient explorer; write them where the pages load them.

Two characters models, LSTM and GRU with the same number of parameters, read the Pentateuch. Three
recall models, RNN, LSTM and GRU of the same size, are asked for a digit that was marked. All are
trained with the same settings and the same seed, which was not chosen.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np

from gatedrnn import GRU, LSTM, RNN, SequenceModel, data
from gatedrnn.files import write_whole
from gatedrnn.frameworks.javascript import round_weights, to_javascript
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.layers import Embedding
from gatedrnn.schedules import Cosine
from gatedrnn.study.budget import count_parameters, equal_sizes
from gatedrnn.study.tasks.problem import accuracy
from gatedrnn.train import TrainConfig, evaluate, fit

TARGET = Path(__file__).resolve().parent / "assets" / "explorers" / "models.js"
BOOKS = ["Genesis", "Exodus", "Leviticus", "Numbers", "Deuteronomy"]
SEED = 0


def characters() -> dict:
    """Return the LSTM and the GRU that read the Bible, and what they were trained on."""
    text = data.king_james_version(BOOKS)
    vocabulary = data.Vocabulary(text)
    train, _, test = (vocabulary.encode(part) for part in data.split_text(text))
    V, D, about = len(vocabulary), 16, 18_000
    outside = V * D + V

    def total(cell: str, H: int) -> int:
        return outside + count_parameters(cell, D, H) + V * H

    sizes = equal_sizes({name: partial(total, name) for name in ("LSTM", "GRU")}, about)
    batches = data.contiguous_batches(train, 32, 50)
    epochs = 12
    config = TrainConfig(
        epochs=epochs,
        learning_rate=0.01,
        carry_state=True,
        schedule=Cosine(steps=epochs * len(batches)),
    )
    models, bits = {}, {}
    for name, cell in (("LSTM", LSTM), ("GRU", GRU)):
        rng = np.random.default_rng(SEED)
        embedding = Embedding(V, D, rng=rng)
        model = SequenceModel(cell(D, sizes[name], rng=rng), V, rng=rng, embedding=embedding)
        fit(model, batches, config, softmax_cross_entropy)
        round_weights(model)
        held_out = data.contiguous_batches(test, 1, 500)
        loss = evaluate(model, held_out, softmax_cross_entropy, carry_state=True)
        models[name], bits[name] = to_javascript(model), round(loss / np.log(2), 3)
        print(f"{name}: {sizes[name]} units, {model.num_parameters} parameters, {bits[name]} bits")
    return {
        "vocabulary": list(vocabulary.characters),
        "models": models,
        "bits": bits,
        "trained": {"characters": len(train), "epochs": epochs, "books": BOOKS, "seed": SEED},
    }


def recall(lag: int = 10, H: int = 32, epochs: int = 30) -> dict:
    """Return RNN, LSTM and GRU that recall a digit, and a stream of digits to try them on."""
    models, right = {}, {}
    for name, cell in (("RNN", RNN), ("LSTM", LSTM), ("GRU", GRU)):
        rng, data_rng = np.random.default_rng(SEED), np.random.default_rng([SEED, 1])

        def draw(rng=data_rng):
            return data.marked_recall(int(rng.integers(1, lag + 1)), 32, rng=rng)

        model = SequenceModel(cell(12, H, rng=rng), 10, rng=rng, readout="last")
        config = TrainConfig(
            epochs=epochs, learning_rate=0.005, schedule=Cosine(steps=epochs * 100)
        )
        fit(model, data.FreshBatches(draw, 100), config, softmax_cross_entropy)
        round_weights(model)
        test_rng = np.random.default_rng([SEED, 2])
        right[name] = round(
            accuracy(model, [data.marked_recall(lag, 500, rng=test_rng) for _ in range(4)]), 3
        )
        models[name] = to_javascript(model)
        print(f"{name}: {H} units, {right[name]:.1%} right at lag {lag}")
    digits = np.random.default_rng([SEED, 3]).integers(0, 10, 200).tolist()
    return {
        "models": models,
        "accuracy": right,
        "digits": digits,
        "trained": {"lag": lag, "batches": 100 * epochs, "batchSize": 32, "seed": SEED},
    }


def main() -> int:
    content = {"characters": characters(), "recall": recall()}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    note = (
        "/* Written by book/explorers.py (make explorers): weights of the explorers' models. */\n"
    )
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    write_whole(TARGET, f"{note}window.gatedModels = {text};\n".encode())
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
