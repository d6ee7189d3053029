r"""Spoken digits: which were said, by voices that were not heard in training."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gatedrnn import data
from gatedrnn.baselines.word_templates import WordTemplates
from gatedrnn.cells.base import Recurrent
from gatedrnn.ctc import ctc_greedy_decode, ctc_loss
from gatedrnn.data.label_sequences import (
    LabelBatch,
    LabelBatches,
    edit_operations,
    error_rate,
    label_batch,
)
from gatedrnn.data.spoken_digits import (
    NUM_SYMBOLS,
    SPEAKERS,
    DigitClip,
    digit_features,
    draw_digit_clips,
    speakers_of,
)
from gatedrnn.layers import Linear
from gatedrnn.models import SequenceModel
from gatedrnn.stack import Stack
from gatedrnn.study.tasks.problem import Problem

__all__ = [
    "DigitData",
    "FrameWindow",
    "digit_data",
    "digit_model",
    "speech",
    "template_baseline",
    "transcribe",
]

#: Numbers that a network reads of each frame.
NUM_BANDS = 20
#: Tried for a new word, in the templates' units of cost.
PENALTIES = (0.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True)
class DigitData:
    """Clips and what a network reads of them, by part.

    Attributes
    ----------
    clips : dict of str to list of DigitClip
        Of "train", "valid" and "test".
    frames : dict of str to list of ndarray, each of shape (T_n, 20)
        Standardised by the training part.
    standardiser : Standardiser
    """

    clips: dict[str, list[DigitClip]]
    frames: dict[str, list[np.ndarray]]
    standardiser: data.Standardiser

    def labels(self, part: str) -> list[tuple[int, ...]]:
        """Return the symbols that should be written for each clip."""
        return [clip.labels for clip in self.clips[part]]

    def batch(self, part: str) -> LabelBatch:
        """Return a part as one batch."""
        return label_batch(self.frames[part], self.labels(part))


def voices_by_part(split: str) -> dict[str, tuple[str, ...]]:
    """Return which voices are heard in which part.

    Parameters
    ----------
    split : {"voice", "clip"}
        "clip" is the mistake: clips are split, and not voices. The voices of the test take the
        places of as many others in training; the number of voices stays.

    Raises
    ------
    ValueError
        If `split` is neither.
    """
    parts = {part: speakers_of(part) for part in SPEAKERS}
    if split == "voice":
        return parts
    if split != "clip":
        raise ValueError(f"split: expected 'voice' or 'clip', got {split!r}")
    heard = (*parts["train"][: -len(parts["test"])], *parts["test"])
    return {"train": heard, "valid": heard, "test": parts["test"]}


@lru_cache(maxsize=2)
def digit_data(
    split: str = "voice", train_size: int = 1008, valid_size: int = 150, test_size: int = 320
) -> DigitData:
    """Return the clips of the study, which are the same in every run.

    Parameters
    ----------
    split : {"voice", "clip"}, optional
        As for `voices_by_part`; the test is the same for both.
    train_size, valid_size, test_size : int, optional
    """
    sizes = {"train": train_size, "valid": valid_size, "test": test_size}
    clips = {
        part: draw_digit_clips(voices, sizes[part], rng=np.random.default_rng([2024, k]))
        for k, (part, voices) in enumerate(voices_by_part(split).items())
    }
    frames = {part: digit_features(own) for part, own in clips.items()}
    standardiser = data.Standardiser.fit(np.concatenate(frames["train"]))
    scaled = {part: [standardiser.transform(one) for one in own] for part, own in frames.items()}
    return DigitData(clips, scaled, standardiser)


class FrameWindow:
    r"""A layer without memory: each output sees a window of the inputs and nothing else.

    .. math::

        h_t = \tanh\bigl(W\,(x_{t-k}, \dots, x_{t+k}) + b\bigr)

    with zeros beyond the ends, as in a time-delay network. It stands where a recurrent layer
    stands in a `gatedrnn.SequenceModel`.

    Parameters
    ----------
    input_size, hidden_size : int
    window : int
        k, the steps seen to each side.
    rng : numpy.random.Generator
        Source of the initial weights.

    References
    ----------
    Waibel et al. (1989).
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self, input_size: int, hidden_size: int, window: int, *, rng: np.random.Generator
    ) -> None:
        self.input_size, self.output_size = input_size, hidden_size
        self.window = window
        self.linear = Linear((2 * window + 1) * input_size, hidden_size, rng=rng)
        self.params = self.linear.params

    def forward(self, xs: np.ndarray, state=None, lengths: np.ndarray | None = None):
        """Return h (T, N, hidden_size), no state, and the tape; xs is zero at padding."""
        T, k = len(xs), self.window
        wide = np.pad(xs, ((k, k), (0, 0), (0, 0)))
        seen = np.concatenate([wide[j : j + T] for j in range(2 * k + 1)], axis=-1)
        a, tape = self.linear.forward(seen)
        hs = np.tanh(a)
        return hs, state, (hs, tape)

    def backward(self, dhs: np.ndarray, tape: tuple, dstate=None):
        """Return no gradient of the inputs, no state, and the gradients of the parameters."""
        hs, seen = tape
        _, grads = self.linear.backward(dhs * (1 - hs**2), seen)
        return None, dstate, grads


