r"""Gradients by finite differences, to check those that were derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gatedrnn.cells.base import Recurrent
from gatedrnn.stack import Stack
from gatedrnn.states import state_like, state_parts

__all__ = ["check_layer", "numerical_gradient", "relative_error"]


def numerical_gradient(f: Callable[[], float], x: np.ndarray, step: float = 3e-4) -> np.ndarray:
    r"""Differentiate ``f()`` with respect to an array that it reads, entry by entry.

    .. math::

        f'(x) = \frac{8 \left(f(x + s) - f(x - s)\right) - \left(f(x + 2s) - f(x - 2s)\right)}{12 s}
            + O(s^4)

    Parameters
    ----------
    f : callable
        Returns a number; reads `x`.
    x : ndarray of float64
        Changed in place while `f` runs, and restored.
    step : float, optional
        s. At the default the error of the formula and that of rounding are both about 1e-12.

    Raises
    ------
    TypeError
        If `x` is not float64: in float32 rounding alone is 1e-7.
    """
    if x.dtype != np.float64:
        raise TypeError(f"x: expected float64, got {x.dtype}")
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        values = []
        for multiple in (1, -1, 2, -2):
            x[index] = kept + multiple * step
            values.append(f())
        x[index] = kept
        near, far = values[0] - values[1], values[2] - values[3]
        gradient[index] = (8 * near - far) / (12 * step)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    r"""Return :math:`\lVert a - b \rVert / (\lVert a \rVert + \lVert b \rVert)`.

    Two arrays that are both zero agree: their error is 0.
    """
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(np.subtract(a, b)) / scale) if scale > 0 else 0.0


def check_layer(
    layer: Recurrent | Stack,
    xs: np.ndarray,
    state=None,
    lengths: np.ndarray | None = None,
    *,
    rng: np.random.Generator,
) -> Mapping[str, float]:
    r"""Compare a recurrent layer's backward pass with finite differences.

    The loss is a random linear function of all outputs and of the last state, so that every
    path through the layer counts.

    Parameters
    ----------
    layer : Recurrent or Stack
        In float64.
    xs : ndarray, shape (T, N, D)
    state : optional
        The state before the first step; a random one if left out.
    lengths : ndarray of int, shape (N,), optional
    rng : numpy.random.Generator
        Source of the loss.

    Returns
    -------
    dict of str to float
        The relative error of the gradient with respect to every parameter (under its name), the
        inputs (``xs``) and each part of the initial state (``h0``, ``c0``).
    """
    T, N, _ = xs.shape
    zeros = layer.zero_state(N)
    if state is None:
        state = _random_like(zeros, rng)
    dhs = rng.standard_normal((T, N, layer.output_size))
    dstate = _random_like(zeros, rng)

    def loss() -> float:
        hs, last, _ = layer.forward(xs, state, lengths)
        ends = zip(state_parts(dstate), state_parts(last), strict=True)
        return np.vdot(dhs, hs) + sum(np.vdot(weight, end) for weight, end in ends)

    dxs, dstart, grads = layer.backward(dhs, layer.forward(xs, state, lengths)[2], dstate)
    derived = {**grads, "xs": dxs}
    variables = {**layer.params, "xs": xs}
    for name, start, grad in zip(
        layer.state_names, state_parts(state), state_parts(dstart), strict=True
    ):
        variables[f"{name}0"], derived[f"{name}0"] = start, grad
    return {
        name: relative_error(derived[name], numerical_gradient(loss, variable))
        for name, variable in variables.items()
    }


def _random_like(state, rng: np.random.Generator):
    """Return a random state of the same form."""
    return state_like(state, [rng.standard_normal(part.shape) for part in state_parts(state)])
