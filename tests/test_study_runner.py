"""Studies run, stop, go on, and choose fairly."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gatedrnn.cli import main
from gatedrnn.study import Study, Variant, find_study, load_results
from gatedrnn.study import runner as runner_module
from gatedrnn.study.design import Run
from gatedrnn.study.execution import build_model, execute
from gatedrnn.study.results import report
from gatedrnn.study.runner import best_learning_rate, execute_all, run_study
from gatedrnn.study.tasks import TASKS, make_problem

TINY = Study(
    name="tiny",
    question="Does it run?",
    task="adding",
    parameters=100,
    epochs=2,
    patience=2,
    conditions=({"steps": 4}, {"steps": 6}),
    settings={"batches": 3, "batch_size": 8, "held_out_size": 16},
    learning_rates=(1e-3, 1e-2),
    seeds=(0, 1),
    search_seeds=(7,),
)


@pytest.fixture
def results(tmp_path):
    run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    return load_results(tmp_path / "tiny.json")


def test_a_summary_holds_what_a_reader_needs(results):
    summary = results.summary
    assert summary["metric"] == "mean squared error"
    assert summary["higher_is_better"] is False
    assert summary["seeds"] == [0, 1]
    assert summary["provenance"]["versions"]["numpy"] == np.__version__
    assert {"started", "duration_seconds", "commit", "machine"} <= set(summary["provenance"])
    assert results.labels == ["RNN", "LSTM", "GRU"]
    np.testing.assert_array_equal(results.values("steps"), [4, 6])
    assert results.scores("GRU").shape == (2, 2)
    assert np.isfinite(results.scores("GRU")).all()
    low, high = results.intervals("LSTM")
    mean = results.scores("LSTM").mean(0)
    assert (low <= mean).all()
    assert (mean <= high).all()
    assert results.baseline("always 1") == pytest.approx(1 / 6, abs=0.05)
    interval, words = results.difference()
    assert interval.mean == pytest.approx(
        np.mean(results.scores("LSTM")[:, 0] - results.scores("GRU")[:, 0])
    )
    assert words in {"LSTM ahead", "GRU ahead", "no difference shown"}
    for label in results.labels:
        case = summary["conditions"][1]["variants"][label]
        assert abs(case["num_parameters"] - 100) < 25
        losses = [np.mean(row) for row in case["search_valid_loss"]]
        assert case["learning_rate"] == TINY.learning_rates[int(np.argmin(losses))]
    with pytest.raises(ValueError, match=r"label: expected one of .*got 'CNN'"):
        results.scores("CNN")


def test_the_report_shows_every_case(results):
    text = report(results)
    for part in ("tiny: Does it run?", "steps 4", "steps 6", "always 1", "RNN", "LSTM - GRU"):
        assert part in text


def test_nothing_is_run_twice(results, tmp_path, monkeypatch):
    before = json.loads((tmp_path / "tiny.json").read_text())
    files = sorted((tmp_path / "runs" / "tiny").glob("*.json"))
    assert len(files) == 6 * 2 + 6 * 2  # six cases: two rates, then two seeds
    executed = []

    def count(run):
        executed.append(run)
        return execute(run)

    monkeypatch.setattr(runner_module, "execute", count)
    files[0].unlink()
    after = run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    assert len(executed) == 1  # only the one whose file was lost, with the same outcome
    assert after["provenance"] != before["provenance"]
    again = run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    assert len(executed) == 1
    assert again == after  # when nothing was run, its time and place stay those of the runs
    for old, new in zip(before["conditions"], after["conditions"], strict=True):
        for label in old["variants"]:
            assert old["variants"][label]["test"] == new["variants"][label]["test"]


def test_runs_are_stored_as_they_end(tmp_path, monkeypatch):
    """An interrupted study keeps what it has."""
    executed = []

    def interrupted(run):
        executed.append(run)
        if len(executed) == 3:
            raise KeyboardInterrupt
        return execute(run)

    monkeypatch.setattr(runner_module, "execute", interrupted)
    runs = [TINY.run(0, TINY.variants[0], 1e-3, seed, final=True) for seed in range(5)]
    with pytest.raises(KeyboardInterrupt):
        execute_all(runs, tmp_path, progress=False)
    assert len(list(tmp_path.glob("*.json"))) == 2
    assert not list(tmp_path.glob(".*"))  # and nothing half written
    execute_all(runs, tmp_path, progress=False)
    assert len(executed) == 6  # the three that were missing
    assert len(list(tmp_path.glob("*.json"))) == 5


def test_in_parallel_as_one_after_the_other(tmp_path):
    runs = [TINY.run(0, variant, 1e-2, 0, final=True) for variant in TINY.variants]
    one = execute_all(runs, tmp_path / "one", jobs=1, progress=False)
    two = execute_all(runs, tmp_path / "two", jobs=2, progress=False)
    for run in runs:
        assert one[run.key]["test"] == pytest.approx(two[run.key]["test"], rel=1e-5)


def test_only_final_runs_touch_the_test_data(monkeypatch):
    def tested(model, batches):
        raise AssertionError("the test data were touched")

    def spied(task, seed, settings):
        return replace(make_problem(task, seed, settings), score=tested)

    monkeypatch.setattr("gatedrnn.study.execution.make_problem", spied)
    run = TINY.run(0, TINY.variants[2], 1e-2, 7, final=False)
    assert "test" not in execute(run)
    with pytest.raises(AssertionError, match="touched"):
        execute(replace(run, final=True))


def test_a_run_that_diverges_is_kept_as_one(tmp_path):
    run = TINY.run(0, Variant("RNN", "RNN"), 1e30, 0, final=True)
    with np.errstate(all="ignore"):
        result = execute(run)
    assert result["valid_loss"] is None
    assert result["test"] is None
    assert best_learning_rate(TINY, [[0.3], [None]]) == 1e-3
    assert best_learning_rate(TINY, [[0.3], [0.2]]) == 1e-2
    with pytest.raises(ArithmeticError, match="learning_rates: expected one"):
        best_learning_rate(TINY, [[None], [None]])


def test_keys_tell_runs_apart():
    run = TINY.run(0, TINY.variants[0], 1e-2, 0, final=True)
    others = [
        replace(run, seed=1),
        replace(run, learning_rate=1e-3),
        replace(run, final=False),
        replace(run, settings={**run.settings, "steps": 5}),
        replace(run, variant=Variant("RNN", "GRU")),
    ]
    assert len({run.key, *(other.key for other in others)}) == 6
    assert run.key == Run(**{name: getattr(run, name) for name in run.__dataclass_fields__}).key


def test_search_and_final_seeds_must_differ():
    with pytest.raises(ValueError, match="search_seeds: expected none of the final seeds"):
        replace(TINY, search_seeds=(1, 7))
    with pytest.raises(ValueError, match="variants: expected labels of their own"):
        replace(TINY, variants=(Variant("a", "RNN"), Variant("a", "GRU")))
    with pytest.raises(ValueError, match="cell: expected one of"):
        Variant("a", "CNN")


@pytest.mark.parametrize(
    ("task", "settings"),
    [("recall", {"lag": 3}), ("adding", {"steps": 8}), ("weather", {}), ("characters", {})],
)
def test_tasks_depend_on_the_seed_and_not_on_the_cell(task, settings):
    """What makes the runs of a seed a pair; and test data are the same for all seeds."""

    def first_batch(seed):
        return next(iter(make_problem(task, seed, settings).train))

    for one, two in zip(first_batch(1), first_batch(1), strict=True):
        np.testing.assert_array_equal(one, two)
    for seed in (1, 2):
        problem = make_problem(task, seed, settings)
        for one, two in zip(problem.test[0], make_problem(task, 3, settings).test[0], strict=True):
            np.testing.assert_array_equal(one, two)
        assert set(problem.baselines)
    if task != "characters":
        assert not np.array_equal(first_batch(1)[0], first_batch(2)[0])


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


@pytest.mark.parametrize("variant", TINY.variants, ids=lambda variant: variant.label)
def test_models_meet_the_budget(variant):
    problem = make_problem("characters", 0, {})
    model = build_model(problem, variant, 30_000, np.random.default_rng(0))
    assert abs(model.num_parameters - 30_000) < 400
    assert model.embedding is not None


def test_a_score_is_the_share_of_right_answers():
    problem = make_problem("recall", 0, {"lag": 2})
    model = build_model(problem, TINY.variants[0], 2500, np.random.default_rng(0))
    digits = np.concatenate([targets for _, targets in problem.test])
    model.params["readout.W"][...] = 0
    model.params["readout.b"][...] = np.eye(10)[7]
    assert problem.score(model, problem.test) == pytest.approx(np.mean(digits == 7))


def test_unknown_names_are_answered(capsys, tmp_path):
    with pytest.raises(ValueError, match="task: expected one of"):
        make_problem("chess", 0, {})
    with pytest.raises(ValueError, match="name: expected one of"):
        find_study("chess")
    with pytest.raises(FileNotFoundError, match="gatedrnn study run none --results"):
        load_results(tmp_path / "none.json")
    assert main(["study", "report", "chess"]) == 2
    assert "got 'chess'" in capsys.readouterr().err
    assert main(["study", "run"]) == 2
    assert "or --all" in capsys.readouterr().err


def test_the_command_line_lists_every_study(capsys):
    assert main(["study", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("recall_lag", "adding_lengths", "weather_quality"))
    assert all(find_study(line.split()[0]).task in TASKS for line in shown.splitlines())
