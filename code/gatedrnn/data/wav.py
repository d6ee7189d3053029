r"""WAV files of any width, rate and number of channels, as samples from -1 to 1."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from gatedrnn.data.packages import DataFileError
from gatedrnn.validation import check_positive_int

__all__ = ["read_wav"]


def read_wav(path: str | Path, sample_rate: int = 16_000) -> np.ndarray:
    """Return a WAV file's samples.

    Parameters
    ----------
    path : path
        Whole numbers of 8, 16, 24 or 32 bits, or floats; several channels are averaged.
    sample_rate : int, optional
        Samples per second to return; the file's own are resampled if they differ.

    Returns
    -------
    ndarray of float32, shape (L,)
        From -1 to 1, for files of whole numbers.

    Raises
    ------
    DataFileError
        If there is no such file, it is not a WAV file, or it holds no samples.
    """
    from scipy.io import wavfile
    from scipy.signal import resample_poly

    check_positive_int("sample_rate", sample_rate)
    path = Path(path)
    if not path.is_file():
        raise DataFileError(f"path: expected a file, found none at {path}")
    try:
        own_rate, samples = wavfile.read(path)
    except Exception as error:  # whatever the parser stumbles over
        raise DataFileError(f"{path.name}: expected a WAV file, got {error}") from error
    if not own_rate or not samples.size:
        raise DataFileError(f"{path.name}: expected samples, found none")
    if samples.dtype == np.uint8:  # 8 bits are the only ones without a sign
        samples = (samples.astype(np.float64) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):  # 24 bits come as the upper ones of 32
        samples = samples / -float(np.iinfo(samples.dtype).min)
    if samples.ndim == 2:
        samples = samples.mean(1)
    if own_rate != sample_rate:
        ratio = Fraction(sample_rate, own_rate)
        samples = resample_poly(samples, ratio.numerator, ratio.denominator)
    return samples.astype(np.float32)
