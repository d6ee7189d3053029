"""Turn the pages into executed notebooks: chapters/**/*.md to book/notebooks/**/*.ipynb.

The landing page, book/index.md, has its notebook there too.

A page whose code is what its stored notebook already has, and which reads the same results of
studies, keeps the stored outputs; only its text is renewed. Any other page is executed from top to
bottom. Nothing in a notebook depends on the time or on chance, so that an unchanged page gives the
same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "chapters"
LANDING = ROOT / "book" / "index.md"
NOTEBOOKS = ROOT / "book" / "notebooks"
SIZE_LIMIT = 12_000_000  # bytes, all notebooks together
TIMES = ROOT / "book" / "page_times.json"  # what the last execution of each page took

# No progress bars in stored outputs, and one thread, so that sums are formed in one order.
ENVIRONMENT = {"TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


def pages() -> list[Path]:
    """Return the sources of all pages."""
    return [LANDING, *sorted(CHAPTERS.rglob("*.md"))]


def name_of(page: Path) -> Path:
    """Return a page's path within the book, such as 02_lstm/principle.md."""
    page = page.resolve()
    return page.relative_to(LANDING.parent if page == LANDING else CHAPTERS)


def notebook_of(page: Path) -> Path:
    """Return where a page's notebook is stored."""
    return NOTEBOOKS / name_of(page).with_suffix(".ipynb")


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the sources of the code cells, by which outputs are known to belong to a page."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def files_read(page: Path, sources: list[str]) -> list[Path]:
    """Return the files of the book that the code names by a path that begins with two dots."""
    folder = notebook_of(page).parent
    named = {path for source in sources for path in re.findall(r"[\"'](\.\./[^\"']*)[\"']", source)}
    found = set()
    for path in named:
        place = (folder / path).resolve()
        if place.is_dir():  # all results, for the pages that go through them
            found.update(place.glob("*.json"))
        else:  # one file, or with a name yet to be filled in, all that may be meant
            found.update(place.parent.glob(re.sub(r"\{[^{}]*\}", "*", place.name)))
    return sorted(found)


def read_page(page: Path) -> nbformat.NotebookNode:
    """Return a page as a notebook without outputs, with ids that depend on the content alone."""
    notebook = jupytext.read(page, fmt="md:myst")
    read = {
        file.relative_to(ROOT).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        for file in files_read(page, code_of(notebook))
    }
    metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    notebook.metadata = nbformat.from_dict(metadata | ({"read": read} if read else {}))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = f"{digest}-{seen[digest]}"
    return notebook


def with_stored_outputs(page: Path) -> nbformat.NotebookNode | None:
    """Return a page with its stored outputs, or None if they are not those of its code."""
    stored_path = notebook_of(page)
    if not stored_path.exists():
        return None
    notebook, stored = read_page(page), nbformat.read(stored_path, as_version=4)
    if code_of(notebook) != code_of(stored):
        return None
    if notebook.metadata.get("read") != stored.metadata.get("read"):
        return None
    outputs = [cell for cell in stored.cells if cell.cell_type == "code"]
    fresh = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, old in zip(fresh, outputs, strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    return notebook


def executed(page: Path) -> nbformat.NotebookNode:
    """Return a page with the outputs of running it, in the folder in which it is tested."""
    notebook = read_page(page)
    if not code_of(notebook):
        return notebook
    metadata = notebook.metadata.copy()
    folder = notebook_of(page).parent
    folder.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **ENVIRONMENT})
    notebook.metadata = metadata  # the kernel has added the version of Python
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.pop("transient", None)
    return notebook


def processor_seconds() -> float:
    """Return the time of the processor, not of the clock, that finished children have taken."""
    used = os.times()
    return used.children_user + used.children_system


def note_time(page: Path, seconds: float) -> None:
    """Note what a page's execution took, beside the notebooks, which depend on no time."""
    times = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.exists() else {}
    times[name_of(page).with_suffix("").as_posix()] = {
        "seconds": round(seconds),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }
    TIMES.write_text(json.dumps(times, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def serialised(notebook: nbformat.NotebookNode) -> str:
    """Return the bytes to store, as text: sorted keys, one newline at the end."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, help="pages to do; all if left out")
    parser.add_argument("--force", action="store_true", help="execute unchanged pages too")
    arguments = parser.parse_args()
    chosen = [page.resolve() for page in arguments.pages] or pages()
    failed = []
    for page in chosen:
        notebook = None if arguments.force else with_stored_outputs(page)
        note = "unchanged"
        if notebook is None:
            start, before = time.perf_counter(), processor_seconds()
            try:
                notebook = executed(page)
            except CellExecutionError as error:
                print(f"{name_of(page)!s:40} failed, its notebook is left as it was\n{error}")
                failed.append(page)
                continue
            note = f"{time.perf_counter() - start:.1f} s"
            note_time(page, processor_seconds() - before)
        target = notebook_of(page)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = serialised(notebook)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
        print(f"{name_of(page)!s:40} {note:>10} {len(text) / 1000:8.0f} kB", flush=True)
    if not arguments.pages:
        for orphan in set(NOTEBOOKS.rglob("*.ipynb")) - {notebook_of(page) for page in pages()}:
            orphan.unlink()
            print(f"{orphan.relative_to(NOTEBOOKS)} removed: its page is gone")
    total = sum(path.stat().st_size for path in NOTEBOOKS.rglob("*.ipynb"))
    print(f"all notebooks: {total / 1e6:.1f} of {SIZE_LIMIT / 1e6:.0f} MB")
    if failed:
        print("failed:", *map(name_of, failed))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
