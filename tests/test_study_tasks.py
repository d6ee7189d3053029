"""Tasks of the studies: fair to all cells, held-out data apart, scores that mean what they say."""

import numpy as np
import pytest

from gatedrnn.study.execution import build_model, total_parameters
from gatedrnn.study.tasks import TASKS, make_problem
from gatedrnn.study.tasks.problem import input_gradient
from gatedrnn.train import Batch

SETTINGS = {
    "recall": {"lag": 3},
    "adding": {"steps": 8},
    "copy": {"lag": 4},
    "temporal_order": {"steps": 12},
    "anbn": {"longest": 5, "tested": 12},
    "anbncn": {"longest": 5, "tested": 12},
    "parity": {"steps": 6, "tested": 20},
    "bracket_depth": {"steps": 24, "max_depth": 3, "tested_depths": [3, 4, 6]},
    "weather": {},
    "characters": {"book": "Esther"},
    "chorales": {},
    "dialogue": {"sizes": [200, 40, 40]},
    "emotion": {},
    "speakers": {},
    "deployed_weather": {},
    "deployed_adding": {"steps": 6},
    "deployed_sentiment": {},
    "sentiment": {},
    "speech": {"train_size": 56, "valid_size": 6, "test_size": 16},
    "dates": {"pairs": 480},
    "stock_returns": {},
    "stock_volatility": {},
    "weather_ahead": {"horizon": 3},
}
ONE_ORDER = {"characters"}  # the text is read as it stands, whatever the seed


def first_batch(task, seed):
    return Batch.of(next(iter(make_problem(task, seed, SETTINGS[task]).train)))


def arrays(inputs):
    """The arrays of a batch's inputs: one, or several where a model takes several."""
    return list(inputs) if isinstance(inputs, tuple) else [inputs]


