r"""Where single runs are kept: one file each, under a name made of all that decides the outcome."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.study.design import Run

__all__ = ["RunStore"]


class RunStore:
    """A folder of runs, shared by all studies.

    Whoever executes a run claims it first. A claim is a lock that the system lifts when its
    process ends, however it ends, so a run whose process was killed can be claimed again, and no
    two processes ever execute the same run.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def path(self, run: Run) -> Path:
        """Return where a run's result is, or will be."""
        return self.folder / f"{run.key}.json"

    def __contains__(self, run: Run) -> bool:
        return self.path(run).exists()

    def __getitem__(self, run: Run) -> dict:
        """Return what came of a run.

        Raises
        ------
        KeyError
            If it is not there.
        """
        try:
            return json.loads(self.path(run).read_text("utf-8"))["result"]
        except FileNotFoundError:
            raise KeyError(run.key) from None

    def add(self, run: Run, result: dict) -> None:
        """Keep what came of a run; the file is there as a whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"run": asdict(run), "result": result}, ensure_ascii=False)
        write_whole(self.path(run), (text + "\n").encode())

    @contextlib.contextmanager
    def claim(self, run: Run) -> Iterator[None]:
        """Hold a run for oneself; wait while another process has it."""
        filelock = import_optional("filelock", extra="study")
        locks = self.folder / "claims"
        locks.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(locks / f"{run.key}.lock"):
            yield
