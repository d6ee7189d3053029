"""Checks on arguments, with messages that say what was expected and what came.

Every check returns the value it was given, so that it can stand in an assignment.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = [
    "check_array",
    "check_floats",
    "check_lengths",
    "check_params",
    "check_positive_int",
    "check_same_keys",
    "check_tokens",
]

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def check_positive_int(name: str, value: int) -> int:
    """Return `value` if it is an integer of at least 1.

    Raises
    ------
    TypeError
        If `value` is not an integer (a bool is not one).
    ValueError
        If `value` is smaller than 1.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected a positive integer, got {value!r}")
    if value < 1:
        raise ValueError(f"{name}: expected a positive integer, got {value}")
    return int(value)


def check_array(name: str, value: np.ndarray, shape: tuple[int | str, ...]) -> np.ndarray:
    """Return `value` if it is a non-empty array of the given shape.

    Parameters
    ----------
    name : str
        The argument's name, quoted in the error.
    value : ndarray
        The array to check.
    shape : tuple of int or str
        One entry per axis: a number that must match, or a letter for an axis of any length
        of at least 1.

    Raises
    ------
    TypeError
        If `value` is not an array.
    ValueError
        If its rank or one of its sizes differs, or if an axis is empty.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name}: expected an array, got {type(value).__name__}")
    wanted = "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
    fits = value.ndim == len(shape) and all(
        isinstance(size, str) or size == actual
        for size, actual in zip(shape, value.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name}: expected shape {wanted}, got {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name}: expected no empty axis in {wanted}, got {value.shape}")
    return value


def check_floats(
    name: str,
    value: np.ndarray,
    shape: tuple[int | str, ...],
    dtype: np.dtype | None = None,
    *,
    finite: bool = True,
) -> np.ndarray:
    """Return `value` if it is an array of floats of the given shape, by default finite ones.

    Parameters
    ----------
    name, value, shape
        As for `check_array`.
    dtype : dtype, optional
        The precision to return. An array of another float precision is converted; integers
        are refused, for an integer array here is nearly always a batch of tokens that should
        have gone through an embedding.
    finite : bool, optional
        False lets NaN and infinity pass, for what a model computed itself: training reports
        those with more to go by than their place.

    Raises
    ------
    TypeError
        If `value` is not an array of float32 or float64.
    ValueError
        If the shape differs, an axis is empty, or a value is NaN or infinite.
    """
    check_array(name, value, shape)
    if value.dtype not in FLOATS:
        raise TypeError(f"{name}: expected float32 or float64, got {value.dtype}")
    if finite and not np.isfinite(value).all():
        where = tuple(int(index) for index in np.argwhere(~np.isfinite(value))[0])
        raise ValueError(f"{name}: expected finite values, got {value[where]} at index {where}")
    return value if dtype is None else value.astype(dtype, copy=False)


def check_tokens(
    name: str, value: np.ndarray, shape: tuple[int | str, ...], num_tokens: int
) -> np.ndarray:
    """Return `value` if it is an integer array with entries from 0 to ``num_tokens - 1``.

    Raises
    ------
    TypeError
        If `value` is not an integer array.
    ValueError
        If the shape differs or a token is out of range.
    """
    check_array(name, value, shape)
    if not np.issubdtype(value.dtype, np.integer):
        raise TypeError(f"{name}: expected integer tokens, got {value.dtype}")
    outside = (value < 0) | (value >= num_tokens)
    if outside.any():
        where = tuple(int(index) for index in np.argwhere(outside)[0])
        raise ValueError(
            f"{name}: expected tokens from 0 to {num_tokens - 1}, "
            f"got {value[where]} at index {where}"
        )
    return value


def check_lengths(name: str, value: np.ndarray, T: int, N: int) -> np.ndarray:
    """Return `value` if it holds the lengths of N sequences of at most T steps.

    Raises
    ------
    TypeError
        If `value` is not an integer array.
    ValueError
        If the shape is not (N,), or a length is not from 1 to T.
    """
    check_array(name, value, (N,))
    if not np.issubdtype(value.dtype, np.integer):
        raise TypeError(f"{name}: expected integers, got {value.dtype}")
    if value.min() < 1 or value.max() > T:
        wrong = value[(value < 1) | (value > T)][0]
        raise ValueError(f"{name}: expected lengths from 1 to {T}, got {wrong}")
    return value


def check_same_keys(name: str, value: Mapping, expected: Mapping) -> None:
    """Raise a ValueError that lists the missing and the unknown names, if there are any."""
    missing = sorted(set(expected) - set(value))
    unknown = sorted(set(value) - set(expected))
    if missing or unknown:
        raise ValueError(
            f"{name}: expected the names {sorted(expected)}"
            + (f"; missing {missing}" if missing else "")
            + (f"; unknown {unknown}" if unknown else "")
        )


def check_params(
    name: str, value: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]
) -> None:
    """Raise unless `value` has the names and the shapes of `expected` and is finite."""
    check_same_keys(name, value, expected)
    for key, array in expected.items():
        check_floats(f"{name}[{key!r}]", value[key], array.shape)
