r"""How many parameters a cell has, and which sizes give several cells the same number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gatedrnn import cells
from gatedrnn.validation import check_positive_int

__all__ = [
    "BLOCKS",
    "CELLS",
    "UnequalError",
    "count_parameters",
    "equal_sizes",
    "hidden_size_for_budget",
]

#: The cells that studies know, by name.
CELLS = {
    name: getattr(cells, name)
    for name in cells.__all__
    if name != "LSTMVariant"  # the base of the others
}
#: Blocks of H rows in each weight matrix of a cell: one per gate or candidate.
BLOCKS = {name: len(cell.gates) for name, cell in CELLS.items()}
#: Cells whose gates do not see the state: they have no U.
STATELESS_GATES = {"MinGRU", "MinLSTM"}


class UnequalError(ValueError):
    """No sizes near the budget give all cells the same number of parameters."""


def count_parameters(
    cell: str, input_size: int, hidden_size: int, *, biases: int = 1, reset_after: bool = True
) -> int:
    r"""Return the number of parameters of a recurrent layer.

    .. math::

        k H (D + H + \text{biases}), \qquad k = 1, 4, 3 \text{ for RNN, LSTM, GRU}

    and H more for a GRU that has one bias and resets after the matrix product, for its
    :math:`b_n`; 3 H more for peepholes; without the :math:`H^2` for minGRU and minLSTM.

    Parameters
    ----------
    cell : str
        A name in `CELLS`, such as ``"LSTM"``.
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
    columns = D + biases + (0 if cell in STATELESS_GATES else H)
    count = BLOCKS[cell] * H * columns
    if cell == "GRU" and reset_after and biases == 1:
        count += H
    if cell == "PeepholeLSTM":
        count += 3 * H
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
    cell : str
        A name in `CELLS`, such as ``"LSTM"``.
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
    return _closest(total, parameters)


def equal_sizes(
    totals: Mapping[str, Callable[[int], int]], about: int, *, within: float = 0.02
) -> dict[str, int]:
    """Return hidden sizes that give several models the same number of parameters.

    Sizes are whole numbers, so a given budget is met by each model only roughly; another budget
    nearby may be met by all. Tried are all numbers of parameters that some model can have, from
    `about` outwards up to a factor of 1.5; the first at which all agree is taken.

    Parameters
    ----------
    totals : mapping of label to callable
        ``total(H)`` returns a model's number of parameters, growing with H.
    about : int
        The budget.
    within : float, optional
        Largest relative difference between the most and the fewest.

    Returns
    -------
    dict of label to int

    Raises
    ------
    UnequalError
        If there are none; the message says how close they can come.
    """
    check_positive_int("about", about)
    budgets = set()
    for total in totals.values():
        H = 1
        while total(H) <= 1.5 * about:
            if total(H) >= about / 1.5:
                budgets.add(total(H))
            H += 1
    best = float("inf")
    for budget in sorted(budgets, key=lambda count: max(count / about, about / count)):
        found = {label: _closest(total, budget) for label, total in totals.items()}
        counts = [count for _, count in found.values()]
        gap = max(counts) / min(counts) - 1
        if gap <= within:
            return {label: H for label, (H, _) in found.items()}
        best = min(best, gap)
    raise UnequalError(
        f"parameters: expected a budget near which all models agree within {within:.0%}; "
        f"near {about} they come within {best:.1%}; take a larger one"
    )


def _closest(total: Callable[[int], int], budget: int) -> tuple[int, int]:
    """Return the size whose total is closest to a budget, and the total."""
    H = 1
    while total(H + 1) <= budget:
        H += 1
    if total(H + 1) - budget < abs(budget - total(H)):
        H += 1
    return H, total(H)
