r"""A text: say the next character."""

from __future__ import annotations

from collections import Counter

import numpy as np

from gatedrnn.baselines.ngram import NGram
from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.reading import Source
from gatedrnn.data import Vocabulary, contiguous_batches, split_text
from gatedrnn.functional import log_softmax, softmax, softmax_cross_entropy
from gatedrnn.models import SequenceModel

__all__ = ["text_problem"]

LEAST = 5000  # characters
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
MOST_CHARACTERS = 3000  # different ones; rarer ones count as unknown
ORDERS = range(2, 9)
EMBEDDING = 16
SAMPLE = 300  # characters that the report shows


def text_problem(
    source: Source,
    *,
    context: int | None = None,
    max_characters: int | None = None,
    batch_size: int = 32,
) -> Problem:
    """Make a problem of a text: guess each character from those before.

    The first 80 % are for training, the next 10 % for validation, the last for test. The
    vocabulary is that of the training part; what is new in the others counts as one unknown
    character, for the networks and for the n-grams.

    Parameters
    ----------
    source : Source
    context : int, optional
        Steps of truncated backpropagation through time; the state is carried on. 50 if left out.
    max_characters : int, optional
        Take the beginning alone, if there are more.
    batch_size : int, optional

    Raises
    ------
    ValueError
        If there are fewer than 5,000 characters, or all are alike.
    """
    text = source.text
    steps = 50 if context is None else context
    if len(text) < LEAST:
        raise ValueError(
            f"{source.name}: expected at least {LEAST:,} characters, got {len(text):,}"
        )
    used = text if max_characters is None else text[:max_characters]
    parts = _split(used)
    vocabulary = _vocabulary(parts[0])
    if len(vocabulary) < 3:
        raise ValueError(
            f"{source.name}: expected different characters, got {parts[0][:1]!r} alone"
        )
    tokens = [_encode(part, vocabulary) for part in parts]
    train = contiguous_batches(tokens[0], min(batch_size, len(tokens[0]) // (2 * steps)), steps)
    columns = max(1, min(16, len(tokens[2]) // 500))
    valid, test = (contiguous_batches(part, columns, 200) for part in tokens[1:])
    num_tokens = len(vocabulary)
    targets = _in_order(test)

    def losses(model: SequenceModel, batches: list) -> np.ndarray:
        found, state = [], None
        for xs, ys in batches:
            logits, state, _ = model.forward(xs, state)
            found.append(-np.take_along_axis(log_softmax(logits), ys[..., None], -1)[..., 0])
        return np.concatenate(found).T.ravel().astype(float)

    def summarise(values: np.ndarray) -> np.ndarray:
        return np.mean(values, axis=-1) / np.log(2)

    def predict(model: SequenceModel, start: str, length: int = 200, seed: int = 0) -> str:
        """Continue a text, character by character, at random after the model's probabilities."""
        rng = np.random.default_rng(seed)
        state, xs, said = None, _encode(start, vocabulary)[:, None], []
        for _ in range(length):
            logits, state, _ = model.forward(xs, state)
            p = softmax(logits[-1, 0].astype(float))
            xs = rng.choice(num_tokens, size=(1, 1), p=p / p.sum())
            said.append(xs[0])
        return start + vocabulary.decode(np.concatenate(said))

    baselines = _baselines(tokens, targets, columns, num_tokens)
    unknown = np.mean(tokens[2] == vocabulary.index[UNKNOWN])
    facts = [
        ("file", f"{source.name}: {source.form}"),
        ("characters", f"{len(text):,}" + (
            f"; the first {len(used):,} are used" if len(used) < len(text) else "")),
        ("vocabulary", f"{num_tokens - 1:,} characters, and one for unknown ones "
         f"({unknown:.2%} of the test part)"),
    ]  # fmt: skip
    starts = np.cumsum([0, *map(len, parts)])
    for name, part, start in zip(("train", "validation", "test"), parts, starts, strict=False):
        facts.append((name, f"characters {start + 1:,} to {start + len(part):,}: {len(part):,}"))
    opening = parts[2][: parts[2].find(" ", 20) + 1] or parts[2][:20]
    return Problem(
        kind="text",
        name=source.name,
        question="say the next character",
        score_name="bits per character",
        unit="bits per character",
        higher_is_better=False,
        input_size=EMBEDDING,
        output_size=num_tokens,
        hidden_size=48,
        train=lambda seed: train,
        valid=valid,
        test=test,
        loss=softmax_cross_entropy,
        losses=losses,
        summarise=summarise,
        curve=lambda loss: loss / np.log(2),
        curve_name="validation bits per character",
        baselines=baselines,
        facts=tuple(facts),
        block=200,
        predict=predict,
        example=lambda model: predict(model, opening[:60], SAMPLE),
        num_tokens=num_tokens,
        readout="all",
        carry_state=True,
        cut_to=len(used) if len(used) < len(text) else None,
        shown={"opening": opening[:60], "vocabulary": vocabulary},
    )


def _split(text: str) -> tuple[str, str, str]:
    """Cut at ends of lines, or anywhere if lines are too long for that."""
    try:
        parts = split_text(text)
    except ValueError:
        parts = ("", "", "")
    if min(map(len, parts)) < 0.05 * len(text):
        cuts = (round(0.8 * len(text)), round(0.9 * len(text)))
        parts = (text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :])
    return parts


def _vocabulary(train: str) -> Vocabulary:
    counts = Counter(train)
    counts.pop(UNKNOWN, None)
    return Vocabulary([UNKNOWN, *(one for one, _ in counts.most_common(MOST_CHARACTERS))])


def _encode(text: str, vocabulary: Vocabulary) -> np.ndarray:
    unknown = vocabulary.index[UNKNOWN]
    return np.array([vocabulary.index.get(one, unknown) for one in text], np.int64)


def _in_order(batches: list) -> np.ndarray:
    """Return the targets in the order of the text: column by column."""
    return np.concatenate([ys for _, ys in batches]).T.ravel()


def _baselines(tokens, targets, columns: int, num_tokens: int) -> dict[str, np.ndarray]:
    """Return the losses of single characters and of the n-gram that is best on validation."""
    train, valid, test = tokens
    used = (len(test) - 1) // columns * columns
    assert len(targets) == used

    def losses(model: NGram) -> np.ndarray:
        return -np.log(model.probabilities(test)[1 : used + 1])

    best, least = None, np.inf
    for order in ORDERS:
        if num_tokens**order >= 2**63:
            break
        model = NGram(train, order, num_tokens)
        bits = model.bits_per_character(valid)
        if bits >= least:
            break
        best, least = model, bits
    return {
        "single characters": losses(NGram(train, 1, num_tokens)),
        f"{best.order}-gram": losses(best),
    }
