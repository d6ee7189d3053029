"""The same study on a Dask cluster: a real scheduler, real workers, one of them killed."""

import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from studies import TINY

from gatedrnn.study.runner import execute_all, run_study
from gatedrnn.study.store import RunStore

pytest.importorskip("distributed")


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own; return address and workers."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        processes.append(process)
        return process

    scheduler = start("dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
    address = None
    while address is None:
        line = scheduler.stderr.readline()
        assert line, "the scheduler did not start"
        if found := re.search(r"tcp://127\.0\.0\.1:\d+", line):
            address = found[0]
    workers = [
        start("dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny",
              "--name", f"worker {k}", "--local-directory", str(tmp_path))
        for k in range(2)
    ]  # fmt: skip
    yield address, workers
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_worker_is_killed_midway_and_nothing_is_lost_or_doubled(cluster, tmp_path):
    address, workers = cluster
    import distributed

    study = replace(
        TINY, conditions=tuple(replace(one, epochs=40, patience=40) for one in TINY.conditions)
    )
    here = run_study(study, tmp_path / "here", tmp_path / "runs here", progress=False)
    store = RunStore(tmp_path / "runs")
    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=30)
    added = []
    add = RunStore.add

    def kill_after_three(self, run, result):
        add(self, run, result)
        added.append(run.key)
        if len(added) == 3:
            workers[0].send_signal(signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunStore, "add", kill_after_three)
        there = run_study(
            study, tmp_path / "there", tmp_path / "runs", scheduler=address, progress=False
        )
    workers[0].wait(10)
    total = 2 * 3 * (2 + 3)
    assert len(added) == len(set(added)) == total
    assert len(list((tmp_path / "runs").glob("*.json"))) == total
    assert there["provenance"]["jobs"] == "Dask"
    for ours, theirs in zip(here["conditions"], there["conditions"], strict=True):
        for label, case in ours["variants"].items():
            assert theirs["variants"][label]["test"] == pytest.approx(case["test"], rel=1e-4)
    assert execute_all(
        [study.run(0, study.variants[0], 30, 1e-2, 0, final=True)], store, scheduler=address
    ) in (0, 1)  # and the cluster still answers


def test_without_a_scheduler_it_says_so(tmp_path):
    start = time.time()
    with pytest.raises(OSError, match="127.0.0.1:9"):
        execute_all(
            [TINY.run(0, TINY.variants[0], 7, 1e-2, 0, final=True)],
            RunStore(tmp_path),
            scheduler="tcp://127.0.0.1:9",
        )
    assert time.time() - start < 30
    with pytest.raises(ValueError, match="scheduler: expected an address such as tcp://"):
        execute_all(
            [TINY.run(0, TINY.variants[0], 7, 1e-2, 0, final=True)],
            RunStore(tmp_path),
            scheduler="nonsense://",
        )
