r"""Prosodies, not emotions: one sentence said in several ways by a synthesiser.

Recordings of emotional speech are in no package. What can be made offline is *prosody*: the same
voice faster or slower, higher or lower, livelier or flatter, louder or softer. The clips made here
are named as RAVDESS names its own, so that whatever works on them works on that folder. What is
called "happy" in such a name is here a lively prosody and nothing else: nobody felt anything, and
nobody has judged how it sounds. The directions (happy speech is louder, higher and moves more, sad
speech is slower, lower and flatter, and so on) are those that reviews report; the sizes are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gatedrnn.data.audio_features import to_wav
from gatedrnn.data.packages import DataSource
from gatedrnn.data.ravdess import INTENSITIES, NUM_ACTORS, NUM_REPETITIONS, STATEMENTS, Recording
from gatedrnn.data.speech import REQUIREMENT, SPEECH_RATE, synthesise
from gatedrnn.optional import import_optional

__all__ = ["PROSODIES", "VOICES", "Prosody", "say", "write_prosodies"]

#: Speakers of the synthesiser in the place of the actors: odd numbers sound as men, even as women.
VOICES = tuple(
    name
    for pair in zip(
        ("m1", "m2", "m5", "m8", "Andy", "Denis", "Lee", "Nguyen", "adam", "david", "ed", "Marco"),
        ("f1", "f2", "f3", "f4", "f5", "Alicia", "Andrea", "Annie", "anika", "linda", "steph",
         "shelby"),
        strict=True,
    )
    for name in pair
)  # fmt: skip


@dataclass(frozen=True)
class Prosody:
    """A way to speak, in the units of `gatedrnn.data.synthesise`.

    Attributes
    ----------
    name : str
        What it is.
    rate : float
        Words per minute.
    pitch, pitch_range : float
        From 0 to 99, relative to the voice's own.
    volume : float
        From 0 to 100.
    """

    name: str
    rate: float
    pitch: float
    pitch_range: float
    volume: float


#: By the name of the emotion whose place they take in a RAVDESS file name; at full strength.
PROSODIES = {
    "neutral": Prosody("even", 170, 45, 45, 60),
    "calm": Prosody("gentle", 145, 38, 35, 45),
    "happy": Prosody("lively", 195, 62, 85, 75),
    "sad": Prosody("dragging", 125, 32, 20, 40),
    "angry": Prosody("forceful", 205, 52, 70, 100),
    "fearful": Prosody("hurried", 235, 66, 30, 55),
}
#: How far from even a prosody is at each intensity.
STRENGTH = {"normal": 0.6, "strong": 1.0}
#: By how much a setting differs from speaker to speaker, and from clip to clip.
OF_SPEAKER = Prosody("standard deviation", 12, 4, 8, 8)
OF_CLIP = Prosody("standard deviation", 8, 3, 6, 5)
SETTINGS = {"rate": (80, 300), "pitch": (0, 99), "pitch_range": (0, 99), "volume": (15, 100)}

SOURCE = DataSource(
    name="ways of speaking, by eSpeak NG",
    case="prosody, in the place of emotion, in speech",
    size="1,056 clips: 24 voices, 6 prosodies, 2 sentences, in a folder as RAVDESS",
    requirement=REQUIREMENT,
    licence="GPL-3.0-or-later (the synthesiser; the sounds are its output)",
    source="eSpeak NG 1.52.0; the naming scheme is that of Livingstone and Russo (2018)",
)


def say(recording: Recording, *, seed: int = 0) -> np.ndarray:
    """Return a clip as its name wants it.

    Every speaker has habits (a rate, a pitch, a loudness of their own around the prosody's), and
    no two clips of a speaker are said exactly alike.

    Parameters
    ----------
    recording : Recording
        With an emotion of `PROSODIES`.
    seed : int, optional
        Of the habits and of the clips.

    Returns
    -------
    ndarray of float32, shape (L,)
        `gatedrnn.data.SPEECH_RATE` samples per second.

    Raises
    ------
    ValueError
        If there is no prosody for the emotion.
    """
    if recording.emotion not in PROSODIES:
        raise ValueError(f"emotion: expected one of {list(PROSODIES)}, got {recording.emotion!r}")
    even, full = PROSODIES["neutral"], PROSODIES[recording.emotion]
    strength = STRENGTH[recording.intensity]
    numbers = [int(part) for part in Path(recording.name).stem.split("-")]
    habit = np.random.default_rng([seed, recording.actor]).standard_normal(len(SETTINGS))
    chance = np.random.default_rng([seed, *numbers]).standard_normal(len(SETTINGS))
    settings = {}
    for (name, (low, high)), of_speaker, of_clip in zip(
        SETTINGS.items(), habit, chance, strict=True
    ):
        start, end = getattr(even, name), getattr(full, name)
        value = start + strength * (end - start)
        value += of_speaker * getattr(OF_SPEAKER, name) + of_clip * getattr(OF_CLIP, name)
        settings[name] = round(min(max(value, low), high))
    voice = f"en-us+{VOICES[recording.actor - 1]}"
    return synthesise(STATEMENTS[recording.statement - 1], voice=voice, **settings)[0]


def write_prosodies(folder: str | Path, *, seed: int = 0, progress: bool = True) -> list[Recording]:
    """Fill a folder with clips named as those of RAVDESS, 44 of each of 24 voices.

    Parameters
    ----------
    folder : path
        Where ``Actor_01`` to ``Actor_24`` are made.
    seed : int, optional
        As for `say`.
    progress : bool, optional
        Show a progress bar where somebody can see it.

    Returns
    -------
    list of Recording
        What has been written: 1,056 files, about 75 MB.

    Raises
    ------
    MissingPackageError, DataFileError
        As for `gatedrnn.data.synthesise`.
    """
    tqdm = import_optional("tqdm.auto", extra="train").tqdm
    recordings = [
        Recording(Path(), "speech", emotion, intensity, statement, repetition, actor)
        for actor in range(1, NUM_ACTORS + 1)
        for emotion in PROSODIES
        for intensity in INTENSITIES
        if (emotion, intensity) != ("neutral", "strong")
        for statement in range(1, len(STATEMENTS) + 1)
        for repetition in range(1, NUM_REPETITIONS + 1)
    ]
    written = []
    for one in tqdm(recordings, unit="clip", leave=False, disable=None if progress else True):
        path = Path(folder) / f"Actor_{one.actor:02}" / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_wav(say(one, seed=seed), SPEECH_RATE, new_rate=SPEECH_RATE))
        written.append(replace(one, path=path))
    return written
