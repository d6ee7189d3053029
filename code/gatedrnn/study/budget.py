r"""How many parameters a cell has, and how large it may be for a given number of them."""

from __future__ import annotations

from gatedrnn.validation import check_positive_int

__all__ = ["BLOCKS", "count_parameters", "hidden_size_for_budget"]

#: Blocks of H rows in each weight matrix of a cell: one per gate or candidate.
BLOCKS = {"RNN": 1, "LSTM": 4, "GRU": 3}


def count_parameters(
    cell: str, input_size: int, hidden_size: int, *, biases: int = 1, reset_after: bool = True
) -> int:
    r"""Return the number of parameters of a recurrent layer.

    .. math::

        k H (D + H + \text{biases}), \qquad k = 1, 4, 3 \text{ for RNN, LSTM, GRU}

    and H more for a GRU that has one bias and resets after the matrix product, for its
    :math:`b_n`.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    input_size, hidden_size : int
        D and H.
    biases : {1, 2}
        1 as in this library and in Keras' and Cho's GRU; 2 as in PyTorch, MXNet and cuDNN, which
        keep one for the input and one for the state.
    reset_after : bool, optional
        As for `gatedrnn.GRU`; with two biases it makes no difference.

    Raises
    ------
    ValueError
        If the cell is unknown or `biases` is neither 1 nor 2.
    """
    if cell not in BLOCKS:
        raise ValueError(f"cell: expected one of {sorted(BLOCKS)}, got {cell!r}")
    if biases not in (1, 2):
        raise ValueError(f"biases: expected 1 or 2, got {biases!r}")
    D = check_positive_int("input_size", input_size)
    H = check_positive_int("hidden_size", hidden_size)
    count = BLOCKS[cell] * H * (D + H + biases)
    if cell == "GRU" and reset_after and biases == 1:
        count += H
    return count


def hidden_size_for_budget(
    cell: str,
    input_size: int,
    output_size: int,
    parameters: int,
    *,
    extra: int = 0,
    reset_after: bool = True,
) -> tuple[int, int]:
    """Return the hidden size whose model comes closest to a number of parameters, and its number.

    The model is the layer with one bias, a linear readout, and what `extra` counts.

    Parameters
    ----------
    cell : {"RNN", "LSTM", "GRU"}
    input_size, output_size : int
        Of the layer and of the readout.
    parameters : int
        The budget.
    extra : int, optional
        Parameters that do not depend on the hidden size, such as those of an embedding.
    reset_after : bool, optional
        As for `count_parameters`.

    Returns
    -------
    hidden_size, num_parameters : int

    Raises
    ------
    ValueError
        If even one unit takes more than the budget.
    """
    check_positive_int("parameters", parameters)

    def total(H: int) -> int:
        layer = count_parameters(cell, input_size, H, reset_after=reset_after)
        return extra + layer + output_size * (H + 1)

    if total(1) > parameters:
        raise ValueError(
            f"parameters: expected at least {total(1)}, which one unit takes, got {parameters}"
        )
    H = 1
    while total(H + 1) <= parameters:
        H += 1
    if total(H + 1) - parameters < parameters - total(H):
        H += 1
    return H, total(H)
