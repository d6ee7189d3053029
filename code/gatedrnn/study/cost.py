r"""What a step of a recurrent layer costs: arithmetic and memory, by formula.

The formulas count what the *equations* ask for, whoever computes them; `peak_size` alone describes
this library's own forward and backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatedrnn.study.budget import BLOCKS
from gatedrnn.validation import check_positive_int

__all__ = ["StepOperations", "peak_size", "step_operations", "tape_size"]


@dataclass(frozen=True)
class StepOperations:
    """Operations of one step of one sequence.

    Attributes
    ----------
    products : int
        Multiplications and additions of the matrix products, forward, biases included.
    elementwise : int
        Multiplications and additions between vectors, forward.
    activations : int
        Values of sigmoid or tanh, forward.
    backward_products : int
        Multiplications and additions of the matrix products on the way back.
    """

    products: int
    elementwise: int
    activations: int
    backward_products: int

    @property
    def forward(self) -> int:
        """All operations of the forward pass, an activation counted as one."""
        return self.products + self.elementwise + self.activations


#: Per hidden unit and step, forward, read off the equations.
#: LSTM: f * c, i * g, their sum, o * tanh(c). GRU: the reset's product and its sum with W_n x,
#: 1 - z, two products and a sum; with the reset before the product its sum is one of the product's.
ELEMENTWISE = {"RNN": 0, "LSTM": 4, "GRU": 6}
ACTIVATIONS = {"RNN": 1, "LSTM": 5, "GRU": 3}


def step_operations(
    cell: str, input_size: int, hidden_size: int, *, reset_after: bool = True
) -> StepOperations:
    r"""Return the operations of one step of one sequence.

    Each of the kH rows of a layer with k blocks takes D + H multiplications and, with its bias, as
    many additions:

    .. math::

        2 k H (D + H), \qquad k = 1, 4, 3 \text{ for RNN, LSTM, GRU.}

    Backward, every weight is used twice: for the gradient of what it multiplied and for its own.
    So the products are :math:`4 k H (D + H)`, those of the input's gradient included.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    input_size, hidden_size : int
        D and H.
    reset_after : bool, optional
        As for `gatedrnn.GRU`.

    Raises
    ------
    ValueError
        If the cell is unknown.
    """
    D, H = _sizes(cell, input_size, hidden_size)
    products = 2 * BLOCKS[cell] * H * (D + H)
    before = cell == "GRU" and not reset_after
    return StepOperations(
        products=products,
        elementwise=(ELEMENTWISE[cell] - before) * H,
        activations=ACTIVATIONS[cell] * H,
        backward_products=2 * products,
    )


#: Arrays of H numbers per step that the tape holds, and parts of the state before the first step.
#: RNN: h. LSTM: i, f, g, o, h, c, tanh(c). GRU: r, z, n, h, U_n h + b_n.
TAPE = {"RNN": (1, 1), "LSTM": (7, 2), "GRU": (5, 1)}


def tape_size(cell: str, input_size: int, hidden_size: int, steps: int, batch_size: int) -> int:
    r"""Return how many numbers backward needs of the forward pass of this library's cells.

    .. math::

        N \, \bigl(T (D + 1 + aH) + D + 1 + sH\bigr), \qquad a = 1, 7, 5, \quad s = 1, 2, 1
        \text{ for RNN, LSTM, GRU.}

    The 1 stands in front of the bias.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    input_size, hidden_size, steps, batch_size : int
        D, H, T, N.
    """
    D, H = _sizes(cell, input_size, hidden_size)
    T, N = check_positive_int("steps", steps), check_positive_int("batch_size", batch_size)
    arrays, states = TAPE[cell]
    return N * (T * (D + 1 + arrays * H) + D + 1 + states * H)


#: The moments at which most is held, as multiples (of H, of D), per step and sequence.
PEAKS = {
    "RNN": ((6, 1), (5, 3)),
    "LSTM": ((17, 1), (14, 3)),
    "GRU": ((14, 1), (11, 3)),
}


def peak_size(cell: str, input_size: int, hidden_size: int, steps: int, batch_size: int) -> int:
    r"""Return about how many numbers a forward and a backward pass hold at most.

    Counted: the tape, the layer's output and its gradient (H each), the local derivatives, the
    gradients of the gates, and the copies that the sums over time make of them. Left out: the
    input and the parameters, which are there before, and what does not grow with T.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    input_size, hidden_size, steps, batch_size : int
        D, H, T, N.
    """
    D, H = _sizes(cell, input_size, hidden_size)
    T, N = check_positive_int("steps", steps), check_positive_int("batch_size", batch_size)
    return T * N * max(of_h * H + of_d * D for of_h, of_d in PEAKS[cell])


def _sizes(cell: str, input_size: int, hidden_size: int) -> tuple[int, int]:
    if cell not in TAPE:
        raise ValueError(f"cell: expected one of {sorted(TAPE)}, got {cell!r}")
    return check_positive_int("input_size", input_size), check_positive_int(
        "hidden_size", hidden_size
    )
