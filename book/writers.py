"""Train the two models that write in the page on text generation; store them for the page.

An LSTM and a GRU with the same number of parameters read nine tenths of every book of the Bible,
character by character, with the same settings and the same seed, which was not chosen. The last
tenth of every book says how well they predict, in bits per character, beside tables of counts. The
page loads the weights when its reader first lets a model write.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from gatedrnn import GRU, LSTM, SequenceModel, data
from gatedrnn.baselines import NGram
from gatedrnn.files import write_whole
from gatedrnn.frameworks.javascript import round_weights, to_javascript
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.layers import Embedding
from gatedrnn.schedules import Cosine
from gatedrnn.study.budget import count_parameters, equal_sizes
from gatedrnn.train import TrainConfig, evaluate, fit

WEIGHTS = Path(__file__).resolve().parent / "assets" / "explorers" / "writers.js"
REPORT = WEIGHTS.with_suffix(".json")  # what the text says of them
SEED, EPOCHS, LEARNING_RATE, ABOUT, D = 0, 2, 0.01, 80_000, 24


def parts() -> tuple[str, str]:
    """Return nine tenths of every book, and the last tenths."""
    read, held_out, verses = [], [], iter(data.king_james_version().splitlines(keepends=True))
    for count in data.king_james_books().values():
        train, valid, test = data.split_text("".join(islice(verses, count)))
        read.append(train + valid)
        held_out.append(test)
    return "".join(read), "".join(held_out)


def trained(cell: type, H: int, V: int, train: np.ndarray) -> SequenceModel:
    """Return a model that has read the text, with weights that have sixteen bits."""
    rng = np.random.default_rng(SEED)
    embedding = Embedding(V, D, rng=rng)
    model = SequenceModel(cell(D, H, rng=rng), V, rng=rng, embedding=embedding)
    batches = data.contiguous_batches(train, 32, 50)
    config = TrainConfig(
        epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        carry_state=True,
        schedule=Cosine(steps=EPOCHS * len(batches)),
    )
    fit(model, batches, config, softmax_cross_entropy)
    round_weights(model)
    return model


def main() -> int:
    text, held_out = parts()
    vocabulary = data.Vocabulary(text)
    train, test = vocabulary.encode(text), vocabulary.encode(held_out)
    V = len(vocabulary)

    def total(cell: str, H: int) -> int:
        return V * D + count_parameters(cell, D, H) + V * (H + 1)

    sizes = equal_sizes({name: partial(total, name) for name in ("LSTM", "GRU")}, ABOUT)
    bits = {f"{n}-gram": NGram(train, n, V).bits_per_character(test) for n in (3, 4, 5, 6)}
    print({name: round(value, 3) for name, value in bits.items()}, flush=True)
    models, parameters = {}, {}
    for name, cell in (("LSTM", LSTM), ("GRU", GRU)):
        model = trained(cell, sizes[name], V, train)
        batches = data.contiguous_batches(test, 1, 500)
        loss = evaluate(model, batches, softmax_cross_entropy, carry_state=True)
        models[name], bits[name] = to_javascript(model), loss / np.log(2)
        parameters[name] = model.num_parameters
        print(f"{name}: {parameters[name]:,} parameters, {bits[name]:.3f} bits", flush=True)
    content = {"vocabulary": list(vocabulary.characters), "models": models}
    report = {
        "bits": {name: round(float(value), 3) for name, value in bits.items()},
        "parameters": parameters,
        "characters": {"read": len(train), "held out": len(test)},
        "epochs": EPOCHS,
        "seed": SEED,
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    note = "/* Written by book/writers.py (make explorers): weights of the models that write. */\n"
    write_whole(WEIGHTS, f"{note}window.gatedWriters = {text};\n".encode())
    write_whole(REPORT, f"{json.dumps(report, indent=1)}\n".encode())
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
