r"""Folders like that of RAVDESS: acted speech, with all that is known of a clip in its name.

The Ryerson Audio-Visual Database of Emotional Speech and Song (Livingstone and Russo, 2018) is not
part of any package and is not downloaded here: it is at https://doi.org/10.5281/zenodo.1188976,
under CC BY-NC-SA 4.0. Its 1,440 clips of speech are called such as ``03-01-05-01-02-01-12.wav``:

==============  ==============================================================================
modality        01 picture and sound, 02 picture, 03 sound
vocal channel   01 speech, 02 song
emotion         01 neutral, 02 calm, 03 happy, 04 sad, 05 angry, 06 fearful, 07 disgust,
                08 surprised
intensity       01 normal, 02 strong (not with neutral)
statement       01 "Kids are talking by the door", 02 "Dogs are sitting by the door"
repetition      01, 02
actor           01 to 24; odd numbers are men, even ones women
==============  ==============================================================================

A name says what the actor was *asked* to express.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gatedrnn.data.packages import DataFileError
from gatedrnn.data.wav import read_wav

__all__ = ["EMOTIONS", "STATEMENTS", "Recording", "read_ravdess", "split_by_actor"]

MODALITIES = ("picture and sound", "picture", "sound")
CHANNELS = ("speech", "song")
#: In the order of their numbers, from 1 on.
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
INTENSITIES = ("normal", "strong")
STATEMENTS = ("Kids are talking by the door.", "Dogs are sitting by the door.")
NUM_REPETITIONS = 2
NUM_ACTORS = 24

#: What stands in a name, in order, and how many values each has.
FIELDS = {
    "modality": len(MODALITIES),
    "channel": len(CHANNELS),
    "emotion": len(EMOTIONS),
    "intensity": len(INTENSITIES),
    "statement": len(STATEMENTS),
    "repetition": NUM_REPETITIONS,
    "actor": NUM_ACTORS,
}
EXAMPLE = "03-01-05-01-02-01-12.wav"


@dataclass(frozen=True)
class Recording:
    """A clip, by its name.

    Attributes
    ----------
    path : Path
    channel : {"speech", "song"}
    emotion : str
        One of `EMOTIONS`: what the actor was asked to express.
    intensity : {"normal", "strong"}
    statement, repetition : int
        1 or 2.
    actor : int
        From 1 to 24.
    """

    path: Path
    channel: str
    emotion: str
    intensity: str
    statement: int
    repetition: int
    actor: int

    @classmethod
    def named(cls, path: str | Path) -> Recording:
        """Return what a name says; the file need not exist.

        Raises
        ------
        DataFileError
            If the name does not say it, or says what cannot be.
        """
        path = Path(path)
        if not re.fullmatch(r"\d\d(-\d\d){6}\.wav", path.name, re.IGNORECASE):
            raise DataFileError(
                f"{path.name}: expected a name of seven numbers of two digits such as {EXAMPLE}"
            )
        numbers = [int(part) for part in path.stem.split("-")]
        for (field, most), number in zip(FIELDS.items(), numbers, strict=True):
            if not 1 <= number <= most:
                raise DataFileError(
                    f"{path.name}: expected a number from 01 to {most:02} for the {field}, "
                    f"got {number:02}"
                )
        _, channel, emotion, intensity, statement, repetition, actor = numbers
        if emotion == 1 and intensity == 2:
            raise DataFileError(f"{path.name}: expected normal intensity with neutral, got strong")
        return cls(
            path,
            CHANNELS[channel - 1],
            EMOTIONS[emotion - 1],
            INTENSITIES[intensity - 1],
            statement,
            repetition,
            actor,
        )

    @property
    def name(self) -> str:
        """The file's name, made from the other fields."""
        numbers = (
            3,
            CHANNELS.index(self.channel) + 1,
            EMOTIONS.index(self.emotion) + 1,
            INTENSITIES.index(self.intensity) + 1,
            self.statement,
            self.repetition,
            self.actor,
        )
        return "-".join(f"{number:02}" for number in numbers) + ".wav"

    def samples(self, sample_rate: int = 16_000) -> np.ndarray:
        """Return the sound, float32 of shape (L,), as `read_wav` does."""
        return read_wav(self.path, sample_rate)


def read_ravdess(folder: str | Path, *, channel: str = "speech") -> list[Recording]:
    """Return the clips of a folder and the folders in it; their sounds are read when asked for.

    Parameters
    ----------
    folder : path
        Such as the one with ``Actor_01`` to ``Actor_24``.
    channel : {"speech", "song"}

    Returns
    -------
    list of Recording
        In the order of their names. Of two files of the same name, as in archives that hold
        everything twice, the first is taken.

    Raises
    ------
    DataFileError
        If there is no such folder, no clip of that channel in it, a file ``.wav`` whose name is
        not as described, or one in the folder of another actor.
    """
    folder = Path(folder)
    if channel not in CHANNELS:
        raise ValueError(f"channel: expected one of {CHANNELS}, got {channel!r}")
    if not folder.is_dir():
        raise DataFileError(f"folder: expected a folder, found none at {folder}")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".wav")
    found: dict[str, Recording] = {}
    for file in files:
        if file.name.startswith("."):  # such as the shadows that macOS leaves in archives
            continue
        recording = Recording.named(file)
        of_actor = re.fullmatch(r"Actor_(\d\d)", file.parent.name)
        if of_actor and int(of_actor[1]) != recording.actor:
            raise DataFileError(
                f"{file.parent.name}/{file.name}: expected a clip of that actor, "
                f"got one of actor {recording.actor:02}"
            )
        if recording.channel == channel:
            found.setdefault(file.stem, recording)
    if not found:
        raise DataFileError(
            f"folder: expected clips of {channel} such as {EXAMPLE}, found none in {folder}"
        )
    return [found[name] for name in sorted(found)]


def split_by_actor(
    recordings: Sequence[Recording], *, valid: Collection[int], test: Collection[int]
) -> tuple[list[Recording], list[Recording], list[Recording]]:
    """Split so that no voice is in two parts.

    Parameters
    ----------
    recordings : sequence of Recording
    valid, test : collection of int
        The actors whose clips are for validation and for test.

    Returns
    -------
    train, valid, test : list of Recording

    Raises
    ------
    ValueError
        If an actor is in both, has no clip, or nobody is left to train on.
    """
    actors = {recording.actor for recording in recordings}
    both = set(valid) & set(test)
    unknown = (set(valid) | set(test)) - actors
    if both or unknown:
        raise ValueError(
            f"valid, test: expected actors of {sorted(actors)}, none in both, "
            f"got {sorted(both or unknown)} {'in both' if both else 'without a clip'}"
        )
    if not valid or not test or actors <= set(valid) | set(test):
        raise ValueError("valid, test: expected actors for both, and some left to train on")
    parts: tuple[list[Recording], ...] = ([], [], [])
    for recording in recordings:
        parts[1 if recording.actor in valid else 2 if recording.actor in test else 0].append(
            recording
        )
    return parts
