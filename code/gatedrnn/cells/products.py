r"""Matrix products of the size of a step, as fast as they go, and memory that is there already."""

from __future__ import annotations

import os

import numpy as np

__all__ = ["blas_threads", "in_blocks", "keep_freed_memory"]

#: Most multiplications of a product that OpenBLAS runs without repacking its factors first.
SMALL = 10**6
#: Fewest rows of a block that are worth a product of their own.
FEWEST_ROWS = 16


def blas_threads() -> int:
    """Return the number of threads of NumPy's matrix products, as far as the environment tells."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdecimal():
            return max(1, int(os.environ[name]))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_blocks(W: np.ndarray, N: int) -> np.ndarray:
    r"""Return a view of W (R, K) as blocks of rows (B, R/B, K), each a small product's factor.

    A step multiplies the same W with another (K, N) every time, and OpenBLAS copies W into an
    order of its own every time, unless the product is small: then it reads W where it stands,
    and works with one thread. So where one thread is all there is,
    ``in_blocks(W, N) @ x``, (B, R/B, N), is the quicker way to ``W @ x``: the same numbers in the
    same places. With more threads, or where no blocks would fit, there is one block.
    """
    R, K = W.shape
    most = min(R, SMALL // (K * N))
    if blas_threads() == 1:
        for rows in range(most, FEWEST_ROWS - 1, -1):
            if R % rows == 0:
                return W.reshape(-1, rows, K)
    return W[None]


def keep_freed_memory() -> None:
    """Let the C library keep memory that was freed, instead of handing it back to the system.

    A training step allocates and frees the same arrays every time. Linux hands out memory page by
    page, at the first touch, zeroed: at the smallest sizes a quarter of a step went there. Once a
    block of nearly 32 MiB has been freed, glibc keeps up to twice that much for the next step;
    elsewhere this does nothing.
    """
    np.empty(2**25 - 2**13, np.uint8)