def test_every_task_is_tested_here():
    assert set(SETTINGS) == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_tasks_depend_on_the_seed_and_not_on_the_cell(task):
    """What makes the runs of a seed a pair."""
    once, again = (arrays(first_batch(task, 1).inputs) for _ in range(2))
    for ours, theirs in zip(once, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if task not in ONE_ORDER:
        one, two = (arrays(first_batch(task, seed).inputs)[0] for seed in (1, 2))
        assert one.shape != two.shape or not np.array_equal(one, two)


@pytest.mark.parametrize("task", TASKS)
def test_all_seeds_are_tested_on_the_same(task):
    def flat(test):
        if isinstance(test, dict):
            test = list(test.values())
        return [np.asarray(a) for batch in test for a in (
            batch if isinstance(batch, tuple) else
            (*arrays(batch.inputs), batch.targets) if isinstance(batch, Batch) else (batch,)
        )]  # fmt: skip

    one, two = (flat(make_problem(task, seed, SETTINGS[task]).test) for seed in (1, 2))
    assert len(one) == len(two) > 0
    for ours, theirs in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("task", TASKS)
def test_a_model_can_be_judged(task):
    """Size as counted, a finite score, and the details that are kept."""
    problem = make_problem(task, 0, SETTINGS[task])
    model = build_model(problem, "GRU", {}, 5, np.random.default_rng(0))
    assert model.num_parameters == total_parameters(problem, "GRU", {}, 5)
    assert np.isfinite(problem.score(model, problem.test))
    assert all(np.isfinite(value) for value in problem.baselines().values())
    if problem.details is not None:
        details = problem.details(model, problem.test)
        if "gradient" not in details:
            return
        gradient = details["gradient"]
        assert len(gradient["lags"]) == len(gradient["log10_norms"])
        assert gradient["lags"][0] == 0


@pytest.mark.parametrize("task", ["weather", "characters"])
def test_parts_of_real_data_do_not_overlap(task):
    problem = make_problem(task, 0, {})
    if task == "weather":
        days = sum(batch[1].size for batch in problem.train)
        assert (days, problem.valid[0][1].size, problem.test[0][1].size) == (731 - 14, 365, 365)
    else:
        sizes = [
            sum(ys.size for _, ys in part) for part in (problem.train, problem.valid, problem.test)
        ]
        assert sum(sizes) <= 196_795
        np.testing.assert_allclose(np.array(sizes) / sum(sizes), [0.8, 0.1, 0.1], atol=0.002)


def test_an_epoch_of_chorales_has_every_one_once():
    problem = make_problem("chorales", 0, {})
    batches = list(problem.train)
    assert len(batches) == len(problem.train)
    lengths = np.concatenate([batch.lengths for batch in batches])
    assert (len(lengths), lengths.sum()) == (213, 11_744)
    for batch in batches:
        assert len(batch.inputs) == batch.lengths.max()
        np.testing.assert_array_equal(batch.mask.sum(0), batch.lengths)


class Oracle:
    """Stands for a model: answers what a function of the inputs says."""

    def __init__(self, answer):
        self.answer = answer

    def forward(self, xs, state=None, lengths=None):
        return self.answer(xs), state, None


def test_the_share_of_right_answers():
    problem = make_problem("recall", 0, {"lag": 2})
    digits = np.concatenate([targets for _, targets in problem.test])
    always_7 = Oracle(lambda xs: np.tile(np.eye(10)[7], (xs.shape[1], 1)))
    assert problem.score(always_7, problem.test) == pytest.approx(np.mean(digits == 7))


def test_copy_counts_the_string_alone():
    problem = make_problem("copy", 0, {"lag": 4, "length": 5})

    def blanks(xs):
        out = np.zeros((*xs.shape[:2], 10))
        out[..., 8] = 1
        return out

    def perfect(xs):
        out = blanks(xs)
        out[-5:] = 2 * xs[:5]
        return out

    assert problem.score(Oracle(blanks), problem.test) == 0
    assert problem.score(Oracle(perfect), problem.test) == 1


def counter(limit):
    """Predict aⁿbⁿ by counting, as far as `limit`."""

    def answer(xs):
        a, b = xs[..., 1].cumsum(0), xs[..., 2].cumsum(0)
        closes = np.minimum(a, limit) <= b
        out = np.zeros(xs.shape)
        out[..., 0] = (xs[..., 2] == 1) & closes
        out[..., 2] = (xs[..., 2] == 1) & ~closes
        return out

    return Oracle(answer)


@pytest.mark.parametrize(("limit", "reach"), [(7, 7), (11, 11), (50, 12), (1, 1)])
def test_the_reach_is_the_longest_before_the_first_mistake(limit, reach):
    problem = make_problem("anbn", 0, SETTINGS["anbn"])
    assert problem.score(counter(limit), problem.test) == reach


def test_the_reach_of_parity_is_a_prefix():
    problem = make_problem("parity", 0, SETTINGS["parity"])

    def until(steps):
        def answer(xs):
            odd = xs[..., 1].cumsum(0) % 2
            odd[steps:] = 0
            return np.stack([1 - odd, odd], axis=-1)

        return Oracle(answer)

    assert problem.score(until(13), problem.test) == 13
    assert problem.score(until(20), problem.test) == 20


@pytest.mark.parametrize(("limit", "reach"), [(2, 0), (3, 3), (5, 4), (9, 6)])
def test_the_depth_is_the_last_before_the_first_failure(limit, reach):
    problem = make_problem("bracket_depth", 0, SETTINGS["bracket_depth"])

    def answer(xs):
        depth = (xs[..., :1] - xs[..., 1:]).cumsum(0)
        return np.minimum(depth, limit) / 3  # targets are in units of the trained depth

    assert problem.score(Oracle(answer), problem.test) == reach


def test_the_gradient_of_an_input_is_that_of_finite_differences():
    problem = make_problem("adding", 0, {"steps": 6, "held_out_size": 64, "batch_size": 4})
    model = build_model(problem, "LSTM", {}, 4, np.random.default_rng(0))
    xs, targets = problem.test[0]
    found = input_gradient(model, [(xs, targets)], problem.loss)
    assert found["lags"] == list(range(6))
    eps, norms = 1e-2, []
    for lag in range(6):
        slopes = np.zeros((4, 2))
        for n in range(4):
            for d in range(2):
                losses = []
                for sign in (1, -1):
                    moved = xs.copy()
                    moved[-1 - lag, n, d] += sign * eps
                    out = model.forward(moved[:, n : n + 1])[0]
                    losses.append(problem.loss(out, targets[n : n + 1])[0])
                slopes[n, d] = (losses[0] - losses[1]) / (2 * eps)
        norms.append(np.linalg.norm(slopes, axis=1).mean())
    np.testing.assert_allclose(found["log10_norms"], np.log10(norms), atol=0.02)