def digit_model(
    cell: type[Recurrent],
    hidden_size: int,
    *,
    rng: np.random.Generator,
    window: int | None = None,
    bidirectional: bool = True,
) -> SequenceModel:
    """Return a layer that reads in both directions, and a readout of ten digits and the blank.

    Parameters
    ----------
    cell : class
    hidden_size : int
        Per direction.
    rng : numpy.random.Generator
    window : int, optional
        Then there is no recurrent layer, whatever `cell`, but a `FrameWindow`.
    bidirectional : bool, optional
    """
    if window is None:
        layer = Stack(cell, NUM_BANDS, hidden_size, bidirectional=bidirectional, rng=rng)
    else:
        layer = FrameWindow(NUM_BANDS, hidden_size, window, rng=rng)
    return SequenceModel(layer, NUM_SYMBOLS, rng=rng)


def transcribe(model: SequenceModel, batch: data.Batch) -> list[list[int]]:
    """Return the symbols that a model writes for each sample, by its best path."""
    logits = model.forward(batch.inputs, None, batch.lengths)[0]
    return [path.tolist() for path in ctc_greedy_decode(logits, batch.lengths)]


def template_baseline(digits: DigitData) -> tuple[WordTemplates, float]:
    """Return templates of the training voices, and their error rate on the test.

    The templates are those training clips in which a single digit is said. The penalty for a new
    word is chosen on the validation part.
    """
    alone = [n for n, clip in enumerate(digits.clips["train"]) if len(clip.digits) == 1]
    frames = [digits.frames["train"][n] for n in alone]
    labels = [digits.clips["train"][n].labels[0] for n in alone]

    def errors(penalty: float, part: str) -> tuple[float, WordTemplates]:
        templates = WordTemplates(frames, labels, penalty)
        answers = [templates.recognise(one) for one in digits.frames[part]]
        return error_rate(digits.labels(part), answers), templates

    best = min(PENALTIES, key=lambda penalty: errors(penalty, "valid")[0])
    rate, templates = errors(best, "test")
    return templates, rate


def speech(
    seed: int,
    *,
    split: str = "voice",
    batch_size: int = 32,
    train_size: int = 1008,
    valid_size: int = 150,
    test_size: int = 320,
) -> Problem:
    """Write down spoken digits; the score is the share of digits that are wrong.

    Substitutions, deletions and insertions count, over the number of digits said. The clips are
    the same in every run; the seed is that of their order and of the weights.
    """
    digits = digit_data(split, train_size, valid_size, test_size)
    wanted = digits.labels("test")

    def score(model, batches: list) -> float:
        return error_rate(wanted, transcribe(model, batches[0]))

    def details(model, batches: list) -> dict:
        answers = transcribe(model, batches[0])
        pairs = [
            (clip.voice, pair)
            for clip, answer in zip(digits.clips["test"], answers, strict=True)
            for pair in edit_operations(clip.labels, answer)
        ]
        edits = Counter(voice for voice, (said, heard) in pairs if said != heard)
        size = Counter()
        for clip in digits.clips["test"]:
            size[clip.voice] += len(clip.digits)
        confused = Counter(f"{_name(a)}>{_name(b)}" for _, (a, b) in pairs if a != b)
        return {
            "by_voice": {voice: round(edits[voice] / size[voice], 4) for voice in size},
            "confused": dict(confused.most_common(12)),
        }

    return Problem(
        train=LabelBatches(
            digits.frames["train"],
            digits.labels("train"),
            batch_size=batch_size,
            rng=np.random.default_rng([seed, 0]),
        ),
        valid=[digits.batch("valid")],
        test=[digits.batch("test")],
        loss=ctc_loss,
        score=score,
        baselines=lambda: {"say nothing": 1.0, "templates": template_baseline(digits)[1]},
        details=details,
        build=digit_model,
    )


def _name(label: int | None) -> str:
    """Return the digit of a symbol, or nothing."""
    return "" if label is None else str(label - 1)
