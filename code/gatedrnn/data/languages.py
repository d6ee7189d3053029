r"""Formal languages: what has to be counted, or kept in a bit, to read a string.

Every function returns a batch of strings, time-major and one-hot as ``xs`` (T, N, D), and the
targets of every step. Longer strings than the trained ones show whether a network has learnt the
rule or only its examples.
"""

from __future__ import annotations

import numpy as np

from gatedrnn.data.batching import one_hot
from gatedrnn.validation import check_positive_int

__all__ = [
    "ANBNCN_SYMBOLS",
    "ANBN_SYMBOLS",
    "BRACKETS",
    "anbn",
    "anbncn",
    "bracket_depth",
    "parity",
]

#: The symbols of `anbn`, in the order of their indices; ``#`` opens and closes a string.
ANBN_SYMBOLS = "#ab"

#: The symbols of `anbncn`, in the order of their indices; ``#`` opens and closes a string.
ANBNCN_SYMBOLS = "#abc"

#: The symbols of `bracket_depth`, in the order of their indices.
BRACKETS = "()"


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
    return _counted(lengths, ANBN_SYMBOLS, dtype)


def anbncn(
    lengths: np.ndarray | list[int], dtype: np.dtype | type = np.float32
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Strings :math:`a^n b^n c^n`, which one counter alone cannot read.

    As `anbn`, with a third letter. Whoever counts the a's down while the b's come has nothing
    left for the c's: a second count has to go up meanwhile. No context-free grammar writes this
    language; context-sensitive ones do.

    Parameters
    ----------
    lengths : array of int, shape (N,)
        n of each string.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 4)
        One-hot in the order of `ANBNCN_SYMBOLS`, with T = 3 max(n) + 1: ``#``, a's, b's, c's;
        filled up with ``#``.
    targets : ndarray of int, shape (T, N)
        The symbol that comes next.
    mask : ndarray of float32, shape (T, N)
        1 where the next symbol is determined: from the first b on.

    References
    ----------
    Gers and Schmidhuber (2001); Weiss, Goldberg and Yahav (2018).
    """
    return _counted(lengths, ANBNCN_SYMBOLS, dtype)


def parity(
    steps: int, batch_size: int, *, rng: np.random.Generator, dtype: np.dtype | type = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    r"""Say after every bit whether the ones so far are odd in number.

    One bit of memory is enough, but every input may flip it, and an error is never undone.
    Guessing is right once in 2.

    Parameters
    ----------
    steps, batch_size : int
        T and N.
    rng : numpy.random.Generator
        Draws the bits, 0 and 1 with the same probability.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 2)
        The bits, one-hot.
    targets : ndarray of int, shape (T, N)
        1 where the number of ones up to and including this step is odd, otherwise 0.

    References
    ----------
    With a target at the end of the sequence alone, parity is solved quickly by guessing all
    weights at random, so that it says little about a way to train: Hochreiter and Schmidhuber
    (1996), "LSTM can solve hard long time lag problems". Here every step has its target.
    """
    check_positive_int("steps", steps)
    check_positive_int("batch_size", batch_size)
    bits = rng.integers(0, 2, (steps, batch_size))
    return one_hot(bits, 2, dtype), np.cumsum(bits, axis=0) % 2


def bracket_depth(
    steps: int,
    batch_size: int,
    *,
    rng: np.random.Generator,
    max_depth: int = 8,
    dtype: np.dtype | type = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Say after every bracket how many are open.

    The strings begin well-formed brackets of one kind: none is closed before it was opened, and
    never are more than `max_depth` open. The depth is a number and not a class, so that a network
    trained on shallow strings can be asked about deeper ones.

    A walk that goes up and down with equal chances would need about ``max_depth**2`` steps to
    get to the top. Here every string has a tendency, at first to open. A bracket follows it with
    probability 3/4. The tendency turns at depth 0, at `max_depth`, and after any bracket with
    probability ``1 / (2 * max_depth)``. After a while all depths are then about equally frequent,
    the two ends half as much, whatever `max_depth` is, and a stretch of a few brackets away from
    the ends looks the same. Let `steps` be at least ``8 * max_depth``: 9 strings in 10 then reach
    the top.

    Parameters
    ----------
    steps, batch_size : int
        T and N.
    rng : numpy.random.Generator
    max_depth : int, optional
        The most brackets open at once.
    dtype : dtype, optional

    Returns
    -------
    xs : ndarray, shape (T, N, 2)
        One-hot in the order of `BRACKETS`.
    targets : ndarray, shape (T, N, 1)
        Brackets open after this step, from 0 to `max_depth`, not scaled: to train, divide by
        the trained `max_depth`, and multiply what the network says on any other string by it.

    References
    ----------
    Gers and Schmidhuber (2001) and Weiss, Goldberg and Yahav (2018) on counting; the walk is ours.
    """
    check_positive_int("steps", steps)
    check_positive_int("batch_size", batch_size)
    check_positive_int("max_depth", max_depth)
    follows = rng.random((steps, batch_size)) < 3 / 4
    turns = rng.random((steps, batch_size)) < 1 / (2 * max_depth)
    depths = np.empty((steps, batch_size), np.int64)
    depth = np.zeros(batch_size, np.int64)
    upwards = np.ones(batch_size, bool)
    for t in range(steps):
        opens = (depth == 0) | ((upwards == follows[t]) & (depth < max_depth))
        depth = depths[t] = depth + np.where(opens, 1, -1)
        upwards = (depth == 0) | ((upwards ^ turns[t]) & (depth < max_depth))
    closes = np.diff(depths, axis=0, prepend=0) < 0
    return one_hot(closes.astype(np.int64), len(BRACKETS), dtype), depths[..., None].astype(dtype)


def _counted(
    lengths: np.ndarray | list[int], symbols: str, dtype: np.dtype | type
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return strings that hold every symbol but the first n times, in order, as `anbn` does."""
    lengths = np.asarray(lengths)
    if lengths.ndim != 1 or lengths.size == 0 or not np.issubdtype(lengths.dtype, np.integer):
        raise ValueError(f"lengths: expected integers of shape (N,), got {lengths!r:.80}")
    if lengths.min() < 1:
        raise ValueError(f"lengths: expected numbers of at least 1, got {lengths.min()}")
    letters = len(symbols) - 1
    steps = np.arange(letters * lengths.max() + 2)[:, None]
    # Step 0 is the opening #; after it come the letters, n steps each, and then # again.
    tokens = -(-steps // lengths)
    tokens[tokens > letters] = 0
    mask = (tokens[:-1] >= 2).astype(np.float32)
    return one_hot(tokens[:-1], len(symbols), dtype), tokens[1:], mask
