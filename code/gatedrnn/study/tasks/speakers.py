r"""Recorded speech: which of nine men says /ae/."""

from __future__ import annotations

import numpy as np

from gatedrnn import data
from gatedrnn.baselines.warping import warping_distances
from gatedrnn.data.vowels import Utterances, hold_out, japanese_vowels, resample
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.study.tasks.problem import Problem

__all__ = ["accuracy_at_end", "padded", "speaker_baselines", "speakers"]

NUM_SPEAKERS = 9
NUM_COEFFICIENTS = 12


def speakers(
    seed: int,
    *,
    every_frame: bool = False,
    use_lengths: bool = True,
    valid_per_speaker: int = 6,
    batch_size: int = 27,
) -> Problem:
    """Tell nine speakers of the Japanese Vowels apart; the score is the accuracy.

    The published test part is the test part. The validation part is drawn anew for each seed from
    the published training part, the same number of every speaker. The frames are standardised by
    all of the published training part, so that the test data are the same for all seeds.

    Parameters
    ----------
    seed : int
    every_frame : bool, optional
        Demand the answer after every frame in training, not only after the last; the score is
        that of the last in any case.
    use_lengths : bool, optional
        Tell the model where an utterance ends. Without that it reads the padding as if it were
        speech, which is a mistake, to be measured.
    valid_per_speaker, batch_size : int, optional
    """
    vowels = japanese_vowels()
    kept, held_out = hold_out(
        vowels.train.speakers, valid_per_speaker, rng=np.random.default_rng([seed, 1])
    )
    standardiser = data.Standardiser.fit(np.concatenate(vowels.train.frames))
    train, valid, test = (
        padded(part, standardiser, every_frame=every_frame, use_lengths=use_lengths)
        for part in (vowels.train.take(kept), vowels.train.take(held_out), vowels.test)
    )
    return Problem(
        train=data.Minibatches(
            train.inputs,
            train.targets,
            train.mask,
            lengths=train.lengths,
            target_axis=int(every_frame),
            batch_size=batch_size,
            rng=np.random.default_rng([seed, 0]),
        ),
        valid=[valid],
        test=[test],
        loss=softmax_cross_entropy,
        score=accuracy_at_end,
        input_size=NUM_COEFFICIENTS,
        output_size=NUM_SPEAKERS,
        readout="all" if every_frame else "last",
        baselines=lambda: speaker_baselines(vowels.train, vowels.test),
    )


def padded(
    utterances: Utterances,
    standardiser: data.Standardiser,
    *,
    every_frame: bool = False,
    use_lengths: bool = True,
) -> data.Batch:
    """Return utterances as one batch, standardised and filled up with zeros at the end.

    Returns
    -------
    Batch
        `inputs` (T, N, 12); `lengths` (N,) or None; `targets` (N,), or with `every_frame` (T, N)
        and a `mask` (T, N).
    """
    xs, mask = data.pad([standardiser.transform(one) for one in utterances.frames])
    lengths = utterances.lengths if use_lengths else None
    if not every_frame:
        return data.Batch(xs.astype(np.float32), utterances.speakers, lengths=lengths)
    targets = np.tile(utterances.speakers, (len(xs), 1))
    return data.Batch(xs.astype(np.float32), targets, mask, lengths)


def accuracy_at_end(model, batches: list[data.Batch]) -> float:
    """Return the share of right answers after the last frame of each utterance."""
    right = total = 0
    for batch in batches:
        out = model.forward(batch.inputs, None, batch.lengths)[0]
        targets = batch.targets
        if targets.ndim == 2:
            ends = (batch.mask.sum(0).astype(int) - 1, np.arange(targets.shape[1]))
            out, targets = out[ends], targets[ends]
        right += int((out.argmax(-1) == targets).sum())
        total += len(targets)
    return right / total


def speaker_baselines(train: Utterances, test: Utterances) -> dict[str, float]:
    """Return the accuracy of what needs no network, fitted on all of `train`.

    Logistic regression sees the mean and standard deviation of every coefficient over an
    utterance, or the utterance resampled to ten frames; the nearest neighbour compares means, or
    whole utterances by dynamic time warping.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def logistic(features) -> float:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        seen, unseen = (np.stack([features(one) for one in part.frames]) for part in (train, test))
        return float(model.fit(seen, train.speakers).score(unseen, test.speakers))

    def nearest(distances) -> float:
        return float((train.speakers[distances.argmin(1)] == test.speakers).mean())

    def mean(frames) -> np.ndarray:
        return frames.mean(0, keepdims=True)

    return {
        "most frequent speaker": float(np.bincount(test.speakers).max() / len(test)),
        "1-NN, mean frame": nearest(
            warping_distances([*map(mean, test.frames)], [*map(mean, train.frames)])
        ),
        "1-NN, DTW": nearest(warping_distances(test.frames, train.frames)),
        "logistic, mean and deviation": logistic(lambda x: np.concatenate([x.mean(0), x.std(0)])),
        "logistic, 10 frames": logistic(lambda x: resample(x, 10).ravel()),
    }
