r"""Piano rolls made audible: sums of sines in NumPy, a file of WAV, a player for a page."""

from __future__ import annotations

import base64
import html
import io
import wave

import numpy as np

from gatedrnn.data.chorales import LOWEST_KEY
from gatedrnn.validation import check_positive_int

__all__ = ["Player", "player", "render_roll", "wav_bytes"]

#: Strength of a tone's harmonics, the fundamental first: about that of a soft organ stop.
HARMONICS = (1.0, 0.45, 0.22, 0.10)
#: How long a tone takes to begin and to end, in seconds.
ATTACK, RELEASE = 0.04, 0.12
#: The last chord sounds this many times as long as the others.
LAST = 2


def render_roll(
    roll: np.ndarray, seconds_per_step: float, *, sample_rate: int = 8000
) -> np.ndarray:
    r"""Return how a piano roll sounds.

    A key that sounds at several steps in a row is one tone, held. A tone of frequency f is

    .. math::

        s(\tau) = e(\tau) \sum_k a_k \sin(2 \pi k f \tau), \qquad
        f = 440 \cdot 2^{(m - 69) / 12} \text{ Hz}

    with m its MIDI number and an envelope e that rises and falls softly. Harmonics that the
    sample rate cannot hold are left out.

    Parameters
    ----------
    roll : ndarray, shape (T, 88)
        Other than zero where a key sounds. Key 0 is MIDI number 21.
    seconds_per_step : float
    sample_rate : int, optional
        Samples per second.

    Returns
    -------
    ndarray of float32
        Between -1 and 1, the loudest sample at 0.9; all zero if nothing sounds.

    Raises
    ------
    ValueError
        If there is no step, or a step's length is not positive.
    """
    roll = np.asarray(roll)
    if roll.ndim != 2 or not len(roll):
        raise ValueError(f"roll: expected shape (T, keys) with T of at least 1, got {roll.shape}")
    if not seconds_per_step > 0:
        raise ValueError(f"seconds_per_step: expected a positive number, got {seconds_per_step}")
    check_positive_int("sample_rate", sample_rate)
    begins = np.arange(len(roll) + 1) * seconds_per_step
    begins[-1] += (LAST - 1) * seconds_per_step
    samples = np.zeros(int((begins[-1] + RELEASE) * sample_rate) + 1)
    edges = np.diff(np.pad((roll != 0).astype(int), ((1, 1), (0, 0))), axis=0)
    for key in range(roll.shape[1]):
        frequency = 440 * 2 ** ((key + LOWEST_KEY - 69) / 12)
        starts, ends = np.flatnonzero(edges[:, key] > 0), np.flatnonzero(edges[:, key] < 0)
        for start, end in zip(starts, ends, strict=True):
            tone = _tone(frequency, begins[end] - begins[start], sample_rate)
            first = int(begins[start] * sample_rate)
            samples[first : first + len(tone)] += tone[: len(samples) - first]
    loudest = np.abs(samples).max()
    return (samples * (0.9 / loudest if loudest else 0)).astype(np.float32)


def _tone(frequency: float, seconds: float, sample_rate: int) -> np.ndarray:
    """Return one tone; it goes on for `RELEASE` after its time."""
    time = np.arange(int((seconds + RELEASE) * sample_rate)) / sample_rate
    tone = np.zeros_like(time)
    for k, strength in enumerate(HARMONICS, start=1):
        if k * frequency < 0.45 * sample_rate:
            tone += strength * np.sin(2 * np.pi * k * frequency * time)
    rise = np.clip(time / ATTACK, 0, 1)
    fall = np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    fade = 0.6 + 0.4 * np.exp(-2 * time)  # a little louder where it begins
    return tone * fade * np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2


def wav_bytes(samples: np.ndarray, rate: int, *, bits: int = 8) -> bytes:
    """Return a WAV file, mono.

    Parameters
    ----------
    samples : ndarray, shape (length,)
        Between -1 and 1; what lies outside is cut off.
    rate : int
        Samples per second.
    bits : {8, 16}
        Of a sample. 8 make half the file, and a faint hiss.
    """
    check_positive_int("rate", rate)
    if bits not in (8, 16):
        raise ValueError(f"bits: expected 8 or 16, got {bits}")
    samples = np.asarray(samples, float)
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"samples: expected shape (length,), got {samples.shape}")
    samples = np.clip(samples, -1, 1)
    if bits == 8:  # without a sign, silence at 128
        content = (np.rint(samples * 127) + 128).astype(np.uint8)
    else:
        content = np.rint(samples * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(bits // 8)
        writer.setframerate(rate)
        writer.writeframes(content.tobytes())
    return file.getvalue()


class Player:
    """A sound with controls; a notebook shows it when it is the last thing in a cell.

    Unlike `IPython.display.Audio` it has a name, which screen readers say and the page shows.

    Parameters
    ----------
    wav : bytes
        A WAV file.
    label : str
    """

    def __init__(self, wav: bytes, label: str) -> None:
        self.wav, self.label = wav, label

    def __repr__(self) -> str:
        return f"<sound: {self.label}>"

    def _repr_html_(self) -> str:
        label = html.escape(self.label)
        source = base64.b64encode(self.wav).decode()
        return (
            f'<figure style="margin: 0"><figcaption>{label}</figcaption>'
            f'<audio controls aria-label="{label}" src="data:audio/wav;base64,{source}">'
            "</audio></figure>"
        )


def player(samples: np.ndarray, rate: int, label: str, *, bits: int = 8) -> Player:
    """Return a player for a sound; see `wav_bytes` for what it takes."""
    return Player(wav_bytes(samples, rate, bits=bits), label)
