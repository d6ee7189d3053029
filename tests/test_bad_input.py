"""Errors name the argument, what was expected and what came."""

import re

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN, SGD, Adam, Embedding, SequenceModel, clip_by_global_norm
from gatedrnn.functional import softmax_cross_entropy, squared_error
from gatedrnn.train import TrainConfig, evaluate, fit

T, N, D, H = 5, 2, 3, 4


@pytest.fixture(params=[RNN, LSTM, GRU], ids=lambda cell: cell.__name__)
def layer(request):
    return request.param(D, H, rng=np.random.default_rng(0))


def refuses(kind, message):
    return pytest.raises(kind, match=re.escape(message))


@pytest.mark.parametrize(
    ("xs", "kind", "message"),
    [
        (np.ones((T, D)), ValueError, "xs: expected shape (T, N, 3), got (5, 3)"),
        (np.ones((T, N, D + 1)), ValueError, "xs: expected shape (T, N, 3), got (5, 2, 4)"),
        (np.ones((0, N, D)), ValueError, "xs: expected no empty axis in (T, N, 3), got (0, 2, 3)"),
        (np.ones((T, 0, D)), ValueError, "xs: expected no empty axis in (T, N, 3), got (5, 0, 3)"),
        (np.ones((T, N, D), int), TypeError, "xs: expected float32 or float64, got int64"),
        (np.ones((T, N, D), complex), TypeError, "xs: expected float32 or float64, got complex128"),
        ([[[1.0] * D] * N] * T, TypeError, "xs: expected an array, got list"),
        (
            np.where(np.arange(T * N * D).reshape(T, N, D) == 10, np.nan, 1.0),
            ValueError,
            "xs: expected finite values, got nan at index (1, 1, 1)",
        ),
        (np.full((T, N, D), np.inf), ValueError, "xs: expected finite values, got inf at index (0"),
    ],
)
def test_inputs(layer, xs, kind, message):
    with refuses(kind, message):
        layer.forward(xs)


def test_step_input(layer):
    with refuses(ValueError, "x: expected shape (N, 3), got (2, 4)"):
        layer.step(np.ones((N, D + 1)), layer.zero_state(N))


@pytest.mark.parametrize("cell", [RNN, GRU])
def test_state_of_another_batch_size(cell):
    layer = cell(D, H, rng=np.random.default_rng(0))
    with refuses(ValueError, "state: expected shape (2, 4), got (3, 4)"):
        layer.forward(np.ones((T, N, D)), layer.zero_state(3))


def test_lstm_states():
    layer = LSTM(D, H, rng=np.random.default_rng(0))
    xs, h = np.ones((T, N, D)), np.zeros((N, H))
    with refuses(TypeError, "state: expected the tuple (h, c), got an array of shape (2, 4)"):
        layer.forward(xs, h)
    with refuses(TypeError, "state: expected the tuple (h, c)"):
        layer.forward(xs, (h, h, h))
    with refuses(ValueError, "state c: expected shape (2, 4), got (2, 5)"):
        layer.forward(xs, (h, np.zeros((N, H + 1))))
    with refuses(ValueError, "state h: expected finite values, got nan"):
        layer.forward(xs, (h * np.nan, h))


def test_gradients_of_another_shape(layer):
    hs, _, tape = layer.forward(np.ones((T, N, D)))
    with refuses(ValueError, "dhs: expected shape (5, 2, 4), got (4, 2, 4)"):
        layer.backward(hs[1:], tape)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"hidden_size": 0}, ValueError, "hidden_size: expected a positive integer, got 0"),
        ({"hidden_size": 2.5}, TypeError, "hidden_size: expected a positive integer, got 2.5"),
        ({"input_size": True}, TypeError, "input_size: expected a positive integer, got True"),
        ({"rng": 0}, TypeError, "rng: expected a numpy.random.Generator"),
        ({"dtype": np.float16}, ValueError, "dtype: expected float32 or float64, got float16"),
    ],
)
def test_construction(arguments, kind, message):
    usual = {"input_size": D, "hidden_size": H, "rng": np.random.default_rng(0)}
    with refuses(kind, message):
        LSTM(**{**usual, **arguments})


