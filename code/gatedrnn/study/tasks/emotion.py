r"""Prosody in speech, in the place of emotion: clips in a folder named as RAVDESS names its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from gatedrnn.data.audio_features import log_mel
from gatedrnn.data.pitch import pitch_track
from gatedrnn.data.prosody import write_prosodies
from gatedrnn.data.ravdess import EMOTIONS, Recording, read_ravdess
from gatedrnn.data.speech import SPEECH_RATE
from gatedrnn.data.words import LengthBatches, padded_batch
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.study.tasks.problem import Problem, accuracy

__all__ = [
    "TEST_ACTORS",
    "clip_features",
    "emotion",
    "emotion_baselines",
    "known_and_test",
    "normalised_by_speaker",
    "problem_of",
    "read_features",
    "scaled_by",
    "train_and_valid",
]

TEST_ACTORS = range(19, 25)
NUM_VALID_ACTORS = 4
#: Frames of 40 ms, one every 30 ms.
FRAMES = {"frame": 0.04, "hop": 0.03}
NUM_BANDS = 20
PITCH = NUM_BANDS  # the column after those of the bands


def emotion(seed: int, *, split: str = "voice", by_speaker: bool = False) -> Problem:
    """Tell six prosodies apart; the score is the accuracy.

    Parameters
    ----------
    seed, split, by_speaker
        As for `problem_of`.
    """
    return problem_of(*_synthesised(), seed, split=split, by_speaker=by_speaker)


def problem_of(
    recordings: Sequence[Recording],
    features: Sequence[np.ndarray],
    seed: int,
    *,
    split: str = "voice",
    by_speaker: bool = False,
    batch_size: int = 28,
) -> Problem:
    """Return the task of telling the emotions of recordings apart, as far as they occur.

    Parameters
    ----------
    recordings : sequence of Recording
        Of all 24 actors.
    features : sequence of ndarray
        What `read_features` returns for them.
    seed : int
    split : {"voice", "clip"}
        With "voice" the test clips have voices and a sentence that no training clip has: of actors
        19 to 24, the second statement. Validation is like that too, with 4 of the other actors,
        drawn anew for each seed; training has the first statement of the rest. With "clip" as
        many clips are drawn at random for each part, whoever speaks, which is a mistake, to be
        measured.
    by_speaker : bool, optional
        Scale the features by the mean and deviation of all clips of a speaker (which needs no
        labels, but several clips of a new speaker); else by those of the clips that are known.
    batch_size : int, optional
    """
    classes = [name for name in EMOTIONS if any(one.emotion == name for one in recordings)]
    labels = np.array([classes.index(one.emotion) for one in recordings])
    known, test = known_and_test(recordings, split)
    train, valid = train_and_valid(recordings, known, split, np.random.default_rng([seed, 1]))
    scaled = normalised_by_speaker(recordings, features) if by_speaker else features
    scale = scaled_by([scaled[n] for n in known])  # for all seeds the same

    def part(chosen: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        return [scale(scaled[n]) for n in chosen], labels[chosen]

    return Problem(
        train=LengthBatches(
            *part(train), batch_size=batch_size, rng=np.random.default_rng([seed, 0])
        ),
        valid=[padded_batch(*part(valid))],
        test=[padded_batch(*part(test))],
        loss=softmax_cross_entropy,
        score=accuracy,
        input_size=features[0].shape[1],
        output_size=len(classes),
        baselines=lambda: emotion_baselines(recordings, features, labels, known, test),
    )


@lru_cache(maxsize=1)
def _synthesised() -> tuple[list[Recording], list[np.ndarray]]:
    """Return the clips and their features, by way of the files that a reader would have."""
    with tempfile.TemporaryDirectory() as folder:
        write_prosodies(folder)
        recordings = read_ravdess(folder)
        return recordings, read_features(recordings)


def read_features(recordings: Sequence[Recording]) -> list[np.ndarray]:
    """Return what a network reads of each clip, float32 of shape (T_n, 22), a row every 30 ms.

    20 logarithms of the power in mel bands, the pitch in octaves above 100 Hz (0 where there is
    none) and the strength of voicing.
    """
    features = []
    for recording in recordings:
        samples = recording.samples(SPEECH_RATE)
        bands = log_mel(samples, SPEECH_RATE, num_bands=NUM_BANDS, **FRAMES)
        features.append(np.hstack([bands, pitch_track(samples, SPEECH_RATE, **FRAMES)]))
    return features


def scaled_by(features: Sequence[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that scales as the frames of some clips say: mean 0, deviation 1.

    The pitch's mean and deviation are those of the voiced frames; where there is no voice it stays
    0, which then means: as high as usual.
    """
    frames = np.concatenate(features).astype(np.float64)
    mean, deviation = frames.mean(0), frames.std(0)
    voiced = frames[:, PITCH] != 0
    mean[PITCH], deviation[PITCH] = frames[voiced, PITCH].mean(), frames[voiced, PITCH].std()

    def scale(one: np.ndarray) -> np.ndarray:
        scaled = (one - mean) / deviation
        scaled[:, PITCH] *= one[:, PITCH] != 0
        return scaled.astype(np.float32)

    return scale


