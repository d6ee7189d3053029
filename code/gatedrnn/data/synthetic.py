r"""Tasks made to measure one thing: how long a network remembers, and what.

Every function draws a batch: inputs time-major as floats, ``xs`` (T, N, D), and targets. What
varies between two calls comes from the generator `rng` alone.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.data.batching import one_hot
from gatedrnn.validation import check_positive_int

__all__ = [
    "ANBN_SYMBOLS",
    "adding_problem",
    "anbn",
    "copy_memory",
    "marked_recall",
    "noisy_sine",
    "recall_game",
]

#: The symbols of `anbn`, in the order of their indices; ``#`` opens and closes a string.
ANBN_SYMBOLS = "#ab"


def adding_problem(
    steps: int, batch_size: int, *, rng: np.random.Generator, dtype: np.dtype | type = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    r"""Add the two marked numbers of a sequence.

    The first channel is uniform on [0, 1); the second is zero but for two ones, which mark the
    numbers to add: one in each half of the sequence, so that none is easy. Always to answer 1,
    the mean, has a mean squared error of 1/6, the variance of the sum.

    Parameters
    ----------
    steps : int
        T, at least 2.
    batch_size : int
        N.
    rng : numpy.random.Generator
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 2)
    targets : ndarray, shape (N, 1)

    References
    ----------
    Hochreiter and Schmidhuber (1997), experiment 4; with uniform numbers on [0, 1] and one
    length for all, Le, Jaitly and Hinton (2015); one mark in each half, Arjovsky, Shah and
    Bengio (2016).
    """
    if check_positive_int("steps", steps) < 2:
        raise ValueError(f"steps: expected at least 2, got {steps}")
    check_positive_int("batch_size", batch_size)
    xs = np.zeros((steps, batch_size, 2), dtype)
    xs[:, :, 0] = rng.random((steps, batch_size))
    samples = np.arange(batch_size)
    first = rng.integers(0, steps // 2, batch_size)
    second = rng.integers(steps // 2, steps, batch_size)
    xs[first, samples, 1] = 1
    xs[second, samples, 1] = 1
    targets = xs[first, samples, 0] + xs[second, samples, 0]
    return xs, targets[:, None]


def recall_game(
    lag: int,
    batch_size: int,
    *,
    rng: np.random.Generator,
    num_symbols: int = 10,
    num_noise: int = 10,
    dtype: np.dtype | type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    r"""See a digit, wait some noisy steps, say the digit.

    Step 0 shows one of `num_symbols` digits, the next `lag` steps show noise symbols from an
    alphabet of their own, the last step asks. Guessing is right once in `num_symbols`.

    Parameters
    ----------
    lag : int
        Noisy steps between digit and question.
    batch_size : int
        N.
    rng : numpy.random.Generator
    num_symbols, num_noise : int, optional
        Number of digits and of noise symbols.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (lag + 2, N, num_symbols + num_noise + 1)
        One-hot: the digits, then the noise symbols, then the question.
    targets : ndarray of int, shape (N,)
        The digit of step 0.
    """
    check_positive_int("lag", lag)
    check_positive_int("batch_size", batch_size)
    size = check_positive_int("num_symbols", num_symbols)
    question = size + check_positive_int("num_noise", num_noise)
    targets = rng.integers(0, size, batch_size)
    noise = rng.integers(size, question, (lag, batch_size))
    tokens = np.concatenate([targets[None], noise, np.full((1, batch_size), question)])
    return one_hot(tokens, question + 1, dtype), targets


def marked_recall(
    lag: int,
    batch_size: int,
    *,
    rng: np.random.Generator,
    max_lead: int = 10,
    num_symbols: int = 10,
    dtype: np.dtype | type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    r"""See a marked digit among others, wait through more of them, say the marked one.

    Digits come one after another, all drawn at random. One of them is marked; `lag` more follow,
    and a question. The answer is the marked digit: a network has to write it down when the mark
    says so, and to keep it while the rest, which look the same but for the mark, go by. That
    makes it harder than `recall_game`. Guessing is right once in `num_symbols`.

    Parameters
    ----------
    lag : int
        Digits between the marked one and the question, at least 1.
    batch_size : int
        N.
    rng : numpy.random.Generator
    max_lead : int, optional
        Before the marked digit come 0 to `max_lead` others, as many in all samples of a batch.
        With 0 the marked digit is always the first, which is easier: the state is then known.
    num_symbols : int, optional
        Number of different digits.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (lead + lag + 2, N, num_symbols + 2)
        The digit, one-hot; then a channel for the mark and one for the question, each 1 at its
        step and 0 elsewhere. At the question there is no digit.
    targets : ndarray of int, shape (N,)
        The marked digit.
    """
    check_positive_int("lag", lag)
    check_positive_int("batch_size", batch_size)
    check_positive_int("num_symbols", num_symbols)
    if max_lead < 0:
        raise ValueError(f"max_lead: expected at least 0, got {max_lead}")
    lead = int(rng.integers(0, max_lead + 1))
    digits = rng.integers(0, num_symbols, (lead + 1 + lag, batch_size))
    xs = np.zeros((lead + lag + 2, batch_size, num_symbols + 2), dtype)
    xs[:-1, :, :num_symbols] = one_hot(digits, num_symbols, dtype)
    xs[lead, :, num_symbols] = 1
    xs[-1, :, num_symbols + 1] = 1
    return xs, digits[lead]


def copy_memory(
    lag: int,
    batch_size: int,
    *,
    rng: np.random.Generator,
    num_symbols: int = 8,
    length: int = 10,
    dtype: np.dtype | type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Read a string, wait, write it down again.

    The input is `length` symbols, ``lag - 1`` blanks, a signal, and `length` blanks; the output
    is blank until after the signal, then the string. Without any memory the best mean
    cross-entropy per step is :math:`\text{length} \cdot \ln(\text{num\_symbols}) / T`.

    Returns
    -------
    xs : ndarray, shape (T, N, num_symbols + 2)
        One-hot, with T = lag + 2 length: the symbols, then the blank, then the signal.
    targets : ndarray of int, shape (T, N)

    References
    ----------
    Arjovsky, Shah and Bengio (2016), section 5.1.
    """
    check_positive_int("lag", lag)
    check_positive_int("batch_size", batch_size)
    blank = check_positive_int("num_symbols", num_symbols)
    check_positive_int("length", length)
    string = rng.integers(0, num_symbols, (length, batch_size))
    targets = np.full((lag + 2 * length, batch_size), blank)
    tokens = targets.copy()
    tokens[:length] = string
    tokens[length + lag - 1] = blank + 1
    targets[length + lag :] = string
    return one_hot(tokens, num_symbols + 2, dtype), targets


