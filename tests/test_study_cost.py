"""Formulas of arithmetic and memory, against arrays that count and against tracemalloc."""

import tracemalloc

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN
from gatedrnn.study.cost import peak_size, step_operations, tape_size
from gatedrnn.study.timing import Spread, interleaved, ratio

CELLS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


class Counting(np.ndarray):
    """An array that counts what is done with it, by kind."""

    done: dict

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [x.view(np.ndarray) if isinstance(x, Counting) else x for x in inputs]
        out = ufunc(*plain, **options)
        if ufunc is np.matmul:
            # The bias added afterwards makes up for the first term, which nothing is added to.
            Counting.done["products"] += out.size * (2 * plain[0].shape[-1] - 1)
        else:
            kind = "activations" if ufunc is np.tanh else "elementwise"
            Counting.done[kind] += out.size
        return out.view(Counting)


def counting(array):
    return np.asarray(array).view(Counting)


def squash(a):
    return np.tanh(a)  # stands for the sigmoid, which is one activation as well


def rnn(W, U, b, x, h, c):
    return squash(W @ x + U @ h + b)


def lstm(W, U, b, x, h, c):
    i, f, g, o = np.split(squash(W @ x + U @ h + b), 4)
    return o * squash(f * c + i * g)


def gru_after(W, U, b, x, h, c):
    H = len(h)
    gates = squash(W[: 2 * H] @ x + U[: 2 * H] @ h + b[: 2 * H])
    r, z = gates[:H], gates[H:]
    n = squash((W[2 * H :] @ x + b[2 * H :]) + r * (U[2 * H :] @ h + b[:H]))
    return (1 - z) * n + z * h


def gru_before(W, U, b, x, h, c):
    H = len(h)
    gates = squash(W[: 2 * H] @ x + U[: 2 * H] @ h + b[: 2 * H])
    r, z = gates[:H], gates[H:]
    n = squash(W[2 * H :] @ x + U[2 * H :] @ (r * h) + b[2 * H :])
    return (1 - z) * n + z * h


@pytest.mark.parametrize(
    ("cell", "step", "blocks", "reset_after"),
    [
        ("RNN", rnn, 1, True),
        ("LSTM", lstm, 4, True),
        ("GRU", gru_after, 3, True),
        ("GRU", gru_before, 3, False),
    ],
)
@pytest.mark.parametrize(("D", "H"), [(1, 1), (3, 5), (16, 8)])
def test_operations_of_a_step_are_those_of_the_equations(cell, step, blocks, reset_after, D, H):
    Counting.done = {"products": 0, "elementwise": 0, "activations": 0}
    shapes = ((blocks * H, D), (blocks * H, H), (blocks * H,), (D,), (H,), (H,))
    step(*(counting(np.ones(shape)) for shape in shapes))
    expected = step_operations(cell, D, H, reset_after=reset_after)
    # Sums of the parts of a row, and with the bias, count as parts of the products.
    additions = expected.products - Counting.done["products"]
    assert additions == 2 * blocks * H
    assert Counting.done["elementwise"] - additions == expected.elementwise
    assert Counting.done["activations"] == expected.activations
    assert expected.backward_products == 2 * expected.products


def arrays_of(tape):
    own = {name: value for name, value in vars(tape).items() if isinstance(value, np.ndarray)}
    assert np.shares_memory(own["xh"], own.pop("h"))  # rows of it
    return own.values()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("D", "H", "T", "N"), [(3, 5, 7, 2), (1, 1, 1, 1), (8, 4, 10, 6)])
def test_the_tape_holds_what_the_formula_says(cell, D, H, T, N):
    layer = CELLS[cell](D, H, rng=np.random.default_rng(0))
    tape = layer.forward(np.zeros((T, N, D), np.float32))[2]
    assert sum(array.size for array in arrays_of(tape)) == tape_size(cell, D, H, T, N)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("D", "H"), [(8, 64), (64, 64), (256, 32)])
def test_a_training_step_holds_about_what_the_formula_says(cell, D, H):
    T, N = 100, 32
    layer = CELLS[cell](D, H, rng=np.random.default_rng(0))
    xs = np.zeros((T, N, D), np.float32)
    tracemalloc.start()
    hs, _, tape = layer.forward(xs)
    dhs = np.ones_like(hs)  # held by the caller, as a model holds it
    layer.backward(dhs, tape)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak == pytest.approx(4 * peak_size(cell, D, H, T, N), rel=0.05)


@pytest.mark.parametrize("function", [step_operations, lambda *a: tape_size(*a, 1, 1)])
def test_unknown_cells_are_refused(function):
    with pytest.raises(ValueError, match="cell: expected one of"):
        function("TCN", 1, 1)


def test_times_are_taken_in_turns():
    called = []
    ticks = iter(range(100))
    runs = {name: lambda name=name: called.append(name) for name in "ab"}
    seconds = interleaved(runs, 3, clock=lambda: next(ticks))
    assert called == list("abababab")  # the first two are not timed
    assert {name: values.tolist() for name, values in seconds.items()} == {
        "a": [1, 1, 1],
        "b": [1, 1, 1],
    }


def test_a_ratio_is_taken_turn_by_turn():
    # A machine twice as slow in the second half does not touch it.
    slow = np.array([1, 1, 2, 2.0])
    assert ratio(3 * slow, 4 * slow) == Spread(0.75, 0.75, 0.75)
    with pytest.raises(ValueError, match="one per turn"):
        ratio(slow, slow[1:])