def normalised_by_speaker(
    recordings: Sequence[Recording], features: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return the features scaled by all the clips of the same speaker, without their labels."""
    actors = np.array([one.actor for one in recordings])
    scales = {
        actor: scaled_by([features[n] for n in np.flatnonzero(actors == actor)])
        for actor in np.unique(actors)
    }
    return [scales[actor](one) for actor, one in zip(actors, features, strict=True)]


def clip_features(features: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean and deviation of each feature over a clip, and the logarithm of its length.

    Returns
    -------
    ndarray, shape (N, 45)
    """
    return np.array([[*one.mean(0), *one.std(0), np.log(len(one))] for one in features])


def emotion_baselines(
    recordings: Sequence[Recording],
    features: Sequence[np.ndarray],
    labels: np.ndarray,
    known: np.ndarray,
    test: np.ndarray,
) -> dict[str, float]:
    """Return the accuracy of what needs no network, fitted on all of `known`.

    The most frequent class of `known`, and logistic regression on `clip_features`: as they are,
    and less the mean of the speaker's clips.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    clips = clip_features(features)
    actors = np.array([one.actor for one in recordings])
    centred = clips - np.stack([clips[actors == actor].mean(0) for actor in actors])

    def logistic(xs: np.ndarray) -> float:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
        return float(model.fit(xs[known], labels[known]).score(xs[test], labels[test]))

    majority = np.bincount(labels[known]).argmax()
    return {
        "majority": float((labels[test] == majority).mean()),
        "logistic": logistic(clips),
        "logistic, by speaker": logistic(centred),
    }


def known_and_test(recordings: Sequence[Recording], split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the clips that may be learnt from or chosen by, and those for test: indices."""
    actors = np.array([one.actor for one in recordings])
    statements = np.array([one.statement for one in recordings])
    foreign = np.isin(actors, TEST_ACTORS)
    known = np.flatnonzero(~foreign & (statements == 1))
    test = np.flatnonzero(foreign & (statements == 2))
    if split == "voice":
        return known, test
    if split == "clip":  # as many, whoever speaks
        order = np.random.default_rng(0).permutation(len(recordings))
        return order[: len(known)], order[len(known) : len(known) + len(test)]
    raise ValueError(f"split: expected 'voice' or 'clip', got {split!r}")


def train_and_valid(
    recordings: Sequence[Recording], known: np.ndarray, split: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the clips to learn from, and those that say when to stop: indices."""
    actors = np.array([one.actor for one in recordings])
    statements = np.array([one.statement for one in recordings])
    held_out = rng.permutation(np.setdiff1d(actors, TEST_ACTORS))[:NUM_VALID_ACTORS]
    valid = np.flatnonzero(np.isin(actors, held_out) & (statements == 2))
    if split == "voice":
        return known[~np.isin(actors[known], held_out)], valid
    order = rng.permutation(known)
    return order[len(valid) :], order[: len(valid)]
