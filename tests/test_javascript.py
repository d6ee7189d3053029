"""Weights written for JavaScript, and read back."""

import json

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN, SequenceModel
from gatedrnn.cells import MGU
from gatedrnn.frameworks.javascript import from_javascript, round_weights, to_javascript
from gatedrnn.layers import Embedding


def model(cell, embedding=True, **options):
    rng = np.random.default_rng(0)
    table = Embedding(7, 3, rng=rng) if embedding else None
    return SequenceModel(cell(3, 5, rng=rng, **options), 4, rng=rng, embedding=table)


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
@pytest.mark.parametrize("embedding", [True, False])
def test_what_was_written_is_read_back(cell, embedding):
    first = model(cell, embedding)
    stored = json.loads(json.dumps(to_javascript(first)))
    second = from_javascript(stored)
    inputs = np.array([[1], [6], [0]]) if embedding else np.eye(3, dtype=np.float32)[:, None]
    exact = first.forward(inputs)[0]
    np.testing.assert_allclose(second.forward(inputs)[0], exact, atol=5e-3)
    assert np.abs(second.forward(inputs)[0] - exact).max() > 0  # sixteen bits are not thirty-two
    round_weights(first)
    np.testing.assert_array_equal(second.forward(inputs)[0], first.forward(inputs)[0])


@pytest.mark.parametrize("cell", [model(MGU), model(GRU, reset_after=False)])
def test_other_layers_are_refused(cell):
    with pytest.raises(TypeError, match="RNN, LSTM, or GRU that resets after"):
        to_javascript(cell)


def test_too_large_a_weight_is_refused():
    large = model(LSTM)
    large.params["cell.U"][0, 0] = 1e6
    with pytest.raises(ValueError, match=r"cell\.U: expected numbers below 65,504"):
        to_javascript(large)


def test_what_does_not_fit_is_refused():
    stored = to_javascript(model(LSTM))
    with pytest.raises(ValueError, match="cell: expected one of"):
        from_javascript(stored | {"cell": "Mamba"})
    with pytest.raises(ValueError, match="params: expected those of"):
        from_javascript(stored | {"cell": "GRU"})
