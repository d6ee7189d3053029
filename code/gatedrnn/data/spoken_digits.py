r"""Strings of spoken digits, in voices that are kept apart.

Every clip is a few digits read without a pause between them by one of 26 speakers, at a speed and
a pitch of its own, with some noise. Nobody who is heard in training is heard in the test.

The speakers are eSpeak NG's: resonances of the throat, pitch and roughness from a file, a regional
pronunciation from another. They are few and clean beside the voices of people; what a network
reaches here says nothing of what it would reach on recordings.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gatedrnn.data.audio_features import add_noise, log_mel
from gatedrnn.data.speech import synthesise
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_positive_int

__all__ = [
    "BLANK",
    "DIGIT_WORDS",
    "NUM_SYMBOLS",
    "SPEAKERS",
    "DigitClip",
    "digit_features",
    "draw_digit_clips",
    "speakers_of",
]

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

#: The symbol that says nothing; digit d is symbol d + 1.
BLANK = 0

#: Of the read-out: ten digits and the blank.
NUM_SYMBOLS = 11

ACCENTS = (
    "en-us",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-029",
    "en-us-nyc",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
)

#: Speakers by part. Every accent of the test is heard in training; no speaker is.
SPEAKERS = {
    "train": (
        "adam", "klatt4", "m1", "m3", "m6", "m5", "m2", "Nguyen", "Diogo", "Mario",
        "f1", "f2", "f4", "Annie", "caleb", "steph", "Andrea", "antonio", "marcelo", "pablo",
        "grandma", "anika", "shelby", "travis", "boris", "Denis", "iven2", "RicishayMax2",
    ),
    "valid": ("f3", "rob", "Storm", "Jacky", "zac", "sandro"),
    "test": ("m8", "belinda", "paul", "Alicia", "david", "quincy", "norbert", "max"),
}  # fmt: skip


def speakers_of(part: str) -> tuple[str, ...]:
    """Return the voices of a part, "train", "valid" or "test", as `synthesise` takes them."""
    if part not in SPEAKERS:
        raise ValueError(f"part: expected one of {list(SPEAKERS)}, got {part!r}")
    return tuple(
        f"{ACCENTS[k % len(ACCENTS)]}+{variant}" for k, variant in enumerate(SPEAKERS[part])
    )


@dataclass(frozen=True)
class DigitClip:
    """What is said, by whom, and how.

    Attributes
    ----------
    digits : tuple of int
        From 0 to 9.
    voice : str
    rate : int
        In words per minute.
    pitch : int
    snr : float
        In decibels; infinite without noise.
    noise_seed : int
    """

    digits: tuple[int, ...]
    voice: str
    rate: int = 175
    pitch: int = 50
    snr: float = np.inf
    noise_seed: int = 0

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(DIGIT_WORDS[digit] for digit in self.digits)

    @property
    def labels(self) -> tuple[int, ...]:
        """The symbols that a network should write."""
        return tuple(digit + 1 for digit in self.digits)

    def samples(self) -> tuple[np.ndarray, int]:
        """Return the sound, float32, and its samples per second."""
        sound, sample_rate = synthesise(
            self.text, voice=self.voice, rate=self.rate, pitch=self.pitch
        )
        if np.isfinite(self.snr):
            sound = add_noise(sound, self.snr, rng=np.random.default_rng(self.noise_seed))
        return sound, sample_rate


def draw_digit_clips(
    voices: Sequence[str],
    count: int,
    *,
    rng: np.random.Generator,
    longest: int = 5,
    rates: tuple[int, int] = (130, 230),
    pitches: tuple[int, int] = (35, 65),
    snrs: tuple[float, float] = (5.0, 25.0),
) -> list[DigitClip]:
    """Return clips of 1 to `longest` digits, everything drawn evenly from its range.

    Parameters
    ----------
    voices : sequence of str
        Taken in turn, so that each says as many clips.
    count : int
    rng : numpy.random.Generator
    longest : int, optional
    rates, pitches, snrs : pair, optional
        Smallest and greatest.
    """
    check_positive_int("count", count)
    check_positive_int("longest", longest)
    if not len(voices):
        raise ValueError("voices: expected at least one, got none")
    clips = []
    for n in range(count):
        digits = rng.integers(10, size=rng.integers(1, longest + 1))
        clips.append(
            DigitClip(
                tuple(digits.tolist()),
                voices[n % len(voices)],
                rate=int(rng.integers(rates[0], rates[1] + 1)),
                pitch=int(rng.integers(pitches[0], pitches[1] + 1)),
                snr=float(rng.uniform(*snrs)),
                noise_seed=int(rng.integers(2**31)),
            )
        )
    return clips


def digit_features(clips: Iterable[DigitClip], **options) -> list[np.ndarray]:
    """Return what a network reads of each clip: `log_mel`, less the clip's own mean in each band.

    The mean is what a microphone, a room and the loudness add to the logarithm; it is taken from
    the clip alone, so that nothing of other clips is known.

    Parameters
    ----------
    clips : iterable of DigitClip
    **options
        Of `log_mel`; by default frames of 40 ms, one every 25 ms.

    Returns
    -------
    list of ndarray of float32, each of shape (T_n, 20)
    """
    options = {"frame": 0.04, "hop": 0.025} | options
    clips = list(clips)
    tqdm = import_optional("tqdm.auto", extra="train").tqdm
    silent = len(clips) < 500 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    features = []
    for clip in tqdm(clips, unit="clip", leave=False, disable=silent or None):
        bands = log_mel(*clip.samples(), **options)
        features.append(bands - bands.mean(0))
    return features
