"""Parameter counts agree with the layers, and a budget is met as closely as it can be."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn import GRU, SequenceModel
from gatedrnn.study import count_parameters, equal_sizes, hidden_size_for_budget
from gatedrnn.study.budget import CELLS, UnequalError

sizes = st.integers(1, 12)
cells = st.sampled_from(["GRU", "LSTM", "RNN"])


@settings(deadline=None, derandomize=True)
@given(cell=st.sampled_from(sorted(CELLS)), D=sizes, H=sizes, reset_after=st.booleans())
def test_counts_agree_with_the_layers(cell, D, H, reset_after):
    options = {"reset_after": reset_after} if cell == "GRU" else {}
    layer = CELLS[cell](D, H, rng=np.random.default_rng(0), **options)
    assert count_parameters(cell, D, H, reset_after=reset_after) == layer.num_parameters


@settings(deadline=None, derandomize=True)
@given(cell=cells, D=sizes, H=sizes)
def test_counts_with_two_biases_agree_with_pytorch(cell, D, H):
    layer = getattr(torch.nn, cell)(D, H)
    expected = sum(parameter.numel() for parameter in layer.parameters())
    assert count_parameters(cell, D, H, biases=2) == expected


@settings(deadline=None, derandomize=True)
@given(
    cell=cells, D=sizes, V=sizes, extra=st.integers(0, 500), parameters=st.integers(1000, 30_000)
)
def test_no_other_size_is_closer_to_the_budget(cell, D, V, extra, parameters):
    H, total = hidden_size_for_budget(cell, D, V, parameters, extra=extra)

    def model_size(hidden_size):
        layer = count_parameters(cell, D, hidden_size)
        return layer + V * (hidden_size + 1) + extra

    assert model_size(H) == total
    distance = abs(total - parameters)
    assert distance <= abs(model_size(H + 1) - parameters)
    assert H == 1 or distance <= abs(model_size(H - 1) - parameters)


def test_the_size_is_that_of_a_model():
    H, total = hidden_size_for_budget("GRU", 7, 3, 2000)
    rng = np.random.default_rng(0)
    assert SequenceModel(GRU(7, H, rng=rng), 3, rng=rng).num_parameters == total


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: count_parameters("CNN", 1, 1), r"cell: expected one of .*got 'CNN'"),
        (lambda: count_parameters("GRU", 1, 1, biases=3), "biases: expected 1 or 2, got 3"),
        (lambda: count_parameters("GRU", 1, 0), "hidden_size: expected a positive integer"),
        (
            lambda: hidden_size_for_budget("LSTM", 10, 10, 50),
            "parameters: expected at least 68, which one unit takes, got 50",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def totals(cells, D=5, outputs=3):
    return {
        cell: lambda H, cell=cell: count_parameters(cell, D, H) + outputs * (H + 1)
        for cell in cells
    }


@pytest.mark.parametrize("about", [1_500, 4_000, 30_000, 250_000])
def test_equal_sizes_are_equal_and_near_the_budget(about):
    models = totals(["RNN", "LSTM", "GRU"])
    found = equal_sizes(models, about)
    counts = [models[cell](H) for cell, H in found.items()]
    assert max(counts) <= 1.02 * min(counts)
    assert about / 1.55 < min(counts) <= max(counts) < 1.55 * about


def test_no_equal_sizes_are_nearer_to_the_budget():
    """By brute force over all pairs of sizes."""
    models = totals(["LSTM", "GRU"])
    about = 1_000
    found = equal_sizes(models, about)
    pairs = [
        (lstm, gru)
        for lstm in range(1, 30)
        for gru in range(1, 30)
        if abs(np.log(models["LSTM"](lstm) / models["GRU"](gru))) <= np.log(1.02)
    ]

    def off(pair):
        counts = models["LSTM"](pair[0]), models["GRU"](pair[1])
        return min(abs(np.log(count / about)) for count in counts)

    assert off((found["LSTM"], found["GRU"])) == pytest.approx(min(map(off, pairs)))


def test_sizes_that_cannot_be_equal_are_refused():
    with pytest.raises(UnequalError, match=r"within 2%; near 40 they come within .*take a larger"):
        equal_sizes(totals(["RNN", "LSTM", "GRU"]), 40)
