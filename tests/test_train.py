"""The training loop."""

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN, Embedding, SequenceModel
from gatedrnn.functional import softmax_cross_entropy, squared_error
from gatedrnn.train import DivergedError, TrainConfig, evaluate, fit, gradients


def model_and_batches(cell=LSTM, seed=0, batches=4, noise=0.0):
    """Predict the previous input: impossible without a memory, easy with one."""
    rng = np.random.default_rng(seed)
    model = SequenceModel(cell(1, 8, rng=rng), 1, rng=rng)
    data = []
    for _ in range(batches):
        xs = rng.standard_normal((9, 16, 1)).astype(np.float32)
        data.append((xs[1:], xs[:-1] + noise * rng.standard_normal((8, 16, 1)).astype(np.float32)))
    return model, data


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_every_cell_learns(cell):
    model, batches = model_and_batches(cell)
    before = evaluate(model, batches, squared_error)
    history = fit(model, batches, TrainConfig(epochs=60, learning_rate=0.02), squared_error)
    assert before > 0.8  # the variance of the target is 1
    assert evaluate(model, batches, squared_error) < 0.2
    assert len(history.train_loss) == len(history.seconds) == 60
    assert len(history.grad_norm) == 60 * len(batches)


def test_one_seed_one_result():
    runs = []
    for _ in range(2):
        model, batches = model_and_batches()
        runs.append(fit(model, batches, TrainConfig(epochs=3), squared_error).train_loss)
    assert runs[0] == runs[1]


def test_early_stopping_goes_back_to_the_best():
    model, batches = model_and_batches(noise=1.0, batches=1)
    _, valid = model_and_batches(seed=1, noise=1.0)
    config = TrainConfig(epochs=500, learning_rate=0.05, patience=5)
    history = fit(model, batches, config, squared_error, valid=valid)
    assert history.stopped_early
    assert len(history.train_loss) == history.best_epoch + 1 + config.patience
    best = min(history.valid_loss)
    assert history.valid_loss[history.best_epoch] == best
    assert evaluate(model, valid, squared_error) == pytest.approx(best, rel=1e-6)
    assert history.valid_loss[-1] > best


def test_carried_state_reaches_the_next_batch():
    """What happened in one batch is needed in the next, and known only with the state carried."""
    rng = np.random.default_rng(0)
    model = SequenceModel(GRU(1, 4, rng=rng), 1, rng=rng)
    xs = rng.standard_normal((6, 2, 1)).astype(np.float32)
    targets = rng.standard_normal((6, 2, 1)).astype(np.float32)
    whole = evaluate(model, [(xs, targets)], squared_error)
    halves = [(xs[:3], targets[:3]), (xs[3:], targets[3:])]
    carried = evaluate(model, halves, squared_error, carry_state=True)
    assert carried == pytest.approx(whole, rel=1e-5)
    assert evaluate(model, halves, squared_error) != pytest.approx(whole, rel=1e-3)


def test_epoch_losses_weigh_targets_not_batches():
    rng = np.random.default_rng(0)
    model = SequenceModel(GRU(2, 4, rng=rng), 3, rng=rng, embedding=Embedding(5, 2, rng=rng))
    tokens, targets = rng.integers(0, 5, (4, 6)), rng.integers(0, 3, (4, 6))
    mask = np.ones((4, 6))
    mask[1:, :4] = 0
    parts = [(tokens[:, k], targets[:, k], mask[:, k]) for k in (slice(0, 4), slice(4, 6))]
    whole = evaluate(model, [(tokens, targets, mask)], softmax_cross_entropy)
    assert evaluate(model, parts, softmax_cross_entropy) == pytest.approx(whole, rel=1e-5)


def test_clipping_bounds_the_step():
    model, batches = model_and_batches()
    start = {name: value.copy() for name, value in model.params.items()}
    config = TrainConfig(epochs=1, optimiser="sgd", learning_rate=1.0, max_norm=1e-3)
    fit(model, batches[:1], config, squared_error)
    moved = np.sqrt(sum(((model.params[k] - start[k]) ** 2).sum() for k in start))
    assert moved == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_divergence_is_reported_before_the_step():
    model, batches = model_and_batches()
    model.params["readout.b"][...] = np.inf
    kept = model.params["cell.W"].copy()
    with pytest.raises(DivergedError, match=r"step 0: the loss is inf .* learning rate below 0.01"):
        fit(model, batches, TrainConfig(learning_rate=0.01), squared_error)
    np.testing.assert_array_equal(model.params["cell.W"], kept)


def test_gradients_is_what_fit_follows():
    model, batches = model_and_batches()
    value, grads, _ = gradients(model, batches[0], squared_error)
    assert value == pytest.approx(evaluate(model, batches[:1], squared_error))
    assert set(grads) == set(model.params)


def test_after_epoch_sees_the_history():
    model, batches = model_and_batches()
    seen = []
    fit(
        model,
        batches,
        TrainConfig(epochs=2),
        squared_error,
        after_epoch=lambda epoch, history: seen.append((epoch, len(history.train_loss))),
    )
    assert seen == [(0, 1), (1, 2)]
