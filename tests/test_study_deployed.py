"""The tasks of the deployment study: the score is that of 8 bits, and details say the rest."""

import json

import numpy as np
import pytest

from gatedrnn import data
from gatedrnn.deployment.quantise import rounded
from gatedrnn.study.execution import build_model
from gatedrnn.study.tasks import deployed, make_problem, sequences

SMALL = {
    "deployed_weather": {},
    "deployed_adding": {"steps": 6, "held_out_size": 64},
    "deployed_sentiment": {"min_count": 40},
}


def problem_and_model(task, cell="LSTM"):
    problem = make_problem(task, 0, SMALL[task])
    return problem, build_model(problem, cell, {}, 6, np.random.default_rng(0))


@pytest.mark.parametrize("task", SMALL)
@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
def test_details_agree_with_the_score(task, cell):
    problem, model = problem_and_model(task, cell)
    details = problem.details(model, problem.test)
    assert problem.score(model, problem.test) == pytest.approx(details["bits"]["8"], rel=1e-5)
    assert details["float32"] != details["bits"]["2"]
    assert len(json.dumps(details)) < 2500  # it is stored for every run
    for bits, closeness in (("8", 0.05), ("4", 1.0)):
        entry = details["drift"][bits]
        assert 0 < max(entry["drift"]) < closeness
        assert entry["steps"] == sorted(set(entry["steps"]))
    assert max(details["drift"]["4"]["drift"]) > max(details["drift"]["8"]["drift"])


def test_the_score_is_the_rounded_models_in_degrees():
    problem, model = problem_and_model("deployed_weather", "GRU")
    plain = sequences.weather(0)
    expected = plain.score(rounded(model, 8), plain.test)
    assert problem.score(model, problem.test) == pytest.approx(expected, rel=1e-9)
    assert problem.score(model, problem.test) != plain.score(model, plain.test)
    assert problem.baselines() == plain.baselines()


def test_drift_is_zero_where_nothing_is_rounded():
    _, model = problem_and_model("deployed_weather")
    xs = np.random.default_rng(1).standard_normal((30, 2, 6)).astype(np.float32)
    again = deployed.drift(rounded(model, 8), xs, 8)
    assert max(again["drift"]) < 1e-5 < max(deployed.drift(model, xs, 8)["drift"])
    assert again["steps"][-1] == 30


def test_drift_is_measured_from_the_states():
    _, model = problem_and_model("deployed_weather", "GRU")
    xs = np.random.default_rng(1).standard_normal((3, 1, 6)).astype(np.float32)
    exact, off = (one.cell.forward(xs)[0][:, 0] for one in (model, rounded(model, 4)))
    expected = np.linalg.norm(off - exact, axis=1) / np.linalg.norm(exact, axis=1)
    measured = deployed.drift(model, xs, 4)
    assert measured["steps"] == [1, 2, 3]
    np.testing.assert_allclose(measured["drift"], expected, rtol=1e-3)


def test_the_words_are_those_of_the_training_part():
    parts = data.movie_reviews().split()
    problem = deployed.small_sentiment(0)
    vocabulary = data.WordVocabulary(parts.train.texts, min_count=4)
    assert problem.num_tokens == len(vocabulary)
    test = problem.test[0]
    np.testing.assert_array_equal(
        test.inputs[: test.lengths[0], 0], vocabulary.encode(parts.test.texts[0])
    )
    assert [len(batch[0].targets) for batch in (problem.valid, problem.test)] == [
        len(parts.valid),
        len(parts.test),
    ]
    baselines = problem.baselines()
    assert baselines["most frequent"] == pytest.approx(0.5, abs=0.01)
    assert 0.7 < baselines["logistic on words"] < 0.8
