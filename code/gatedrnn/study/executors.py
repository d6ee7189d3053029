r"""Where runs are executed: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatedrnn.optional import import_optional
from gatedrnn.study.design import Run
from gatedrnn.study.execution import execute
from gatedrnn.study.store import RunStore

__all__ = ["execute_here", "execute_on_cluster"]


def _execute_and_store(run: Run, store: RunStore) -> bool:
    """Execute a run unless another process has done so; tell whether it was executed."""
    with store.claim(run):
        if run in store:
            return False
        # The process that executes stores: whoever asked for it may be gone by now.
        store.add(run, execute(run))
        return True


def execute_here(runs: Sequence[Run], store: RunStore, *, jobs: int) -> Iterator[bool]:
    """Execute runs in parallel, each in a process with one thread.

    Yields
    ------
    bool
        As each run ends, in any order: whether it was executed, or found to be there.
    """
    joblib = import_optional("joblib", extra="study")
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        calls = (joblib.delayed(_execute_and_store)(run, store) for run in runs)
        yield from joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)


def execute_on_cluster(runs: Sequence[Run], store: RunStore, *, address: str) -> Iterator[bool]:
    """Execute runs on the workers of a Dask scheduler; results are stored on this machine.

    A worker needs this package and its ``study`` extra, and no file of this machine. When one
    dies, Dask gives its runs to another; a run is stored once, when its result arrives.

    Parameters
    ----------
    runs : sequence of Run
    store : RunStore
    address : str
        Of the scheduler, such as ``"tcp://10.0.0.1:8786"``.

    Raises
    ------
    OSError
        If no scheduler answers there.
    RuntimeError
        If a run failed, or its workers died again and again.
    """
    distributed = import_optional("distributed", extra="cluster")
    try:
        client = distributed.Client(address, timeout="10s")
    except ValueError as error:
        raise ValueError(f"scheduler: expected an address such as tcp://HOST:8786, got {address!r} "
                         f"({error})") from error  # fmt: skip
    with client:
        # pure: a run that is submitted twice is the same task.
        futures = {client.submit(execute, run, key=run.key, pure=True): run for run in runs}
        for future in distributed.as_completed(futures):
            run = futures[future]
            try:
                result = future.result()
            except distributed.KilledWorker as error:
                raise RuntimeError(
                    f"run {run.key}: the workers that tried it died ({error})"
                ) from error
            with store.claim(run):
                if run not in store:
                    store.add(run, result)
            future.release()
            yield True
