r"""From samples of sound to what a network reads: the logarithms of energies in bands of pitch.

A second of sound is tens of thousands of numbers, and their signs say little. What the ear hears is
how much energy there is at which frequency, and that changes a few dozen times a second. So: cut
the sound into short frames, take the spectrum of each, add up its power in bands that are evenly
spaced for the ear, and take the logarithm.
"""

from __future__ import annotations

import io
import wave
from fractions import Fraction

import numpy as np

from gatedrnn.optional import import_optional
from gatedrnn.validation import check_array, check_positive_int

__all__ = ["add_noise", "deltas", "from_mel", "log_mel", "mel_filters", "to_mel", "to_wav"]


def to_mel(hertz: np.ndarray | float) -> np.ndarray | float:
    r"""Return frequencies on the mel scale, :math:`2595 \log_{10}(1 + f / 700)`.

    Steps of equal size sound equally far apart: nearly linear up to 1 kHz, logarithmic above.

    References
    ----------
    O'Shaughnessy (1987), Speech Communication.
    """
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def from_mel(mel: np.ndarray | float) -> np.ndarray | float:
    """Return what `to_mel` makes of hertz, in hertz."""
    return 700 * (10 ** (np.asarray(mel) / 2595) - 1)


def mel_filters(
    num_bands: int, fft_size: int, sample_rate: int, low: float, high: float
) -> np.ndarray:
    """Return triangles over frequency, each from the centre of the one before to that of the next.

    Parameters
    ----------
    num_bands : int
    fft_size : int
        Samples of a frame; its spectrum has ``fft_size // 2 + 1`` frequencies.
    sample_rate : int
        Samples per second.
    low, high : float
        Where the first triangle begins and the last ends, in hertz.

    Returns
    -------
    ndarray, shape (num_bands, fft_size // 2 + 1)
        From 0 to 1.

    Raises
    ------
    ValueError
        If ``0 <= low < high <= sample_rate / 2`` does not hold, or a band is so narrow that no
        frequency falls into it.
    """
    check_positive_int("num_bands", num_bands)
    if not 0 <= low < high <= sample_rate / 2:
        raise ValueError(
            f"low, high: expected 0 <= low < high <= {sample_rate / 2} Hz, got {low} and {high}"
        )
    edges = from_mel(np.linspace(to_mel(low), to_mel(high), num_bands + 2))
    frequencies = np.fft.rfftfreq(fft_size, 1 / sample_rate)
    left, centre, right = (edges[k : k + num_bands, None] for k in range(3))
    rising, falling = (
        (frequencies - left) / (centre - left),
        (right - frequencies) / (right - centre),
    )
    filters = np.maximum(0, np.minimum(rising, falling))
    if not filters.any(axis=1).all():
        raise ValueError(
            f"num_bands: expected fewer than {num_bands} bands for frames of {fft_size} samples, "
            "some would be empty"
        )
    return filters


