r"""Tasks made to measure one thing: how long a network remembers, and what.

Every function draws a batch: inputs time-major as floats, ``xs`` (T, N, D), and targets. What
varies between two calls comes from the generator `rng` alone.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.data.batching import one_hot
from gatedrnn.validation import check_positive_int

__all__ = [
    "TEMPORAL_ORDER_SYMBOLS",
    "adding_problem",
    "copy_memory",
    "marked_recall",
    "noisy_sine",
    "recall_game",
    "temporal_order",
]

#: The symbols of `temporal_order`, in the order of their indices.
TEMPORAL_ORDER_SYMBOLS = "XYabcdEB"


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


def temporal_order(
    steps: int, batch_size: int, *, rng: np.random.Generator, dtype: np.dtype | type = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    r"""Say in which order two symbols came, among many that mean nothing.

    A sequence opens with ``E``, closes with ``B``, and is filled with a, b, c and d at random.
    Two of them are replaced by an ``X`` or a ``Y`` each. The class is what these two are, in
    their order; it is to be said after the closing ``B``. Guessing is right once in 4. To know
    which symbols came is not enough: XY and YX hold the same ones.

    Parameters
    ----------
    steps : int
        T, at least 10. The first symbol is at a step of ``range(T // 10, T // 5)``, the second
        of ``range(T // 2, 3 * T // 5)``, as in the source, where T was 100 to 110. Here all
        sequences of a batch have the same length.
    batch_size : int
        N.
    rng : numpy.random.Generator
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 8)
        One-hot in the order of `TEMPORAL_ORDER_SYMBOLS`.
    targets : ndarray of int, shape (N,)
        0 for XX, 1 for XY, 2 for YX, 3 for YY.

    References
    ----------
    Hochreiter and Schmidhuber (1997), experiment 6a.
    """
    if check_positive_int("steps", steps) < 10:
        raise ValueError(f"steps: expected at least 10, got {steps}")
    check_positive_int("batch_size", batch_size)
    symbols = TEMPORAL_ORDER_SYMBOLS
    samples = np.arange(batch_size)
    tokens = rng.integers(symbols.index("a"), symbols.index("d") + 1, (steps, batch_size))
    tokens[0], tokens[-1] = symbols.index("E"), symbols.index("B")
    first, second = rng.integers(0, 2, (2, batch_size))  # 0 is X, 1 is Y
    tokens[rng.integers(steps // 10, steps // 5, batch_size), samples] = first
    tokens[rng.integers(steps // 2, 3 * steps // 5, batch_size), samples] = second
    return one_hot(tokens, len(symbols), dtype), 2 * first + second


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
