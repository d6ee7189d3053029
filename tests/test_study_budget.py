"""Parameter counts agree with the layers, and a budget is met as closely as it can be."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn import GRU, LSTM, RNN, SequenceModel
from gatedrnn.study import count_parameters, hidden_size_for_budget

LAYERS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
sizes = st.integers(1, 12)
cells = st.sampled_from(sorted(LAYERS))


@settings(deadline=None, derandomize=True)
@given(cell=cells, D=sizes, H=sizes, reset_after=st.booleans())
def test_counts_agree_with_the_layers(cell, D, H, reset_after):
    options = {"reset_after": reset_after} if cell == "GRU" else {}
    layer = LAYERS[cell](D, H, rng=np.random.default_rng(0), **options)
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