def log_mel(
    samples: np.ndarray,
    sample_rate: int,
    *,
    num_bands: int = 20,
    frame: float = 0.032,
    hop: float = 0.0125,
    low: float = 80.0,
    high: float = 7600.0,
    floor: float = 1e-7,
) -> np.ndarray:
    r"""Return the logarithms of the mean power in mel bands, frame by frame.

    .. math::

        x_{tb} = \log\Bigl(\epsilon + \tfrac{1}{w} \sum_k F_{bk}\,
            \bigl|\mathrm{FFT}(w \circ s_{t})_k\bigr|^2\Bigr)

    with :math:`s_t` the samples of frame t, w the Hann window (before the sum: the sum of its
    squares), F the `mel_filters` and :math:`\epsilon` the floor.

    Parameters
    ----------
    samples : ndarray of floats, shape (L,)
        From -1 to 1.
    sample_rate : int
        Samples per second.
    num_bands : int, optional
        D, how many bands.
    frame, hop : float, optional
        Length of a frame and distance between the beginnings of two, in seconds.
    low, high : float, optional
        Range of the bands, in hertz.
    floor : float, optional
        Power that stands for silence; a full-scale sine has about 1/2 times the samples of a
        frame.

    Returns
    -------
    ndarray of float32, shape (T, num_bands)
        In nats. ``T = 1 + (L - frame samples) // hop samples``; what is left over is dropped.

    Raises
    ------
    ValueError
        If there are fewer samples than a frame, or a number is out of range.
    """
    check_array("samples", samples, ("L",))
    size, step = round(frame * sample_rate), round(hop * sample_rate)
    if size < 2 or step < 1:
        raise ValueError(f"frame, hop: expected positive times, got {frame} and {hop}")
    if len(samples) < size:
        raise ValueError(f"samples: expected at least a frame of {size}, got {len(samples)}")
    window = np.hanning(size + 1)[:-1]  # periodic: the next frame's begins where this one ends
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    power = np.abs(np.fft.rfft(frames * window)) ** 2 / np.sum(window**2)
    bands = power @ mel_filters(num_bands, size, sample_rate, low, high).T
    return np.log(bands + floor).astype(np.float32)


def deltas(features: np.ndarray, reach: int = 2) -> np.ndarray:
    r"""Return the slopes of features over time, by least squares over `reach` steps to each side.

    .. math::

        d_t = \frac{\sum_{k=1}^{r} k\,(x_{t+k} - x_{t-k})}{2 \sum_{k=1}^{r} k^2}

    Beyond the ends the first and the last step are repeated.

    Parameters
    ----------
    features : ndarray of floats, shape (T, D)
    reach : int, optional

    Returns
    -------
    ndarray, shape (T, D)
    """
    check_array("features", features, ("T", "D"))
    check_positive_int("reach", reach)
    T = len(features)
    padded = np.pad(features, ((reach, reach), (0, 0)), mode="edge")
    rise = sum(
        k * (padded[reach + k : reach + k + T] - padded[reach - k : reach - k + T])
        for k in range(1, reach + 1)
    )
    return (rise / (2 * sum(k * k for k in range(1, reach + 1)))).astype(features.dtype)


def add_noise(samples: np.ndarray, snr: float, *, rng: np.random.Generator) -> np.ndarray:
    r"""Return the samples with white noise.

    Parameters
    ----------
    samples : ndarray of floats, shape (L,)
    snr : float
        Ratio of the mean power of the samples to that of the noise, in decibels:
        :math:`10 \log_{10}(P_s / P_n)`.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (L,)
    """
    check_array("samples", samples, ("L",))
    scale = np.sqrt(np.mean(np.square(samples, dtype=np.float64)) / 10 ** (snr / 10))
    return samples + scale.astype(np.float32) * rng.standard_normal(len(samples), np.float32)


def to_wav(samples: np.ndarray, sample_rate: int, *, new_rate: int = 16_000) -> bytes:
    """Return a WAV file, mono, of 16 bits, for a player such as `IPython.display.Audio`.

    Parameters
    ----------
    samples : ndarray of floats, shape (L,)
        From -1 to 1; what is outside is clipped.
    sample_rate : int
        Samples per second.
    new_rate : int, optional
        Samples per second of the file; if lower than `sample_rate` the highest frequencies are
        left out.

    Returns
    -------
    bytes
    """
    check_array("samples", samples, ("L",))
    check_positive_int("new_rate", new_rate)
    new_rate = min(sample_rate, new_rate)
    ratio = Fraction(new_rate, sample_rate)
    signal = import_optional("scipy.signal", extra="data")
    resampled = signal.resample_poly(samples.astype(np.float64), ratio.numerator, ratio.denominator)
    whole = np.round(np.clip(resampled, -1, 1) * 32_767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(new_rate)
        writer.writeframes(whole.tobytes())
    return file.getvalue()
