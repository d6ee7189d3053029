r"""The layers around a recurrent one: a linear map and a table of embeddings."""

from __future__ import annotations

import numpy as np

from gatedrnn.init import glorot_uniform
from gatedrnn.validation import check_floats, check_positive_int, check_tokens

__all__ = ["Embedding", "Linear"]


class Linear:
    r"""Affine map :math:`y = W x + b` of the last axis.

    Parameters
    ----------
    input_size, output_size : int
    rng : numpy.random.Generator
        Source of the initial weights (`glorot_uniform`; the bias starts at zero).
    dtype : dtype, optional

    Attributes
    ----------
    params : dict
        ``W`` (output_size, input_size) and ``b`` (output_size,).
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        rng: np.random.Generator,
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.input_size = check_positive_int("input_size", input_size)
        self.output_size = check_positive_int("output_size", output_size)
        self.dtype = np.dtype(dtype)
        self.params = {
            "W": glorot_uniform((output_size, input_size), rng).astype(dtype),
            "b": np.zeros(output_size, dtype),
        }

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return y (..., output_size) and the tape, which is x (..., input_size) itself."""
        axes = tuple(f"axis {axis}" for axis in range(np.ndim(x) - 1))
        x = check_floats("x", x, (*axes, self.input_size), self.dtype, finite=False)
        return x @ self.params["W"].T + self.params["b"], x

    def backward(
        self, dy: np.ndarray, tape: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return dx (..., input_size) and the gradients of the parameters."""
        dy = check_floats("dy", dy, (*tape.shape[:-1], self.output_size), self.dtype, finite=False)
        rows_dy = dy.reshape(-1, self.output_size)
        rows_x = tape.reshape(-1, self.input_size)
        return dy @ self.params["W"], {"W": rows_dy.T @ rows_x, "b": rows_dy.sum(0)}


class Embedding:
    r"""Table of one vector per token: row ``tokens[...]`` of W.

    The same as a linear map of one-hot vectors, without the multiplications by zero.

    Parameters
    ----------
    num_tokens : int
        Number of different tokens; they are 0 to ``num_tokens - 1``.
    size : int
        Length of a vector.
    rng : numpy.random.Generator
        Source of the initial weights, normally distributed with standard deviation
        ``1 / sqrt(size)``, so that a vector has length about 1.
    dtype : dtype, optional

    Attributes
    ----------
    params : dict
        ``W`` (num_tokens, size).
    """

    def __init__(
        self,
        num_tokens: int,
        size: int,
        *,
        rng: np.random.Generator,
        dtype: np.dtype | type = np.float32,
    ) -> None:
        self.num_tokens = check_positive_int("num_tokens", num_tokens)
        self.size = check_positive_int("size", size)
        self.params = {"W": (rng.standard_normal((num_tokens, size)) / size**0.5).astype(dtype)}

    def forward(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors (..., size) of integer tokens (...) and the tape, the tokens."""
        axes = tuple(f"axis {axis}" for axis in range(np.ndim(tokens)))
        check_tokens("tokens", tokens, axes, self.num_tokens)
        return self.params["W"][tokens], tokens

    def backward(self, dy: np.ndarray, tape: np.ndarray) -> tuple[None, dict[str, np.ndarray]]:
        """Return None (a token has no gradient) and the gradient of the table."""
        dy = check_floats("dy", dy, (*tape.shape, self.size), self.params["W"].dtype, finite=False)
        dW = np.zeros_like(self.params["W"])
        np.add.at(dW, tape, dy)
        return None, {"W": dW}
