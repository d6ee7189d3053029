"""Encoder and decoder: gradients, padding, search, and that it learns."""

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN, Stack
from gatedrnn.data import Batch
from gatedrnn.functional import log_softmax, softmax_cross_entropy
from gatedrnn.gradcheck import numerical_gradient, relative_error
from gatedrnn.seq2seq import EncoderDecoder
from gatedrnn.train import TrainConfig, fit

START, STOP = 0, 1
KINDS = {
    "plain": lambda rng: (RNN(3, 4, rng=rng), GRU(2, 3, rng=rng)),
    "lstm": lambda rng: (LSTM(3, 4, rng=rng), LSTM(2, 4, rng=rng)),
    "both directions": lambda rng: (Stack(GRU, 3, 3, bidirectional=True, rng=rng),
                                    LSTM(2, 4, rng=rng)),
    "stacks": lambda rng: (Stack(LSTM, 3, 3, 2, rng=rng), Stack(GRU, 2, 3, 2, rng=rng)),
}  # fmt: skip
ATTENTION = pytest.mark.parametrize("attention", [None, "dot", "additive"])


def make(kind="both directions", attention="dot", tokens=5, seed=0):
    rng = np.random.default_rng(seed)
    sides = KINDS[kind](rng)
    model = EncoderDecoder(*sides, tokens, tokens, attention=attention, rng=rng)
    for value in model.params.values():
        value += 0.3 * rng.standard_normal(value.shape).astype(value.dtype)
    return model, rng


def in_float64(model):
    """Turn a model's own arrays, in place, into float64."""
    for layer in model.layers.values():
        cells = layer.cells.items() if isinstance(layer, Stack) else [("", layer)]
        for name, cell in cells:
            prefix = f"{name}." if name else ""
            for key, value in cell.params.items():
                cell.params[key] = value.astype(np.float64)
                layer.params[prefix + key] = cell.params[key]
            cell.dtype = np.dtype(np.float64)
        layer.dtype = np.dtype(np.float64)
    model.params = {
        f"{name}.{key}": value
        for name, layer in model.layers.items()
        for key, value in layer.params.items()
    }
    return model


@ATTENTION
@pytest.mark.parametrize("kind", KINDS)
def test_gradients(kind, attention):
    model, rng = make(kind, attention)
    in_float64(model)
    source, target = rng.integers(0, 5, (4, 3)), rng.integers(0, 5, (3, 3))
    wanted, lengths = rng.integers(0, 5, (3, 3)), np.array([4, 1, 3])
    mask = np.array([[1, 1, 1], [1, 0, 1], [1, 0, 0]])

    def loss():
        out = model.forward((source, target), None, lengths)[0]
        return softmax_cross_entropy(out, wanted, mask)[0]

    out, _, tape = model.forward((source, target), None, lengths)
    grads = model.backward(softmax_cross_entropy(out, wanted, mask)[1], tape)
    assert set(grads) == set(model.params)
    for name, value in model.params.items():
        assert relative_error(grads[name], numerical_gradient(loss, value)) < 1e-7, name


@ATTENTION
@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind, attention):
    model, rng = make(kind, attention)
    source, target = rng.integers(0, 5, (6, 3)), rng.integers(0, 5, (4, 3))
    lengths = np.array([6, 2, 4])
    out = model.forward((source, target), None, lengths)[0]
    for n, length in enumerate(lengths):
        alone = model.forward((source[:length, n : n + 1], target[:, n : n + 1]))[0]
        np.testing.assert_allclose(out[:, n : n + 1], alone, rtol=1e-4, atol=1e-5)


@ATTENTION
def test_the_greedy_search_takes_the_best_token_each_time(attention):
    model, rng = make("stacks", attention)
    source, lengths = rng.integers(0, 5, (6, 4)), np.array([6, 2, 4, 1])
    decoded = model.decode(source, lengths, start=START, stop=STOP, max_steps=7)
    for n, length in enumerate(lengths):
        written, score = [START], 0.0
        while len(written) <= 7:
            inputs = (source[:length, n : n + 1], np.array(written)[:, None])
            logp = log_softmax(model.forward(inputs)[0][-1, 0].astype(float))
            written.append(int(logp.argmax()))
            score += logp.max()
            if written[-1] == STOP:
                break
        expected = written[1:-1] if written[-1] == STOP else written[1:]
        assert decoded.tokens[n].tolist() == expected
        assert decoded.log_probability[n] == pytest.approx(score, rel=1e-4)
        if attention is None:
            assert decoded.weights is None
        else:
            assert decoded.weights[n].shape[0] == len(expected)
            if expected:
                np.testing.assert_allclose(decoded.weights[n].sum(1), 1, rtol=1e-5)
                assert not decoded.weights[n][:, length:].any()


