"""The weather up to two weeks ahead: origins that roll, and intervals held to their promise."""

import numpy as np
import pytest

from gatedrnn import GRU, SequenceModel
from gatedrnn.data import seattle_weather
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.weather_ahead import held_to_promise

TASK = "weather_ahead"
HALF_YEAR = {"origin": "2014-07-01", "valid": 183, "test": 184}


def test_no_forecast_reaches_out_of_its_part():
    problem = make_problem(TASK, 0, HALF_YEAR)
    before = 731 + 181  # days of 2012, 2013 and half of 2014
    shapes = [part[0][1].shape for part in (problem.valid, problem.test)]
    assert shapes == [(183 - 13, 14), (184 - 13, 14)]
    assert sum(ys.shape[0] for _, ys in problem.train) == before - 183 - 14 - 13


def test_targets_are_the_days_after_the_origin():
    """Standardising is linear: the first and the last target, compared by their differences."""
    highs, dates = seattle_weather()["temp_max"], seattle_weather().dates
    problem = make_problem(TASK, 0, HALF_YEAR)
    ys = problem.test[0][1]
    start = int(np.flatnonzero(dates == np.datetime64("2014-07-01"))[0])
    ratio = (ys[0] - ys[0, 0])[1:] / (ys[0, 1] - ys[0, 0])
    truth = highs[start : start + 14] - highs[start]
    np.testing.assert_allclose(ratio, truth[1:] / truth[1], rtol=1e-4)
    assert ys[-1, -1] == pytest.approx(ys[0, 0] + (highs[start + 183] - highs[start])
                                       / truth[1] * (ys[0, 1] - ys[0, 0]), rel=1e-4)  # fmt: skip


@pytest.mark.parametrize("origin", ["2014-07-01", "2015-01-01"])
def test_what_comes_after_the_origin_changes_neither_training_nor_scale(origin, monkeypatch):
    """The leak check: other weather after the origin leaves train and valid as they were."""
    settings = {"origin": origin, "valid": 183, "test": 181}
    before = make_problem(TASK, 3, settings)
    changed = seattle_weather()
    changed.values[changed.dates >= np.datetime64(origin)] += 7
    monkeypatch.setattr("gatedrnn.data.seattle_weather", lambda: changed)
    after = make_problem(TASK, 3, settings)
    for one, two in zip([*before.train, *before.valid], [*after.train, *after.valid], strict=True):
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])
    assert not np.array_equal(before.test[0][1], after.test[0][1])


def test_a_later_origin_has_more_to_train_on():
    sizes = [
        sum(len(ys) for _, ys in make_problem(TASK, 0, {**HALF_YEAR, "origin": origin}).train)
        for origin in ("2014-01-01", "2014-07-01", "2015-07-01")
    ]
    assert sizes == sorted(set(sizes))


def test_baselines_agree_with_the_one_day_task():
    """A day ahead in 2015 is the task of the weather page, fitted on the same two years."""
    ahead = make_problem(TASK, 0, {"horizon": 1}).baselines()
    tomorrow = make_problem("weather", 0, {}).baselines()
    for name in ("persistence", "climatology"):
        assert ahead[name] == pytest.approx(tomorrow[name])
    assert ahead["linear"] == pytest.approx(tomorrow["linear"], rel=0.01)  # 2 days, and 3


def test_details_are_by_day_and_agree_with_the_score():
    problem = make_problem(TASK, 0, HALF_YEAR)
    rng = np.random.default_rng(0)
    model = SequenceModel(GRU(6, 3, rng=rng), 14, rng=rng, readout="last")
    details = problem.details(model, problem.test)
    assert {len(row) for row in details.values()} == {14}
    score = np.sqrt(np.mean(np.square(details["rmse"])))
    assert problem.score(model, problem.test) == pytest.approx(score, rel=1e-3)


def test_intervals_hold_what_they_promise_where_errors_stay_alike():
    rng = np.random.default_rng(0)
    valid, test = rng.normal(size=(2, 4000, 2)) * [1, 3]
    found = held_to_promise(valid, test)
    np.testing.assert_allclose(found["coverage"], 0.9, atol=0.02)
    np.testing.assert_allclose(found["width"], [3.29, 9.87], rtol=0.05)
    np.testing.assert_allclose(found["rmse"], [1, 3], rtol=0.05)
    assert max(held_to_promise(valid, 3 * test)["coverage"]) < 0.5


def test_the_record_must_go_on_after_the_origin():
    with pytest.raises(ValueError, match="expected at most 184 days after 2015-07-01, got 200"):
        make_problem(TASK, 0, {"origin": "2015-07-01", "test": 200})
    with pytest.raises(ValueError, match="valid, test: expected fewer"):
        make_problem(TASK, 0, {"origin": "2013-01-01", "valid": 400})
