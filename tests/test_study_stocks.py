"""The tasks on stock prices: what a perfect and an ignorant forecast score, and the details."""

import numpy as np
import pytest

from gatedrnn import GRU, SequenceModel
from gatedrnn.data import StockDays
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.stocks import least_squares


class Oracle:
    """Stands for a model: gives the answers that it was made with."""

    def __init__(self, answers):
        self.answers = answers

    def forward(self, xs, state=None, lengths=None):
        return self.answers, state, None


@pytest.fixture(scope="module")
def returns():
    return make_problem("stock_returns", 0, {})


@pytest.fixture(scope="module")
def volatility():
    return make_problem("stock_volatility", 0, {})


def test_shapes(returns, volatility):
    assert [ys.shape for _, ys in returns.valid + returns.test] == [(1500, 1), (2250, 1)]
    assert sum(ys.size for _, ys in returns.train) == 3 * (1997 - 22)
    assert [ys.shape for _, ys in volatility.valid + volatility.test] == [(1488, 1), (2238, 1)]
    assert returns.test[0][0].shape == (22, 2250, 4)


@pytest.mark.parametrize("task", ["returns", "volatility"])
def test_perfect_and_ignorant_forecasts(task, request):
    problem = request.getfixturevalue(task)
    truth = problem.test[0][1]
    assert problem.score(Oracle(truth), problem.test) == pytest.approx(0, abs=1e-4)
    nothing = problem.score(Oracle(np.zeros_like(truth)), problem.test)
    name = "random walk" if task == "returns" else "training mean"
    assert nothing == pytest.approx(problem.baselines()[name], rel=1e-6)


def test_the_target_is_the_next_day_of_the_same_stock(returns):
    days = StockDays.load()
    start = days.parts[2].start
    truth = returns.test[0][1][:, 0].reshape(3, 750)
    expected = days.returns[start:] / days.expected[start:]
    np.testing.assert_allclose(truth, expected.T, rtol=1e-6)
    last_seen = returns.test[0][0][-1].reshape(3, 750, 4)
    np.testing.assert_allclose(last_seen[:, 0], days.scaled[start - 1], rtol=1e-6)


def test_details_count_by_blocks_of_days(returns):
    truth = returns.test[0][1]
    details = returns.details(Oracle(truth), returns.test)
    assert len(details["squares"]) == len(details["right"]) == 30
    assert sum(details["right"]) == (truth != 0).sum()
    assert sum(returns.details(Oracle(-truth), returns.test)["right"]) == 0
    half = Oracle(np.where(np.arange(2250)[:, None] < 750, truth, -truth))  # one stock of three
    assert sum(returns.details(half, returns.test)["right"]) == (truth[:750] != 0).sum()
    nothing = returns.details(Oracle(np.zeros_like(truth)), returns.test)["squares"]
    assert np.sqrt(sum(nothing) / 2250) == pytest.approx(returns.baselines()["random walk"])


def test_a_score_is_that_of_the_details(volatility):
    rng = np.random.default_rng(0)
    model = SequenceModel(GRU(4, 3, rng=rng), 1, rng=rng, readout="last")
    details = volatility.details(model, volatility.test)
    score = volatility.score(model, volatility.test)
    assert np.sqrt(sum(details["squares"]) / 2238) == pytest.approx(score, rel=1e-4)


def test_baselines_are_in_the_order_that_the_page_tells(returns, volatility):
    found = returns.baselines()
    assert found["random walk"] == pytest.approx(1.475, abs=0.001)
    assert found["random walk"] < found["linear"]
    found = volatility.baselines()
    order = ["HAR, same inputs", "HAR", "EWMA", "persistence", "training mean"]
    assert sorted(found, key=found.get) == order


def test_least_squares_finds_a_line_and_its_constant():
    rng = np.random.default_rng(0)
    xs, new = rng.normal(size=(30, 2)), rng.normal(size=(5, 2))
    line = least_squares(xs, xs @ [2.0, -1.0] + 3)
    np.testing.assert_allclose(line(new), new @ [2.0, -1.0] + 3)