def test_wide_beams_find_the_most_probable_sequence():
    """With as many beams as there are sequences of this length the search is exhaustive."""
    model, rng = make("plain", "dot", tokens=3)
    source = rng.integers(0, 3, (4, 3))
    decoded = model.decode(source, start=START, stop=STOP, max_steps=3, width=27)
    greedy = model.decode(source, start=START, stop=STOP, max_steps=3)
    sequences = [[a, b, c] for a in range(3) for b in range(3) for c in range(3)]
    for n in range(3):
        best = -np.inf
        for sequence in sequences:
            if STOP not in sequence:
                continue
            ended = sequence[: sequence.index(STOP) + 1]
            inputs = (source[:, n : n + 1], np.array([START, *ended[:-1]])[:, None])
            logp = log_softmax(model.forward(inputs)[0][:, 0].astype(float))
            best = max(best, logp[np.arange(len(ended)), ended].sum())
        assert decoded.log_probability[n] == pytest.approx(best, rel=1e-4)
        if len(greedy.tokens[n]) < 3:  # it ended
            assert decoded.log_probability[n] >= greedy.log_probability[n] - 1e-5


def reversals(count, rng, V=8, longest=6):
    """Sequences of tokens and what they are backward."""
    lengths = rng.integers(1, longest + 1, count)
    source = np.full((longest, count), STOP)
    target, wanted = np.full((2, longest + 1, count), STOP)
    target[0] = START
    mask = np.zeros((longest + 1, count), np.float32)
    for n, length in enumerate(lengths):
        tokens = rng.integers(2, V, length)
        source[:length, n] = tokens
        target[1 : length + 1, n] = wanted[:length, n] = tokens[::-1]
        mask[: length + 1, n] = 1
    return Batch((source, target), wanted, mask, lengths)


def test_it_learns_to_reverse_and_the_attention_walks_backward():
    rng = np.random.default_rng(0)
    model = EncoderDecoder(
        Stack(GRU, 16, 24, bidirectional=True, rng=rng), GRU(16, 24, rng=rng), 8, 8,
        attention="additive", rng=rng,
    )  # fmt: skip
    batches = [reversals(32, rng) for _ in range(150)]
    config = TrainConfig(epochs=2, learning_rate=0.01, progress=False)
    fit(model, batches, config, softmax_cross_entropy)
    test = reversals(100, rng)
    decoded = model.decode(test.inputs[0], test.lengths, start=START, stop=STOP, max_steps=8)
    right = 0
    for n, length in enumerate(test.lengths):
        right += decoded.tokens[n].tolist() == test.inputs[0][:length, n][::-1].tolist()
    assert right >= 90
    long = [w for w, length in zip(decoded.weights, test.lengths, strict=True) if length == 6]
    places = np.mean([w.argmax(1)[:6] for w in long if len(w) == 6], axis=0)
    assert np.corrcoef(places, np.arange(6))[0, 1] < -0.5


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="attention: expected None or one of"):
        EncoderDecoder(GRU(2, 3, rng=rng), GRU(2, 3, rng=rng), 4, 4, attention="sharp", rng=rng)
    both = Stack(GRU, 2, 3, bidirectional=True, rng=rng)
    with pytest.raises(ValueError, match="decoder: expected one direction"):
        EncoderDecoder(GRU(2, 3, rng=rng), both, 4, 4, rng=rng)
    model, _ = make()
    tokens = np.zeros((3, 2), int)
    with pytest.raises(ValueError, match="expected tokens from 0 to 4"):
        model.forward((tokens + 5, tokens))
    with pytest.raises(ValueError, match="target: expected shape"):
        model.forward((tokens, tokens[:, :1]))
    with pytest.raises(ValueError, match="state: expected None"):
        model.forward((tokens, tokens), state=1)
