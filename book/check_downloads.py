"""Run the notebooks that the pages offer, each in a fresh environment that has nothing of the book.

In the environment there are NumPy and ipykernel, and with `--beside` what else is named; whatever
a page needs besides its own first cell has to bring. A notebook passes if it runs from top to
bottom, its first cell once more after that; if it has changed no package that was there; and if
it has left one folder beside itself and nothing else.

What has passed is written down under _build and not run again, until the notebook's code or the
environment changes; so the command can be stopped, and goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "_build" / "html" / "_notebooks"
RECORD = ROOT / "_build" / "downloads"
FOLDER = "gated_book"  # the one that a notebook may leave
CELL_LIMIT = 900  # seconds
#: Nothing is compiled that no cell imports.
FASTER = {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
PACKAGES = """
from importlib import metadata
print(*sorted({f"{one.name}=={one.version}" for one in metadata.distributions()}))
"""


class Environment:
    """A virtual environment that nobody uses; each notebook gets a copy of it.

    Parameters
    ----------
    python : str
        The interpreter.
    packages : list of str
        What is there before the notebook's first cell; ipykernel besides.
    """

    def __init__(self, python: str, packages: list[str]) -> None:
        self.version = _output(python, "-c", "import platform; print(platform.python_version())")
        self.name = f"{self.version} with {' '.join(packages)}"
        digest = hashlib.sha256(f"{python} {self.name}".encode()).hexdigest()[:8]
        self.template = RECORD / f"environment-{self.version}-{digest}"
        if not (self.template / ".complete").exists():
            shutil.rmtree(self.template, ignore_errors=True)
            subprocess.run([python, "-m", "venv", self.template], check=True)
            pip = [_python_of(self.template), "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, *packages, "ipykernel"], check=True)
            (self.template / ".complete").touch()

    def copy_to(self, folder: Path) -> Path:
        """Copy it, with a kernel called python3; return the copy's interpreter."""
        shutil.copytree(self.template, folder, symlinks=True)
        python = _python_of(folder)
        kernel = folder / "share" / "jupyter" / "kernels" / "python3"
        command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        description = {"argv": command, "display_name": "Python 3", "language": "python"}
        kernel.mkdir(parents=True, exist_ok=True)
        (kernel / "kernel.json").write_text(json.dumps(description))
        return python


def run(notebook: Path, environment: Environment) -> str:
    """Run a notebook from top to bottom; return what went wrong, or nothing."""
    content = nbformat.read(notebook, as_version=4)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs = []
        cell.metadata.pop("tags", None)  # no error is expected where everything can be installed
    if code:  # running it twice does no harm
        content.cells.append(nbformat.v4.new_code_cell(code[0].source))
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch, "place")
        place.mkdir()
        python = environment.copy_to(Path(scratch, "env"))
        before = _packages(python)
        kernels = KernelSpecManager(kernel_dirs=[f"{scratch}/env/share/jupyter/kernels"])
        client = NotebookClient(
            content,
            timeout=CELL_LIMIT,
            extra_arguments=["--log-level=ERROR"],
            km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels),
            resources={"metadata": {"path": str(place)}},
        )
        try:
            client.execute(env=_outside(python))
        except CellExecutionError as error:
            return f"{error.ename}: {error.evalue}\n{error.traceback[-2000:]}"
        except (CellTimeoutError, DeadKernelError) as error:
            return str(error)[-2000:]
        if gone := before - _packages(python):
            return f"what was there is not any more: {', '.join(sorted(gone))}"
        if left := {file.name for file in place.iterdir()} - {FOLDER}:
            return f"left beside the notebook: {', '.join(sorted(left))}"
    return ""


def _outside(python: Path) -> dict[str, str]:
    """Return the variables of a shell in which that environment, and not the book's, is active."""
    own = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    path = os.pathsep.join([str(python.parent), kept.get("PATH", os.defpath)])
    return kept | FASTER | {"PATH": path}


def _python_of(environment: Path) -> Path:
    folder, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return environment / folder / name


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _packages(python: Path) -> set[str]:
    return set(_output(python, "-I", "-c", PACKAGES).split())


def digest_of(notebook: Path) -> str:
    """Return what a notebook's code is known by; its text may change."""
    cells = nbformat.read(notebook, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()[:16]


def needs(notebook: Path, module: str) -> bool:
    """Return whether the notebook's first cell asks for a module."""
    cells = nbformat.read(notebook, as_version=4).cells
    return any(f"'{module}':" in cell.source for cell in cells if cell.cell_type == "code")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", help="such as 02_lstm/index; all if left out")
    parser.add_argument("--python", action="append", help="an interpreter; may be repeated")
    parser.add_argument("--beside", action="append", default=[], help="a package that is there")
    parser.add_argument("--numpy", default="numpy>=2", help="the NumPy that is there before")
    parser.add_argument("--without", action="append", default=[], help="no page with this module")
    parser.add_argument("--again", action="store_true", help="those that have passed, too")
    arguments = parser.parse_args()
    if not NOTEBOOKS.is_dir():
        sys.exit("the pages are not built: run 'make book'")
    RECORD.mkdir(parents=True, exist_ok=True)
    record = RECORD / "passed.json"
    passed = json.loads(record.read_text()) if record.exists() else {}
    chosen = [NOTEBOOKS / f"{name}.ipynb" for name in arguments.pages]
    chosen = chosen or sorted(NOTEBOOKS.rglob("*.ipynb"))
    chosen = [one for one in chosen if not any(needs(one, name) for name in arguments.without)]
    failed = 0
    for python in arguments.python or [sys.executable]:
        environment = Environment(python, [arguments.numpy, *arguments.beside])
        for notebook in tqdm(chosen, disable=None):
            name = notebook.relative_to(NOTEBOOKS).with_suffix("").as_posix()
            key = f"{name} {digest_of(notebook)} {environment.name}"
            if key in passed and not arguments.again:
                continue
            start = time.perf_counter()
            wrong = run(notebook, environment)
            seconds = time.perf_counter() - start
            failed += bool(wrong)
            tqdm.write(f"{name:36} {environment.version:8} {seconds:5.0f} s  {wrong or 'runs'}")
            sys.stdout.flush()
            if not wrong:
                passed[key] = round(seconds)
                record.write_text(json.dumps(passed, indent=1, sort_keys=True) + "\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
