"""Studies run, stop, go on, and choose fairly."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from studies import TINY, tiny_runs

from gatedrnn.study import Variant, load_results
from gatedrnn.study import executors as executors_module
from gatedrnn.study.execution import execute
from gatedrnn.study.runner import best_learning_rate, execute_all, run_study, sizes_of
from gatedrnn.study.store import RunStore
from gatedrnn.study.tasks import make_problem


@pytest.fixture
def counted(monkeypatch):
    """Count what is executed, in this process."""
    executed = []

    def count(run):
        executed.append(run)
        return execute(run)

    monkeypatch.setattr(executors_module, "execute", count)
    return executed


def test_nothing_is_run_twice(tmp_path, counted):
    before = run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    files = sorted((tmp_path / "runs").glob("*.json"))
    cases = 2 * 3
    assert len(counted) == len(files) == cases * 2 + cases * 3  # two rates, then three seeds
    files[0].unlink()
    after = run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    assert len(counted) == len(files) + 1  # only the one whose file was lost, same outcome
    assert (
        after["conditions"][0]["variants"]["GRU"]["test"]
        == (before["conditions"][0]["variants"]["GRU"]["test"])
    )
    assert after["provenance"]["runs_executed"] == 1
    again = run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    assert len(counted) == len(files) + 1
    assert again == after  # when nothing was run, its time and place stay those of the runs


def test_studies_share_runs(tmp_path, counted):
    run_study(TINY, tmp_path, tmp_path / "runs", progress=False)
    done = len(counted)
    part = replace(TINY, name="part", conditions=TINY.conditions[:1])
    run_study(part, tmp_path, tmp_path / "runs", progress=False)
    assert len(counted) == done
    whole, part = (load_results(tmp_path / f"{name}.json") for name in ("tiny", "part"))
    np.testing.assert_array_equal(part.scores("LSTM")[:, 0], whole.scores("LSTM")[:, 0])


def test_a_run_named_twice_is_executed_once(tmp_path, counted):
    runs = tiny_runs(2)
    ended = []
    assert execute_all([*runs, *runs], RunStore(tmp_path), ended=ended.append) == 2
    assert (len(counted), ended) == (2, [True, True])
    assert execute_all(runs, RunStore(tmp_path), ended=ended.append) == 0
    assert ended == [True, True, False, False]


KILLED = """
import sys
from studies import tiny_runs
from gatedrnn.study import executors
from gatedrnn.study.runner import execute_all
from gatedrnn.study.store import RunStore

if __name__ == "__main__":
    runs = tiny_runs(40, epochs=60, patience=60)
    execute_all(runs, RunStore(sys.argv[1]), jobs=2)
