"""Schedules of the learning rate."""

import numpy as np
import pytest

from gatedrnn import GRU, SequenceModel
from gatedrnn.functional import squared_error
from gatedrnn.schedules import Cosine, Exponential, Warmup
from gatedrnn.train import TrainConfig, fit


def test_factors():
    assert [Exponential(0.5, 2)(k) for k in (0, 2, 4)] == [1, 0.5, 0.25]
    assert Exponential(0.5, 2)(1) == pytest.approx(0.5**0.5)
    assert [Exponential(0.5, 2, staircase=True)(k) for k in range(5)] == [1, 1, 0.5, 0.5, 0.25]
    assert [Cosine(4)(k) for k in (0, 2, 4, 9)] == pytest.approx([1, 0.5, 0, 0])
    assert Cosine(4, last=0.2)(2) == pytest.approx(0.6)
    assert [Warmup(4)(k) for k in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert Warmup(4, then=Cosine(4))(4) == 1
    assert Warmup(4, then=Cosine(4))(6) == pytest.approx(0.5)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_training_follows_the_schedule(optimiser):
    """With a rate of zero after three steps the parameters stay where those steps left them."""

    def train(steps, schedule):
        rng = np.random.default_rng(0)
        model = SequenceModel(GRU(1, 3, rng=rng), 1, rng=rng)
        xs = np.ones((4, 2, 1), np.float32)
        config = TrainConfig(
            epochs=1, learning_rate=0.1, optimiser=optimiser, schedule=schedule, progress=False
        )
        fit(model, [(xs, xs)] * steps, config, squared_error)
        return model.params

    stopped = train(9, Cosine(3))
    for name, value in train(3, Cosine(3)).items():
        np.testing.assert_array_equal(value, stopped[name])
        assert np.abs(value - train(3, None)[name]).max() > 1e-4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Exponential(0, 3),
        lambda: Exponential(1.5, 3),
        lambda: Cosine(0),
        lambda: Cosine(3, last=2),
        lambda: Warmup(-1),
    ],
)
def test_impossible_schedules_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        wrong()
