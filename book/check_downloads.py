"""Run the notebooks that the pages offer, each in a fresh environment that has nothing of the book.

In the environment there are NumPy, nbclient and ipykernel; whatever else a page needs its own
first cell has to bring.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "_build" / "html" / "_notebooks"
RUN = """
import sys, nbformat, numpy
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    cell.get("outputs", []).clear()
NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
"""


def run(notebook: Path, python: str, numpy: str) -> str:
    """Run a notebook from top to bottom; return what went wrong, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", f"{folder}/env"], check=True)
        inside = f"{folder}/env/bin/python"
        packages = [numpy, "nbclient", "ipykernel"]
        install = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *packages], check=True, capture_output=True)
        before = _version(inside)
        subprocess.run(
            [inside, "-m", "ipykernel", "install", "--prefix", f"{folder}/env"],
            check=True,
            capture_output=True,
        )
        done = subprocess.run(
            [inside, "-c", RUN, str(notebook)], cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            return done.stderr[-2000:]
        if _version(inside) != before:
            return f"NumPy was {before} and is {_version(inside)}"
    return ""


def _version(python: str) -> str:
    command = [python, "-c", "import numpy; print(numpy.__version__)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", help="such as 02_lstm/index; all if left out")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to try")
    parser.add_argument("--numpy", default="numpy>=2", help="the NumPy that is there before")
    arguments = parser.parse_args()
    if not NOTEBOOKS.is_dir():
        sys.exit("the pages are not built: run 'make book'")
    chosen = [NOTEBOOKS / f"{name}.ipynb" for name in arguments.pages]
    failed = 0
    for notebook in tqdm(chosen or sorted(NOTEBOOKS.rglob("*.ipynb"))):
        start = time.perf_counter()
        wrong = run(notebook, arguments.python, arguments.numpy)
        failed += bool(wrong)
        name = notebook.relative_to(NOTEBOOKS).with_suffix("")
        tqdm.write(f"{name!s:36} {time.perf_counter() - start:5.0f} s  {wrong or 'runs'}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
