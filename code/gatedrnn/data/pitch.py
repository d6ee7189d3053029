r"""How high a voice is, frame by frame: by the lag at which the sound is most like itself."""

from __future__ import annotations

import numpy as np

from gatedrnn.validation import check_array

__all__ = ["pitch_track"]


def pitch_track(
    samples: np.ndarray,
    sample_rate: int,
    *,
    frame: float = 0.04,
    hop: float = 0.03,
    low: float = 60.0,
    high: float = 500.0,
    voiced: float = 0.6,
) -> np.ndarray:
    r"""Return the pitch and the strength of voicing of each frame.

    .. math::

        r(\tau) = \frac{\mathrm{ac}(w \circ s)(\tau)}{\mathrm{ac}(w \circ s)(0)}
            \Big/ \frac{\mathrm{ac}(w)(\tau)}{\mathrm{ac}(w)(0)}, \qquad
        f = 1 / \arg\max_\tau \bigl( r(\tau) - 0.1 \log_2 (\tau\, f_\text{low}) \bigr)

    with ac the autocorrelation, s the frame and w the Hann window, which is divided out. The
    second term prefers the shorter of two lags that fit equally well: a sound with period
    :math:`\tau` has period :math:`2 \tau` as well.

    Parameters
    ----------
    samples : ndarray of floats, shape (L,)
    sample_rate : int
        Samples per second.
    frame, hop : float, optional
        Length of a frame and distance between the beginnings of two, in seconds; with the same as
        for `log_mel` the frames are the same.
    low, high : float, optional
        Range of the pitch, in hertz.
    voiced : float, optional
        The r from which on a frame counts as voiced.

    Returns
    -------
    ndarray of float32, shape (T, 2)
        The pitch in octaves above 100 Hz, 0 where the frame is not voiced; and the greatest r,
        from 0 to 1, 0 in silence.

    Raises
    ------
    ValueError
        If there are fewer samples than a frame, or a frame has no two periods of the lowest pitch.

    References
    ----------
    Boersma (1993).
    """
    check_array("samples", samples, ("L",))
    size, step = round(frame * sample_rate), round(hop * sample_rate)
    shortest, longest = int(sample_rate / high), int(sample_rate / low)
    if not 2 <= shortest < longest <= size // 2 or step < 1:
        raise ValueError(
            f"frame, low, high: expected low < high and frames of two periods of the lowest, "
            f"got frames of {frame} s and {low} to {high} Hz"
        )
    if len(samples) < size:
        raise ValueError(f"samples: expected at least a frame of {size}, got {len(samples)}")
    window = np.hanning(size + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    frames = (frames - frames.mean(1, keepdims=True)) * window
    lags = np.arange(shortest, longest + 1)
    energy, alike = _autocorrelation(frames, lags)
    window_energy, window_alike = _autocorrelation(window[None], lags)
    r = alike / np.maximum(energy, 1e-9)[:, None] / (window_alike / window_energy[:, None])
    best = (r - 0.1 * np.log2(lags * low / sample_rate)).argmax(1)
    strength = np.clip(r[np.arange(len(r)), best], 0, 1)
    strength[energy < 1e-4] = 0
    octaves = np.log2(sample_rate / lags[best] / 100)
    return np.stack([np.where(strength >= voiced, octaves, 0), strength], axis=1).astype(np.float32)


def _autocorrelation(frames: np.ndarray, lags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the value at lag 0, (T,), and at the lags, (T, lags)."""
    size = 2 * frames.shape[1]
    whole = np.fft.irfft(np.abs(np.fft.rfft(frames, size)) ** 2, size)
    return whole[:, 0], whole[:, lags]
