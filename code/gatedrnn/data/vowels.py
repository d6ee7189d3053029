r"""Japanese Vowels: nine men say /ae/, and who it was is to be told from a few dozen frames.

Recorded by Kudo, Toyama and Shimbo (1999) at 10 kHz. What is stored are not the recordings but 12
cepstral coefficients of a linear prediction (LPC) every 6.4 ms, each from a frame of 25.6 ms. The
two parts are those of the authors: all later figures are for this split. The speakers are the same
in both, the test utterances are from other occasions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedrnn.data.packages import DataFileError, DataSource, PackageFile
from gatedrnn.validation import check_positive_int

__all__ = ["Utterances", "Vowels", "hold_out", "japanese_vowels", "read_ts", "resample"]

REQUIREMENT = "aeon==1.6.0"
FOLDER = "datasets/data/JapaneseVowels"
TRAIN = PackageFile(
    package="aeon",
    path=f"{FOLDER}/JapaneseVowels_TRAIN.ts",
    requirement=REQUIREMENT,
    sha256="68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
)
TEST = PackageFile(
    package="aeon",
    path=f"{FOLDER}/JapaneseVowels_TEST.ts",
    requirement=REQUIREMENT,
    sha256="b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
)
SOURCE = DataSource(
    name="Japanese Vowels",
    case="telling nine speakers apart",
    size="640 utterances of 7 to 29 frames, 12 cepstral coefficients",
    requirement=REQUIREMENT,
    licence="commercial use only with the donors' permission; the package: BSD 3-Clause",
    source="Kudo, Toyama and Shimbo, Hokkaido University, in the UCI repository and in aeon",
)


@dataclass(frozen=True)
class Utterances:
    """Sequences of different lengths, and who spoke.

    Attributes
    ----------
    frames : list of ndarray of float64, each of shape (T_n, 12)
        Cepstral coefficients, one row every 6.4 ms.
    speakers : ndarray of int, shape (N,)
        From 0 to 8.
    """

    frames: list[np.ndarray]
    speakers: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def lengths(self) -> np.ndarray:
        """The number of frames of each, shape (N,)."""
        return np.array([len(frames) for frames in self.frames])

    def take(self, chosen: np.ndarray) -> Utterances:
        """Return some of them, by index."""
        return Utterances([self.frames[n] for n in chosen], self.speakers[chosen])


@dataclass(frozen=True)
class Vowels:
    """The published split.

    Attributes
    ----------
    train : Utterances
        30 of each speaker, 270 in all.
    test : Utterances
        24 to 88 of each speaker, 370 in all, from other occasions.
    """

    train: Utterances
    test: Utterances


def japanese_vowels() -> Vowels:
    """Return the 640 utterances. None of them occurs twice.

    Raises
    ------
    MissingPackageError
        If aeon is not installed.
    DataFileError
        If it is another version.

    References
    ----------
    Kudo, Toyama and Shimbo (1999).
    """
    return Vowels(*(read_ts(file.read().decode("utf-8")) for file in (TRAIN, TEST)))


def read_ts(text: str) -> Utterances:
    """Read a file in the format ``.ts`` of the time series archives.

    After the line ``@data`` comes one sequence per line: its channels, separated by colons, each a
    list of numbers separated by commas, and last the class, a number from 1 on.

    Parameters
    ----------
    text : str

    Returns
    -------
    Utterances

    Raises
    ------
    DataFileError
        If there is no ``@data``, nothing after it, or a line that is not as described.
    """
    _, marker, body = text.partition("@data\n")
    lines = [line for line in body.splitlines() if line.strip()]
    if not marker or not lines:
        raise DataFileError("text: expected a line @data and sequences after it, found none")
    frames, speakers = [], []
    for number, line in enumerate(lines, start=1):
        *channels, label = line.split(":")
        try:
            columns = [np.array(channel.split(","), float) for channel in channels]
            frames.append(np.stack(columns, axis=1))
            speakers.append(int(label) - 1)
        except ValueError as error:
            raise DataFileError(
                f"text: expected channels of equal length and a class after @data, "
                f"got {line[:30]!r}… in sequence {number}"
            ) from error
        if frames[-1].shape[1] != frames[0].shape[1] or speakers[-1] < 0:
            raise DataFileError(
                f"text: expected {frames[0].shape[1]} channels and a class from 1 on, "
                f"got {frames[-1].shape[1]} and {label!r} in sequence {number}"
            )
    return Utterances(frames, np.array(speakers))


def resample(frames: np.ndarray, steps: int) -> np.ndarray:
    """Stretch or shrink a sequence to a number of steps, linearly between its frames.

    Parameters
    ----------
    frames : ndarray, shape (T, D)
    steps : int

    Returns
    -------
    ndarray, shape (steps, D)
        The first is the first of `frames`, the last the last.
    """
    check_positive_int("steps", steps)
    if np.ndim(frames) != 2 or len(frames) == 0:
        raise ValueError(f"frames: expected shape (T, D) with T > 0, got {np.shape(frames)}")
    at = np.linspace(0, len(frames) - 1, steps)
    return np.stack([np.interp(at, np.arange(len(frames)), column) for column in frames.T], axis=1)


def hold_out(
    labels: np.ndarray, per_class: int, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Split at random, with the same number of every class held out.

    Parameters
    ----------
    labels : ndarray, shape (N,)
    per_class : int
        How many of each class to hold out.
    rng : numpy.random.Generator

    Returns
    -------
    kept, held_out : ndarray of int
        Indices, each sorted.

    Raises
    ------
    ValueError
        If nothing would be left of a class.
    """
    check_positive_int("per_class", per_class)
    chosen = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) <= per_class:
            raise ValueError(
                f"per_class: expected fewer than the {len(members)} of class {label}, "
                f"got {per_class}"
            )
        chosen.append(rng.permutation(members)[:per_class])
    held_out = np.sort(np.concatenate(chosen))
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out
