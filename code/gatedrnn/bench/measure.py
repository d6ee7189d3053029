r"""The times: every opponent in turn, each in a process of its own.

In turn, so that whatever slows the machine down slows all of them down. In processes of their own,
because libraries that are loaded together get in each other's way: with MXNet in the same process
PyTorch took twice its time at two threads, for both bring a runtime for threads along. How many
threads a library uses is also settled when it is loaded; so a process is told by its environment
and bound to as many cores.

Libraries do not let go of their threads at once either: they wait for more work by spinning, for
some tens of milliseconds, on the core that the next in turn needs. (With a pause of 40 ms a step of
ours that takes 1.2 ms alone was measured at 16 after another process with OpenBLAS had its turn.)
So with more than one thread a turn begins with a pause in which the last one goes to sleep. Then
the opponent runs untimed for some time, as in a training loop, and is timed once. What is measured
is what a program sees that uses that library alone.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from gatedrnn.bench.opponents import OPPONENTS
from gatedrnn.bench.problems import CELLS, SIZES, Problem, Size
from gatedrnn.optional import MissingPackageError, import_optional
from gatedrnn.study.timing import Spread, ratio
from gatedrnn.validation import check_positive_int

__all__ = ["MODES", "run_bench"]

MODES = ("training", "inference")
#: Seconds before each turn, twice as long as any library's threads were seen to spin.
PAUSE = 0.1
#: Seconds of untimed calls before the timed one; at least one call.
WARM_UP = 0.03
PACKAGES = ("gatedrnn", "numpy", "torch", "mxnet", "jax")


def run_bench(
    *,
    threads: Sequence[int] = (1, 2),
    cells: Sequence[str] = tuple(CELLS),
    sizes: Sequence[Size] = SIZES,
    opponents: Sequence[str] = tuple(OPPONENTS),
    rounds: int = 15,
    together: bool = False,
) -> dict:
    """Measure, and return what was measured.

    Parameters
    ----------
    threads : sequence of int
    cells, sizes, opponents : sequences
        Of `CELLS`, of `Size`, of `OPPONENTS`. One that is not installed is left out, and named.
    rounds : int
        Turns of each.
    together : bool, optional
        All opponents in one process, to see how they get in each other's way.

    Returns
    -------
    dict
        ``about`` (versions, machine, date, settings), ``missing`` (opponents by name, and why),
        and ``measurements``: a list of dicts with ``threads``, ``cell``, ``size``, ``mode``,
        ``seconds`` (by opponent: median, low and high quartile) and ``ratio`` (the same of the
        opponent's time over ours, round by round).

    Raises
    ------
    ValueError
        If something asked for is unknown, or there are fewer cores than threads.
    RuntimeError
        If a process fails.
    """
    check_positive_int("rounds", rounds)
    for name, asked, known in (("cells", cells, CELLS), ("opponents", opponents, OPPONENTS)):
        for one in asked:
            if one not in known:
                raise ValueError(f"{name}: expected some of {', '.join(known)}, got {one!r}")
    if "gatedrnn" not in opponents:
        raise ValueError("opponents: expected gatedrnn among them, all are compared with it")
    for number in threads:
        if check_positive_int("threads", number) > len(_cores()):
            raise ValueError(f"threads: expected at most the number of cores, got {number}")
    cases = [(n, cell, Size(*size)) for n in threads for cell in cells for size in sizes]
    missing: dict[str, str] = {}
    measurements = []
    tqdm = import_optional("tqdm", extra="bench").tqdm
    with tqdm(total=len(cases) * len(MODES), unit="line", disable=None, leave=False) as bar:
        for number in threads:
            with ExitStack() as stack:
                workers = _workers(stack, opponents, number, missing, together)
                for _, cell, size in (case for case in cases if case[0] == number):
                    bar.set_description(f"{cell} {size}, threads: {number}")
                    for mode in MODES:
                        pause = PAUSE if number > 1 else 0.0
                        one = _measure(workers, cell, size, mode, rounds, pause)
                        measurements.append({"threads": number, **one})
                        bar.update()
    about = _about(rounds, together)
    return {"about": about, "missing": missing, "measurements": measurements}


def _measure(workers, cell: str, size: Size, mode: str, rounds: int, pause: float) -> dict:
    """Let all opponents take turns at one problem."""
    for name, worker in workers.items():
        worker.ask(name, cell=cell, size=size, mode=mode)
    seconds = {name: np.empty(rounds) for name in workers}
    for turn in range(rounds):
        for name, worker in workers.items():
            time.sleep(pause)
            seconds[name][turn] = worker.ask(name)
    ours = seconds["gatedrnn"]
    return {
        "cell": cell,
        "size": size._asdict(),
        "mode": mode,
        "seconds": {name: _digits(Spread.of(s)) for name, s in seconds.items()},
        "ratio": {name: _digits(ratio(s, ours)) for name, s in seconds.items() if s is not ours},
    }


class _Worker:
    """A process with a number of threads that runs opponents when asked."""

    def __init__(self, threads: int) -> None:
        number = str(threads)
        variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = dict(os.environ, **dict.fromkeys(variables, number))
        if threads == 1:
            environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        code = f"from {__name__} import _work; _work()"
        before = _cores()
        try:
            _bind(before[:threads])  # a child inherits it
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                text=True,
            )
        finally:
            _bind(before)

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, opponent: str, **problem):
        """Prepare an opponent for a problem, or else run it; return its time in seconds."""
        try:
            print(
                json.dumps({"opponent": opponent, **problem}), file=self.process.stdin, flush=True
            )
            answer = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError) as error:
            raise RuntimeError(f"the process of {opponent} ended, with {problem}") from error
        if "missing" in answer:
            raise MissingPackageError(answer["missing"])
        return answer["seconds"]


def _workers(stack, opponents, threads, missing, together) -> dict[str, _Worker]:
    """Start the processes; return those of the opponents that are installed."""
    workers = {}
    shared = stack.enter_context(_Worker(threads)) if together else None
    for name in opponents:
        worker = shared or stack.enter_context(_Worker(threads))
        try:
            worker.ask(name, cell="RNN", size=(1, 1, 1, 1), mode="training")
        except MissingPackageError as error:
            missing[name] = str(error)
        else:
            workers[name] = worker
    return workers


def _work() -> None:
    """Answer questions until there are no more: the life of a worker's process.

    The answers are all that goes to standard output, whatever a library prints.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    runs = {}
    for line in sys.stdin:
        question = json.loads(line)
        name = question["opponent"]
        answer = {"seconds": 0.0}
        try:
            if "cell" in question:
                runs.pop(name, None)
                problem = Problem.draw(question["cell"], Size(*question["size"]))
                opponent = OPPONENTS[name](problem)
                runs[name] = opponent.train if question["mode"] == "training" else opponent.infer
                runs[name]()
            else:
                answer["seconds"] = _timed(runs[name])
        except (MissingPackageError, ModuleNotFoundError) as error:
            answer = {"missing": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


def _timed(run) -> float:
    """Run until warm, then once more, and return the time of that."""
    until = time.perf_counter() + WARM_UP
    run()
    while time.perf_counter() < until:
        run()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _bind(cores: list[int]) -> None:
    """Bind this process to cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def _digits(spread: Spread) -> dict[str, float]:
    """Return the spread with the four digits that mean something."""
    return {name: float(f"{value:.4g}") for name, value in vars(spread).items()}


def _about(rounds: int, together: bool) -> dict:
    """Return what the figures depend on."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": versions,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "rounds": rounds,
        "processes": "all together in one" if together else "one per opponent",
    }


def _processor() -> str:
    """Return the processor's name where the system tells, else its kind."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