"""


def test_a_killed_study_goes_on_where_it_was(tmp_path, counted):
    """SIGKILL to the whole group: what had ended is whole, nothing else is there."""
    (tmp_path / "killed.py").write_text(KILLED)
    folder = tmp_path / "runs"
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "killed.py"), str(folder)],
        env=environment,
        start_new_session=True,
    )
    deadline = time.time() + 60
    while len(list(folder.glob("*.json"))) < 3:
        assert time.time() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.2)
    runs, store = tiny_runs(40, epochs=60, patience=60), RunStore(folder)
    kept = {run.seed: store.path(run).read_bytes() for run in runs if run in store}
    assert 3 <= len(kept) < 40
    assert all(json.loads(text)["result"]["test"] is not None for text in kept.values())
    rest = [run for run in runs if run.seed not in kept][:3]
    some = [run for run in runs if run.seed in kept]
    assert execute_all([*some, *rest], store) == 3
    assert {run.seed for run in counted} == {run.seed for run in rest}
    assert all(store.path(run).read_bytes() == kept[run.seed] for run in some)


def test_two_processes_never_execute_the_same_run(tmp_path):
    """Both are given the same runs; each run is executed by one of them, and both end with all."""
    (tmp_path / "killed.py").write_text(
        KILLED.replace("40, epochs=60, patience=60", "6, epochs=20, patience=20").replace(
            "    execute_all(", "    print(execute_all("
        ).replace("jobs=2)", "jobs=1))")
    )  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(tmp_path / "killed.py"), str(tmp_path / "runs")]
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    executed = [int(process.communicate(timeout=60)[0]) for process in both]
    assert sum(executed) == 6
    assert all(run in RunStore(tmp_path / "runs") for run in tiny_runs(6, epochs=20, patience=20))


def test_in_parallel_as_one_after_the_other(tmp_path):
    runs = tiny_runs(3)
    one, two = RunStore(tmp_path / "one"), RunStore(tmp_path / "two")
    execute_all(runs, one, jobs=1)
    execute_all(runs, two, jobs=2)
    for run in runs:
        assert one[run]["test"] == pytest.approx(two[run]["test"], rel=1e-5)


def test_an_interruption_keeps_what_has_ended(tmp_path, monkeypatch):
    executed = []

    def interrupted(run):
        executed.append(run)
        if len(executed) == 3:
            raise KeyboardInterrupt
        return execute(run)

    monkeypatch.setattr(executors_module, "execute", interrupted)
    runs, store = tiny_runs(5), RunStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        execute_all(runs, store)
    assert sum(run in store for run in runs) == 2
    execute_all(runs, store)
    assert len(executed) == 6  # the three that were missing


def test_the_store_answers_for_what_it_has_not(tmp_path):
    (run,) = tiny_runs(1)
    with pytest.raises(KeyError, match=run.key):
        RunStore(tmp_path)[run]


def test_only_final_runs_touch_the_test_data(monkeypatch):
    def tested(model, batches):
        raise AssertionError("the test data were touched")

    def spied(task, seed, settings):
        return replace(make_problem(task, seed, settings), score=tested, details=None)

    monkeypatch.setattr("gatedrnn.study.execution.make_problem", spied)
    (run,) = tiny_runs(1)
    assert "test" not in execute(replace(run, final=False))
    with pytest.raises(AssertionError, match="touched"):
        execute(run)


def test_a_run_that_diverges_is_kept_as_one():
    (run,) = tiny_runs(1, learning_rate=1e30)
    with np.errstate(all="ignore"):
        result = execute(run)
    assert result["valid_loss"] is None
    assert result["test"] is None


def test_the_best_rate_is_that_of_the_smallest_mean():
    assert best_learning_rate((1e-3, 1e-2), [[0.3], [None]]) == 1e-3
    assert best_learning_rate((1e-3, 1e-2), [[0.3, 0.1], [0.25, 0.2]]) == 1e-3
    assert best_learning_rate((1e-3, 1e-2), [[0.3], [0.2]]) == 1e-2
    with pytest.raises(ArithmeticError, match="learning_rates: expected one"):
        best_learning_rate((1e-3, 1e-2), [[None], [None]])


def test_a_size_of_its_own_is_kept():
    study = replace(TINY, variants=(Variant("RNN", "RNN", hidden_size=100), *TINY.variants[1:]),
                    comparisons=())  # fmt: skip
    sizes = sizes_of(study)
    assert sizes[0]["RNN"] == 100
    assert sizes[0]["LSTM"] < 20


def test_a_map_has_no_final_runs_and_no_test(tmp_path, counted):
    study = replace(TINY, name="map", seeds=(), comparisons=(), search_seeds=(7, 8))
    summary = run_study(study, tmp_path, tmp_path / "runs", progress=False)
    assert not any(run.final for run in counted)
    results = load_results(tmp_path / "map.json")
    assert results.search_losses("GRU", 1).shape == (2, 2)
    assert "test" not in summary["conditions"][0]["variants"]["GRU"]
    assert summary["conditions"][0]["baselines"] == {}


def test_progress_and_time_left_are_shown(tmp_path, monkeypatch):
    """On a terminal: runs done of all, found ones included."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    script = tmp_path / "shown.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom studies import TINY\n"
        "from gatedrnn.study.runner import run_study\n"
        "run_study(TINY, Path(sys.argv[1]), Path(sys.argv[1]) / 'runs')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__), "TQDM_DISABLE": "0"}
    for expected in (b"30/30", b"30/30"):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 100))
        process = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)], env=environment, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            pass  # the other end is closed
        assert process.wait() == 0
        assert expected in shown
        assert b"tiny" in shown