def test_unknown_gate(layer):
    with refuses(ValueError, "gate: expected one of"):
        layer.block("q")


def test_tokens():
    embedding = Embedding(7, D, rng=np.random.default_rng(0))
    with refuses(ValueError, "tokens: expected tokens from 0 to 6, got 7 at index (1, 0)"):
        embedding.forward(np.array([[0, 6], [7, 1]]))
    with refuses(ValueError, "tokens: expected tokens from 0 to 6, got -1 at index (0, 0)"):
        embedding.forward(np.array([[-1]]))
    with refuses(TypeError, "tokens: expected integer tokens, got float64"):
        embedding.forward(np.zeros((T, N)))


def test_model():
    rng = np.random.default_rng(0)
    embedding = Embedding(7, D + 1, rng=rng)
    with refuses(ValueError, "embedding: expected vectors of the cell's input size 3, got 4"):
        SequenceModel(GRU(D, H, rng=rng), 7, rng=rng, embedding=embedding)
    with refuses(ValueError, "readout: expected 'all' or 'last', got 'first'"):
        SequenceModel(GRU(D, H, rng=rng), 7, rng=rng, readout="first")
    model = SequenceModel(GRU(D, H, rng=rng), 7, rng=rng, embedding=Embedding(7, D, rng=rng))
    with refuses(ValueError, "xs: expected tokens of shape (T, N), got (5, 2, 3)"):
        model.forward(np.ones((T, N, D)))
    with refuses(ValueError, "missing ['readout.b']; unknown ['readout.c']"):
        model.set_params(
            {("readout.c" if k == "readout.b" else k): v for k, v in model.params.items()}
        )


def test_losses():
    logits = np.zeros((T, N, 7))
    with refuses(ValueError, "targets: expected shape (5, 2), got (5, 3)"):
        softmax_cross_entropy(logits, np.zeros((T, 3), int))
    with refuses(ValueError, "targets: expected tokens from 0 to 6, got 7"):
        softmax_cross_entropy(logits, np.full((T, N), 7))
    with refuses(ValueError, "mask: expected weights of at least 0 that keep something"):
        softmax_cross_entropy(logits, np.zeros((T, N), int), np.zeros((T, N)))
    with refuses(ValueError, "target: expected shape (5, 2, 7), got (5, 2, 1)"):
        squared_error(logits, np.zeros((T, N, 1)))
    with refuses(ValueError, "target: expected finite values, got nan"):
        squared_error(logits, logits * np.nan)


def test_optimisers():
    params = {"W": np.ones(2)}
    for optimiser in (SGD, Adam):
        with refuses(ValueError, "learning_rate: expected a positive number, got -1"):
            optimiser(params, -1)
        with refuses(ValueError, "grads: expected the names ['W']; missing ['W']; unknown ['V']"):
            optimiser(params, 0.1).step({"V": np.ones(2)})
    with refuses(ValueError, "max_norm: expected a positive number, got 0"):
        clip_by_global_norm(params, 0)


def test_training():
    rng = np.random.default_rng(0)
    model = SequenceModel(RNN(D, H, rng=rng), 1, rng=rng)
    with refuses(ValueError, "optimiser: expected one of ['adam', 'sgd'], got 'adamw'"):
        TrainConfig(optimiser="adamw")
    with refuses(ValueError, "epochs: expected a positive integer, got 0"):
        TrainConfig(epochs=0)
    with refuses(ValueError, "batches: expected at least one batch, got none"):
        fit(model, [], TrainConfig(), squared_error)
    with refuses(ValueError, "batches: expected at least one batch, got none"):
        evaluate(model, [], squared_error)
    with refuses(TypeError, "batches: expected an iterable to go through every epoch"):
        fit(model, iter([]), TrainConfig(), squared_error)
    with refuses(ValueError, "valid: expected validation batches, for patience is set; got None"):
        fit(model, [], TrainConfig(patience=1), squared_error)