def anbn(
    lengths: np.ndarray | list[int], dtype: np.dtype | type = np.float32
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Strings :math:`a^n b^n`, whose end can be foretold only by counting.

    At each symbol the next one is to be predicted. While the a's come, nobody can know how many
    will follow; from the first b on, everything is determined, up to the closing ``#``. The mask
    keeps these steps.

    Parameters
    ----------
    lengths : array of int, shape (N,)
        n of each string; draw them as ``rng.integers(1, 51, N)``.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 3)
        One-hot in the order of `ANBN_SYMBOLS`, with T = 2 max(n) + 1: ``#``, a's, b's; filled
        up with ``#``.
    targets : ndarray of int, shape (T, N)
        The symbol that comes next.
    mask : ndarray of float32, shape (T, N)
        1 where the next symbol is determined.

    References
    ----------
    Gers and Schmidhuber (2001); Weiss, Goldberg and Yahav (2018).
    """
    lengths = np.asarray(lengths)
    if lengths.ndim != 1 or lengths.size == 0 or not np.issubdtype(lengths.dtype, np.integer):
        raise ValueError(f"lengths: expected integers of shape (N,), got {lengths!r:.80}")
    if lengths.min() < 1:
        raise ValueError(f"lengths: expected numbers of at least 1, got {lengths.min()}")
    steps = np.arange(2 * lengths.max() + 2)[:, None]
    tokens = np.zeros((len(steps), len(lengths)), np.int64)
    tokens[(steps >= 1) & (steps <= lengths)] = 1
    tokens[(steps > lengths) & (steps <= 2 * lengths)] = 2
    mask = (tokens[:-1] == 2).astype(np.float32)
    return one_hot(tokens[:-1], len(ANBN_SYMBOLS), dtype), tokens[1:], mask


def noisy_sine(
    steps: int,
    batch_size: int,
    *,
    rng: np.random.Generator,
    period: tuple[float, float] = (10.0, 30.0),
    noise: float = 0.1,
    dtype: np.dtype | type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Predict the next value of sine waves seen through noise.

    .. math::

        y_t = \sin(2 \pi t / P + \varphi), \qquad x_t = y_t + \epsilon_t, \qquad
        \epsilon_t \sim \mathcal N(0, \text{noise}^2)

    Parameters
    ----------
    steps, batch_size : int
        T and N.
    rng : numpy.random.Generator
    period : tuple of float, optional
        Range from which each wave's period P is drawn, in steps.
    noise : float, optional
        Standard deviation of what is added to the inputs, not to the targets.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 1)
    targets : ndarray, shape (T, N, 1)
        The next value of the wave, without noise.
    """
    check_positive_int("steps", steps)
    check_positive_int("batch_size", batch_size)
    low, high = period
    if not 0 < low <= high:
        raise ValueError(f"period: expected a range of positive numbers, got {period}")
    if not noise >= 0:
        raise ValueError(f"noise: expected at least 0, got {noise}")
    phases = rng.uniform(0, 2 * np.pi, batch_size)
    periods = rng.uniform(low, high, batch_size)
    waves = np.sin(2 * np.pi * np.arange(steps + 1)[:, None] / periods + phases)[..., None]
    xs = waves[:-1] + noise * rng.standard_normal((steps, batch_size, 1))
    return xs.astype(dtype), waves[1:].astype(dtype)
