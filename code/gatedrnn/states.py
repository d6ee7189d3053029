r"""States of any form: an array, a pair of them, or a stack's tuple of such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["state_like", "state_parts"]


def state_parts(state: Any) -> Iterator[np.ndarray]:
    """Yield the arrays of a state, in the order of `state_names`; of None, nothing."""
    if isinstance(state, tuple):
        for part in state:
            yield from state_parts(part)
    elif state is not None:
        yield state


def state_like(pattern: Any, parts: Iterable[np.ndarray]) -> Any:
    """Return a state of the form of another, made of other arrays."""
    parts = iter(parts)
    if isinstance(pattern, tuple):
        return tuple(state_like(part, parts) for part in pattern)
    return next(parts)
